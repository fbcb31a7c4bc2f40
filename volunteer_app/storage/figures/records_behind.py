"""The records behind a total of a report: as many as the total says, each a turn, a person or a household."""

from collections.abc import Collection, Iterator
from datetime import date, datetime
from typing import Any, NamedTuple
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import aliased
from sqlmodel import col
from sqlmodel.ext.asyncio.session import AsyncSession

from volunteer_app.domain.calendar import local_day
from volunteer_app.domain.figures.reports import ReportUnit, Total
from volunteer_app.domain.figures.tallies import History, levels_on
from volunteer_app.domain.independence import IndependenceLevel, is_alone, is_independent, rechecks_of
from volunteer_app.domain.periods import BEGINNING, Period
from volunteer_app.domain.permissions import Scope
from volunteer_app.domain.public_services import core_slugs
from volunteer_app.domain.visits import Outcome
from volunteer_app.storage.database import at_once
from volunteer_app.storage.figures import tallies
from volunteer_app.storage.figures.reports import within
from volunteer_app.storage.households import HouseholdRow, in_scope
from volunteer_app.storage.people import PersonRow
from volunteer_app.storage.places import HamletRow
from volunteer_app.storage.visits import ObservationRow, VisitRow, WalkThroughRow

RESULT_LEVELS = {
    "alone_runs": (IndependenceLevel.ALONE_WATCHED, IndependenceLevel.CONFIRMED_ALONE),
    "help_runs": (IndependenceLevel.WITH_HELP,),
    "done_runs": (IndependenceLevel.DONE_FOR,),
}


class Record(NamedTuple):
    """What stands behind a total. label: the family's name, where they agreed to it. what: an outcome or a level."""

    day: date
    hamlet: str
    code: str
    label: str
    what: str
    service: str = ""
    volunteer: str = ""


class Found(NamedTuple):
    """Some of the records, newest first, and how many there are in all."""

    records: list[Record]
    number: int


async def records_behind(
    db: AsyncSession,
    scope: Scope,
    period: Period,
    total: Total,
    *,
    hamlet_ids: Collection[UUID] | None = None,
    skip: int = 0,
    most: int = 500,
) -> Found:
    """The records of a total in a period (of skills: at its end). hamlet_ids: only of households of these hamlets."""
    if total.is_of_skills:
        found = await _of_skills(db, scope, period, total, hamlet_ids)
        return Found(found[skip : skip + most], len(found))
    table: Any = VisitRow if total.is_of_visits else WalkThroughRow
    query = _of_visits(period, total) if total.is_of_visits else _of_runs(period, total)
    query = in_scope(query, HouseholdRow, scope).where(col(table.province_code) == scope.province_code)
    if hamlet_ids is not None:
        query = query.where(col(HouseholdRow.hamlet_id).in_(hamlet_ids))
    rows = query.subquery()
    connection = await db.connection()
    wanted = rows.c.nth == 1 if total.unit is not ReportUnit.TURNS else sa.true()
    count = (
        await connection.execute(sa.select(sa.func.count()).select_from(rows).where(wanted))
    ).scalar_one()
    names = ("at", "hamlet", "code", "label", "what", "service", "volunteer")
    page = sa.select(*(rows.c[name] for name in names)).where(wanted)
    page = page.order_by(rows.c.at.desc(), rows.c.id).offset(skip).limit(most)
    return Found([_record(*row) for row in await connection.execute(page)], count)


def _record(at: datetime, hamlet: str, code: str, label: str, what: Any, service: str, name: str) -> Record:
    return Record(local_day(at), hamlet, code, label, "" if what is None else str(what), service, name)


def _of_visits(period: Period, total: Total) -> sa.Select:
    visit, earlier = VisitRow, aliased(VisitRow)
    query = _records(visit, col(visit.outcome), sa.literal("")).where(
        col(visit.visited_on).between(period.first_day or BEGINNING, period.last_day)
    )
    if total.of in ("met", "first_met"):
        query = query.where(col(visit.outcome) == Outcome.MET)
    if total.of == "first_met":
        before = sa.select(col(earlier.id)).where(
            col(earlier.province_code) == visit.province_code,
            col(earlier.household_id) == visit.household_id,
            col(earlier.outcome) == Outcome.MET,
            col(earlier.visited_on) < (period.first_day or BEGINNING),
        )
        query = query.where(~before.exists())
    return query


def _of_runs(period: Period, total: Total) -> sa.Select:
    run, seen = WalkThroughRow, ObservationRow
    query = (
        _records(
            run,
            col(seen.level),
            col(run.service),
            run.member_id if total.unit is ReportUnit.PERSONS else None,
        )
        .outerjoin(seen, sa.and_(col(seen.province_code) == run.province_code, col(seen.id) == run.id))
        .where(*within(run.recorded_at, period))
    )
    if total.of in RESULT_LEVELS:
        query = query.where(col(seen.level).in_([int(level) for level in RESULT_LEVELS[total.of]]))
    if total.of.startswith("stuck"):
        is_so = col(run.blocker) == total.which if total.which else col(run.blocker).is_not(None)
        return query.where(is_so)
    return query.where(col(run.service) == total.which) if total.which else query


def _records(table: Any, what: Any, service: Any, one: Any = None) -> sa.Select:
    """Rows of a table with what is said of them. nth: which of its household's (its `one`'s) it is, newest first."""
    home, person, hamlet = HouseholdRow, PersonRow, HamletRow
    apart = col(table.household_id if one is None else one)
    newest = [col(table.recorded_at).desc(), col(table.id)]
    return (
        sa.select(
            col(table.recorded_at).label("at"),
            col(table.id).label("id"),
            col(hamlet.name).label("hamlet"),
            col(home.code).label("code"),
            col(home.label).label("label"),
            what.label("what"),
            service.label("service"),
            sa.func.coalesce(col(person.name), "").label("volunteer"),
            sa.func.row_number().over(partition_by=apart, order_by=newest).label("nth"),
        )
        .join(
            home, sa.and_(col(home.province_code) == table.province_code, col(home.id) == table.household_id)
        )
        .join(
            hamlet, sa.and_(col(hamlet.province_code) == home.province_code, col(hamlet.id) == home.hamlet_id)
        )
        .outerjoin(
            person,
            sa.and_(col(person.province_code) == table.province_code, col(person.id) == table.person_id),
        )
    )


async def _of_skills(
    db: AsyncSession, scope: Scope, period: Period, total: Total, hamlet_ids: Collection[UUID] | None
) -> list[Record]:
    """From the histories of every household here that was ever met: newest first."""
    home, hamlet = HouseholdRow, HamletRow
    query = sa.select(col(home.id), col(hamlet.name), col(home.code), col(home.label)).join(
        hamlet, sa.and_(col(hamlet.province_code) == home.province_code, col(hamlet.id) == home.hamlet_id)
    )
    if hamlet_ids is not None:
        query = query.where(col(home.hamlet_id).in_(hamlet_ids))
    rows = await (await db.connection()).execute(in_scope(query, home, scope))
    names = {id_: (hamlet_name, code, label) for id_, hamlet_name, code, label in rows}
    histories = await at_once(db, tallies.histories_of, scope.province_code, list(names))
    found = [
        Record(day, *names[id_], what, service)
        for id_, history in histories.items()
        for day, what, service in _standing(history, period, total)
    ]
    return sorted(found, key=lambda record: (record.day, record.code), reverse=True)


def _standing(history: History, period: Period, total: Total) -> Iterator[tuple[date, str, str]]:
    """(day, level, service) of what this household adds to a total of skills."""
    if total.of.endswith("rechecks"):
        yield from _rechecks(history, period, total)
        return
    first_met_on = history.first_met_on
    if first_met_on is None or first_met_on > period.last_day:
        return
    at = levels_on(history, period.last_day)
    if total.of == "independent":
        if is_independent({slug: change.level for slug, change in at.items()}, core_slugs()):
            yield max(at[slug].day for slug in core_slugs() if slug in at), "", ""
        return
    change = at.get(total.which)
    level = change.level if change else IndependenceLevel.NOT_STARTED
    if is_alone(level) if total.of == "alone" else level is not IndependenceLevel.NOT_NEEDED:
        yield change.day if change else first_met_on, str(int(level)), total.which


def _rechecks(history: History, period: Period, total: Total) -> Iterator[tuple[date, str, str]]:
    for service, member_id in {(seen.service, seen.member_id) for seen in history.observations}:
        of_skill = [o for o in history.observations if (o.service, o.member_id) == (service, member_id)]
        levels = {seen.observed_at: seen.level for seen in of_skill}
        for one in rechecks_of(of_skill):
            day = local_day(one.at)
            counts = {"second_rechecks": one.by_another, "confirmed_rechecks": one.is_confirmed}
            if (period.first_day or BEGINNING) <= day <= period.last_day and counts.get(total.of, True):
                yield day, str(int(levels[one.at])), service
