"""Coverage (độ phủ) and the other figures of a place, each defined once: screens, reports and exports ask here.

Turns (lượt), persons (người) and households (hộ) are never added together. A percentage always travels with the
denominator that it was made from; where nobody has told the official number of households there is no percentage.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date, timedelta
from enum import StrEnum
from typing import NamedTuple

from volunteer_app.domain.independence import IndependenceLevel, is_alone

ALONE = tuple(level for level in IndependenceLevel if is_alone(level))

SILENT_AFTER = timedelta(days=3)
"""How long a phone may not call before figures say so: what it carries is not in them."""


class Recency(StrEnum):
    """When the last visit was, as coarsely as it is told outside the commune: by calendar months."""

    THIS_MONTH = "this_month"
    THREE_MONTHS = "three_months"  # in one of the three months before
    LONGER = "longer"
    NEVER = "never"


AT_LEAST_DAYS = {Recency.THIS_MONTH: 0, Recency.THREE_MONTHS: 31, Recency.LONGER: 92}
"""Which class of "days without a visit" a recency falls into, by days; they are never shown."""


class Source(NamedTuple):
    """Who told an official number of households, and of which day it is."""

    name: str
    day: date | None


@dataclass(frozen=True)
class Official:
    """The official number of households of a place: the denominator of coverage.

    households: None while it is not known; of several places it is known only when every part is.
    missing: how many of the parts have no number.
    """

    households: int | None = None
    sources: frozenset[Source] = frozenset()
    missing: int = 0


@dataclass(frozen=True)
class Figures:
    """What was counted in a place, or over one household, or over several that stand alike: they add up the same way.

    In the period: turns (visits paid), attempted (households with any visit), met (households met).
    As of its last day: met_so_far (households met by then), independent and levels (among those: service and level →
    households), relapsed (those that lost a skill), blocked (those with something in the way), last_visit_on.
    """

    turns: int = 0
    attempted: int = 0
    met: int = 0
    met_so_far: int = 0
    independent: int = 0
    levels: Mapping[tuple[str, int], int] = field(default_factory=dict)
    last_visit_on: date | None = None
    relapsed: int = 0
    blocked: int = 0

    def at(self, service: str, *levels: IndependenceLevel) -> int:
        """Households met that stand at one of these levels of a service."""
        if not self.levels:
            return 0
        households = 0
        for level in levels:
            households += self.levels.get((service, level), 0)
        return households


class Share(NamedTuple):
    """A part of a whole, both in households. whole: None while nobody knows it."""

    part: int
    whole: int | None

    @property
    def percent(self) -> float | None:
        """The share in percent (above 100 when the official number is out of date); None without a whole."""
        return 100 * self.part / self.whole if self.whole else None


def total(parts: Iterable[Figures]) -> Figures:
    """The figures of several places (or households) together."""
    parts = list(parts)
    if len(parts) == 1:
        return parts[0]
    levels: dict[tuple[str, int], int] = {}
    for part in parts:
        for pair, households in part.levels.items():
            levels[pair] = levels.get(pair, 0) + households
    return Figures(
        turns=sum(part.turns for part in parts),
        attempted=sum(part.attempted for part in parts),
        met=sum(part.met for part in parts),
        met_so_far=sum(part.met_so_far for part in parts),
        independent=sum(part.independent for part in parts),
        levels=levels,
        last_visit_on=max((part.last_visit_on for part in parts if part.last_visit_on), default=None),
        relapsed=sum(part.relapsed for part in parts),
        blocked=sum(part.blocked for part in parts),
    )


def total_official(parts: Iterable[Official]) -> Official:
    """The official households of several places together. A place without parts has no number."""
    parts = list(parts)
    known = [part.households for part in parts if part.households is not None]
    missing = len(parts) - len(known)
    sources = frozenset(source for part in parts for source in part.sources)
    return Official(sum(known) if parts and not missing else None, sources, missing)


def coverage_of(figures: Figures, official: Official) -> Share:
    """Coverage (độ phủ): households met ÷ official households."""
    return Share(figures.met, official.households)


def independence_of(figures: Figures, official: Official) -> Share:
    """Households that can use every core service they need alone ÷ official households."""
    return Share(figures.independent, official.households)


def needing(figures: Figures, service: str) -> int:
    """Households met that need a service: all but those that said they do not."""
    return figures.met_so_far - figures.at(service, IndependenceLevel.NOT_NEEDED)


def alone_rate_of(figures: Figures, service: str) -> Share:
    """Alone rate: households at "alone while watched" or above ÷ households met that need the service."""
    return Share(figures.at(service, *ALONE), needing(figures, service))


def blocked_of(figures: Figures) -> Share:
    """Households in which something stands in the way ÷ households met."""
    return Share(figures.blocked, figures.met_so_far)


def gap_of(figures: Figures, official: Official) -> int | None:
    """Gap (khoảng trống): official households − independent households."""
    return None if official.households is None else official.households - figures.independent


def staleness_of(figures: Figures, day: date) -> int | None:
    """Days from the last visit to this day; None when nobody ever came."""
    return None if figures.last_visit_on is None else (day - figures.last_visit_on).days


def recency_of(last_visit_on: date | None, day: date) -> Recency:
    """How coarsely the day of the last visit is told, seen from a day."""
    if last_visit_on is None:
        return Recency.NEVER
    months = (day.year - last_visit_on.year) * 12 + day.month - last_visit_on.month
    if months <= 0:
        return Recency.THIS_MONTH
    return Recency.THREE_MONTHS if months <= 3 else Recency.LONGER
