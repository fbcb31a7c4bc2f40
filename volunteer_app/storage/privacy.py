"""Consent, what people ask about their data, breaches; one household shown whole or erased whole."""

import re
from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID, uuid4

import sqlalchemy as sa
from sqlmodel import AutoString, Field, SQLModel, col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from volunteer_app.domain.households import Consent, ConsentMethod
from volunteer_app.domain.names import squeezed
from volunteer_app.domain.operations.envelope import ERASED, OperationOutcome
from volunteer_app.domain.permissions import Scope
from volunteer_app.domain.privacy_requests import (
    Breach,
    PrivacyRequest,
    RequestEnding,
    RequestKind,
    consent_rows,
)
from volunteer_app.storage import feeds, register
from volunteer_app.storage.database import Id, tie, words
from volunteer_app.storage.households import HouseholdRow, in_scope
from volunteer_app.storage.mergers import MergerArrivalRow, MergerRow
from volunteer_app.storage.schema import schema
from volunteer_app.storage.visit_requests import VisitRequestRow


class ConsentRow(SQLModel, table=True):
    """One answer to the question whether names and visits may be written down (lần hỏi đồng ý). Append-only.

    id: the operation that brought it. text_version: which wording was asked. method: how it was asked. The language is
    not kept: it would say something about the family's origin (docs/security.md).
    """

    __tablename__ = "consents"
    __table_args__ = (
        sa.Index("ix_consents_household", "province_code", "household_id"),
        tie("households", "household_id"),
    )
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


def tables_that_name_households() -> list[sa.Table]:
    """Every table that names a household, also those that did not exist when this was written."""
    return [table for table in schema().sorted_tables if "household_id" in table.c]


def tables_about_households() -> list[sa.Table]:
    """Those of which nothing outlives the household."""
    return [table for table in tables_that_name_households() if table.name not in UNTOUCHED]


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
    own = schema().tables["households"]
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
    members = await _ids(db, "members", household.province_code, [household.id])
    visits = await _ids(db, "visits", household.province_code, [household.id])
    merged = await _merged_into(db, household.province_code, {household.id})
    await forget_imports(db, {household.id, *members, *visits, *merged})
    return await erase_these(db, household.province_code, [household])


async def erase_these(
    db: AsyncSession, province_code: str, households: Sequence[HouseholdRow]
) -> dict[str, int]:
    """The same for some households of a province; what imports remember of them is forgotten already."""
    connection = await db.connection()
    own = [household.id for household in households]
    await register.note_in(db, register.ERASED, province_code, own)
    done: dict[str, int] = {}
    members = await _ids(db, "members", province_code, own)
    merged = await _merged_into(db, province_code, set(own))
    ids = {*own, *members, *merged, *await _ids(db, "visits", province_code, own)}
    done["mergers"] = await _forget_mergers(db, province_code, {*own, *merged})
    done["operations"] = await _forget_bodies(db, province_code, ids)
    done["visit_requests"] = await _forget_asking(db, province_code, households)
    done["outreach_sessions"] = await _forget_sessions(db, province_code, own)
    for table in tables_about_households():
        if table.name not in STILL_COUNTED:
            theirs = sa.and_(table.c.province_code == province_code, table.c.household_id.in_(own))
            done[table.name] = (await connection.execute(sa.delete(table).where(theirs))).rowcount
    await connection.run_sync(_lead_nowhere, province_code, own, members, done)
    hamlets = {household.id: household.hamlet_id for household in households}
    for household in households:
        await db.delete(household)
    await db.flush()
    await connection.run_sync(feeds.note_gone, province_code, hamlets)
    return {"households": len(own)} | done


def _lead_nowhere(
    connection: sa.Connection,
    province_code: str,
    households: list[UUID],
    members: list[UUID],
    done: dict[str, int],
) -> None:
    """What still counts gets numbers of nobody, the same in every table."""
    nobody = [{"was": id_, "now": uuid4()} for id_ in members]
    graves = [{"was": id_, "now": uuid4()} for id_ in households]
    was, now = sa.bindparam("was", type_=Id()), sa.bindparam("now", type_=Id())
    for name in STILL_COUNTED:
        table = schema().tables[name]
        here = table.c.province_code == province_code
        theirs = sa.and_(here, table.c.household_id.in_(households))
        done[name] = connection.execute(sa.select(sa.func.count()).where(theirs)).scalar_one()
        if "member_id" in table.c and nobody:
            of_home = sa.and_(theirs, table.c.member_id.in_(members))
            if connection.execute(sa.select(table.c.member_id).where(of_home).limit(1)).first():
                one = sa.update(table).where(
                    here, table.c.household_id.in_(households), table.c.member_id == was
                )
                for pair in nobody:
                    connection.execute(one.values(member_id=pair["now"]), {"was": pair["was"]})
        if done[name]:
            blank = dict.fromkeys(columns_of_words(table), "")
            connection.execute(
                sa.update(table).where(here, table.c.household_id == was).values(household_id=now, **blank),
                graves,
            )


async def _ids(
    db: AsyncSession, table_name: str, province_code: str, households: Sequence[UUID]
) -> list[UUID]:
    table = schema().tables[table_name]
    query = sa.select(table.c.id).where(
        table.c.province_code == province_code, table.c.household_id.in_(households)
    )
    return list((await (await db.connection()).execute(query)).scalars())


async def _merged_into(db: AsyncSession, province_code: str, kept: set[UUID]) -> set[UUID]:
    """Households that were merged into these, and those merged into them before: all of them are one door."""
    found: set[UUID] = set()
    while kept:
        query = select(MergerRow.lost_id).where(
            MergerRow.province_code == province_code,
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
    """Held and parked operations that name any of these lose what they say and are over: their phones are told so.
    Their numbers stay, against repeats."""
    table = schema().tables["operations"]
    connection = await db.connection()
    query = sa.select(table.c.id, table.c.body).where(
        table.c.province_code == province_code, table.c.body.is_not(None)
    )
    about = []
    async with connection.stream(query) as rows:
        async for row in rows:
            if row.id in ids or any(UUID(named) in ids for named in NAMED_ID.findall(row.body)):
                about.append(row.id)
    for id_ in about:
        await connection.execute(
            sa.update(table)
            .where(table.c.province_code == province_code, table.c.id == id_)
            .values(
                body=None, waits_for=None, outcome=OperationOutcome.DISCARDED, reason=ERASED.code, field=None
            )
        )
    return len(about)


NAMED_ID = re.compile(r"[0-9a-fA-F]{8}-?(?:[0-9a-fA-F]{4}-?){3}[0-9a-fA-F]{12}")


async def _forget_asking(db: AsyncSession, province_code: str, households: Sequence[HouseholdRow]) -> int:
    """Requests for a visit from these hamlets under these names lose name and telephone."""
    named = {(one.hamlet_id, squeezed(one.label)) for one in households if one.label}
    if not named:
        return 0
    query = select(VisitRequestRow).where(
        VisitRequestRow.province_code == province_code,
        col(VisitRequestRow.hamlet_id).in_({hamlet_id for hamlet_id, _ in named}),
        col(VisitRequestRow.name).is_not(None),
    )
    rows = [row for row in await db.exec(query) if (row.hamlet_id, squeezed(row.name or "")) in named]
    for row in rows:
        row.name = row.phone = None
    return len(rows)


async def _forget_sessions(db: AsyncSession, province_code: str, households: Sequence[UUID]) -> int:
    """Sessions at which somebody of these was ticked lose their note; they count on."""
    sessions, ticked = schema().tables["outreach_sessions"], schema().tables["attendances"]
    attended = sa.select(ticked.c.session_id).where(
        ticked.c.province_code == province_code, ticked.c.household_id.in_(households)
    )
    theirs = sa.and_(sessions.c.province_code == province_code, sessions.c.id.in_(attended))
    query = sa.update(sessions).where(theirs, sessions.c.note != "").values(note="")
    return (await (await db.connection()).execute(query)).rowcount


async def forget_imports(db: AsyncSession, ids: set[UUID], import_id: int | None = None) -> None:
    """What imports (or this one) remember of these for their undoing."""
    from volunteer_app.storage.imports import ImportRow

    query = select(ImportRow) if import_id is None else select(ImportRow).where(ImportRow.id == import_id)
    for row in await db.exec(query):
        kept = [change for change in row.changes if ids.isdisjoint(_ids_in(str(change)))]
        if len(kept) != len(row.changes):
            row.changes = kept


def _ids_in(text: str) -> set[UUID]:
    return {UUID(found) for found in NAMED_ID.findall(text)}
