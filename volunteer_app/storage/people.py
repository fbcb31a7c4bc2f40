"""People, teams, memberships, devices and sign-ins."""

import secrets
from collections.abc import Collection
from datetime import date, datetime, timedelta
from hashlib import sha256
from typing import Any
from uuid import UUID, uuid4

import sqlalchemy as sa
from sqlmodel import Field, SQLModel, col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from volunteer_app.domain.calendar import local_day
from volunteer_app.domain.ids import new_id
from volunteer_app.domain.people import Membership, Person, Role, Team, is_active
from volunteer_app.permissions import Scope
from volunteer_app.storage.assignments import AssignmentRow, hamlets_under
from volunteer_app.storage.database import Id, words
from volunteer_app.storage.sign_in_keys import PasskeyRow, PinRow

SESSION_LENGTH = timedelta(days=30)


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
    made: how many the phone itself says it has made. free_mb: room left for the app, in megabytes, as it last said.
    """

    __tablename__ = "devices"
    province_code: str = Field(primary_key=True, max_length=2)
    id: UUID = Field(primary_key=True, sa_type=Id)
    person_id: UUID = Field(sa_type=Id, index=True)
    app_build: str = Field(default="", max_length=40)
    last_seq: int = 0
    made: int = 0
    free_mb: int | None = None
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
    """A session (phiên đăng nhập). Only the token's hash is kept; a new one is made at every sign-in.

    is_pending: its seat is not confirmed yet; it opens nothing. method: how (passkey, pin, code, demo).
    revoked_at: ended from elsewhere; kept until it would have expired, so that its phone learns of it.
    """

    __tablename__ = "sign_ins"
    token_hash: str = Field(primary_key=True, max_length=64)
    id: UUID = Field(default_factory=uuid4, sa_type=Id)
    province_code: str = Field(max_length=2)
    person_id: UUID = Field(sa_type=Id, index=True)
    membership_id: UUID = Field(sa_type=Id)
    created_at: datetime
    expires_at: datetime
    is_pending: bool = False
    method: str = Field(default="", max_length=10)
    phone: str = Field(default="", max_length=40)
    revoked_at: datetime | None = None


def hash_of(token: str) -> str:
    """What is kept of a session token."""
    return sha256(token.encode()).hexdigest()


HOLDERS = (
    select(PersonRow, MembershipRow, SignInRow)
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
    .where(
        col(SignInRow.token_hash).in_(sa.bindparam("token_hashes", expanding=True)),
        col(SignInRow.expires_at) > sa.bindparam("now"),
        col(SignInRow.is_pending).is_(False),
        col(SignInRow.revoked_at).is_(None),
        col(MembershipRow.first_day) <= sa.bindparam("today"),
        sa.or_(col(MembershipRow.last_day).is_(None), col(MembershipRow.last_day) >= sa.bindparam("today")),
    )
)
"""Who holds these tokens, with the membership they chose; what is over is not found."""


def held(token_hashes: Collection[str], now: datetime) -> dict[str, Any]:
    """What `HOLDERS` is asked with."""
    return {"token_hashes": list(token_hashes), "now": now, "today": local_day(now)}


def session_mark(token: str) -> str:
    """What a phone knows its session by; worth nothing for signing in."""
    return hash_of(token)[:16]


async def signed_in(db: AsyncSession, token: str, now: datetime) -> tuple[PersonRow, MembershipRow] | None:
    """Who holds this token, with the membership they chose; None when it is unknown, over, or the membership ended."""
    row = (await db.exec(HOLDERS, params=held([hash_of(token)], now))).first()
    return None if row is None else (row[0], row[1])


async def is_revoked(db: AsyncSession, token: str, now: datetime) -> bool:
    """Was this session ended from elsewhere, or has its membership ended? Then its phone must forget what it holds.
    A session that has only expired is not revoked: its phone keeps collecting."""
    row = await db.get(SignInRow, hash_of(token))
    if row is None or row.is_pending:
        return False
    if row.revoked_at is not None:
        return True
    membership = await db.get(MembershipRow, (row.province_code, row.membership_id))
    return membership is None or not is_active(membership, local_day(now))


async def scope_of(db: AsyncSession, membership: MembershipRow, day: date) -> Scope:
    """The scope that a membership gives on that day: a volunteer's own hamlets, a leader's commune, …"""
    hamlet_ids = None
    if membership.role is Role.VOLUNTEER:
        query = hamlets_under(
            col(AssignmentRow.province_code) == membership.province_code,
            col(AssignmentRow.person_id) == membership.person_id,
            col(AssignmentRow.first_day) <= day,
            col(AssignmentRow.last_day) >= day,
        )
        rows = await (await db.connection()).execute(query)
        hamlet_ids = frozenset(hamlet_id for _, hamlet_id, _ in rows)
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


async def begin_sign_in(
    db: AsyncSession,
    *,
    province_code: str,
    person_id: UUID,
    membership_id: UUID,
    method: str,
    phone: str,
    now: datetime,
    before: str = "",
    is_pending: bool = False,
) -> str:
    """A new session; the one with the token `before` ends. Returns the new token, which is kept nowhere."""
    if before:
        await end_sign_in(db, before)
    token = secrets.token_urlsafe(32)
    db.add(
        SignInRow(
            token_hash=hash_of(token),
            id=new_id(now),
            province_code=province_code,
            person_id=person_id,
            membership_id=membership_id,
            created_at=now,
            expires_at=now + SESSION_LENGTH,
            is_pending=is_pending,
            method=method,
            phone=phone,
        )
    )
    return token


async def sign_in_of(db: AsyncSession, token: str, now: datetime) -> SignInRow | None:
    """The session with this token, also a pending one, unless it is over or revoked."""
    row = await db.get(SignInRow, hash_of(token)) if token else None
    return row if row and row.expires_at > now and row.revoked_at is None else None


async def sign_ins_of(
    db: AsyncSession, province_code: str, person_id: UUID, now: datetime
) -> list[SignInRow]:
    """Where a person is signed in now, the newest first."""
    query = select(SignInRow).where(
        SignInRow.province_code == province_code,
        SignInRow.person_id == person_id,
        col(SignInRow.expires_at) > now,
        col(SignInRow.revoked_at).is_(None),
        col(SignInRow.is_pending).is_(False),
    )
    return list(await db.exec(query.order_by(col(SignInRow.created_at).desc())))


async def revoke_sign_ins(
    db: AsyncSession,
    province_code: str,
    person_id: UUID,
    now: datetime,
    *,
    only: UUID | None = None,
    membership_id: UUID | None = None,
) -> int:
    """End sessions of a person (only: one of them) from elsewhere, at the next request. Returns how many."""
    query = sa.update(SignInRow).where(
        col(SignInRow.province_code) == province_code,
        col(SignInRow.person_id) == person_id,
        col(SignInRow.revoked_at).is_(None),
    )
    if only is not None:
        query = query.where(col(SignInRow.id) == only)
    if membership_id is not None:
        query = query.where(col(SignInRow.membership_id) == membership_id)
    return (await (await db.connection()).execute(query.values(revoked_at=now))).rowcount


async def end_sign_ins(db: AsyncSession, province_code: str, person_id: UUID) -> None:
    """The person must sign in anew everywhere; their phones forget nothing for it."""
    await (await db.connection()).execute(
        sa.delete(SignInRow).where(
            col(SignInRow.province_code) == province_code, col(SignInRow.person_id) == person_id
        )
    )


async def team_of(db: AsyncSession, scope: Scope, commune_code: str | None) -> UUID | None:
    """The team that somebody new joins: the inviting person's own, else the commune's first one."""
    own = (
        await db.exec(
            select(MembershipRow.team_id).where(
                MembershipRow.province_code == scope.province_code,
                MembershipRow.person_id == scope.person_id,
                MembershipRow.commune_code == commune_code,
                col(MembershipRow.team_id).is_not(None),
            )
        )
    ).first()
    if own is not None or commune_code is None:
        return own
    query = select(TeamRow.id).where(
        TeamRow.province_code == scope.province_code, TeamRow.commune_code == commune_code
    )
    return (await db.exec(query.order_by(col(TeamRow.name)))).first()


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


async def names_of(db: AsyncSession, scope: Scope, person_ids: Collection[UUID]) -> dict[UUID, str]:
    """Names of these people of the scope's province, for bylines."""
    rows = await db.exec(
        select(PersonRow.id, PersonRow.name).where(
            PersonRow.province_code == scope.province_code, col(PersonRow.id).in_(person_ids)
        )
    )
    return dict(rows.all())


async def of_the_demo(db: AsyncSession) -> list[tuple[PersonRow, MembershipRow]]:
    """The invented people of a demo installation, in the order of their roles. Called by demo servers only.

    Who came in by an invitation has a key of their own, and is nobody to be tapped."""
    has_key = sa.or_(
        sa.exists().where(col(PasskeyRow.person_id) == PersonRow.id),
        sa.exists().where(col(PinRow.person_id) == PersonRow.id),
    )
    rows = await db.exec(
        select(PersonRow, MembershipRow)
        .join(
            MembershipRow,
            (col(MembershipRow.province_code) == PersonRow.province_code)
            & (col(MembershipRow.person_id) == PersonRow.id),
        )
        .where(~has_key)
    )
    order = list(Role)
    return sorted(rows.all(), key=lambda pair: (order.index(pair[1].role), pair[0].id.bytes))


async def demo_membership(db: AsyncSession, membership_id: UUID) -> MembershipRow | None:
    """The membership of an invented person. Called by demo servers only."""
    return next((one for _, one in await of_the_demo(db) if one.id == membership_id), None)
