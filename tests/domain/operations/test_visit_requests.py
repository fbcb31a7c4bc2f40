"""What came of a visit that a citizen asked for."""

from tests.people import LAN, MINH, an_operation, id_of
from volunteer_app.domain.operations.visit_requests import RequestAnswered

ASKED = id_of("a citizen's request")


def test_a12_a_request_is_closed_by_whom_the_leader_sent(take, known):
    operation = an_operation("request_answered", {"request_id": ASKED, "status": "done"})
    assert take(operation) == "operation.given_on", "a citizen's request never comes from a phone"

    known.requests[ASKED] = MINH
    assert take(operation) == "operation.given_on", "somebody else is sent meanwhile"

    known.requests[ASKED] = LAN
    assert take(operation) == [RequestAnswered(operation.id, ASKED, "done")]


def test_only_what_closes_a_request_is_said_of_it(take, known):
    known.requests[ASKED] = LAN

    taken = take(an_operation("request_answered", {"request_id": ASKED, "status": "planned"}))

    assert taken == "operation.unreadable"
