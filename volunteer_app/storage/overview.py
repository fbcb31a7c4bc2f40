"""What the leader's overview asks of the records. Never without a scope."""

from datetime import datetime
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from volunteer_app.domain.calendar import local_day
from volunteer_app.domain.operations.envelope import OperationOutcome
from volunteer_app.domain.permissions import Scope
from volunteer_app.domain.plausibility import FirstRun, Met
from volunteer_app.domain.visits import Outcome
from volunteer_app.storage.households import StandingRow, in_scope
from volunteer_app.storage.operations.log import ASIDE, OperationRow
from volunteer_app.storage.people import MembershipRow
from volunteer_app.storage.visits import ObservationRow, VisitRow, WalkThroughRow


async def families_met(db: AsyncSession, scope: Scope, since: datetime) -> list[Met]:
    """Who met whom when."""
    query = select(VisitRow.person_id, VisitRow.household_id, VisitRow.recorded_at).where(
        VisitRow.outcome == Outcome.MET, VisitRow.recorded_at >= since
    )
    return [Met(*row) for row in await db.exec(in_scope(query, VisitRow, scope))]


async def first_runs(db: AsyncSession, scope: Scope, since: datetime) -> list[FirstRun]:
    """What guides proved on the day on which a household was first met."""
    same_home = sa.and_(
        col(StandingRow.province_code) == ObservationRow.province_code,
        col(StandingRow.household_id) == ObservationRow.household_id,
    )
    same_run = sa.and_(
        col(WalkThroughRow.province_code) == ObservationRow.province_code,
        col(WalkThroughRow.id) == ObservationRow.id,
    )
    query: Any = (
        sa.select(
            col(ObservationRow.person_id),
            col(ObservationRow.household_id),
            col(ObservationRow.level),
            col(ObservationRow.observed_at),
            col(StandingRow.first_met_on),
        )
        .join(StandingRow, same_home)
        .join(WalkThroughRow, same_run)
        .where(col(ObservationRow.observed_at) >= since, col(ObservationRow.level) > 0)
    )
    rows = await (await db.connection()).execute(in_scope(query, ObservationRow, scope))
    return [
        FirstRun(person_id, household_id, level)
        for person_id, household_id, level, at, first_met_on in rows
        if first_met_on is not None and local_day(at) <= first_met_on
    ]


async def set_aside(db: AsyncSession, scope: Scope) -> dict[UUID, dict[OperationOutcome, int]]:
    """Operations of the scope's people that are parked or held, by person."""
    members = sa.select(col(MembershipRow.person_id)).where(
        col(MembershipRow.province_code) == scope.province_code,
        col(MembershipRow.commune_code) == scope.commune_code,
    )
    query: Any = (
        sa.select(col(OperationRow.person_id), col(OperationRow.outcome), sa.func.count())
        .where(
            col(OperationRow.province_code) == scope.province_code,
            col(OperationRow.person_id).in_(members),
            sa.text(ASIDE),
            col(OperationRow.outcome).in_([OperationOutcome.PARKED, OperationOutcome.HELD]),
        )
        .group_by(col(OperationRow.person_id), col(OperationRow.outcome))
    )
    found: dict[UUID, dict[OperationOutcome, int]] = {}
    for person_id, outcome, count in await (await db.connection()).execute(query):
        found.setdefault(person_id, {})[outcome] = count
    return found
