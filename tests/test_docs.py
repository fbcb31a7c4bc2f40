"""The papers say what is so: everything that the program knows stands in them, and they name nothing that is not there.

What the program knows is written down by `tests/reference.py`; what the papers name is read here, word by word and
block by block. A word between backticks is a test, a command, an address, a path or a name in the code.
"""

import argparse
import ast
import re
import shlex
import subprocess
import tomllib
from functools import cache
from pathlib import Path
from typing import NoReturn

import pytest

from tests import imports, reference
from tests.conftest import ROOT
from volunteer_app import cli
from volunteer_app.domain.all_problems import PROBLEMS
from volunteer_app.domain.languages import Language
from volunteer_app.i18n import LANGUAGES
from volunteer_app.settings import settings_from
from volunteer_app.site_map import GROUPS

PAPERS = {
    path.relative_to(ROOT).as_posix(): path.read_text("utf-8")
    for path in [ROOT / "README.md", *sorted((ROOT / "docs").rglob("*.md"))]
}
BLOCK = re.compile(r"^```(\w*)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
BLOCKS = [(name, *block) for name, text in PAPERS.items() for block in BLOCK.findall(text)]
WORDS = sorted({word for text in PAPERS.values() for word in re.findall(r"`([^`\n]+)`", BLOCK.sub("", text))})

CODE = ("volunteer_app", "static", "service_worker", "tests", ".ci", "pyproject.toml")
SITE = [
    address.strip("/").split("/") for group in GROUPS for _, known, _ in group for address in known.split()
]
EXAMPLES = {"PERSON": "01939a5e-0000-7000-8000-000000000000", "FILE…": "FILE"}
"""What stands in a command for what one has oneself."""

ELSEWHERE: dict[str, str] = {
    "/api/v1/figures/openapi.json": "made by Litestar (`app.py`)",
    "X-Forwarded-For": "a proxy's header, which we do not read",
    "/health/live": "answered before the site (`shell.py`)",
    "/health/ready": "answered before the site (`shell.py`)",
    "/metrics": "on an address of its own (`watch/figures.py`)",
    "/srv/copies": "an example of a folder",
    "/etc/tungnha/environment": "where the settings lie (`docs/deploy/environment`)",
    "ls /srv/copies": "the shell's",
    "gpg --import": "GnuPG's",
    "# PostgreSQL": "the first line of a block for one database",
    "# SQLite": "the first line of a block for one database",
    "NAME_before_MOMENT": "an example of a name",
    "Storage=persistent": "journald's",
    "MaxRetentionSec=1year": "journald's",
    "dbstat": "a table of SQLite's own",
    "git grep -lw NoteDone volunteer_app": "git's own",
    "proxy_buffering off": "a line for nginx",
}
"""Words between backticks that are not ours, and whose they are."""


@cache
def files() -> list[str]:
    """Every file and folder of the tree."""
    listed = subprocess.run(
        ["git", "ls-files", "-co", "--exclude-standard"], cwd=ROOT, capture_output=True, text=True, check=True
    ).stdout.split("\n")
    return sorted({place.as_posix() for name in listed for place in [Path(name), *Path(name).parents]})


@cache
def code_words() -> frozenset[str]:
    """Every word of everything that is no paper (and not this file, which plants some)."""
    own = {"tests/test_docs.py"}
    texts = [
        (ROOT / name).read_text("utf-8", errors="ignore")
        for name in files()
        if name.startswith(CODE) and name not in own and (ROOT / name).is_file()
    ]
    return frozenset(word for text in texts for word in re.findall(r"\w+", text.casefold()))


@cache
def known_tests() -> str:
    """Every test with its file, a line each: `tests/x/test_y.py::test_z`."""
    paths = sorted((ROOT / "tests").rglob("test_*.py"))
    return "\n".join(
        f"{path.relative_to(ROOT)}::{test}"
        for path in paths
        for test in re.findall(r"def (test_\w+)", path.read_text("utf-8"))
    )


class NotTaken(Exception):
    """Words that the command line does not take."""


def reads_command(words: list[str], *, whole: bool) -> None:
    """Raises NotTaken when `volunteer-app WORDS` means nothing. whole: also when something is left out."""

    def error(_parser: argparse.ArgumentParser, message: str) -> NoReturn:
        raise NotTaken(f"{' '.join(words)}: {message}")

    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(argparse.ArgumentParser, "error", error)
        try:
            cli._parser().parse_args([EXAMPLES.get(word, word) for word in words if word != "…"])
        except NotTaken as refused:
            if whole or "arguments are required" not in str(refused):
                raise


def is_answered(address: str) -> bool:
    """Does a page stand at this address or below it? What an example fills in fits any name."""
    given = [part for part in re.sub(r"[?#].*", "", address).split("/") if part]
    given = given[1:] if given and given[0] in LANGUAGES else given
    return any(
        all(
            "{" in there or here == there or re.search(r"[…{]", here)
            for here, there in zip(given, known, strict=False)
        )
        for known in SITE
        if len(known) >= len(given)
    )


def is_file(text: str) -> bool:
    """Is it a file or folder of the tree, by its whole path or the end of one? `<…>`, `*` and `NN` stand for anything."""
    ending = re.sub(r"<\w+>|\\\*|NN|…", r"[^/]*", re.escape(text.rstrip("/")))
    return any(re.fullmatch(rf"(?:.*/)?{ending}", name) for name in files())


def is_test(text: str) -> bool:
    """Is it a test, or the beginning of one that is cut off by `…`? Perhaps with its file in front."""
    file, _, name = text.rpartition("::")
    wanted = ".*".join(re.escape(part.strip("_")) for part in name.split("…"))
    return bool(re.search(rf"{re.escape(file)}::.*{wanted}" if file else wanted, known_tests()))


def wrong_with(word: str) -> str | None:
    """What a paper says with this word and is not so; None when it is so."""
    commands = {words.split()[1] for words, _ in reference.commands_in(cli._parser())}
    if word in ELSEWHERE:
        return None
    if ("test_" in word or ".py::" in word) and " " not in word and not is_file(word):
        return None if is_test(word) else f"no test {word}"
    if run := re.match(
        r"(?:[\w./]*python3?) -m (tests[\w.]+|volunteer_app)|(?:\.venv/bin/)?volunteer-app (.+)", word
    ):
        return _wrong_with_command(run[1], run[2])
    if word.split(maxsplit=1)[0] in commands and " " in word:
        return _wrong_with_command(None, word)
    if address := re.fullmatch(r"(?:(?:GET|POST|PATCH) )?(/(?!srv/)\S*)", word):
        return None if is_answered(address[1]) else f"no address {word}"
    if is_file(word):
        return None
    if re.fullmatch(r"[\w./<>*-]+\.(py|js|css|md|html)", word):
        return f"no file {word}"
    word = " ".join(part for part in word.split() if not is_file(part))
    if unknown := [
        name
        for name in re.findall(r"\w+", word)
        if name.casefold() not in code_words() and not name.isdigit()
    ]:
        return f"{word}: no {', '.join(unknown)} in the code"
    return None


def _wrong_with_command(module: str | None, words: str | None) -> str | None:
    if (
        module is not None
        and not is_file(module.replace(".", "/"))
        and not is_file(module.replace(".", "/") + ".py")
    ):
        return f"no module {module}"
    try:
        if words is not None:
            reads_command(words.split(), whole=False)
    except NotTaken as refused:
        return str(refused)
    return None


def run_in_shell(line: str) -> None:
    """Raises when a line names a program, setting or word that is not there."""
    words = shlex.split(line, comments=True)
    while words and re.match(r"[A-Z_]+=", words[0]):
        name, _, value = words.pop(0).partition("=")
        assert f"`{name}`" in reference.settings(), line
        settings_from({name: value})
    match words:
        case [] | ["cd", _]:
            return
        case ["volunteer-app" | ".venv/bin/volunteer-app" | "tungnha", *rest] | [
            "python3",
            "-m",
            "volunteer_app",
            *rest,
        ]:
            reads_command(rest, whole=True)
        case ["python3", script, *_] if is_file(script):
            return
        case _:
            raise AssertionError(f"{line}: nobody knows this program")


@pytest.mark.parametrize("word", WORDS)
def test_what_stands_between_backticks_is_there(word):
    assert wrong_with(word) is None


@pytest.mark.parametrize(("paper", "language", "text"), BLOCKS, ids=[f"{one[0]}-{one[1]}" for one in BLOCKS])
def test_every_block_of_code_can_be_read_and_run(paper, language, text):
    match language:
        case "sh":
            subprocess.run(["bash", "-n"], input=text, text=True, check=True)
            for line in text.splitlines():
                if paper != "docs/runbook.md" or line.startswith("tungnha "):  # tests/watch runs all of it
                    run_in_shell(line)
        case "cron":
            for line in text.splitlines():
                *times, command = line.split(maxsplit=5)
                assert len(times) == 5
                for part in command.split(" && "):
                    run_in_shell(part)
        case "toml":
            for tag, table in tomllib.loads(text).items():
                assert Language(tag=tag, **table).name
        case "python":
            compile(text, paper, "exec")
        case _:
            raise AssertionError(f"nobody reads {language or 'a block without a language'}")


def test_every_refusal_of_the_rules_and_every_code_written_down_stands_in_the_reference():
    written = {
        str(node.args[0].value)
        for path in imports.paths().values()
        for node in ast.walk(ast.parse(path.read_text("utf-8")))
        if isinstance(node, ast.Call)
        and getattr(node.func, "id", "") == "Problem"
        and isinstance(node.args[0], ast.Constant)
    } - {""}

    assert len(written) > 100
    assert PROBLEMS.keys() | written <= reference.refusals().keys()


DECISIONS = {name: text for name, text in PAPERS.items() if name.startswith("docs/decisions/")}
DECISION = re.compile(
    r"# [^\n]+\n\n## Context\n\n.+\n\n## Decision\n\n.+\n\n## Consequences\n\n.+\n\n## Held by\n\n((?:- `[^`]+`\n)+)"
)


@pytest.mark.parametrize("name", DECISIONS)
def test_a_decision_says_why_what_it_costs_and_which_test_holds_it(name):
    record = DECISION.fullmatch(DECISIONS[name])

    assert record, "context, decision, consequences, held by: a paragraph each"
    assert [
        test for test in re.findall(r"`([^`]+)`", record[1]) if test not in known_tests().splitlines()
    ] == []


def test_decisions_are_numbered_and_the_readme_lists_them():
    numbers = [int(Path(name).name.partition("-")[0]) for name in DECISIONS]

    assert numbers == list(range(1, len(numbers) + 1))
    assert re.findall(r"^- \[([^]]+)\]\(([^)]+)\)$", PAPERS["README.md"], re.MULTILINE) == [
        (text.partition("\n")[0].removeprefix("# "), name) for name, text in DECISIONS.items()
    ]


def test_every_variable_that_the_tests_read_is_named():
    said = "".join(PAPERS.values())
    read = {
        name
        for path in (ROOT / "tests").rglob("*.py")
        for name in re.findall(r"environ(?:\.get\(|\[)\"(\w+)\"", path.read_text("utf-8"))
    }

    assert read
    assert {name for name in read if f"`{name}`" not in said} == set()


@pytest.mark.parametrize(
    "word",
    [
        "KEEP_NOTHING_DAYS",
        "volunteer-app frobnicate",
        "volunteer-app keys burn",
        "volunteer-app export FOLDER --nonsense",
        "/no-such-page",
        "GET /api/v2/ops",
        "volunteer_app/nowhere.py",
        "domain/nowhere.py",
        "test_e99_no_such_…",
        "tests/test_docs.py::test_no_such",
        "frobnicate_all()",
        "python -m tests.nowhere",
    ],
)
def test_a_word_that_is_planted_is_found(word):
    assert wrong_with(word) is not None


@pytest.mark.parametrize(
    "line",
    [
        "volunteer-app",
        "volunteer-app restore",
        "volunteer-app serve --fast",
        "NOTHING=1 volunteer-app serve",
        "rm -r /",
    ],
)
def test_a_line_that_is_planted_is_found(line):
    with pytest.raises((AssertionError, NotTaken)):
        run_in_shell(line)


def test_a_setting_that_is_planted_is_missed(monkeypatch):
    monkeypatch.setattr(reference, "settings", lambda: "| `NEW_SETTING` | |")

    assert reference.readme() != PAPERS["README.md"]
