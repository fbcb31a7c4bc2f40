"""Figures of a place as files in a folder, for whatever runs at fixed times and carries them on."""

from datetime import datetime
from pathlib import Path

from sqlmodel.ext.asyncio.session import AsyncSession

from volunteer_app.domain.calendar import local_day
from volunteer_app.domain.periods import Span
from volunteer_app.domain.permissions import Scope
from volunteer_app.pages.coverage.shown import asked_of
from volunteer_app.pages.figures.routes import FILE_KINDS, body_of, figures_in
from volunteer_app.pages.places import chosen_place
from volunteer_app.pages.reports.downloads import tables_of
from volunteer_app.pages.reports.files import csv_of, xlsx_of
from volunteer_app.pages.reports.made import make_report
from volunteer_app.pages.reports.sheets import sheets_of
from volunteer_app.pages.reports.view import ReportView


async def figures_as_files(
    db: AsyncSession, scope: Scope, now: datetime, *, span: Span = Span.WEEK
) -> dict[str, bytes]:
    """The figures by place in every form, and the report of this span as spreadsheet and CSV, by file name.

    scope: a program's, so that they are told as outside the commune. Raises NotFoundException for no such place.
    """
    place, name = await chosen_place(db, scope, scope.province_code, scope.commune_code)
    asked = asked_of({}, now, by_day=False)
    rows = await figures_in(db, place, scope, asked)
    report = await make_report(db, place, scope, ReportView(span, local_day(now)), now)
    tables = tables_of(report, sheets_of(report), name)
    code = scope.commune_code or scope.province_code
    files = {
        f"figures-{code}.{kind}": await body_of(kind, db, place, rows, asked.today) for kind in FILE_KINDS
    }
    of_report = f"report-{span.value}-{code}"
    return files | {f"{of_report}.csv": csv_of(tables), f"{of_report}.xlsx": xlsx_of(tables)}


def write(folder: Path, files: dict[str, bytes]) -> list[Path]:
    """Write the files; each takes the old one's place whole, so that no reader meets half of one. Raises OSError."""
    folder.mkdir(parents=True, exist_ok=True)
    written = []
    for name, body in files.items():
        beside = folder / f".{name}.new"
        beside.write_bytes(body)
        written.append(beside.replace(folder / name))
    return written
