"""Which households and members may be kept, what they are called, and what people call their fields."""

import ast
from uuid import UUID

import pytest

from tests import imports
from volunteer_app.domain import households
from volunteer_app.domain.households import FIELD_NAMES, PREREQUISITES, Consent, Household, Member
from volunteer_app.domain.operations.households import ABOUT_CONSENT, HouseholdFields, MemberFields


def a_household(**changes) -> Household:
    said = {"province_code": "08", "commune_code": "00919", "code": "NL-012", "label": "", "people_count": 4}
    return Household(**said | {"id": UUID(int=1), "hamlet_id": UUID(int=2)} | changes)


@pytest.mark.parametrize("consent", [Consent.NOT_ASKED, Consent.REFUSED, Consent.WITHDRAWN])
def test_p10_a_name_is_kept_only_with_a_yes(consent):
    found = households.problems_with_household(a_household(label="Ông Páo", consent=consent))

    assert found["label"].code == "household.name_without_consent"
    assert households.problems_with_household(a_household(consent=consent)) == {}
    assert households.problems_with_household(a_household(label="Ông Páo", consent=Consent.GIVEN)) == {}


def test_no_name_of_a_house_or_member_is_an_id_number():
    of_house = a_household(label="008 199 012 345", consent=Consent.GIVEN)
    of_member = Member(province_code="08", id=UUID(int=1), household_id=UUID(int=2), label="008 199 012 345")

    assert households.problems_with_household(of_house)["label"].code == "text.id_number"
    assert households.problems_with_member(of_member)["label"].code == "text.id_number"


def test_a_household_is_called_by_its_name_else_by_its_code():
    assert households.shown_name(a_household()) == "NL-012"
    assert households.shown_name(a_household(label="Ông Páo", consent=Consent.GIVEN)) == "Ông Páo"


def test_every_field_that_a_phone_may_change_has_one_name_for_people():
    """Both desks of a leader, what was changed and what is to be decided, read the same list."""
    changed = {*HouseholdFields.__struct_fields__, *MemberFields.__struct_fields__} - {*ABOUT_CONSENT}
    lists = [
        name
        for name, path in imports.paths().items()
        for node in ast.walk(ast.parse(path.read_text("utf-8")))
        if isinstance(node, ast.Dict)
        and {*PREREQUISITES} <= {key.value for key in node.keys if isinstance(key, ast.Constant)}
        and all(
            isinstance(value, ast.Call) and getattr(value.func, "id", "") in ("_", "N_")
            for value in node.values
        )
    ]

    assert FIELD_NAMES.keys() == changed
    assert lists == ["volunteer_app.domain.households"]
