"""What a leader should look at in a member of the team."""

from datetime import date, datetime
from typing import NamedTuple

from volunteer_app.domain.figures.coverage import SILENT_AFTER
from volunteer_app.storage.team import Phone, TeamMember


class MemberStanding(NamedTuple):
    """What the leader should look at in a member: phones that are silent, operations that have not come."""

    member: TeamMember
    silent: list[Phone]
    missing: int
    has_no_lease: bool

    @property
    def needs_a_look(self) -> bool:
        """Is there anything to ask about?"""
        return bool(self.silent or self.missing or self.has_no_lease)


def member_standing(member: TeamMember, now: datetime, today: date) -> MemberStanding:
    """What to look at in a member, at this moment."""
    return MemberStanding(
        member,
        silent=[phone for phone in member.phones if now - phone.last_contact_at > SILENT_AFTER],
        missing=sum(phone.missing for phone in member.phones),
        has_no_lease=member.role.value == "volunteer"
        and not any(lease.first_day <= today <= lease.last_day for lease in member.leases),
    )
