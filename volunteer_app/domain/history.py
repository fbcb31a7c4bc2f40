"""How a household came to stand where it stands: every change of a level with who saw it, when, and why it counts."""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any, NamedTuple
from uuid import UUID

from volunteer_app.domain.calendar import local_day
from volunteer_app.domain.independence import (
    RECHECK_AFTER,
    Basis,
    IndependenceLevel,
    current_level,
    is_alone,
)
from volunteer_app.domain.problems import N_
from volunteer_app.domain.walk_throughs import rung_of

SELF_SAID = N_("The family says so themselves: kept, never counted.")
DECIDED = N_("Decided by a person who was there: “%(reason)s”")
AT_A_SESSION = N_("Seen at an outreach session.")
SEEN = N_("Seen, without a guide.")
TOO_SOON = N_("Alone again after %(days)s days; it is confirmed when at least %(needed)s have passed.")
CONFIRMED = N_("Alone again %(days)s days later, seen by another person: confirmed.")
CONFIRMED_BY_SAME = N_("Alone again %(days)s days later, seen by the same person: confirmed.")
LOST = N_("They could not do it alone any more: the level falls, and “alone” begins anew.")


class Sentence(NamedTuple):
    """A sentence for translation, with what fills it."""

    text: str
    values: Mapping[str, Any] = {}


class Seen(NamedTuple):
    """One observation in its place: the level before and after it, and why."""

    id: UUID
    at: datetime
    person_id: UUID
    member_id: UUID
    service: str
    basis: Basis
    before: IndependenceLevel
    after: IndependenceLevel
    why: list[Sentence]


def history_of(observations: Iterable[Any], runs: Iterable[Any], sessions: Iterable[UUID] = ()) -> list[Seen]:
    """Every observation of a household, oldest first, with the level it led to. runs: its walk-throughs; sessions: ids
    of observations made at an outreach session."""
    by_run, at_sessions = {run.id: run for run in runs}, set(sessions)
    groups: dict[tuple[UUID, str], list[Any]] = defaultdict(list)
    for one in observations:
        groups[one.member_id, one.service].append(one)
    steps = []
    for (member_id, service), group in groups.items():
        group.sort(key=lambda o: (o.observed_at, o.id.bytes))
        before, alone_since = IndependenceLevel.NOT_STARTED, None
        for n, one in enumerate(group):
            after = current_level(group[: n + 1])
            why = [_why_seen(one, by_run.get(one.id), at_sessions)]
            if one.basis != Basis.SELF_SAID:
                why += _why_moved(one, before, after, alone_since)
                if not is_alone(after):
                    alone_since = None
                elif alone_since is None:
                    alone_since = one
            steps.append(
                Seen(
                    one.id,
                    one.observed_at,
                    one.person_id,
                    member_id,
                    service,
                    Basis(one.basis),
                    before,
                    after,
                    why,
                )
            )
            before = after
    return sorted(steps, key=lambda step: (step.at, step.id.bytes))


def _why_seen(one: Any, run: Any, at_sessions: set[UUID]) -> Sentence:
    if one.basis == Basis.SELF_SAID:
        return Sentence(SELF_SAID)
    if run is not None:
        return Sentence(rung_of(run.marks, run.teach_back, is_needed=run.is_needed).why)
    if one.reason:
        return Sentence(DECIDED, {"reason": one.reason})
    return Sentence(AT_A_SESSION if one.id in at_sessions else SEEN)


def _why_moved(
    one: Any, before: IndependenceLevel, after: IndependenceLevel, alone_since: Any
) -> list[Sentence]:
    """What the rules of the ladder add to what was seen."""
    if is_alone(before) and not is_alone(after):
        return [Sentence(LOST)] if after is not IndependenceLevel.NOT_NEEDED else []
    if alone_since is None or not is_alone(after):
        return []
    days = (local_day(one.observed_at) - local_day(alone_since.observed_at)).days
    if after is IndependenceLevel.CONFIRMED_ALONE and before is not after:
        other = one.person_id != alone_since.person_id
        return [Sentence(CONFIRMED if other else CONFIRMED_BY_SAME, {"days": days})]
    if after is IndependenceLevel.ALONE_WATCHED:
        return [Sentence(TOO_SOON, {"days": days, "needed": RECHECK_AFTER.days})]
    return []
