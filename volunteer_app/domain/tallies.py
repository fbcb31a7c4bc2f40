"""What one household's history adds to the tallies of its places, so that figures of any size can be read, not counted.

A tally (sổ cộng) stands for a place and a calendar span. A household adds to it by the rule of this file and nothing
else: a place's tallies are the sums over its households, whatever order their records arrived in.
"""

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Any, NamedTuple
from uuid import UUID

from volunteer_app.domain.calendar import local_day
from volunteer_app.domain.independence import (
    IndependenceLevel,
    current_level,
    household_level,
    is_alone,
    is_independent,
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
)
"""What is tallied. Turns, first_… and …runs may be added up over days; the others only make sense in their own span."""

SO_FAR = {
    "attempted": "first_attempted",
    "met": "first_met",
    "persons": "first_persons",
    "guided": "first_guided",
}
"""What to add up over all days so far, for counts that cannot be added up themselves."""

SPANS = (Span.ALL, *CALENDAR)
LEVEL_SPANS = (Span.ALL, Span.QUARTER, Span.MONTH, Span.DAY)


class Run(NamedTuple):
    """A walk-through: its day, who was guided, and the level that it proved (None: stuck, or nothing)."""

    day: date
    member_id: UUID
    level: int | None


@dataclass
class History:
    """Everything recorded about one household that is counted.

    visits: day and whether somebody was met. observations: rows with id, member_id, service, level, basis, observed_at.
    """

    visits: list[tuple[date, bool]] = field(default_factory=list)
    runs: list[Run] = field(default_factory=list)
    observations: list[Any] = field(default_factory=list)

    @property
    def first_met_on(self) -> date | None:
        """The day somebody was met for the first time."""
        return min((day for day, is_met in self.visits if is_met), default=None)


class Cell(NamedTuple):
    """Where a count stands: a calendar span by its first day. service: only for levels, with `what` the level."""

    span: Span
    start: date
    what: str
    service: str = ""


def tallied(history: History, core_services: list[str]) -> Counter[Cell]:
    """What a household adds to each tally."""
    counts: Counter[Cell] = Counter()
    _add_visits(counts, history.visits)
    _add_runs(counts, history.runs)
    _add_levels(counts, history, core_services)
    return counts


def difference(before: Mapping[Cell, int], after: Mapping[Cell, int]) -> Counter[Cell]:
    """What to add to the tallies so that they say `after` where they said `before`."""
    changed = Counter(after)
    changed.subtract(before)
    return Counter({cell: count for cell, count in changed.items() if count})


def _add_visits(counts: Counter[Cell], visits: Iterable[tuple[date, bool]]) -> None:
    of_day: Counter[date] = Counter(day for day, _ in visits)
    met_on = {day for day, is_met in visits if is_met}
    for span in SPANS:
        for day, turns in of_day.items():
            counts[Cell(span, start_of(span, day), "turns")] += turns
        for what, days in (("attempted", of_day.keys()), ("met", met_on)):
            for start in {start_of(span, day) for day in days}:
                counts[Cell(span, start, what)] += 1
            if days:
                counts[Cell(span, start_of(span, min(days)), f"first_{what}")] += 1


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


def _add_levels(counts: Counter[Cell], history: History, core_services: list[str]) -> None:
    """Levels count from the day on which somebody was met; a change of level moves the household to the new one."""
    first_met_on = history.first_met_on
    if first_met_on is None:
        return
    by_day: dict[date, list[Any]] = defaultdict(list)
    for seen in history.observations:
        by_day[max(local_day(seen.observed_at), first_met_on)].append(seen)
    of_member: dict[tuple[str, UUID], list[Any]] = defaultdict(list)
    levels: dict[str, IndependenceLevel] = {}
    was_independent = False
    for day in sorted(by_day):
        for seen in by_day[day]:
            of_member[seen.service, seen.member_id].append(seen)
        starts = [(span, start_of(span, day)) for span in SPANS]
        for service in {seen.service for seen in by_day[day]}:
            level = household_level(
                current_level(rows) for (one, _), rows in of_member.items() if one == service
            )
            before = levels.get(service)
            levels[service] = level
            if before is level:
                continue
            for span, start in starts:
                if span not in LEVEL_SPANS:
                    continue
                counts[Cell(span, start, level.name.lower(), service)] += 1
                if before is not None:
                    counts[Cell(span, start, before.name.lower(), service)] -= 1
        now_independent = is_independent(levels, core_services)
        if now_independent is not was_independent:
            for span, start in starts:
                counts[Cell(span, start, "independent")] += 1 if now_independent else -1
            was_independent = now_independent
