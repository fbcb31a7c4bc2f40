"""What a leader's note asked for is done."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from volunteer_app.domain.operations.claims import HouseholdId, NoteId
from volunteer_app.domain.operations.envelope import Body, Operation
from volunteer_app.domain.operations.known import Known


class NoteDoneBody(Body):
    """What a leader's note asked for is done."""

    household_id: HouseholdId
    note_id: NoteId


@dataclass
class NoteDone:
    """A leader's note is done."""

    id: UUID
    household_id: UUID
    note_id: UUID


def take(op: Operation, body: NoteDoneBody, known: Known, now: datetime) -> Any:
    """A note is done."""
    household = known.households[body.household_id]
    return [NoteDone(op.id, household.id, body.note_id)]
