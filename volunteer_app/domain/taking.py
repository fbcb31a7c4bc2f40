"""What an operation becomes: the records that follow from it, or why it must wait or be looked at.

Pure: what the server already knows comes in as `Known`, the records go out as plain values; `storage/taking.py`
looks up the one and keeps the other.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any, TypeVar
from uuid import UUID

import msgspec

from volunteer_app.domain import (
    dossiers,
    follow_ups,
    households,
    observations,
    outreach,
    screen_reports,
    visits,
    walk_throughs,
)
from volunteer_app.domain.around_visits import Attendance, NoteDone, Rating, ResultOfDossier, Settlement
from volunteer_app.domain.blockers import Blocker
from volunteer_app.domain.calendar import local_day
from volunteer_app.domain.dossiers import Dossier, DossierResult
from volunteer_app.domain.follow_ups import Return, Settled
from volunteer_app.domain.households import Consent, Household, Member
from volunteer_app.domain.independence import Basis
from volunteer_app.domain.known import Known
from volunteer_app.domain.observations import Observation
from volunteer_app.domain.operations import (
    NOT_ASSIGNED,
    UNKNOWN_SERVICE,
    Body,
    DossierBody,
    DossierResultBody,
    FollowUpSettledBody,
    HouseholdBody,
    HouseholdChangeBody,
    MemberBody,
    MemberChangeBody,
    NoteDoneBody,
    ObservationBody,
    Operation,
    OutreachSessionBody,
    RatingBody,
    ScreenChangedBody,
    VisitBody,
    WalkThroughBody,
)
from volunteer_app.domain.outreach import OutreachSession
from volunteer_app.domain.problems import Problem
from volunteer_app.domain.public_services import PUBLIC_SERVICES
from volunteer_app.domain.screen_reports import ScreenReport
from volunteer_app.domain.visits import Visit
from volunteer_app.domain.walk_throughs import WalkThrough


@dataclass
class Change:
    """Some fields of a household or member, set to new values."""

    household_id: UUID
    member_id: UUID | None
    fields: dict[str, Any]


@dataclass
class FollowUp:
    """A return that follows from a visit or walk-through, and carries its id."""

    id: UUID
    household_id: UUID
    proposed: Return
    created_at: datetime
    service: str | None = None
    blocker: str | None = None


@dataclass
class Clash:
    """A field that somebody else had changed meanwhile: the value that stood and the value that was said."""

    household_id: UUID
    member_id: UUID | None
    field: str
    stood: Any
    said: Any


Record = (
    Household
    | Member
    | Visit
    | WalkThrough
    | Observation
    | FollowUp
    | Change
    | Settlement
    | NoteDone
    | Dossier
    | ResultOfDossier
    | Rating
    | OutreachSession
    | Attendance
    | Clash
    | ScreenReport
)


@dataclass
class Held:
    """The operation waits for another one."""

    waits_for: UUID


def take(operation: Operation, body: Body, known: Known, now: datetime) -> list[Record] | Held | Problem:
    """The records that an operation, its body read, leads to. `known` learns what the operation adds."""
    return TAKERS[type(body)](operation, body, known, now)


Thing = TypeVar("Thing")


def made(kind: type[Thing], **values: Any) -> Thing:
    """A thing of which every field is given, without the search for missing ones that `model_construct` makes: three
    times as fast, and the larger part of what taking a visit costs."""
    thing = kind.__new__(kind)
    thing.__dict__.update(values)
    return thing


def _may_record(known: Known, commune_code: str, hamlet_id: UUID) -> bool:
    """A volunteer's work counts in every hamlet ever assigned to them, a leader's in the commune."""
    if known.commune_code is not None and commune_code != known.commune_code:
        return False
    return known.assigned is None or hamlet_id in known.assigned


def _household(known: Known, household_id: UUID) -> Household | Held | Problem:
    household = known.households.get(household_id)
    if household is None:
        return Held(household_id)
    if not _may_record(known, household.commune_code, household.hamlet_id):
        # Another commune's household is *not found*: the same answer as for one that does not exist.
        is_ours = known.commune_code in (None, household.commune_code)
        return NOT_ASSIGNED if is_ours else Held(household_id)
    return household


ABOUT_CONSENT = ("consent_version", "consent_method")
"""What goes with an answer about consent and is never in a clash of its own."""


def _first(problems: dict[str, Problem]) -> Problem | None:
    return next(iter(problems.values()), None)


def _take_household(op: Operation, body: HouseholdBody, known: Known, now: datetime) -> Any:
    commune_code = known.hamlets.get(body.hamlet_id)
    if commune_code is None or not _may_record(known, commune_code, body.hamlet_id):
        return NOT_ASSIGNED
    household = made(
        Household,
        province_code=known.province_code,
        id=op.id,
        commune_code=commune_code,
        hamlet_id=body.hamlet_id,
        code=body.code,
        label=body.label.strip(),
        people_count=body.people_count,
        consent=body.consent,
        consent_version=body.consent_version,
        consent_method=body.consent_method,
        consent_at=None if body.consent is Consent.NOT_ASKED else op.recorded_at,
    )
    if problem := _first(households.problems_with_household(household)):
        return problem
    known.households[op.id] = household
    return [household]


def _take_member(op: Operation, body: MemberBody, known: Known, now: datetime) -> Any:
    household = _household(known, body.household_id)
    if not isinstance(household, Household):
        return household
    said: dict[str, Any] = msgspec.structs.asdict(body) | {"household_id": household.id}
    member = made(Member, province_code=known.province_code, id=op.id, **said)
    if problem := _first(households.problems_with_member(member)):
        return problem
    known.members[op.id] = member
    return [member]


def _take_household_change(op: Operation, body: HouseholdChangeBody, known: Known, now: datetime) -> Any:
    household = _household(known, body.household_id)
    if not isinstance(household, Household):
        return household
    changed = _named(body, "household_id", "base")
    clashes = _clashes(household, None, changed, body.base)
    if household.consent in (Consent.REFUSED, Consent.WITHDRAWN) and any(
        c.field == "consent" for c in clashes
    ):
        # Who did not know of a refusal cannot undo it, nor bring the name back.
        changed = {k: v for k, v in changed.items() if k not in ("consent", *ABOUT_CONSENT, "label")}
        clashes = [clash for clash in clashes if clash.field != "label"]
    if "consent" in changed:
        changed["consent_at"] = op.recorded_at
        if changed["consent"] is not Consent.GIVEN:
            changed["label"] = ""  # without consent the name goes at once
            clashes = [clash for clash in clashes if clash.field != "label"]
    after = household.model_copy(update=changed)
    if problem := _first(households.problems_with_household(after)):
        return problem
    known.households[household.id] = after
    return [Change(household.id, None, changed), *clashes]


def _take_member_change(op: Operation, body: MemberChangeBody, known: Known, now: datetime) -> Any:
    household = _household(known, body.household_id)
    if not isinstance(household, Household):
        return household
    member = known.members.get(body.member_id)
    if member is None or member.household_id != household.id:
        return Held(body.member_id)
    changed = _named(body, "household_id", "member_id", "base")
    clashes = _clashes(member, household.id, changed, body.base)
    after = member.model_copy(update=changed)
    if problem := _first(households.problems_with_member(after)):
        return problem
    known.members[member.id] = after
    return [Change(household.id, member.id, changed), *clashes]


def _take_visit(op: Operation, body: VisitBody, known: Known, now: datetime) -> Any:
    household = _household(known, body.household_id)
    if not isinstance(household, Household):
        return household
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
        companions=[str(id_) for id_ in body.companions],
    )
    if problem := _first(visits.problems_with(visit, now=now)):
        return problem
    known.visits[op.id] = household.id
    records: list[Record] = [visit]
    if proposed := follow_ups.after_visit(visit.outcome, visit.recorded_at, visit.return_on):
        records.append(FollowUp(op.id, household.id, proposed, op.recorded_at))
    return records


def _take_walk_through(op: Operation, body: WalkThroughBody, known: Known, now: datetime) -> Any:
    household = _household(known, body.household_id)
    if not isinstance(household, Household):
        return household
    member = known.members.get(body.member_id)
    if member is None or member.household_id != household.id:
        return Held(body.member_id)
    if known.visits.get(body.visit_id) != household.id:
        return Held(body.visit_id)
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
    if problem := _first(walk_throughs.problems_with(run)):
        return problem
    records: list[Record] = [run]
    level = walk_throughs.level_of(run.marks, run.teach_back, is_needed=run.is_needed)
    if level is not None:
        records.append(_observation(op, household, known, run.member_id, run.service, level, Basis.OBSERVED))
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


def _take_observation(op: Operation, body: ObservationBody, known: Known, now: datetime) -> Any:
    household = _household(known, body.household_id)
    if not isinstance(household, Household):
        return household
    member = known.members.get(body.member_id)
    if member is None or member.household_id != household.id:
        return Held(body.member_id)
    if body.service not in PUBLIC_SERVICES:
        return UNKNOWN_SERVICE
    observation = _observation(op, household, known, body.member_id, body.service, body.level, body.basis)
    observation.reason = body.reason.strip()
    if problem := _first(observations.problems_with(observation)):
        return problem
    return [observation]


def _take_settlement(op: Operation, body: FollowUpSettledBody, known: Known, now: datetime) -> Any:
    household = _household(known, body.household_id)
    if not isinstance(household, Household):
        return household
    if problem := _first(follow_ups.problems_with_settling(body.settled_as, body.why)):
        return problem
    return [Settlement(op.id, household.id, body.follow_up_id, body.settled_as, body.why.strip())]


def _take_note_done(op: Operation, body: NoteDoneBody, known: Known, now: datetime) -> Any:
    household = _household(known, body.household_id)
    if not isinstance(household, Household):
        return household
    return [NoteDone(op.id, household.id, body.note_id)]


def _take_dossier(op: Operation, body: DossierBody, known: Known, now: datetime) -> Any:
    household = _household(known, body.household_id)
    if not isinstance(household, Household):
        return household
    member = known.members.get(body.member_id)
    if member is None or member.household_id != household.id:
        return Held(body.member_id)
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
    if problem := _first(dossiers.problems_with(dossier)):
        return problem
    proposed = follow_ups.window(follow_ups.Reason.DOSSIER, body.result_on)
    return [dossier, FollowUp(op.id, household.id, proposed, op.recorded_at, body.service)]


def _take_dossier_result(op: Operation, body: DossierResultBody, known: Known, now: datetime) -> Any:
    """The result settles the return that the dossier brought; papers to add bring a new one."""
    household = _household(known, body.household_id)
    if not isinstance(household, Household):
        return household
    records: list[Record] = [
        ResultOfDossier(op.id, household.id, body.dossier_id, body.result),
        Settlement(op.id, household.id, body.dossier_id, Settled.DONE, ""),
    ]
    if body.result is DossierResult.MORE_NEEDED:
        why = Blocker.PAPERS_MISSING
        proposed = follow_ups.window(follow_ups.Reason.STUCK, local_day(op.recorded_at), why)
        records.append(FollowUp(op.id, household.id, proposed, op.recorded_at, None, why))
    return records


def _take_rating(op: Operation, body: RatingBody, known: Known, now: datetime) -> Any:
    household = _household(known, body.household_id)
    if not isinstance(household, Household):
        return household
    if known.visits.get(body.visit_id) != household.id:
        return Held(body.visit_id)
    return [Rating(op.id, household.id, body.visit_id, body.smiley)]


def _take_session(op: Operation, body: OutreachSessionBody, known: Known, now: datetime) -> Any:
    """One record for many: the session, and for everybody ticked what was seen of them."""
    commune_code = known.hamlets.get(body.hamlet_id)
    if commune_code is None or not _may_record(known, commune_code, body.hamlet_id):
        return NOT_ASSIGNED
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
    if problem := _first(outreach.problems_with(session, [one.level for one in body.ticked])):
        return problem
    records: list[Record] = [session]
    for one in body.ticked:
        household = _household(known, one.household_id)
        if not isinstance(household, Household):
            return household
        member = known.members.get(one.member_id)
        if member is None or member.household_id != household.id:
            return Held(one.member_id)
        seen = _observation(op, household, known, one.member_id, body.service, one.level, Basis.OBSERVED)
        seen.id = one.id
        records += [Attendance(one.id, op.id, household.id, one.member_id), seen]
    return records


def _observation(
    op: Operation, household: Household, known: Known, member_id: UUID, service: str, level: int, basis: Basis
) -> Observation:
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


def _clashes(
    thing: Household | Member, household_id: UUID | None, changed: dict[str, Any], base: Body
) -> list[Clash]:
    """The changed fields that stand otherwise than the phone knew. Fields that only one side changed merge."""
    knew = _named(base)
    return [
        Clash(household_id or thing.id, thing.id if household_id else None, name, getattr(thing, name), said)
        for name, said in changed.items()
        if name in knew and name not in ABOUT_CONSENT and getattr(thing, name) not in (knew[name], said)
    ]


def _named(body: Body, *keys: str) -> dict[str, Any]:
    """The fields that a change names, without those that say what it changes."""
    said = msgspec.structs.asdict(body)
    return {k: v for k, v in said.items() if k not in keys and v is not msgspec.UNSET}


def _take_screen_changed(op: Operation, body: ScreenChangedBody, known: Known, now: datetime) -> Any:
    report = made(
        ScreenReport,
        province_code=known.province_code,
        id=op.id,
        person_id=known.person_id,
        recorded_at=op.recorded_at,
        **msgspec.structs.asdict(body),
    )
    return _first(screen_reports.problems_with(report)) or [report]


TAKERS: dict[type[Body], Callable[..., list[Record] | Held | Problem]] = {
    HouseholdBody: _take_household,
    HouseholdChangeBody: _take_household_change,
    MemberBody: _take_member,
    MemberChangeBody: _take_member_change,
    VisitBody: _take_visit,
    WalkThroughBody: _take_walk_through,
    ObservationBody: _take_observation,
    ScreenChangedBody: _take_screen_changed,
    FollowUpSettledBody: _take_settlement,
    NoteDoneBody: _take_note_done,
    DossierBody: _take_dossier,
    DossierResultBody: _take_dossier_result,
    RatingBody: _take_rating,
    OutreachSessionBody: _take_session,
}
