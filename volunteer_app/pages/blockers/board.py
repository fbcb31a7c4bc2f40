"""The board of blockers: what stands in the way, how often, where, and who can remove it."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from sqlmodel.ext.asyncio.session import AsyncSession

from volunteer_app.domain.blockers import REMOVED_BY, Blocker, Remover
from volunteer_app.domain.calendar import local_day
from volunteer_app.domain.figures.small_cells import told_outside
from volunteer_app.domain.figures.tallies import ANY
from volunteer_app.domain.periods import BEGINNING, Period, Span, prefix, start_of
from volunteer_app.domain.permissions import Scope
from volunteer_app.domain.public_services import core_slugs
from volunteer_app.pages.reports.view import ReportView, period_of
from volunteer_app.storage.figures import coverage, left_behind
from volunteer_app.storage.figures.coverage import Phones
from volunteer_app.storage.figures.tally_sums import Blocked, By, Stretch, blockers_by

WEEKS_SHOWN = 12


@dataclass(frozen=True)
class BlockerLine:
    """A blocker in the whole place. course: turns week by week; a count that must not be read is None."""

    blocker: Blocker
    standing: int | None
    households: int | None
    turns: int | None
    course: list[int | None]
    is_nothing: bool


@dataclass(frozen=True)
class Board:
    """Everything on the board. places: name, key and households in which each blocker stands, in the order of lines."""

    view: ReportView
    period: Period
    now: datetime
    lines: dict[Remover, list[BlockerLine]]
    blockers: list[Blocker]
    places: list[tuple[str, str, list[int | None]]]
    phones: Phones
    weeks: list[date]
    hides: bool


async def make_board(
    db: AsyncSession, scope: Scope, view: ReportView, now: datetime, *, hides: bool, remover: Remover | None
) -> Board:
    """The board of a place: turns and households of a period, and what stands at its end."""
    today = local_day(now)
    period = period_of(view, today)
    start = start_of(view.span, period.first_day or period.last_day)
    until = [(Span.ALL, BEGINNING, BEGINNING)] if period.last_day >= today else prefix(period.last_day)
    by_place = await _standing(db, scope, until, today)
    stands = await blockers_by(db, scope, By.COMMUNE, until)
    within = await blockers_by(db, scope, By.COMMUNE, [(view.span, start, start)])
    course = await left_behind.course_of_blockers(db, scope, period.last_day, WEEKS_SHOWN)
    first = start_of(Span.WEEK, period.last_day) - timedelta(weeks=WEEKS_SHOWN - 1)
    weeks = [first + timedelta(weeks=week) for week in range(WEEKS_SHOWN)]
    chosen = [one for one in Blocker if remover in (None, REMOVED_BY[one])]
    lines = {
        one: line_of(
            one, _sum(stands, one), _sum(within, one), [course[one].get(w, Blocked()) for w in weeks], hides=hides
        )
        for one in chosen
    }  # fmt: skip
    named = sorted(
        (one for one in chosen if not lines[one].is_nothing), key=lambda one: -_sum(stands, one).standing
    )
    by_remover = {
        who: sorted(
            (lines[one] for one in named if REMOVED_BY[one] is who), key=lambda line: -(line.standing or 0)
        )
        for who in Remover
    }
    return Board(
        view=view,
        period=period,
        now=now,
        lines={who: found for who, found in by_remover.items() if found},
        blockers=named,
        places=_table(by_place, named, hides=hides),
        phones=await coverage.phones_in(db, scope, now),
        weeks=weeks,
        hides=hides,
    )


def line_of(
    blocker: Blocker, stands: Blocked, within: Blocked, course: list[Blocked], *, hides: bool
) -> BlockerLine:
    """A blocker's counts; outside the commune none that is about fewer than 5 households, nor the turns of those."""
    told = told_outside if hides else lambda count, _: count
    return BlockerLine(
        blocker,
        told(stands.standing, stands.standing),
        told(within.households, within.households),
        told(within.stuck, within.households),
        [told(week.stuck, week.households) for week in course],
        is_nothing=not (stands.standing or within.stuck or any(week.stuck for week in course)),
    )


def _sum(by_place: dict[Any, dict[str, Blocked]], blocker: Blocker) -> Blocked:
    found = [counts[blocker.value] for counts in by_place.values() if blocker.value in counts]
    return Blocked(*(sum(column) for column in zip(*found, strict=True))) if found else Blocked()


async def _standing(
    db: AsyncSession, scope: Scope, until: list[Stretch], today: date
) -> list[tuple[str, str, dict[str, int]]]:
    """(name, key, blocker → households in which it stands) of every commune, or hamlet of the commune."""
    by = By.COMMUNE if scope.commune_code is None else By.HAMLET
    found = await blockers_by(db, scope, by, until)
    if by is By.COMMUNE:
        names = await coverage.commune_names(db, scope)
        return [
            (names[code], code, {one: counts.standing for one, counts in found[code].items()})
            for code in sorted(found.keys() & names.keys())
        ]
    hamlets = await coverage.hamlets_with_figures(
        db, scope, scope.commune_code, core_slugs()[0], Period(None, today), today
    )
    heirs = await coverage.heirs_in(db, scope, found, today)
    sums: dict[str, dict[str, int]] = {}
    for hamlet_id, counts in found.items():
        here = sums.setdefault(str(heirs[hamlet_id]), {})
        for one, blocked in counts.items():
            here[one] = here.get(one, 0) + blocked.standing
    return [(hamlet.name, hamlet.key, sums[hamlet.key]) for hamlet in hamlets if hamlet.key in sums]


def _table(
    by_place: list[tuple[str, str, dict[str, int]]], blockers: list[Blocker], *, hides: bool
) -> list[tuple[str, str, list[int | None]]]:
    """Places by the households in which anything stands, most first; the last column is all of these together."""
    columns = [*(one.value for one in blockers), ANY]
    rows = [(name, key, [counts.get(column, 0) for column in columns]) for name, key, counts in by_place]
    rows = [row for row in rows if any(row[2][:-1])]
    told = [
        (name, key, [told_outside(count, count) if hides else count for count in counts])
        for name, key, counts in rows
    ]
    return sorted(told, key=lambda row: -(row[2][-1] or 0))
