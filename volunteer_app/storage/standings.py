"""Where each household stands: kept up to date with the records, and recounted from them to prove it."""

from collections import defaultdict
from collections.abc import Iterable
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from volunteer_app.domain.independence import (
    IndependenceLevel,
    current_level,
    household_level,
    is_independent,
)
from volunteer_app.domain.public_services import core_slugs
from volunteer_app.domain.visits import Outcome
from volunteer_app.storage.database import upsert
from volunteer_app.storage.households import StandingRow
from volunteer_app.storage.visits import ObservationRow, VisitRow


async def note_visits(db: AsyncSession, visits: Iterable[dict[str, Any]]) -> None:
    """Move the days of visits of the households concerned. Earliest and latest: the order does not matter."""
    found: dict[UUID, dict[str, Any]] = {}
    for visit in visits:
        day = visit["visited_on"]
        met_on = day if visit["outcome"] is Outcome.MET else None
        row = found.get(visit["household_id"])
        if row is None:
            found[visit["household_id"]] = {
                "province_code": visit["province_code"],
                "household_id": visit["household_id"],
                "commune_code": visit["commune_code"],
                "hamlet_id": visit["hamlet_id"],
                "first_met_on": met_on,
                "last_met_on": met_on,
                "last_visit_on": day,
                "visit_count": 1,
                "levels": {},
                "is_independent": False,
            }
            continue
        row["visit_count"] += 1
        row["last_visit_on"] = max(row["last_visit_on"], day)
        if met_on:
            row["first_met_on"] = min(row["first_met_on"] or met_on, met_on)
            row["last_met_on"] = max(row["last_met_on"] or met_on, met_on)
    if not found:
        return
    await (await db.connection()).execute(_upsert(db), [found[key] for key in sorted(found)])


async def note_observations(
    db: AsyncSession, province_code: str, places: dict[UUID, tuple[str, UUID]]
) -> None:
    """Count the levels of the given households again, from all their observations.

    The rows are written first and so locked: of two deliveries at once the second sees the first one's observations.
    """
    if not places:
        return
    rows = [
        {
            "province_code": province_code,
            "household_id": household_id,
            "commune_code": places[household_id][0],
            "hamlet_id": places[household_id][1],
            "first_met_on": None,
            "last_met_on": None,
            "last_visit_on": None,
            "visit_count": 0,
            "levels": {},
            "is_independent": False,
        }
        for household_id in sorted(places)
    ]
    connection = await db.connection()
    await connection.execute(_upsert(db), rows)
    levels = await levels_of(db, province_code, list(places))
    await connection.execute(
        sa.update(StandingRow)
        .where(
            col(StandingRow.province_code) == province_code,
            col(StandingRow.household_id) == sa.bindparam("of_household"),
        )
        .values(levels=sa.bindparam("new_levels"), is_independent=sa.bindparam("new_independent")),
        [
            {
                "of_household": household_id,
                "new_levels": {service: int(level) for service, level in of_household.items()},
                "new_independent": is_independent(of_household, core_slugs()),
            }
            for household_id, of_household in levels.items()
        ],
    )


async def levels_of(
    db: AsyncSession, province_code: str, household_ids: list[UUID]
) -> dict[UUID, dict[str, IndependenceLevel]]:
    """Each household's level in each service, from all its observations."""
    rows = await db.exec(
        select(ObservationRow).where(
            ObservationRow.province_code == province_code,
            col(ObservationRow.household_id).in_(household_ids),
        )
    )
    return {household_id: {} for household_id in household_ids} | levels_from(rows)


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


async def differences(db: AsyncSession, province_code: str) -> list[str]:
    """Recount every standing of a province from visits and observations; what differs, in words. Empty: all equal."""
    kept = {
        row.household_id: row
        for row in await db.exec(select(StandingRow).where(StandingRow.province_code == province_code))
    }
    met = sa.case((col(VisitRow.outcome) == Outcome.MET, col(VisitRow.visited_on)))
    days = {
        household_id: rest
        for household_id, *rest in (
            await (await db.connection()).execute(
                sa.select(
                    col(VisitRow.household_id),
                    sa.func.min(met),
                    sa.func.max(met),
                    sa.func.max(VisitRow.visited_on),
                    sa.func.count(),
                )
                .where(col(VisitRow.province_code) == province_code)
                .group_by(col(VisitRow.household_id))
            )
        )
    }
    with_observations = list(
        await db.exec(
            select(ObservationRow.household_id)
            .where(ObservationRow.province_code == province_code)
            .distinct()
        )
    )
    levels = await levels_of(db, province_code, with_observations)
    wrong = []
    for household_id in kept.keys() | days.keys() | levels.keys():
        row = kept.get(household_id)
        of_household = levels.get(household_id, {})
        counted = (
            *days.get(household_id, [None, None, None, 0]),
            {service: int(level) for service, level in of_household.items()},
            is_independent(of_household, core_slugs()),
        )
        stands = row and (
            row.first_met_on,
            row.last_met_on,
            row.last_visit_on,
            row.visit_count,
            row.levels,
            row.is_independent,
        )
        if stands != counted:
            wrong.append(f"household {household_id}: kept {stands}, counted {counted}")
    return sorted(wrong)


def _upsert(db: AsyncSession) -> Any:
    """Insert a standing, or move the days of the one that is there."""
    new = upsert(db, StandingRow)
    fresh, kept = new.excluded, StandingRow.__table__.c  # type: ignore[attr-defined]

    def better(name: str, is_better: Any) -> Any:
        return sa.case(
            (
                sa.or_(kept[name].is_(None), is_better(fresh[name], kept[name])),
                sa.func.coalesce(fresh[name], kept[name]),
            ),
            else_=kept[name],
        )

    return new.on_conflict_do_update(
        index_elements=["province_code", "household_id"],
        set_={
            "first_met_on": better("first_met_on", lambda a, b: a < b),
            "last_met_on": better("last_met_on", lambda a, b: a > b),
            "last_visit_on": better("last_visit_on", lambda a, b: a > b),
            "visit_count": kept["visit_count"] + fresh["visit_count"],
        },
    )


async def all_differences(db: AsyncSession) -> list[str]:
    """The differences of every province that this database holds."""
    provinces = await db.exec(select(VisitRow.province_code).distinct())
    return [line for province_code in provinces.all() for line in await differences(db, province_code)]
