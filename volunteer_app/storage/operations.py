"""The log of what phones delivered, and the one way in for what they recorded.

Dedupe is the primary key (province, operation id) and nothing else. A whole batch is planned and written at once; if
the database refuses it, every operation is tried alone, in its own savepoint, so one bad record never blocks the rest.
"""

import logging
from collections import defaultdict
from dataclasses import dataclass
from datetime import datetime
from hashlib import blake2b
from typing import Any
from uuid import UUID

import msgspec
import sqlalchemy as sa
from sqlalchemy.exc import DBAPIError
from sqlmodel import Field, SQLModel, col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from volunteer_app.domain import taking
from volunteer_app.domain.calendar import local_day
from volunteer_app.domain.households import Household, Member
from volunteer_app.domain.observations import Observation
from volunteer_app.domain.operations import (
    OTHER_AUTHOR,
    OTHER_CONTENT,
    UNREADABLE,
    WAITS,
    Operation,
    OperationOutcome,
    digest,
)
from volunteer_app.domain.people import Role
from volunteer_app.domain.problems import Problem
from volunteer_app.domain.taking import Change, FollowUp, Held, Known
from volunteer_app.domain.visits import Visit
from volunteer_app.domain.walk_throughs import WalkThrough
from volunteer_app.permissions import Scope
from volunteer_app.storage import feeds, standings
from volunteer_app.storage.assignments import AssignmentRow
from volunteer_app.storage.database import Id, words
from volunteer_app.storage.follow_ups import FollowUpRow
from volunteer_app.storage.households import HouseholdRow, MemberRow
from volunteer_app.storage.places import HamletRow
from volunteer_app.storage.visits import ObservationRow, VisitRow, WalkThroughRow

log = logging.getLogger(__name__)

Touched = dict[UUID, UUID]
"""Households that a delivery changed, each with its hamlet."""


class OperationRow(SQLModel, table=True):
    """One delivered operation. `body` is kept only while it waits or needs a look; the records hold the rest."""

    __tablename__ = "operations"
    __table_args__ = (
        sa.Index("ix_operations_waits_for", "province_code", "waits_for"),
        sa.Index("ix_operations_device", "province_code", "device_id", "seq"),
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
    waits_for: UUID | None = Field(default=None, sa_type=Id)
    body: str | None = None
    recorded_at: datetime
    received_at: datetime


class ChangeRow(SQLModel, table=True):
    """A change of some fields of a household or member (thay đổi): who, when, which fields. Append-only."""

    __tablename__ = "changes"
    province_code: str = Field(primary_key=True, max_length=2)
    id: UUID = Field(primary_key=True, sa_type=Id)
    household_id: UUID = Field(sa_type=Id, index=True)
    member_id: UUID | None = Field(default=None, sa_type=Id)
    fields: dict[str, Any] = Field(sa_column=sa.Column(sa.JSON, nullable=False))
    person_id: UUID = Field(sa_type=Id)
    recorded_at: datetime
    received_at: datetime


@dataclass(frozen=True)
class Answer:
    """The server's answer to one operation."""

    id: UUID
    outcome: OperationOutcome
    received_at: datetime
    problem: Problem | None = None
    waits_for: UUID | None = None


@dataclass(frozen=True)
class Sender:
    """Who delivers, from which phone, with which build of the app."""

    scope: Scope
    device_id: UUID
    app_build: str


async def take_all(
    db: AsyncSession, sender: Sender, operations: list[Operation], now: datetime
) -> list[Answer]:
    """Take a delivery: one answer for each operation, in their order. Runs inside the caller's transaction."""
    touched: Touched = {}
    answers = await _take_together_or_alone(db, sender, operations, now, touched)
    await feeds.note_changes(db, sender.scope.province_code, touched)
    return answers


async def _take_together_or_alone(
    db: AsyncSession, sender: Sender, operations: list[Operation], now: datetime, touched: Touched
) -> list[Answer]:
    try:
        async with db.begin_nested():
            return await _take(db, sender, operations, now, touched)
    except DBAPIError:
        log.warning("operations.batch_refused device=%s count=%s", sender.device_id, len(operations))
    answers = []
    for operation in operations:
        try:
            async with db.begin_nested():
                answers += await _take(db, sender, [operation], now, touched)
        except DBAPIError:
            log.exception("operation.refused id=%s", operation.id)
            answers.append(Answer(operation.id, OperationOutcome.RETRY, now))
    return answers


async def _take(
    db: AsyncSession, sender: Sender, operations: list[Operation], now: datetime, touched: Touched
) -> list[Answer]:
    known_before = await _known_operations(db, sender.scope, operations)
    answers: dict[UUID, Answer] = {}
    fresh: list[Operation] = []
    seen: dict[UUID, bytes] = {}
    for operation in operations:
        its_digest = digest(operation)
        before = known_before.get(operation.id)
        if before is not None:
            answers[operation.id] = _answer_again(before, its_digest)
        elif operation.id not in seen:
            seen[operation.id] = its_digest
            fresh.append(operation)
    if fresh:
        known = await _known(db, sender.scope, fresh)
        for answer in await _keep(db, sender, fresh, seen, known, now, touched):
            answers[answer.id] = answer
        accepted = [a.id for a in answers.values() if a.outcome is OperationOutcome.ACCEPTED]
        await _release(db, sender.scope, accepted, now, touched)
    return [answers[operation.id] for operation in operations]


def _answer_again(row: OperationRow, its_digest: bytes) -> Answer:
    """A repeat: the same content is a success, other content is kept apart and shown."""
    if row.digest != its_digest:
        return Answer(row.id, OperationOutcome.MISMATCH, row.received_at, OTHER_CONTENT)
    if row.outcome is OperationOutcome.ACCEPTED:
        return Answer(row.id, OperationOutcome.DUPLICATE, row.received_at)
    return Answer(row.id, row.outcome, row.received_at, PROBLEMS.get(row.reason or ""), row.waits_for)


async def _known_operations(
    db: AsyncSession, scope: Scope, operations: list[Operation]
) -> dict[UUID, OperationRow]:
    rows = await db.exec(
        select(OperationRow).where(
            OperationRow.province_code == scope.province_code,
            col(OperationRow.id).in_([o.id for o in operations]),
        )
    )
    return {row.id: row for row in rows}


async def _known(db: AsyncSession, scope: Scope, operations: list[Operation]) -> Known:
    """Look up what the operations name, each kind of thing with one query."""
    named: dict[str, set[UUID]] = defaultdict(set)
    for operation in operations:
        for key in ("hamlet_id", "household_id", "member_id", "visit_id"):
            try:
                named[key].add(UUID(str(operation.body[key])))
            except (KeyError, ValueError):
                continue
    province = scope.province_code

    async def rows(row: Any, ids: set[UUID]) -> list[Any]:
        if not ids:
            return []
        return list(await db.exec(select(row).where(row.province_code == province, row.id.in_(ids))))

    assigned = None
    if scope.role is Role.VOLUNTEER:
        # Work done under a lease that is over is still theirs: every hamlet ever assigned counts.
        assigned = frozenset(
            await db.exec(
                select(AssignmentRow.hamlet_id)
                .where(AssignmentRow.province_code == province, AssignmentRow.person_id == scope.person_id)
                .distinct()
            )
        )
    return Known(
        province_code=province,
        person_id=scope.person_id,
        commune_code=scope.commune_code,
        assigned=assigned,
        hamlets={row.id: row.commune_code for row in await rows(HamletRow, named["hamlet_id"])},
        households={r.id: _plain(Household, r) for r in await rows(HouseholdRow, named["household_id"])},
        members={r.id: _plain(Member, r) for r in await rows(MemberRow, named["member_id"])},
        visits={row.id: row.household_id for row in await rows(VisitRow, named["visit_id"])},
    )


def _plain(kind: type[Any], row: SQLModel) -> Any:
    """A row as the plain value that the rules work on."""
    return kind.model_construct(**{name: getattr(row, name) for name in kind.model_fields})


async def _keep(
    db: AsyncSession,
    sender: Sender,
    operations: list[Operation],
    digests: dict[UUID, bytes],
    known: Known,
    now: datetime,
    touched: Touched,
) -> list[Answer]:
    """Plan every operation, then write all that follows, table by table."""
    answers = []
    rows: dict[type[SQLModel], list[dict[str, Any]]] = defaultdict(list)
    for operation in operations:
        taken = taking.take(operation, known, now)
        answer = _answer(operation.id, taken, now)
        answers.append(answer)
        is_accepted = answer.outcome is OperationOutcome.ACCEPTED
        rows[OperationRow].append(
            {
                "province_code": sender.scope.province_code,
                "id": operation.id,
                "person_id": sender.scope.person_id,
                "device_id": sender.device_id,
                "seq": operation.seq,
                "kind": operation.kind,
                "body_schema": operation.schema,
                "digest": digests[operation.id],
                "app_build": sender.app_build,
                "outcome": answer.outcome,
                "reason": answer.problem.code if answer.problem else None,
                "waits_for": answer.waits_for,
                "body": None if is_accepted else msgspec.json.encode(operation.body).decode(),
                "recorded_at": operation.recorded_at,
                "received_at": now,
            }
        )
        if isinstance(taken, list):
            for record in taken:
                _add_rows(rows, record, operation, sender.scope.person_id, known, now)
            touched |= _households_of(taken, known)
    await _write(db, sender.scope.province_code, rows)
    return answers


def _answer(operation_id: UUID, taken: Any, now: datetime) -> Answer:
    if isinstance(taken, Problem):
        return Answer(operation_id, OperationOutcome.PARKED, now, taken)
    if isinstance(taken, Held):
        return Answer(operation_id, OperationOutcome.HELD, now, WAITS, taken.waits_for)
    return Answer(operation_id, OperationOutcome.ACCEPTED, now)


def _add_rows(
    rows: dict[type[SQLModel], list[dict[str, Any]]],
    record: taking.Record,
    operation: Operation,
    person_id: UUID,
    known: Known,
    now: datetime,
) -> None:
    """The row that keeps a record."""
    if isinstance(record, FollowUp | Change):
        household = known.households[record.household_id]
        base = {"province_code": known.province_code, "id": operation.id, "household_id": household.id}
        if isinstance(record, Change):
            said = msgspec.to_builtins(record.fields)
            row = {"member_id": record.member_id, "fields": said, "person_id": person_id}
            row |= {"recorded_at": operation.recorded_at, "received_at": now, "set": record.fields}
            rows[ChangeRow].append(base | row)
        else:
            reason, due_from, due_to = record.proposed
            row = {"commune_code": household.commune_code, "hamlet_id": household.hamlet_id, "reason": reason}
            row |= {"due_from": due_from, "due_to": due_to, "created_at": record.created_at}
            rows[FollowUpRow].append(base | row | {"service": record.service, "blocker": record.blocker})
        return
    row = record.__dict__ | {"received_at": now}
    if isinstance(record, Household):
        rows[HouseholdRow].append(row | {"person_id": person_id, "recorded_at": operation.recorded_at})
    elif isinstance(record, Visit):
        rows[VisitRow].append(row | {"visited_on": local_day(record.recorded_at)})
    else:
        rows[ROWS[type(record)]].append(row)


def _households_of(records: list[taking.Record], known: Known) -> Touched:
    """Which households the records change, with their hamlets."""
    ids = {record.id if isinstance(record, Household) else record.household_id for record in records}
    return {id_: known.households[id_].hamlet_id for id_ in ids}


ROWS: dict[type, type[SQLModel]] = {
    Member: MemberRow,
    WalkThrough: WalkThroughRow,
    Observation: ObservationRow,
}


async def _write(
    db: AsyncSession, province_code: str, rows: dict[type[SQLModel], list[dict[str, Any]]]
) -> None:
    connection = await db.connection()
    changes = [(row, row.pop("set")) for row in rows[ChangeRow]]
    for table in (
        OperationRow,
        HouseholdRow,
        MemberRow,
        VisitRow,
        WalkThroughRow,
        ObservationRow,
        FollowUpRow,
        ChangeRow,
    ):
        if rows[table]:
            await connection.execute(sa.insert(table), rows[table])
    for row, values in changes:
        table, id_ = (
            (MemberRow, row["member_id"]) if row["member_id"] else (HouseholdRow, row["household_id"])
        )
        if values:
            await connection.execute(
                sa.update(table)
                .where(col(table.province_code) == province_code, col(table.id) == id_)
                .values(**values)
            )
    await standings.note_visits(db, rows[VisitRow])
    observed = {r["household_id"]: (r["commune_code"], r["hamlet_id"]) for r in rows[ObservationRow]}
    await standings.note_observations(db, province_code, observed)


async def _release(
    db: AsyncSession, scope: Scope, arrived: list[UUID], now: datetime, touched: Touched
) -> None:
    """Take the operations that waited for what has just arrived; what they bring may release more."""
    while arrived:
        waiting = list(
            await db.exec(
                select(OperationRow).where(
                    OperationRow.province_code == scope.province_code,
                    col(OperationRow.waits_for).in_(arrived),
                )
            )
        )
        arrived = []
        for row in sorted(waiting, key=lambda r: (r.recorded_at, r.id.bytes)):
            sender_scope = await _scope_of_sender(scope, row)
            operation = Operation(
                id=row.id,
                seq=row.seq,
                kind=row.kind,
                schema=row.body_schema,
                recorded_at=row.recorded_at,
                body=msgspec.json.decode(row.body or "{}"),
            )
            known = await _known(db, sender_scope, [operation])
            taken = taking.take(operation, known, now)
            answer = _answer(row.id, taken, now)
            row.outcome, row.waits_for = answer.outcome, answer.waits_for
            row.reason = answer.problem.code if answer.problem else None
            if isinstance(taken, list):
                row.body = None
                arrived.append(row.id)
                touched |= _households_of(taken, known)
                rows: dict[type[SQLModel], list[dict[str, Any]]] = defaultdict(list)
                for record in taken:
                    _add_rows(rows, record, operation, row.person_id, known, now)
                await _write(db, scope.province_code, rows)
        await db.flush()


async def _scope_of_sender(scope: Scope, row: OperationRow) -> Scope:
    """Whose work the waiting operation is: credited to its author, judged by the author's own assignments."""
    if row.person_id == scope.person_id:
        return scope
    return Scope(row.person_id, Role.VOLUNTEER, scope.province_code, scope.commune_code)


PROBLEMS: dict[str, Problem] = {}
"""Problems by code, to say again what was said when an operation was first parked."""


def _collect_problems() -> None:
    from volunteer_app.domain import free_text, households, operations, visits, walk_throughs

    for module in (free_text, households, operations, visits, walk_throughs):
        for value in vars(module).values():
            if isinstance(value, Problem):
                PROBLEMS[value.code] = value


_collect_problems()


async def park_foreign(
    db: AsyncSession, sender: Sender, operations: list[Operation], now: datetime
) -> list[Answer]:
    """Keep what somebody recorded whom the server never saw on this phone, for the leader to decide."""
    answers = []
    for operation in operations:
        raw = msgspec.json.encode(operation)
        answers.append(await park(db, sender, operation.id, raw, now, OTHER_AUTHOR, kind=operation.kind))
    return answers


async def park_unreadable(
    db: AsyncSession, sender: Sender, operation_id: UUID, raw: bytes, now: datetime
) -> Answer:
    """Keep the bytes of an operation that could not even be decoded, so that nothing is refused in silence."""
    return await park(db, sender, operation_id, raw, now, UNREADABLE, kind="unreadable")


async def park(
    db: AsyncSession,
    sender: Sender,
    operation_id: UUID,
    raw: bytes,
    now: datetime,
    why: Problem,
    *,
    kind: str,
) -> Answer:
    """Keep an operation's bytes with the reason; the same bytes again get the same answer."""
    before = await db.get(OperationRow, (sender.scope.province_code, operation_id))
    its_digest = blake2b(raw, digest_size=16).digest()
    if before is not None:
        return _answer_again(before, its_digest)
    db.add(
        OperationRow(
            province_code=sender.scope.province_code,
            id=operation_id,
            person_id=sender.scope.person_id,
            device_id=sender.device_id,
            seq=0,
            kind=kind,
            body_schema=0,
            digest=its_digest,
            app_build=sender.app_build,
            outcome=OperationOutcome.PARKED,
            reason=why.code,
            body=raw.decode("utf-8", "replace").replace("\x00", "\ufffd"),
            recorded_at=now,
            received_at=now,
        )
    )
    await db.flush()
    return Answer(operation_id, OperationOutcome.PARKED, now, why)
