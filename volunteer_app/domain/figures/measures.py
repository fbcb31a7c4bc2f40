"""What a coverage map can show of a place, in which of five classes it falls, and what is told outside the commune."""

from bisect import bisect_right
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum
from typing import NamedTuple

from volunteer_app.domain.figures.coverage import (
    ALONE,
    AT_LEAST_DAYS,
    Figures,
    Official,
    Recency,
    Share,
    alone_rate_of,
    blocked_of,
    coverage_of,
    gap_of,
    independence_of,
    needing,
    recency_of,
    staleness_of,
    total,
    total_official,
)
from volunteer_app.domain.figures.small_cells import is_small, rounded, rounded_whole
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
    """A measure at a place. number: percent, households or days; share: what a percentage was made from.

    recency: what is told instead of the days.
    """

    state: State
    number: float | None = None
    share: Share | None = None
    recency: Recency | None = None

    @property
    def rank(self) -> float:
        """For sorting: places without a number come first, those never visited last of all."""
        if self.state is State.NEVER:
            return float("inf")
        return -1.0 if self.state is not State.KNOWN or self.number is None else self.number


@dataclass(frozen=True)
class MeasuredPlace:
    """A hamlet, a commune, or several together, with what was counted there.

    counts: households by what was counted (`met`, `independent`, …), and `turns`; those named in hidden must not be
    shown, and of them a place seen from outside holds nothing but 0. recency: set where the day of the last visit must
    not be told; then only this is.
    """

    key: str
    name: str
    official: Official
    figures: Figures
    counts: dict[str, int]
    hidden: frozenset[str] = frozenset()
    recency: Recency | None = None


LADDER_ROWS = ("alone", "with_help", "done_for", "not_started")
"""Together these are the households that need the service."""


def place_of(key: str, name: str, official: Official, figures: Figures, service: str) -> MeasuredPlace:
    """A place with its counts; those of the ladder are of this service."""
    in_need = needing(figures, service)
    counts = {
        "turns": figures.turns,
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


def seen_from_outside(
    places: Iterable[MeasuredPlace], whole: MeasuredPlace, service: str, day: date
) -> tuple[list[MeasuredPlace], MeasuredPlace]:
    """The places and their total as they are told outside the commune, as of a day: small cells hidden, every count
    rounded, the last visit told by months (`small_cells.py`). Nothing else of what was counted is left in them."""
    places = [_from_outside(place, service, day) for place in places]
    counts, hidden = _rounded_counts(whole)
    for name in counts:
        parts = [place.counts[name] for place in places if name not in place.hidden]
        told = rounded_whole(whole.counts[name], parts, len(places) - len(parts))
        counts[name] = _beside_ladder(whole, told) if name == "needing" else told
        if told and name in hidden:
            hidden.remove(name)
    return places, _coarse(whole, counts, hidden, service, day)


def _from_outside(place: MeasuredPlace, service: str, day: date) -> MeasuredPlace:
    counts, hidden = _rounded_counts(place)
    if "needing" not in hidden:
        counts["needing"] = _beside_ladder(place, counts["needing"])
    return _coarse(place, counts, hidden, service, day)


def _rounded_counts(place: MeasuredPlace) -> tuple[dict[str, int], set[str]]:
    """The counts rounded, and which are small; turns are hidden with the households that they were paid to."""
    hidden = {name for name, count in place.counts.items() if is_small(count)}
    if "attempted" in hidden:
        hidden.add("turns")
    return {name: 0 if name in hidden else rounded(count) for name, count in place.counts.items()}, hidden


def _beside_ladder(place: MeasuredPlace, needing: int) -> int:
    """The households that need the service, told so that the steps of the ladder do not follow from it."""
    steps = [place.counts[name] for name in LADDER_ROWS]
    shown = [step for step in steps if not is_small(step)]
    if len(shown) == len(steps):
        return needing
    return rounded_whole(needing, shown, len(steps) - len(shown))


def _coarse(
    place: MeasuredPlace, counts: dict[str, int], hidden: set[str], service: str, day: date
) -> MeasuredPlace:
    """The place with these counts alone; its last visit is as long ago as its recency says at least."""
    recency = recency_of(place.figures.last_visit_on, day)
    days = AT_LEAST_DAYS.get(recency)
    figures = Figures(
        turns=counts["turns"],
        attempted=counts["attempted"],
        met=counts["met"],
        met_so_far=counts["met_so_far"],
        independent=counts["independent"],
        levels={
            (service, IndependenceLevel.NOT_NEEDED): counts["met_so_far"] - counts["needing"],
            (service, IndependenceLevel.ALONE_WATCHED): counts["alone"],
            (service, IndependenceLevel.WITH_HELP): counts["with_help"],
            (service, IndependenceLevel.DONE_FOR): counts["done_for"],
        },
        last_visit_on=None if days is None else day - timedelta(days=days),
        relapsed=counts["relapsed"],
        blocked=counts["blocked"],
    )
    return MeasuredPlace(place.key, place.name, place.official, figures, counts, frozenset(hidden), recency)


def united(key: str, name: str, parts: Iterable[MeasuredPlace]) -> MeasuredPlace:
    """Several places as one: what they show, added up. A count that is hidden in any of them is hidden in the whole."""
    parts = list(parts)
    counts = dict.fromkeys(place_of(key, name, Official(), Figures(), "").counts, 0)
    for part in parts:
        for what, count in part.counts.items():
            counts[what] += count
    told = [part.recency for part in parts if part.recency is not None]
    return MeasuredPlace(
        key,
        name,
        total_official(part.official for part in parts),
        total(part.figures for part in parts),
        counts,
        frozenset().union(*(part.hidden for part in parts)),
        min(told, key=list(Recency).index) if told else None,
    )


def reading_of(measure: Measure, place: MeasuredPlace, service: str, day: date) -> Reading:
    """What the map shows for a place, as of a day."""
    figures, official = place.figures, place.official
    if measure is Measure.STALENESS:
        days = staleness_of(figures, day)
        return Reading(State.NEVER) if days is None else Reading(State.KNOWN, days, recency=place.recency)
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
