"""Who is left behind: ranked lists of places, so that the next trip goes to the doors that are still closed."""

from collections.abc import Iterable
from datetime import date
from enum import StrEnum
from typing import NamedTuple

from volunteer_app.domain.figures.coverage import Recency, gap_of, staleness_of
from volunteer_app.domain.figures.measures import MeasuredPlace
from volunteer_app.domain.problems import N_

QUIET_DAYS = (7, 14, 30, 60)
"""After how many days without a visit a place counts as quiet: what may be chosen."""

QUIET_BY_DEFAULT = 14


class Ranking(StrEnum):
    """By what places are ranked."""

    QUIET = "quiet"
    UNREACHED = "unreached"
    GAP = "gap"
    RELAPSE = "relapse"


RANKING_NAMES = {
    Ranking.QUIET: N_("No visit for days"),
    Ranking.UNREACHED: N_("Nobody met yet"),
    Ranking.GAP: N_("Largest gap"),
    Ranking.RELAPSE: N_("Skills that were lost"),
}


class Ranked(NamedTuple):
    """A place in a ranking. number: days or households; None when it must not be read, or nobody knows it.

    weight: what it is ranked by, the heaviest first.
    """

    place: MeasuredPlace
    number: int | None
    weight: float


def ranked(ranking: Ranking, places: Iterable[MeasuredPlace], day: date, quiet: int) -> list[Ranked]:
    """The places that belong on a list, the one that waits most first.

    Where nobody was met yet, a place stands by its official households. It is not also on the list of those without a
    visit for days, unless somebody came and found nobody. A number that is hidden is not ranked by: such a place comes
    after those whose number is shown.
    """
    rows = [row for place in places if (row := _RULES[ranking](place, day, quiet)) is not None]
    return sorted(rows, key=lambda row: -row.weight)


def is_quiet(place: MeasuredPlace, days: int, quiet: int) -> bool:
    """Was the last visit long ago? days: since then; where only its month is told, anything before this one is."""
    if place.recency is not None:
        return place.recency is not Recency.THIS_MONTH
    return days >= quiet


def _quiet(place: MeasuredPlace, day: date, quiet: int) -> Ranked | None:
    days = staleness_of(place.figures, day)
    return Ranked(place, days, days) if days is not None and is_quiet(place, days, quiet) else None


def _unreached(place: MeasuredPlace, day: date, quiet: int) -> Ranked | None:
    if place.counts["met_so_far"] or "met_so_far" in place.hidden:
        return None
    official = place.official.households
    return Ranked(place, official, -1 if official is None else official)


def _gap(place: MeasuredPlace, day: date, quiet: int) -> Ranked | None:
    gap = gap_of(place.figures, place.official)
    if gap is None or gap <= 0:
        return None
    return Ranked(place, None, 0) if "independent" in place.hidden else Ranked(place, gap, gap)


def _relapse(place: MeasuredPlace, day: date, quiet: int) -> Ranked | None:
    if "relapsed" in place.hidden:
        return Ranked(place, None, 0)
    if not place.counts["relapsed"]:
        return None
    return Ranked(place, place.counts["relapsed"], place.counts["relapsed"])


_RULES = {
    Ranking.QUIET: _quiet,
    Ranking.UNREACHED: _unreached,
    Ranking.GAP: _gap,
    Ranking.RELAPSE: _relapse,
}
