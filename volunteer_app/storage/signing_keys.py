"""Keys that people's phones sign with (khoá ký): whose each is, on which phone, since when, and until when.

The private half stays on the phone. What is signed brings the public half along; its hash is the row's id.
"""

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Any, NamedTuple
from uuid import UUID

import sqlalchemy as sa
from sqlmodel import Field, SQLModel, col
from sqlmodel.ext.asyncio.session import AsyncSession

from volunteer_app.domain.operations.proof import SigningKey
from volunteer_app.storage import register
from volunteer_app.storage.database import Id, any_of, upsert


class SigningKeyRow(SQLModel, table=True):
    """A key of somebody on one phone. sign_in_id: the session that it last came with; ended elsewhere, it ends the key.

    ended_at: the phone was lost, or its person left: nothing that comes since is proven by it.
    """

    __tablename__ = "signing_keys"
    __table_args__ = (sa.Index("ix_signing_keys_person", "province_code", "person_id"),)
    province_code: str = Field(primary_key=True, max_length=2)
    id: UUID = Field(primary_key=True, sa_type=Id)
    person_id: UUID = Field(sa_type=Id)
    device_id: UUID = Field(sa_type=Id)
    sign_in_id: UUID = Field(sa_type=Id)
    made_at: datetime
    ended_at: datetime | None = None


def owners_of(connection: sa.Connection, province_code: str, ids: Collection[UUID]) -> dict[UUID, SigningKey]:
    """Whose these keys are."""
    if not ids:
        return {}
    rows = connection.execute(KNOWN, {"province": province_code, "ids": list(ids)})
    return {id_: SigningKey(*said) for id_, *said in rows}


KNOWN = sa.select(
    col(SigningKeyRow.id), *(col(getattr(SigningKeyRow, name)) for name in SigningKey._fields)
).where(
    col(SigningKeyRow.province_code) == sa.bindparam("province"), col(SigningKeyRow.id).in_(any_of("ids"))
)


def who_signs(connection: sa.Connection, province_code: str, person_ids: Collection[UUID]) -> set[UUID]:
    """Who of these people has a key that is good: what comes in their name without a signature is odd."""
    if not person_ids:
        return set()
    return set(
        connection.execute(WHO_SIGNS, {"province": province_code, "people": list(person_ids)}).scalars()
    )


WHO_SIGNS = (
    sa.select(col(SigningKeyRow.person_id))
    .where(
        col(SigningKeyRow.province_code) == sa.bindparam("province"),
        col(SigningKeyRow.person_id).in_(any_of("people")),
        col(SigningKeyRow.ended_at).is_(None),
    )
    .distinct()
)


class NewKey(NamedTuple):
    """A key that its person's session has brought."""

    id: UUID
    person_id: UUID
    device_id: UUID
    sign_in_id: UUID


def keep(connection: sa.Connection, province_code: str, new: NewKey, now: datetime) -> None:
    """Keep a key that is new here. No restore loses it."""
    register.note(connection, register.SIGNING_KEY, province_code, new, now)
    connection.execute(kept_key(connection.dialect.name, province_code, new, now))


def note_session(connection: sa.Connection, province_code: str, key_id: UUID, sign_in_id: UUID) -> None:
    """A phone signs with the same key in a new session: that one's end is the key's end."""
    connection.execute(
        sa.update(SigningKeyRow)
        .where(col(SigningKeyRow.province_code) == province_code, col(SigningKeyRow.id) == key_id)
        .values(sign_in_id=sign_in_id)
    )


def kept_key(db: AsyncSession | str, province_code: str, new: Sequence[UUID], made_at: datetime) -> Any:
    """The statement that keeps a key, unless it is here."""
    row = NewKey(*new)._asdict() | {"province_code": province_code, "made_at": made_at}
    return upsert(db, SigningKeyRow).values(row).on_conflict_do_nothing()


async def end_keys(
    db: AsyncSession,
    province_code: str,
    person_id: UUID,
    now: datetime,
    *,
    sign_in_ids: Collection[UUID] | None = None,
) -> None:
    """From now on nothing that comes is proven by this person's keys (sign_in_ids: by those of these sessions)."""
    query = sa.update(SigningKeyRow).where(
        col(SigningKeyRow.province_code) == province_code,
        col(SigningKeyRow.person_id) == person_id,
        col(SigningKeyRow.ended_at).is_(None),
    )
    if sign_in_ids is not None:
        query = query.where(col(SigningKeyRow.sign_in_id).in_(sign_in_ids))
    await (await db.connection()).execute(query.values(ended_at=now))
