"""What the server knows of a batch of operations before it takes them."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from uuid import UUID

from volunteer_app.domain.households import Household, Member


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
    merged: dict[UUID, list[UUID]] = field(default_factory=dict)
    """Household that was a duplicate → its mergers, one after the other; `households` gives the kept one instead."""
