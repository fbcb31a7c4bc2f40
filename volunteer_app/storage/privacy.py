"""Consent, what people ask about their data, breaches; one household shown whole or erased whole."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any
from uuid import UUID, uuid4

import sqlalchemy as sa
from sqlmodel import AutoString, Field, SQLModel, col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from volunteer_app.domain.calendar import local_day
from volunteer_app.domain.households import Consent, ConsentMethod
from volunteer_app.domain.names import squeezed
from volunteer_app.domain.permissions import Scope
from volunteer_app.domain.privacy_requests import (
    Breach,
    PrivacyRequest,
    RequestEnding,
    RequestKind,
    consent_rows,
)
from volunteer_app.storage import feeds
from volunteer_app.storage.database import Id, words
from volunteer_app.storage.households import HouseholdRow, in_scope
from volunteer_app.storage.mergers import MergerArrivalRow, MergerRow
from volunteer_app.storage.visit_requests import VisitRequestRow


class ConsentRow(SQLModel, table=True):
    """One answer to the question whether names and visits may be written down (lần hỏi đồng ý). Append-only.

    id: the operation that brought it. text_version: which wording was asked. method: how it was asked. The language is
    not kept: it would say something about the family's origin (docs/security.md).
    """

    __tablename__ = "consents"
    __table_args__ = (sa.Index("ix_consents_household", "province_code", "household_id"),)
    province_code: str = Field(primary_key=True, max_length=2)
    id: UUID = Field(primary_key=True, sa_type=Id)
    household_id: UUID = Field(sa_type=Id)
    purpose: str = Field(max_length=20)
    answer: Consent = Field(sa_column=sa.Column(words(Consent), nullable=False))
    method: ConsentMethod = Field(sa_column=sa.Column(words(ConsentMethod), nullable=False))
    text_version: int | None = None
    person_id: UUID = Field(sa_type=Id)
    answered_at: datetime
    received_at: datetime


class PrivacyRequestRow(PrivacyRequest, table=True):
    """A request, as kept."""

    __tablename__ = "privacy_requests"
    __table_args__ = (sa.Index("ix_privacy_requests_place", "province_code", "commune_code", "received_at"),)
    province_code: str = Field(primary_key=True, max_length=2)
    id: UUID = Field(primary_key=True, sa_type=Id)
    kind: RequestKind = Field(sa_column=sa.Column(words(RequestKind), nullable=False))
    household_id: UUID | None = Field(default=None, sa_type=Id)
    settled: RequestEnding | None = Field(
        default=None, sa_column=sa.Column(words(RequestEnding), nullable=True)
    )
    person_id: UUID = Field(sa_type=Id)


class BreachRow(Breach, table=True):
    """A breach, as kept."""

    __tablename__ = "breaches"
    province_code: str = Field(primary_key=True, max_length=2)
    id: UUID = Field(primary_key=True, sa_type=Id)
    person_id: UUID = Field(sa_type=Id)


STILL_COUNTED = ("visits", "walk_throughs", "observations", "standings")
"""Tables that keep counting after an erasure, without leading back to a household."""

LONGEST_CODE = 40
"""A column of text that holds no more than this holds one of our own words (a service, a guide), never a sentence."""

UNTOUCHED = ("gone", "privacy_requests")
"""Tables that name a household's number only: what phones must let go, and the request itself."""


def note_consents(
    connection: sa.Connection, households: list[dict[str, Any]], changes: list[dict[str, Any]]
) -> None:
    """Keep every answer that a delivery brings, in its transaction."""
    if rows := consent_rows(households, changes):
        connection.execute(sa.insert(ConsentRow), rows)


def _scoped(table: Any, scope: Scope) -> Any:
    query = select(table).where(table.province_code == scope.province_code)
    return query if scope.commune_code is None else query.where(table.commune_code == scope.commune_code)


async def requests_in(db: AsyncSession, scope: Scope) -> list[PrivacyRequestRow]:
    """The requests of the scope, the open ones first, the oldest first."""
    rows = await db.exec(_scoped(PrivacyRequestRow, scope).order_by(col(PrivacyRequestRow.received_at)))
    return sorted(rows, key=lambda row: row.settled_at is not None)


async def request_of(db: AsyncSession, scope: Scope, request_id: UUID) -> PrivacyRequestRow | None:
    """One request of the scope."""
    return (
        await db.exec(_scoped(PrivacyRequestRow, scope).where(PrivacyRequestRow.id == request_id))
    ).first()


async def breaches_in(db: AsyncSession, scope: Scope) -> list[BreachRow]:
    """The breaches of the scope, the latest first."""
    return list(await db.exec(_scoped(BreachRow, scope).order_by(col(BreachRow.discovered_at).desc())))


async def breach_of(db: AsyncSession, scope: Scope, breach_id: UUID) -> BreachRow | None:
    """One breach of the scope."""
    return (await db.exec(_scoped(BreachRow, scope).where(BreachRow.id == breach_id))).first()


async def household_with_code(db: AsyncSession, scope: Scope, code: str) -> HouseholdRow | None:
    """The one household of the scope with this house code; None when there is none or more than one."""
    query = in_scope(select(HouseholdRow), HouseholdRow, scope)
    rows = list(await db.exec(query.where(sa.func.upper(HouseholdRow.code) == code.upper()).limit(2)))
    return rows[0] if len(rows) == 1 else None


async def household_of(db: AsyncSession, scope: Scope, household_id: UUID | None) -> HouseholdRow | None:
    """A household of the scope."""
    query = in_scope(select(HouseholdRow), HouseholdRow, scope)
    return (await db.exec(query.where(HouseholdRow.id == household_id))).first()


def tables_about_households() -> list[sa.Table]:
    """Every table that names a household, also those that did not exist when this was written."""
    tables = SQLModel.metadata.sorted_tables
    return [table for table in tables if "household_id" in table.c and table.name not in UNTOUCHED]


def columns_of_words(table: sa.Table) -> list[str]:
    """The columns of a table in which a person may have written whatever they liked."""
    lengths = {column.name: getattr(column.type, "length", 0) or 0 for column in table.columns}
    return [
        column.name
        for column in table.columns
        if isinstance(column.type, sa.Text)
        or (isinstance(column.type, sa.String | AutoString) and lengths[column.name] > LONGEST_CODE)
    ]


async def everything_about(db: AsyncSession, household: HouseholdRow) -> dict[str, list[dict[str, Any]]]:
    """All that is kept about a household, table by table, as its people may see it."""
    connection = await db.connection()
    found: dict[str, list[dict[str, Any]]] = {}
    own = SQLModel.metadata.tables["households"]
    for table in (own, *tables_about_households()):
        key = table.c.id if table is own else table.c.household_id
        query = sa.select(table).where(table.c.province_code == household.province_code, key == household.id)
        found[table.name] = [dict(row) for row in (await connection.execute(query)).mappings()]
    return found


async def erase(db: AsyncSession, household: HouseholdRow) -> dict[str, int]:
    """Erase a household across everything. What was counted stays counted, under numbers that lead nowhere: one a
    household and one a person, the same in every table, so that no figure changes.

    Returns how many rows of each table went or were made to lead nowhere. Phones let the household go at their next
    contact. Call it last in a transaction.
    """
    connection = await db.connection()
    grave, done = uuid4(), {}
    members = await _ids(db, "members", household)
    pseudonyms = {member: uuid4() for member in members}
    ids = {household.id, *members, *await _ids(db, "visits", household)}
    ids |= (merged := await _merged_into(db, household))
    done["mergers"] = await _forget_mergers(db, household.province_code, {household.id, *merged})
    done["operations"] = await _forget_bodies(db, household.province_code, ids)
    done["visit_requests"] = await _forget_asking(db, household)
    for table in tables_about_households():
        is_theirs = sa.and_(
            table.c.province_code == household.province_code, table.c.household_id == household.id
        )
        if table.name not in STILL_COUNTED:
            done[table.name] = (await connection.execute(sa.delete(table).where(is_theirs))).rowcount
            continue
        if "member_id" in table.c:
            for member, nobody in pseudonyms.items():
                await connection.execute(
                    sa.update(table).where(is_theirs, table.c.member_id == member).values(member_id=nobody)
                )
        blank: dict[str, Any] = {"household_id": grave} | dict.fromkeys(columns_of_words(table), "")
        done[table.name] = (
            await connection.execute(sa.update(table).where(is_theirs).values(blank))
        ).rowcount
    hamlet_id = household.hamlet_id
    await _forget_imports(db, ids)
    await db.delete(household)
    await db.flush()
    await connection.run_sync(feeds.note_gone, household.province_code, {household.id: hamlet_id})
    return {"households": 1} | done


async def _ids(db: AsyncSession, table_name: str, household: HouseholdRow) -> list[UUID]:
    table = SQLModel.metadata.tables[table_name]
    query = sa.select(table.c.id).where(
        table.c.province_code == household.province_code, table.c.household_id == household.id
    )
    return list((await (await db.connection()).execute(query)).scalars())


async def _merged_into(db: AsyncSession, household: HouseholdRow) -> set[UUID]:
    """Households that were merged into this one, and those merged into them before: all of them are this door."""
    found: set[UUID] = set()
    kept = {household.id}
    while kept:
        query = select(MergerRow.lost_id).where(
            MergerRow.province_code == household.province_code,
            col(MergerRow.kept_id).in_(kept),
            col(MergerRow.undone_at).is_(None),
        )
        kept = set(await db.exec(query)) - found
        found |= kept
    return found


async def _forget_mergers(db: AsyncSession, province_code: str, ids: set[UUID]) -> int:
    """Mergers of these, undone ones too: each holds a whole household's row, with its name."""
    rows = await db.exec(
        select(MergerRow).where(
            MergerRow.province_code == province_code,
            sa.or_(col(MergerRow.kept_id).in_(ids), col(MergerRow.lost_id).in_(ids)),
        )
    )
    merger_ids = [row.id for row in rows]
    connection = await db.connection()
    for table, key in ((MergerArrivalRow, MergerArrivalRow.merger_id), (MergerRow, MergerRow.id)):
        query = sa.delete(table).where(col(table.province_code) == province_code, col(key).in_(merger_ids))
        await connection.execute(query)
    return len(merger_ids)


async def _forget_bodies(db: AsyncSession, province_code: str, ids: set[UUID]) -> int:
    """Held and parked operations that name any of these lose what they say; their numbers stay, against repeats."""
    table = SQLModel.metadata.tables["operations"]
    connection = await db.connection()
    query = sa.select(table.c.id, table.c.body).where(
        table.c.province_code == province_code, table.c.body.is_not(None)
    )
    named = {str(id_) for id_ in ids}
    about = [
        row.id
        for row in (await connection.execute(query)).all()
        if row.id in ids or any(id_ in row.body for id_ in named)
    ]
    for id_ in about:
        await connection.execute(
            sa.update(table)
            .where(table.c.province_code == province_code, table.c.id == id_)
            .values(body=None, waits_for=None, outcome="parked", reason="household.erased")
        )
    return len(about)


async def _forget_asking(db: AsyncSession, household: HouseholdRow) -> int:
    """Requests for a visit from this hamlet under this name lose name and telephone."""
    if not household.label:
        return 0
    query = select(VisitRequestRow).where(
        VisitRequestRow.province_code == household.province_code,
        VisitRequestRow.hamlet_id == household.hamlet_id,
        col(VisitRequestRow.name).is_not(None),
    )
    rows = [row for row in await db.exec(query) if squeezed(row.name or "") == squeezed(household.label)]
    for row in rows:
        row.name = row.phone = None
    return len(rows)


async def _forget_imports(db: AsyncSession, ids: set[UUID]) -> None:
    """What an import remembers of these for its undoing."""
    from volunteer_app.storage.imports import ImportRow

    named = {str(id_) for id_ in ids} | {id_.hex for id_ in ids}
    for row in await db.exec(select(ImportRow)):
        kept = [change for change in row.changes if not any(id_ in str(change) for id_ in named)]
        if len(kept) != len(row.changes):
            row.changes = kept


async def forget_old(db: AsyncSession, *, before: Mapping[str, datetime]) -> dict[str, int]:
    """What the installation need not keep any longer. before: notes, visits, bodies, requests, sessions → moment."""
    connection = await db.connection()
    tables = SQLModel.metadata.tables
    operations = tables["operations"]
    done: dict[str, int] = {}

    async def run(name: str, query: Any) -> None:
        done[name] = (await connection.execute(query)).rowcount

    for name, table_name in (
        ("notes", "visits"),
        ("walk_through_notes", "walk_throughs"),
        ("reasons", "observations"),
        ("settlement_reasons", "settlements"),
    ):
        table = tables[table_name]
        written = columns_of_words(table)
        arrived = table.c["received_at" if "received_at" in table.c else "recorded_at"]
        await run(
            name,
            sa.update(table)
            .where(arrived < before["notes"], sa.or_(*(table.c[word] != "" for word in written)))
            .values(dict.fromkeys(written, "")),
        )
    await run(
        "bodies",
        sa.update(operations)
        .where(operations.c.received_at < before["bodies"], operations.c.body.is_not(None))
        .values(body=None),
    )
    await run(
        "visit_requests",
        sa.update(VisitRequestRow)
        .where(col(VisitRequestRow.received_at) < before["requests"], col(VisitRequestRow.name).is_not(None))
        .values(name=None, phone=None),
    )
    for name, column in (("sign_ins", "expires_at"), ("invites", "expires_at"), ("challenges", "expires_at")):
        table = tables[name]
        await run(name, sa.delete(table).where(table.c[column] < before["sessions"]))
    ids = await _long_unvisited(db, before["visits"])
    for first in range(0, len(ids), PART):
        some = col(HouseholdRow.id).in_(ids[first : first + PART])
        for household in (await db.exec(select(HouseholdRow).where(some))).all():
            await erase(db, household)
    return done | {"households": len(ids)}


PART = 500
"""How many households one statement names: a database takes so many parameters and no more."""


async def _long_unvisited(db: AsyncSession, moment: datetime) -> list[UUID]:
    """Households that nobody has visited or changed since then; without any visit only those with a name: the rest of a
    commune's list is codes."""
    standings, households = SQLModel.metadata.tables["standings"], SQLModel.metadata.tables["households"]
    day = local_day(moment)
    query = (
        sa.select(households.c.id)
        .outerjoin(
            standings,
            sa.and_(
                standings.c.province_code == households.c.province_code,
                standings.c.household_id == households.c.id,
            ),
        )
        .where(
            sa.or_(
                standings.c.last_visit_on < day,
                sa.and_(standings.c.last_visit_on.is_(None), households.c.label != ""),
            ),
            households.c.received_at < moment,
        )
    )
    return list((await (await db.connection()).execute(query)).scalars())
