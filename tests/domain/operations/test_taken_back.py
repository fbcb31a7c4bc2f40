"""A wrong tap taken back."""

from tests.people import MINH, an_operation, id_of
from volunteer_app.domain.operations.taken_back import TakenBack


def taken_back(family, record_id):
    return an_operation("taken_back", {"household_id": family.home, "record_id": record_id})


def test_f12_what_was_tapped_by_mistake_is_taken_back_however_often_that_is_said(take, family):
    first, again = taken_back(family, family.visit), taken_back(family, family.visit)

    assert take(first) == [TakenBack(first.id, family.home, family.visit)]
    assert take(again) == [TakenBack(again.id, family.home, family.visit)]


def test_f12_what_has_not_come_yet_is_waited_for(take, family):
    visit = id_of("a visit that is on its way")

    assert take(taken_back(family, visit)) == visit


def test_f12_nobody_takes_back_what_somebody_else_recorded(take, known, family):
    known.person_id = MINH

    assert take(taken_back(family, family.visit)) == "operation.not_theirs"


def test_f12_what_more_than_one_tap_makes_is_not_taken_back(take, family):
    assert take(taken_back(family, family.member)) == family.member, "no such record can be waited for"
