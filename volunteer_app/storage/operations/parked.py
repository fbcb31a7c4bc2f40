"""What waits for the leader: operations that were parked, wait too long, or say something else under a known id."""

from datetime import datetime
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from volunteer_app.domain.operations.envelope import (
    LEFT_OUT_BY_LEADER,
    MENDED_BY_LEADER,
    NEWER_SCHEMA,
    UNKNOWN_SERVICE,
    OperationOutcome,
)
from volunteer_app.domain.operations.ways_on import LeftOut
from volunteer_app.domain.permissions import Scope
from volunteer_app.storage import audit
from volunteer_app.storage.database import at_once
from volunteer_app.storage.operations import log, taking
from volunteer_app.storage.operations.log import Answer, OperationRow
from volunteer_app.storage.people import MembershipRow

WAITING = (*log.NOT_YET_TAKEN, OperationOutcome.MISMATCH)


async def parked_in(db: AsyncSession, scope: Scope) -> list[OperationRow]:
    """What people of the scope recorded and nobody could take yet, oldest first; also what they brought in the name of
    somebody whom nobody knows."""
    return list(await db.exec(_in_scope(scope).order_by(col(OperationRow.received_at))))


async def replay(
    db: AsyncSession,
    scope: Scope,
    operation_id: UUID,
    now: datetime,
    *,
    mended: dict[str, Any] | None = None,
    reason: str = "",
) -> Answer | None:
    """Take one of them again, as it is or with a mended body; None when the scope has no such operation."""
    row = await _one(db, scope, operation_id)
    if row is None:
        return None
    bodies = {operation_id: mended} if mended else None
    answers = await at_once(db, taking.replay, scope.province_code, [operation_id], now, bodies)
    if mended and answers and answers[0].outcome is OperationOutcome.ACCEPTED and not answers[0].problem:
        told = sa.update(OperationRow).where(
            col(OperationRow.province_code) == scope.province_code, col(OperationRow.id) == operation_id
        )
        await (await db.connection()).execute(told.values(reason=MENDED_BY_LEADER.code))
    await audit.note(db, scope, "operation.replayed", operation_id, now=now, reason=reason)
    return answers[0] if answers else None


def replay_after_upgrade(connection: sa.Connection, now: datetime) -> int:
    """Take what was parked because this server was older than the phone's app; how many are now accepted."""
    waiting = sa.select(col(OperationRow.province_code), col(OperationRow.id)).where(
        sa.text(log.ASIDE),
        col(OperationRow.outcome) == OperationOutcome.PARKED,
        col(OperationRow.reason).in_([NEWER_SCHEMA.code, UNKNOWN_SERVICE.code]),
    )
    accepted = 0
    for province_code, id_ in list(connection.execute(waiting)):
        answers = taking.replay(connection, province_code, [id_], now)
        accepted += sum(answer.outcome is OperationOutcome.ACCEPTED for answer in answers)
    return accepted


async def discard(
    db: AsyncSession, scope: Scope, operation_id: UUID, now: datetime, *, reason: LeftOut
) -> bool:
    """Decide, for a reason, that it is not to be taken. Its phone hears that it was received."""
    row = await _one(db, scope, operation_id)
    if row is None:
        return False
    row.outcome, row.waits_for, row.body = OperationOutcome.DISCARDED, None, None
    row.reason, row.field = LEFT_OUT_BY_LEADER.code, None
    db.add(row)
    await audit.note(db, scope, "operation.discarded", operation_id, now=now, reason=reason)
    return True


async def _one(db: AsyncSession, scope: Scope, operation_id: UUID) -> OperationRow | None:
    return (await db.exec(_in_scope(scope).where(OperationRow.id == operation_id))).first()


async def is_known(db: AsyncSession, scope: Scope, operation_id: UUID) -> bool:
    """Did anybody of the scope record it, whatever became of it?"""
    query = _in_scope(scope, waiting=False).where(OperationRow.id == operation_id)
    return (await db.exec(query)).first() is not None


def _in_scope(scope: Scope, *, waiting: bool = True) -> Any:
    query = select(OperationRow).where(OperationRow.province_code == scope.province_code)
    if waiting:
        query = query.where(sa.text(log.ASIDE), col(OperationRow.outcome).in_(WAITING))
    if scope.commune_code is None:
        return query
    ours = sa.select(col(MembershipRow.person_id)).where(
        col(MembershipRow.province_code) == scope.province_code,
        col(MembershipRow.commune_code) == scope.commune_code,
    )
    known = sa.select(col(MembershipRow.person_id)).where(
        col(MembershipRow.province_code) == scope.province_code
    )
    return query.where(
        sa.or_(
            col(OperationRow.person_id).in_(ours),
            sa.and_(col(OperationRow.delivered_by).in_(ours), col(OperationRow.person_id).not_in(known)),
        )
    )
