"""Who did what (nhật ký): one line for each change at the desk and each look at a household, chained by hashes.

Every line holds the hash of the one before, so a line that was changed, taken out or put in breaks the chain; see
`volunteer-app audit verify`. Lines carry ids and words of ours, never what somebody typed.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlmodel import Field, SQLModel, col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from volunteer_app.domain.permissions import Scope
from volunteer_app.storage.database import Id, upsert

START = "0" * 64

CODE_LIKE = re.compile(r"[a-z0-9_.:= -]{0,80}")
"""What a reason may be made of."""


class AuditRow(SQLModel, table=True):
    """One line.

    person_id: who; None for the command line. action: a noun and what happened to it ("invite.made").
    object_id: what it happened to; reason: a word, never free text.
    """

    __tablename__ = "audit"
    __table_args__ = (
        sa.Index("ix_audit_object", "province_code", "object_id"),
        sa.Index("ix_audit_place", "province_code", "commune_code", "seq"),
    )
    province_code: str = Field(primary_key=True, max_length=2)
    seq: int = Field(primary_key=True, sa_type=sa.BigInteger)
    at: datetime
    person_id: UUID | None = Field(default=None, sa_type=Id)
    action: str = Field(max_length=40)
    object_id: str = Field(default="", max_length=80)
    commune_code: str | None = Field(default=None, max_length=5)
    reason: str = Field(default="", max_length=80)
    hash: str = Field(max_length=64)


class AuditHeadRow(SQLModel, table=True):
    """The end of a province's chain: the number and hash of its last line, and the hash before its first one kept."""

    __tablename__ = "audit_heads"
    province_code: str = Field(primary_key=True, max_length=2)
    seq: int = Field(sa_type=sa.BigInteger)
    hash: str = Field(max_length=64)
    first_seq: int = Field(default=1, sa_type=sa.BigInteger)
    before_first: str = Field(default=START, max_length=64)


def hash_of(before: str, row: AuditRow) -> str:
    """What the line's hash must be, after a line with the hash `before`."""
    said = [
        before,
        row.province_code,
        str(row.seq),
        str(round(row.at.timestamp() * 1000)),
        str(row.person_id or ""),
        row.action,
        row.object_id,
        row.commune_code or "",
        row.reason,
    ]
    return sha256("\x1f".join(said).encode()).hexdigest()


async def note(
    db: AsyncSession,
    scope: Scope,
    action: str,
    object_id: object = "",
    *,
    now: datetime,
    commune_code: str | None = None,
    reason: str = "",
) -> None:
    """Add a line for what the person of this scope did; in the transaction that does it."""
    await note_for(
        db,
        scope.province_code,
        scope.person_id,
        action,
        object_id,
        now=now,
        commune_code=commune_code or scope.commune_code,
        reason=reason,
    )


async def note_for(
    db: AsyncSession,
    province_code: str,
    person_id: UUID | None,
    action: str,
    object_id: object = "",
    *,
    now: datetime,
    commune_code: str | None = None,
    reason: str = "",
) -> None:
    """Add a line where no scope exists yet (joining, signing in, the command line).

    Raises ValueError when the reason is nothing that a program says: no line is ever taken out again."""
    if not CODE_LIKE.fullmatch(reason):
        raise ValueError("a reason is a word of ours")
    connection = await db.connection()
    new: Any = upsert(db, AuditHeadRow).values(
        province_code=province_code, seq=1, hash=START, first_seq=1, before_first=START
    )
    raised = new.on_conflict_do_update(
        index_elements=["province_code"], set_={"seq": col(AuditHeadRow.seq) + 1}
    ).returning(col(AuditHeadRow.seq), col(AuditHeadRow.hash))
    seq, before = (await connection.execute(raised)).one()
    row = AuditRow(
        province_code=province_code,
        seq=seq,
        at=now,
        person_id=person_id,
        action=action,
        object_id=str(object_id),
        commune_code=commune_code,
        reason=reason,
        hash="",
    )
    row.hash = hash_of(before, row)
    db.add(row)
    await connection.execute(
        sa.update(AuditHeadRow).where(col(AuditHeadRow.province_code) == province_code).values(hash=row.hash)
    )


async def lines(
    db: AsyncSession, scope: Scope, *, object_id: str = "", before: int | None = None, most: int = 100
) -> list[AuditRow]:
    """The lines that the scope may see, the last first."""
    query = select(AuditRow).where(AuditRow.province_code == scope.province_code)
    if scope.commune_code is not None:
        query = query.where(AuditRow.commune_code == scope.commune_code)
    if object_id:
        query = query.where(AuditRow.object_id == object_id)
    if before is not None:
        query = query.where(AuditRow.seq < before)
    return list(await db.exec(query.order_by(col(AuditRow.seq).desc()).limit(most)))


async def broken(db: AsyncSession) -> list[str]:
    """Where a chain does not hold: "08/17: changed". Empty is the only good answer."""
    found = []
    for chain in await chains(db):
        while chain.is_unread:
            found += await read_on(db, chain)
    return found


@dataclass
class Chain:
    """A province's chain as it was read so far: what the next line must be, and what its head says."""

    province: str
    expected: int
    before: str
    last: int
    last_hash: str
    is_unread: bool = True


PART = 2000
"""How many lines are looked at together."""


async def chains(db: AsyncSession) -> list[Chain]:
    """Every province's, from its first line that is kept to its last one now."""
    return [
        Chain(head.province_code, head.first_seq, head.before_first, head.seq, head.hash)
        for head in await db.exec(select(AuditHeadRow).order_by(col(AuditHeadRow.province_code)))
    ]


async def read_on(db: AsyncSession, chain: Chain) -> list[str]:
    """The next part of a chain; where it does not hold. What is added meanwhile is left to the next reading."""
    found, province, count = [], chain.province, 0
    rows = await db.exec(
        select(AuditRow)
        .where(
            AuditRow.province_code == province,
            col(AuditRow.seq) >= chain.expected,
            col(AuditRow.seq) <= chain.last,
        )
        .order_by(col(AuditRow.seq))
        .limit(PART)
    )
    for row in rows:
        count += 1
        if row.seq != chain.expected:
            found.append(f"{province}/{chain.expected}: missing")
        elif row.hash != hash_of(chain.before, row):
            found.append(f"{province}/{row.seq}: changed")
        chain.before, chain.expected = row.hash, row.seq + 1
    db.expunge_all()
    if count == PART:
        return found
    chain.is_unread = False
    if chain.expected != chain.last + 1:
        found.append(f"{province}/{chain.expected}: missing")
    elif chain.before != chain.last_hash:
        found.append(f"{province}/{chain.last}: changed")
    return found


async def heads(db: AsyncSession) -> list[tuple[str, int, str]]:
    """How each province's chain ends: number and hash of its last line. Kept elsewhere, they show a log cut short."""
    return [(row.province_code, row.seq, row.hash) for row in await db.exec(select(AuditHeadRow))]


async def forget_before(db: AsyncSession, moment: datetime) -> int:
    """Let some old lines of each province go, the oldest first, and say how many; 0: there are none left. The chain
    begins anew with the hash of the last one that went."""
    gone = 0
    for head in list(await db.exec(select(AuditHeadRow))):
        some = (
            await db.exec(
                select(AuditRow)
                .where(AuditRow.province_code == head.province_code, col(AuditRow.at) < moment)
                .order_by(col(AuditRow.seq))
                .limit(PART)
            )
        ).all()
        if not some:
            continue
        old = some[-1]
        head.first_seq, head.before_first = old.seq + 1, old.hash
        query = sa.delete(AuditRow).where(
            col(AuditRow.province_code) == head.province_code, col(AuditRow.seq) <= old.seq
        )
        gone += (await (await db.connection()).execute(query)).rowcount
    return gone


async def people_in(db: AsyncSession, scope: Scope, rows: Iterable[AuditRow]) -> dict[UUID, str]:
    """Names of those who did these things."""
    from volunteer_app.storage.people import names_of

    return await names_of(db, scope, {row.person_id for row in rows if row.person_id})
