"""Sheets as files that Excel and LibreOffice open right: UTF-8 with its mark, no cell that becomes a formula."""

import csv
import io
import re
import unicodedata
from collections.abc import Iterable, Sequence
from datetime import date, datetime
from typing import Any

from volunteer_app.domain.calendar import VIETNAM

BOM = "\ufeff"
_FORMULA = re.compile(r"^\s*[=+\-@\t\r|]")
_UNSEEN = re.compile(
    "[\x00-\x08\x0e-\x1f\x7f\u00ad\u061c\u115f\u180e\u200b-\u200f\u202a-\u202e\u2060-\u206f\u3164\ufe00-\ufe0f\ufeff]"
)
"""Letters that take no room: some programs leave them out before they look whether a cell is a formula."""
_NUMBER = re.compile(r"^[+-]?\d+$")
_BAD_IN_A_TITLE = re.compile(r"[\\/*?:\[\]]")


def safe(value: Any) -> Any:
    """A value for a CSV cell. Words that a spreadsheet would calculate get an apostrophe in front; moments are said in
    Vietnam's time."""
    if isinstance(value, datetime):
        return f"{value.astimezone(VIETNAM):%Y-%m-%d %H:%M}"
    if isinstance(value, str) and is_formula(value) and not _NUMBER.match(value):
        return f"'{value}"
    return "" if value is None else value


def is_formula(words: str) -> bool:
    """Would a spreadsheet calculate this, also one that reads full-width signs as narrow ones (＝)?"""
    if words[:1].isalnum():
        return False
    return bool(_FORMULA.match(_UNSEEN.sub("", unicodedata.normalize("NFKC", words))))


def csv_lines(rows: Iterable[Sequence[Any]]) -> str:
    """Rows as CSV text, without the mark in front."""
    return lines_of_safe([safe(value) for value in row] for row in rows)


def lines_of_safe(rows: Iterable[Sequence[Any]]) -> str:
    """The same of rows whose every value is `safe` already."""
    out = io.StringIO()
    csv.writer(out, lineterminator="\r\n").writerows(rows)
    return out.getvalue()


def csv_of(tables: Iterable[tuple[str, Sequence[Sequence[Any]]]]) -> bytes:
    """Tables below one another, each under its title."""
    parts = []
    for title, rows in tables:
        parts.append(csv_lines([[title], *rows] if title else rows))
    return (BOM + "\r\n".join(parts)).encode()


def xlsx_of(tables: Iterable[tuple[str, Sequence[Sequence[Any]]]]) -> bytes:
    """A workbook with one sheet for each table. Numbers are numbers; words are words, whatever they begin with."""
    from openpyxl import Workbook
    from openpyxl.styles import Alignment, Font
    from openpyxl.utils import get_column_letter

    book = Workbook()
    book.remove(book.worksheets[0])
    for title, rows in tables:
        sheet = book.create_sheet(_BAD_IN_A_TITLE.sub(" ", title)[:31])
        for line, row in enumerate(rows, start=1):
            for column, value in enumerate(row, start=1):
                cell = sheet.cell(line, column)
                if isinstance(value, datetime):
                    cell.value = value.astimezone(VIETNAM).replace(tzinfo=None, second=0, microsecond=0)
                    cell.number_format = "dd/mm/yyyy hh:mm"
                else:
                    cell.value = value
                if isinstance(value, date) and not isinstance(value, datetime):
                    cell.number_format = "dd/mm/yyyy"
                if isinstance(value, str):
                    cell.data_type = "s"
                    cell.quotePrefix = is_formula(value)
                cell.alignment = Alignment(wrap_text=True, vertical="top")
                if line == 1:
                    cell.font = Font(bold=True)
        for column in range(1, sheet.max_column + 1):
            sheet.column_dimensions[get_column_letter(column)].width = 34 if column == 1 else 16
        sheet.freeze_panes = "A2"
        sheet.page_setup.paperSize = sheet.PAPERSIZE_A4
        sheet.page_setup.orientation = sheet.ORIENTATION_LANDSCAPE
        sheet.page_setup.fitToWidth, sheet.page_setup.fitToHeight = 1, 0
        sheet.sheet_properties.pageSetUpPr.fitToPage = True
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()
