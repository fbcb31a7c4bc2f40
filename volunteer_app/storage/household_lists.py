"""A commune's households as a list shows them: few columns of many rows, and whole rows for one page."""

from collections.abc import Collection
from datetime import date
from typing import Any, NamedTuple
from uuid import UUID

import sqlalchemy as sa
from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from volunteer_app.domain.permissions import Scope
from volunteer_app.storage.households import HouseholdRow, StandingRow, in_scope


class HouseholdLine(NamedTuple):
    """A household's line. first_met_on, last_visit_on: None while nobody was met, or came."""

    id: UUID
    code: str
    label: str
    hamlet_id: UUID
    first_met_on: date | None
    last_visit_on: date | None
    is_independent: bool


async def listed_in(db: AsyncSession, scope: Scope) -> list[HouseholdLine]:
    """Every household of the scope, in no order."""
    stands = sa.and_(
        col(StandingRow.province_code) == HouseholdRow.province_code,
        col(StandingRow.household_id) == HouseholdRow.id,
    )
    query: Any = (
        sa.select(
            col(HouseholdRow.id),
            col(HouseholdRow.code),
            col(HouseholdRow.label),
            col(HouseholdRow.hamlet_id),
            col(StandingRow.first_met_on),
            col(StandingRow.last_visit_on),
            sa.func.coalesce(col(StandingRow.is_independent), sa.false()),
        )
        .select_from(HouseholdRow)
        .outerjoin(StandingRow, stands)
    )
    return [
        HouseholdLine(*row)
        for row in await (await db.connection()).execute(in_scope(query, HouseholdRow, scope))
    ]


async def standings_of(
    db: AsyncSession, scope: Scope, household_ids: Collection[UUID]
) -> dict[UUID, StandingRow]:
    """Where these households stand."""
    query = select(StandingRow).where(col(StandingRow.household_id).in_(list(household_ids)))
    return {row.household_id: row for row in await db.exec(in_scope(query, StandingRow, scope))}
