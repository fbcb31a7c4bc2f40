"""Assignments, as kept."""

from datetime import date
from uuid import UUID

from sqlmodel import Field, select
from sqlmodel.ext.asyncio.session import AsyncSession

from volunteer_app.domain.assignments import Assignment
from volunteer_app.permissions import Scope
from volunteer_app.storage.database import Id


class AssignmentRow(Assignment, table=True):
    """An assignment, as kept."""

    __tablename__ = "assignments"
    province_code: str = Field(primary_key=True, max_length=2)
    id: UUID = Field(primary_key=True, sa_type=Id)
    hamlet_id: UUID = Field(sa_type=Id)
    person_id: UUID = Field(sa_type=Id, index=True)


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
