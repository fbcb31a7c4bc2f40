"""What lasts, by place, service and month: counted anew every night from observations, read as it was counted.

A night's age does no harm to a figure about 30, 90 and 180 days, and deliveries pay nothing for it.
"""

from collections import Counter
from collections.abc import Iterable
from datetime import date
from typing import Any, NamedTuple
from uuid import UUID

import sqlalchemy as sa
from sqlmodel import Field, SQLModel, col
from sqlmodel.ext.asyncio.session import AsyncSession

from volunteer_app.domain.figures.cohort import COHORT_COUNTS, FOUND_AGAIN_WITHIN, Learned, counted, learned
from volunteer_app.domain.independence import IndependenceLevel
from volunteer_app.domain.periods import Span, start_of
from volunteer_app.domain.permissions import Scope
from volunteer_app.storage.figures import tallies
from volunteer_app.storage.figures.tally_rows import OF_PROVINCE
from volunteer_app.storage.households import HouseholdRow, in_scope
from volunteer_app.storage.many import Many
from volunteer_app.storage.places import HamletRow
from volunteer_app.storage.standings import StandingRow
from volunteer_app.storage.visits import ObservationRow

MONTHS_SHOWN = 13
"""How far back months are read."""


class CohortRow(SQLModel, table=True):
    """Skills learned in a place in a month, and what became of them; see `domain/figures/cohort.py`.

    area, place: as in `TallyRow`. as_of: the day on which it was counted.
    """

    __tablename__ = "cohorts"
    __table_args__ = {"sqlite_with_rowid": False}
    province_code: str = Field(primary_key=True, max_length=2)
    area: str = Field(primary_key=True, max_length=5)
    month: date = Field(primary_key=True)
    service: str = Field(primary_key=True, max_length=40)
    place: str = Field(primary_key=True, max_length=32)
    as_of: date
    learned: int = 0
    due_30: int = 0
    still_30: int = 0
    same_30: int = 0
    fell_30: int = 0
    unneeded_30: int = 0
    due_90: int = 0
    still_90: int = 0
    same_90: int = 0
    fell_90: int = 0
    unneeded_90: int = 0
    due_180: int = 0
    still_180: int = 0
    same_180: int = 0
    fell_180: int = 0
    unneeded_180: int = 0


COHORTS = CohortRow.__table__.c  # type: ignore[attr-defined]
INSERT_COHORTS = Many(sa.insert(CohortRow))


class ToFind(NamedTuple):
    """A skill that somebody should look at again, and until when."""

    until: date
    hamlet: str
    code: str
    label: str
    service: str
    learned_on: date
    days: int


def count_commune(
    connection: sa.Connection, province_code: str, commune_code: str, today: date
) -> list[dict[str, Any]]:
    """The rows of a commune and its hamlets, as they should stand today. It looks and locks nothing."""
    at: dict[tuple[str, str, str, date], Counter[str]] = {}
    for hamlet_id, skills in _skills(connection, province_code, commune_code):
        for (service, month), counts in counted(skills, today).items():
            for area, place in ((commune_code, hamlet_id.hex), (OF_PROVINCE, commune_code)):
                at.setdefault((area, place, service, month), Counter()).update(counts)
    return [
        {"province_code": province_code, "area": area, "place": place, "service": service, "month": month}
        | {"as_of": today}
        | {name: counts[name] for name in COHORT_COUNTS}
        for (area, place, service, month), counts in sorted(at.items())
    ]


def keep_commune(
    connection: sa.Connection, province_code: str, commune_code: str, rows: list[dict[str, Any]]
) -> None:
    """Put a commune's rows in the place of those that stood there."""
    connection.execute(
        sa.delete(CohortRow).where(
            COHORTS.province_code == province_code,
            sa.or_(
                COHORTS.area == commune_code,
                sa.and_(COHORTS.area == OF_PROVINCE, COHORTS.place == commune_code),
            ),
        )
    )
    INSERT_COHORTS.run(connection, rows)


def _skills(
    connection: sa.Connection, province_code: str, commune_code: str
) -> Iterable[tuple[UUID, list[Learned]]]:
    """Each household's hamlet and what was learned there."""
    where = sa.select(col(StandingRow.household_id), col(StandingRow.hamlet_id)).where(
        col(StandingRow.province_code) == province_code, col(StandingRow.commune_code) == commune_code
    )
    hamlet_of = {row.household_id: row.hamlet_id for row in connection.execute(where)}
    for some in tallies.in_parts(sorted(hamlet_of)):
        seen: dict[UUID, list[Any]] = {}
        named = {"province": province_code, "ids": some}
        for row in connection.execute(tallies.OBSERVATIONS, named):
            seen.setdefault(row.household_id, []).append(row)
        for household_id, rows in seen.items():
            yield hamlet_of[household_id], learned(rows)


async def by_month(
    db: AsyncSession, scope: Scope, today: date, service: str = ""
) -> dict[date, Counter[str]]:
    """Month → counts of the scope's commune or province, in the last months."""
    query = sa.select(COHORTS.month, *(sa.func.sum(COHORTS[name]) for name in COHORT_COUNTS)).where(
        COHORTS.area == OF_PROVINCE, *_within(scope, today, service)
    )
    if scope.commune_code is not None:
        query = query.where(COHORTS.place == scope.commune_code)
    rows = await (await db.connection()).execute(query.group_by(COHORTS.month))
    return {month: Counter(dict(zip(COHORT_COUNTS, counts, strict=True))) for month, *counts in rows}


async def by_place(db: AsyncSession, scope: Scope, today: date, service: str = "") -> dict[str, Counter[str]]:
    """A hamlet's id (32 digits) or a commune's code → counts of the last months together."""
    area = OF_PROVINCE if scope.commune_code is None else scope.commune_code
    query = sa.select(COHORTS.place, *(sa.func.sum(COHORTS[name]) for name in COHORT_COUNTS)).where(
        COHORTS.area == area, *_within(scope, today, service)
    )
    rows = await (await db.connection()).execute(query.group_by(COHORTS.place))
    return {place: Counter(dict(zip(COHORT_COUNTS, counts, strict=True))) for place, *counts in rows}


async def as_of(db: AsyncSession, scope: Scope) -> date | None:
    """The day on which the oldest of what is shown was counted; None: nothing was yet."""
    query = sa.select(sa.func.min(COHORTS.as_of)).where(
        COHORTS.province_code == scope.province_code, COHORTS.area == OF_PROVINCE
    )
    if scope.commune_code is not None:
        query = query.where(COHORTS.place == scope.commune_code)
    return (await (await db.connection()).execute(query)).scalar()


def _within(scope: Scope, today: date, service: str) -> list[sa.ColumnElement[bool]]:
    first = start_of(Span.MONTH, today)
    years, month = divmod(first.year * 12 + first.month - MONTHS_SHOWN, 12)
    found = [COHORTS.province_code == scope.province_code, COHORTS.month >= date(years, month + 1, 1)]
    return [*found, COHORTS.service == service] if service else found


async def to_find(db: AsyncSession, scope: Scope, today: date, most: int) -> tuple[list[ToFind], int]:
    """Skills of the scope's commune whose days of looking have begun and in which nobody has looked yet, those that end
    first at the beginning; at most so many, and how many there are."""
    since = max(latest for _, latest in FOUND_AGAIN_WITHIN.values())
    seen, home, hamlet = ObservationRow, HouseholdRow, HamletRow
    young = (
        sa.select(col(seen.household_id))
        .where(col(seen.level) >= int(IndependenceLevel.ALONE_WATCHED))
        .distinct()
    )
    ids = list((await (await db.connection()).execute(in_scope(young, seen, scope))).scalars())
    names = {
        id_: (place, code, label)
        for id_, place, code, label in await (await db.connection()).execute(
            in_scope(
                sa.select(col(home.id), col(hamlet.name), col(home.code), col(home.label)).join(
                    hamlet,
                    sa.and_(
                        col(hamlet.province_code) == home.province_code, col(hamlet.id) == home.hamlet_id
                    ),
                ),
                home,
                scope,
            )
        )
    }
    found: list[ToFind] = []
    for some in tallies.in_parts([id_ for id_ in ids if id_ in names]):
        by_household: dict[UUID, list[Any]] = {}
        named = {"province": scope.province_code, "ids": some}
        for row in await (await db.connection()).execute(tallies.OBSERVATIONS, named):
            by_household.setdefault(row.household_id, []).append(row)
        for household_id, rows in by_household.items():
            for skill in learned(rows):
                age = (today - skill.on).days
                if age > since:
                    continue
                for days, (earliest, latest) in FOUND_AGAIN_WITHIN.items():
                    if earliest <= age <= latest and days not in skill.found:
                        until = date.fromordinal(skill.on.toordinal() + latest)
                        found.append(ToFind(until, *names[household_id], skill.service, skill.on, days))
    found.sort()
    return found[:most], len(found)
