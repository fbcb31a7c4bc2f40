"""Where each household stands: kept up to date with the records, and recounted from them to prove it."""

import time
from collections import defaultdict
from collections.abc import Iterable, Mapping
from datetime import date
from typing import Any, NamedTuple
from uuid import UUID

import sqlalchemy as sa
from sqlmodel import col
from sqlmodel.ext.asyncio.session import AsyncSession

from volunteer_app.domain.independence import (
    IndependenceLevel,
    current_level,
    household_level,
    is_independent,
)
from volunteer_app.domain.public_services import core_slugs
from volunteer_app.domain.visits import Outcome
from volunteer_app.storage.database import Database, any_of, at_once, upsert
from volunteer_app.storage.households import HouseholdRow, StandingRow
from volunteer_app.storage.many import Many
from volunteer_app.storage.pace import Pace
from volunteer_app.storage.visits import ObservationRow, VisitRow


class StandingChange(NamedTuple):
    """Where a household stands, as plain values."""

    commune_code: str
    hamlet_id: UUID
    first_met_on: date | None = None
    last_met_on: date | None = None
    last_visit_on: date | None = None
    visit_count: int = 0
    levels: Mapping[str, int] = {}
    is_independent: bool = False


class Moved(NamedTuple):
    """A household's standing before and after a delivery. What is summed up over households follows from these."""

    household_id: UUID
    before: StandingChange
    after: StandingChange


def moved_by(
    connection: sa.Connection,
    province_code: str,
    visits: Iterable[Mapping[str, Any]],
    others: Iterable[Mapping[str, Any]],
) -> list[Moved]:
    """How visits, already written, move the standings of their households; also those of the others, which visits do
    not move. `write_standings` is still to come.

    The standings are locked before anything is counted: of two deliveries at once the second sees the first one's rows.
    """
    of_household: dict[UUID, list[Mapping[str, Any]]] = defaultdict(list)
    for visit in visits:
        of_household[visit["household_id"]].append(visit)
    places = {id_: rows[0] for id_, rows in of_household.items()} | {
        row["household_id"]: row for row in others
    }
    if not places:
        return []
    return [
        Moved(household_id, stood, _after_visits(stood, of_household.get(household_id, [])))
        for household_id, stood in locked(connection, province_code, places).items()
    ]


def write_standings(
    connection: sa.Connection,
    province_code: str,
    moved: Iterable[Moved],
    levels: Mapping[UUID, Mapping[str, IndependenceLevel]],
) -> None:
    """Write what the standings have become, with the levels of households in which something was seen."""
    rows = []
    for household_id, _, after_visits in moved:
        after = after_visits._asdict()
        if (now := levels.get(household_id)) is not None:
            after["levels"] = {service: int(level) for service, level in now.items()}
            after["is_independent"] = is_independent(now, core_slugs())
        row = {f"new_{name}": after[name] for name in MOVING}
        rows.append(row | {"province": province_code, "of_household": household_id})
    MOVE.run(connection, rows)


def _after_visits(stood: StandingChange, visits: list[Mapping[str, Any]]) -> StandingChange:
    """Earliest and latest day: the order of visits does not matter."""
    if not visits:
        return stood
    days = [visit["visited_on"] for visit in visits]
    met = [visit["visited_on"] for visit in visits if visit["outcome"] is Outcome.MET]
    return stood._replace(
        first_met_on=min([*met, *([stood.first_met_on] if stood.first_met_on else [])], default=None),
        last_met_on=max([*met, *([stood.last_met_on] if stood.last_met_on else [])], default=None),
        last_visit_on=max([*days, *([stood.last_visit_on] if stood.last_visit_on else [])]),
        visit_count=stood.visit_count + len(visits),
    )


LOCKED = (
    sa.select(*(StandingRow.__table__.c[name] for name in ("household_id", *StandingChange._fields)))  # type: ignore[attr-defined]
    .where(
        col(StandingRow.province_code) == sa.bindparam("province"),
        col(StandingRow.household_id).in_(any_of("ids")),
    )
    .order_by(col(StandingRow.household_id))
    .with_for_update()
)


def locked(
    connection: sa.Connection, province_code: str, places: Mapping[UUID, Mapping[str, Any]]
) -> dict[UUID, StandingChange]:
    """The standings of these households, locked in their order; made where there is none yet."""

    def found(household_ids: Iterable[UUID]) -> dict[UUID, StandingChange]:
        named = {"province": province_code, "ids": list(household_ids)}
        return {id_: StandingChange(*rest) for id_, *rest in connection.execute(LOCKED, named).all()}

    standings = found(places)
    if new := sorted(places.keys() - standings.keys()):
        rows = [
            StandingChange(places[id_]["commune_code"], places[id_]["hamlet_id"])._asdict()
            | {"province_code": province_code, "household_id": id_}
            for id_ in new
        ]
        connection.execute(upsert(connection.dialect.name, StandingRow).on_conflict_do_nothing(), rows)
        standings |= found(new)
    return standings


MOVING = [name for name in StandingChange._fields if name not in ("commune_code", "hamlet_id")]
MOVE = Many(
    sa.update(StandingRow)
    .where(
        col(StandingRow.province_code) == sa.bindparam("province"),
        col(StandingRow.household_id) == sa.bindparam("of_household"),
    )
    .values({name: sa.bindparam(f"new_{name}") for name in MOVING})
)


def levels_of(
    connection: sa.Connection, province_code: str, household_ids: list[UUID]
) -> dict[UUID, dict[str, IndependenceLevel]]:
    """Each household's level in each service, from all its observations."""
    rows = connection.execute(OBSERVED, {"province": province_code, "ids": household_ids})
    return {household_id: {} for household_id in household_ids} | levels_from(rows)


OBSERVED = sa.select(
    col(ObservationRow.household_id),
    col(ObservationRow.service),
    col(ObservationRow.member_id),
    col(ObservationRow.id),
    col(ObservationRow.level),
    col(ObservationRow.basis),
    col(ObservationRow.observed_at),
).where(
    col(ObservationRow.province_code) == sa.bindparam("province"),
    col(ObservationRow.household_id).in_(any_of("ids")),
)


def levels_from(observations: Iterable[Any]) -> dict[UUID, dict[str, IndependenceLevel]]:
    """Level by household and service, from observations (rows or columns) of whatever households."""
    seen: dict[tuple[UUID, str, UUID], list[Any]] = defaultdict(list)
    for row in observations:
        seen[row.household_id, row.service, row.member_id].append(row)
    by_service: dict[UUID, dict[str, list[IndependenceLevel]]] = defaultdict(lambda: defaultdict(list))
    for (household_id, service, _member), of_member in seen.items():
        by_service[household_id][service].append(current_level(of_member))
    return {
        household_id: {service: household_level(levels) for service, levels in services.items()}
        for household_id, services in by_service.items()
    }


def recount(
    connection: sa.Connection, province_code: str, places: Mapping[UUID, tuple[str, UUID] | None]
) -> None:
    """Count these households anew from their visits and observations; None: the household is no more. Needed where
    records move from one household to another."""
    ids = list(places)
    connection.execute(
        sa.delete(StandingRow).where(
            col(StandingRow.province_code) == province_code, col(StandingRow.household_id).in_(ids)
        )
    )
    visited = _days_of(connection, province_code, ids)
    levels = levels_of(connection, province_code, ids)
    rows = []
    for household_id, place in places.items():
        if place is None or not (household_id in visited or levels[household_id]):
            continue
        first_met_on, last_met_on, last_visit_on, count = visited.get(household_id, [None, None, None, 0])
        now = levels[household_id]
        stands = StandingChange(
            *place,
            first_met_on,
            last_met_on,
            last_visit_on,
            count,
            {service: int(level) for service, level in now.items()},
            is_independent(now, core_slugs()),
        )
        rows.append({"province_code": province_code, "household_id": household_id, **stands._asdict()})
    if rows:
        connection.execute(sa.insert(StandingRow), rows)


async def differences(db: AsyncSession, province_code: str) -> list[str]:
    """Recount every standing of a province from visits and observations; what differs, in words. Empty: all equal."""
    return await at_once(db, _differences, province_code)


PART = 500
"""How many households are looked at together: what is in memory does not grow with the province."""


def _differences(connection: sa.Connection, province_code: str) -> list[str]:
    wrong: list[str] = []
    after: UUID | None = UUID(int=0)
    while after is not None:
        some, after = next_differences(connection, province_code, after)
        wrong += some
    return sorted(wrong)


def next_differences(
    connection: sa.Connection, province_code: str, after: UUID
) -> tuple[list[str], UUID | None]:
    """The same for the next part of the households, in the order of their ids; and after which one it goes on."""
    ids = _next_households(connection, province_code, after)
    return (_differences_of(connection, province_code, ids), ids[-1]) if ids else ([], None)


async def mend(database: Database) -> None:
    """Count every standing anew, a part at a time, so that no phone waits for it."""
    async with database.reading() as db:
        codes = await provinces(db)
    pace = Pace(PART)
    for code in codes:
        after: UUID | None = UUID(int=0)
        while after is not None:
            async with database.writing() as db:
                await db.connection()  # it is our turn
                began = time.monotonic()
                after = await at_once(db, _mend_next, code, after, pace.size)
            await pace.took(time.monotonic() - began)


def _mend_next(connection: sa.Connection, province_code: str, after: UUID, most: int) -> UUID | None:
    ids = _next_households(connection, province_code, after)[:most]
    query = sa.select(
        col(HouseholdRow.id), col(HouseholdRow.commune_code), col(HouseholdRow.hamlet_id)
    ).where(col(HouseholdRow.province_code) == province_code, col(HouseholdRow.id).in_(ids))
    places = {id_: (commune, hamlet) for id_, commune, hamlet in connection.execute(query)}
    if ids:
        recount(connection, province_code, {id_: places.get(id_) for id_ in ids})
    return ids[-1] if ids else None


def _next_households(connection: sa.Connection, province_code: str, after: UUID) -> list[UUID]:
    """The next ones with a standing, a visit or an observation, in the order of their ids."""
    found: set[UUID] = set()
    for table in (StandingRow, VisitRow, ObservationRow):
        query = (
            sa.select(col(table.household_id))
            .where(col(table.province_code) == province_code, col(table.household_id) > after)
            .distinct()
            .order_by(col(table.household_id))
            .limit(PART)
        )
        found.update(connection.execute(query).scalars())
    return sorted(found, key=lambda id_: id_.bytes)[:PART]


def _differences_of(connection: sa.Connection, province_code: str, ids: list[UUID]) -> list[str]:
    columns = (
        StandingRow.first_met_on,
        StandingRow.last_met_on,
        StandingRow.last_visit_on,
        StandingRow.visit_count,
    )
    query = sa.select(
        col(StandingRow.household_id),
        *map(col, columns),
        col(StandingRow.levels),
        col(StandingRow.is_independent),
    ).where(col(StandingRow.province_code) == province_code, col(StandingRow.household_id).in_(ids))
    kept = {household_id: tuple(rest) for household_id, *rest in connection.execute(query)}
    days = _days_of(connection, province_code, ids)
    levels = levels_of(connection, province_code, ids)
    wrong = []
    for household_id in ids:
        of_household = levels[household_id]
        counted = (
            *days.get(household_id, [None, None, None, 0]),
            {service: int(level) for service, level in of_household.items()},
            is_independent(of_household, core_slugs()),
        )
        if (stands := kept.get(household_id)) != counted:
            wrong.append(f"household {household_id}: kept {stands}, counted {counted}")
    return wrong


def _days_of(connection: sa.Connection, province_code: str, ids: list[UUID]) -> dict[UUID, list[Any]]:
    """First and last day of each household's meetings, last visit, number of visits."""
    met = sa.case((col(VisitRow.outcome) == Outcome.MET, col(VisitRow.visited_on)))
    days = connection.execute(
        sa.select(
            col(VisitRow.household_id),
            sa.func.min(met),
            sa.func.max(met),
            sa.func.max(VisitRow.visited_on),
            sa.func.count(),
        )
        .where(col(VisitRow.province_code) == province_code, col(VisitRow.household_id).in_(ids))
        .group_by(col(VisitRow.household_id))
    )
    return {household_id: rest for household_id, *rest in days}


async def all_differences(db: AsyncSession) -> list[str]:
    """The differences of every province that this database holds."""
    return [line for code in await provinces(db) for line in await differences(db, code)]


async def provinces(db: AsyncSession) -> list[str]:
    """The provinces of which there is something to count, by their codes."""
    codes = sa.union(
        *(sa.select(col(table.province_code)) for table in (VisitRow, ObservationRow, StandingRow))
    )
    return sorted((await (await db.connection()).execute(codes)).scalars().all())
