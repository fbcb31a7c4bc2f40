"""What a household's walk-throughs and observations come to so far (đến nay): the next one is added, not recounted.

`add` changes it and says what tallies gain. It knows the past only as far as that: something that belongs before what
is known already may need the whole history, and then `add` says None and the household is recounted. `tallied`, which
recounts, stays the proof: both say the same of any history (`tests/domain/figures/test_so_far.py`).
"""

from collections import Counter
from collections.abc import Iterable, Mapping
from datetime import date, datetime
from itertools import groupby
from typing import Any
from uuid import UUID

import msgspec

from volunteer_app.domain.calendar import local_day
from volunteer_app.domain.figures.tallies import (
    ANY,
    LEVEL_SPANS,
    SPANS,
    Cell,
    History,
    Run,
    fell_back,
    result_of,
)
from volunteer_app.domain.independence import (
    Basis,
    IndependenceLevel,
    Recheck,
    household_level,
    is_alone,
    is_independent,
    is_recheck,
    rechecks_of,
)
from volunteer_app.domain.periods import start_of

Skill = tuple[UUID, str]
"""A member and a service."""

Levels = dict[str, IndependenceLevel]


class SkillSoFar(msgspec.Struct, array_like=True):
    """One member with one service: the level that their observations add up to, and what stands in the way.

    level: None as long as nothing was seen or said. seen_at: the latest that counts. happened_at: the latest that
    decides about the blocker.
    """

    level: int | None = None
    alone_since: datetime | None = None
    alone_by: UUID | None = None
    seen_at: datetime | None = None
    blocker: str | None = None
    happened_at: datetime | None = None

    def see(self, seen: Any) -> Recheck | None:
        """The next observation that counts: the rules of `current_level` and `rechecks_of`, a step at a time."""
        self.seen_at = seen.observed_at
        since, by = self.alone_since, self.alone_by
        recheck = None
        if since is not None and is_recheck(since, seen.observed_at):
            recheck = Recheck(seen.observed_at, is_alone(seen.level), seen.person_id != by)
        if not is_alone(seen.level):
            self.level, self.alone_since, self.alone_by = int(seen.level), None, None
        elif since is None:
            self.level = int(IndependenceLevel.ALONE_WATCHED)
            self.alone_since, self.alone_by = seen.observed_at, seen.person_id
        elif recheck:
            self.level = int(IndependenceLevel.CONFIRMED_ALONE)
        return recheck


class SoFar(msgspec.Struct):
    """What is known of a household's past.

    first_on: the first day on which something was run or seen. day: the last one, counted from the first meeting on.
    once_alone: services that the household could use alone at the end of a day before that. guided: the last day of
    each member's walk-throughs; stuck: of each blocker. rechecked_on: the day of the last recheck, on
    which there were `rechecks`.
    """

    first_met_on: date | None = None
    first_on: date | None = None
    day: date | None = None
    once_alone: set[str] = msgspec.field(default_factory=set)
    skills: dict[UUID, dict[str, SkillSoFar]] = msgspec.field(default_factory=dict)
    guided: dict[UUID, date] = msgspec.field(default_factory=dict)
    stuck: dict[str, date] = msgspec.field(default_factory=dict)
    rechecked_on: date | None = None
    rechecks: int = 0

    def skill(self, member_id: UUID, service: str) -> SkillSoFar:
        """What is known of this member and service."""
        return self.skills.setdefault(member_id, {}).setdefault(service, SkillSoFar())

    def levels(self) -> Levels:
        """Where the household stands in each service that was seen."""
        of_service: dict[str, list[IndependenceLevel]] = {}
        for services in self.skills.values():
            for service, skill in services.items():
                if skill.level is not None:
                    of_service.setdefault(service, []).append(IndependenceLevel(skill.level))
        return {service: household_level(levels) for service, levels in of_service.items()}

    def standing(self) -> set[str]:
        """The blockers that stand in it; `ANY` while one does."""
        found = {one.blocker for services in self.skills.values() for one in services.values() if one.blocker}
        return found | {ANY} if found else found


def so_far_of(history: History, core_services: list[str]) -> SoFar:
    """What a whole history comes to."""
    so_far = SoFar(history.first_met_on)
    add(so_far, so_far.first_met_on, history.runs, history.observations, core_services, is_whole=True)
    return so_far


def out_of_order(so_far: SoFar, observations: Iterable[Any]) -> set[Skill]:
    """The skills of which these are not the latest observations: `add` wants all of them."""
    found = set()
    for seen in observations:
        skill = so_far.skills.get(seen.member_id, {}).get(seen.service)
        if skill and skill.seen_at and _counts(seen) and seen.observed_at <= skill.seen_at:
            found.add((seen.member_id, seen.service))
    return found


def add(
    so_far: SoFar,
    first_met_on: date | None,
    runs: Iterable[Run],
    observations: Iterable[Any],
    core_services: list[str],
    all_seen: Mapping[Skill, list[Any]] | None = None,
    *,
    is_whole: bool = False,
) -> Counter[Cell] | None:
    """Add these records; what the household's tallies gain by them. None: it cannot be told without its history, and
    `so_far` is of no more use.

    first_met_on: with the visits that came together with them. all_seen: all observations, these too, of each skill
    that is `out_of_order`. is_whole: there was nothing before them.
    """
    if not is_whole and not _may_begin(so_far, first_met_on):
        return None
    so_far.first_met_on = first_met_on
    adding = _Adding(so_far, core_services, all_seen or {}, is_whole=is_whole)
    return adding.counts if adding.all_of(list(runs), list(observations)) else None


def _may_begin(so_far: SoFar, first_met_on: date | None) -> bool:
    """Does another first meeting leave alone what is counted already? Nothing counts before it."""
    if first_met_on == so_far.first_met_on or so_far.first_on is None:
        return True
    was = so_far.first_met_on
    return first_met_on is not None and was is not None and first_met_on <= was <= so_far.first_on


def _counts(seen: Any) -> bool:
    return seen.basis != Basis.SELF_SAID


class _Adding:
    """Records on their way into what is known so far, in the order in which they happened."""

    def __init__(
        self, so_far: SoFar, core: list[str], all_seen: Mapping[Skill, list[Any]], *, is_whole: bool
    ) -> None:
        self.so_far, self.core, self.all_seen, self.is_whole = so_far, core, all_seen, is_whole
        self.counts: Counter[Cell] = Counter()
        self.rechecks: Counter[Recheck] = Counter()
        self.new: set[UUID] = set()
        """Observations that are still to come: all_seen holds them already."""

    def all_of(self, runs: list[Run], observations: list[Any]) -> bool:
        """Add all; False when the history is needed."""
        happened: list[tuple[datetime, bytes, Run | None, Any]] = [
            (run.at, run.id.bytes, run, None) for run in runs
        ]
        happened += [(seen.observed_at, seen.id.bytes, None, seen) for seen in observations]
        happened.sort(key=lambda one: one[:2])
        self.new = {seen.id for seen in observations}
        self.run_ids = {run.id for run in runs}
        first = self.so_far.first_met_on
        for day, group in groupby(happened, key=lambda one: first and max(local_day(one[0]), first)):
            if not self._of_one_day(day, list(group)):
                return False
        return self._add_rechecks()

    def _of_one_day(self, day: date | None, group: list[tuple[datetime, bytes, Run | None, Any]]) -> bool:
        so_far = self.so_far
        if day is not None and so_far.day is not None and day < so_far.day:
            return False
        levels, stood = so_far.levels(), so_far.standing()
        if day is not None and day != so_far.day:
            so_far.once_alone |= {service for service, level in levels.items() if is_alone(level)}
            so_far.day = day
        first_on = local_day(group[0][0])
        so_far.first_on = min(so_far.first_on or first_on, first_on)
        for _, _, run, seen in group:
            if not (self._run(run) if run else self._happened(seen)):
                return False
        by_skill: dict[Skill, list[Any]] = {}
        for _, _, _, seen in group:
            if seen is not None:
                by_skill.setdefault((seen.member_id, seen.service), []).append(seen)
        for skill, of_skill in by_skill.items():
            if not self._see(skill, of_skill):
                return False
        if day is not None:
            self._count_levels(day, levels, so_far.levels())
            for blocker in stood ^ (stands := so_far.standing()):
                self._count(day, "standing", 1 if blocker in stands else -1, blocker)
        return True

    def _count(self, day: date, what: str, count: int = 1, blocker: str = "") -> None:
        for span in SPANS:
            self.counts[Cell(span, start_of(span, day), what, blocker=blocker)] += count

    def _count_once(self, day: date, last: date | None, what: str, first: str, blocker: str = "") -> None:
        """Counted once in each span, and in all once as the first."""
        for span in SPANS:
            start = start_of(span, day)
            if last is None or start_of(span, last) != start:
                self.counts[Cell(span, start, what, blocker=blocker)] += 1
        if last is None:
            self._count(day, first, blocker=blocker)

    def _run(self, run: Run) -> bool:
        so_far, day = self.so_far, run.day
        last = max(so_far.guided.values(), default=None)
        if last is not None and day < last:
            return False
        self._count(day, "runs")
        if result := result_of(run.level):
            self._count(day, result)
        self._count_once(day, so_far.guided.get(run.member_id), "persons", "first_persons")
        self._count_once(day, last, "guided", "first_guided")
        so_far.guided[run.member_id] = day
        if run.blocker:
            for blocker in (run.blocker, ANY):
                self._count(day, "stuck", blocker=blocker)
                self._count_once(day, so_far.stuck.get(blocker), "households", "first_households", blocker)
                so_far.stuck[blocker] = day
        return self._decides(so_far.skill(run.member_id, run.service), run.at, run.blocker)

    def _happened(self, seen: Any) -> bool:
        """Seen alone, or not needed: what stood in the way does no more."""
        skill = self.so_far.skill(seen.member_id, seen.service)
        is_over = is_alone(seen.level) or seen.level == IndependenceLevel.NOT_NEEDED
        if seen.id in self.run_ids or not _counts(seen) or not is_over:
            return True
        return self._decides(skill, seen.observed_at, None)

    def _decides(self, skill: SkillSoFar, at: datetime, blocker: str | None) -> bool:
        """The latest decides. Of two at the same moment only a history knows which."""
        if skill.happened_at is not None and at <= skill.happened_at and not self.is_whole:
            return at < skill.happened_at
        skill.blocker, skill.happened_at = blocker, at
        return True

    def _see(self, of: Skill, observations: list[Any]) -> bool:
        skill = self.so_far.skill(*of)
        if skill.level is None:
            skill.level = int(IndependenceLevel.NOT_STARTED)
        counted = [seen for seen in observations if _counts(seen)]
        is_next = (
            self.is_whole or not skill.seen_at or all(one.observed_at > skill.seen_at for one in counted)
        )
        if is_next:
            self.rechecks.update(filter(None, map(skill.see, counted)))
        elif of in self.all_seen:
            before = [one for one in self.all_seen[of] if one.id not in self.new]
            self._see_anew(of, before, [*before, *observations])
        else:
            return False
        self.new -= {one.id for one in observations}
        return True

    def _see_anew(self, of: Skill, before: list[Any], after: list[Any]) -> None:
        """The whole of one skill again: something was seen before what was known."""
        blocker, happened_at = (known := self.so_far.skill(*of)).blocker, known.happened_at
        skill = SkillSoFar(int(IndependenceLevel.NOT_STARTED), blocker=blocker, happened_at=happened_at)
        for one in sorted(after, key=lambda one: (one.observed_at, one.id.bytes)):
            if _counts(one):
                skill.see(one)
        self.so_far.skills[of[0]][of[1]] = skill
        self.rechecks.update(rechecks_of(after))
        self.rechecks.subtract(rechecks_of(before))

    def _add_rechecks(self) -> bool:
        """Count them by day. Of days before the last one it is not known how many there were."""
        so_far = self.so_far
        of_day: Counter[date] = Counter()
        for one, count in self.rechecks.items():
            day = local_day(one.at)
            of_day[day] += count
            self._count(day, "rechecks", count)
            self._count(day, "second_rechecks", count * one.by_another)
            self._count(day, "confirmed_rechecks", count * one.is_confirmed)
        for day, count in sorted(of_day.items()):
            if not count:
                continue
            if day == so_far.rechecked_on:
                so_far.rechecks += count
                if not so_far.rechecks:
                    return False
            elif count < 0 or (so_far.rechecked_on and day < so_far.rechecked_on):
                return False
            else:
                self._count_once(day, so_far.rechecked_on, "rechecked", "first_rechecked")
                so_far.rechecked_on, so_far.rechecks = day, count
        return True

    def _count_levels(self, day: date, before: Levels, now: Levels) -> None:
        if before == now:
            return
        starts = [(span, start_of(span, day)) for span in SPANS]
        for service, level in now.items():
            was = before.get(service)
            if was is level:
                continue
            for span, start in starts:
                if span in LEVEL_SPANS:
                    self.counts[Cell(span, start, level.name.lower(), service)] += 1
                    if was is not None:
                        self.counts[Cell(span, start, was.name.lower(), service)] -= 1
        independent = is_independent(now, self.core) - is_independent(before, self.core)
        relapsed = self._has_relapsed(now) - self._has_relapsed(before)
        for span, start in starts:
            self.counts[Cell(span, start, "independent")] += independent
            self.counts[Cell(span, start, "relapsed")] += relapsed

    def _has_relapsed(self, levels: Levels) -> bool:
        return any(fell_back(levels[service]) for service in self.so_far.once_alone)
