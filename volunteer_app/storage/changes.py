"""Changes of some fields of households and members, as they were said."""

from datetime import datetime
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlmodel import Field, SQLModel, col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from volunteer_app.domain.operations.households import Change
from volunteer_app.domain.permissions import Scope
from volunteer_app.storage.database import Id, Plain, tie
from volunteer_app.storage.households import HouseholdRow, MemberRow
from volunteer_app.storage.kept import Kept


class ChangeRow(SQLModel, table=True):
    """A change of some fields of a household or member (thay đổi): who, when, which fields. Append-only.

    outdated: what it said of fields that its own phone had said something newer of. knew: what the phone knew before.
    """

    __tablename__ = "changes"
    __table_args__ = (tie("households", "household_id"), tie("members", "household_id", "member_id"))
    province_code: str = Field(primary_key=True, max_length=2)
    id: UUID = Field(primary_key=True, sa_type=Id)
    household_id: UUID = Field(sa_type=Id, index=True)
    member_id: UUID | None = Field(default=None, sa_type=Id)
    fields: dict[str, Any] = Field(sa_column=sa.Column(Plain, nullable=False))
    outdated: dict[str, Any] = Field(default_factory=dict, sa_column=sa.Column(Plain))
    knew: dict[str, Any] = Field(default_factory=dict, sa_column=sa.Column(Plain))
    person_id: UUID = Field(sa_type=Id)
    recorded_at: datetime
    received_at: datetime


def change_row(record: Change, kept: Kept) -> dict[str, Any]:
    """A change as it is kept."""
    return {
        "province_code": kept.known.province_code,
        "id": kept.operation.id,
        "household_id": record.household_id,
        "member_id": record.member_id,
        "fields": record.fields,
        "outdated": record.outdated,
        "knew": record.knew,
        "person_id": kept.known.person_id,
        "recorded_at": kept.operation.recorded_at,
        "received_at": kept.received_at,
    }


def set_fields(connection: sa.Connection, province_code: str, changes: list[dict[str, Any]]) -> None:
    """Let the household or member have what each change says."""
    for change in changes:
        table = MemberRow if change["member_id"] else HouseholdRow
        if change["fields"]:
            connection.execute(
                sa.update(table)
                .where(
                    col(table.province_code) == province_code,
                    col(table.id) == (change["member_id"] or change["household_id"]),
                )
                .values(**change["fields"])
            )


async def changes_of(db: AsyncSession, scope: Scope, household_id: UUID) -> list[ChangeRow]:
    """What was changed about a household that the caller has found in the scope."""
    query = select(ChangeRow).where(
        ChangeRow.province_code == scope.province_code, ChangeRow.household_id == household_id
    )
    return list(await db.exec(query))
