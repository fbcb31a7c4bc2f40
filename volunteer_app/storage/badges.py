"""Badges, as kept. Giving and revoking needs a scope; looking one up by its code does not: the code is the key."""

from datetime import date, datetime
from typing import Any, NamedTuple
from uuid import UUID

import sqlalchemy as sa
from sqlmodel import Field, col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from volunteer_app.domain.badges import Badge
from volunteer_app.domain.calendar import local_day
from volunteer_app.domain.people import Role
from volunteer_app.domain.permissions import Scope
from volunteer_app.domain.short_links import BADGE_LETTERS, new_code
from volunteer_app.storage.database import Id, tie
from volunteer_app.storage.people import MembershipRow, PersonRow
from volunteer_app.storage.places import CommuneRow
from volunteer_app.storage.team import TeamRow


class BadgeRow(Badge, table=True):
    """A badge, as kept."""

    __tablename__ = "badges"
    __table_args__ = (
        sa.Index("ix_badges_code", "code"),
        sa.Index("ix_badges_membership", "province_code", "membership_id"),
        tie("memberships", "membership_id"),
    )
    province_code: str = Field(primary_key=True, max_length=2)
    code: str = Field(primary_key=True, max_length=16)
    membership_id: UUID = Field(sa_type=Id)
    revoked_by: UUID | None = Field(default=None, sa_type=Id)


class Bearer(NamedTuple):
    """Who a badge belongs to. team, commune: None where the membership names none."""

    badge: BadgeRow
    membership: MembershipRow
    person: PersonRow
    team: TeamRow | None
    commune: CommuneRow | None


class TeamBadge(NamedTuple):
    """Somebody on the team with the badge that is good now, if they have one."""

    person: PersonRow
    membership: MembershipRow
    team: TeamRow | None
    badge: BadgeRow | None


async def bearer_of(db: AsyncSession, code: str) -> Bearer | None:
    """Whose badge this is; revoked and ended ones too."""
    query: Any = (
        select(BadgeRow, MembershipRow, PersonRow, TeamRow)
        .select_from(BadgeRow)
        .join(
            MembershipRow,
            sa.and_(
                col(MembershipRow.province_code) == BadgeRow.province_code,
                col(MembershipRow.id) == BadgeRow.membership_id,
            ),
        )
        .join(PersonRow, _same_person())
        .outerjoin(TeamRow, _same_team())
        .where(BadgeRow.code == code)
    )
    found = (await db.exec(query)).first()
    if found is None:
        return None
    badge, membership, person, team = found
    commune = membership.commune_code and await db.get(CommuneRow, membership.commune_code)
    return Bearer(badge, membership, person, team, commune or None)


async def own_badge(db: AsyncSession, scope: Scope, day: date) -> str | None:
    """The code of the signed-in person's badge, if they have one that is good on that day."""
    query: Any = (
        select(BadgeRow.code)
        .join(
            MembershipRow,
            sa.and_(
                col(MembershipRow.province_code) == BadgeRow.province_code,
                col(MembershipRow.id) == BadgeRow.membership_id,
            ),
        )
        .where(
            MembershipRow.province_code == scope.province_code,
            MembershipRow.person_id == scope.person_id,
            col(BadgeRow.revoked_at).is_(None),
            *_running(day),
        )
    )
    return (await db.exec(query)).first()


async def team_badges(db: AsyncSession, scope: Scope, day: date) -> list[TeamBadge]:
    """Everybody who visits or leads in the scope on that day, with their badge."""
    good = sa.and_(
        col(BadgeRow.province_code) == MembershipRow.province_code,
        col(BadgeRow.membership_id) == MembershipRow.id,
        col(BadgeRow.revoked_at).is_(None),
    )
    query: Any = (
        select(PersonRow, MembershipRow, TeamRow, BadgeRow)
        .select_from(MembershipRow)
        .join(PersonRow, _same_person())
        .outerjoin(TeamRow, _same_team())
        .outerjoin(BadgeRow, good)
        .where(
            MembershipRow.province_code == scope.province_code,
            col(MembershipRow.role).in_([Role.VOLUNTEER, Role.LEADER]),
            *_running(day),
        )
    )
    if scope.commune_code is not None:
        query = query.where(MembershipRow.commune_code == scope.commune_code)
    return [TeamBadge(*found) for found in await db.exec(query)]


async def give(
    db: AsyncSession, scope: Scope, membership_id: UUID, now: datetime, *, seed: str = ""
) -> BadgeRow | None:
    """A new badge for somebody in the scope; the one they had is revoked. None: nobody like that on the team.

    seed: of the form; sent again it gives the badge of the first time.
    """
    on_team = await team_badges(db, scope, local_day(now))
    theirs = [one for one in on_team if one.membership.id == membership_id]
    if not theirs:
        return None
    code = new_code(BADGE_LETTERS, seed)
    if (before := await db.get(BadgeRow, (scope.province_code, code))) is not None:
        return before
    for one in theirs:
        _revoke(one.badge, scope, now)
    badge = BadgeRow(
        province_code=scope.province_code,
        code=code,
        membership_id=membership_id,
        issued_at=now,
    )
    db.add(badge)
    return badge


async def revoke(db: AsyncSession, scope: Scope, code: str, now: datetime) -> bool:
    """From now on the badge is no good. False: there is none like that in the scope."""
    found = await bearer_of(db, code)
    if found is None or found.badge.province_code != scope.province_code:
        return False
    if scope.commune_code not in (None, found.membership.commune_code):
        return False
    _revoke(found.badge, scope, now)
    return True


def _revoke(badge: BadgeRow | None, scope: Scope, now: datetime) -> None:
    if badge is not None and badge.revoked_at is None:
        badge.revoked_at, badge.revoked_by = now, scope.person_id


def _running(day: date) -> tuple[Any, Any]:
    """Conditions for a membership that holds on that day."""
    until = sa.or_(col(MembershipRow.last_day).is_(None), col(MembershipRow.last_day) >= day)
    return (MembershipRow.first_day <= day, until)


def _same_person() -> Any:
    return sa.and_(
        col(PersonRow.province_code) == MembershipRow.province_code,
        col(PersonRow.id) == MembershipRow.person_id,
    )


def _same_team() -> Any:
    return sa.and_(
        col(TeamRow.province_code) == MembershipRow.province_code, col(TeamRow.id) == MembershipRow.team_id
    )
