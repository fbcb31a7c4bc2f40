"""A leader's note that is done."""

from tests.people import an_operation, id_of
from volunteer_app.domain.operations.notes import NoteDone

NOTE = id_of("a leader's note")


def test_a_note_is_done_for_the_family_it_was_written_about(take, known, family):
    operation = an_operation("note_done", {"household_id": family.home, "note_id": NOTE})
    assert take(operation) == "operation.not_theirs", (
        "a leader's note never comes from a phone: nothing to wait for"
    )

    known.notes[NOTE] = family.home

    assert take(operation) == [NoteDone(operation.id, family.home, NOTE)]
