"""Returns, as kept. A return is open until it is settled (`domain.follow_ups.is_closed_by`)."""

from collections.abc import Collection
from datetime import date, datetime
from uuid import UUID

import sqlalchemy as sa
from sqlmodel import Field, SQLModel, col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from volunteer_app.domain.blockers import Blocker
from volunteer_app.domain.follow_ups import Reason
from volunteer_app.domain.visits import Outcome
from volunteer_app.permissions import Scope
from volunteer_app.storage.database import Id, words
from volunteer_app.storage.households import in_scope
from volunteer_app.storage.visits import VisitRow


class FollowUpRow(SQLModel, table=True):
    """A dated return (hẹn quay lại). It carries the id of the visit or walk-through that led to it."""

    __tablename__ = "follow_ups"
    __table_args__ = (
        sa.Index("ix_follow_ups_place", "province_code", "commune_code", "hamlet_id", "due_to"),
    )
    province_code: str = Field(primary_key=True, max_length=2)
    id: UUID = Field(primary_key=True, sa_type=Id)
    commune_code: str = Field(max_length=5)
    hamlet_id: UUID = Field(sa_type=Id)
    household_id: UUID = Field(sa_type=Id)
    reason: Reason = Field(sa_column=sa.Column(words(Reason), nullable=False))
    service: str | None = Field(default=None, max_length=40)
    blocker: Blocker | None = Field(default=None, sa_column=sa.Column(words(Blocker), nullable=True))
    due_from: date
    due_to: date
    created_at: datetime  # when it was recorded on the phone


async def open_of(db: AsyncSession, scope: Scope, household_ids: Collection[UUID]) -> list[FollowUpRow]:
    """The returns still to make in these households; the same rule as `domain.follow_ups.is_closed_by`."""
    met_later = (
        sa.select(col(VisitRow.id))
        .where(
            col(VisitRow.province_code) == FollowUpRow.province_code,
            col(VisitRow.household_id) == FollowUpRow.household_id,
            col(VisitRow.outcome) == Outcome.MET,
            col(VisitRow.recorded_at) > FollowUpRow.created_at,
            sa.or_(
                col(FollowUpRow.reason) != Reason.RECHECK, col(VisitRow.visited_on) >= FollowUpRow.due_from
            ),
        )
        .exists()
    )
    query = (
        select(FollowUpRow)
        .where(~met_later, col(FollowUpRow.household_id).in_(household_ids))
        .order_by(col(FollowUpRow.due_to))
    )
    return list(await db.exec(in_scope(query, FollowUpRow, scope)))
