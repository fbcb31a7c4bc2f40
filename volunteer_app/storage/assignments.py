"""Assignments, as kept."""

from collections import defaultdict
from collections.abc import Iterable
from datetime import date, timedelta
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlmodel import Field, col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from volunteer_app.domain.assignments import Assignment
from volunteer_app.domain.permissions import Scope
from volunteer_app.domain.visits import Outcome
from volunteer_app.storage.database import Id, tie
from volunteer_app.storage.places import HamletPredecessorRow
from volunteer_app.storage.visits import VisitRow


class AssignmentRow(Assignment, table=True):
    """An assignment, as kept."""

    __tablename__ = "assignments"
    __table_args__ = (tie("hamlets", "hamlet_id"), tie("people", "person_id"))
    province_code: str = Field(primary_key=True, max_length=2)
    id: UUID = Field(primary_key=True, sa_type=Id)
    hamlet_id: UUID = Field(sa_type=Id)
    person_id: UUID = Field(sa_type=Id, index=True)


def hamlets_under(*leases: Any) -> Any:
    """Person, hamlet and last day under these leases (conditions on `AssignmentRow`). Whoever has a hamlet also has
    those that it was made from: households keep the hamlet in which they were registered."""
    lease, link = AssignmentRow, HamletPredecessorRow
    given = sa.select(
        col(lease.province_code), col(lease.person_id), col(lease.hamlet_id), col(lease.last_day)
    ).where(*leases)
    under = given.cte("under", recursive=True)
    made_from = sa.select(
        under.c.province_code, under.c.person_id, col(link.predecessor_id), under.c.last_day
    ).join(
        under,
        sa.and_(col(link.province_code) == under.c.province_code, col(link.hamlet_id) == under.c.hamlet_id),
    )
    under = under.union(made_from)
    return sa.select(under.c.person_id, under.c.hamlet_id, under.c.last_day)


async def ever_of(db: AsyncSession, scope: Scope) -> set[UUID]:
    """Every hamlet that was ever given to whoever asks, with those that it was made from."""
    query = hamlets_under(
        col(AssignmentRow.province_code) == scope.province_code,
        col(AssignmentRow.person_id) == scope.person_id,
    )
    return {hamlet_id for _, hamlet_id, _ in await (await db.connection()).execute(query)}


async def last_lease_ends(db: AsyncSession, scope: Scope) -> date | None:
    """Until when whoever asks had, has or will have a hamlet; None where none was ever given."""
    query = select(sa.func.max(AssignmentRow.last_day)).where(
        AssignmentRow.province_code == scope.province_code,
        AssignmentRow.person_id == scope.person_id,
    )
    return (await db.exec(query)).one()


async def running(db: AsyncSession, scope: Scope, day: date) -> list[AssignmentRow]:
    """The assignments in force on that day: a volunteer's own, a leader's whole commune."""
    query = select(AssignmentRow).where(
        AssignmentRow.province_code == scope.province_code,
        AssignmentRow.first_day <= day,
        AssignmentRow.last_day >= day,
    )
    if scope.commune_code is not None:
        query = query.where(AssignmentRow.commune_code == scope.commune_code)
    if scope.hamlet_ids is not None:
        query = query.where(AssignmentRow.person_id == scope.person_id)
    return list(await db.exec(query))


async def since(db: AsyncSession, scope: Scope, day: date) -> list[AssignmentRow]:
    """The leases of the scope's commune that are not over by that day, also those given ahead."""
    query = select(AssignmentRow).where(
        AssignmentRow.province_code == scope.province_code,
        AssignmentRow.commune_code == scope.commune_code,
        AssignmentRow.last_day >= day,
    )
    return list(await db.exec(query.order_by(col(AssignmentRow.first_day), col(AssignmentRow.id))))


async def of_id(db: AsyncSession, scope: Scope, assignment_id: UUID) -> AssignmentRow | None:
    """A lease of the scope's commune; None when there is none with this id."""
    row = await db.get(AssignmentRow, (scope.province_code, assignment_id))
    return row if row is not None and row.commune_code == scope.commune_code else None


async def give(
    db: AsyncSession, scope: Scope, new: Iterable[Assignment], *, keeps_targets: bool = False
) -> list[AssignmentRow]:
    """Give these leases. One that overlaps or touches a lease that the person has there already makes it longer.

    A lease's target counts everybody met since its first day; what is given says how many are still to be met. So the
    longer lease has both together. keeps_targets: one that has a target is only lengthened.
    """
    kept: dict[tuple[UUID, UUID], list[AssignmentRow]] = defaultdict(list)
    new = list(new)
    for row in await since(
        db, scope, min((one.first_day for one in new), default=date.max) - timedelta(days=1)
    ):
        kept[row.hamlet_id, row.person_id].append(row)
    rows = []
    for one in new:
        before = next((row for row in kept[one.hamlet_id, one.person_id] if _touch(row, one)), None)
        if before is None:
            before = AssignmentRow.model_validate(one)
            db.add(before)
            kept[one.hamlet_id, one.person_id].append(before)
        else:
            if one.target is not None and not (keeps_targets and before.target is not None):
                before.target = one.target + await met_under(db, before)
            before.first_day = min(before.first_day, one.first_day)
            before.last_day = max(before.last_day, one.last_day)
        rows.append(before)
    await db.flush()
    return rows


async def met_under(db: AsyncSession, lease: AssignmentRow) -> int:
    """How many households its person has met in its hamlet in its days."""
    query = sa.select(sa.func.count(col(VisitRow.household_id).distinct())).where(
        col(VisitRow.province_code) == lease.province_code,
        col(VisitRow.commune_code) == lease.commune_code,
        col(VisitRow.hamlet_id) == lease.hamlet_id,
        col(VisitRow.person_id) == lease.person_id,
        col(VisitRow.visited_on).between(lease.first_day, lease.last_day),
        col(VisitRow.outcome) == Outcome.MET,
    )
    return (await (await db.connection()).execute(query)).scalar_one()


def _touch(one: Assignment, other: Assignment) -> bool:
    day = timedelta(days=1)
    return one.first_day <= other.last_day + day and other.first_day <= one.last_day + day


async def end(db: AsyncSession, lease: AssignmentRow, today: date) -> None:
    """Take a hamlet back at once. A lease given ahead goes; one that has begun stays, ended yesterday, because work
    done under it still counts."""
    if lease.first_day > today:
        await db.delete(lease)
    else:
        lease.last_day = min(lease.last_day, today - timedelta(days=1))
    await db.flush()
