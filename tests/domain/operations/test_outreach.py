"""The same help to many, and who was ticked."""

import pytest

from tests.people import FAR_HAMLET, HAMLET, an_operation, id_of
from volunteer_app.domain.operations.outreach import Attendance


def a_session(*ticked, **said):
    body = {
        "hamlet_id": str(HAMLET),
        "place": "meeting_house",
        "service": "activate-level-2",
        "people_count": 20,
    }
    return an_operation("outreach_session", body | {"ticked": list(ticked)} | said)


def a_tick(family, name="tick", **said):
    ids = {"id": str(id_of(name)), "household_id": str(family.home), "member_id": str(family.member)}
    return ids | {"level": 2} | said


def test_f9_everybody_ticked_is_seen_under_an_id_of_their_own_and_nobody_was_visited(take, known, family):
    visits = dict(known.visits)
    operation = a_session(a_tick(family))

    session, attended, seen = take(operation)

    assert (session.id, session.people_count) == (operation.id, 20)
    assert attended == Attendance(id_of("tick"), operation.id, family.home, family.member)
    assert (seen.id, seen.level) == (id_of("tick"), 2)
    assert known.visits == visits


def test_who_was_erased_never_takes_down_what_was_done_for_the_others(take, known, family):
    known.erased.add(id_of("erased"))

    found = take(a_session(a_tick(family, "gone", household_id=str(id_of("erased"))), a_tick(family)))

    assert [one.id for one in found[1:]] == [id_of("tick")] * 2


def test_a_session_waits_for_whom_it_does_not_know_yet(take, family):
    assert take(a_session(a_tick(family, member_id=str(id_of("new"))))) == id_of("new")


@pytest.mark.parametrize(
    ("said", "code"),
    [
        ({"people_count": 1}, "session.fewer"),
        ({"service": "no-such-service"}, "operation.unknown_service"),
        ({"hamlet_id": str(FAR_HAMLET)}, "operation.not_assigned"),
        ({"people_count": 0}, "operation.unreadable"),
    ],
)
def test_a_session_that_cannot_be_is_refused(take, family, said, code):
    assert take(a_session(a_tick(family, "one"), a_tick(family, "two"), **said)) == code


def test_a_session_proves_at_most_with_help(take, family):
    assert take(a_session(a_tick(family, level=3))) == "session.too_high"
