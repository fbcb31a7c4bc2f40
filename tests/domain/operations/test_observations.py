"""What was seen or said outside of a guide."""

import pytest

from tests.people import an_operation
from volunteer_app.domain.independence import Basis
from volunteer_app.domain.operations.observations import NOT_ASKED


def an_observation(family, schema=4, **said):
    body = {
        "household_id": family.home,
        "member_id": family.member,
        "service": "activate-level-2",
        "level": 3,
    }
    return an_operation(
        "observation", body | {"basis": "observed", "reason": "Tự nộp hôm qua"} | said, schema=schema
    )


def test_an_observation_carries_the_operations_id_its_reason_and_who_saw_it(take, known, family):
    operation = an_observation(family)

    (seen,) = take(operation)

    assert (seen.id, seen.level, seen.basis, seen.reason) == (
        operation.id,
        3,
        Basis.OBSERVED,
        "Tự nộp hôm qua",
    )
    assert (seen.person_id, seen.observed_at) == (known.person_id, operation.recorded_at)


def test_an_old_app_was_not_asked_for_a_reason(take, family):
    old = an_observation(family, schema=2)
    del old.body["reason"]

    (seen,) = take(old)

    assert seen.reason == NOT_ASKED


@pytest.mark.parametrize(
    ("said", "code"),
    [
        ({"reason": " "}, "observation.no_reason"),
        ({"service": "no-such-service"}, "operation.unknown_service"),
        ({"level": 5}, "operation.unreadable"),
    ],
)
def test_an_observation_that_cannot_be_is_refused(take, family, said, code):
    assert take(an_observation(family, **said)) == code
