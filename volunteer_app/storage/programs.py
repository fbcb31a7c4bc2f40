"""Programs that read figures, as kept. Of the secret only its hash is kept."""

import string
from datetime import date, datetime
from uuid import UUID

import sqlalchemy as sa
from sqlmodel import Field, SQLModel, col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from volunteer_app.domain.ids import letters_from, new_id, new_seed
from volunteer_app.domain.permissions import Scope, program_scope
from volunteer_app.domain.programs import LONGEST_PROGRAM_NAME, SECRET_BEGINS
from volunteer_app.storage import audit, register
from volunteer_app.storage.database import Id
from volunteer_app.storage.sign_ins import hash_of

SECRET_ALPHABET = string.ascii_letters + string.digits + "-_"


class ProgramRow(SQLModel, table=True):
    """A program. commune_code: None for the whole province. It reads until the end of `last_day`, or until stopped."""

    __tablename__ = "programs"
    __table_args__ = (sa.Index("ix_programs_secret_hash", "secret_hash", unique=True),)
    province_code: str = Field(primary_key=True, max_length=2)
    id: UUID = Field(primary_key=True, sa_type=Id)
    commune_code: str | None = Field(default=None, max_length=5)
    name: str = Field(max_length=LONGEST_PROGRAM_NAME)
    secret_hash: str = Field(max_length=64)
    made_by: UUID = Field(sa_type=Id)
    made_at: datetime
    last_day: date
    stopped_at: datetime | None = None
    read_at: datetime | None = None
    readings: int = 0


async def allow(
    db: AsyncSession, scope: Scope, name: str, last_day: date, now: datetime, *, seed: str = ""
) -> tuple[ProgramRow, str]:
    """Let a program in, to read the figures of this scope's place. Gives the secret too, which is kept nowhere; it
    follows from the seed of the form."""
    secret = secret_of(seed or new_seed())
    row = ProgramRow(
        province_code=scope.province_code,
        id=new_id(now),
        commune_code=scope.commune_code,
        name=name,
        secret_hash=hash_of(secret),
        made_by=scope.person_id,
        made_at=now,
        last_day=last_day,
    )
    db.add(row)
    await audit.note(db, scope, "program.allowed", row.id, now=now)
    return row, secret


def secret_of(seed: str) -> str:
    """The secret that follows from the seed of a form."""
    return SECRET_BEGINS + letters_from(seed, "program", SECRET_ALPHABET, 43)


async def allowed_before(db: AsyncSession, scope: Scope, seed: str) -> str:
    """The secret of the program that this same form let in before; an empty text: it did not."""
    secret = secret_of(seed)
    query = select(ProgramRow.id).where(
        ProgramRow.province_code == scope.province_code,
        ProgramRow.secret_hash == hash_of(secret),
        _same_place(scope),
    )
    return secret if (await db.exec(query)).first() is not None else ""


async def programs_of(db: AsyncSession, scope: Scope) -> list[ProgramRow]:
    """The programs of exactly this place, newest first."""
    query = select(ProgramRow).where(ProgramRow.province_code == scope.province_code, _same_place(scope))
    return list(await db.exec(query.order_by(col(ProgramRow.made_at).desc())))


async def stop(db: AsyncSession, scope: Scope, program_id: UUID, now: datetime) -> bool:
    """It reads nothing more from now on. False: the scope has none of this id."""
    row = await db.get(ProgramRow, (scope.province_code, program_id))
    if row is None or scope.commune_code not in (None, row.commune_code):
        return False
    if row.stopped_at is None:
        await register.note_in(db, register.PROGRAM_STOPPED, row.province_code, [row.id])
        row.stopped_at = now
        await audit.note(db, scope, "program.stopped", row.id, now=now)
    return True


async def scope_with(db: AsyncSession, secret: str, today: date) -> Scope | None:
    """What the bearer of this secret may read today; None when nobody let it in, or no longer."""
    query = select(ProgramRow).where(ProgramRow.secret_hash == hash_of(secret))
    row = (await db.exec(query)).first()
    if row is None or row.stopped_at is not None or row.last_day < today:
        return None
    return program_scope(row.id, row.province_code, row.commune_code)


async def note_reading(db: AsyncSession, scope: Scope, now: datetime) -> None:
    """It has read something."""
    query = sa.update(ProgramRow).where(
        col(ProgramRow.province_code) == scope.province_code, col(ProgramRow.id) == scope.person_id
    )
    await (await db.connection()).execute(query.values(read_at=now, readings=col(ProgramRow.readings) + 1))


def _same_place(scope: Scope) -> sa.ColumnElement[bool]:
    if scope.commune_code is None:
        return sa.true()
    return col(ProgramRow.commune_code) == scope.commune_code
