"""Phones that have delivered (thiết bị), and who was signed in on them. What is missing: `device_reports.py`."""

from collections.abc import Collection
from datetime import datetime
from uuid import UUID

import sqlalchemy as sa
from sqlmodel import Field, SQLModel, col
from sqlmodel.ext.asyncio.session import AsyncSession

from volunteer_app.domain.permissions import Scope
from volunteer_app.storage.database import Id


class DeviceRow(SQLModel, table=True):
    """A phone that has delivered (thiết bị).

    last_seq: the highest number of an operation received from it; the phone numbers them 1, 2, 3 …
    made: how many the phone itself says it has made. free_mb: room left for the app, in megabytes, as it last said.
    lock: how its person keeps it (`WAYS_OF_KEEPING`).
    """

    __tablename__ = "devices"
    province_code: str = Field(primary_key=True, max_length=2)
    id: UUID = Field(primary_key=True, sa_type=Id)
    person_id: UUID = Field(sa_type=Id, index=True)
    app_build: str = Field(default="", max_length=40)
    last_seq: int = 0
    made: int = 0
    free_mb: int | None = None
    lock: str | None = Field(default=None, max_length=10)
    first_contact_at: datetime
    last_contact_at: datetime


class DevicePersonRow(SQLModel, table=True):
    """Somebody who has been signed in on a phone: their work may be delivered from it by whoever holds it next.

    ended_at: the phone was lost, or they left: what it says in their name since is for the leader to judge.
    cards: the newest set of training cards that they went through to its end there; None: an old app says nothing.
    """

    __tablename__ = "device_people"
    province_code: str = Field(primary_key=True, max_length=2)
    device_id: UUID = Field(primary_key=True, sa_type=Id)
    person_id: UUID = Field(primary_key=True, sa_type=Id)
    first_contact_at: datetime
    ended_at: datetime | None = None
    cards: int | None = None


async def phones_with(
    db: AsyncSession, scope: Scope, builds: Collection[str], *, since: datetime
) -> tuple[int, int]:
    """How many of the province's phones hold one of these releases, and how many were heard from at all since then."""
    holds = sa.func.sum(sa.case((col(DeviceRow.app_build).in_(builds), 1), else_=0))
    query = sa.select(holds, sa.func.count()).where(
        col(DeviceRow.province_code) == scope.province_code, col(DeviceRow.last_contact_at) >= since
    )
    there, heard = (await (await db.connection()).execute(query)).one()
    return there or 0, heard
