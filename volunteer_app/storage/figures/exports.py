"""What leaves the installation as a file: rows of visits as they are read, and a line in the log for every export."""

import logging
from collections.abc import AsyncIterator, Callable, Mapping
from datetime import date, datetime
from typing import Any

import sqlalchemy as sa
from sqlmodel import col
from sqlmodel.ext.asyncio.session import AsyncSession

from volunteer_app.domain.permissions import Scope
from volunteer_app.storage import audit, programs
from volunteer_app.storage.database import Database
from volunteer_app.storage.households import HouseholdRow, in_scope
from volunteer_app.storage.people import PersonRow
from volunteer_app.storage.places import Boundary, BoundaryRow, HamletRow, hamlet_boundaries
from volunteer_app.storage.visits import VisitRow

log = logging.getLogger(__name__)

ROWS_AT_ONCE = 5000
VISIT_COLUMNS = ("visited_on", "hamlet", "household_code", "household_label", "outcome", "note", "volunteer")


async def note(
    engine: Database, scope: Scope, what: str, province: str, commune: str | None, now: datetime
) -> None:
    """Every export is noted, in the log and among who did what: who, what, of which place. Ids only."""
    place = commune or province
    log.info("export.made what=%s place=%s person=%s role=%s", what, place, scope.person_id, scope.role.value)
    async with engine.writing() as db:  # the request itself only reads
        if scope.is_program:
            await programs.note_reading(db, scope, now)
        await audit.note_for(
            db,
            province,
            None if scope.is_program else scope.person_id,
            "export.made",
            place,
            now=now,
            commune_code=commune,
            reason=f"{what} program={scope.person_id}" if scope.is_program else what,
        )


async def visits_in(
    db: AsyncSession, scope: Scope, written: Callable[[str], str]
) -> AsyncIterator[list[tuple[str, ...]]]:
    """Every visit of the scope in parts, by day: see `VISIT_COLUMNS`. The caller may see the names.

    written: how a text is to be written. What many visits share is asked once, and ids are compared as the driver gives
    them: of 100,000 rows each such step is a tenth of a second.
    """
    connection = await db.connection()
    visit, home, hamlet, person = (row.__table__.c for row in (VisitRow, HouseholdRow, HamletRow, PersonRow))  # type: ignore[attr-defined]
    of_homes = sa.select(_raw(home.id), hamlet.name, home.code, home.label).join(
        HamletRow, sa.and_(hamlet.province_code == home.province_code, hamlet.id == home.hamlet_id)
    )
    homes: dict[Any, tuple[str, ...]] = {
        id_: tuple(map(written, texts))
        for id_, *texts in await connection.execute(in_scope(of_homes, home, scope))
    }
    of_people = sa.select(_raw(person.id), person.name).where(person.province_code == scope.province_code)
    names: dict[Any, str] = {id_: written(name) for id_, name in await connection.execute(of_people)}
    plain = sa.select(
        sa.cast(visit.visited_on, sa.String), sa.cast(visit.outcome, sa.String), visit.note,
        _raw(visit.household_id), _raw(visit.person_id),
    )  # fmt: skip
    found = await connection.stream(in_scope(plain, visit, scope).order_by(visit.visited_on))
    nobody = ("", "", "")
    home_of, name_of = homes.get, names.get
    async for rows in found.partitions(ROWS_AT_ONCE):
        yield [
            (day, *home_of(home_id, nobody), outcome, written(note) if note else "", name_of(person_id, ""))
            for day, outcome, note, home_id, person_id in rows
        ]


def _raw(id_: Any) -> Any:
    return sa.type_coerce(id_, sa.types.NullType())


async def outlines_in(db: AsyncSession, scope: Scope, day: date) -> Mapping[str, Boundary]:
    """The outlines of a province's communes, or of a commune's hamlets that stand on that day, as they are kept."""
    if scope.commune_code:
        return await hamlet_boundaries(db, scope.province_code, scope.commune_code, day)
    query = sa.select(BoundaryRow.__table__).where(  # type: ignore[attr-defined]
        col(BoundaryRow.province_code) == scope.province_code, col(BoundaryRow.level) == "commune"
    )
    rows = await (await db.connection()).execute(query)
    return {row["code"]: BoundaryRow.model_construct(**row) for row in rows.mappings()}
