"""Trying again is offered only where it can help: every reason for setting an entry aside says what brings it on."""

from importlib import import_module
from pkgutil import iter_modules

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
from volunteer_app.domain.operations.ways_on import WAYS, WayOn, may_help
from volunteer_app.domain.problems import Problem

RULES = (dossiers, follow_ups, free_text, households, observations, outreach, visits, walk_throughs)
TAKEN_ALL_THE_SAME = {"assignment.over_on_arrival", "consent.left_out"}


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
