"""Who can be sent in a commune, and what there is to do in its hamlets: what assignments and plans are made from."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from datetime import date
from uuid import UUID

import sqlalchemy as sa
from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from volunteer_app.domain.names import sort_key
from volunteer_app.domain.people import Role, is_active
from volunteer_app.domain.periods import Period
from volunteer_app.domain.permissions import Scope
from volunteer_app.domain.places import successors_of
from volunteer_app.storage import assignments, places
from volunteer_app.storage.assignments import AssignmentRow
from volunteer_app.storage.figures import coverage
from volunteer_app.storage.people import MembershipRow, PersonRow
from volunteer_app.storage.places import HamletRow


@dataclass
class Work:
    """A hamlet with its leases (running or ahead) and what is still to do. households: official number, else met.

    left: leases of those who have left the team. Nobody goes there under them.
    """

    hamlet: HamletRow
    households: int
    met: int
    last_visit_on: date | None
    leases: list[AssignmentRow] = field(default_factory=list)
    left: list[AssignmentRow] = field(default_factory=list)

    @property
    def unmet(self) -> int:
        """Households nobody has met yet."""
        return max(0, self.households - self.met)


@dataclass
class Volunteer:
    """Somebody who can be sent, with their leases and the unmet households in them (shared among those who share)."""

    id: UUID
    name: str
    languages: Sequence[str]
    leases: list[AssignmentRow] = field(default_factory=list)
    load: int = 0


async def work_and_hands(db: AsyncSession, scope: Scope, today: date) -> tuple[list[Work], list[Volunteer]]:
    """The hamlets of the scope's commune in its order, and its volunteers by given name."""
    commune_code = scope.commune_code or ""
    counted = {
        one.key: one
        for one in await coverage.hamlets_with_figures(
            db, scope, commune_code, "", Period(None, today), today
        )
    }
    work = {}
    for hamlet in await places.hamlets_of(db, commune_code, today):
        one = counted[str(hamlet.id)]
        households = one.official.households or one.figures.met_so_far
        work[hamlet.id] = Work(hamlet, households, one.figures.met_so_far, one.figures.last_visit_on)
    hands = {person.id: person for person in await volunteers_in(db, scope, today)}
    leases = await assignments.since(db, scope, today)
    on_team = await on_the_team(db, scope, today)
    ended = {lease.hamlet_id for lease in leases} - work.keys()
    links = await places.predecessor_links(db, scope.province_code) if ended else []
    for lease in leases:
        # Who had a part of a hamlet that was united with others stands there until the lease is over.
        for hamlet_id in (
            {lease.hamlet_id} if lease.hamlet_id in work else successors_of(lease.hamlet_id, links)
        ):
            if hamlet_id in work:
                one = work[hamlet_id]
                (one.leases if lease.person_id in on_team else one.left).append(lease)
        if lease.person_id in hands:
            hands[lease.person_id].leases.append(lease)
    for one in work.values():
        holders = {lease.person_id for lease in one.leases}
        for person_id in holders & hands.keys():
            hands[person_id].load += round(one.unmet / len(holders))
    return list(work.values()), sorted(
        hands.values(), key=lambda one: sort_key(one.name.split(" (")[0].split()[-1])
    )


async def on_the_team(db: AsyncSession, scope: Scope, today: date) -> set[UUID]:
    """Who visits or leads in the scope's commune, today or later."""
    rows = await db.exec(
        select(MembershipRow.person_id).where(
            MembershipRow.province_code == scope.province_code,
            col(MembershipRow.commune_code) == scope.commune_code,
            col(MembershipRow.role).in_([Role.VOLUNTEER, Role.LEADER]),
            sa.or_(col(MembershipRow.last_day).is_(None), col(MembershipRow.last_day) >= today),
        )
    )
    return set(rows)


async def volunteers_in(db: AsyncSession, scope: Scope, today: date) -> list[Volunteer]:
    """The volunteers of the scope's commune whose membership holds today."""
    return await _people_as(db, scope, (Role.VOLUNTEER,), today)


async def who_can_go(db: AsyncSession, scope: Scope, today: date) -> list[Volunteer]:
    """Who can be sent to a family of the scope's commune today: the volunteers, and whoever leads."""
    return await _people_as(db, scope, (Role.VOLUNTEER, Role.LEADER), today)


async def leaders_in(db: AsyncSession, scope: Scope, today: date) -> list[str]:
    """Who leads in the scope's commune today: whom a volunteer asks, by name."""
    leaders = await _people_as(db, scope, (Role.LEADER,), today)
    return sorted((one.name for one in leaders), key=sort_key)


async def _people_as(db: AsyncSession, scope: Scope, roles: Collection[Role], today: date) -> list[Volunteer]:
    rows = await db.exec(
        select(PersonRow.id, PersonRow.name, PersonRow.languages)
        .join(
            MembershipRow,
            (col(MembershipRow.province_code) == PersonRow.province_code)
            & (col(MembershipRow.person_id) == PersonRow.id),
        )
        .where(
            PersonRow.province_code == scope.province_code,
            col(MembershipRow.role).in_(roles),
            MembershipRow.commune_code == scope.commune_code,
            MembershipRow.first_day <= today,
            sa.or_(col(MembershipRow.last_day).is_(None), col(MembershipRow.last_day) >= today),
        )
    )
    return list({id_: Volunteer(id_, name, languages) for id_, name, languages in rows}.values())


async def hamlets_left(db: AsyncSession, membership: MembershipRow, today: date) -> bool:
    """Does a membership that is over leave hamlets behind that it still has?"""
    if is_active(membership, today):
        return False
    query = select(AssignmentRow.id).where(
        AssignmentRow.province_code == membership.province_code,
        AssignmentRow.commune_code == membership.commune_code,
        AssignmentRow.person_id == membership.person_id,
        AssignmentRow.last_day >= today,
    )
    return (await db.exec(query.limit(1))).first() is not None


async def set_languages(db: AsyncSession, scope: Scope, person_id: UUID, languages: list[str]) -> None:
    """Keep which languages somebody offers to guide in; the caller has found them in the scope."""
    row = await db.get(PersonRow, (scope.province_code, person_id))
    if row is not None:
        row.languages = languages
        await db.flush()
