"""Who appears in tests, and things that are valid by default: a test states only what matters to it.

Lan is a volunteer of hamlet Nà Thử, Minh leads her team, Hoà volunteers in another commune and must be refused.
"""

from datetime import UTC, datetime, timedelta
from random import Random
from typing import Any
from uuid import UUID, uuid5

from volunteer_app.domain.operations.envelope import Operation
from volunteer_app.domain.people import Role
from volunteer_app.domain.permissions import Scope

PROVINCE, COMMUNE, OTHER_COMMUNE = "08", "00919", "02404"
NOW = datetime(2026, 11, 22, 8, 0, tzinfo=UTC)
NAMES = UUID("00000000-0000-7000-8000-000000000000")


def id_of(name: str) -> UUID:
    """The same id for the same name in every test."""
    return uuid5(NAMES, name)


HAMLET, NEXT_HAMLET, FAR_HAMLET = id_of("Nà Thử"), id_of("Khuổi Mẫu"), id_of("far hamlet")
LAN, MINH, HOA, THE_FRONT = id_of("Lan"), id_of("Minh"), id_of("Hoà"), id_of("the Front")
LANS_PHONE = id_of("Lan's phone")

SCOPES = {
    LAN: Scope(LAN, Role.VOLUNTEER, PROVINCE, COMMUNE, frozenset({HAMLET})),
    MINH: Scope(MINH, Role.LEADER, PROVINCE, COMMUNE),
    HOA: Scope(HOA, Role.VOLUNTEER, PROVINCE, OTHER_COMMUNE, frozenset({FAR_HAMLET})),
    THE_FRONT: Scope(THE_FRONT, Role.REVIEWER, PROVINCE),
}

_chance = Random(7)

OWN = ("id", "seq", "recorded_at", "person_id")
"""What a change may name of the operation itself, beside its body."""


def an_operation(kind: str, body: dict[str, Any], **changes: Any) -> Operation:
    """An operation as it comes from Lan's phone."""
    values: dict[str, Any] = {
        "id": UUID(int=_chance.getrandbits(128), version=4),
        "seq": 1,
        "kind": kind,
        "schema": 1,
        "recorded_at": NOW - timedelta(hours=1),
        "body": {k: str(v) if isinstance(v, UUID) else v for k, v in body.items()},
    }
    return Operation(**values | changes)


def a_household(**changes: Any) -> Operation:
    """Registering a household in Lan's hamlet."""
    own = {k: changes.pop(k) for k in OWN if k in changes}
    body = {"hamlet_id": HAMLET, "code": "NT-001", "consent": "given", "label": "Nông Văn Mẫu"} | changes
    return an_operation("household", body, **own)


def a_member(household_id: UUID, **changes: Any) -> Operation:
    """Adding the grandmother."""
    own = {k: changes.pop(k) for k in OWN if k in changes}
    return an_operation("member", {"household_id": household_id, "label": "bà nội"} | changes, **own)


def a_visit(household_id: UUID, **changes: Any) -> Operation:
    """A visit at which somebody was met."""
    own = {k: changes.pop(k) for k in OWN if k in changes}
    return an_operation("visit", {"household_id": household_id, "outcome": "met"} | changes, **own)


def a_walk_through(household_id: UUID, visit_id: UUID, member_id: UUID, **changes: Any) -> Operation:
    """A run of the first guide that ended alone."""
    own = {k: changes.pop(k) for k in OWN if k in changes}
    body = {
        "household_id": household_id,
        "visit_id": visit_id,
        "member_id": member_id,
        "guide": "activate-level-2",
        "guide_version": 1,
        "service": "activate-level-2",
        "marks": {"open-app": "alone", "log-in": "help"},
        "teach_back": "alone",
        "minutes": 12,
    }
    return an_operation("walk_through", body | changes, **own)
