"""What somebody saw: this member, this service, this level, on this basis, that day. Append-only."""

from datetime import datetime
from uuid import UUID

from sqlmodel import Field, SQLModel

from volunteer_app.domain.independence import Basis


class Observation(SQLModel):
    """Ghi nhận. One that a walk-through proves carries the walk-through's id."""

    province_code: str = Field(max_length=2)
    id: UUID
    commune_code: str = Field(max_length=5)
    hamlet_id: UUID
    household_id: UUID
    member_id: UUID
    service: str = Field(max_length=40)
    level: int = Field(ge=-1, le=4)
    basis: Basis
    person_id: UUID
    observed_at: datetime
