"""Visits, walk-throughs and observations, as kept. They are only ever added."""

from collections.abc import Collection
from datetime import date, datetime
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlmodel import Field, SQLModel, col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from volunteer_app.domain.blockers import Blocker
from volunteer_app.domain.calendar import local_day
from volunteer_app.domain.independence import Basis
from volunteer_app.domain.observations import LONGEST_REASON, Observation
from volunteer_app.domain.operations.visits import Rating
from volunteer_app.domain.permissions import Scope
from volunteer_app.domain.visits import Outcome, Visit
from volunteer_app.domain.walk_throughs import TeachBack, WalkThrough
from volunteer_app.storage.database import Id, tie, words
from volunteer_app.storage.households import in_scope
from volunteer_app.storage.kept import Kept, received_row, row_by_somebody

VISITS_ON_THE_PHONE = 5
"""How many of a household's latest visits a phone carries (feature F11)."""


class VisitRow(Visit, table=True):
    """A visit, as kept. `visited_on` is its day in Vietnam."""

    __tablename__ = "visits"
    __table_args__ = (
        sa.Index("ix_visits_place", "province_code", "commune_code", "visited_on"),
        sa.Index("ix_visits_household", "province_code", "household_id", "visited_on"),
    )
    province_code: str = Field(primary_key=True, max_length=2)
    id: UUID = Field(primary_key=True, sa_type=Id)
    hamlet_id: UUID = Field(sa_type=Id)
    household_id: UUID = Field(sa_type=Id)
    person_id: UUID = Field(sa_type=Id)
    outcome: Outcome = Field(sa_column=sa.Column(words(Outcome), nullable=False))
    visited_on: date
    companions: list[str] = Field(
        default_factory=list, sa_column=sa.Column(sa.JSON, nullable=False, server_default="[]")
    )
    received_at: datetime


def visit_row(record: Visit, kept: Kept) -> dict[str, Any]:
    """A visit as it is kept, with its day."""
    return received_row(record, kept) | {"visited_on": local_day(record.recorded_at)}


class RatingRow(SQLModel, table=True):
    """How the citizen rated a visit: 1 sad, 2 so-so, 3 glad. The id is the operation's; a visit's latest counts."""

    __tablename__ = "ratings"
    __table_args__ = (
        sa.Index("ix_ratings_household", "province_code", "household_id"),
        tie("households", "household_id"),
    )
    province_code: str = Field(primary_key=True, max_length=2)
    id: UUID = Field(primary_key=True, sa_type=Id)
    commune_code: str = Field(max_length=5)
    hamlet_id: UUID = Field(sa_type=Id)
    household_id: UUID = Field(sa_type=Id)
    visit_id: UUID = Field(sa_type=Id)
    smiley: int
    person_id: UUID = Field(sa_type=Id)
    recorded_at: datetime


def rating_row(record: Rating, kept: Kept) -> dict[str, Any]:
    """A rating as it is kept, with the household's place."""
    return row_by_somebody(record, kept) | kept.place_of(record.household_id)


class WalkThroughRow(WalkThrough, table=True):
    """A walk-through, as kept."""

    __tablename__ = "walk_throughs"
    __table_args__ = (
        sa.Index("ix_walk_throughs_household", "province_code", "household_id"),
        sa.Index("ix_walk_throughs_place", "province_code", "commune_code", "recorded_at"),
    )
    province_code: str = Field(primary_key=True, max_length=2)
    id: UUID = Field(primary_key=True, sa_type=Id)
    hamlet_id: UUID = Field(sa_type=Id)
    household_id: UUID = Field(sa_type=Id)
    visit_id: UUID = Field(sa_type=Id)
    member_id: UUID = Field(sa_type=Id)
    person_id: UUID = Field(sa_type=Id)
    marks: dict[str, str] = Field(sa_column=sa.Column(sa.JSON, nullable=False))
    teach_back: TeachBack = Field(sa_column=sa.Column(words(TeachBack), nullable=False))
    blocker: Blocker | None = Field(default=None, sa_column=sa.Column(words(Blocker), nullable=True))
    received_at: datetime


class ObservationRow(Observation, table=True):
    """An observation, as kept."""

    __tablename__ = "observations"
    __table_args__ = (
        sa.Index("ix_observations_household", "province_code", "household_id", "member_id", "service"),
        sa.Index("ix_observations_place", "province_code", "commune_code", "hamlet_id", "observed_at"),
    )
    province_code: str = Field(primary_key=True, max_length=2)
    id: UUID = Field(primary_key=True, sa_type=Id)
    hamlet_id: UUID = Field(sa_type=Id)
    household_id: UUID = Field(sa_type=Id)
    member_id: UUID = Field(sa_type=Id)
    person_id: UUID = Field(sa_type=Id)
    basis: Basis = Field(sa_column=sa.Column(words(Basis), nullable=False))
    reason: str = Field(
        default="", sa_column=sa.Column(sa.String(LONGEST_REASON), nullable=False, server_default="")
    )
    received_at: datetime


async def latest_visits(db: AsyncSession, scope: Scope, household_ids: Collection[UUID]) -> list[VisitRow]:
    """The last five visits of each of these households within the scope, newest first; of two at the same moment the
    same one always, or two phones would tell differently what came last."""
    newest_first = (
        sa.func.row_number()
        .over(partition_by=col(VisitRow.household_id), order_by=[sa.desc("recorded_at"), sa.desc("id")])
        .label("n")
    )
    of_them = sa.select(col(VisitRow.id), newest_first).where(col(VisitRow.household_id).in_(household_ids))
    numbered = in_scope(of_them, VisitRow, scope).subquery()
    query = (
        select(VisitRow)
        .join(numbered, numbered.c.id == col(VisitRow.id))
        .where(VisitRow.province_code == scope.province_code, numbered.c.n <= VISITS_ON_THE_PHONE)
        .order_by(sa.desc("recorded_at"), sa.desc("id"))
    )
    return list(await db.exec(query))


async def observations_of(
    db: AsyncSession, scope: Scope, household_ids: Collection[UUID]
) -> list[ObservationRow]:
    """Every observation of these households within the scope."""
    query = select(ObservationRow).where(col(ObservationRow.household_id).in_(household_ids))
    return list(await db.exec(in_scope(query, ObservationRow, scope)))


async def observers_of(db: AsyncSession, scope: Scope, ids: Collection[UUID]) -> dict[UUID, UUID]:
    """Who saw what these observations of the scope say; a recheck carries the id of what it checks again."""
    query = select(ObservationRow.id, ObservationRow.person_id).where(col(ObservationRow.id).in_(ids))
    found = await db.exec(in_scope(query, ObservationRow, scope))
    return dict(found.all())


async def walk_throughs_of_visits(
    db: AsyncSession, scope: Scope, visit_ids: list[UUID]
) -> list[WalkThroughRow]:
    """The walk-throughs that belong to the given visits."""
    query = select(WalkThroughRow).where(col(WalkThroughRow.visit_id).in_(visit_ids))
    return list(await db.exec(in_scope(query, WalkThroughRow, scope)))


async def visits_of(db: AsyncSession, scope: Scope, household_id: UUID) -> list[VisitRow]:
    """Every visit of a household within the scope."""
    query = select(VisitRow).where(VisitRow.household_id == household_id)
    return list(await db.exec(in_scope(query, VisitRow, scope)))


async def walk_throughs_of(db: AsyncSession, scope: Scope, household_id: UUID) -> list[WalkThroughRow]:
    """Every walk-through of a household within the scope."""
    query = select(WalkThroughRow).where(WalkThroughRow.household_id == household_id)
    return list(await db.exec(in_scope(query, WalkThroughRow, scope)))


async def ratings_of(db: AsyncSession, scope: Scope, household_id: UUID) -> list[RatingRow]:
    """The ratings of a household's visits within the scope, the latest last."""
    query = select(RatingRow).where(RatingRow.household_id == household_id)
    return list(await db.exec(in_scope(query, RatingRow, scope).order_by(col(RatingRow.recorded_at))))
