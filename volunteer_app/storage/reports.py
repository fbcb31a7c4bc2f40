"""What a report counts beside the tallies: by service and by blocker, from the walk-throughs of its days; the records
behind a total; and the course of the weeks before."""

from collections.abc import Mapping
from datetime import date, datetime, time, timedelta
from typing import Any, NamedTuple

import sqlalchemy as sa
from sqlmodel import col
from sqlmodel.ext.asyncio.session import AsyncSession

from volunteer_app.domain.blockers import Blocker
from volunteer_app.domain.calendar import VIETNAM
from volunteer_app.domain.independence import IndependenceLevel
from volunteer_app.domain.periods import BEGINNING, Period, Span, calendar_span, prefix, start_of
from volunteer_app.domain.tallies import COUNTED, SO_FAR
from volunteer_app.domain.visits import Outcome
from volunteer_app.permissions import Scope
from volunteer_app.storage.coverage import By, levels_by, tallied_by
from volunteer_app.storage.households import HouseholdRow, in_scope
from volunteer_app.storage.people import PersonRow
from volunteer_app.storage.places import HamletRow
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


class Record(NamedTuple):
    """A visit or a walk-through behind a total. label: the family's name, where they agreed to it."""

    day: date
    hamlet: str
    code: str
    label: str
    what: str
    service: str
    volunteer: str


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
    run, seen = WalkThroughRow, ObservationRow

    def with_level(*levels: IndependenceLevel) -> Any:
        return sa.func.count().filter(col(seen.level).in_([int(level) for level in levels]))

    query = (
        sa.select(
            col(run.service),
            sa.func.count().label("runs"),
            sa.func.count(col(run.member_id).distinct()),
            sa.func.count(col(run.household_id).distinct()),
            with_level(IndependenceLevel.ALONE_WATCHED, IndependenceLevel.CONFIRMED_ALONE),
            with_level(IndependenceLevel.WITH_HELP),
            with_level(IndependenceLevel.DONE_FOR),
        )
        .outerjoin(seen, sa.and_(col(seen.province_code) == run.province_code, col(seen.id) == run.id))
        .where(*_within(run.recorded_at, period))
        .group_by(col(run.service))
        .order_by(sa.desc("runs"), col(run.service))
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
        .where(col(run.blocker).is_not(None), *_within(run.recorded_at, period))
        .group_by(col(run.blocker))
        .order_by(sa.desc("turns"), col(run.blocker))
    )
    return [OfBlocker(*row) for row in await (await db.connection()).execute(in_scope(query, run, scope))]


async def visits_behind(
    db: AsyncSession, scope: Scope, period: Period, *, only_met: bool = False, most: int = 500
) -> list[Record]:
    """The visits of the period, newest first."""
    query = _records(VisitRow, [col(VisitRow.outcome), sa.literal("")]).where(
        col(VisitRow.visited_on) <= period.last_day,
        col(VisitRow.visited_on) >= (period.first_day or BEGINNING),
    )
    if only_met:
        query = query.where(col(VisitRow.outcome) == Outcome.MET)
    query = in_scope(query, VisitRow, scope).order_by(col(VisitRow.recorded_at).desc()).limit(most)
    rows = await (await db.connection()).execute(query)
    return [_record(row) for row in rows]


async def runs_behind(
    db: AsyncSession,
    scope: Scope,
    period: Period,
    *,
    levels: tuple[IndependenceLevel, ...] | None = None,
    service: str = "",
    blocker: Blocker | None = None,
    most: int = 500,
) -> list[Record]:
    """The walk-throughs of the period, newest first; only those of these levels, this service, this blocker."""
    run, seen = WalkThroughRow, ObservationRow
    query = (
        _records(run, [col(seen.level), col(run.service)])
        .outerjoin(seen, sa.and_(col(seen.province_code) == run.province_code, col(seen.id) == run.id))
        .where(*_within(run.recorded_at, period))
    )
    if levels is not None:
        query = query.where(col(seen.level).in_([int(level) for level in levels]))
    if service:
        query = query.where(col(run.service) == service)
    if blocker is not None:
        query = query.where(col(run.blocker) == blocker)
    query = in_scope(query, run, scope).order_by(col(run.recorded_at).desc()).limit(most)
    rows = await (await db.connection()).execute(query)
    return [_record(row) for row in rows]


def _record(row: Any) -> Record:
    at, hamlet, code, label, what, *rest = row
    return Record(_day(at), hamlet, code, label, "" if what is None else str(what), *rest)


def _records(table: Any, what: list[Any]) -> Any:
    home, person, hamlet = HouseholdRow, PersonRow, HamletRow
    return (
        sa.select(
            col(table.recorded_at),
            col(hamlet.name),
            col(home.code),
            col(home.label),
            *what,
            sa.func.coalesce(col(person.name), ""),
        )
        .join(
            home, sa.and_(col(home.province_code) == table.province_code, col(home.id) == table.household_id)
        )
        .join(
            hamlet, sa.and_(col(hamlet.province_code) == home.province_code, col(hamlet.id) == home.hamlet_id)
        )
        .outerjoin(
            person,
            sa.and_(col(person.province_code) == table.province_code, col(person.id) == table.person_id),
        )
    )


def _within(moment: Any, period: Period) -> list[Any]:
    """The moments of the period's days, as days are counted in Vietnam."""
    ends = datetime.combine(period.last_day + timedelta(days=1), time.min, VIETNAM)
    begins = datetime.combine(period.first_day or BEGINNING, time.min, VIETNAM)
    return [col(moment) >= begins, col(moment) < ends]


def _day(moment: datetime) -> date:
    return moment.astimezone(VIETNAM).date()
