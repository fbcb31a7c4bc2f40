"""People, and the memberships by which they may do something somewhere."""

from collections.abc import Collection
from datetime import date
from uuid import UUID

import sqlalchemy as sa
from sqlmodel import Field, col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from volunteer_app.domain.people import Membership, Person, Role, is_active
from volunteer_app.domain.permissions import Scope, member_scope
from volunteer_app.storage import register
from volunteer_app.storage.assignments import AssignmentRow, hamlets_under
from volunteer_app.storage.database import Id, words


class PersonRow(Person, table=True):
    """A person, as kept."""

    __tablename__ = "people"
    province_code: str = Field(primary_key=True, max_length=2)
    id: UUID = Field(primary_key=True, sa_type=Id)
    languages: list[str] = Field(
        default_factory=list, sa_column=sa.Column(sa.JSON, nullable=False, server_default="[]")
    )


class MembershipRow(Membership, table=True):
    """A membership, as kept."""

    __tablename__ = "memberships"
    province_code: str = Field(primary_key=True, max_length=2)
    id: UUID = Field(primary_key=True, sa_type=Id)
    person_id: UUID = Field(sa_type=Id, index=True)
    role: Role = Field(sa_column=sa.Column(words(Role), nullable=False))
    team_id: UUID | None = Field(default=None, sa_type=Id)


async def scope_of(db: AsyncSession, membership: MembershipRow, day: date) -> Scope:
    """The scope that a membership gives on that day: a volunteer's own hamlets, a leader's commune, …"""
    hamlet_ids: set[UUID] = set()
    if membership.role is Role.VOLUNTEER:
        query = hamlets_under(
            col(AssignmentRow.province_code) == membership.province_code,
            col(AssignmentRow.person_id) == membership.person_id,
            col(AssignmentRow.first_day) <= day,
            col(AssignmentRow.last_day) >= day,
        )
        rows = await (await db.connection()).execute(query)
        hamlet_ids = {hamlet_id for _, hamlet_id, _ in rows}
    return member_scope(
        membership.person_id, membership.role, membership.province_code, membership.commune_code, hamlet_ids
    )


async def memberships_of(
    db: AsyncSession, province_code: str, person_id: UUID, day: date
) -> list[MembershipRow]:
    """The memberships that a person holds on that day, the newest first."""
    query = select(MembershipRow).where(
        MembershipRow.province_code == province_code, MembershipRow.person_id == person_id
    )
    rows = await db.exec(query.order_by(col(MembershipRow.first_day).desc(), col(MembershipRow.id).desc()))
    return [row for row in rows if is_active(row, day)]


async def member(
    db: AsyncSession, scope: Scope, membership_id: UUID
) -> tuple[PersonRow, MembershipRow] | None:
    """Somebody of the scope by their membership, also an ended one. A leader sees volunteers and leaders only."""
    membership = await db.get(MembershipRow, (scope.province_code, membership_id))
    if membership is None or scope.commune_code not in (None, membership.commune_code):
        return None
    if scope.role is not Role.ADMIN and membership.role not in (Role.VOLUNTEER, Role.LEADER):
        return None
    person = await db.get(PersonRow, (scope.province_code, membership.person_id))
    return None if person is None else (person, membership)


async def end_on(db: AsyncSession, membership: MembershipRow, last_day: date | None) -> None:
    """The membership ends after this day, or has no end."""
    value = last_day.isoformat() if last_day else ""
    await register.note_in(db, register.LAST_DAY, membership.province_code, [membership.id], value=value)
    membership.last_day = last_day


async def give_role(db: AsyncSession, membership: MembershipRow, role: Role) -> None:
    """The membership is for another duty from now on."""
    await register.note_in(db, register.ROLE, membership.province_code, [membership.id], value=role)
    membership.role = role


async def names_of(db: AsyncSession, scope: Scope, person_ids: Collection[UUID]) -> dict[UUID, str]:
    """Names of these people of the scope's province, for bylines."""
    rows = await db.exec(
        select(PersonRow.id, PersonRow.name).where(
            PersonRow.province_code == scope.province_code, col(PersonRow.id).in_(person_ids)
        )
    )
    return dict(rows.all())
