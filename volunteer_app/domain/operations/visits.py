"""Visits, and how the family rated one."""

from dataclasses import dataclass
from datetime import date, datetime
from typing import Annotated, Any
from uuid import UUID

import msgspec

from volunteer_app.domain import follow_ups, visits
from volunteer_app.domain.operations.claims import HouseholdId, PersonId, VisitId
from volunteer_app.domain.operations.envelope import Body, Note, Operation
from volunteer_app.domain.operations.follow_ups import FollowUp
from volunteer_app.domain.operations.known import Known, made
from volunteer_app.domain.problems import first_of
from volunteer_app.domain.visits import Outcome, Visit


class VisitBody(Body):
    """A call at a household; the visit's id is the operation's. companions: team mates who came along."""

    household_id: HouseholdId
    outcome: Outcome
    note: Note = ""
    return_on: date | None = None
    companions: Annotated[list[PersonId], msgspec.Meta(max_length=8)] = msgspec.field(default_factory=list)


class RatingBody(Body):
    """How the citizen rated a visit: 1 sad, 2 so-so, 3 glad."""

    household_id: HouseholdId
    visit_id: VisitId
    smiley: Annotated[int, msgspec.Meta(ge=1, le=3)]


@dataclass
class Rating:
    """How a visit was rated."""

    id: UUID
    household_id: UUID
    visit_id: UUID
    smiley: int


def take(op: Operation, body: VisitBody, known: Known, now: datetime) -> Any:
    """A visit, and the return that it leaves to do."""
    household = known.households[body.household_id]
    visit = made(
        Visit,
        province_code=known.province_code,
        id=op.id,
        commune_code=household.commune_code,
        hamlet_id=household.hamlet_id,
        household_id=household.id,
        person_id=known.person_id,
        outcome=body.outcome,
        note=body.note.strip(),
        return_on=body.return_on,
        recorded_at=op.recorded_at,
        companions=[
            str(id_) for id_ in body.companions if household.commune_code in known.people.get(id_, ())
        ],
    )
    if problem := first_of(
        visits.problems_with(visit) | follow_ups.problems_with_day(visit.return_on, op.recorded_at)
    ):
        return problem
    known.visits[op.id] = household.id
    records: list[Any] = [visit]
    if proposed := follow_ups.after_visit(visit.outcome, visit.recorded_at, visit.return_on):
        records.append(FollowUp(op.id, household.id, proposed, op.recorded_at))
    return records


def take_rating(op: Operation, body: RatingBody, known: Known, now: datetime) -> Any:
    """How the family rated a visit."""
    household = known.households[body.household_id]
    return [Rating(op.id, household.id, body.visit_id, body.smiley)]
