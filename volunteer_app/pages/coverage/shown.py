"""What a coverage page shows and other programs read, not yet in words: what was chosen, counted, and when."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from functools import cached_property
from hashlib import blake2b
from typing import Any, NamedTuple

from sqlmodel.ext.asyncio.session import AsyncSession

from volunteer_app.domain.calendar import local_day
from volunteer_app.domain.figures.coverage import Source, coverage_of, staleness_of, total, total_official
from volunteer_app.domain.figures.left_behind import is_quiet
from volunteer_app.domain.figures.measures import (
    Measure,
    MeasuredPlace,
    Reading,
    class_of,
    place_of,
    reading_of,
    seen_from_outside,
    united,
)
from volunteer_app.domain.figures.tallies import ANY
from volunteer_app.domain.periods import NO_CHOSEN_DAYS, Period, Span, before_by, period_of
from volunteer_app.domain.permissions import Scope
from volunteer_app.domain.problems import Problem
from volunteer_app.pages.coverage.filters import is_chosen
from volunteer_app.pages.coverage.view import View, in_calendar, view_of
from volunteer_app.storage.figures import coverage
from volunteer_app.storage.figures.coverage import Counted, Phones


class Asked(NamedTuple):
    """What the address asks for, at this moment. problem: why its days could not be used; by_day: may it be about
    single days?"""

    view: View
    period: Period
    problem: Problem | None
    now: datetime
    by_day: bool

    @property
    def today(self) -> date:
        """Today in Vietnam."""
        return local_day(self.now)

    @property
    def blocker(self) -> str:
        """Which blocker is to be counted, for `storage.coverage`; "" where the map does not show any."""
        return (self.view.blocker or ANY) if self.view.measure is Measure.BLOCKERS else ""

    @property
    def is_narrowed(self) -> bool:
        """Is only a part of the hamlets counted?"""
        return bool(self.view.signal or self.view.spoken)


class ShownPlace(NamedTuple):
    """A place with what the picture shows of it."""

    place: MeasuredPlace
    reading: Reading
    its_class: int | None


@dataclass(frozen=True)
class Shown:
    """The page's figures. whole: all its places together; quiet: those without a visit for days (outside the commune:
    in this month), longest first."""

    asked: Asked
    places: list[ShownPlace]
    whole: ShownPlace
    phones: Phones
    quiet: list[tuple[MeasuredPlace, int | None]]

    @cached_property
    def mark(self) -> str:
        """Another one whenever a figure on the page, or the day, is another."""
        sources: dict[frozenset[Source], list[tuple[str, str]]] = {}
        for one in [*self.places, self.whole]:
            some = one.place.official.sources
            if some not in sources:
                sources[some] = sorted((source.name, str(source.day)) for source in some)
        places = [_told_by(one.place, sources) for one in [*self.places, self.whole]]
        told = (self.asked.view, self.asked.period, places, tuple(self.phones))
        return blake2b(repr(told).encode(), digest_size=8).hexdigest()

    @property
    def without_denominator(self) -> list[str]:
        """The names of places whose official number of households nobody has told."""
        return [one.place.name for one in self.places if one.place.official.households is None]

    @property
    def out_of_date(self) -> list[str]:
        """The names of places where more households were met than there are officially."""
        places = [one.place for one in self.places if "met" not in one.place.hidden]
        return [
            place.name for place in places if (coverage_of(place.figures, place.official).percent or 0) > 100
        ]


def asked_of(query: Mapping[str, str], now: datetime, *, by_day: bool) -> Asked:
    """Read the choices; days that make no period leave the whole time, and say why. by_day: as in `Asked`."""
    return asked_for(view_of(query), now, by_day=by_day)


def asked_for(view: View, now: datetime, *, by_day: bool) -> Asked:
    """What a view asks for at this moment."""
    today = local_day(now)
    if not by_day and view.span is Span.DATES:
        return Asked(in_calendar(view), Period(None, today), NO_CHOSEN_DAYS, now, by_day)
    view = view if by_day else in_calendar(view)
    on = before_by(view.span, today, view.back)
    period = period_of(view.span, today, view.first_day, view.last_day, on)
    if isinstance(period, Problem):
        return Asked(view, Period(None, today), period, now, by_day)
    return Asked(view, period, None, now, by_day)


def shown_of(
    asked: Asked,
    counted: list[Counted],
    phones: Phones,
    *,
    of_communes: bool,
    hides_small_cells: bool,
    hamlets: list[Counted] | None = None,
) -> Shown:
    """Put a page's figures together. What must not leave the commune is taken out before anything is read.

    hamlets: those of the communes, where a map of communes is narrowed to some of them.
    """
    view, day = asked.view, asked.period.last_day
    if asked.is_narrowed:
        places, whole = _narrowed(view, day, counted, hamlets, hides_small_cells=hides_small_cells)
    else:
        places = [place_of(one.key, one.name, one.official, one.figures, view.service) for one in counted]
        official = total_official(one.official for one in counted)
        whole = place_of("", "", official, total(one.figures for one in counted), view.service)
        if hides_small_cells:
            places, whole = seen_from_outside(places, whole, view.service, day)

    def as_shown(place: MeasuredPlace) -> ShownPlace:
        reading = reading_of(view.measure, place, view.service, day)
        return ShownPlace(place, reading, class_of(view.measure, reading, of_communes=of_communes))

    since = [(place, staleness_of(place.figures, day)) for place in places]
    quiet = [(place, days) for place, days in since if days is None or is_quiet(place, days, view.quiet)]
    quiet.sort(key=lambda pair: (pair[1] is not None, -(pair[1] or 0)))
    return Shown(asked, [as_shown(place) for place in places], as_shown(whole), phones, quiet)


async def shown_in(
    db: AsyncSession, scope: Scope, asked: Asked, *, hides_small_cells: bool, blocker: str | None = None
) -> tuple[Shown, list[Counted]]:
    """What is shown of a scope, by communes, in a commune by hamlets; and all its places, also those that the filter
    leaves out. blocker: which one is counted, whatever the map shows."""
    named = (asked.view.service, asked.period, asked.today, asked.blocker if blocker is None else blocker)
    of_communes, hamlets = scope.commune_code is None, None
    if scope.commune_code is not None:
        counted = await coverage.hamlets_with_figures(db, scope, scope.commune_code, *named)
    else:
        counted = await coverage.communes_with_figures(db, scope, *named)
        if asked.is_narrowed:
            hamlets = await coverage.hamlets_with_figures(db, scope, None, *named)
    shown = shown_of(
        asked,
        counted,
        await coverage.phones_in(db, scope, asked.now),
        of_communes=of_communes,
        hides_small_cells=hides_small_cells,
        hamlets=hamlets,
    )
    return shown, counted


def _narrowed(
    view: View,
    day: date,
    counted: list[Counted],
    hamlets: list[Counted] | None,
    *,
    hides_small_cells: bool,
) -> tuple[list[MeasuredPlace], MeasuredPlace]:
    """Of hamlets those that pass the filter; of communes what such hamlets of theirs come to together."""
    kept = [
        (place, one)
        for place, one in placed(hamlets or counted, view.service, day, hides=hides_small_cells)
        if is_chosen(one, view.signal, view.spoken)
    ]
    whole = united("", "", [place for place, _ in kept])
    if hamlets is None:
        return [place for place, _ in kept], whole
    of_commune: dict[str, list[MeasuredPlace]] = {}
    for place, one in kept:
        of_commune.setdefault(one.commune_code, []).append(place)
    return [united(one.key, one.name, of_commune[one.key]) for one in counted if one.key in of_commune], whole


def placed(
    hamlets: list[Counted], service: str, day: date, *, hides: bool
) -> list[tuple[MeasuredPlace, Counted]]:
    """Hamlets as places, as of a day; outside as on the map of their commune, whatever is chosen of them afterwards."""
    of_commune: dict[str, list[Counted]] = {}
    for hamlet in hamlets:
        of_commune.setdefault(hamlet.commune_code, []).append(hamlet)
    found = []
    for some in of_commune.values():
        places = [place_of(one.key, one.name, one.official, one.figures, service) for one in some]
        if hides:
            official = total_official(one.official for one in some)
            whole = place_of("", "", official, total(one.figures for one in some), service)
            places, _whole = seen_from_outside(places, whole, service, day)
        found += zip(places, some, strict=True)
    return found


def _told_by(place: MeasuredPlace, sources: Mapping[frozenset[Source], Any]) -> tuple[Any, ...]:
    """Everything about a place that a page tells, in words that are soon compared. sources: each set in such words."""
    official, figures = place.official, place.figures
    counts = list(place.counts.values())
    if place.hidden:
        counts = [-1 if name in place.hidden else count for name, count in place.counts.items()]
    last = figures.last_visit_on and figures.last_visit_on.toordinal()
    told = sources[official.sources]
    return place.key, place.name, official.households, official.missing, told, last, counts
