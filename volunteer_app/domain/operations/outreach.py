"""Outreach sessions, and who was ticked at them."""

from dataclasses import dataclass
from datetime import datetime
from typing import Annotated, Any
from uuid import UUID

import msgspec

from volunteer_app.domain import outreach
from volunteer_app.domain.independence import Basis
from volunteer_app.domain.operations.claims import HamletId, HouseholdId, MemberId, NewId, what_stands_against
from volunteer_app.domain.operations.envelope import (
    ERASED,
    NOT_ASSIGNED,
    UNKNOWN_SERVICE,
    Body,
    Key,
    Note,
    Operation,
)
from volunteer_app.domain.operations.known import Known, made
from volunteer_app.domain.operations.observations import seen
from volunteer_app.domain.outreach import MOST_TICKED, OutreachSession, SessionPlace
from volunteer_app.domain.problems import first_of
from volunteer_app.domain.public_services import PUBLIC_SERVICES


class Ticked(msgspec.Struct, forbid_unknown_fields=True):
    """Somebody who was ticked at a session; the id is the observation's that follows."""

    id: NewId
    household_id: HouseholdId
    member_id: MemberId
    level: Annotated[int, msgspec.Meta(ge=-1, le=4)]


class OutreachSessionBody(Body):
    """The same help to many; the session's id is the operation's."""

    hamlet_id: HamletId
    place: SessionPlace
    service: Key
    people_count: Annotated[int, msgspec.Meta(ge=1, le=2000)]
    ticked: Annotated[list[Ticked], msgspec.Meta(max_length=MOST_TICKED)] = msgspec.field(
        default_factory=list
    )
    note: Note = ""


@dataclass
class Attendance:
    """Somebody was ticked at a session."""

    id: UUID
    session_id: UUID
    household_id: UUID
    member_id: UUID


def take(op: Operation, body: OutreachSessionBody, known: Known, now: datetime) -> Any:
    """One record for many: the session, and for everybody ticked what was seen of them."""
    commune_code = known.hamlets[body.hamlet_id]
    if body.service not in PUBLIC_SERVICES:
        return UNKNOWN_SERVICE
    session = made(
        OutreachSession,
        province_code=known.province_code,
        id=op.id,
        commune_code=commune_code,
        hamlet_id=body.hamlet_id,
        place=body.place,
        service=body.service,
        people_count=body.people_count,
        note=body.note.strip(),
        person_id=known.person_id,
        recorded_at=op.recorded_at,
    )
    if problem := first_of(outreach.problems_with(session, [one.level for one in body.ticked])):
        return problem
    records: list[Any] = [session]
    for one in body.ticked:
        against = what_stands_against(one, known)
        if against is ERASED or against is NOT_ASSIGNED:
            continue  # one person ticked never takes down what was done for the others
        if against:
            return against
        household = known.households[one.household_id]
        observation = seen(op, household, known, one.member_id, body.service, one.level, Basis.OBSERVED)
        observation.id = one.id
        records += [Attendance(one.id, op.id, household.id, one.member_id), observation]
    return records
