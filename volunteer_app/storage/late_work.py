"""Work that arrived when its author's lease was over: taken and credited, shown to those who answer for the hamlet."""

from collections.abc import Collection
from datetime import datetime, timedelta
from typing import Any, NamedTuple
from uuid import UUID

import sqlalchemy as sa
from sqlmodel import col
from sqlmodel.ext.asyncio.session import AsyncSession

from volunteer_app.domain.operations.envelope import AFTER_LEASE, OperationOutcome, TimeQuality
from volunteer_app.domain.permissions import Scope
from volunteer_app.domain.visits import Outcome
from volunteer_app.storage.households import in_scope
from volunteer_app.storage.operations.log import OperationRow
from volunteer_app.storage.visits import VisitRow

TOLD_FOR = timedelta(days=14)
"""How long whoever has the hamlet now is told of a visit that somebody else made there."""

LISTED_FOR = timedelta(days=30)
"""How long the leader sees it in the review queue; the household's history keeps it."""


class LateVisit(NamedTuple):
    """A visit that arrived when the lease of its author was over."""

    id: UUID
    household_id: UUID
    hamlet_id: UUID
    person_id: UUID
    outcome: Outcome
    recorded_at: datetime
    received_at: datetime


class Marks(NamedTuple):
    """What is to be known about a record, beside what it says."""

    is_after_lease: bool
    time_quality: TimeQuality


def _is_marked(scope: Scope) -> Any:
    """As the partial index says it, so that it is used."""
    return sa.and_(
        col(OperationRow.province_code) == scope.province_code,
        sa.literal_column("operations.outcome") == sa.literal_column(f"'{OperationOutcome.ACCEPTED}'"),
        sa.literal_column("operations.reason") == sa.literal_column(f"'{AFTER_LEASE.code}'"),
    )


async def visits_after_lease(db: AsyncSession, scope: Scope, since: datetime) -> list[LateVisit]:
    """The visits within the scope that arrived since then when their author's lease was over, the latest first."""
    same = sa.and_(
        col(OperationRow.province_code) == VisitRow.province_code, col(OperationRow.id) == VisitRow.id
    )
    query: Any = (
        sa.select(*(col(getattr(VisitRow, name)) for name in LateVisit._fields))
        .join(OperationRow, same)
        .where(_is_marked(scope), col(OperationRow.received_at) >= since)
        .order_by(col(OperationRow.received_at).desc(), col(VisitRow.id))
    )
    rows = await (await db.connection()).execute(in_scope(query, VisitRow, scope))
    return [LateVisit(*row) for row in rows]


async def marks_of(db: AsyncSession, scope: Scope, ids: Collection[UUID]) -> dict[UUID, Marks]:
    """What is to be known about these records (their ids are their operations'); only those with something to say."""
    query: Any = sa.select(
        col(OperationRow.id), col(OperationRow.reason), col(OperationRow.time_quality)
    ).where(
        col(OperationRow.province_code) == scope.province_code,
        col(OperationRow.id).in_(ids),
        col(OperationRow.outcome) == OperationOutcome.ACCEPTED,
        sa.or_(
            col(OperationRow.reason) == AFTER_LEASE.code,
            col(OperationRow.time_quality) != TimeQuality.DEVICE,
        ),
    )
    rows = await (await db.connection()).execute(query)
    return {id_: Marks(reason == AFTER_LEASE.code, quality) for id_, reason, quality in rows}
