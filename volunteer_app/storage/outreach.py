"""Outreach sessions and who was ticked, as kept."""

from collections.abc import Collection
from datetime import datetime
from typing import Any, NamedTuple
from uuid import UUID

import sqlalchemy as sa
from sqlmodel import Field, SQLModel, col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from volunteer_app.domain.operations.outreach import Attendance
from volunteer_app.domain.outreach import OutreachSession, SessionPlace
from volunteer_app.domain.permissions import Scope
from volunteer_app.storage.database import Id, tie, words
from volunteer_app.storage.households import in_scope
from volunteer_app.storage.kept import Kept


class SessionRow(OutreachSession, table=True):
    """A session, as kept."""

    __tablename__ = "outreach_sessions"
    __table_args__ = (
        sa.Index("ix_outreach_sessions_place", "province_code", "commune_code", "recorded_at"),
        tie("hamlets", "hamlet_id"),
    )
    province_code: str = Field(primary_key=True, max_length=2)
    id: UUID = Field(primary_key=True, sa_type=Id)
    hamlet_id: UUID = Field(sa_type=Id)
    place: SessionPlace = Field(sa_column=sa.Column(words(SessionPlace), nullable=False))
    person_id: UUID = Field(sa_type=Id)
    received_at: datetime


class AttendanceRow(SQLModel, table=True):
    """Somebody who was ticked at a session; the id is also the observation's that follows from it."""

    __tablename__ = "attendances"
    __table_args__ = (
        sa.Index("ix_attendances_session", "province_code", "session_id"),
        sa.Index("ix_attendances_household", "province_code", "household_id"),
        tie("outreach_sessions", "session_id"),
        tie("members", "household_id", "member_id"),
    )
    province_code: str = Field(primary_key=True, max_length=2)
    id: UUID = Field(primary_key=True, sa_type=Id)
    session_id: UUID = Field(sa_type=Id)
    household_id: UUID = Field(sa_type=Id)
    member_id: UUID = Field(sa_type=Id)


def attendance_row(record: Attendance, kept: Kept) -> dict[str, Any]:
    """Who was ticked, as it is kept."""
    return record.__dict__ | {"province_code": kept.known.province_code}


class SessionWithTicked(NamedTuple):
    """A session, and how many people and households were ticked."""

    session: SessionRow
    people: int
    households: int


async def sessions_in(db: AsyncSession, scope: Scope, most: int) -> list[SessionWithTicked]:
    """The sessions of the scope, the latest first."""
    query = in_scope(select(SessionRow), SessionRow, scope)
    sessions = list(await db.exec(query.order_by(col(SessionRow.recorded_at).desc()).limit(most)))
    rows = await db.exec(
        select(
            AttendanceRow.session_id,
            sa.func.count(),
            sa.func.count(col(AttendanceRow.household_id).distinct()),
        )
        .where(
            AttendanceRow.province_code == scope.province_code,
            col(AttendanceRow.session_id).in_([one.id for one in sessions]),
        )
        .group_by(col(AttendanceRow.session_id))
    )
    ticked = {session_id: (people, households) for session_id, people, households in rows}
    return [SessionWithTicked(one, *ticked.get(one.id, (0, 0))) for one in sessions]


async def attended(db: AsyncSession, scope: Scope, household_ids: Collection[UUID]) -> set[UUID]:
    """Ids of observations that were made at sessions, in these households (looked up within the scope)."""
    query = select(AttendanceRow.id).where(
        AttendanceRow.province_code == scope.province_code,
        col(AttendanceRow.household_id).in_(household_ids),
    )
    return set(await db.exec(query))
