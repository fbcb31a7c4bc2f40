"""What was tapped by mistake and taken back: it counts nowhere, and what it said first stays readable."""

from datetime import datetime
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlmodel import Field, SQLModel, col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from volunteer_app.domain.operations.taken_back import TakenBack
from volunteer_app.domain.permissions import Scope
from volunteer_app.storage import standings
from volunteer_app.storage.database import Id, any_of, tie
from volunteer_app.storage.figures import tallies
from volunteer_app.storage.follow_ups import FollowUpRow
from volunteer_app.storage.households import in_scope
from volunteer_app.storage.kept import Kept, row_by_somebody
from volunteer_app.storage.notes import NoteDoneRow
from volunteer_app.storage.visits import RatingRow, VisitRow

SAID_FIRST = {VisitRow: ("outcome",), RatingRow: ("smiley",), NoteDoneRow: ("note_id",)}
"""What of a record is worth reading after it was taken back: no words about people."""


class TakenBackRow(SQLModel, table=True):
    """A record that its author took back; the id is the operation's.

    said: what it had said; nothing when it was taken back twice.
    """

    __tablename__ = "taken_back"
    __table_args__ = (
        sa.Index("ix_taken_back_household", "province_code", "household_id"),
        sa.Index("ix_taken_back_record", "province_code", "record_id"),
        tie("households", "household_id"),
    )
    province_code: str = Field(primary_key=True, max_length=2)
    id: UUID = Field(primary_key=True, sa_type=Id)
    commune_code: str = Field(max_length=5)
    hamlet_id: UUID = Field(sa_type=Id)
    household_id: UUID = Field(sa_type=Id)
    record_id: UUID = Field(sa_type=Id)
    said: dict[str, Any] = Field(default_factory=dict, sa_column=sa.Column(sa.JSON, nullable=False))
    person_id: UUID = Field(sa_type=Id)
    recorded_at: datetime


def taken_back_row(record: TakenBack, kept: Kept) -> dict[str, Any]:
    """Who took what back, and where."""
    return row_by_somebody(record, kept) | kept.place_of(record.household_id) | {"said": {}}


def take_back(connection: sa.Connection, province_code: str, rows: list[dict[str, Any]]) -> None:
    """Let these records, already written, count no more; every figure follows."""
    if not rows:
        return
    households = {row["household_id"]: row for row in rows}
    standings.locked(connection, province_code, households)
    with tallies.kept_right(connection, province_code, list(households)):
        for table, names in SAID_FIRST.items():
            _keep_said(connection, province_code, rows, table, names)
        ids = [row["record_id"] for row in rows]
        for table in (FollowUpRow, *SAID_FIRST):
            connection.execute(
                sa.delete(table).where(col(table.province_code) == province_code, col(table.id).in_(ids))
            )
        places = {id_: (row["commune_code"], row["hamlet_id"]) for id_, row in households.items()}
        standings.recount(connection, province_code, places)


def _keep_said(
    connection: sa.Connection,
    province_code: str,
    rows: list[dict[str, Any]],
    table: Any,
    names: tuple[str, ...],
) -> None:
    """Both are kept: what was tapped first stands beside its taking back."""
    query = sa.select(table.id, *(getattr(table, name) for name in names)).where(
        table.province_code == province_code, table.id.in_(any_of("ids"))
    )
    first = {row["record_id"]: row["id"] for row in reversed(rows)}
    for record_id, *said in connection.execute(query, {"ids": list(first)}).all():
        connection.execute(
            sa.update(TakenBackRow)
            .where(col(TakenBackRow.province_code) == province_code, col(TakenBackRow.id) == first[record_id])
            .values(said={name: _plain(value) for name, value in zip(names, said, strict=True)})
        )


def _plain(value: Any) -> Any:
    return value if isinstance(value, int) else str(value)


async def taken_back_of(db: AsyncSession, scope: Scope, household_id: UUID) -> list[TakenBackRow]:
    """What was taken back at a household within the scope."""
    query = select(TakenBackRow).where(TakenBackRow.household_id == household_id)
    return list(await db.exec(in_scope(query, TakenBackRow, scope)))
