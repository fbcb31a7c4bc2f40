"""A report's figures, put together from storage; small cells hidden before anything is read from them."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from statistics import median
from uuid import UUID

from sqlmodel.ext.asyncio.session import AsyncSession

from volunteer_app.domain.calendar import local_day
from volunteer_app.domain.figures.coverage import Official, alone_rate_of, total, total_official
from volunteer_app.domain.figures.measures import MeasuredPlace, place_of, seen_from_outside
from volunteer_app.domain.figures.reports import hidden_lines
from volunteer_app.domain.figures.small_cells import is_small, rounded
from volunteer_app.domain.periods import Period, Span, before, start_of
from volunteer_app.domain.permissions import Scope, may_see_small_figures
from volunteer_app.domain.public_services import core_slugs, framework_codes
from volunteer_app.pages.reports.view import ReportView, period_of
from volunteer_app.storage.figures import coverage, reports
from volunteer_app.storage.figures.coverage import Phones
from volunteer_app.storage.figures.reports import OfBlocker, OfService

WEEKS_SHOWN, MONTHS_SHOWN = 12, 6


@dataclass(frozen=True)
class ReportCounts:
    """The counts of one period; those named in hidden must not be shown."""

    counts: dict[str, int]
    hidden: frozenset[str] = frozenset()


@dataclass(frozen=True)
class Waited:
    """How long it took, in a period, from a household's first visit until it was first seen alone in a service.

    median: days; None when there was none, or when it is about too few households to be read.
    """

    households: int
    median: float | None


@dataclass(frozen=True)
class Report:
    """Everything that a report says. so_far: from the beginning to the period's end; until_then: to that of the period
    before. hides: is it read outside the commune, where counts are rounded?"""

    view: ReportView
    period: Period
    before: Period
    made_at: datetime
    now: ReportCounts
    then: ReportCounts
    so_far: ReportCounts
    until_then: ReportCounts
    waited: Waited
    waited_then: Waited
    official: Official
    services: list[OfService]
    framework: list[OfService]
    alone_so_far: dict[str, tuple[int, int]]
    blockers: list[OfBlocker]
    places: list[MeasuredPlace]
    whole: MeasuredPlace
    phones: Phones
    course: list[tuple[date, dict[str, int]]]
    ladder: list[tuple[date, dict[tuple[str, int], int]]]
    hides: bool

    @property
    def untouched(self) -> list[MeasuredPlace]:
        """Places without a visit in the period."""
        return [
            place
            for place in self.places
            if place.counts["attempted"] == 0 and "attempted" not in place.hidden
        ]


async def make_report(
    db: AsyncSession, scope: Scope, seen_by: Scope, view: ReportView, now: datetime
) -> Report:
    """The report of a place (scope) for a reader. Raises nothing: an empty place has a report of zeros."""
    today = local_day(now)
    period = period_of(view, today)
    earlier = before(view.span, period)
    counts = await reports.counts_in(db, scope, period, today)
    counts_then = await reports.counts_in(db, scope, earlier, today)
    so_far = await reports.counts_until(db, scope, period.last_day)
    until_then = await reports.counts_until(db, scope, earlier.last_day)
    hides = not may_see_small_figures(seen_by)
    service = core_slugs()[0]
    if scope.commune_code is None:
        counted = await coverage.communes_with_figures(db, scope, service, period, today)
    else:
        counted = await coverage.hamlets_with_figures(db, scope, scope.commune_code, service, period, today)
    places = [place_of(one.key, one.name, one.official, one.figures, service) for one in counted]
    official = total_official(one.official for one in counted)
    whole = place_of("", "", official, total(one.figures for one in counted), service)
    if hides:
        places, whole = seen_from_outside(places, whole, service, period.last_day)
    levels = await reports.levels_until(db, scope, period.last_day, core_slugs())
    figures = coverage.Figures(met_so_far=so_far["first_met"], levels=levels)
    together = Period(earlier.first_day, period.last_day)
    days = await reports.days_to_alone(db, scope, together)
    return Report(
        view=view,
        period=period,
        before=earlier,
        made_at=now,
        now=_told(counts, {name: name for name in ("turns", "attempted", "met")}, whole, hides=hides),
        then=_told(counts_then, {}, whole, hides=hides),
        so_far=_told(so_far, {"met": "met_so_far", "independent": "independent"}, whole, hides=hides),
        until_then=_told(until_then, {}, whole, hides=hides),
        waited=_waited(days, period, hides=hides),
        waited_then=_waited(days, earlier, hides=hides),
        official=official,
        services=await reports.by_service(db, scope, period),
        framework=await reports.by_framework(db, scope, period, framework_codes()),
        alone_so_far={
            slug: (share.part, share.whole or 0)
            for slug in core_slugs()
            for share in [alone_rate_of(figures, slug)]
        },
        blockers=await reports.by_blocker(db, scope, period),
        places=places,
        whole=whole,
        phones=await coverage.phones_in(db, scope, now),
        course=await reports.course_of(db, scope, Span.WEEK, period.last_day, WEEKS_SHOWN),
        ladder=await _ladder(db, scope, period.last_day),
        hides=hides,
    )


def _told(
    counts: dict[str, int], of_places: Mapping[str, str], whole: MeasuredPlace, *, hides: bool
) -> ReportCounts:
    """The counts as they are told to the reader. of_places: which of them stand once more under the table of places
    (`whole`), by their names there: one number is said for both."""
    if not hides:
        return ReportCounts(counts)
    told = {name: rounded(count) for name, count in counts.items()}
    told |= {name: whole.counts[place] for name, place in of_places.items()}
    return ReportCounts(told, hidden_lines(counts) - {name for name in of_places if told[name]})


def _waited(days: list[tuple[date, UUID, int]], period: Period, *, hides: bool) -> Waited:
    within = [row for row in days if (period.first_day or row[0]) <= row[0] <= period.last_day]
    households = len({home for _, home, _ in within})
    if not within or (hides and is_small(households)):
        return Waited(households, None)
    middle = median(row[2] for row in within)
    return Waited(households, int(middle) if middle == int(middle) else middle)


async def _ladder(
    db: AsyncSession, scope: Scope, last_day: date
) -> list[tuple[date, dict[tuple[str, int], int]]]:
    """Levels of the core services at the end of the last months, oldest first."""
    days = [last_day]
    while len(days) < MONTHS_SHOWN:
        days.append(start_of(Span.MONTH, days[-1]) - timedelta(days=1))
    return [(day, await reports.levels_until(db, scope, day, core_slugs())) for day in reversed(days)]
