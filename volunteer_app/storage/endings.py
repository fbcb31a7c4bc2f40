"""Leaders whose duty another leader wants to end: asked for by one, agreed to by somebody of another origin."""

from datetime import date, datetime, timedelta
from uuid import UUID

from sqlmodel import Field, SQLModel, col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from volunteer_app.domain.ids import new_id
from volunteer_app.domain.permissions import Scope
from volunteer_app.storage.database import Id
from volunteer_app.storage.invites import are_two_origins
from volunteer_app.storage.people import MembershipRow

WAITS_FOR = timedelta(days=14)


class EndingRow(SQLModel, table=True):
    """Somebody asks that a leader's membership ends on a day. Nothing has happened until a second person agrees."""

    __tablename__ = "endings"
    province_code: str = Field(primary_key=True, max_length=2)
    id: UUID = Field(primary_key=True, sa_type=Id)
    commune_code: str | None = Field(default=None, max_length=5)
    membership_id: UUID = Field(sa_type=Id)
    person_id: UUID = Field(sa_type=Id)
    last_day: date
    asked_by: UUID = Field(sa_type=Id)
    asked_at: datetime
    settled_by: UUID | None = Field(default=None, sa_type=Id)
    settled_at: datetime | None = None
    is_refused: bool = False


async def ask(
    db: AsyncSession, scope: Scope, membership: MembershipRow, last_day: date, now: datetime
) -> EndingRow:
    """One leader asks; the others, the concerned and the commune's officer see it."""
    row = EndingRow(
        province_code=membership.province_code,
        id=new_id(now),
        commune_code=membership.commune_code,
        membership_id=membership.id,
        person_id=membership.person_id,
        last_day=last_day,
        asked_by=scope.person_id,
        asked_at=now,
    )
    db.add(row)
    return row


async def lately(db: AsyncSession, scope: Scope, now: datetime) -> list[EndingRow]:
    """What was asked in the scope lately, settled or not, the newest first."""
    query = select(EndingRow).where(
        EndingRow.province_code == scope.province_code, col(EndingRow.asked_at) > now - WAITS_FOR
    )
    if scope.commune_code is not None:
        query = query.where(EndingRow.commune_code == scope.commune_code)
    return list(await db.exec(query.order_by(col(EndingRow.asked_at).desc())))


async def is_asked(
    db: AsyncSession, scope: Scope, membership: MembershipRow, last_day: date, now: datetime
) -> bool:
    """Has somebody asked for this already, and nobody answered?"""
    return any(
        row.membership_id == membership.id and row.last_day == last_day and row.settled_at is None
        for row in await lately(db, scope, now)
    )


async def is_answered(db: AsyncSession, scope: Scope, ending_id: UUID, now: datetime) -> bool:
    """Has somebody agreed to it, or refused it?"""
    return any(row.id == ending_id and row.settled_at is not None for row in await lately(db, scope, now))


async def settle(
    db: AsyncSession, scope: Scope, ending_id: UUID, now: datetime, *, agreed: bool
) -> EndingRow | None:
    """A second person has agreed, or not. None: it cannot be settled by this person, or not any more."""
    row = next((one for one in await lately(db, scope, now) if one.id == ending_id), None)
    if row is None or row.settled_at is not None or scope.person_id == row.person_id:
        return None
    if agreed and not await are_two_origins(db, scope, row.asked_by):
        return None
    row.settled_by, row.settled_at, row.is_refused = scope.person_id, now, not agreed
    return row
