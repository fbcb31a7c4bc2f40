"""Carrying an import out: recognise the file, plan, and keep all of it or nothing."""

from datetime import date, datetime
from hashlib import sha256
from pathlib import Path
from typing import NamedTuple
from uuid import UUID

from sqlmodel.ext.asyncio.session import AsyncSession

from volunteer_app.domain.calendar import local_day
from volunteer_app.domain.problems import N_, Problem
from volunteer_app.importing import former_units, hamlets, household_lists, units
from volunteer_app.importing.boundaries import plan_boundaries
from volunteer_app.importing.files import ImportPlan, content_of, text_of
from volunteer_app.importing.former_units import plan_former_units
from volunteer_app.importing.hamlets import plan_hamlets
from volunteer_app.importing.households import plan_households
from volunteer_app.importing.spreadsheets import is_spreadsheet
from volunteer_app.importing.tables import rows_of
from volunteer_app.importing.units import plan_units
from volunteer_app.storage.imports import Counts, count, keep

KIND_NAMES = {
    "units": N_("provinces and communes"),
    "former-units": N_("former units"),
    "hamlets": N_("hamlets"),
    "boundaries": N_("outlines for the map"),
    "households": N_("a commune's household list"),
}
"""Kinds of files, in the order in which they need each other."""

_HEADERS = {"former-units": former_units.NEEDED, "units": units.NEEDED, "hamlets": hamlets.NEEDED}

NOT_RECOGNISED = Problem(
    "file.not_recognised",
    N_("Nobody can tell what kind of file this is: its first line names no columns that are known."),
)
WHICH_COMMUNE = Problem(
    "households.which_commune",
    N_("This is a household list. Import it with: volunteer-app import households FILE --commune CODE"),
)


class ImportReport(NamedTuple):
    """What an import did, or in a preview would do. With any problem nothing was changed."""

    file_name: str
    kind: str | None
    counts: Counts
    problems: list[Problem]
    remarks: list[Problem]
    questions: list[Problem]


def kind_of(content: bytes) -> str | Problem:
    """The kind of a file, told from its content alone."""
    if is_spreadsheet(content):
        return "households"
    text = text_of(content)
    if isinstance(text, Problem):
        return text
    if text.lstrip().startswith(("{", "[")):
        return "boundaries"
    rows, _ = rows_of(text)
    columns = {cell.lower() for cell in next((cells for _, cells in rows if any(cells)), [])}
    for kind, needed in _HEADERS.items():
        if len(needed & columns) > len(needed) / 2:
            return kind
    return "households" if household_lists.has_list(rows) else NOT_RECOGNISED


async def run_import(
    db: AsyncSession,
    kind: str | None,
    path: Path,
    *,
    preview: bool,
    now: datetime,
    by: UUID | None,
    largest_mb: int,
    commune_code: str | None = None,
) -> ImportReport:
    """Import one file. kind: None to recognise it. commune_code: for a household list, whose it is.

    Changes are made in the given transaction, all or none; a preview makes none.
    """
    content = content_of(path, largest_mb=largest_mb)
    if isinstance(content, Problem):
        return _refused(path, kind, content)
    found = kind or kind_of(content)
    if isinstance(found, Problem):
        return _refused(path, None, found)
    if found == "households":
        if commune_code is None:
            return _refused(path, found, WHICH_COMMUNE)
        plan = await plan_households(db, content, commune_code, now)
    else:
        plan = await _plan_places(db, found, content, local_day(now))
    if plan.problems:
        return ImportReport(path.name, found, Counts(0, 0, 0, 0), plan.problems, plan.remarks, plan.questions)
    counts = count(plan.changes, plan.wanted)
    if not preview:
        digest = sha256(content).hexdigest()
        await keep(
            db,
            plan.changes,
            counts,
            kind=found,
            file_name=path.name,
            sha256=digest,
            at=now,
            person_id=by,
        )
    return ImportReport(path.name, found, counts, [], plan.remarks, plan.questions)


async def _plan_places(db: AsyncSession, kind: str, content: bytes, today: date) -> ImportPlan:
    text = text_of(content)
    if isinstance(text, Problem):
        return ImportPlan([], 0, [text], [])
    if kind == "hamlets":
        return await plan_hamlets(db, text, today)
    if kind == "boundaries":
        return await plan_boundaries(db, text, today)
    return await (plan_units if kind == "units" else plan_former_units)(db, text)


def _refused(path: Path, kind: str | None, problem: Problem) -> ImportReport:
    return ImportReport(path.name, kind, Counts(0, 0, 0, 0), [problem], [], [])
