"""`.venv/bin/python -m tests.features`: write into docs/features.md which tests show which feature row and which fault.

A test says in its name what it shows: `test_o4_e10_two_tabs_…` shows feature O4 and fault 10 of the fault table.
"""

import re
from collections import defaultdict
from pathlib import Path

from tests.conftest import ROOT

LEDGER = ROOT / "docs" / "features.md"
BEGIN, END = "<!-- made by tests/features.py -->", "<!-- end -->"
GROUPS = {
    "F": 19,
    "G": 16,
    "S": 9,
    "A": 15,
    "M": 18,
    "C": 9,
    "L": 11,
    "O": 20,
    "I": 13,
    "P": 10,
    "X": 10,
    "D": 13,
}
"""Groups of feature rows and how many each has."""
FAULTS = 40
_NAME = re.compile(r"^(?:async )?def test_((?:[a-z]\d+_)+)\w+", re.MULTILINE)


def rows() -> list[str]:
    """Every row: F1 … D13, then the faults E1 … E40."""
    features = [f"{group}{n}" for group, most in GROUPS.items() for n in range(1, most + 1)]
    return features + [f"E{n}" for n in range(1, FAULTS + 1)]


def shown() -> dict[str, list[str]]:
    """Row → the tests that show it, as `tests/…/test_x.py::test_o4_…`."""
    found: dict[str, list[str]] = defaultdict(list)
    for path in sorted((ROOT / "tests").rglob("test_*.py")):
        for test in _NAME.finditer(path.read_text()):
            name = test[0].rpartition("def ")[2]
            for row in test[1].upper().strip("_").split("_"):
                found[row].append(f"{path.relative_to(ROOT)}::{name}")
    return dict(found)


def table() -> str:
    """The part of docs/features.md between its marks."""
    found = shown()
    lines = ["| row | tests | shown by |", "| --- | --- | --- |"]
    for row in rows():
        tests = found.get(row, [])
        files = sorted({Path(test.partition("::")[0]).relative_to("tests").as_posix() for test in tests})
        named = "<br>".join(f"`{name}`" for name in files) or "nothing of that name"
        lines.append(f"| {row} | {len(tests)} | {named} |")
    return "\n".join(lines)


def main() -> None:
    """Write the table anew; what stands around it stays."""
    before, _, rest = LEDGER.read_text().partition(BEGIN)
    _, _, after = rest.partition(END)
    LEDGER.write_text(f"{before}{BEGIN}\n{table()}\n{END}{after}")


if __name__ == "__main__":
    main()
