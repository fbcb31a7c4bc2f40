"""What phones deliver: one operation (thao tác) is one thing done on a phone; one answer goes back for each."""

from datetime import UTC, datetime
from enum import StrEnum
from hashlib import blake2b
from typing import Annotated, Any
from uuid import UUID

import msgspec

from volunteer_app.domain.problems import N_, Problem

MOST_PER_BATCH = 50
"""How many operations one delivery may carry."""

MOST_PER_DELIVERY = MOST_PER_BATCH // 2
"""How many a phone sends at once: what a thin network can bear."""

LARGEST_BATCH_BYTES = 256 * 1024
"""How large one delivery may be."""

Zoned = Annotated[datetime, msgspec.Meta(tz=True)]
Short = Annotated[str, msgspec.Meta(max_length=80)]
Key = Annotated[str, msgspec.Meta(max_length=40, pattern="^[a-z0-9][a-z0-9-]*$")]
Note = Annotated[str, msgspec.Meta(max_length=500)]


class OperationOutcome(StrEnum):
    """The server's answer to one operation."""

    ACCEPTED = "accepted"
    DUPLICATE = "duplicate"
    HELD = "held"
    PARKED = "parked"
    MISMATCH = "mismatch"
    RETRY = "retry"
    DISCARDED = "discarded"  # a leader decided so, for a reason; to the phone it is received


class TimeQuality(StrEnum):
    """Whose word the time of an operation is."""

    DEVICE = "device"  # the phone's own clock, and nothing spoke against it
    CORRECTED = "corrected"  # the phone's clock was wrong; put right by the server's


class Operation(msgspec.Struct):
    """One thing done on a phone.

    seq: numbers a device's operations 1, 2, 3 …
    person_id: who did it; on a shared phone somebody else may deliver it.
    time_quality: how `recorded_at` came about.
    mends: the entry of the same person in whose place this one stands: that was set aside for a fault, and is said anew
        without it. What follows carries the first one's id and time.
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
    mends: UUID | None = None


WAYS_OF_KEEPING = ("passkey", "pin", "refused", "none")
"""A phone has a lock: its own, or a PIN; its person wants none, on purpose; or has not said yet."""


class Delivery(msgspec.Struct):
    """What one POST carries. Operations stay raw, so that one unreadable one never spoils the rest."""

    device_id: UUID
    app_build: Annotated[str, msgspec.Meta(max_length=40)]
    ops: Annotated[list[msgspec.Raw], msgspec.Meta(max_length=MOST_PER_BATCH)]
    made: Annotated[int, msgspec.Meta(ge=0, le=10**9)] = 0
    """How many operations this phone has made so far: shows a lost tail."""
    person_id: UUID | None = None
    """Whose key the delivery is signed with."""
    free_mb: int | None = None
    """Room that the browser says this app may still use, in megabytes, rounded; None from a phone that does not say."""
    lock: str | None = None
    """How its person keeps this phone (`WAYS_OF_KEEPING`)."""
    cards: int | None = None
    """The newest set of training cards that its person went through to the end; 0: none yet, None: an old app."""


class Body(msgspec.Struct, forbid_unknown_fields=True):
    """What a kind of operation says. Unknown fields are refused: nothing is stored that has no name here."""


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
NOT_THEIRS = Problem(
    "operation.not_theirs",
    N_("This names something of another family. Your team leader can see the entry and decide."),
)
GIVEN_ON = Problem(
    "operation.given_on",
    N_("This visit is not yours, or not any more. Your team leader can see the entry and decide."),
)
NOT_PROVEN = Problem(
    "operation.not_proven",
    N_("It is not clear who recorded this. The entry is kept; your team leader can decide."),
)
"""No signature of the person named covers it, and it does not come from their own sign-in."""
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
ERASED = Problem(
    "operation.erased",
    N_("This family asked to have everything about them erased. Nothing of the entry is kept."),
)
"""Late work about them ends: it waits for nobody, and its words are not kept."""
MENDED = Problem(
    "operation.mended", N_("A later correction of this entry was taken. It stands in its place.")
)
MENDED_BY_LEADER = Problem(
    "operation.mended_by_leader",
    N_("Your team leader put one field of this entry right, and it was taken so."),
)
"""Said of an operation that was taken."""
LEFT_OUT_BY_LEADER = Problem(
    "operation.left_out", N_("Your team leader has looked at this entry and left it out, with a reason.")
)
TAKEN_FIRST = Problem(
    "operation.taken_first",
    N_(
        "The entry had been taken before this correction of it arrived. The correction is kept; your team leader can"
        " see both."
    ),
)
FIRST_MOMENT = datetime(2020, 1, 1, tzinfo=UTC)
"""Nothing was recorded before there was an app."""

BEFORE_THIS_APP = Problem(
    "operation.before_this_app",
    N_("The phone's clock was far behind when this was recorded. Please say when it was."),
    field="recorded_at",
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
    if operation.mends:
        said.append(operation.mends)
    return blake2b(msgspec.json.encode(said, order="sorted"), digest_size=16).digest()
