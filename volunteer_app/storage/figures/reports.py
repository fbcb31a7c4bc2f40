"""What a report counts beside the tallies: by service and by blocker, from the walk-throughs of its days; how long it
takes until people can do it alone; and the course of the weeks before."""

from collections.abc import Mapping
from datetime import date, datetime, time, timedelta
from typing import Any, NamedTuple
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import aliased
from sqlmodel import col
from sqlmodel.ext.asyncio.session import AsyncSession

from volunteer_app.domain.blockers import Blocker
from volunteer_app.domain.calendar import VIETNAM, local_day
from volunteer_app.domain.figures.tallies import COUNTED, SO_FAR
from volunteer_app.domain.independence import Basis, IndependenceLevel
from volunteer_app.domain.periods import BEGINNING, Period, Span, calendar_span, prefix, start_of
from volunteer_app.domain.permissions import Scope
from volunteer_app.storage.figures.tally_sums import By, levels_by, tallied_by
from volunteer_app.storage.households import in_scope
from volunteer_app.storage.visits import ObservationRow, VisitRow, WalkThroughRow


class OfService(NamedTuple):
    """Walk-throughs of one service: turns by result, persons and households apart."""

    service: str
    runs: int = 0
    persons: int = 0
    households: int = 0
    alone: int = 0
    with_help: int = 0
    done_for: int = 0


class OfBlocker(NamedTuple):
    """How often a blocker stood in the way, and in how many households."""

    blocker: Blocker
    turns: int
    households: int


async def counts_in(db: AsyncSession, scope: Scope, period: Period, today: date) -> dict[str, int]:
    """The counts of `COUNTED` in a calendar period, together for all places of the scope."""
    span = calendar_span(period, today)
    if span is None:
        raise ValueError(f"{period} is no calendar period")
    start = start_of(span, period.first_day or period.last_day)
    return _together(await tallied_by(db, scope, By.COMMUNE, [(span, start, start)]))


async def counts_until(db: AsyncSession, scope: Scope, day: date) -> dict[str, int]:
    """The same from the beginning to the end of a day."""
    sums = _together(await tallied_by(db, scope, By.COMMUNE, prefix(day)))
    return sums | {name: sums[first] for name, first in SO_FAR.items()}


async def levels_until(
    db: AsyncSession, scope: Scope, day: date, services: list[str]
) -> dict[tuple[str, int], int]:
    """Households met by service and level at the end of a day."""
    together: dict[tuple[str, int], int] = {}
    for levels in (await levels_by(db, scope, By.COMMUNE, prefix(day), services)).values():
        for pair, count in levels.items():
            together[pair] = together.get(pair, 0) + count
    return together


async def course_of(
    db: AsyncSession, scope: Scope, span: Span, last: date, steps: int
) -> list[tuple[date, dict[str, int]]]:
    """The counts of the last so many spans up to the one that holds `last`, oldest first."""
    starts = [start_of(span, last)]
    while len(starts) < steps:
        starts.append(start_of(span, starts[-1] - timedelta(days=1)))
    return [
        (start, _together(await tallied_by(db, scope, By.COMMUNE, [(span, start, start)])))
        for start in reversed(starts)
    ]


def _together(by_place: Mapping[Any, Mapping[str, Any]]) -> dict[str, int]:
    return {name: sum(sums[name] for sums in by_place.values()) for name in COUNTED}


async def by_service(db: AsyncSession, scope: Scope, period: Period) -> list[OfService]:
    """The walk-throughs of the period, by service; most often used first."""
    return await _runs_by(db, scope, period, col(WalkThroughRow.service))


async def by_framework(
    db: AsyncSession, scope: Scope, period: Period, codes: Mapping[str, str]
) -> list[OfService]:
    """The same by the services' codes in the framework (`service` holds the code); "" for those without one. Somebody
    who learned two services of one code is one person."""
    code = sa.case(dict(codes), value=col(WalkThroughRow.service), else_="") if codes else sa.literal("")
    return await _runs_by(db, scope, period, code)


async def _runs_by(db: AsyncSession, scope: Scope, period: Period, key: Any) -> list[OfService]:
    run, seen = WalkThroughRow, ObservationRow

    def with_level(*levels: IndependenceLevel) -> Any:
        return sa.func.count().filter(col(seen.level).in_([int(level) for level in levels]))

    query = (
        sa.select(
            key.label("key"),
            sa.func.count().label("runs"),
            sa.func.count(col(run.member_id).distinct()),
            sa.func.count(col(run.household_id).distinct()),
            with_level(IndependenceLevel.ALONE_WATCHED, IndependenceLevel.CONFIRMED_ALONE),
            with_level(IndependenceLevel.WITH_HELP),
            with_level(IndependenceLevel.DONE_FOR),
        )
        .outerjoin(seen, sa.and_(col(seen.province_code) == run.province_code, col(seen.id) == run.id))
        .where(*within(run.recorded_at, period))
        .group_by(sa.literal_column("key"))
        .order_by(sa.desc("runs"), sa.literal_column("key"))
    )
    rows = await (await db.connection()).execute(in_scope(query, run, scope))
    return [OfService(*row) for row in rows]


async def by_blocker(db: AsyncSession, scope: Scope, period: Period) -> list[OfBlocker]:
    """What stood in the way in the period; most often first."""
    run = WalkThroughRow
    query = (
        sa.select(
            col(run.blocker),
            sa.func.count().label("turns"),
            sa.func.count(col(run.household_id).distinct()),
        )
        .where(col(run.blocker).is_not(None), *within(run.recorded_at, period))
        .group_by(col(run.blocker))
        .order_by(sa.desc("turns"), col(run.blocker))
    )
    return [OfBlocker(*row) for row in await (await db.connection()).execute(in_scope(query, run, scope))]


async def days_to_alone(db: AsyncSession, scope: Scope, period: Period) -> list[tuple[date, UUID, int]]:
    """For each household and service seen alone for the first time in the period: that day, the household, and how
    many days after the household's first visit it came."""
    seen, earlier, visit = ObservationRow, aliased(ObservationRow), VisitRow
    before = sa.select(col(earlier.id)).where(
        col(earlier.province_code) == seen.province_code,
        col(earlier.household_id) == seen.household_id,
        col(earlier.service) == seen.service,
        *_alone(earlier),
        col(earlier.observed_at) < _begins(period.first_day or BEGINNING),
    )
    first_visit = (
        sa.select(sa.func.min(col(visit.visited_on)))
        .where(col(visit.province_code) == seen.province_code, col(visit.household_id) == seen.household_id)
        .scalar_subquery()
    )
    query = (
        sa.select(
            col(seen.household_id),
            sa.type_coerce(sa.func.min(col(seen.observed_at)), seen.__table__.c.observed_at.type),  # type: ignore[attr-defined]
            sa.type_coerce(first_visit, sa.Date),
        )
        .where(*within(seen.observed_at, period), *_alone(seen), ~before.exists())
        .group_by(col(seen.province_code), col(seen.household_id), col(seen.service))
    )
    found = await (await db.connection()).execute(in_scope(query, seen, scope))
    rows = [(local_day(at), home, first) for home, at, first in found if first is not None]
    return [(day, home, max(0, (day - first).days)) for day, home, first in rows]


def _alone(seen: Any) -> list[Any]:
    return [
        col(seen.level) >= int(IndependenceLevel.ALONE_WATCHED),
        col(seen.basis) != Basis.SELF_SAID,
    ]


def within(moment: Any, period: Period) -> list[Any]:
    """The moments of the period's days, as days are counted in Vietnam."""
    ends = _begins(period.last_day + timedelta(days=1))
    return [col(moment) >= _begins(period.first_day or BEGINNING), col(moment) < ends]


def _begins(day: date) -> datetime:
    return datetime.combine(day, time.min, VIETNAM)
