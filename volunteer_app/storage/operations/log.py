"""The log of what phones delivered: one row for each operation. `storage/taking.py` is the one way in.

Dedupe is the primary key (province, operation id) and nothing else.
"""

from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cache
from hashlib import blake2b
from typing import Any, NamedTuple
from uuid import UUID

import msgspec
import sqlalchemy as sa
from sqlmodel import Field, SQLModel, col
from sqlmodel.ext.asyncio.session import AsyncSession

from volunteer_app.domain.all_problems import PROBLEMS
from volunteer_app.domain.budgets import Room
from volunteer_app.domain.operations.envelope import (
    AFTER_LEASE,
    UNREADABLE,
    Operation,
    OperationOutcome,
    TimeQuality,
    digest,
)
from volunteer_app.domain.problems import Problem
from volunteer_app.storage.database import Id, any_of, only, upsert, words
from volunteer_app.storage.many import Many
from volunteer_app.storage.operations.senders import Sender

MARKED = f"outcome = 'accepted' AND reason = '{AFTER_LEASE.code}'"
"""Taken, and its author's lease was over: few, so their index costs nearly nothing."""

ASIDE = "outcome <> 'accepted'"
"""Not taken, or not yet: few, so those who decide find them without a look at everything that was ever delivered."""


class OperationRow(SQLModel, table=True):
    """One delivered operation. `body` is kept only while it waits or needs a look; the records hold the rest.

    person_id: who recorded it. delivered_by: who brought it (nobody: without a sign-in, or before this was kept).
    signed_with: their key that proves it; None of what was taken on a sign-in's word, or waits since nothing proves it.
    reason: why it is not taken; of one that is, what is to be known about it all the same.
    field: the one field of the body that the reason is about.
    mends: the entry in whose place this one stands, as soon as it is taken.
    """

    __tablename__ = "operations"
    __table_args__ = (
        sa.Index("ix_operations_waiting", "province_code", "waits_for", **only("waits_for IS NOT NULL")),
        sa.Index("ix_operations_device", "province_code", "device_id", "seq"),
        sa.Index("ix_operations_marked", "province_code", "received_at", **only(MARKED)),
        sa.Index("ix_operations_aside", "province_code", "received_at", **only(ASIDE)),
        sa.Index("ix_operations_mends", "province_code", "mends", **only("mends IS NOT NULL")),
    )
    province_code: str = Field(primary_key=True, max_length=2)
    id: UUID = Field(primary_key=True, sa_type=Id)
    person_id: UUID = Field(sa_type=Id)
    device_id: UUID = Field(sa_type=Id)
    seq: int
    kind: str = Field(max_length=24)
    body_schema: int
    digest: bytes = Field(sa_type=sa.LargeBinary(16))  # type: ignore[call-overload]
    app_build: str = Field(max_length=40)
    outcome: OperationOutcome = Field(sa_column=sa.Column(words(OperationOutcome), nullable=False))
    reason: str | None = Field(default=None, max_length=60)
    field: str | None = Field(default=None, max_length=40)
    mends: UUID | None = Field(default=None, sa_type=Id)
    waits_for: UUID | None = Field(default=None, sa_type=Id)
    body: str | None = None
    recorded_at: datetime
    received_at: datetime
    delivered_by: UUID | None = Field(default=None, sa_type=Id)
    signed_with: UUID | None = Field(default=None, sa_type=Id)
    time_quality: TimeQuality = Field(
        default=TimeQuality.DEVICE,
        sa_column=sa.Column(words(TimeQuality, 12), nullable=False, server_default=TimeQuality.DEVICE),
    )


EARLIEST, LATEST = datetime(1900, 1, 1, tzinfo=UTC), datetime(9000, 1, 1, tzinfo=UTC)
"""What a phone may say of a moment that cannot be, and every database can still reckon with."""

ENDED = (OperationOutcome.ACCEPTED, OperationOutcome.DISCARDED)
"""Nobody needs to see again what it said."""


class Sent(NamedTuple):
    """An operation with its sender.

    refused: why it cannot be taken as it came, known before it is looked at.
    raw: its bytes as text, when it could not be read.
    room: what its deliverer may still have kept today; None: what is here already, or comes from ourselves.
    delivered_by, signed_with: as in the log.
    """

    sender: Sender
    operation: Operation
    refused: Problem | None = None
    raw: str | None = None
    room: Room | None = None
    delivered_by: UUID | None = None
    signed_with: UUID | None = None

    def digest(self) -> bytes:
        """What tells this content from other content under the same id."""
        if self.raw is not None:
            return blake2b(self.raw.encode(), digest_size=16).digest()
        return digest(self.operation)


@dataclass(frozen=True)
class Answer:
    """The server's answer to one operation. problem: why it is not taken, or what is to be known although it is.
    mends: the entry in whose place it stands."""

    id: UUID
    outcome: OperationOutcome
    received_at: datetime
    problem: Problem | None = None
    waits_for: UUID | None = None
    mends: UUID | None = None


def last_said_of(row: Any) -> Problem | None:
    """What was said of an operation when it was last looked at."""
    problem = PROBLEMS.get(row.reason or "")
    return problem._replace(field=row.field) if problem and row.field else problem


NOT_SEEN = bytes(16)
"""Stands for what an entry says that came after its correction."""


def row_of(sent: Sent, its_digest: bytes, answer: Answer, now: datetime) -> dict[str, Any]:
    """An operation as it is kept, with the answer it was given."""
    sender, operation = sent.sender, sent.operation
    body = None
    if answer.outcome not in ENDED:
        body = sent.raw if sent.raw is not None else msgspec.json.encode(operation.body).decode()
    return {
        "province_code": sender.scope.province_code,
        "id": operation.id,
        "person_id": sender.scope.person_id,
        "device_id": sender.device_id,
        "seq": operation.seq,
        "kind": operation.kind,
        "body_schema": operation.schema,
        "digest": its_digest,
        "app_build": sender.app_build,
        "outcome": answer.outcome,
        "reason": answer.problem.code if answer.problem else None,
        "field": answer.problem.field if answer.problem else None,
        "mends": operation.mends,
        "waits_for": answer.waits_for,
        "body": body,
        "recorded_at": min(max(operation.recorded_at, EARLIEST), LATEST),
        "received_at": now,
        "delivered_by": sent.delivered_by,
        "signed_with": sent.signed_with,
        "time_quality": operation.time_quality,
    }


INSERT = Many(sa.insert(OperationRow))


def keep_once(connection: sa.Connection, rows: list[dict[str, Any]]) -> None:
    """Keep these rows, but for those whose ids are taken."""
    connection.execute(_insert_once(connection.dialect.name), rows)


@cache
def _insert_once(dialect: str) -> Any:
    return upsert(dialect, OperationRow).on_conflict_do_nothing()


def forget_tries(connection: sa.Connection, province_code: str, ids: list[UUID]) -> None:
    """What was kept only to be tried again, or could not be read, is kept no longer."""
    query = sa.delete(OperationRow).where(
        col(OperationRow.province_code) == province_code,
        col(OperationRow.id).in_(ids),
        sa.or_(
            col(OperationRow.outcome) == OperationOutcome.RETRY, col(OperationRow.reason) == UNREADABLE.code
        ),
    )
    connection.execute(query)


def note_proof(connection: sa.Connection, province_code: str, proven: list[Sent]) -> None:
    """What was kept unproven has come again, proven now."""
    connection.execute(
        sa.update(OperationRow)
        .where(
            col(OperationRow.province_code) == province_code,
            col(OperationRow.id) == sa.bindparam("of_operation"),
        )
        .values(delivered_by=sa.bindparam("by"), signed_with=sa.bindparam("key")),
        [
            {"of_operation": one.operation.id, "by": one.delivered_by, "key": one.signed_with}
            for one in proven
        ],
    )


def kept_before(connection: sa.Connection, province_code: str, ids: list[UUID]) -> dict[UUID, Any]:
    """What the log has under these ids, without the bodies."""
    rows = connection.execute(KEPT_BEFORE, {"province": province_code, "ids": ids})
    return {row.id: row for row in rows.all()}


KEPT_BEFORE = sa.select(
    col(OperationRow.id),
    col(OperationRow.person_id),
    col(OperationRow.digest),
    col(OperationRow.outcome),
    col(OperationRow.reason),
    col(OperationRow.field),
    col(OperationRow.waits_for),
    col(OperationRow.received_at),
).where(col(OperationRow.province_code) == sa.bindparam("province"), col(OperationRow.id).in_(any_of("ids")))

WAITING = sa.select(*OperationRow.__table__.c).where(  # type: ignore[attr-defined]
    col(OperationRow.province_code) == sa.bindparam("province"),
    col(OperationRow.waits_for).in_(any_of("ids")),
)

NOT_YET_TAKEN = (OperationOutcome.PARKED, OperationOutcome.HELD, OperationOutcome.RETRY)

BY_ID = sa.select(*OperationRow.__table__.c).where(  # type: ignore[attr-defined]
    col(OperationRow.province_code) == sa.bindparam("province"), col(OperationRow.id).in_(any_of("ids"))
)

UNREAD_KIND = "unreadable"

UNREAD = sa.select(*OperationRow.__table__.c).where(  # type: ignore[attr-defined]
    sa.text(ASIDE), col(OperationRow.kind) == UNREAD_KIND, col(OperationRow.body).is_not(None)
)


async def unread_count(db: AsyncSession) -> int:
    """How many entries wait for a key that opens them."""
    waiting = sa.select(sa.func.count()).where(sa.text(ASIDE), col(OperationRow.kind) == UNREAD_KIND)
    return (await (await db.connection()).execute(waiting)).scalar_one()


def unreadable(sender: Sender, raw: bytes, operation_id: UUID, seq: int, now: datetime) -> Sent:
    """An operation that could not even be decoded: its bytes are kept, so that nothing is refused in silence."""
    operation = Operation(id=operation_id, seq=seq, kind=UNREAD_KIND, schema=0, recorded_at=now, body={})
    return Sent(sender, operation, UNREADABLE, raw.decode("utf-8", "replace").replace("\x00", "\ufffd"))
