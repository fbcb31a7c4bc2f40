"""What each sender has had the server keep today (`domain/budgets.py`): one row a sender and day, raised in the
transaction that keeps it."""

from collections.abc import Mapping
from datetime import date
from functools import cache
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlmodel import Field, SQLModel, col
from sqlmodel.ext.asyncio.session import AsyncSession

from volunteer_app.domain import budgets
from volunteer_app.domain.budgets import Room
from volunteer_app.storage.database import Id, any_of, upsert
from volunteer_app.storage.many import Many


class SpendingRow(SQLModel, table=True):
    """What came on one day. id: the person who was signed in; of what came without a sign-in, the phone."""

    __tablename__ = "spending"
    province_code: str = Field(primary_key=True, max_length=2)
    id: UUID = Field(primary_key=True, sa_type=Id)
    day: date = Field(primary_key=True)
    operations: int = 0
    aside: int = 0
    bytes: int = 0
    uploaded: int = Field(default=0, sa_type=sa.BigInteger)


SPENT = ("operations", "aside", "bytes", "uploaded")

TODAY = sa.select(
    col(SpendingRow.id), col(SpendingRow.operations), col(SpendingRow.aside), col(SpendingRow.bytes)
).where(
    col(SpendingRow.province_code) == sa.bindparam("province"),
    col(SpendingRow.day) == sa.bindparam("today"),
    col(SpendingRow.id).in_(any_of("ids")),
)


def rooms(
    connection: sa.Connection, province_code: str, arriving: Mapping[UUID, int], today: date
) -> dict[UUID, Room]:
    """What each of these senders may still have kept today, with the bytes that are arriving from them counted."""
    spent = {
        row.id: row
        for row in connection.execute(
            TODAY, {"province": province_code, "today": today, "ids": list(arriving)}
        )
    }
    found = {}
    for id_, size in arriving.items():
        operations, aside, so_far = spent[id_][1:] if id_ in spent else (0, 0, 0)
        found[id_] = Room(
            budgets.MOST_OPERATIONS_A_DAY - operations,
            budgets.MOST_ASIDE_A_DAY - aside,
            budgets.MOST_BYTES_A_DAY - so_far - size,
        )
    return found


def note_spent(
    connection: sa.Connection,
    province_code: str,
    before: Mapping[UUID, Room],
    after: Mapping[UUID, Room],
    arriving: Mapping[UUID, int],
    today: date,
) -> None:
    """What was kept of these senders is counted."""
    rows = [
        {
            "province_code": province_code,
            "id": id_,
            "day": today,
            "operations": before[id_].operations - room.operations,
            "aside": before[id_].aside - room.aside,
            "bytes": arriving[id_] if room.bytes >= 0 else 0,
            "uploaded": 0,
        }
        for id_, room in sorted(after.items())
        if arriving[id_]
    ]
    _raise(connection.dialect.name).run(connection, rows)


async def may_upload(db: AsyncSession, province_code: str, person_id: UUID, size: int, today: date) -> bool:
    """May this person begin another upload today? Counts the bytes that it announces."""
    connection = await db.connection()
    this = SpendingRow.__table__.c  # type: ignore[attr-defined]
    query = sa.select(this.uploaded).where(
        this.province_code == province_code, this.id == person_id, this.day == today
    )
    if ((await connection.execute(query)).scalar() or 0) + size > budgets.MOST_UPLOADED_BYTES_A_DAY:
        return False
    row: dict[str, Any] = {"province_code": province_code, "id": person_id, "day": today}
    await connection.execute(
        _upsert(connection.dialect.name).values(row | dict.fromkeys(SPENT, 0) | {"uploaded": size})
    )
    return True


async def forget_spent(db: AsyncSession, day: date) -> int:
    """Nobody asks for yesterday's."""
    query = sa.delete(SpendingRow).where(col(SpendingRow.day) < day)
    return (await (await db.connection()).execute(query)).rowcount


def _upsert(dialect: str) -> Any:
    fresh = upsert(dialect, SpendingRow)
    kept, new = SpendingRow.__table__.c, fresh.excluded  # type: ignore[attr-defined]
    return fresh.on_conflict_do_update(
        index_elements=["province_code", "id", "day"],
        set_={name: kept[name] + new[name] for name in SPENT},
    )


@cache
def _raise(dialect: str) -> Many:
    return Many(_upsert(dialect))
