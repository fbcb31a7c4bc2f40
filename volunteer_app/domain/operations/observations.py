"""What was seen or said of a person's use of a service, outside of a guide too."""

from datetime import datetime
from typing import Annotated, Any
from uuid import UUID

import msgspec

from volunteer_app.domain import observations
from volunteer_app.domain.households import Household
from volunteer_app.domain.independence import Basis
from volunteer_app.domain.observations import Observation
from volunteer_app.domain.operations.claims import HouseholdId, MemberId
from volunteer_app.domain.operations.envelope import UNKNOWN_SERVICE, Body, Key, Operation
from volunteer_app.domain.operations.known import Known, made
from volunteer_app.domain.problems import first_of
from volunteer_app.domain.public_services import PUBLIC_SERVICES

NOT_ASKED = "–"
"""The reason of an observation from an app that did not ask for one."""


class ObservationBody(Body):
    """Something seen or said outside a walk-through; the observation's id is the operation's."""

    household_id: HouseholdId
    member_id: MemberId
    service: Key
    level: Annotated[int, msgspec.Meta(ge=-1, le=4)]
    basis: Basis
    reason: Annotated[str, msgspec.Meta(max_length=300)] = ""


def take(op: Operation, body: ObservationBody, known: Known, now: datetime) -> Any:
    """What was seen or said."""
    household = known.households[body.household_id]
    if body.service not in PUBLIC_SERVICES:
        return UNKNOWN_SERVICE
    observation = seen(op, household, known, body.member_id, body.service, body.level, body.basis)
    observation.reason = body.reason.strip()
    if problem := first_of(observations.problems_with(observation)):
        return problem
    return [observation]


def seen(
    op: Operation, household: Household, known: Known, member_id: UUID, service: str, level: int, basis: Basis
) -> Observation:
    """An observation of what an operation saw of somebody."""
    return made(
        Observation,
        province_code=known.province_code,
        id=op.id,
        commune_code=household.commune_code,
        hamlet_id=household.hamlet_id,
        household_id=household.id,
        member_id=member_id,
        service=service,
        level=int(level),
        basis=basis,
        person_id=known.person_id,
        observed_at=op.recorded_at,
        reason="",
    )
