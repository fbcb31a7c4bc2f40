"""Sign-ins (phiên đăng nhập): who holds a token, since when, and how a session ends."""

import hmac
import secrets
from collections.abc import Collection
from datetime import datetime, timedelta
from hashlib import sha256
from typing import Any
from uuid import UUID, uuid4

import sqlalchemy as sa
from sqlmodel import Field, SQLModel, col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from volunteer_app.domain.calendar import local_day
from volunteer_app.domain.ids import new_id
from volunteer_app.domain.people import is_active
from volunteer_app.storage import register, signing_keys
from volunteer_app.storage.database import Id
from volunteer_app.storage.people import MembershipRow, PersonRow

SESSION_LENGTH = timedelta(days=30)


class SignInRow(SQLModel, table=True):
    """A session (phiên đăng nhập). Only the token's hash is kept; a new one is made at every sign-in.

    is_pending: it came by an invitation (invite_id) and opens nothing but the way in. method: how (passkey, pin,
    code, demo).
    revoked_at: ended from elsewhere; kept until it would have expired, so that its phone learns of it.
    half_hash: of the other half, without which it opens nothing (`new_half`); empty: begun before there were halves.
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
    invite_id: UUID | None = Field(default=None, sa_type=Id)
    half_hash: str = Field(default="", max_length=64)


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


async def signed_in(
    db: AsyncSession, token: str, now: datetime
) -> tuple[PersonRow, MembershipRow, SignInRow] | None:
    """Who holds this token, with the membership they chose; None when it is unknown, over, or the membership ended."""
    row = (await db.exec(HOLDERS, params=held([hash_of(token)], now))).first()
    return None if row is None else (row[0], row[1], row[2])


def new_half() -> str:
    """The other half of a session. It lies where the phone's own code reaches it, without a network: a lock puts it
    into the encrypted box, a sign-out throws it away, and the token alone opens nothing."""
    return secrets.token_urlsafe(16)


def is_whole(session: SignInRow, half: str) -> bool:
    """Did the browser bring the session's other half?"""
    return not session.half_hash or hmac.compare_digest(session.half_hash, hash_of(half))


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
    invite_id: UUID | None = None,
    half: str = "",
) -> str:
    """A new session; the one with the token `before` ends. invite_id: whose seat it waits for. half: without which it
    opens nothing.
    Returns the new token, which is kept nowhere."""
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
            is_pending=invite_id is not None,
            invite_id=invite_id,
            method=method,
            phone=phone,
            half_hash=hash_of(half) if half else "",
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
    """End sessions of a person (only: one of them) from elsewhere, at the next request, and the signing keys that they
    brought. Returns how many."""
    query = sa.update(SignInRow).where(
        col(SignInRow.province_code) == province_code,
        col(SignInRow.person_id) == person_id,
        col(SignInRow.revoked_at).is_(None),
    )
    if only is not None:
        query = query.where(col(SignInRow.id) == only)
    if membership_id is not None:
        query = query.where(col(SignInRow.membership_id) == membership_id)
    ended = query.values(revoked_at=now).returning(col(SignInRow.id))
    ids = (await (await db.connection()).execute(ended)).scalars().all()
    await register.note_in(db, register.SESSION_ENDED, province_code, ids)
    await signing_keys.end_keys(db, province_code, person_id, now, sign_in_ids=ids)
    return len(ids)


async def end_sign_ins(db: AsyncSession, province_code: str, person_id: UUID) -> None:
    """The person must sign in anew everywhere; their phones forget nothing for it."""
    await (await db.connection()).execute(
        sa.delete(SignInRow).where(
            col(SignInRow.province_code) == province_code, col(SignInRow.person_id) == person_id
        )
    )
