"""Outreach sessions at the desk (F9): persons are counted, never visits; nobody else's are seen."""

from datetime import UTC, datetime

import pytest

from tests.field_work import deliver
from tests.people import HAMLET, HOA, LAN, MINH, THE_FRONT, a_household, a_member, an_operation, id_of

NOW = datetime.now(UTC)
HOME = a_household(recorded_at=NOW)
GRANDMOTHER = a_member(HOME.id, recorded_at=NOW)
TICKED = {"household_id": str(HOME.id), "member_id": str(GRANDMOTHER.id), "level": 2}
SESSION = an_operation(
    "outreach_session",
    {
        "hamlet_id": HAMLET,
        "place": "market",
        "service": "spot-scams",
        "people_count": 25,
        "note": "Phiên chợ mẫu",
        "ticked": [TICKED | {"id": str(id_of("ticked"))}],
    },
    recorded_at=NOW,
)


def test_f9_a_session_is_shown_with_who_came_and_raises_no_visit(signed_in, in_database):
    in_database(lambda database: deliver(database, [HOME, GRANDMOTHER], of=LAN, now=NOW))
    desk = signed_in(MINH)
    assert "No session has been recorded yet" in desk.get("/en/outreach").text

    in_database(lambda database: deliver(database, [SESSION], of=LAN, now=NOW))

    page = desk.get("/en/outreach").text
    assert "25 people" in page and "known by name: 1, of 1 households" in page and "Phiên chợ mẫu" in page
    assert "Seen at an outreach session." in desk.get(f"/en/households/{HOME.id}").text
    assert "0 of" in desk.get("/en/desk").text


@pytest.mark.parametrize("person", [LAN, HOA, THE_FRONT])
def test_nobody_else_reads_the_sessions(signed_in, person):
    assert signed_in(person).get("/en/outreach").status_code == 404
