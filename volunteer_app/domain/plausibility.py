"""Patterns that a leader should look at (S7): prompts to ask, never accusations. A quick day can have good reasons."""

from collections import defaultdict
from collections.abc import Iterable
from datetime import date, datetime, timedelta
from enum import StrEnum
from typing import NamedTuple
from uuid import UUID

from volunteer_app.domain.calendar import local_day
from volunteer_app.domain.independence import is_alone
from volunteer_app.domain.problems import N_

LOOK_BACK = timedelta(days=14)
MANY, WITHIN = 6, timedelta(minutes=20)
"""So many families met within so short a time."""
FIRST_RUNS, NEARLY_ALL = 6, 0.95
"""So many first runs in a row, nearly all of them ended alone."""


class Pattern(StrEnum):
    """What stands out."""

    MANY_IN_MINUTES = "many_in_minutes"
    ALL_ALONE_AT_FIRST = "all_alone_at_first"


PATTERN_SENTENCES = {
    Pattern.MANY_IN_MINUTES: N_(
        "%(homes)s families met within %(minutes)s minutes on %(day)s. Perhaps they were written down together in the "
        "evening? Please ask how the day went."
    ),
    Pattern.ALL_ALONE_AT_FIRST: N_(
        "%(homes)s of %(of)s families managed alone at the very first visit. Perhaps they had learnt it before? "
        "A second look by somebody else would help."
    ),
}


class Prompt(NamedTuple):
    """Something to ask a volunteer about."""

    person_id: UUID
    pattern: Pattern
    homes: int
    of: int = 0
    minutes: int = 0
    day: date | None = None


class Met(NamedTuple):
    """A family was met."""

    person_id: UUID
    household_id: UUID
    at: datetime


class FirstRun(NamedTuple):
    """The first level that a guide proved in a household, on the day of its first visit."""

    person_id: UUID
    household_id: UUID
    level: int


def prompts(met: Iterable[Met], first_runs: Iterable[FirstRun]) -> list[Prompt]:
    """What to ask about; at most one prompt of each kind for a volunteer and day."""
    return _many_in_minutes(met) + _all_alone(first_runs)


def _many_in_minutes(met: Iterable[Met]) -> list[Prompt]:
    of_day: dict[tuple[UUID, date], list[Met]] = defaultdict(list)
    for one in met:
        of_day[one.person_id, local_day(one.at)].append(one)
    found = []
    for (person_id, day), visits in sorted(of_day.items(), key=lambda pair: (pair[0][1], pair[0][0].bytes)):
        visits.sort(key=lambda one: one.at)
        best: tuple[int, int] = (0, 0)
        for n, first in enumerate(visits):
            within = [one for one in visits[n:] if one.at - first.at <= WITHIN]
            homes = len({one.household_id for one in within})
            minutes = max(1, round((within[-1].at - first.at).total_seconds() / 60))
            best = max(best, (homes, -minutes))
        if best[0] >= MANY:
            found.append(Prompt(person_id, Pattern.MANY_IN_MINUTES, best[0], minutes=-best[1], day=day))
    return found


def _all_alone(first_runs: Iterable[FirstRun]) -> list[Prompt]:
    best: dict[UUID, dict[UUID, int]] = defaultdict(dict)
    for run in first_runs:
        worst = best[run.person_id].get(run.household_id, run.level)
        best[run.person_id][run.household_id] = min(worst, run.level)
    found = []
    for person_id, homes in sorted(best.items(), key=lambda pair: pair[0].bytes):
        alone = sum(is_alone(level) for level in homes.values())
        if len(homes) >= FIRST_RUNS and alone >= NEARLY_ALL * len(homes):
            found.append(Prompt(person_id, Pattern.ALL_ALONE_AT_FIRST, alone, of=len(homes)))
    return found
