"""Dossiers and their results, as kept."""

from collections.abc import Collection
from datetime import datetime
from typing import NamedTuple
from uuid import UUID

import sqlalchemy as sa
from sqlmodel import Field, SQLModel, col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from volunteer_app.domain.dossiers import Dossier, DossierResult
from volunteer_app.domain.permissions import Scope
from volunteer_app.storage.database import Id, tie, words
from volunteer_app.storage.households import in_scope


class DossierRow(Dossier, table=True):
    """A dossier, as kept."""

    __tablename__ = "dossiers"
    __table_args__ = (
        sa.Index("ix_dossiers_household", "province_code", "household_id", "id", unique=True),
        tie("members", "household_id", "member_id"),
    )
    province_code: str = Field(primary_key=True, max_length=2)
    id: UUID = Field(primary_key=True, sa_type=Id)
    hamlet_id: UUID = Field(sa_type=Id)
    household_id: UUID = Field(sa_type=Id)
    member_id: UUID = Field(sa_type=Id)
    person_id: UUID = Field(sa_type=Id)
    received_at: datetime


class DossierResultRow(SQLModel, table=True):
    """What came of a dossier; the id is the operation's. The latest one counts."""

    __tablename__ = "dossier_results"
    __table_args__ = (
        sa.Index("ix_dossier_results_household", "province_code", "household_id"),
        tie("dossiers", "household_id", "dossier_id"),
    )
    province_code: str = Field(primary_key=True, max_length=2)
    id: UUID = Field(primary_key=True, sa_type=Id)
    household_id: UUID = Field(sa_type=Id)
    dossier_id: UUID = Field(sa_type=Id)
    result: DossierResult = Field(sa_column=sa.Column(words(DossierResult), nullable=False))
    person_id: UUID = Field(sa_type=Id)
    recorded_at: datetime


class DossierWithResult(NamedTuple):
    """A dossier, and what came of it last."""

    dossier: DossierRow
    result: DossierResultRow | None


async def dossiers_of(
    db: AsyncSession, scope: Scope, household_ids: Collection[UUID]
) -> list[DossierWithResult]:
    """The dossiers of these households within the scope, the newest first."""
    query = in_scope(
        select(DossierRow).where(col(DossierRow.household_id).in_(household_ids)), DossierRow, scope
    )
    dossiers = list(await db.exec(query.order_by(col(DossierRow.recorded_at).desc())))
    rows = await db.exec(
        select(DossierResultRow)
        .where(
            DossierResultRow.province_code == scope.province_code,
            col(DossierResultRow.household_id).in_({one.household_id for one in dossiers}),
        )
        .order_by(col(DossierResultRow.recorded_at), col(DossierResultRow.id))
    )
    results = {row.dossier_id: row for row in rows}
    return [DossierWithResult(one, results.get(one.id)) for one in dossiers]
