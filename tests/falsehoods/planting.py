"""Known falsehoods (điều sai cài thử): small lies about the rules, each put alone into a copy of the tree, and seen by a test.

The list stands beside this file, one TOML file for each kind of falsehood. An entry says where (`file`), the text that
stands there (`before`, just once) and what is put in its place (`after`), what would be false then (`says`) and the tests
that must see it (`tests`, node ids of pytest). `is_slow`: it takes a browser, or more than a few seconds.
"""

import ast
import os
import re
import shutil
import subprocess
import sys
import tomllib
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from random import Random

from tests.conftest import ROOT

HERE = Path(__file__).parent
LONGEST_SECONDS = 240
SECONDS_A_TEST = 30
SAMPLE = 5


@dataclass(frozen=True)
class Falsehood:
    """One of the list. kind: the name of the list that it stands in; name: short, and unique."""

    kind: str
    name: str
    file: str
    before: str
    after: str
    says: str
    tests: list[str]
    is_slow: bool = False

    def standing(self) -> int:
        """How often its true text stands in the tree; 1 is right."""
        path = ROOT / self.file
        return path.read_text("utf-8").count(self.before) if path.is_file() else 0

    def faults(self) -> list[str]:
        """Why it cannot be planted as it is written."""
        found = []
        if (count := self.standing()) != 1:
            return [f"its text stands {count} times in {self.file}"]
        if self.before == self.after:
            found.append("it changes nothing")
        if self.file.endswith(".py"):
            try:
                ast.parse(self.planted())
            except SyntaxError as error:
                found.append(f"with it {self.file} cannot be read: {error}")
        for test in self.tests:
            file, _, name = test.partition("::")
            name = name.partition("[")[0]
            path = ROOT / file
            if not path.is_file() or (
                name and not re.search(rf"^(async )?def {name}\(", path.read_text("utf-8"), re.MULTILINE)
            ):
                found.append(f"there is no test {test}")
        return found if self.tests else [*found, "no test is named"]

    def planted(self) -> str:
        """The text of its file with the falsehood in it."""
        return (ROOT / self.file).read_text("utf-8").replace(self.before, self.after)


@dataclass
class Outcome:
    """What became of a falsehood. seen_by: the named tests that failed; trouble: why nothing can be said."""

    falsehood: Falsehood
    seen_by: list[str] = field(default_factory=list)
    trouble: str = ""


def kinds() -> list[str]:
    """The kinds of falsehoods that there are lists of."""
    return sorted(path.stem for path in HERE.glob("*.toml"))


def known(only_kinds: Iterable[str] = ()) -> list[Falsehood]:
    """Every falsehood of the list, or those of some kinds."""
    return [
        Falsehood(kind, **entry)
        for kind in (list(only_kinds) or kinds())
        for entry in tomllib.loads((HERE / f"{kind}.toml").read_text("utf-8"))["falsehood"]
    ]


def of_the_day(day: date, count: int = SAMPLE) -> list[Falsehood]:
    """A few that are quick to try, others every day; within a season all of them."""
    quick = sorted((one for one in known() if not one.is_slow), key=lambda one: one.name)
    Random(0).shuffle(quick)
    first = day.toordinal() * count
    return [quick[(first + place) % len(quick)] for place in range(min(count, len(quick)))]


@contextmanager
def a_copy(folder: Path) -> Iterator[Path]:
    """The tree as it stands, in a folder of its own that may be spoilt."""
    listed = ["git", "ls-files", "--cached", "--others", "--exclude-standard", "-z"]
    names = subprocess.run(listed, cwd=ROOT, check=True, capture_output=True, text=True).stdout.split("\0")
    tree = folder / "tree"
    for name in filter(None, names):
        if (source := ROOT / name).is_file():
            (target := tree / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(source, target)
    try:
        yield tree
    finally:
        shutil.rmtree(tree, ignore_errors=True)


def failed_in(tree: Path, tests: Sequence[str]) -> tuple[list[str], str]:
    """The tests that fail in a tree, and what else stopped them from saying anything."""
    longest = LONGEST_SECONDS + SECONDS_A_TEST * len(tests)
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "--tb=no", "-rfE", *tests]
    try:
        ran = subprocess.run(
            command, cwd=tree, capture_output=True, text=True, timeout=longest, env=dict(os.environ)
        )
    except subprocess.TimeoutExpired:
        return [], f"no end after {longest} s"
    failed = re.findall(r"^FAILED (.+?)(?: - .*)?$", ran.stdout, re.MULTILINE)
    if ran.returncode not in (0, 1) or (ran.returncode == 1 and not failed):
        return [], (ran.stdout + ran.stderr)[-2000:]
    return failed, ""


def forget_compiled(path: Path) -> None:
    """Python tells old from new by size and second, which is too coarse here."""
    for compiled in (path.parent / "__pycache__").glob(f"{path.stem}.*.pyc"):
        compiled.unlink()


def plant(tree: Path, falsehood: Falsehood) -> Outcome:
    """Put it into the tree, ask its tests, and take it out again."""
    path = tree / falsehood.file
    true = path.read_bytes()
    path.write_text(falsehood.planted(), "utf-8")
    forget_compiled(path)
    try:
        return Outcome(falsehood, *failed_in(tree, falsehood.tests))
    finally:
        path.write_bytes(true)
        forget_compiled(path)
