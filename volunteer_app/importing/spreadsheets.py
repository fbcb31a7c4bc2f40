"""Hand-made lists as rows of plain cells: XLSX workbooks and CSV alike.

A formula stays visible as text that begins with "="; a number that lost its leading zero as an ID number gets it
back, so that the rules see what a person would see.
"""

import io
import zipfile
from typing import Any, NamedTuple

from volunteer_app.domain.names import tidy
from volunteer_app.domain.problems import N_, Problem
from volunteer_app.importing.files import MEGABYTE, text_of
from volunteer_app.importing.tables import rows_of

LARGEST_UNPACKED = 40 * MEGABYTE
"""An honest list of a whole commune unpacks to a few megabytes."""

MOST_ROWS, MOST_COLUMNS, MOST_BLANK_ROWS = 50_000, 100, 300

BROKEN_SHEET = Problem(
    "sheet.broken", N_("The workbook is damaged. Please open it and save it again as XLSX.")
)
TOO_LARGE = Problem(
    "sheet.too_large",
    N_(
        "The workbook unpacks to far more than a household list has. Please copy the list into a new workbook."
    ),
)
OLD_FORMAT = Problem(
    "sheet.old_format",
    N_("This is an old Excel file or one with a password. Please save it as XLSX without a password."),
)

_ZIP, _OLE = b"PK\x03\x04", b"\xd0\xcf\x11\xe0"


class ReadSheet(NamedTuple):
    """One sheet: its name (empty for CSV), and its rows, each with its number."""

    name: str
    rows: list[tuple[int, list[str]]]


def is_spreadsheet(content: bytes) -> bool:
    """Is this a workbook rather than text?"""
    return content.startswith((_ZIP, _OLE))


def sheets_of(content: bytes) -> list[ReadSheet] | Problem:
    """The visible sheets of a workbook, or a CSV text as one sheet; or why it cannot be read."""
    if content.startswith(_OLE):
        return OLD_FORMAT
    if content.startswith(_ZIP):
        return _workbook(content)
    text = text_of(content)
    if isinstance(text, Problem):
        return text
    rows, problems = rows_of(text)
    return problems[0] if problems else [ReadSheet("", rows)]


def _workbook(content: bytes) -> list[ReadSheet] | Problem:
    """The unpacked size is looked at before anything is unpacked (a small file may unpack to gigabytes)."""
    import openpyxl  # slow to import, seldom needed

    try:
        with zipfile.ZipFile(io.BytesIO(content)) as packed:
            if sum(entry.file_size for entry in packed.infolist()) > LARGEST_UNPACKED:
                return TOO_LARGE
        workbook = openpyxl.load_workbook(io.BytesIO(content), read_only=True)
        return [
            ReadSheet(sheet.title, _rows(sheet))
            for sheet in workbook.worksheets
            if sheet.sheet_state == "visible"
        ]
    except Exception:  # noqa: BLE001 - see below
        # openpyxl raises whatever its many parts raise: KeyError, ValueError, BadZipFile, XML errors …
        return BROKEN_SHEET


def _rows(sheet: Any) -> list[tuple[int, list[str]]]:
    rows: list[tuple[int, list[str]]] = []
    last = 0
    for number, cells in enumerate(sheet.iter_rows(max_row=MOST_ROWS, max_col=MOST_COLUMNS), start=1):
        texts = [_text(cell.value) for cell in cells]
        if any(texts):
            last = number
        elif number - last > MOST_BLANK_ROWS:
            break  # formatted but empty down to the end of the sheet
        rows.append((number, texts))
    return rows


def _text(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    if isinstance(value, int) and len(str(value)) == 11:
        return f"0{value}"
    return tidy(str(value))
