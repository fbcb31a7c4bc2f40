"""What came of a citizen's request for a visit, said by whom the leader sent."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any
from uuid import UUID

from volunteer_app.domain.operations.claims import VisitRequestId
from volunteer_app.domain.operations.envelope import Body, Operation
from volunteer_app.domain.operations.known import Known


class ClosedAs(StrEnum):
    """What closes a request. The values are those of `RequestStatus`."""

    DONE = "done"
    DECLINED = "declined"


class RequestAnsweredBody(Body):
    """The visit was made, or is not needed any more."""

    request_id: VisitRequestId
    status: ClosedAs


@dataclass
class RequestAnswered:
    """A request that is closed by whoever went."""

    id: UUID
    request_id: UUID
    status: ClosedAs


def take(op: Operation, body: RequestAnsweredBody, known: Known, now: datetime) -> Any:
    """A request is closed; it may have been closed at the desk before."""
    return [RequestAnswered(op.id, body.request_id, body.status)]
