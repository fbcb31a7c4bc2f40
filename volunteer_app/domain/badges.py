"""Badges (huy hiệu): a code on a volunteer's card, by which anybody can see whether they are real, today."""

from datetime import date, datetime
from enum import StrEnum
from uuid import UUID

from sqlmodel import Field, SQLModel

from volunteer_app.domain.people import Membership


class Badge(SQLModel):
    """One printed badge of one membership. A new one may be given at any time; a lost one is revoked."""

    province_code: str = Field(max_length=2)
    code: str = Field(max_length=16)
    membership_id: UUID
    issued_at: datetime
    revoked_at: datetime | None = None
    revoked_by: UUID | None = None


class BadgeState(StrEnum):
    """What the public page says."""

    VALID = "valid"
    NOT_YET = "not_yet"
    ENDED = "ended"
    REVOKED = "revoked"


def state_of(badge: Badge, membership: Membership, day: date) -> BadgeState:
    """Is the bearer a volunteer on that day? A badge is never better than the membership behind it."""
    if badge.revoked_at is not None:
        return BadgeState.REVOKED
    if membership.last_day is not None and membership.last_day < day:
        return BadgeState.ENDED
    if day < membership.first_day:
        return BadgeState.NOT_YET
    return BadgeState.VALID
