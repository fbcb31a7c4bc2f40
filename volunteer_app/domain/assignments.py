"""Who goes where, for how long: an assignment (phân công) is a lease of a hamlet."""

from datetime import date
from uuid import UUID

from sqlmodel import Field, SQLModel


class Assignment(SQLModel):
    """Hamlet + volunteer + first and last day + target. It expires visibly and never rejects work."""

    province_code: str = Field(max_length=2)
    id: UUID
    commune_code: str = Field(max_length=5)
    hamlet_id: UUID
    person_id: UUID
    first_day: date
    last_day: date
    target: int | None = Field(default=None, ge=1)  # households to meet


def is_running(assignment: Assignment, day: date) -> bool:
    """Is the lease in force on that day?"""
    return assignment.first_day <= day <= assignment.last_day
