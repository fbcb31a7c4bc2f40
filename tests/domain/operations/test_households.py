"""Households, members and their changes, from what a phone says to what is kept."""

import pytest

from tests.people import FAR_HAMLET, LAN, NOW, a_household, a_member, an_operation, id_of
from volunteer_app.domain.households import Consent
from volunteer_app.domain.operations.households import Change, Clash


def a_change(home, **said):
    return an_operation("household_change", {"household_id": home, "base": {}} | said, schema=4)


def test_a_household_carries_the_operations_id_and_when_it_was_asked(take, known):
    operation = a_household(label="  Ông Páo ")

    (home,) = take(operation)

    assert (home.id, home.label, home.consent_at) == (operation.id, "Ông Páo", operation.recorded_at)
    assert known.households[operation.id] is home


def test_a_household_that_was_not_asked_has_no_moment_of_consent(take):
    (home,) = take(a_household(label="", consent="not_asked"))

    assert home.consent_at is None


def test_a_household_with_a_name_and_no_consent_is_refused(take):
    assert take(a_household(consent="refused")) == "household.name_without_consent"


def test_a_household_elsewhere_is_not_the_senders_to_register(take):
    assert take(a_household(hamlet_id=FAR_HAMLET)) == "operation.not_assigned"


def test_a_member_is_of_the_household_and_waits_for_it(take, family):
    operation = a_member(family.home, own_phone=True)

    (member,) = take(operation)

    assert (member.household_id, member.own_phone, member.own_sim) == (family.home, True, None)
    assert take(a_member(id_of("nobody"))) == id_of("nobody")


def test_a_change_sets_what_it_names_and_nothing_else(take, known, family):
    (change,) = take(a_change(family.home, people_count=5))

    assert change == Change(family.home, None, {"people_count": 5})
    assert known.households[family.home].people_count == 5
    assert known.households[family.home].label == "Nông Văn Mẫu"


def test_what_both_sides_changed_clashes_and_what_only_one_changed_merges(take, known, family):
    take(a_change(family.home, people_count=5))

    found = take(
        a_change(
            family.home, people_count=6, label="Ông Mẫu", base={"people_count": 4, "label": "Nông Văn Mẫu"}
        )
    )

    assert found[1:] == [Clash(family.home, None, "people_count", 5, 6)]
    assert (known.households[family.home].people_count, known.households[family.home].label) == (6, "Ông Mẫu")


@pytest.mark.parametrize("no", ["refused", "withdrawn"])
def test_p10_a_no_takes_the_name_away_and_who_did_not_know_of_it_cannot_undo_it(take, known, family, no):
    take(a_change(family.home, consent=no, base={"consent": "given"}))
    assert known.households[family.home].label == ""

    found = take(a_change(family.home, consent="given", label="Nông Văn Mẫu", base={"consent": "not_asked"}))

    assert known.households[family.home].consent is Consent(no)
    assert known.households[family.home].label == ""
    assert [one.field for one in found if isinstance(one, Clash)] == ["consent"]


def test_p10_who_knew_of_the_no_and_asked_again_may_write_yes(take, known, family):
    take(a_change(family.home, consent="withdrawn", base={"consent": "given"}))

    take(a_change(family.home, consent="given", label="Ông Mẫu", base={"consent": "withdrawn"}))

    assert (known.households[family.home].consent, known.households[family.home].label) == (
        Consent.GIVEN,
        "Ông Mẫu",
    )


def test_a_change_of_a_member_is_of_their_own_family(take, known, family):
    said = {"household_id": family.home, "member_id": family.member, "base": {}, "chip_card": True}

    assert take(an_operation("member_change", said, schema=4)) == [
        Change(family.home, family.member, {"chip_card": True})
    ]
    other = a_household(code="NT-002")
    take(other)
    stray = an_operation("member_change", said | {"household_id": other.id}, schema=4)
    assert take(stray) == family.member, "it waits: that family has no such member"


def test_what_has_no_name_here_is_not_kept(take):
    assert take(a_household(religion="any")) == "operation.unreadable"
    assert take(a_household(person_id=LAN, recorded_at=NOW, label="a\x01")) == "text.control"
