"""What lasts (còn giữ được): of all skills learned in a month, how many were still there 30, 90 and 180 days later.

A skill is one member with one service. It is learned on the day on which the member is first seen alone with it,
and belongs to that month for ever. Whoever is not found again is counted as such and never left out, so the parts of a
month add up to all that was learned in it. The rule reads observations alone and is the same for one household and for
a province: what a place has is the sum over its skills.
"""

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from datetime import date, timedelta
from enum import StrEnum
from math import sqrt
from typing import Any, NamedTuple
from uuid import UUID

from volunteer_app.domain.calendar import local_day
from volunteer_app.domain.independence import Basis, IndependenceLevel, is_alone
from volunteer_app.domain.periods import Span, start_of


class FoundAgain(StrEnum):
    """What was seen of a skill when somebody looked again."""

    STILL_ALONE = "still"  # by a second person, not by who first saw it
    SAME_HELPER = "same"  # still alone, but only who taught it says so
    FELL_BACK = "fell"
    NOT_NEEDED = "unneeded"


FOUND_AGAIN_WITHIN = {30: (14, 44), 90: (60, 120), 180: (150, 210)}
"""The days after which a skill is asked about → first and last day of looking, counted from the day of learning. A look
belongs to one of them only; the first begins where a recheck does (`RECHECK_AFTER`)."""

ASKED_AFTER = tuple(FOUND_AGAIN_WITHIN)

SURE = 1.96
"""Standard deviations on both sides that hold 95 of 100 (normal distribution)."""


class Learned(NamedTuple):
    """A skill that was learned: whose, which, when, and what was seen after so many days (nothing: not found)."""

    member_id: UUID
    service: str
    on: date
    found: dict[int, FoundAgain]

    @property
    def month(self) -> date:
        """The first day of the month to which it belongs."""
        return start_of(Span.MONTH, self.on)


def learned(observations: Iterable[Any]) -> list[Learned]:
    """The skills among observations (rows with id, member_id, person_id, service, level, basis, observed_at)."""
    of_skill: dict[tuple[UUID, str], list[Any]] = defaultdict(list)
    for seen in sorted(observations, key=lambda one: (one.observed_at, one.id.bytes)):
        if seen.basis != Basis.SELF_SAID:
            of_skill[seen.member_id, seen.service].append(seen)
    found = []
    for (member_id, service), looks in of_skill.items():
        first = next((seen for seen in looks if is_alone(seen.level)), None)
        if first is not None:
            found.append(
                Learned(member_id, service, local_day(first.observed_at), _found_again(first, looks))
            )
    return found


def _found_again(first: Any, looks: list[Any]) -> dict[int, FoundAgain]:
    """The last look within the days decides; "still alone" counts in full only where a second person saw it."""
    found = {}
    for days, (earliest, latest) in FOUND_AGAIN_WITHIN.items():
        within = [
            seen
            for seen in looks
            if earliest <= (local_day(seen.observed_at) - local_day(first.observed_at)).days <= latest
        ]
        if not within:
            continue
        last = within[-1]
        if last.level == IndependenceLevel.NOT_NEEDED:
            found[days] = FoundAgain.NOT_NEEDED
        elif not is_alone(last.level):
            found[days] = FoundAgain.FELL_BACK
        else:
            lost = max((i for i, seen in enumerate(within) if not is_alone(seen.level)), default=-1)
            by_another = any(seen.person_id != first.person_id for seen in within[lost + 1 :])
            found[days] = FoundAgain.STILL_ALONE if by_another else FoundAgain.SAME_HELPER
    return found


def is_due(skill: Learned, days: int, today: date) -> bool:
    """Is it known what became of it? Before its days of looking are over, nothing is counted: who was found early would
    count and who is never found would not."""
    return skill.on + timedelta(days=FOUND_AGAIN_WITHIN[days][1]) < today


COHORT_COUNTS = ("learned", *(f"{what}_{days}" for days in ASKED_AFTER for what in ("due", *FoundAgain)))
"""What is kept of each place, service and month: skills learned, of which so many days are over, and what was seen."""


def counted(skills: Iterable[Learned], today: date) -> dict[tuple[str, date], Counter[str]]:
    """(service, month) → counts of `COHORT_COUNTS`, as of a day."""
    counts: dict[tuple[str, date], Counter[str]] = defaultdict(Counter)
    for skill in skills:
        of = counts[skill.service, skill.month]
        of["learned"] += 1
        for days in ASKED_AFTER:
            if not is_due(skill, days, today):
                continue
            of[f"due_{days}"] += 1
            if found := skill.found.get(days):
                of[f"{found}_{days}"] += 1
    return counts


class Cohort(NamedTuple):
    """A month's skills after so many days, in parts that add up to all of them."""

    learned: int
    due: int
    still: int
    same: int
    fell: int
    unneeded: int

    @property
    def waiting(self) -> int:
        """Their days are not over."""
        return self.learned - self.due

    @property
    def not_found(self) -> int:
        """Nobody has looked again in these days."""
        return self.due - self.still - self.same - self.fell - self.unneeded

    @property
    def percent(self) -> float | None:
        """Still alone, seen by a second person, of all whose days are over; None: nobody's are."""
        return 100 * self.still / self.due if self.due else None

    @property
    def interval(self) -> tuple[float, float] | None:
        """From what to what percent the true share lies, 95 of 100 times, whatever became of those not found again: the
        lower end takes them as lost, the upper end as kept. (Wilson's interval, at both ends.)"""
        if not self.due:
            return None
        unknown = self.not_found + self.same
        return 100 * wilson(self.still, self.due)[0], 100 * wilson(self.still + unknown, self.due)[1]


def cohort_of(counts: Mapping[str, int], days: int) -> Cohort:
    """The parts after so many days, from counts by name."""
    return Cohort(counts["learned"], *(counts[f"{what}_{days}"] for what in ("due", *FoundAgain)))


def wilson(part: int, whole: int) -> tuple[float, float]:
    """The interval of a share (Wilson 1927), from 0 to 1. whole: at least 1."""
    share, square = part / whole, SURE * SURE
    middle = (share + square / (2 * whole)) / (1 + square / whole)
    half = SURE / (1 + square / whole) * sqrt(share * (1 - share) / whole + square / (4 * whole * whole))
    return max(0.0, middle - half), min(1.0, middle + half)
