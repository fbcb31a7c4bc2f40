"""Which visits may be kept."""

from datetime import UTC, datetime
from uuid import UUID

from volunteer_app.domain import visits
from volunteer_app.domain.visits import Outcome, Visit

NOW = datetime(2026, 11, 22, 8, tzinfo=UTC)


def a_visit(**changes) -> Visit:
    ids = dict.fromkeys(("id", "hamlet_id", "household_id", "person_id"), UUID(int=1))
    said = {"province_code": "08", "commune_code": "00919", "outcome": Outcome.MET, "recorded_at": NOW}
    return Visit(**ids | said | changes)


def test_a_usual_visit_may_be_kept():
    assert visits.problems_with(a_visit(note="Gọi 0912 345 678 trước khi đến.")) == {}


def test_a_note_with_an_id_number_is_refused():
    found = visits.problems_with(a_visit(note="CCCD 008 199 012 345"))

    assert found["note"].code == "text.id_number"
