"""What leaves the installation as a file: rows of visits as they are read, and a line in the log for every export."""

import logging
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from uuid import UUID

import sqlalchemy as sa
from sqlmodel import col
from sqlmodel.ext.asyncio.session import AsyncSession

from volunteer_app.permissions import Scope
from volunteer_app.storage import audit, programs
from volunteer_app.storage.database import Database
from volunteer_app.storage.households import HouseholdRow, in_scope
from volunteer_app.storage.people import PersonRow
from volunteer_app.storage.places import BoundaryRow, HamletRow
from volunteer_app.storage.visits import VisitRow

log = logging.getLogger(__name__)

ROWS_AT_ONCE = 5000
VISIT_COLUMNS = ("visited_on", "hamlet", "household_code", "household_label", "outcome", "note", "volunteer")


async def note(engine: Database, scope: Scope, what: str, province: str, commune: str | None) -> None:
    """Every export is noted, in the log and among who did what: who, what, of which place. Ids only."""
    place = commune or province
    log.info("export.made what=%s place=%s person=%s role=%s", what, place, scope.person_id, scope.role.value)
    now = datetime.now(UTC)
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


async def visits_in(db: AsyncSession, scope: Scope) -> AsyncIterator[list[tuple]]:
    """Every visit of the scope in parts, by day: see `VISIT_COLUMNS`. The caller may see the names."""
    connection = await db.connection()
    homes = {
        id_: (code, label, hamlet)
        for id_, code, label, hamlet in await connection.execute(
            in_scope(
                sa.select(
                    col(HouseholdRow.id), col(HouseholdRow.code), col(HouseholdRow.label), col(HamletRow.name)
                ).join(
                    HamletRow,
                    sa.and_(
                        col(HamletRow.province_code) == HouseholdRow.province_code,
                        col(HamletRow.id) == HouseholdRow.hamlet_id,
                    ),
                ),
                HouseholdRow,
                scope,
            )
        )
    }
    query = sa.select(col(PersonRow.id), col(PersonRow.name)).where(
        col(PersonRow.province_code) == scope.province_code
    )
    names: dict[UUID, str] = {row.id: row.name for row in await connection.execute(query)}
    visit = VisitRow.__table__.c  # type: ignore[attr-defined]
    plain = sa.select(
        sa.cast(visit.visited_on, sa.String), sa.cast(visit.outcome, sa.String), visit.note,
        visit.household_id, visit.person_id,
    )  # fmt: skip
    found = await connection.stream(in_scope(plain, visit, scope).order_by(visit.visited_on))
    nobody = ("", "", "")
    async for rows in found.partitions(ROWS_AT_ONCE):
        yield [
            (
                day,
                homes.get(home, nobody)[2],
                *homes.get(home, nobody)[:2],
                outcome,
                said,
                names.get(person, ""),
            )
            for day, outcome, said, home, person in rows
        ]


async def outlines_of(db: AsyncSession, province_code: str) -> dict[str, BoundaryRow]:
    """The outlines of a province's communes, as they are kept."""
    query = sa.select(BoundaryRow.__table__).where(  # type: ignore[attr-defined]
        col(BoundaryRow.province_code) == province_code, col(BoundaryRow.level) == "commune"
    )
    rows = await (await db.connection()).execute(query)
    return {row["code"]: BoundaryRow.model_construct(**row) for row in rows.mappings()}
