"""Households that may be one and the same door, registered twice (hộ trùng)."""

from collections import defaultdict
from collections.abc import Iterable
from typing import Any
from uuid import UUID

from volunteer_app.domain.names import NO_NAMES, folded
from volunteer_app.domain.problems import N_, Problem

SAME = Problem("merger.same", N_("Please choose two different households."))
LATER_MERGER = Problem(
    "merger.later", N_("The kept household was merged again afterwards. Please undo that merger first.")
)


def look_alike(one: str, other: str) -> bool:
    """Could two names be one person's? The given name is the same, and the surname where both have one.

    Phones ask the same before a household is registered (`lookAlike` in `service_worker/rules.js`).
    """
    words, others = _telling(one), _telling(other)
    if not words or not others or words[-1] != others[-1]:
        return False
    return min(len(words), len(others)) == 1 or words[0] == others[0]


def _telling(name: str) -> list[str]:
    """The words that tell people apart: all but Văn and Thị, which millions share; the last one is the given name."""
    *before, given = folded(name).split() or [""]
    return [word for word in before if word not in NO_NAMES] + ([given] if given else [])


def pairs(households: Iterable[Any], told_apart: Iterable[tuple[UUID, UUID]] = ()) -> list[tuple[Any, Any]]:
    """Households of one hamlet with names that look alike, the older one first; not those that a leader told apart."""
    known = {frozenset(pair) for pair in told_apart}
    by_given_name: dict[tuple[UUID, str], list[Any]] = defaultdict(list)
    for one in sorted(households, key=lambda one: (one.recorded_at, one.id.bytes)):
        if words := folded(one.label).split():
            by_given_name[one.hamlet_id, words[-1]].append(one)
    return [
        (one, other)
        for group in by_given_name.values()
        for n, one in enumerate(group)
        for other in group[n + 1 :]
        if look_alike(one.label, other.label) and frozenset((one.id, other.id)) not in known
    ]
