"""`.venv/bin/python -m tests.operating`: docs/operating-promises.md, which test holds which sentence of docs/operating.md.

What holds a sentence is written there by hand and kept; the sentences and the databases are written by this script. A
new or changed sentence stands there with nothing behind it until somebody says what holds it.
"""

import ast
import re
from functools import cache
from pathlib import Path

from tests.conftest import ROOT

SAID, FILE = ROOT / "docs/operating.md", ROOT / "docs/operating-promises.md"
HEAD = """# What docs/operating.md says, and the test that holds it

Written by `python -m tests.operating`; the second column by hand. **advice**: what an operator does; **limit**: what the program does not do, said so that nobody relies on it.
The other columns: on which database the tests look, `–` where none is needed. `tests/watch/test_promises_of_operating.py` finds a sentence
without a test, a test that is gone, and a sentence held on one database only that does not say why (**one**: …).

| Sentence | Held by | SQLite | PostgreSQL |
| --- | --- | --- | --- |
"""
NOTHING = "nothing yet"
_ROW = re.compile(r"^\| (.+?) \| (.+?) \| ([✓–]) \| ([✓–]) \|$", re.MULTILINE)


def sentences() -> list[str]:
    """Everything that it says, without headings and blocks."""
    text = re.sub(r"(?ms)^```.*?^```$|^#[^\n]*$", "", SAID.read_text("utf-8"))
    paragraphs = (" ".join(part.split()) for part in text.split("\n\n"))
    return [one for part in paragraphs for one in re.split(r"(?<=[.?!])\s+(?=[A-Z`*])", part) if one]


def held() -> dict[str, str]:
    """Sentence → what holds it, as it stands in the table."""
    text = FILE.read_text("utf-8") if FILE.exists() else ""
    return {said: by for said, by, *_ in _ROW.findall(text)}


def tests_in(by: str) -> list[str]:
    """The tests that a cell names."""
    return re.findall(r"`(test_\w+)`", by)


@cache
def _functions() -> dict[str, list[tuple[Path, ast.FunctionDef]]]:
    found: dict[str, list[tuple[Path, ast.FunctionDef]]] = {}
    for path in sorted((ROOT / "tests").rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if isinstance(node, ast.FunctionDef):
                found.setdefault(node.name, []).append((path, node))
    return found


def is_there(test: str) -> bool:
    """Is there such a test?"""
    return test in _functions()


def engines_of(test: str) -> set[str]:
    """On which databases a test looks: by its own words, by what it asks for, and by what those ask for."""
    found, seen = set[str](), set[str]()
    waiting = [(test, None)]
    while waiting:
        name, near = waiting.pop()
        if name in seen:
            continue
        seen.add(name)
        if name == "database_url":
            return {"sqlite", "postgresql"}
        known = _functions().get(name, [])
        own = [one for one in known if near is None or one[0].parent == near] or known[:1]
        for path, node in own:
            text = ast.unparse(node)
            asked = [argument.arg for argument in node.args.args + node.args.kwonlyargs]
            if re.search(r"'sqlite'|sqlite:///", text) or {"sqlite_url", "migrated"} & set(asked):
                found.add("sqlite")
            if re.search(r"'postgresql'|Postgres\(", text) or "postgres" in asked:
                found.add("postgresql")
            waiting += [(one, path.parent) for one in asked]
    return found


def engines(by: str) -> set[str]:
    """Of all tests of a cell."""
    return {engine for test in tests_in(by) for engine in engines_of(test)}


def table() -> str:
    """The whole file."""
    known, lines = held(), []
    for said in dict.fromkeys(sentences()):
        by = known.get(said, NOTHING)
        looked = engines(by)
        marks = ["✓" if engine in looked else "–" for engine in ("sqlite", "postgresql")]
        lines.append(f"| {said} | {by} | {' | '.join(marks)} |")
    return HEAD + "\n".join(lines) + "\n"


if __name__ == "__main__":
    FILE.write_text(table(), "utf-8")
