"""Who may see and do what: how a scope is made, and that looking into one place allows nothing more."""

import inspect
from itertools import product
from uuid import UUID

import pytest

from tests.people import COMMUNE, FAR_HAMLET, HAMLET, LAN, OTHER_COMMUNE, PROVINCE
from volunteer_app.domain import permissions
from volunteer_app.domain.people import Role
from volunteer_app.domain.permissions import Scope, member_scope, program_scope

RULES = {name: rule for name, rule in vars(permissions).items() if name.startswith("may_")}
ASKED = {
    "province_code": (PROVINCE, "04"),
    "commune_code": (COMMUNE, OTHER_COMMUNE),
    "role": tuple(Role),
}
PEOPLE = [member_scope(LAN, role, PROVINCE, commune) for role in Role for commune in (None, COMMUNE)]
PROGRAMS = [program_scope(LAN, PROVINCE, commune) for commune in (None, COMMUNE)]


def questions(name: str) -> list[dict]:
    """Everything that can be asked of a rule, beside the scope."""
    named = list(inspect.signature(RULES[name]).parameters)[1:]
    return [dict(zip(named, values, strict=True)) for values in product(*(ASKED[one] for one in named))]


@pytest.mark.parametrize("name", RULES)
def test_looking_into_one_commune_allows_nothing_that_was_not_allowed_before(name):
    rule = RULES[name]

    for whole in PEOPLE + PROGRAMS:
        narrowed = whole.within(COMMUNE)
        more = [asked for asked in questions(name) if rule(narrowed, **asked) and not rule(whole, **asked)]
        assert not more, (whole, more)


def test_what_a_scope_is_bound_to_survives_when_it_is_narrowed():
    hamlets = frozenset({HAMLET, FAR_HAMLET})
    bound = Scope(LAN, Role.VOLUNTEER, PROVINCE, None, hamlets, is_program=True)
    narrowed = bound.within(COMMUNE)

    assert narrowed.commune_code == COMMUNE
    assert (narrowed.hamlet_ids, narrowed.is_program) == (hamlets, True)
    assert (narrowed.person_id, narrowed.role, narrowed.province_code) == (LAN, Role.VOLUNTEER, PROVINCE)


@pytest.mark.parametrize("whole", PEOPLE + PROGRAMS, ids=str)
def test_ones_own_place_is_seen_as_it_is(whole):
    assert whole.within(whole.commune_code) == whole


@pytest.mark.parametrize("elsewhere", [OTHER_COMMUNE, None])
def test_nobody_looks_out_of_their_own_commune(elsewhere):
    with pytest.raises(ValueError, match="outside"):
        member_scope(LAN, Role.REVIEWER, PROVINCE, COMMUNE).within(elsewhere)


@pytest.mark.parametrize("role", list(Role))
def test_only_volunteers_are_held_to_hamlets_and_to_none_when_none_is_named(role):
    named = member_scope(LAN, role, PROVINCE, COMMUNE, [HAMLET]).hamlet_ids
    unnamed = member_scope(LAN, role, PROVINCE, COMMUNE).hamlet_ids

    assert (named, unnamed) == (({HAMLET}, frozenset()) if role is Role.VOLUNTEER else (None, None))


@pytest.mark.parametrize("commune", [None, COMMUNE])
def test_m6_a_program_sees_no_small_figures_wherever_it_looks(commune):
    program = program_scope(UUID(int=1), PROVINCE, commune)

    assert not permissions.may_see_small_figures(program)
    assert not permissions.may_see_small_figures(program.within(COMMUNE))
