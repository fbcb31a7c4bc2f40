"""A team at a glance: who, where, until when, how far, and what their phones have sent. Never without a scope."""

from collections import defaultdict
from collections.abc import Collection
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any, NamedTuple
from uuid import UUID

import sqlalchemy as sa
from sqlmodel import Field, col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from volunteer_app.domain.people import Role, Team
from volunteer_app.domain.permissions import Scope
from volunteer_app.domain.training import SET
from volunteer_app.domain.visits import Outcome
from volunteer_app.storage.assignments import AssignmentRow
from volunteer_app.storage.database import Id
from volunteer_app.storage.devices import DevicePersonRow, DeviceRow
from volunteer_app.storage.operations.log import NOT_YET_TAKEN, OperationRow
from volunteer_app.storage.people import MembershipRow, PersonRow
from volunteer_app.storage.places import CommuneRow, HamletRow
from volunteer_app.storage.visits import VisitRow


class TeamRow(Team, table=True):
    """A team, as kept."""

    __tablename__ = "teams"
    province_code: str = Field(primary_key=True, max_length=2)
    id: UUID = Field(primary_key=True, sa_type=Id)


STILL_SHOWN = timedelta(days=14)
"""How long a lease that is over stays on the leader's screen, so that it ends visibly."""


LITTLE_ROOM_MB = 50
"""Below this a phone soon cannot keep the voices of its guides; its entries need a hundredth of it."""


class Lease(NamedTuple):
    """An assignment with the households that its volunteer met there in its days."""

    hamlet: str
    first_day: date
    last_day: date
    target: int | None
    met: int


class Phone(NamedTuple):
    """A phone. made: how many operations it said it has made, or the highest number that came from it; received: how
    many have come; help: how many of those are parked or wait for another; free_mb: room it says the app has left;
    lock: how its person keeps it."""

    last_contact_at: datetime
    made: int
    received: int
    app_build: str = ""
    help: int = 0
    free_mb: int | None = None
    lock: str | None = None

    @property
    def is_open(self) -> bool:
        """Does its person keep it without a lock? An old app says nothing about it."""
        return self.lock in ("refused", "none")

    @property
    def has_little_room(self) -> bool:
        """Has the phone said that the app has less room than it should?"""
        return self.free_mb is not None and self.free_mb < LITTLE_ROOM_MB

    @property
    def missing(self) -> int:
        """Operations that the phone made and that have not come."""
        return max(0, self.made - self.received)


@dataclass(frozen=True)
class TeamMember:
    """Somebody on the team. cards: the newest set of training cards they went through on any phone; None: not said."""

    membership_id: UUID
    name: str
    role: Role
    leases: list[Lease]
    phones: list[Phone]
    cards: int | None = None

    @property
    def has_seen_cards(self) -> bool:
        """Has this person gone through the cards of today?"""
        return (self.cards or 0) >= SET


async def team_in(db: AsyncSession, scope: Scope, today: date) -> list[TeamMember]:
    """Everybody who visits or leads in the scope today."""
    query = (
        sa.select(
            col(PersonRow.id),
            col(PersonRow.name),
            col(MembershipRow.role),
            col(MembershipRow.id).label("membership_id"),
        )
        .join(
            MembershipRow,
            sa.and_(
                col(MembershipRow.province_code) == PersonRow.province_code,
                col(MembershipRow.person_id) == PersonRow.id,
            ),
        )
        .where(
            col(PersonRow.province_code) == scope.province_code,
            col(MembershipRow.role).in_([Role.VOLUNTEER, Role.LEADER]),
            col(MembershipRow.first_day) <= today,
            sa.or_(col(MembershipRow.last_day).is_(None), col(MembershipRow.last_day) >= today),
        )
    )
    if scope.commune_code is not None:
        query = query.where(col(MembershipRow.commune_code) == scope.commune_code)
    people = (await (await db.connection()).execute(query)).all()
    leases = await _leases(db, scope, today)
    ids = [row.id for row in people]
    phones, cards = await _phones(db, scope, ids), await _cards(db, scope, ids)
    return [
        TeamMember(row.membership_id, row.name, row.role, leases[row.id], phones[row.id], cards.get(row.id))
        for row in people
    ]


async def _cards(db: AsyncSession, scope: Scope, people: list[UUID]) -> dict[UUID, int]:
    known = DevicePersonRow
    rows = await db.exec(
        select(known.person_id, sa.func.max(known.cards))
        .where(
            known.province_code == scope.province_code,
            col(known.person_id).in_(people),
            col(known.cards).is_not(None),
        )
        .group_by(col(known.person_id))
    )
    return {person_id: cards for person_id, cards in rows if cards is not None}


class Other(NamedTuple):
    """Somebody with a duty beside the team's work, who has left or not begun. commune: its name; "" for a province."""

    membership_id: UUID
    name: str
    role: Role
    commune: str
    first_day: date
    last_day: date | None


MOST_OTHERS = 200
"""How many of them a page shows; who is here today comes first, then who left last."""


async def others_in(db: AsyncSession, scope: Scope, today: date) -> list[Other]:
    """Who else holds a key of this place or held one, so that whoever answers for them can end it or let them in again:
    officers, editors and administrators for an administrator (see `people.member`), and people of every role who have
    left or begin later."""
    duty, person, commune = MembershipRow, PersonRow, CommuneRow
    is_over = sa.and_(col(duty.last_day).is_not(None), col(duty.last_day) < today)
    in_the_field = [Role.VOLUNTEER, Role.LEADER]
    query = (
        sa.select(
            col(duty.id),
            col(person.name),
            col(duty.role),
            sa.func.coalesce(col(commune.name), ""),
            col(duty.first_day),
            col(duty.last_day),
        )
        .join(
            person, sa.and_(col(person.province_code) == duty.province_code, col(person.id) == duty.person_id)
        )
        .outerjoin(commune, col(commune.code) == duty.commune_code)
        .where(
            col(duty.province_code) == scope.province_code,
            sa.or_(col(duty.role).not_in(in_the_field), is_over, col(duty.first_day) > today),
        )
    )
    if scope.commune_code is not None:
        query = query.where(col(duty.commune_code) == scope.commune_code)
    if scope.role is not Role.ADMIN:
        query = query.where(col(duty.role).in_(in_the_field))
    latest = sa.case((is_over, col(duty.last_day)), else_=date.max).desc()
    rows = await (await db.connection()).execute(query.order_by(latest, col(person.name)).limit(MOST_OTHERS))
    return [Other(*row) for row in rows]


async def _leases(db: AsyncSession, scope: Scope, today: date) -> dict[UUID, list[Lease]]:
    lease = AssignmentRow
    met_under_it = sa.and_(
        col(VisitRow.province_code) == lease.province_code,
        col(VisitRow.commune_code) == lease.commune_code,
        col(VisitRow.visited_on).between(lease.first_day, lease.last_day),
        col(VisitRow.hamlet_id) == lease.hamlet_id,
        col(VisitRow.person_id) == lease.person_id,
        col(VisitRow.outcome) == Outcome.MET,
    )
    same_hamlet = sa.and_(
        col(HamletRow.province_code) == lease.province_code, col(HamletRow.id) == lease.hamlet_id
    )
    query = (
        sa.select(
            col(lease.person_id),
            col(HamletRow.name),
            col(lease.first_day),
            col(lease.last_day),
            col(lease.target),
            sa.func.count(col(VisitRow.household_id).distinct()),
        )
        .join(HamletRow, same_hamlet)
        .outerjoin(VisitRow, met_under_it)
        .where(
            col(lease.province_code) == scope.province_code,
            col(lease.first_day) <= today,
            col(lease.last_day) >= today - STILL_SHOWN,
        )
        .group_by(col(lease.province_code), col(lease.id), col(HamletRow.name), col(HamletRow.position))
        .order_by(col(HamletRow.position))
    )
    if scope.commune_code is not None:
        query = query.where(col(lease.commune_code) == scope.commune_code)
    found: dict[UUID, list[Lease]] = defaultdict(list)
    for person_id, hamlet, first_day, last_day, target, met in await (await db.connection()).execute(query):
        found[person_id].append(Lease(hamlet, first_day, last_day, target, met))
    return found


async def _phones(db: AsyncSession, scope: Scope, people: list[UUID]) -> dict[UUID, list[Phone]]:
    same_device = sa.and_(
        col(OperationRow.province_code) == DeviceRow.province_code,
        col(OperationRow.device_id) == DeviceRow.id,
        col(OperationRow.seq) > 0,
    )
    aside = col(OperationRow.outcome).in_(NOT_YET_TAKEN)
    query: Any = (
        sa.select(
            col(DeviceRow.person_id),
            col(DeviceRow.last_contact_at),
            sa.case(
                (col(DeviceRow.made) > col(DeviceRow.last_seq), DeviceRow.made), else_=DeviceRow.last_seq
            ),
            sa.func.count(col(OperationRow.seq).distinct()),
            col(DeviceRow.app_build),
            sa.func.count(sa.case((aside, OperationRow.seq)).distinct()),
            col(DeviceRow.free_mb),
            col(DeviceRow.lock),
        )
        .outerjoin(OperationRow, same_device)
        .where(col(DeviceRow.province_code) == scope.province_code, col(DeviceRow.person_id).in_(people))
        .group_by(col(DeviceRow.province_code), col(DeviceRow.id))
        .order_by(col(DeviceRow.last_contact_at).desc())
    )
    found: dict[UUID, list[Phone]] = defaultdict(list)
    for person_id, *phone in await (await db.connection()).execute(query):
        found[person_id].append(Phone(*phone))
    return found


async def holders(
    db: AsyncSession, province_code: str, hamlet_ids: Collection[UUID], day: date
) -> dict[UUID, list[str]]:
    """Names of those who have these hamlets on that day."""
    rows = await db.exec(
        select(AssignmentRow.hamlet_id, PersonRow.name)
        .join(
            PersonRow,
            (col(PersonRow.province_code) == AssignmentRow.province_code)
            & (col(PersonRow.id) == AssignmentRow.person_id),
        )
        .where(
            AssignmentRow.province_code == province_code,
            col(AssignmentRow.hamlet_id).in_(hamlet_ids),
            AssignmentRow.first_day <= day,
            AssignmentRow.last_day >= day,
            sa.exists().where(
                col(MembershipRow.province_code) == AssignmentRow.province_code,
                col(MembershipRow.person_id) == AssignmentRow.person_id,
                col(MembershipRow.first_day) <= day,
                sa.or_(col(MembershipRow.last_day).is_(None), col(MembershipRow.last_day) >= day),
            ),
        )
        .order_by(col(PersonRow.name))
    )
    found: dict[UUID, list[str]] = {}
    for hamlet_id, name in rows:
        found.setdefault(hamlet_id, []).append(name)
    return found


async def team_of(db: AsyncSession, scope: Scope, commune_code: str | None) -> UUID | None:
    """The team that somebody new joins: the inviting person's own, else the commune's first one."""
    own = (
        await db.exec(
            select(MembershipRow.team_id).where(
                MembershipRow.province_code == scope.province_code,
                MembershipRow.person_id == scope.person_id,
                MembershipRow.commune_code == commune_code,
                col(MembershipRow.team_id).is_not(None),
            )
        )
    ).first()
    if own is not None or commune_code is None:
        return own
    query = select(TeamRow.id).where(
        TeamRow.province_code == scope.province_code, TeamRow.commune_code == commune_code
    )
    return (await db.exec(query.order_by(col(TeamRow.name)))).first()
