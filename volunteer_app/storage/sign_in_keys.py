"""With what people sign in: passkeys, PINs bound to one phone, and the challenges that passkeys sign.

A key that was made on an invitation knows it, and is good only once that invitation was settled and not refused. Every
reading of a key asks for that (`_is_good`); there is no other way to read one.
"""

import asyncio
import hashlib
import hmac
import logging
import secrets
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from uuid import UUID

import sqlalchemy as sa
from sqlmodel import Field, SQLModel, col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from volunteer_app.domain.invites import MOST_WRONG_PINS
from volunteer_app.domain.people import Role
from volunteer_app.passkeys import NewPasskey
from volunteer_app.storage import register
from volunteer_app.storage.database import Id, upsert
from volunteer_app.storage.invites import InviteRow
from volunteer_app.storage.people import MembershipRow, PersonRow

log = logging.getLogger(__name__)

CHALLENGE_LIFE = timedelta(minutes=5)


class PasskeyRow(SQLModel, table=True):
    """A passkey (khoá truy cập). A person may hold several."""

    __tablename__ = "passkeys"
    __table_args__ = (sa.Index("ix_passkeys_credential", "credential_id", unique=True),)
    province_code: str = Field(primary_key=True, max_length=2)
    id: UUID = Field(primary_key=True, sa_type=Id)
    person_id: UUID = Field(sa_type=Id, index=True)
    credential_id: bytes = Field(sa_type=sa.LargeBinary)
    public_key: bytes = Field(sa_type=sa.LargeBinary)
    sign_count: int = Field(default=0, sa_type=sa.BigInteger)
    is_synced: bool = False
    is_backed_up: bool = False
    phone: str = Field(default="", max_length=40)
    created_at: datetime
    last_used_at: datetime
    invite_id: UUID | None = Field(default=None, sa_type=Id)


class PinRow(SQLModel, table=True):
    """A PIN on one phone: worth nothing without the secret that this phone's browser holds."""

    __tablename__ = "pins"
    province_code: str = Field(primary_key=True, max_length=2)
    id: UUID = Field(primary_key=True, sa_type=Id)
    person_id: UUID = Field(sa_type=Id, index=True)
    phone_hash: str = Field(max_length=64, index=True)
    salt: bytes = Field(sa_type=sa.LargeBinary)
    pin_hash: bytes = Field(sa_type=sa.LargeBinary)
    wrong_tries: int = 0
    phone: str = Field(default="", max_length=40)
    created_at: datetime
    last_used_at: datetime
    invite_id: UUID | None = Field(default=None, sa_type=Id)


KEYS = (PasskeyRow, PinRow)


def _is_good(table: type[PasskeyRow | PinRow]) -> sa.ColumnElement[bool]:
    """The decision that a key depends on has been made, and lets it in. A key that was made in a full session depends
    on none."""
    decided = sa.exists().where(
        col(InviteRow.province_code) == col(table.province_code),
        col(InviteRow.id) == col(table.invite_id),
        col(InviteRow.settled_at).is_not(None),
        col(InviteRow.is_refused).is_(False),
    )
    return sa.or_(col(table.invite_id).is_(None), decided)


class ChallengeRow(SQLModel, table=True):
    """A challenge that was used. person_id: who made a passkey; None when somebody signed in."""

    __tablename__ = "challenges"
    challenge: bytes = Field(primary_key=True, sa_type=sa.LargeBinary(32))  # type: ignore[call-overload]
    person_id: UUID | None = Field(default=None, sa_type=Id)
    expires_at: datetime


def new_challenge(secret: bytes, person_id: UUID | None, now: datetime) -> bytes:
    """A fresh challenge, for somebody who makes a passkey or (None) for whoever signs in: a moment, chance, and the
    server's mark on both. Nothing is kept of it: strangers may ask for as many as they like."""
    told = int(now.timestamp()).to_bytes(4) + secrets.token_bytes(12)
    return told + _mark_of(secret, told, person_id)


def is_our_challenge(secret: bytes, challenge: bytes, person_id: UUID | None, now: datetime) -> bool:
    """Was this challenge given for this, lately?"""
    told, mark = challenge[:16], challenge[16:]
    if not hmac.compare_digest(mark, _mark_of(secret, told, person_id)):
        return False
    return timedelta(0) <= now - datetime.fromtimestamp(int.from_bytes(told[:4]), UTC) < CHALLENGE_LIFE


async def use_challenge(db: AsyncSession, challenge: bytes, person_id: UUID | None, now: datetime) -> bool:
    """Use up a challenge of ours, after what was signed with it has proven good. False: it was used already."""
    connection = await db.connection()
    await connection.execute(sa.delete(ChallengeRow).where(col(ChallengeRow.expires_at) < now))
    query = upsert(db, ChallengeRow).values(
        challenge=challenge, person_id=person_id, expires_at=now + CHALLENGE_LIFE
    )
    return (await connection.execute(query.on_conflict_do_nothing())).rowcount == 1


def _mark_of(secret: bytes, told: bytes, person_id: UUID | None) -> bytes:
    whom = person_id.bytes if person_id else b""
    return hmac.digest(secret, b"challenge" + told + whom, "sha256")[:16]


async def passkey_of(db: AsyncSession, credential_id: bytes) -> PasskeyRow | None:
    """The good passkey with this credential id."""
    query = select(PasskeyRow).where(PasskeyRow.credential_id == credential_id, _is_good(PasskeyRow))
    return (await db.exec(query)).first()


async def is_credential_known(db: AsyncSession, credential_id: bytes) -> bool:
    """Was this passkey ever kept here, good or not?"""
    query = sa.select(sa.exists().where(col(PasskeyRow.credential_id) == credential_id))
    return bool((await (await db.connection()).execute(query)).scalar())


async def passkeys_of(db: AsyncSession, province_code: str, person_id: UUID) -> list[PasskeyRow]:
    """A person's passkeys, the newest first."""
    query = select(PasskeyRow).where(
        PasskeyRow.province_code == province_code,
        PasskeyRow.person_id == person_id,
        _is_good(PasskeyRow),
    )
    return list(await db.exec(query.order_by(col(PasskeyRow.created_at).desc())))


async def seat_has_key(db: AsyncSession, province_code: str, person_id: UUID, invite_id: UUID) -> bool:
    """Is there something to sign in with once this seat is given: made on it, or good already?"""
    for table in KEYS:
        query = sa.select(
            sa.exists().where(
                col(table.province_code) == province_code,
                col(table.person_id) == person_id,
                sa.or_(col(table.invite_id) == invite_id, _is_good(table)),
            )
        )
        if (await (await db.connection()).execute(query)).scalar():
            return True
    return False


def new_passkey(
    province_code: str,
    id_: UUID,
    person_id: UUID,
    made: NewPasskey,
    phone: str,
    now: datetime,
    invite_id: UUID | None,
) -> PasskeyRow:
    """A passkey to be kept."""
    return PasskeyRow(
        province_code=province_code,
        id=id_,
        person_id=person_id,
        credential_id=made.credential_id,
        public_key=made.public_key,
        sign_count=made.sign_count,
        is_synced=made.is_synced,
        is_backed_up=made.is_backed_up,
        phone=phone,
        created_at=now,
        last_used_at=now,
        invite_id=invite_id,
    )


async def pins_of(db: AsyncSession, province_code: str, person_id: UUID) -> list[PinRow]:
    """A person's PINs, one a phone."""
    query = select(PinRow).where(
        PinRow.province_code == province_code, PinRow.person_id == person_id, _is_good(PinRow)
    )
    return list(await db.exec(query.order_by(col(PinRow.created_at).desc())))


async def pins_on(db: AsyncSession, phone_token: str) -> list[PinRow]:
    """The PINs that are good on the phone with this secret: the newest of each person who uses it."""
    if not phone_token:
        return []
    query = select(PinRow).where(PinRow.phone_hash == hash_of_phone(phone_token), _is_good(PinRow))
    rows = await db.exec(query.order_by(col(PinRow.created_at)))
    newest = {(row.province_code, row.person_id): row for row in rows}
    return [row for row in newest.values() if row.wrong_tries < MOST_WRONG_PINS]


async def pin_tried(db: AsyncSession, tried: PinRow, given: bytes, now: datetime) -> PinRow | None:
    """The PIN of this row if what was given is its hash; else None, and the try counts. Of many tries at once only as
    many are looked at as are left."""
    is_right = hmac.compare_digest(given, tried.pin_hash)
    values = {"wrong_tries": 0, "last_used_at": now} if is_right else {"wrong_tries": PinRow.wrong_tries + 1}
    query = (
        sa.update(PinRow)
        .where(
            col(PinRow.province_code) == tried.province_code,
            col(PinRow.id) == tried.id,
            col(PinRow.pin_hash) == tried.pin_hash,
            col(PinRow.wrong_tries) < MOST_WRONG_PINS,
        )
        .values(**values)
    )
    was_open = (await (await db.connection()).execute(query)).rowcount == 1
    if not is_right:
        log.warning("pin.wrong person=%s tries=%s", tried.person_id, tried.wrong_tries + 1)
    return tried if is_right and was_open else None


def hash_of_phone(token: str) -> str:
    """What is kept of the secret that a phone's browser holds."""
    return hashlib.sha256(token.encode()).hexdigest()


def hash_of_pin(pin: str, salt: bytes) -> bytes:
    """What is kept of a PIN. Slow on purpose (scrypt, 16 MB)."""
    return hashlib.scrypt(pin.encode(), salt=salt, n=2**14, r=8, p=1, maxmem=64 * 1024 * 1024)


async def slowly_hashed(pin: str, salt: bytes) -> bytes:
    """The same away from the event loop, two at once: who tries many waits for nobody but themselves."""
    return await asyncio.get_running_loop().run_in_executor(_HASHING, hash_of_pin, pin, salt)


_HASHING = ThreadPoolExecutor(max_workers=2, thread_name_prefix="hashing")


async def forget_key(db: AsyncSession, province_code: str, person_id: UUID, key_id: UUID) -> bool:
    """One passkey or PIN of this person is no good any more. False: they hold none like that."""
    for table in KEYS:
        row = await db.get(table, (province_code, key_id))
        if row is not None and row.person_id == person_id:
            await register.note_in(db, register.KEY_FORGOTTEN, province_code, [key_id])
            await db.delete(row)
            return True
    return False


async def forget_keys(
    db: AsyncSession,
    province_code: str,
    person_id: UUID,
    *,
    only: tuple[type[PasskeyRow | PinRow], ...] = KEYS,
) -> None:
    """Nothing that this person signed in with is good any more (only: of these kinds)."""
    connection = await db.connection()
    for table in only:
        theirs = sa.and_(col(table.province_code) == province_code, col(table.person_id) == person_id)
        ids = (await connection.execute(sa.select(col(table.id)).where(theirs))).scalars().all()
        await register.note_in(db, register.KEY_FORGOTTEN, province_code, ids)
        await connection.execute(sa.delete(table).where(theirs))


async def forget_keys_of_seat(db: AsyncSession, province_code: str, invite_id: UUID) -> None:
    """What was made on this invitation will never be good."""
    connection = await db.connection()
    for table in KEYS:
        theirs = sa.and_(col(table.province_code) == province_code, col(table.invite_id) == invite_id)
        ids = (await connection.execute(sa.select(col(table.id)).where(theirs))).scalars().all()
        await register.note_in(db, register.KEY_FORGOTTEN, province_code, ids)
        await connection.execute(sa.delete(table).where(theirs))


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
