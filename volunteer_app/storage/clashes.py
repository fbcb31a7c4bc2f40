"""Edits of the same field that knew nothing of each other: both values are kept until the leader settles it."""

from collections.abc import Collection
from datetime import datetime
from enum import Enum
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlmodel import Field, SQLModel, col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from volunteer_app.domain.operations.households import Clash, FollowedClash
from volunteer_app.domain.permissions import Scope
from volunteer_app.storage.database import Id, Plain, tie
from volunteer_app.storage.households import in_scope
from volunteer_app.storage.kept import Kept, row_by_somebody


class ClashRow(SQLModel, table=True):
    """One field that two people changed at once (mâu thuẫn). `id` is that of the change that came later.

    stood: the value before it; said: the value that it brought.
    """

    __tablename__ = "clashes"
    __table_args__ = (
        sa.Index("ix_clashes_household", "province_code", "household_id"),
        tie("households", "household_id"),
        tie("members", "household_id", "member_id"),
    )
    province_code: str = Field(primary_key=True, max_length=2)
    id: UUID = Field(primary_key=True, sa_type=Id)
    field: str = Field(primary_key=True, max_length=20)
    commune_code: str = Field(max_length=5)
    hamlet_id: UUID = Field(sa_type=Id)
    household_id: UUID = Field(sa_type=Id)
    member_id: UUID | None = Field(default=None, sa_type=Id)
    stood: Any = Field(sa_column=sa.Column(Plain, nullable=False))
    said: Any = Field(sa_column=sa.Column(Plain, nullable=False))
    person_id: UUID = Field(sa_type=Id)
    recorded_at: datetime
    received_at: datetime
    settled_at: datetime | None = None
    settled_by: UUID | None = Field(default=None, sa_type=Id)


def clash_row(record: Clash, kept: Kept) -> dict[str, Any]:
    """A clash as it is kept."""
    row = row_by_somebody(record, kept) | kept.place_of(record.household_id)
    return row | {"id": kept.operation.id, "received_at": kept.received_at}


async def was_decided(db: AsyncSession, scope: Scope, clash_id: UUID, field: str) -> bool:
    """Has somebody of the scope let one of its values stand already?"""
    query = select(ClashRow.id).where(
        ClashRow.id == clash_id, ClashRow.field == field, col(ClashRow.settled_at).is_not(None)
    )
    return (await db.exec(in_scope(query, ClashRow, scope))).first() is not None


def go_on(connection: sa.Connection, province_code: str, followed: list[FollowedClash]) -> None:
    """Let clashes go on with what the same phone says now; where it says what the other said, there is none."""
    for one in followed:
        this_one = (
            col(ClashRow.province_code) == province_code,
            col(ClashRow.id) == one.id,
            col(ClashRow.field) == one.field,
            col(ClashRow.settled_at).is_(None),
        )
        row = connection.execute(sa.select(col(ClashRow.stood)).where(*this_one)).first()
        if row and row.stood == _plain(one.said):
            connection.execute(sa.delete(ClashRow).where(*this_one))
        elif row:
            connection.execute(sa.update(ClashRow).where(*this_one).values(said=one.said))


def _plain(value: Any) -> Any:
    return value.value if isinstance(value, Enum) else value


async def open_clashes(
    db: AsyncSession, scope: Scope, household_ids: Collection[UUID] | None = None
) -> list[ClashRow]:
    """What is still to be settled within the scope, oldest first."""
    query = select(ClashRow).where(col(ClashRow.settled_at).is_(None)).order_by(col(ClashRow.received_at))
    if household_ids is not None:
        query = query.where(col(ClashRow.household_id).in_(household_ids))
    return list(await db.exec(in_scope(query, ClashRow, scope)))
