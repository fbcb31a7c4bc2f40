"""What one household's history adds to the tallies of its places, so that figures of any size can be read, not counted.

A tally (sổ cộng) stands for a place and a calendar span. A household adds to it by the rule of this file and nothing
else: a place's tallies are the sums over its households, whatever order their records arrived in.
"""

from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from functools import lru_cache
from itertools import groupby
from typing import Any, NamedTuple
from uuid import UUID

from volunteer_app.domain.calendar import local_day
from volunteer_app.domain.independence import (
    Basis,
    IndependenceLevel,
    current_level,
    household_level,
    is_alone,
    is_independent,
    rechecks_of,
)
from volunteer_app.domain.periods import CALENDAR, Span, start_of

COUNTED = (
    "turns",  # visits paid
    "attempted",  # households with any visit in the span
    "met",  # households met in the span
    "first_attempted",  # households whose first visit lies in the span
    "first_met",  # households met for the first time
    "independent",  # households that became independent, less those that ceased to be
    "runs",  # walk-throughs
    "alone_runs",
    "help_runs",
    "done_runs",
    "persons",  # members guided
    "guided",  # households guided
    "first_persons",  # members guided for the first time
    "first_guided",
    "relapsed",  # households that fell below "alone" in a service, less those that came back
    "rechecks",  # members seen again in a service at least 14 days after they could do it alone
    "second_rechecks",  # of these by a second person
    "confirmed_rechecks",  # of these still alone
    "rechecked",  # households rechecked
    "first_rechecked",
)
"""What is tallied. Turns, first_…, …runs and …rechecks may be added up over days, and so may independent and relapsed,
which are gains less losses; the others only make sense in their own span."""

BLOCKED = (
    "stuck",  # walk-throughs that met the blocker
    "households",  # households that met it in the span
    "first_households",  # households that met it for the first time
    "standing",  # households in which it came to stand, less those in which it was overcome
)
"""What is tallied for each blocker, and for all of them together (`ANY`)."""

ANY = "any"
"""In place of one blocker: whichever."""

SO_FAR = {
    "attempted": "first_attempted",
    "met": "first_met",
    "persons": "first_persons",
    "guided": "first_guided",
    "rechecked": "first_rechecked",
}
"""What to add up over all days so far, for counts that cannot be added up themselves."""

SPANS = (Span.ALL, *CALENDAR)
LEVEL_SPANS = (Span.ALL, Span.QUARTER, Span.MONTH, Span.DAY)


class Run(NamedTuple):
    """A walk-through: who was guided when, the level that it proved (None: stuck, or nothing), what got in its way."""

    id: UUID
    member_id: UUID
    service: str
    at: datetime
    level: int | None
    blocker: str | None = None

    @property
    def day(self) -> date:
        """Its day in Vietnam."""
        return local_day(self.at)


class Visited(NamedTuple):
    """A day on which a household was visited: how often, and how often somebody was met."""

    day: date
    turns: int
    met: int


@dataclass
class History:
    """Everything recorded about one household that is counted.

    days: those on which it was visited.
    observations: rows with id, member_id, person_id, service, level, basis, observed_at.
    """

    days: list[Visited] = field(default_factory=list)
    runs: list[Run] = field(default_factory=list)
    observations: list[Any] = field(default_factory=list)

    @property
    def first_met_on(self) -> date | None:
        """The day somebody was met for the first time."""
        return min((one.day for one in self.days if one.met), default=None)


class Cell(NamedTuple):
    """Where a count stands: a calendar span by its first day.

    service: only for levels, with `what` the level. blocker: only for what is `BLOCKED`.
    """

    span: Span
    start: date
    what: str
    service: str = ""
    blocker: str = ""


def tallied(history: History, core_services: list[str]) -> Counter[Cell]:
    """What a household adds to each tally."""
    counts = Counter(_of_visits(frozenset(history.days)))
    _add_runs(counts, history.runs)
    _add_levels(counts, history, core_services)
    _add_rechecks(counts, history)
    _add_blockers(counts, history)
    return counts


def difference(before: Mapping[Cell, int], after: Mapping[Cell, int]) -> Counter[Cell]:
    """What to add to the tallies so that they say `after` where they said `before`."""
    changed = Counter(after)
    changed.subtract(before)
    return Counter({cell: count for cell, count in changed.items() if count})


@lru_cache(2048)
def added_by_visits(before: frozenset[Visited], new: frozenset[Visited]) -> Counter[Cell]:
    """What new visits add to each tally, everything else being equal. before: the days next to the new ones suffice,
    the last one up to each and the first one after it, of all visits and of those that met somebody. Most households of
    an evening are alike in this: it is worked out once for all of them. Not to be changed by who asks."""
    days = {one.day: one for one in before}
    for day, turns, met in new:
        of_day = days.get(day, Visited(day, 0, 0))
        days[day] = Visited(day, of_day.turns + turns, of_day.met + met)
    return difference(_of_visits(before), _of_visits(frozenset(days.values())))


@lru_cache(2048)
def _of_visits(days: frozenset[Visited]) -> Counter[Cell]:
    counts: Counter[Cell] = Counter()
    attempted_on, met_on = {one.day for one in days}, {one.day for one in days if one.met}
    for span in SPANS:
        for one in days:
            counts[Cell(span, start_of(span, one.day), "turns")] += one.turns
        for what, on in (("attempted", attempted_on), ("met", met_on)):
            for start in {start_of(span, day) for day in on}:
                counts[Cell(span, start, what)] += 1
            if on:
                counts[Cell(span, start_of(span, min(on)), f"first_{what}")] += 1
    return counts


def _add_runs(counts: Counter[Cell], runs: list[Run]) -> None:
    first_day: dict[UUID, date] = {}
    for run in runs:
        first_day[run.member_id] = min(first_day.get(run.member_id, run.day), run.day)
    for span in SPANS:
        members: dict[date, set[UUID]] = defaultdict(set)
        for run in runs:
            start = start_of(span, run.day)
            members[start].add(run.member_id)
            counts[Cell(span, start, "runs")] += 1
            if result := result_of(run.level):
                counts[Cell(span, start, result)] += 1
        for start, guided in members.items():
            counts[Cell(span, start, "persons")] += len(guided)
            counts[Cell(span, start, "guided")] += 1
        for day in first_day.values():
            counts[Cell(span, start_of(span, day), "first_persons")] += 1
        if first_day:
            counts[Cell(span, start_of(span, min(first_day.values())), "first_guided")] += 1


def result_of(level: int | None) -> str:
    """What a run counts as, beside being a run; "" when it proved nothing of the three."""
    if is_alone(level):
        return "alone_runs"
    return {IndependenceLevel.WITH_HELP: "help_runs", IndependenceLevel.DONE_FOR: "done_runs"}.get(level, "")  # type: ignore[call-overload]


class Change(NamedTuple):
    """A household's level in a service changed on a day. before: None when it had none."""

    day: date
    service: str
    before: IndependenceLevel | None
    level: IndependenceLevel


def changes_of_level(history: History) -> list[Change]:
    """Every change, by the end of each day. Levels count from the day on which somebody was met."""
    first_met_on = history.first_met_on
    if first_met_on is None:
        return []
    by_day: dict[date, list[Any]] = defaultdict(list)
    for seen in history.observations:
        by_day[max(local_day(seen.observed_at), first_met_on)].append(seen)
    of_member: dict[tuple[str, UUID], list[Any]] = defaultdict(list)
    levels: dict[str, IndependenceLevel] = {}
    changes = []
    for day in sorted(by_day):
        for seen in by_day[day]:
            of_member[seen.service, seen.member_id].append(seen)
        for service in sorted({seen.service for seen in by_day[day]}):
            level = household_level(
                current_level(rows) for (one, _), rows in of_member.items() if one == service
            )
            before = levels.get(service)
            if before is not level:
                changes.append(Change(day, service, before, level))
                levels[service] = level
    return changes


def levels_on(history: History, day: date) -> dict[str, Change]:
    """Where the household stands in each service at the end of a day: the change that brought it there."""
    return {change.service: change for change in changes_of_level(history) if change.day <= day}


def _add_levels(counts: Counter[Cell], history: History, core_services: list[str]) -> None:
    """A change of level moves the household to the new one."""
    levels: dict[str, IndependenceLevel] = {}
    once_alone: set[str] = set()
    was_independent = has_relapsed = False
    for day, changes in groupby(changes_of_level(history), key=lambda change: change.day):
        starts = [(span, start_of(span, day)) for span in SPANS]
        for _, service, before, level in changes:
            levels[service] = level
            if is_alone(level):
                once_alone.add(service)
            for span, start in starts:
                if span not in LEVEL_SPANS:
                    continue
                counts[Cell(span, start, level.name.lower(), service)] += 1
                if before is not None:
                    counts[Cell(span, start, before.name.lower(), service)] -= 1
        now_independent = is_independent(levels, core_services)
        now_relapsed = any(fell_back(levels[service]) for service in once_alone)
        for span, start in starts:
            counts[Cell(span, start, "independent")] += now_independent - was_independent
            counts[Cell(span, start, "relapsed")] += now_relapsed - has_relapsed
        was_independent, has_relapsed = now_independent, now_relapsed


def lost_services(history: History) -> dict[str, date]:
    """The services that the household could once use alone and cannot now, with the day on which that was seen."""
    lost: dict[str, date] = {}
    once_alone: set[str] = set()
    for day, service, _before, level in changes_of_level(history):
        if is_alone(level):
            once_alone.add(service)
        if service in once_alone and fell_back(level):
            lost.setdefault(service, day)
        else:
            lost.pop(service, None)
    return lost


def fell_back(level: IndependenceLevel) -> bool:
    """Where a household could once use a service alone: is that lost? Not when nobody needs it any more."""
    return not is_alone(level) and level is not IndependenceLevel.NOT_NEEDED


def _add_rechecks(counts: Counter[Cell], history: History) -> None:
    of_skill: dict[tuple[str, UUID], list[Any]] = defaultdict(list)
    for seen in history.observations:
        of_skill[seen.service, seen.member_id].append(seen)
    rechecks = [(local_day(one.at), one) for rows in of_skill.values() for one in rechecks_of(rows)]
    if not rechecks:
        return
    for span in SPANS:
        for day, one in rechecks:
            start = start_of(span, day)
            counts[Cell(span, start, "rechecks")] += 1
            counts[Cell(span, start, "second_rechecks")] += one.by_another
            counts[Cell(span, start, "confirmed_rechecks")] += one.is_confirmed
        for start in {start_of(span, day) for day, _ in rechecks}:
            counts[Cell(span, start, "rechecked")] += 1
        counts[Cell(span, start_of(span, min(day for day, _ in rechecks)), "first_rechecked")] += 1


def _add_blockers(counts: Counter[Cell], history: History) -> None:
    """What got in the way, by blocker and for all together."""
    days_of: dict[str, list[date]] = defaultdict(list)
    for run in history.runs:
        if run.blocker:
            days_of[run.blocker].append(run.day)
            days_of[ANY].append(run.day)
    if not days_of:
        return
    for blocker, days in days_of.items():
        for span in SPANS:
            for day in days:
                counts[Cell(span, start_of(span, day), "stuck", blocker=blocker)] += 1
            for start in {start_of(span, day) for day in days}:
                counts[Cell(span, start, "households", blocker=blocker)] += 1
            counts[Cell(span, start_of(span, min(days)), "first_households", blocker=blocker)] += 1
    stood: frozenset[str] = frozenset()
    for day, stands in standing_blockers(history):
        for blocker in stands ^ stood:
            for span in SPANS:
                cell = Cell(span, start_of(span, day), "standing", blocker=blocker)
                counts[cell] += 1 if blocker in stands else -1
        stood = stands


def standing_blockers(history: History) -> list[tuple[date, frozenset[str]]]:
    """Which blockers stand in a household at the end of each day on which something happened; `ANY` while one does."""
    at_end: dict[date, frozenset[str]] = {}
    for day, runs in _standing(history):
        now = {run.blocker for run in runs if run.blocker}
        at_end[day] = frozenset(now | {ANY}) if now else frozenset()
    return list(at_end.items())


def standing_runs(history: History) -> list[Run]:
    """The walk-throughs whose blocker still stands."""
    *_, last = [[], *(runs for _, runs in _standing(history))]
    return last


def _standing(history: History) -> Iterator[tuple[date, list[Run]]]:
    """After each thing that happened: its day, and the walk-throughs whose blocker stands then.

    A blocker stands between a member and a service from the walk-through that met it until a later walk-through of the
    same member and service does not, or they are seen alone, or the service turns out not to be needed. It counts from
    the day on which somebody was met, as everything does that is measured against households met.
    """
    if history.first_met_on is None:
        return
    happened: list[tuple[datetime, bytes, tuple[UUID, str], Run | None]] = [
        (run.at, run.id.bytes, (run.member_id, run.service), run if run.blocker else None)
        for run in history.runs
    ]
    ids = {run.id for run in history.runs}
    happened += [
        (seen.observed_at, seen.id.bytes, (seen.member_id, seen.service), None)
        for seen in history.observations
        if seen.id not in ids
        and seen.basis != Basis.SELF_SAID
        and (is_alone(seen.level) or seen.level == IndependenceLevel.NOT_NEEDED)
    ]
    stands: dict[tuple[UUID, str], Run | None] = {}
    for at, _id, skill, run in sorted(happened, key=lambda one: one[:2]):
        stands[skill] = run
        yield max(local_day(at), history.first_met_on), [one for one in stands.values() if one]
