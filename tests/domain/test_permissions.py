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


WHO = {
    "volunteer": member_scope(LAN, Role.VOLUNTEER, PROVINCE, COMMUNE, [HAMLET]),
    "leader": member_scope(LAN, Role.LEADER, PROVINCE, COMMUNE),
    "leader of a province": member_scope(LAN, Role.LEADER, PROVINCE),
    "leader looking in": member_scope(LAN, Role.LEADER, PROVINCE).within(COMMUNE),
    "reviewer": member_scope(LAN, Role.REVIEWER, PROVINCE, COMMUNE),
    "officer": member_scope(LAN, Role.REVIEWER, PROVINCE),
    "officer looking in": member_scope(LAN, Role.REVIEWER, PROVINCE).within(COMMUNE),
    "editor": member_scope(LAN, Role.EDITOR, PROVINCE),
    "admin": member_scope(LAN, Role.ADMIN, PROVINCE),
    "admin looking in": member_scope(LAN, Role.ADMIN, PROVINCE).within(COMMUNE),
    "program": program_scope(LAN, PROVINCE, COMMUNE),
    "program of a province": program_scope(LAN, PROVINCE),
}
LEADERS = {"leader", "leader of a province", "leader looking in"}
ADMINS = {"admin", "admin looking in"}
REVIEWERS = {"reviewer", "officer", "officer looking in", "program", "program of a province"}
ALLOWED = {
    "may_see_figures": LEADERS | REVIEWERS | ADMINS,
    "may_see_small_figures": LEADERS | ADMINS | {"reviewer", "volunteer"},
    "may_let_programs_in": {"leader"} | ADMINS,
    "may_work_in_the_field": LEADERS | {"volunteer"},
    "may_see_team": LEADERS | ADMINS,
    "may_lead": {"leader"},
    "may_second_recovery": LEADERS | REVIEWERS | ADMINS,
    "may_see_audit": LEADERS | ADMINS,
    "may_watch_the_server": ADMINS | {"officer", "officer looking in"},
    "may_answer_privacy_requests": LEADERS | ADMINS,
    "may_edit_guides": ADMINS | {"editor"},
    "may_record": LEADERS | ADMINS | {"volunteer", "editor"},
    "may_review_voices": LEADERS | ADMINS | {"editor"},
    "may_answer_requests": LEADERS | ADMINS,
    "may_give_badges": LEADERS | ADMINS,
    "may_keep_facilities": LEADERS | ADMINS,
    "may_make_posters": LEADERS | ADMINS | {"editor"},
}
"""Rules that ask nothing but who it is, each with all whom it lets. A new rule needs a line here or below."""


def test_every_rule_stands_in_a_table():
    assert RULES.keys() == {*ALLOWED, "may_see_commune", "may_see_records", "may_invite"}


@pytest.mark.parametrize("name", ALLOWED)
def test_a_rule_lets_just_whom_its_table_names(name):
    assert {who for who, scope in WHO.items() if RULES[name](scope)} == ALLOWED[name]


@pytest.mark.parametrize("role", list(Role))
def test_leaders_of_a_commune_invite_volunteers_and_leaders_and_administrators_anybody(role):
    wanted = ADMINS | ({"leader"} if role in (Role.VOLUNTEER, Role.LEADER) else set())

    assert {who for who, scope in WHO.items() if permissions.may_invite(scope, role)} == wanted


PLACES = [(PROVINCE, COMMUNE), (PROVINCE, OTHER_COMMUNE), ("04", COMMUNE), ("04", OTHER_COMMUNE)]


@pytest.mark.parametrize("place", PLACES)
def test_a_place_is_seen_by_province_and_commune_and_its_records_only_by_who_leads_there(place):
    whole = {who for who, scope in WHO.items() if scope.commune_code is None}
    seen = {(PROVINCE, COMMUNE): set(WHO), (PROVINCE, OTHER_COMMUNE): whole}.get(place, set())
    named = {"leader"} if place == (PROVINCE, COMMUNE) else set()

    assert {who for who, scope in WHO.items() if permissions.may_see_commune(scope, *place)} == seen
    assert {who for who, scope in WHO.items() if permissions.may_see_records(scope, *place)} == named
