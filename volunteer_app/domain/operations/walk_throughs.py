"""Runs of a guide, and what was seen and agreed in them."""

from datetime import date, datetime
from typing import Annotated, Any

import msgspec

from volunteer_app.domain import follow_ups, walk_throughs
from volunteer_app.domain.blockers import Blocker
from volunteer_app.domain.independence import Basis
from volunteer_app.domain.operations.claims import HouseholdId, MemberId, VisitId
from volunteer_app.domain.operations.envelope import UNKNOWN_SERVICE, Body, Key, Note, Operation
from volunteer_app.domain.operations.follow_ups import FollowUp
from volunteer_app.domain.operations.known import Known, made
from volunteer_app.domain.operations.observations import seen
from volunteer_app.domain.problems import first_of
from volunteer_app.domain.public_services import PUBLIC_SERVICES
from volunteer_app.domain.walk_throughs import Mark, TeachBack, WalkThrough


class WalkThroughBody(Body):
    """A run of a guide; its id is the operation's. Level and return are derived, never sent."""

    household_id: HouseholdId
    visit_id: VisitId
    member_id: MemberId
    guide: Key
    guide_version: Annotated[int, msgspec.Meta(ge=1, le=10**6)]
    service: Key
    marks: dict[Key, Mark]
    teach_back: TeachBack
    minutes: Annotated[int, msgspec.Meta(ge=0, le=600)]
    is_needed: bool = True
    stuck_step: Key | None = None
    blocker: Blocker | None = None
    note: Note = ""
    return_on: date | None = None


def take(op: Operation, body: WalkThroughBody, known: Known, now: datetime) -> Any:
    """A run, what was seen of the person in it, and the return that it leaves to do."""
    household = known.households[body.household_id]
    if body.service not in PUBLIC_SERVICES:
        return UNKNOWN_SERVICE
    said: dict[str, Any] = msgspec.structs.asdict(body) | {"household_id": household.id}
    return_on = said.pop("return_on")
    run = made(
        WalkThrough,
        province_code=known.province_code,
        id=op.id,
        commune_code=household.commune_code,
        hamlet_id=household.hamlet_id,
        person_id=known.person_id,
        recorded_at=op.recorded_at,
        **said,
    )
    if problem := first_of(
        walk_throughs.problems_with(run) | follow_ups.problems_with_day(return_on, op.recorded_at)
    ):
        return problem
    records: list[Any] = [run]
    level = walk_throughs.level_of(run.marks, run.teach_back, is_needed=run.is_needed)
    if level is not None:
        records.append(seen(op, household, known, run.member_id, run.service, level, Basis.OBSERVED))
    is_stuck = run.stuck_step is not None
    if proposed := follow_ups.after_walk_through(
        is_stuck=is_stuck,
        level=level,
        finished_at=op.recorded_at,
        return_on=return_on,
        blocker=run.blocker,
        is_core=PUBLIC_SERVICES[run.service].core,
    ):
        records.append(FollowUp(op.id, household.id, proposed, op.recorded_at, run.service, run.blocker))
    return records
