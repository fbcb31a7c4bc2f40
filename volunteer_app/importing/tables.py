"""CSV files with a header line: their lines, and the fields in them."""

import csv
import io
import re
from datetime import date
from itertools import islice
from typing import NamedTuple

from volunteer_app.domain.free_text import has_twelve_digits
from volunteer_app.domain.names import tidy
from volunteer_app.domain.problems import N_, Problem

FORMULA = N_("Line %(line)s, column %(column)s: a formula. Please put its value in its place.")
ID_NUMBER = N_(
    "Line %(line)s, column %(column)s: looks like an ID card number. Such numbers are never stored here; "
    "please take the column out."
)
MISSING = N_("Line %(line)s, column %(column)s: something must stand here.")
CELL_TOO_LONG = N_("Line %(line)s, column %(column)s: longer than %(longest)s characters.")
BAD_CODE = N_(
    "Line %(line)s, column %(column)s: a code of %(digits)s digits is expected. "
    "A spreadsheet may have dropped the zeros in front."
)
BAD_NUMBER = N_("Line %(line)s, column %(column)s: a number from %(lowest)s to %(highest)s is expected.")
BAD_DATE = N_("Line %(line)s, column %(column)s: a date such as 30/06/2026 is expected.")
TWICE = N_("Line %(line)s: says the same place as line %(first)s.")

_HARMLESS = re.compile(r"[+-]?[\d\s.,/()-]*")
_COORDINATE = re.compile(r"-?[1-9][0-9]{0,2}\.[0-9]+")
_DATE = re.compile(r"(?:(\d{1,2})/(\d{1,2})/(\d{4})|(\d{4})-(\d{2})-(\d{2}))")


class ListLine:
    """One line of a table. Reading a field that is not as it should be notes a problem and gives a blank."""

    def __init__(self, number: int, cells: dict[str, str], problems: list[Problem]) -> None:
        self.number = number
        self.cells = cells
        self._problems = problems

    def refuse(self, code: str, sentence: str, column: str = "", **values: object) -> None:
        """Note why this line cannot be taken."""
        where = {"line": self.number, "column": column} if column else {"line": self.number}
        self._problems.append(Problem(code, sentence, where | values))

    def text(self, column: str, longest: int = 80, *, required: bool = False) -> str:
        """A text, tidied; blank where the file has no such column."""
        text = self.cells.get(column, "")
        if required and not text:
            self.refuse("field.missing", MISSING, column)
        if len(text) > longest:
            self.refuse("field.too_long", CELL_TOO_LONG, column, longest=longest)
        return text

    def several(self, column: str) -> list[str]:
        """Texts with semicolons between them."""
        return [part for part in (tidy(piece) for piece in self.text(column, 400).split(";")) if part]

    def code(self, column: str, digits: int) -> str:
        """An official code, its leading zeros kept; blank where it is none."""
        text = self.text(column)
        if text.isascii() and text.isdigit() and len(text) == digits:
            return text
        self.refuse("field.code", BAD_CODE, column, digits=digits)
        return ""

    def number_between(self, column: str, lowest: int, highest: int) -> float | None:
        """A number with a decimal point, or None where the cell is blank."""
        text = self.text(column)
        if not text:
            return None
        if re.fullmatch(r"-?\d+(\.\d+)?", text) and lowest <= float(text) <= highest:
            return float(text)
        self.refuse("field.number", BAD_NUMBER, column, lowest=lowest, highest=highest)
        return None

    def whole(self, column: str, highest: int) -> int | None:
        """A whole number from 0, or None where the cell is blank."""
        number = self.number_between(column, 0, highest)
        if number is not None and not number.is_integer():
            self.refuse("field.number", BAD_NUMBER, column, lowest=0, highest=highest)
            return None
        return None if number is None else int(number)

    def day(self, column: str) -> date | None:
        """A day as 30/06/2026 or 2026-06-30, or None where the cell is blank."""
        text = self.text(column)
        if not text:
            return None
        if found := _DATE.fullmatch(text):
            day, month, year = found.group(1, 2, 3) if found[1] else found.group(6, 5, 4)
            try:
                return date(int(year), int(month), int(day))
            except ValueError:
                pass
        self.refuse("field.date", BAD_DATE, column)
        return None


class Table(NamedTuple):
    """A CSV file: its columns, its lines, and what is wrong with it as a table."""

    columns: list[str]
    lines: list[ListLine]
    problems: list[Problem]

    def unread(self, read: set[str]) -> list[Problem]:
        """A remark naming the columns that the reader does not use."""
        columns = [column for column in self.columns if column and column not in read]
        sentence = N_("These columns are not read: %(columns)s.")
        return [Problem("file.unread_columns", sentence, {"columns": ", ".join(columns)})] if columns else []


def rows_of(text: str) -> tuple[list[tuple[int, list[str]]], list[Problem]]:
    """The rows of a CSV text, each with the line it begins on; comma, semicolon or tab between cells."""
    beginning = "".join(islice(io.StringIO(text), 20))
    delimiter = max(",;\t", key=beginning.count)
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)
    rows: list[tuple[int, list[str]]] = []
    begins = 1
    try:
        for cells in reader:
            rows.append((begins, [tidy(cell) for cell in cells]))
            begins = reader.line_num + 1
    except csv.Error:
        sentence = N_("Line %(line)s: the quotation marks or columns cannot be made out.")
        return rows, [Problem("file.broken_csv", sentence, {"line": begins})]
    return rows, []


def table_of(text: str, needed: set[str]) -> Table:
    """The table in a CSV text, with a problem for every line that cannot be trusted."""
    rows, problems = rows_of(text)
    rows = [(number, cells) for number, cells in rows if any(cells)]
    if not rows:
        return Table([], [], problems)
    columns = [cell.lower() for cell in rows[0][1]]
    if missing := sorted(needed - set(columns)):
        sentence = N_("Columns are missing: %(columns)s.")
        problems.append(Problem("file.missing_columns", sentence, {"columns": ", ".join(missing)}))
    lines: list[ListLine] = []
    for number, cells in rows[1:]:
        if len(cells) != len(columns):
            sentence = N_("Line %(line)s has %(found)s columns; the first line has %(expected)s.")
            values = {"line": number, "found": len(cells), "expected": len(columns)}
            problems.append(Problem("file.other_width", sentence, values))
            continue
        named = dict(zip(columns, cells, strict=True))
        problems += problems_with_cells(number, named)
        lines.append(ListLine(number, named, problems))
    return Table(columns, lines, problems)


def problems_with_cells(number: int, cells: dict[str, str]) -> list[Problem]:
    """Cells that may not come in whatever the column: formulas and ID numbers."""
    problems = []
    for column, cell in cells.items():
        where = {"line": number, "column": column}
        if is_formula(cell):
            problems.append(Problem("field.formula", FORMULA, where))
        elif has_twelve_digits(cell) and not _COORDINATE.fullmatch(cell):
            problems.append(Problem("field.id_number", ID_NUMBER, where))
    return problems


def is_formula(cell: str) -> bool:
    """Would a spreadsheet run this cell? Numbers, phones and lone dashes are harmless."""
    return cell[:1] in ("=", "@") or (cell[:1] in ("+", "-") and not _HARMLESS.fullmatch(cell))
