"""A report as a file to keep: its sheets as titled tables, and what the download is called."""

import asyncio
from datetime import date
from typing import Any

from litestar import Response

from volunteer_app.i18n import gettext as _
from volunteer_app.pages.reports.files import csv_of, xlsx_of
from volunteer_app.pages.reports.made import Report
from volunteer_app.pages.reports.sheets import Sheet
from volunteer_app.pages.reports.view import span_text

XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


def tables_of(report: Report, sheets: list[Sheet], name: str) -> list[tuple[str, list[list[Any]]]]:
    """The sheets as titled rows, with one in front that says what the file is about and of when it is."""
    about = [
        [_("Report of"), name],
        [_("Period"), span_text(report.view.span, report.period)],
        [_("From"), report.period.first_day or report.period.last_day],
        [_("To"), report.period.last_day],
        [_("Figures as of"), report.made_at],
        [_("Phones not heard from for 3 days"), report.phones.silent],
        [_("Phones in all"), report.phones.known],
    ]
    tables = [(_("About"), about)]
    for sheet in sheets:
        rows = [[_("hidden") if cell.value is None else cell.value for cell in row] for row in sheet.rows]
        tables.append((sheet.title, [sheet.headings, *rows]))
    return tables


async def as_file(kind: str, tables: list[tuple[str, list[list[Any]]]], name: str) -> Response[bytes]:
    """Tables as a download. A workbook is made in a thread: it takes long."""
    if kind == "xlsx":
        body, media_type = await asyncio.to_thread(xlsx_of, tables), XLSX
    else:
        body, media_type = csv_of(tables), "text/csv"
    headers = {"content-disposition": f'attachment; filename="{name}.{kind}"', "cache-control": "no-store"}
    return Response(body, media_type=media_type, headers=headers)


def file_name(what: str, place: str, day: date) -> str:
    """A name for a download: plain letters, place code and day."""
    return f"tung-nha-{what}-{place}-{day.isoformat()}"
