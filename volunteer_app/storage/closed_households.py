"""Households that phones no longer carry: the family moved away or declined long ago, and nothing is open there."""

from collections.abc import Collection
from datetime import date, timedelta
from typing import NamedTuple
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import aliased
from sqlmodel import col
from sqlmodel.ext.asyncio.session import AsyncSession

from volunteer_app.domain.permissions import Scope
from volunteer_app.domain.visits import CLOSED_STAYS_DAYS, CLOSING_OUTCOMES, leaves_phones_on
from volunteer_app.storage import clashes, dossiers, follow_ups, notes
from volunteer_app.storage.households import StandingRow, in_scope
from volunteer_app.storage.visits import VisitRow


class Closed(NamedTuple):
    """A household that phones no longer carry, with what its hamlet's figures count of it still: was anybody of it ever
    met, can it use every core service alone, when was its last visit."""

    id: UUID
    hamlet_id: UUID
    is_met: bool
    is_independent: bool
    last_visit_on: date


async def closed_in(db: AsyncSession, scope: Scope, day: date) -> list[Closed]:
    """The households of the scope that no phone carries on this day."""
    later = aliased(VisitRow)
    is_latest = ~(
        sa.select(col(later.id))
        .where(
            col(later.province_code) == col(VisitRow.province_code),
            col(later.household_id) == col(VisitRow.household_id),
            col(later.recorded_at) > col(VisitRow.recorded_at),
        )
        .exists()
    )
    query = (
        sa.select(
            col(StandingRow.household_id),
            col(StandingRow.hamlet_id),
            col(StandingRow.first_met_on),
            col(StandingRow.is_independent),
            col(VisitRow.outcome),
            col(VisitRow.visited_on),
        )
        .join(
            VisitRow,
            (col(VisitRow.province_code) == col(StandingRow.province_code))
            & (col(VisitRow.household_id) == col(StandingRow.household_id))
            & (col(VisitRow.visited_on) == col(StandingRow.last_visit_on)),
        )
        .where(
            col(StandingRow.last_visit_on) <= day - timedelta(days=CLOSED_STAYS_DAYS),
            col(VisitRow.outcome).in_(CLOSING_OUTCOMES),
            is_latest,
        )
    )
    found = (await db.exec(in_scope(query, StandingRow, scope))).all()
    awaited = await _awaited(db, scope, {id_ for id_, *_ in found}) if found else set()
    closed = set()
    for id_, hamlet_id, met_on, is_independent, outcome, visited_on in found:
        on = leaves_phones_on(outcome, visited_on, is_awaited=id_ in awaited)
        if on is not None and on <= day:
            closed.add(Closed(id_, hamlet_id, met_on is not None, is_independent, visited_on))
    return sorted(closed)


async def leaving_days(
    db: AsyncSession, scope: Scope, latest: Collection[VisitRow]
) -> dict[UUID, date | None]:
    """Household → the day on which it leaves the phones, from its latest visits, newest first; None: it stays."""
    newest: dict[UUID, VisitRow] = {}
    for visit in latest:
        newest.setdefault(visit.household_id, visit)
    closing = {id_ for id_, visit in newest.items() if visit.outcome in CLOSING_OUTCOMES}
    awaited = await _awaited(db, scope, closing) if closing else set()
    return {
        id_: leaves_phones_on(visit.outcome, visit.visited_on, is_awaited=id_ in awaited)
        for id_, visit in newest.items()
    }


async def _awaited(db: AsyncSession, scope: Scope, household_ids: Collection[UUID]) -> set[UUID]:
    """Those of these households in which a return, papers, a leader's note or a clash are open."""
    return {
        *(row.household_id for row in await follow_ups.open_of(db, scope, household_ids)),
        *(row.household_id for row in await clashes.open_clashes(db, scope, household_ids)),
        *(
            row.household_id
            for row, result in await dossiers.dossiers_of(db, scope, household_ids)
            if not result
        ),
        *(note.household_id for note, done in await notes.notes_of(db, scope, household_ids) if not done),
    }
