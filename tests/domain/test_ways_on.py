"""Trying again is offered only where it can help: every reason for setting an entry aside says what brings it on."""

from importlib import import_module
from pkgutil import iter_modules

import msgspec
import pytest

from volunteer_app.domain import (
    dossiers,
    follow_ups,
    free_text,
    households,
    observations,
    operations,
    outreach,
    visits,
    walk_throughs,
)
from volunteer_app.domain.operations.kinds import KINDS
from volunteer_app.domain.operations.ways_on import WAYS, WRITTEN, WayOn, may_help
from volunteer_app.domain.problems import Problem
from volunteer_app.phone_facts import limits

RULES = (dossiers, follow_ups, free_text, households, observations, outreach, visits, walk_throughs)
TAKEN_ALL_THE_SAME = {"assignment.over_on_arrival", "consent.left_out", "operation.mended_by_leader"}


def reasons() -> set[str]:
    """Every reason that the way in knows, read off the modules that it asks."""
    kinds = [import_module(f"{operations.__name__}.{one.name}") for one in iter_modules(operations.__path__)]
    return {
        value.code
        for module in (*RULES, *kinds)
        for value in vars(module).values()
        if isinstance(value, Problem)
    }


def test_every_reason_says_what_brings_an_entry_on():
    assert reasons() - TAKEN_ALL_THE_SAME == WAYS.keys()


def test_what_breaks_a_rule_is_never_offered_to_be_tried_again():
    assert not any(may_help(code) for code, way in WAYS.items() if way in (WayOn.ANEW, WayOn.NOBODY))
    assert all(may_help(code) for code in ("operation.not_assigned", None, "refused"))


FROM_TAPS = {
    "session.too_high": "whoever was ticked is ticked again",
    "walk_through.empty": "nothing was marked: the guide is gone through again",
}
"""Faults of a field that nobody writes: the entry is made anew by taps, and the leader leaves the first one out."""

ABOUT = {
    "dossier.result_before": ("dossier", "result_on"),
    "dossier.result_too_late": ("dossier", "result_on"),
    "follow_up.no_reason": ("follow_up_settled", "why"),
    "observation.no_reason": ("observation", "reason"),
    "operation.before_this_app": ("*", "recorded_at"),
    "session.fewer": ("outreach_session", "people_count"),
    "visit.return_before_visit": ("visit walk_through", "return_on"),
    "visit.return_too_late": ("visit walk_through", "return_on"),
    "walk_through.no_blocker": ("walk_through", "blocker"),
}
"""Rules of one field: the kinds that they can be said of, and the field."""

IN_ANY_FIELD = {"operation.unreadable", "text.control", "text.id_number"}


def fields_of(kind: str) -> set[str]:
    return {field.encode_name for field in msgspec.structs.fields(KINDS[kind].body)}


@pytest.mark.parametrize("code", sorted(code for code, way in WAYS.items() if way is WayOn.ANEW))
def test_f16_o16_every_reason_has_a_way_on_for_every_kind(code):
    """Mended on the phone (and at the desk), by the leader, by itself, or over: there is no other."""
    for kind in KINDS:
        has_a_way_on(code, kind)


def has_a_way_on(code: str, kind: str) -> None:
    if code in IN_ANY_FIELD:  # whatever somebody wrote there; all else is made by taps, and made anew
        texts = [
            f for f, limit in limits()[kind].items() if limit["type"] == "text" and "pattern" not in limit
        ]
        assert set(texts) - {"code"} <= WRITTEN.keys()
    elif code not in FROM_TAPS:
        kinds, field = ABOUT[code]
        assert field in WRITTEN
        assert kinds == "*" or field in set.intersection(*map(fields_of, kinds.split()))


def test_f16_every_field_that_is_written_is_of_some_kind():
    assert WRITTEN.keys() - {"recorded_at"} <= set().union(*map(fields_of, KINDS))
    assert set(ABOUT) | FROM_TAPS.keys() | IN_ANY_FIELD == {c for c, w in WAYS.items() if w is WayOn.ANEW}
