"""Returns: those that follow from other records, and those settled by word."""

from dataclasses import dataclass
from datetime import datetime
from typing import Annotated, Any
from uuid import UUID

import msgspec

from volunteer_app.domain import follow_ups
from volunteer_app.domain.follow_ups import Return, Settled
from volunteer_app.domain.operations.claims import HouseholdId, ReturnId
from volunteer_app.domain.operations.envelope import Body, Operation
from volunteer_app.domain.operations.known import Known
from volunteer_app.domain.problems import first_of


@dataclass
class FollowUp:
    """A return that follows from a visit or walk-through, and carries its id."""

    id: UUID
    household_id: UUID
    proposed: Return
    created_at: datetime
    service: str | None = None
    blocker: str | None = None


class FollowUpSettledBody(Body):
    """A return needs no visit any more: done otherwise, or cancelled with a reason."""

    household_id: HouseholdId
    follow_up_id: ReturnId
    settled_as: Settled
    why: Annotated[str, msgspec.Meta(max_length=300)] = ""


@dataclass
class Settlement:
    """A return is settled by word."""

    id: UUID
    household_id: UUID
    follow_up_id: UUID
    settled_as: Settled
    why: str


def take(op: Operation, body: FollowUpSettledBody, known: Known, now: datetime) -> Any:
    """A return is settled by word."""
    household = known.households[body.household_id]
    if problem := first_of(follow_ups.problems_with_settling(body.settled_as, body.why)):
        return problem
    return [Settlement(op.id, household.id, body.follow_up_id, body.settled_as, body.why.strip())]
