"""What somebody saw: this member, this service, this level, on this basis, that day. Append-only."""

from datetime import datetime
from uuid import UUID

from sqlmodel import Field, SQLModel

from volunteer_app.domain.free_text import problems_with_text
from volunteer_app.domain.independence import Basis
from volunteer_app.domain.problems import N_, Problem

LONGEST_REASON = 300
NO_REASON = Problem(
    "observation.no_reason",
    N_("Please write in a few words why the level is different from what the guide showed."),
)


class Observation(SQLModel):
    """Ghi nhận. One that a walk-through proves carries the walk-through's id.

    reason: why somebody decided the level themselves (it overrules what the guides showed); empty when a guide or an
    outreach session proves it.
    """

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
    reason: str = Field(default="", max_length=LONGEST_REASON)


def problems_with(observation: Observation) -> dict[str, Problem]:
    """Why an observation made outside a guide may not be kept, by field. What was seen needs a reason; what the family
    says of itself does not."""
    if found := problems_with_text(observation.reason):
        return {"reason": found[0]}
    if observation.basis is not Basis.SELF_SAID and not observation.reason.strip():
        return {"reason": NO_REASON}
    return {}
