"""What a coverage map can show of a place, in which of five classes it falls, and what must stay hidden."""

from bisect import bisect_right
from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import date
from enum import StrEnum
from typing import NamedTuple

from volunteer_app.domain.figures.coverage import (
    ALONE,
    Figures,
    Official,
    Share,
    alone_rate_of,
    blocked_of,
    coverage_of,
    gap_of,
    independence_of,
    needing,
    staleness_of,
    total,
    total_official,
)
from volunteer_app.domain.figures.small_cells import hidden_among, is_small
from volunteer_app.domain.independence import IndependenceLevel
from volunteer_app.domain.problems import N_


class Measure(StrEnum):
    """What the map is coloured by (chỉ số)."""

    COVERAGE = "coverage"
    INDEPENDENT = "independent"
    ALONE = "alone"
    GAP = "gap"
    STALENESS = "staleness"
    BLOCKERS = "blockers"


MEASURE_NAMES = {
    Measure.COVERAGE: N_("Coverage"),
    Measure.INDEPENDENT: N_("Independent households"),
    Measure.ALONE: N_("Alone in one service"),
    Measure.GAP: N_("Gap"),
    Measure.STALENESS: N_("Days without a visit"),
    Measure.BLOCKERS: N_("Something in the way"),
}

PERCENT_FROM = (0, 20, 40, 60, 80)
"""Where the five classes of a share begin."""

GAP_OF_HAMLET_FROM = (0, 10, 20, 40, 80)
GAP_OF_COMMUNE_FROM = (0, 250, 500, 1000, 2000)
"""Households; a commune has about thirty hamlets of about a hundred households."""

DAYS_FROM = (0, 8, 15, 31, 61)


class State(StrEnum):
    """Whether a place has a number, and why not."""

    KNOWN = "known"
    NO_DENOMINATOR = "no_denominator"  # nobody told the official number of households
    NOBODY_YET = "nobody_yet"  # no household met that needs the service
    NEVER = "never"  # no visit ever
    HIDDEN = "hidden"  # a small cell


class Reading(NamedTuple):
    """A measure at a place. number: percent, households or days; share: what a percentage was made from."""

    state: State
    number: float | None = None
    share: Share | None = None

    @property
    def rank(self) -> float:
        """For sorting: places without a number come first, those never visited last of all."""
        if self.state is State.NEVER:
            return float("inf")
        return -1.0 if self.state is not State.KNOWN or self.number is None else self.number


@dataclass(frozen=True)
class MeasuredPlace:
    """A hamlet, a commune, or several together, with what was counted there.

    counts: households by what was counted (`met`, `independent`, …); those named in hidden must not be shown.
    """

    key: str
    name: str
    official: Official
    figures: Figures
    counts: dict[str, int]
    hidden: frozenset[str] = frozenset()


LADDER_ROWS = ("alone", "with_help", "done_for", "not_started")
"""Together these are the households that need the service."""


def place_of(key: str, name: str, official: Official, figures: Figures, service: str) -> MeasuredPlace:
    """A place with its counts; those of the ladder are of this service."""
    in_need = needing(figures, service)
    counts = {
        "attempted": figures.attempted,
        "met": figures.met,
        "met_so_far": figures.met_so_far,
        "independent": figures.independent,
        "needing": in_need,
        "alone": figures.at(service, *ALONE),
        "with_help": figures.at(service, IndependenceLevel.WITH_HELP),
        "done_for": figures.at(service, IndependenceLevel.DONE_FOR),
        "relapsed": figures.relapsed,
        "blocked": figures.blocked,
    }
    counts["not_started"] = in_need - counts["alone"] - counts["with_help"] - counts["done_for"]
    return MeasuredPlace(key, name, official, figures, counts)


def with_small_cells_hidden(
    places: Iterable[MeasuredPlace], whole: MeasuredPlace
) -> tuple[list[MeasuredPlace], MeasuredPlace]:
    """The places and their total, with every small cell hidden, and what would give one away by subtraction.

    A count is compared with its column's total, and within the ladder with the row's total, until nothing changes.
    """
    places = list(places)
    rows = [*places, whole]
    columns = {name: [place.counts[name] for place in places] for name in whole.counts}
    of_whole = len(places)
    hidden = {name: {of_whole} if is_small(count) else set() for name, count in whole.counts.items()}
    ladders = [
        (row, [place.counts[name] for name in LADDER_ROWS])
        for row, place in enumerate(rows)
        if place.counts["needing"]
    ]
    before = None
    while before != (now := sum(map(len, hidden.values()))):
        before = now
        for name, column in columns.items():
            hidden[name] |= hidden_among(column, hidden[name] - {of_whole})
        for row, ladder in ladders:
            already = {i for i, name in enumerate(LADDER_ROWS) if row in hidden[name]}
            for i in hidden_among(ladder, already):
                hidden[LADDER_ROWS[i]].add(row)
    names: dict[int, set[str]] = {}
    for name, of_name in hidden.items():
        for row in of_name:
            names.setdefault(row, set()).add(name)
    shown = [
        replace(place, hidden=frozenset(names[row])) if row in names else place
        for row, place in enumerate(rows)
    ]
    return shown[:-1], shown[-1]


def united(key: str, name: str, parts: Iterable[MeasuredPlace], service: str) -> MeasuredPlace:
    """Several places as one. A count that is hidden in any of them is hidden in the whole, so that nothing is read
    from it that could not be added up from what the parts show."""
    parts = list(parts)
    whole = place_of(
        key,
        name,
        total_official(part.official for part in parts),
        total(part.figures for part in parts),
        service,
    )
    return replace(whole, hidden=frozenset().union(*(part.hidden for part in parts)))


def reading_of(measure: Measure, place: MeasuredPlace, service: str, day: date) -> Reading:
    """What the map shows for a place, as of a day."""
    figures, official = place.figures, place.official
    if measure is Measure.STALENESS:
        days = staleness_of(figures, day)
        return Reading(State.NEVER) if days is None else Reading(State.KNOWN, days)
    if _counted_by(measure) & place.hidden:
        return Reading(State.HIDDEN)
    if measure is Measure.ALONE:
        share = alone_rate_of(figures, service)
        return _share(share, State.NOBODY_YET)
    if measure is Measure.BLOCKERS:
        return _share(blocked_of(figures), State.NOBODY_YET)
    if measure is Measure.GAP:
        gap = gap_of(figures, official)
        share = independence_of(figures, official)
        return Reading(State.NO_DENOMINATOR) if gap is None else Reading(State.KNOWN, gap, share)
    share_of = coverage_of if measure is Measure.COVERAGE else independence_of
    return _share(share_of(figures, official), State.NO_DENOMINATOR)


def class_of(measure: Measure, reading: Reading, *, of_communes: bool = False) -> int | None:
    """The class (1 least … 5 most) of the number as it is printed, without decimals; None where there is none."""
    if reading.state is State.NEVER:
        return len(DAYS_FROM)
    if reading.number is None:
        return None
    return max(1, bisect_right(classes_of(measure, of_communes=of_communes), round(reading.number)))


def classes_of(measure: Measure, *, of_communes: bool = False) -> tuple[int, ...]:
    """Where the five classes of a measure begin, in its own unit."""
    if measure is Measure.STALENESS:
        return DAYS_FROM
    if measure is Measure.GAP:
        return GAP_OF_COMMUNE_FROM if of_communes else GAP_OF_HAMLET_FROM
    return PERCENT_FROM


def _counted_by(measure: Measure) -> set[str]:
    if measure is Measure.COVERAGE:
        return {"met"}
    if measure is Measure.BLOCKERS:
        return {"blocked", "met_so_far"}
    return {"alone", "needing"} if measure is Measure.ALONE else {"independent"}


def _share(share: Share, otherwise: State) -> Reading:
    percent = share.percent
    return Reading(otherwise, share=share) if percent is None else Reading(State.KNOWN, percent, share)
