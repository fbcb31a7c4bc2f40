"""Who recorded something, and what proves it."""

from datetime import datetime
from typing import NamedTuple
from uuid import UUID


class SigningKey(NamedTuple):
    """A key that belongs to one person on one phone. sign_in_id: the session that it last came with.
    ended_at: since then it proves nothing more."""

    person_id: UUID
    sign_in_id: UUID
    ended_at: datetime | None = None

    def proves(self, person_id: UUID, recorded_at: datetime, received_at: datetime) -> bool:
        """Is what is signed with it this person's? Whoever holds a stopped key can write any time on what they make:
        it counts for what was recorded, and had arrived, while the key was good."""
        is_good = self.ended_at is None or max(recorded_at, received_at) <= self.ended_at
        return is_good and self.person_id == person_id
