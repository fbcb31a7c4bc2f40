"""An entry that was set aside for a fault, said anew without it: the new one stands in its place, both stay in the log.

What follows carries the first one's id and time, so that what was recorded after it finds it. Only its author mends an
entry; the first correction that can be taken stands, and one that comes after that waits for the leader.
"""

from typing import Any
from uuid import UUID

import msgspec
import sqlalchemy as sa
from sqlmodel import col

from volunteer_app.domain.operations.envelope import (
    MENDED,
    NOT_THEIRS,
    TAKEN_FIRST,
    Operation,
    OperationOutcome,
)
from volunteer_app.domain.problems import Problem
from volunteer_app.storage.operations import log
from volunteer_app.storage.operations.log import Answer, OperationRow, Sent


def what_stands_before(connection: sa.Connection, province_code: str, one: Sent) -> Problem | None:
    """Why it cannot stand in the place of the entry that it mends; MENDED: a later correction does already."""
    mends = one.operation.mends
    if mends is None:
        return None
    first = log.kept_before(connection, province_code, [mends]).get(mends)
    if first is None:
        return None  # it comes before what it mends
    if first.person_id != one.sender.scope.person_id:
        return NOT_THEIRS
    if first.outcome is not OperationOutcome.ACCEPTED:
        return None
    taken = connection.execute(
        sa.select(sa.func.max(OperationRow.seq)).where(
            _of(province_code, one), col(OperationRow.outcome) == OperationOutcome.ACCEPTED
        )
    ).scalar()
    return comes_after(one.operation, taken)


def comes_after(operation: Operation, taken: int | None) -> Problem:
    """What becomes of a correction when the entry was taken before; taken: as it was corrected by that number's."""
    return MENDED if taken is not None and taken > operation.seq else TAKEN_FIRST


def place(mends: UUID | None, seq: int) -> tuple[bool, int]:
    """Where an operation is looked at: corrections after all else, the newest first."""
    return mends is not None, -seq if mends else 0


def settle(connection: sa.Connection, province_code: str, one: Sent, answer: Answer) -> None:
    """It is taken: the entry that it mends is taken with it, and its other corrections are over."""
    as_taken = {
        "outcome": OperationOutcome.ACCEPTED,
        "reason": answer.problem.code if answer.problem else None,
        "field": None,
        "waits_for": None,
        "body": None,
        "recorded_at": one.operation.recorded_at,
        "time_quality": one.operation.time_quality,
    }
    first = (
        col(OperationRow.province_code) == province_code,
        col(OperationRow.id) == one.operation.mends,
    )
    if not connection.execute(sa.update(OperationRow).where(*first).values(**as_taken)).rowcount:
        at_first = one._replace(operation=as_recorded(one.operation))
        row = log.row_of(at_first, log.NOT_SEEN, answer, answer.received_at)
        connection.execute(sa.insert(OperationRow).values(row | {"seq": 0, "mends": None}))
    connection.execute(
        sa.update(OperationRow)
        .where(
            _of(province_code, one),
            col(OperationRow.id) != one.operation.id,
            col(OperationRow.outcome).in_(log.NOT_YET_TAKEN),
        )
        .values(outcome=OperationOutcome.DISCARDED, reason=MENDED.code, waits_for=None, body=None)
    )


def as_recorded(operation: Operation) -> Operation:
    """The operation under the id that its record has."""
    return msgspec.structs.replace(operation, id=operation.mends or operation.id, mends=None)


def _of(province_code: str, one: Sent) -> Any:
    """All corrections of the same entry."""
    return sa.and_(
        col(OperationRow.province_code) == province_code, col(OperationRow.mends) == one.operation.mends
    )
