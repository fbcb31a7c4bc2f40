"""Households and members, as kept; and where each household stands (a summary kept in the same transaction)."""

from collections.abc import Collection, Iterable, Mapping
from datetime import date, datetime
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlmodel import Field, SQLModel, col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from volunteer_app.domain.households import Consent, ConsentMethod, Household, Member
from volunteer_app.domain.permissions import Scope
from volunteer_app.storage.database import Id, tie, words
from volunteer_app.storage.kept import Kept, received_row


class HouseholdRow(Household, table=True):
    """A household, as kept.

    person_id: who registered it; None when it came from the commune's list.
    feed_seq: number of the last change to anything about it, in its hamlet's feed (`storage/feeds.py`).
    """

    __tablename__ = "households"
    __table_args__ = (
        sa.Index("ix_households_place", "province_code", "commune_code", "hamlet_id"),
        sa.Index("ix_households_feed", "province_code", "hamlet_id", "feed_seq"),
        tie("hamlets", "hamlet_id"),
    )
    province_code: str = Field(primary_key=True, max_length=2)
    id: UUID = Field(primary_key=True, sa_type=Id)
    hamlet_id: UUID = Field(sa_type=Id)
    feed_seq: int = Field(default=0, sa_type=sa.BigInteger)
    consent: Consent = Field(default=Consent.NOT_ASKED, sa_column=sa.Column(words(Consent), nullable=False))
    consent_method: ConsentMethod | None = Field(default=None, sa_type=words(ConsentMethod))  # type: ignore[call-overload]
    person_id: UUID | None = Field(default=None, sa_type=Id)
    recorded_at: datetime
    received_at: datetime


def household_row(record: Household, kept: Kept) -> dict[str, Any]:
    """A household as it is kept."""
    by = {"person_id": kept.known.person_id, "recorded_at": kept.operation.recorded_at}
    return received_row(record, kept) | by


class MemberRow(Member, table=True):
    """A member, as kept."""

    __tablename__ = "members"
    __table_args__ = (
        sa.Index("ix_members_household", "province_code", "household_id", "id", unique=True),
        tie("households", "household_id"),
    )
    province_code: str = Field(primary_key=True, max_length=2)
    id: UUID = Field(primary_key=True, sa_type=Id)
    household_id: UUID = Field(sa_type=Id)
    received_at: datetime


class StandingRow(SQLModel, table=True):
    """Where a household stands (summary): days of visits, and whether it is independent.

    Kept by the transaction that takes the operations; `storage.standings` recounts it from the raw records.
    visit_count: how many visits were paid (lượt thăm).
    levels: service → household level, for services with a counted observation.
    """

    __tablename__ = "standings"
    __table_args__ = (sa.Index("ix_standings_place", "province_code", "commune_code", "hamlet_id"),)
    province_code: str = Field(primary_key=True, max_length=2)
    household_id: UUID = Field(primary_key=True, sa_type=Id)
    commune_code: str = Field(max_length=5)
    hamlet_id: UUID = Field(sa_type=Id)
    first_met_on: date | None = None
    last_met_on: date | None = None
    last_visit_on: date | None = None
    visit_count: int = 0
    levels: dict[str, int] = Field(default_factory=dict, sa_column=sa.Column(sa.JSON, nullable=False))
    is_independent: bool = False


def in_scope(query: Any, row: Any, scope: Scope) -> Any:
    """Limit a query on a table with province_code, commune_code and hamlet_id to what the scope may see."""
    query = query.where(row.province_code == scope.province_code)
    if scope.commune_code is not None:
        query = query.where(row.commune_code == scope.commune_code)
    if scope.hamlet_ids is not None:
        query = query.where(row.hamlet_id.in_(scope.hamlet_ids))
    return query


async def households_in(db: AsyncSession, scope: Scope) -> list[HouseholdRow]:
    """Every household that the scope may see."""
    return list(await db.exec(in_scope(select(HouseholdRow), HouseholdRow, scope)))


async def household_of(db: AsyncSession, scope: Scope, household_id: UUID) -> HouseholdRow | None:
    """A household of the scope; None when there is none with this id."""
    query = in_scope(select(HouseholdRow).where(HouseholdRow.id == household_id), HouseholdRow, scope)
    return (await db.exec(query)).first()


async def changed_since(
    db: AsyncSession, scope: Scope, cursors: Mapping[UUID, int], most: int, left_out: Collection[UUID] = ()
) -> tuple[list[HouseholdRow], int]:
    """Households of the scope with a change after their hamlet's cursor, hamlet by hamlet in the order of changes: at
    most `most` of them, and how many there are in all. left_out: those that phones do not carry any more."""
    behind = [
        sa.and_(col(HouseholdRow.hamlet_id) == hamlet_id, col(HouseholdRow.feed_seq) > cursor)
        for hamlet_id, cursor in cursors.items()
    ]
    if not behind:
        return [], 0
    query = in_scope(select(HouseholdRow).where(sa.or_(*behind)), HouseholdRow, scope)
    if left_out:
        query = query.where(col(HouseholdRow.id).not_in(left_out))
    total = (await db.exec(query.with_only_columns(sa.func.count()))).one()
    page = query.order_by(
        col(HouseholdRow.hamlet_id), col(HouseholdRow.feed_seq), col(HouseholdRow.id)
    ).limit(most)
    return list(await db.exec(page)), total[0] if isinstance(total, tuple) else total


async def members_of(db: AsyncSession, scope: Scope, household_ids: Iterable[UUID]) -> list[MemberRow]:
    """The members of these households, which the caller has looked up within the scope."""
    query = select(MemberRow).where(
        MemberRow.province_code == scope.province_code, col(MemberRow.household_id).in_(list(household_ids))
    )
    return list(await db.exec(query))


async def standings_in(db: AsyncSession, scope: Scope) -> list[StandingRow]:
    """Where every household that the scope may see stands."""
    return list(await db.exec(in_scope(select(StandingRow), StandingRow, scope)))


async def met_of(db: AsyncSession, scope: Scope, household_ids: Iterable[UUID]) -> set[UUID]:
    """Which of these households were ever met."""
    query = select(StandingRow.household_id).where(
        col(StandingRow.household_id).in_(list(household_ids)), col(StandingRow.first_met_on).is_not(None)
    )
    return set(await db.exec(in_scope(query, StandingRow, scope)))
