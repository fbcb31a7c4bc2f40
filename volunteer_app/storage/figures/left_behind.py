"""Who is left behind: phones not heard from, and the households behind what stands in the way or was lost."""

from collections import defaultdict
from datetime import date, datetime, timedelta
from typing import NamedTuple
from uuid import UUID

import sqlalchemy as sa
from sqlmodel import col
from sqlmodel.ext.asyncio.session import AsyncSession

from volunteer_app.domain.calendar import local_day
from volunteer_app.domain.figures.coverage import SILENT_AFTER
from volunteer_app.domain.figures.tallies import lost_services, standing_runs
from volunteer_app.domain.independence import IndependenceLevel
from volunteer_app.domain.people import Role
from volunteer_app.domain.periods import Span, start_of
from volunteer_app.domain.permissions import Scope
from volunteer_app.storage.database import at_once
from volunteer_app.storage.devices import DeviceRow
from volunteer_app.storage.figures import tallies
from volunteer_app.storage.figures.tally_rows import OF_PROVINCE, BlockerTallyRow
from volunteer_app.storage.figures.tally_sums import Blocked
from volunteer_app.storage.households import HouseholdRow, in_scope
from volunteer_app.storage.people import MembershipRow, PersonRow
from volunteer_app.storage.places import HamletRow
from volunteer_app.storage.visits import ObservationRow, WalkThroughRow


class SilentPhone(NamedTuple):
    """A phone that has not called for days. name: of who carries it."""

    commune_code: str
    name: str
    last_contact_at: datetime


class Behind(NamedTuple):
    """A household behind a figure. label: the family's name, where they agreed to it. blocker: "" for a lost skill."""

    day: date
    hamlet: str
    code: str
    label: str
    service: str
    blocker: str


async def silent_phones(db: AsyncSession, scope: Scope, now: datetime) -> list[SilentPhone]:
    """The phones of those who work in the scope today that have not been heard from, longest first."""
    today = local_day(now)
    query = (
        sa.select(col(MembershipRow.commune_code), col(PersonRow.name), col(DeviceRow.last_contact_at))
        .join(
            PersonRow,
            sa.and_(
                col(PersonRow.province_code) == DeviceRow.province_code,
                col(PersonRow.id) == DeviceRow.person_id,
            ),
        )
        .join(
            MembershipRow,
            sa.and_(
                col(MembershipRow.province_code) == DeviceRow.province_code,
                col(MembershipRow.person_id) == DeviceRow.person_id,
            ),
        )
        .where(
            col(DeviceRow.province_code) == scope.province_code,
            col(DeviceRow.last_contact_at) < now - SILENT_AFTER,
            col(MembershipRow.role).in_([Role.VOLUNTEER, Role.LEADER]),
            col(MembershipRow.commune_code).is_not(None),
            sa.or_(col(MembershipRow.last_day).is_(None), col(MembershipRow.last_day) >= today),
        )
        .distinct()
        .order_by(col(DeviceRow.last_contact_at))
    )
    if scope.commune_code is not None:
        query = query.where(col(MembershipRow.commune_code) == scope.commune_code)
    return [SilentPhone(*row) for row in await (await db.connection()).execute(query)]


async def households_blocked(db: AsyncSession, scope: Scope, blocker: str = "") -> list[Behind]:
    """The households in which something stands in the way (this blocker, or whichever), the longest first."""
    run = WalkThroughRow
    some = sa.select(col(run.household_id)).distinct().where(col(run.blocker).is_not(None))
    found = await _histories(db, scope, in_scope(some, run, scope))
    behind = [
        (id_, one.day, one.service, str(one.blocker))
        for id_, history in found.items()
        for one in standing_runs(history)
        if not blocker or one.blocker == blocker
    ]
    return await _named(db, scope, behind)


async def households_relapsed(db: AsyncSession, scope: Scope) -> list[Behind]:
    """The households that could use a service alone and no longer can, the longest first."""
    seen = ObservationRow
    some = (
        sa.select(col(seen.household_id))
        .distinct()
        .where(col(seen.level) >= int(IndependenceLevel.ALONE_WATCHED))
    )
    found = await _histories(db, scope, in_scope(some, seen, scope))
    behind = [
        (id_, day, service, "")
        for id_, history in found.items()
        for service, day in lost_services(history).items()
    ]
    return await _named(db, scope, behind)


async def _histories(db: AsyncSession, scope: Scope, some: sa.Select) -> dict[UUID, tallies.History]:
    ids = list((await (await db.connection()).execute(some)).scalars())
    return await at_once(db, tallies.histories_of, scope.province_code, ids)


async def _named(db: AsyncSession, scope: Scope, behind: list[tuple[UUID, date, str, str]]) -> list[Behind]:
    home, hamlet = HouseholdRow, HamletRow
    query = sa.select(col(home.id), col(hamlet.name), col(home.code), col(home.label)).join(
        hamlet, sa.and_(col(hamlet.province_code) == home.province_code, col(hamlet.id) == home.hamlet_id)
    )
    found = await (await db.connection()).execute(in_scope(query, home, scope))
    names = {id_: (hamlet_name, code, label) for id_, hamlet_name, code, label in found}
    rows = [
        Behind(day, *names[id_], service, blocker) for id_, day, service, blocker in behind if id_ in names
    ]
    return sorted(rows)


async def course_of_blockers(
    db: AsyncSession, scope: Scope, last: date, weeks: int
) -> dict[str, dict[date, Blocked]]:
    """How often each blocker stood in the way, week by week, in the scope: blocker → first day of the week → counts."""
    first = start_of(Span.WEEK, last) - timedelta(weeks=weeks - 1)
    kept = BlockerTallyRow.__table__.c  # type: ignore[attr-defined]
    query = sa.select(
        kept.blocker, kept.start, *(sa.func.sum(getattr(kept, name)) for name in Blocked._fields)
    ).where(
        kept.province_code == scope.province_code,
        kept.area == OF_PROVINCE,
        kept.span == Span.WEEK,
        kept.start.between(first, last),
    )
    if scope.commune_code is not None:
        query = query.where(kept.place == scope.commune_code)
    found: dict[str, dict[date, Blocked]] = defaultdict(dict)
    for blocker, start, *counts in await (await db.connection()).execute(
        query.group_by(kept.blocker, kept.start)
    ):
        found[blocker][start] = Blocked(*counts)
    return found
