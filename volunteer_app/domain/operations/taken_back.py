"""A wrong tap taken back (hoàn tác): an outcome, a smiley, a note ticked off. What was said first stays readable."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from volunteer_app.domain.operations.claims import HouseholdId, RecordId
from volunteer_app.domain.operations.envelope import Body, Operation
from volunteer_app.domain.operations.known import Known

CAN_BE_TAKEN_BACK = ("visit", "rating", "note_done")
"""The kinds that one tap makes, and so one tap takes back."""


class TakenBackBody(Body):
    """What was recorded by mistake, by whoever recorded it."""

    household_id: HouseholdId
    record_id: RecordId


@dataclass
class TakenBack:
    """A record that counts no more."""

    id: UUID
    household_id: UUID
    record_id: UUID


def take(op: Operation, body: TakenBackBody, known: Known, now: datetime) -> Any:
    """What was tapped by mistake counts no more, however often that is said."""
    return [TakenBack(op.id, known.households[body.household_id].id, body.record_id)]
