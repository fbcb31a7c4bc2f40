"""What phones deliver: one operation (thao tác) is one thing done on a phone; one answer goes back for each."""

from collections.abc import Iterable
from datetime import date, datetime
from enum import StrEnum
from hashlib import blake2b
from typing import Annotated, Any
from uuid import UUID

import msgspec

from volunteer_app.domain.blockers import Blocker
from volunteer_app.domain.dossiers import DossierResult
from volunteer_app.domain.follow_ups import Settled
from volunteer_app.domain.households import Consent, ConsentMethod
from volunteer_app.domain.independence import Basis
from volunteer_app.domain.outreach import MOST_TICKED, SessionPlace
from volunteer_app.domain.problems import N_, Problem
from volunteer_app.domain.visits import Outcome
from volunteer_app.domain.walk_throughs import Mark, TeachBack

MOST_PER_BATCH = 50
"""How many operations one delivery may carry."""

LARGEST_BATCH_BYTES = 256 * 1024
"""How large one delivery may be."""

Zoned = Annotated[datetime, msgspec.Meta(tz=True)]
Short = Annotated[str, msgspec.Meta(max_length=80)]
Key = Annotated[str, msgspec.Meta(max_length=40, pattern="^[a-z0-9][a-z0-9-]*$")]
Note = Annotated[str, msgspec.Meta(max_length=500)]
Version = Annotated[int, msgspec.Meta(ge=0, le=10**6)]
People = Annotated[int, msgspec.Meta(ge=1, le=60)]
VNeIDLevel = Annotated[int, msgspec.Meta(ge=0, le=2)]


class OperationOutcome(StrEnum):
    """The server's answer to one operation."""

    ACCEPTED = "accepted"
    DUPLICATE = "duplicate"
    HELD = "held"
    PARKED = "parked"
    MISMATCH = "mismatch"
    RETRY = "retry"
    DISCARDED = "discarded"  # a leader decided so, with a written reason; to the phone it is received


class TimeQuality(StrEnum):
    """Whose word the time of an operation is."""

    DEVICE = "device"  # the phone's own clock, and nothing spoke against it
    CORRECTED = "corrected"  # the phone's clock was wrong; put right by the server's


class Operation(msgspec.Struct):
    """One thing done on a phone.

    seq: numbers a device's operations 1, 2, 3 …
    person_id: who did it; on a shared phone somebody else may deliver it.
    time_quality: how `recorded_at` came about.
    """

    id: UUID
    seq: Annotated[int, msgspec.Meta(ge=1, le=10**9)]
    kind: Annotated[str, msgspec.Meta(max_length=24)]
    schema: Annotated[int, msgspec.Meta(ge=1, le=10**4)]
    recorded_at: Zoned
    body: dict[str, Any]
    depends_on: Annotated[list[UUID], msgspec.Meta(max_length=10)] = []
    person_id: UUID | None = None
    time_quality: TimeQuality = TimeQuality.DEVICE


class Delivery(msgspec.Struct):
    """What one POST carries. Operations stay raw, so that one unreadable one never spoils the rest."""

    device_id: UUID
    app_build: Annotated[str, msgspec.Meta(max_length=40)]
    ops: Annotated[list[msgspec.Raw], msgspec.Meta(max_length=MOST_PER_BATCH)]
    made: Annotated[int, msgspec.Meta(ge=0, le=10**9)] = 0
    """How many operations this phone has made so far: shows a lost tail."""
    free_mb: int | None = None
    """Room that the browser says this app may still use, in megabytes, rounded; None from a phone that does not say."""


class Body(msgspec.Struct, forbid_unknown_fields=True):
    """What a kind of operation says. Unknown fields are refused: nothing is stored that has no name here."""

    def named(self, key: str) -> Iterable[UUID]:
        """Ids of the things that this body names under a key ("household_id", "member_id", …)."""
        if found := getattr(self, key, None):
            yield found


class HouseholdBody(Body):
    """A household was registered; its id is the operation's."""

    hamlet_id: UUID
    code: Annotated[str, msgspec.Meta(min_length=1, max_length=20)]
    consent: Consent
    label: Short = ""
    people_count: People | None = None
    consent_version: Version | None = None
    consent_method: ConsentMethod | None = None


class MemberBody(Body):
    """Somebody of a household was added; the member's id is the operation's."""

    household_id: UUID
    label: Annotated[str, msgspec.Meta(min_length=1, max_length=40)]
    own_phone: bool | None = None
    own_sim: bool | None = None
    chip_card: bool | None = None
    vneid_level: VNeIDLevel | None = None
    signal_at_home: bool | None = None


class HouseholdFields(Body, omit_defaults=True):
    """Fields of a household; only those named are meant."""

    label: Short | msgspec.UnsetType = msgspec.UNSET
    people_count: People | None | msgspec.UnsetType = msgspec.UNSET
    consent: Consent | msgspec.UnsetType = msgspec.UNSET
    consent_version: Version | None | msgspec.UnsetType = msgspec.UNSET
    consent_method: ConsentMethod | None | msgspec.UnsetType = msgspec.UNSET


class HouseholdChangeBody(HouseholdFields, kw_only=True):
    """Fields of a household were changed. `base`: what the phone knew of them before, as far as it knew."""

    household_id: UUID
    base: HouseholdFields


class MemberFields(Body, omit_defaults=True):
    """Label and prerequisites of a member; only those named are meant."""

    label: Annotated[str, msgspec.Meta(min_length=1, max_length=40)] | msgspec.UnsetType = msgspec.UNSET
    own_phone: bool | None | msgspec.UnsetType = msgspec.UNSET
    own_sim: bool | None | msgspec.UnsetType = msgspec.UNSET
    chip_card: bool | None | msgspec.UnsetType = msgspec.UNSET
    vneid_level: VNeIDLevel | None | msgspec.UnsetType = msgspec.UNSET
    signal_at_home: bool | None | msgspec.UnsetType = msgspec.UNSET


class MemberChangeBody(MemberFields, kw_only=True):
    """Label or prerequisites of a member were changed. `base`: what the phone knew of them before."""

    household_id: UUID
    member_id: UUID
    base: MemberFields


class VisitBody(Body):
    """A call at a household; the visit's id is the operation's. companions: team mates who came along."""

    household_id: UUID
    outcome: Outcome
    note: Note = ""
    return_on: date | None = None
    companions: Annotated[list[UUID], msgspec.Meta(max_length=8)] = []


class WalkThroughBody(Body):
    """A run of a guide; its id is the operation's. Level and return are derived, never sent."""

    household_id: UUID
    visit_id: UUID
    member_id: UUID
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


class ObservationBody(Body):
    """Something seen or said outside a walk-through; the observation's id is the operation's."""

    household_id: UUID
    member_id: UUID
    service: Key
    level: Annotated[int, msgspec.Meta(ge=-1, le=4)]
    basis: Basis
    reason: Annotated[str, msgspec.Meta(max_length=300)] = ""


class FollowUpSettledBody(Body):
    """A return needs no visit any more: done otherwise, or cancelled with a reason."""

    household_id: UUID
    follow_up_id: UUID
    settled_as: Settled
    why: Annotated[str, msgspec.Meta(max_length=300)] = ""


class NoteDoneBody(Body):
    """What a leader's note asked for is done."""

    household_id: UUID
    note_id: UUID


class DossierBody(Body):
    """Papers were handed in; the dossier's id is the operation's. Its number is never kept."""

    household_id: UUID
    member_id: UUID
    service: Key
    result_on: date


class DossierResultBody(Body):
    """What came of a dossier."""

    household_id: UUID
    dossier_id: UUID
    result: DossierResult


class RatingBody(Body):
    """How the citizen rated a visit: 1 sad, 2 so-so, 3 glad."""

    household_id: UUID
    visit_id: UUID
    smiley: Annotated[int, msgspec.Meta(ge=1, le=3)]


class Ticked(msgspec.Struct, forbid_unknown_fields=True):
    """Somebody who was ticked at a session; the id is the observation's that follows."""

    id: UUID
    household_id: UUID
    member_id: UUID
    level: Annotated[int, msgspec.Meta(ge=-1, le=4)]


class OutreachSessionBody(Body):
    """The same help to many; the session's id is the operation's."""

    hamlet_id: UUID
    place: SessionPlace
    service: Key
    people_count: Annotated[int, msgspec.Meta(ge=1, le=2000)]
    ticked: Annotated[list[Ticked], msgspec.Meta(max_length=MOST_TICKED)] = []
    note: Note = ""

    def named(self, key: str) -> Iterable[UUID]:
        """The session's hamlet, and whose people were ticked."""
        yield from super().named(key)
        if key in ("household_id", "member_id"):
            yield from (getattr(one, key) for one in self.ticked)


class ScreenChangedBody(Body):
    """A step no longer looks as the guide says; the report's id is the operation's."""

    guide: Key
    guide_version: Annotated[int, msgspec.Meta(ge=1, le=10**6)]
    step: Key
    note: Note = ""


BODIES: dict[str, type[Body]] = {
    "household": HouseholdBody,
    "household_change": HouseholdChangeBody,
    "member": MemberBody,
    "member_change": MemberChangeBody,
    "visit": VisitBody,
    "walk_through": WalkThroughBody,
    "observation": ObservationBody,
    "screen_changed": ScreenChangedBody,
    "follow_up_settled": FollowUpSettledBody,
    "note_done": NoteDoneBody,
    "dossier": DossierBody,
    "dossier_result": DossierResultBody,
    "rating": RatingBody,
    "outreach_session": OutreachSessionBody,
}

KIND_NAMES = {
    "household": N_("New household"),
    "household_change": N_("Household changed"),
    "member": N_("Person added"),
    "member_change": N_("Person changed"),
    "visit": N_("Visit"),
    "walk_through": N_("Guide walked through"),
    "observation": N_("Observation"),
    "screen_changed": N_("A screen changed"),
    "follow_up_settled": N_("Return settled"),
    "note_done": N_("Note done"),
    "dossier": N_("Papers handed in"),
    "dossier_result": N_("Result of papers"),
    "rating": N_("Rating by the family"),
    "outreach_session": N_("Outreach session"),
}
"""What each kind is called on the phone and at the leader's desk."""

SCHEMA = 4
"""Newest shape of the bodies above. 2: changes carry `base`. 3: what was observed outside a guide says why. 4: an
answer about consent says how the question was asked."""

NOT_ASKED = "–"
"""The reason of an observation from an app that did not ask for one."""


def upcast(kind: str, schema: int, body: dict[str, Any]) -> dict[str, Any]:
    """An old body in the newest shape; `tests/golden/payloads/` holds bodies of every schema ever shipped."""
    if schema == 1 and kind in ("household_change", "member_change"):
        body = body | {"base": {}}
    if schema < 3 and kind == "observation":
        body = {"reason": NOT_ASKED} | body
    return body


UNREADABLE = Problem(
    "operation.unreadable",
    N_("The server could not read this entry. It is kept on the phone; please show it to your team leader."),
)
NEWER_SCHEMA = Problem(
    "operation.newer_app",
    N_(
        "This phone's app is newer than the server. The entry is kept; it will be taken after the server's update."
    ),
)
NOT_ASSIGNED = Problem(
    "operation.not_assigned",
    N_("This hamlet was never assigned to you. Your team leader can see the entry and decide."),
)
OTHER_AUTHOR = Problem(
    "operation.other_author",
    N_(
        "Somebody else recorded this, and the server never saw them on this phone. Your team leader can decide."
    ),
)
OTHER_CONTENT = Problem(
    "operation.other_content",
    N_(
        "The server already has another entry under this number. Both are kept; please tell your team leader."
    ),
)
WAITS = Problem("operation.waits", N_("Waits for an earlier entry that has not arrived yet."))
AFTER_LEASE = Problem(
    "assignment.over_on_arrival",
    N_(
        "It arrived when this hamlet was no longer yours. It was taken and counts as your work; your team leader and"
        " whoever has the hamlet now can see it."
    ),
)
"""Said of an operation that was taken all the same (A2, A3)."""
NOT_KEPT = Problem(
    "operation.not_kept",
    N_(
        "The server tried several times and could not write this entry down. It is kept; your team leader can see it"
        " and have it tried again."
    ),
)
UNKNOWN_SERVICE = Problem(
    "operation.unknown_service", N_("The server does not know this guide or service yet.")
)
CONTROL_CHARACTER = Problem(
    "text.control", N_("The text has a character that cannot be stored. Please write it again.")
)


def digest(operation: Operation) -> bytes:
    """16 bytes that tell whether two operations of one id say the same, however their JSON is ordered."""
    said = [operation.kind, operation.schema, operation.recorded_at.timestamp(), operation.body]
    return blake2b(msgspec.json.encode(said, order="sorted"), digest_size=16).digest()


def read_body(operation: Operation) -> Body | Problem:
    """The operation's body as its kind wants it, or why it cannot be taken as it is."""
    if operation.schema > SCHEMA:
        return NEWER_SCHEMA
    kind = BODIES.get(operation.kind)
    if kind is None:
        return NEWER_SCHEMA
    if b"\\" in msgspec.json.encode(operation.body) and _has_control(operation.body):
        return CONTROL_CHARACTER
    try:
        return msgspec.convert(upcast(operation.kind, operation.schema, operation.body), kind)
    except msgspec.ValidationError:
        return UNREADABLE


def _has_control(value: Any) -> bool:
    """JSON writes control characters with a backslash, so only texts with one are looked through."""
    if isinstance(value, str):
        return any(ord(c) < 32 and c not in "\n\t" for c in value)
    if isinstance(value, dict):
        return any(_has_control(k) or _has_control(v) for k, v in value.items())
    if isinstance(value, list):
        return any(_has_control(v) for v in value)
    return False
