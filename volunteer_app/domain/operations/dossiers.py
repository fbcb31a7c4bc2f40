"""Papers that were handed in, and what came of them."""

from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from uuid import UUID

from volunteer_app.domain import dossiers, follow_ups
from volunteer_app.domain.blockers import Blocker
from volunteer_app.domain.calendar import local_day
from volunteer_app.domain.dossiers import Dossier, DossierResult
from volunteer_app.domain.follow_ups import Settled
from volunteer_app.domain.operations.claims import DossierId, HouseholdId, MemberId
from volunteer_app.domain.operations.envelope import UNKNOWN_SERVICE, Body, Key, Operation
from volunteer_app.domain.operations.follow_ups import FollowUp, Settlement
from volunteer_app.domain.operations.known import Known, made
from volunteer_app.domain.problems import first_of
from volunteer_app.domain.public_services import PUBLIC_SERVICES


class DossierBody(Body):
    """Papers were handed in; the dossier's id is the operation's. Its number is never kept."""

    household_id: HouseholdId
    member_id: MemberId
    service: Key
    result_on: date


class DossierResultBody(Body):
    """What came of a dossier."""

    household_id: HouseholdId
    dossier_id: DossierId
    result: DossierResult


@dataclass
class ResultOfDossier:
    """What came of a dossier."""

    id: UUID
    household_id: UUID
    dossier_id: UUID
    result: DossierResult


def take(op: Operation, body: DossierBody, known: Known, now: datetime) -> Any:
    """Papers, and the return for their result."""
    household = known.households[body.household_id]
    if body.service not in PUBLIC_SERVICES:
        return UNKNOWN_SERVICE
    dossier = made(
        Dossier,
        province_code=known.province_code,
        id=op.id,
        commune_code=household.commune_code,
        hamlet_id=household.hamlet_id,
        household_id=household.id,
        member_id=body.member_id,
        service=body.service,
        result_on=body.result_on,
        person_id=known.person_id,
        recorded_at=op.recorded_at,
    )
    if problem := first_of(dossiers.problems_with(dossier)):
        return problem
    known.dossiers[op.id] = household.id
    proposed = follow_ups.window(follow_ups.Reason.DOSSIER, body.result_on)
    return [dossier, FollowUp(op.id, household.id, proposed, op.recorded_at, body.service)]


def take_result(op: Operation, body: DossierResultBody, known: Known, now: datetime) -> Any:
    """The result settles the return that the dossier brought; papers to add bring a new one."""
    household = known.households[body.household_id]
    records: list[Any] = [
        ResultOfDossier(op.id, household.id, body.dossier_id, body.result),
        Settlement(op.id, household.id, body.dossier_id, Settled.DONE, ""),
    ]
    if body.result is DossierResult.MORE_NEEDED:
        why = Blocker.PAPERS_MISSING
        proposed = follow_ups.window(follow_ups.Reason.STUCK, local_day(op.recorded_at), why)
        records.append(FollowUp(op.id, household.id, proposed, op.recorded_at, None, why))
    return records
