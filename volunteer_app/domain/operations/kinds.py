"""The kinds of operations, each with its body, its words and what it becomes.

Pure: what the server already knows comes in as `Known`, the records go out as plain values; `storage/operations/` looks
up the one and keeps the other.
"""

import re
from collections.abc import Callable
from datetime import datetime
from typing import Any, NamedTuple

import msgspec

from volunteer_app.domain.operations import (
    dossiers,
    follow_ups,
    households,
    notes,
    observations,
    outreach,
    screen_reports,
    taken_back,
    visit_requests,
    visits,
    walk_throughs,
)
from volunteer_app.domain.operations.claims import homes, what_stands_against
from volunteer_app.domain.operations.envelope import (
    BEFORE_THIS_APP,
    CONTROL_CHARACTER,
    FIRST_MOMENT,
    NEWER_SCHEMA,
    UNREADABLE,
    Body,
    Operation,
    TimeQuality,
)
from volunteer_app.domain.operations.known import Held, Known
from volunteer_app.domain.problems import N_, Problem
from volunteer_app.domain.visits import CLOCK_DRIFT


class Kind(NamedTuple):
    """A kind of operation.

    words: what it is called on the phone and at the leader's desk.
    take: the records that follow from one, or the problem with what it says. Whatever it names is there and may be
        written about; it teaches `Known` what it adds.
    """

    body: type[Body]
    words: str
    take: Callable[..., list[Any] | Held | Problem]


KINDS = {
    "household": Kind(households.HouseholdBody, N_("New household"), households.take),
    "household_change": Kind(households.HouseholdChangeBody, N_("Household changed"), households.take_change),
    "member": Kind(households.MemberBody, N_("Person added"), households.take_member),
    "member_change": Kind(households.MemberChangeBody, N_("Person changed"), households.take_member_change),
    "visit": Kind(visits.VisitBody, N_("Visit"), visits.take),
    "walk_through": Kind(walk_throughs.WalkThroughBody, N_("Guide walked through"), walk_throughs.take),
    "observation": Kind(observations.ObservationBody, N_("Observation"), observations.take),
    "screen_changed": Kind(screen_reports.ScreenChangedBody, N_("A screen changed"), screen_reports.take),
    "follow_up_settled": Kind(follow_ups.FollowUpSettledBody, N_("Return settled"), follow_ups.take),
    "note_done": Kind(notes.NoteDoneBody, N_("Note done"), notes.take),
    "dossier": Kind(dossiers.DossierBody, N_("Papers handed in"), dossiers.take),
    "dossier_result": Kind(dossiers.DossierResultBody, N_("Result of papers"), dossiers.take_result),
    "rating": Kind(visits.RatingBody, N_("Rating by the family"), visits.take_rating),
    "taken_back": Kind(taken_back.TakenBackBody, N_("Taken back"), taken_back.take),
    "request_answered": Kind(
        visit_requests.RequestAnsweredBody, N_("Request for a visit answered"), visit_requests.take
    ),
    "outreach_session": Kind(outreach.OutreachSessionBody, N_("Outreach session"), outreach.take),
}


def take(operation: Operation, body: Body, known: Known, now: datetime) -> list[Any] | Held | Problem:
    """The records that an operation, its body read, leads to. `known` learns what the operation adds."""
    operation = in_time(operation, now)
    if problem := envelope_problem(operation):
        return problem
    if against := what_stands_against(body, known):
        return against
    taken = KINDS[operation.kind].take(operation, body, known, now)
    if isinstance(taken, list):
        for record_id, household_id in homes(operation.id, body):
            if household_id in known.households:  # who was erased since is left out of a session
                known.returns[record_id] = known.households[household_id].id
                if operation.kind in taken_back.CAN_BE_TAKEN_BACK:
                    known.records[record_id] = (known.households[household_id].id, known.person_id)
    return taken


def in_time(operation: Operation, now: datetime) -> Operation:
    """The operation with a time that can be. What comes from the future was recorded by a clock that ran ahead, on a
    phone that could not put it right (what is sealed cannot be changed): it counts from when it came, and is marked."""
    if operation.recorded_at <= now + CLOCK_DRIFT:
        return operation
    return msgspec.structs.replace(operation, recorded_at=now, time_quality=TimeQuality.CORRECTED)


def envelope_problem(operation: Operation) -> Problem | None:
    """Why it cannot have been recorded when it says, whatever it says."""
    return BEFORE_THIS_APP if operation.recorded_at < FIRST_MOMENT else None


SCHEMA = 5
"""Newest shape of operations. 2: changes carry `base`. 3: what was observed outside a guide says why. 4: an answer
about consent says how the question was asked. 5: an operation may stand in the place of one that was set aside."""


def upcast(kind: str, schema: int, body: dict[str, Any]) -> dict[str, Any]:
    """An old body in the newest shape; `tests/golden/payloads/` holds bodies of every schema ever shipped."""
    if schema == 1 and kind in ("household_change", "member_change"):
        body = body | {"base": {}}
    if schema < 3 and kind == "observation":
        body = {"reason": observations.NOT_ASKED} | body
    return body


def read_body(operation: Operation) -> Body | Problem:
    """The operation's body as its kind wants it, or why it cannot be taken as it is."""
    if operation.schema > SCHEMA:
        return NEWER_SCHEMA
    kind = KINDS.get(operation.kind)
    if kind is None:
        return NEWER_SCHEMA
    if b"\\" in msgspec.json.encode(operation.body) and _has_control(operation.body):
        fields = (name for name, value in operation.body.items() if _has_control({name: value}))
        return CONTROL_CHARACTER._replace(field=next(fields))
    try:
        return msgspec.convert(upcast(operation.kind, operation.schema, operation.body), kind.body)
    except msgspec.ValidationError as error:
        return UNREADABLE._replace(field=_field_at_fault(str(error), kind.body))


_PATH = re.compile(r"- at `\$\.(\w+)")
_NAMED = re.compile(r"field `(\w+)`")


def _field_at_fault(said: str, body: type[Body]) -> str | None:
    """The field of a body that a refusal is about; None: it is about none that the body has."""
    found = _PATH.search(said) or _NAMED.search(said)
    names = {field.encode_name for field in msgspec.structs.fields(body)}
    return found[1] if found and found[1] in names else None


def _has_control(value: Any) -> bool:
    """JSON writes control characters with a backslash, so only texts with one are looked through."""
    if isinstance(value, str):
        return any(ord(c) < 32 and c not in "\n\t" for c in value)
    if isinstance(value, dict):
        return any(_has_control(k) or _has_control(v) for k, v in value.items())
    if isinstance(value, list):
        return any(_has_control(v) for v in value)
    return False
