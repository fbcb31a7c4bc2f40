"""Who can do what alone: the ladder, and how observations become the current level.

The same rules stand in `service_worker/rules.js` for phones without a network; both are asked thousands of random
questions (`tests/test_shared_rules.py`).
"""

from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
from enum import IntEnum, StrEnum
from typing import Any, NamedTuple, Protocol
from uuid import UUID

from volunteer_app.domain.calendar import local_day
from volunteer_app.domain.problems import N_

RECHECK_AFTER = timedelta(days=14)
"""How many days of the calendar "alone" must have lasted before it can be confirmed."""


class IndependenceLevel(IntEnum):
    """Mức tự chủ: how far a member is with a service."""

    NOT_NEEDED = -1
    NOT_STARTED = 0
    DONE_FOR = 1
    WITH_HELP = 2
    ALONE_WATCHED = 3
    CONFIRMED_ALONE = 4


LEVEL_NAMES = {
    IndependenceLevel.NOT_NEEDED: N_("Not needed"),
    IndependenceLevel.NOT_STARTED: N_("Not started"),
    IndependenceLevel.DONE_FOR: N_("Done for them"),
    IndependenceLevel.WITH_HELP: N_("Done with help"),
    IndependenceLevel.ALONE_WATCHED: N_("Alone while watched"),
    IndependenceLevel.CONFIRMED_ALONE: N_("Confirmed alone"),
}

LEVEL_MEANINGS = {
    IndependenceLevel.NOT_STARTED: N_("Nobody has shown it here yet."),
    IndependenceLevel.DONE_FOR: N_("Somebody does it for them; they have not learned it yet."),
    IndependenceLevel.WITH_HELP: N_("They do it when somebody stands beside them."),
    IndependenceLevel.ALONE_WATCHED: N_("They did it alone, and the helper only watched."),
    IndependenceLevel.CONFIRMED_ALONE: N_("Somebody came again, and they still did it alone."),
    IndependenceLevel.NOT_NEEDED: N_("This family does not need it."),
}
"""What a house of the ladder tells, in the order in which it is explained."""


class Basis(StrEnum):
    """How somebody knows (căn cứ). Self-said is kept and never counted."""

    OBSERVED = "observed"
    RECHECKED = "rechecked"
    SELF_SAID = "self_said"


BASIS_NAMES = {
    Basis.OBSERVED: N_("Seen"),
    Basis.RECHECKED: N_("Seen at a recheck"),
    Basis.SELF_SAID: N_("Said by the family, not counted"),
}


class Observed(Protocol):
    """What the rule needs of an observation."""

    @property
    def id(self) -> UUID:
        """Breaks ties between observations of the same moment."""
        ...

    @property
    def level(self) -> int:
        """What was seen."""
        ...

    @property
    def basis(self) -> Basis:
        """How it was known."""
        ...

    @property
    def observed_at(self) -> datetime:
        """When."""
        ...


def is_recheck(first: datetime, again: datetime) -> bool:
    """Is the second look late enough to confirm the first?

    Days are days of the calendar in Vietnam: who was taught on the 1st at three in the afternoon may be looked at again
    on the 15th at seven in the morning, the first day that the return proposes.
    """
    return local_day(again) - local_day(first) >= RECHECK_AFTER


def is_alone(level: int | None) -> bool:
    """Can they use the service alone?"""
    return level is not None and level >= IndependenceLevel.ALONE_WATCHED


def current_level(observations: Iterable[Observed]) -> IndependenceLevel:
    """The level that one member's observations of one service add up to, whatever order they arrive in.

    The latest counted observation decides, so levels may fall. "Alone" becomes "confirmed alone" when it is seen
    again at least 14 days of the calendar after it began and was not lost in between.
    """
    level = IndependenceLevel.NOT_STARTED
    alone_since: datetime | None = None
    for seen in sorted(observations, key=lambda o: (o.observed_at, o.id.bytes)):
        if seen.basis == Basis.SELF_SAID:
            continue
        if not is_alone(seen.level):
            level, alone_since = IndependenceLevel(seen.level), None
        elif alone_since is None:
            level, alone_since = IndependenceLevel.ALONE_WATCHED, seen.observed_at
        elif is_recheck(alone_since, seen.observed_at):
            level = IndependenceLevel.CONFIRMED_ALONE
    return level


class Recheck(NamedTuple):
    """Somebody who stood at "alone" was seen again at least 14 days later (kiểm tra lại).

    by_another: by a second person, not by who first saw them alone.
    """

    at: datetime
    is_confirmed: bool
    by_another: bool


def rechecks_of(observations: Iterable[Any]) -> list[Recheck]:
    """The rechecks among one member's observations of one service; each needs a `person_id` too."""
    found = []
    alone: Any = None
    for seen in sorted(observations, key=lambda o: (o.observed_at, o.id.bytes)):
        if seen.basis == Basis.SELF_SAID:
            continue
        if alone is not None and is_recheck(alone.observed_at, seen.observed_at):
            by_another = seen.person_id != alone.person_id
            found.append(Recheck(seen.observed_at, is_alone(seen.level), by_another))
        if not is_alone(seen.level):
            alone = None
        elif alone is None:
            alone = seen
    return found


def household_level(member_levels: Iterable[IndependenceLevel]) -> IndependenceLevel:
    """A household stands where its best member stands; not needed only when nobody needs it."""
    levels = list(member_levels)
    if not levels:
        return IndependenceLevel.NOT_STARTED
    return max(levels)


def is_independent(levels: Mapping[str, IndependenceLevel], core_services: Iterable[str]) -> bool:
    """Can the household use every core service that it needs alone, and is there at least one such service?"""
    needed = [
        level
        for service in core_services
        if (level := levels.get(service, IndependenceLevel.NOT_STARTED)) is not IndependenceLevel.NOT_NEEDED
    ]
    return bool(needed) and all(is_alone(level) for level in needed)
