"""A step of a guide that no longer looks as it says."""

import pytest

from tests.people import an_operation

SAID = {"guide": "activate-level-2", "guide_version": 1, "step": "open-app", "note": "Nút đã đổi tên"}


def test_a_report_is_of_a_step_and_of_nobodys_household(take, known):
    operation = an_operation("screen_changed", SAID)

    (report,) = take(operation)

    assert (report.id, report.step, report.person_id) == (operation.id, "open-app", known.person_id)
    assert not hasattr(report, "household_id")


@pytest.mark.parametrize(
    ("said", "code"),
    [({"note": "CCCD 008 199 012 345"}, "text.id_number"), ({"guide_version": 0}, "operation.unreadable")],
)
def test_a_report_that_cannot_be_is_refused(take, said, code):
    assert take(an_operation("screen_changed", SAID | said)) == code
