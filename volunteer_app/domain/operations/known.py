"""What the server knows of a batch of operations before it takes them, and what an operation may have to wait for."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Any, TypeVar
from uuid import UUID

from volunteer_app.domain.households import Household, Member


@dataclass
class Held:
    """The operation waits for another one."""

    waits_for: UUID


@dataclass
class Edit:
    """A change of a household or member that was taken: which phone's, which one of it, what it knew and said."""

    id: UUID
    device_id: UUID | None
    seq: int
    knew: Mapping[str, Any]
    said: Mapping[str, Any]


@dataclass
class OpenClash:
    """Two values of a field that the leader has not settled. id: the change that brought the later one."""

    id: UUID
    field: str
    stood: Any
    said: Any


@dataclass
class Known:
    """What the server knows of the things that a batch of operations names, and who sends it."""

    province_code: str
    person_id: UUID
    commune_code: str | None
    """The sender's commune; None: the whole province."""
    assigned: Mapping[UUID, date] | None
    """Hamlets ever assigned to the sender, with the last day of the latest lease; None: every hamlet of the commune (a
    leader)."""
    hamlets: dict[UUID, str] = field(default_factory=dict)
    """Hamlet → commune."""
    households: dict[UUID, Household] = field(default_factory=dict)
    members: dict[UUID, Member] = field(default_factory=dict)
    visits: dict[UUID, UUID] = field(default_factory=dict)
    """Visit → household."""
    returns: dict[UUID, UUID] = field(default_factory=dict)
    """What may have left a return behind → household."""
    dossiers: dict[UUID, UUID] = field(default_factory=dict)
    """Dossier → household."""
    notes: dict[UUID, UUID] = field(default_factory=dict)
    """Leader's note → household."""
    requests: dict[UUID, UUID | None] = field(default_factory=dict)
    """Citizen's request for a visit → whom the leader sends."""
    records: dict[UUID, tuple[UUID, UUID]] = field(default_factory=dict)
    """What one tap has made, taken back or not → household, and whose tap it was."""
    people: dict[UUID, set[str | None]] = field(default_factory=dict)
    """Person → the communes that they have ever worked in."""
    erased: set[UUID] = field(default_factory=set)
    """Households that were erased."""
    will_agree: set[UUID] = field(default_factory=set)
    """Households whose "yes" stands further down in the same delivery: old phones send names before it."""
    lost_places: dict[UUID, tuple[str, UUID]] = field(default_factory=dict)
    """Household that was a duplicate → where it stood: commune and hamlet."""
    merged: dict[UUID, list[UUID]] = field(default_factory=dict)
    """Household that was a duplicate → its mergers, one after the other; `households` gives the kept one instead."""

    edits: dict[UUID, list[Edit]] = field(default_factory=dict)
    """Household or member → the changes of it that were taken."""
    clashes: dict[UUID, list[OpenClash]] = field(default_factory=dict)
    """Household or member → its fields with two values."""
    device_id: UUID | None = None
    """The phone whose operation is looked at."""

    def recorded_in(self, household_id: UUID) -> tuple[str, UUID]:
        """Commune and hamlet of a household as its visitors knew it: a merger moves no right to have been there."""
        household = self.households[household_id]
        return self.lost_places.get(household_id, (household.commune_code, household.hamlet_id))

    def may_record(self, commune_code: str, hamlet_id: UUID) -> bool:
        """A volunteer's work counts in every hamlet ever assigned to them, a leader's in the commune."""
        if self.commune_code is not None and commune_code != self.commune_code:
            return False
        return self.assigned is None or hamlet_id in self.assigned


T = TypeVar("T")


def made(kind: type[T], **values: Any) -> T:
    """A record of values that are checked already, without the search for missing ones that `model_construct` makes:
    three times as fast, and the larger part of what taking a visit costs."""
    thing = kind.__new__(kind)
    thing.__dict__.update(values)
    return thing
