"""People, teams, memberships, devices and sign-ins."""

from collections.abc import Collection
from datetime import date, datetime
from hashlib import sha256
from uuid import UUID

import sqlalchemy as sa
from sqlmodel import Field, SQLModel, col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from volunteer_app.domain.people import Membership, Person, Role, Team
from volunteer_app.permissions import Scope
from volunteer_app.storage.assignments import AssignmentRow
from volunteer_app.storage.database import Id, words


class PersonRow(Person, table=True):
    """A person, as kept."""

    __tablename__ = "people"
    province_code: str = Field(primary_key=True, max_length=2)
    id: UUID = Field(primary_key=True, sa_type=Id)
    languages: list[str] = Field(
        default_factory=list, sa_column=sa.Column(sa.JSON, nullable=False, server_default="[]")
    )


class TeamRow(Team, table=True):
    """A team, as kept."""

    __tablename__ = "teams"
    province_code: str = Field(primary_key=True, max_length=2)
    id: UUID = Field(primary_key=True, sa_type=Id)


class MembershipRow(Membership, table=True):
    """A membership, as kept."""

    __tablename__ = "memberships"
    province_code: str = Field(primary_key=True, max_length=2)
    id: UUID = Field(primary_key=True, sa_type=Id)
    person_id: UUID = Field(sa_type=Id, index=True)
    role: Role = Field(sa_column=sa.Column(words(Role), nullable=False))
    team_id: UUID | None = Field(default=None, sa_type=Id)


class DeviceRow(SQLModel, table=True):
    """A phone that has delivered (thiết bị).

    last_seq: the highest number of an operation received from it; the phone numbers them 1, 2, 3 …
    """

    __tablename__ = "devices"
    province_code: str = Field(primary_key=True, max_length=2)
    id: UUID = Field(primary_key=True, sa_type=Id)
    person_id: UUID = Field(sa_type=Id, index=True)
    app_build: str = Field(default="", max_length=40)
    last_seq: int = 0
    first_contact_at: datetime
    last_contact_at: datetime


class DevicePersonRow(SQLModel, table=True):
    """Somebody who has been signed in on a phone: their work may be delivered from it by whoever holds it next."""

    __tablename__ = "device_people"
    province_code: str = Field(primary_key=True, max_length=2)
    device_id: UUID = Field(primary_key=True, sa_type=Id)
    person_id: UUID = Field(primary_key=True, sa_type=Id)
    first_contact_at: datetime


class SignInRow(SQLModel, table=True):
    """A session (phiên đăng nhập). Only the token's hash is kept; a new one is made at every sign-in."""

    __tablename__ = "sign_ins"
    token_hash: str = Field(primary_key=True, max_length=64)
    province_code: str = Field(max_length=2)
    person_id: UUID = Field(sa_type=Id, index=True)
    membership_id: UUID = Field(sa_type=Id)
    created_at: datetime
    expires_at: datetime


def hash_of(token: str) -> str:
    """What is kept of a session token."""
    return sha256(token.encode()).hexdigest()


async def signed_in(db: AsyncSession, token: str, now: datetime) -> tuple[PersonRow, MembershipRow] | None:
    """Who holds this token, with the membership they chose; None when it is unknown, over, or the membership ended."""
    row = (
        await db.exec(
            select(PersonRow, MembershipRow)
            .join(
                SignInRow,
                (col(SignInRow.province_code) == PersonRow.province_code)
                & (col(SignInRow.person_id) == PersonRow.id),
            )
            .join(
                MembershipRow,
                (col(MembershipRow.province_code) == SignInRow.province_code)
                & (col(MembershipRow.id) == SignInRow.membership_id),
            )
            .where(SignInRow.token_hash == hash_of(token), col(SignInRow.expires_at) > now)
        )
    ).first()
    if row is None:
        return None
    person, membership = row
    today = now.date()
    if membership.first_day > today or (membership.last_day and membership.last_day < today):
        return None
    return person, membership


async def scope_of(db: AsyncSession, membership: MembershipRow, day: date) -> Scope:
    """The scope that a membership gives on that day: a volunteer's own hamlets, a leader's commune, …"""
    hamlet_ids = None
    if membership.role is Role.VOLUNTEER:
        hamlet_ids = frozenset(
            await db.exec(
                select(AssignmentRow.hamlet_id).where(
                    AssignmentRow.province_code == membership.province_code,
                    AssignmentRow.person_id == membership.person_id,
                    AssignmentRow.first_day <= day,
                    AssignmentRow.last_day >= day,
                )
            )
        )
    return Scope(
        person_id=membership.person_id,
        role=membership.role,
        province_code=membership.province_code,
        commune_code=membership.commune_code,
        hamlet_ids=hamlet_ids,
    )


async def end_sign_in(db: AsyncSession, token: str) -> None:
    """Sign out: the token is worth nothing from now on."""
    await (await db.connection()).execute(
        sa.delete(SignInRow).where(col(SignInRow.token_hash) == hash_of(token))
    )


async def names_of(db: AsyncSession, scope: Scope, person_ids: Collection[UUID]) -> dict[UUID, str]:
    """Names of these people of the scope's province, for bylines."""
    rows = await db.exec(
        select(PersonRow.id, PersonRow.name).where(
            PersonRow.province_code == scope.province_code, col(PersonRow.id).in_(person_ids)
        )
    )
    return dict(rows.all())


async def note_contact(
    db: AsyncSession, scope: Scope, device_id: UUID, *, app_build: str, last_seq: int, now: datetime
) -> None:
    """A phone has called: remember when, with which build, and its highest operation number."""
    row = await db.get(DeviceRow, (scope.province_code, device_id))
    if row is None:
        row = DeviceRow(
            province_code=scope.province_code,
            id=device_id,
            person_id=scope.person_id,
            first_contact_at=now,
            last_contact_at=now,
        )
        db.add(row)
    row.person_id = scope.person_id
    row.app_build = app_build
    row.last_seq = max(row.last_seq, last_seq)
    row.last_contact_at = now
    key = (scope.province_code, device_id, scope.person_id)
    if await db.get(DevicePersonRow, key) is None:
        province_code, _, person_id = key
        db.add(
            DevicePersonRow(
                province_code=province_code, device_id=device_id, person_id=person_id, first_contact_at=now
            )
        )


async def device(db: AsyncSession, device_id: UUID) -> DeviceRow | None:
    """A phone that has been in touch before; its id is known to itself and to us alone."""
    return (await db.exec(select(DeviceRow).where(DeviceRow.id == device_id))).first()


async def scope_of_author(
    db: AsyncSession, scope: Scope, device_id: UUID, person_id: UUID, day: date
) -> Scope | None:
    """The scope of somebody else who recorded on this phone; None when they were never signed in on it. An ended
    membership still counts: work done in good faith is never thrown away."""
    if await db.get(DevicePersonRow, (scope.province_code, device_id, person_id)) is None:
        return None
    query = select(MembershipRow).where(
        MembershipRow.province_code == scope.province_code, MembershipRow.person_id == person_id
    )
    membership = (await db.exec(query.order_by(col(MembershipRow.first_day).desc()))).first()
    return None if membership is None else await scope_of(db, membership, day)


async def of_the_demo(db: AsyncSession) -> list[tuple[PersonRow, MembershipRow]]:
    """The invented people of a demo installation, in the order of their roles. Called by demo servers only."""
    rows = await db.exec(
        select(PersonRow, MembershipRow).join(
            MembershipRow,
            (col(MembershipRow.province_code) == PersonRow.province_code)
            & (col(MembershipRow.person_id) == PersonRow.id),
        )
    )
    order = list(Role)
    return sorted(rows.all(), key=lambda pair: (order.index(pair[1].role), pair[0].id.bytes))


async def demo_membership(db: AsyncSession, membership_id: UUID) -> MembershipRow | None:
    """The membership of an invented person. Called by demo servers only."""
    return (await db.exec(select(MembershipRow).where(MembershipRow.id == membership_id))).first()
