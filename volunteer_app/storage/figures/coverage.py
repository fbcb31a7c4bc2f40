"""What was counted in a place, for maps, tables and reports. Grouped where the records are; never without a scope.

Everything comes from the tallies (`tallies.py`): it costs the same after any number of visits, for any week,
month or quarter, running or over. Only for chosen days the households met are counted from the visits of those days.
"""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import replace
from datetime import date, datetime
from functools import cache, lru_cache
from typing import Any, NamedTuple
from uuid import UUID

import msgspec
import sqlalchemy as sa
from sqlmodel import UTCDateTime, col
from sqlmodel.ext.asyncio.session import AsyncSession

from volunteer_app.domain.calendar import local_day
from volunteer_app.domain.figures.coverage import (
    SILENT_AFTER,
    Figures,
    Official,
    Source,
    total,
    total_official,
)
from volunteer_app.domain.independence import IndependenceLevel
from volunteer_app.domain.mosaic import Degrees
from volunteer_app.domain.people import Role
from volunteer_app.domain.periods import Period, calendar_span
from volunteer_app.domain.permissions import Scope
from volunteer_app.domain.places import (
    Hamlet,
    Signal,
    full_hamlet_name,
    is_valid_on,
    place_order,
    successors_of,
)
from volunteer_app.domain.visits import Outcome
from volunteer_app.storage.devices import DeviceRow
from volunteer_app.storage.figures.tally_rows import LEVELS, BlockerTallyRow, LevelTallyRow, TallyRow
from volunteer_app.storage.figures.tally_sums import By, key_of, stretches_until, sums_by
from volunteer_app.storage.households import StandingRow, in_scope
from volunteer_app.storage.people import MembershipRow
from volunteer_app.storage.places import BoundaryRow, CommuneRow, HamletRow, predecessor_links
from volunteer_app.storage.visits import VisitRow


class Counted(NamedTuple):
    """A place with what was counted there.

    key: the hamlet's id or the commune's code, as text. at: longitude and latitude of a commune, if known.
    commune_code, signal, languages: of a hamlet.
    """

    key: str
    name: str
    official: Official
    figures: Figures
    at: Degrees | None = None
    commune_code: str = ""
    signal: Signal = Signal.UNKNOWN
    languages: tuple[str, ...] = ()


class Outline(NamedTuple):
    """A commune's outline on its province's map, as `BoundaryRow` keeps it."""

    code: str
    map_path: str
    map_x: int
    map_y: int
    map_width: int
    map_height: int
    west: float
    south: float
    east: float
    north: float


class Phones(NamedTuple):
    """How many phones the people of a place deliver with, and how many of them are silent (`SILENT_AFTER`)."""

    known: int
    silent: int


async def hamlets_with_figures(
    db: AsyncSession,
    scope: Scope,
    commune_code: str | None,
    service: str,
    period: Period,
    today: date,
    blocker: str = "",
) -> list[Counted]:
    """The hamlets of a commune (of every commune of the province: None) that stand today, with their figures.

    What was done in a hamlet that has been merged away counts for its successor; where there is none, or more than
    one, the ended hamlet keeps it, without an official number.
    """
    scope = replace(scope, commune_code=commune_code)
    hamlets = await _hamlets(db, scope)
    counted = await figures_by(db, scope, By.HAMLET, service, period, today, blocker)
    heirs = await heirs_of(db, scope, hamlets, counted, today)
    by_heir: dict[UUID, list[Figures]] = defaultdict(list)
    for hamlet_id, figures in counted.items():
        by_heir[heirs[hamlet_id]].append(figures)
    shown = [hamlet for hamlet in hamlets if is_valid_on(hamlet, today) or hamlet.id in by_heir]
    names = _names_apart(shown)
    return [
        Counted(
            str(hamlet.id),
            names[hamlet.id],
            _official_of(hamlet) if is_valid_on(hamlet, today) else Official(),
            total(by_heir.get(hamlet.id, [])),
            commune_code=hamlet.commune_code,
            signal=hamlet.signal,
            languages=tuple(hamlet.languages),
        )
        for hamlet in shown
    ]


async def heirs_in(db: AsyncSession, scope: Scope, counted: Iterable[UUID], today: date) -> dict[UUID, UUID]:
    """As `heirs_of`, for whoever does not know the scope's hamlets yet."""
    return await heirs_of(db, scope, await _hamlets(db, scope), counted, today)


async def counted_for(db: AsyncSession, scope: Scope, hamlet_id: UUID, today: date) -> set[UUID]:
    """The hamlets whose households count for this one of the scope: itself, and those that went into it."""
    ids = {hamlet.id for hamlet in await _hamlets(db, scope)}
    heirs = await heirs_in(db, scope, ids, today)
    return {id_ for id_, heir in heirs.items() if heir == hamlet_id}


async def heirs_of(
    db: AsyncSession, scope: Scope, hamlets: Iterable[Hamlet], counted: Iterable[UUID], today: date
) -> dict[UUID, UUID]:
    """For which hamlet that stands today each of these counts: itself, or the one that it went into."""
    standing = {hamlet.id for hamlet in hamlets if is_valid_on(hamlet, today)}
    heirs = {hamlet_id: hamlet_id for hamlet_id in counted}
    ended = heirs.keys() - standing
    links = await predecessor_links(db, scope.province_code) if ended else []
    for hamlet_id in ended:
        found = successors_of(hamlet_id, links) & standing
        if len(found) == 1:
            heirs[hamlet_id] = next(iter(found))
    return heirs


async def communes_with_figures(
    db: AsyncSession, scope: Scope, service: str, period: Period, today: date, blocker: str = ""
) -> list[Counted]:
    """The communes of the scope's province, by code, with their figures."""
    communes = await (await db.connection()).execute(COMMUNES, {"province": scope.province_code})
    officials = await _officials_of_communes(db, scope, today)
    counted = await figures_by(db, scope, By.COMMUNE, service, period, today, blocker)
    return [
        Counted(
            code,
            name,
            officials.get(code, Official()),
            counted.get(code, Figures()),
            (lon, lat) if lon and lat else None,
        )
        for code, name, lon, lat in communes
    ]


COMMUNES = (
    sa.select(
        col(CommuneRow.code), col(CommuneRow.name), col(CommuneRow.label_lon), col(CommuneRow.label_lat)
    )
    .where(col(CommuneRow.province_code) == sa.bindparam("province"))
    .order_by(col(CommuneRow.code))
)


class Kind(NamedTuple):
    """A signal and languages that some hamlet has."""

    signal: Signal
    languages: tuple[str, ...]


async def kinds_of_hamlets(db: AsyncSession, scope: Scope) -> list[Kind]:
    """Which signals and languages the hamlets of the scope's province have."""
    rows = await (await db.connection()).execute(KINDS_OF_HAMLETS, {"province": scope.province_code})
    return [Kind(signal, tuple(msgspec.json.decode(languages))) for signal, languages in rows]


KINDS_OF_HAMLETS = (
    sa.select(col(HamletRow.signal), sa.cast(col(HamletRow.languages), sa.Text))
    .where(col(HamletRow.province_code) == sa.bindparam("province"))
    .distinct()
)


async def outlines_in(db: AsyncSession, scope: Scope) -> list[Outline]:
    """The outlines of the communes of the scope's province; empty while none were imported."""
    rows = await (await db.connection()).execute(OUTLINES, {"province": scope.province_code})
    return [Outline(*row) for row in rows]


OUTLINES = sa.select(*(getattr(BoundaryRow, name) for name in Outline._fields)).where(
    col(BoundaryRow.level) == "commune", col(BoundaryRow.province_code) == sa.bindparam("province")
)


async def figures_by(
    db: AsyncSession, scope: Scope, by: By, service: str, period: Period, today: date, blocker: str = ""
) -> dict[Any, Figures]:
    """What was counted in the scope, by hamlet or commune; levels are those of one service.

    blocker: which one is counted as standing in the way; `ANY`, or "" when nobody asks.
    """
    so_far = stretches_until(period.last_day, today)
    stock = await sums_by(db, scope, by, TallyRow, so_far, STOCK)
    levels: dict[str, dict[tuple[str, int], int]] = {}
    for place, _, *counts in await sums_by(db, scope, by, LevelTallyRow, so_far, LEVELS, service):
        levels[place] = {
            (service, level): count for level, count in zip(_LEVELS, counts, strict=True) if count
        }
    blocked: dict[str, int] = {}
    if blocker:
        standing = await sums_by(db, scope, by, BlockerTallyRow, so_far, ("standing",), blocker)
        blocked = {place: households for place, _, households in standing}
    flow: dict[str, tuple[int, int, int]] = {}
    if period.first_day is None:
        flow = {place: (turns, attempted, met) for place, turns, attempted, met, *_ in stock}
    elif span := calendar_span(period, today):
        of_span = await sums_by(db, scope, by, TallyRow, [(span, period.first_day, period.first_day)], FLOW)
        flow = {place: (turns, attempted, met) for place, turns, attempted, met in of_span}
    else:
        flow = await _flow(db, scope, by, period)
    return {
        key_of(place, by): Figures(
            *flow.get(place, (0, 0, 0)),
            met_so_far,
            independent,
            levels.get(place, {}),
            last_on,
            relapsed,
            blocked.get(place, 0),
        )
        for place, _turns, _attempted, met_so_far, independent, relapsed, last_on in stock
    }


_LEVELS = tuple(level.value for level in IndependenceLevel)
STOCK = ("turns", "first_attempted", "first_met", "independent", "relapsed", "last_on")
FLOW = ("turns", "attempted", "met")


async def _flow(db: AsyncSession, scope: Scope, by: By, period: Period) -> dict[str, tuple[int, int, int]]:
    """Turns, households attempted and households met in the days of the period, by place as the tallies name it."""
    household = col(VisitRow.household_id)
    query = (
        sa.select(
            _place(StandingRow, by),
            sa.func.count(),
            sa.func.count(household.distinct()),
            sa.func.count(household.distinct()).filter(col(VisitRow.outcome) == Outcome.MET),
        )
        .join(VisitRow, _same_household())
        .where(col(VisitRow.visited_on) <= period.last_day)
    )
    if period.first_day is not None:
        query = query.where(col(VisitRow.visited_on) >= period.first_day)
    query = in_scope(query, VisitRow, scope).group_by(_place(StandingRow, by))
    return {
        place.hex if by is By.HAMLET else place: (turns, attempted, met)
        for place, turns, attempted, met in await (await db.connection()).execute(query)
    }


async def phones_in(db: AsyncSession, scope: Scope, now: datetime) -> Phones:
    """The phones of those who work in the scope today, and how many have not been heard from for three days."""
    given = {
        "province": scope.province_code,
        "commune": scope.commune_code,
        "today": local_day(now),
        "since": now - SILENT_AFTER,
    }
    query = _phones(in_commune=scope.commune_code is not None)
    return Phones(*(await (await db.connection()).execute(query, given)).one())


@cache
def _phones(*, in_commune: bool) -> sa.Select:
    works_here = sa.select(col(MembershipRow.id)).where(
        col(MembershipRow.province_code) == DeviceRow.province_code,
        col(MembershipRow.person_id) == DeviceRow.person_id,
        col(MembershipRow.role).in_([Role.VOLUNTEER, Role.LEADER]),
        sa.or_(col(MembershipRow.last_day).is_(None), col(MembershipRow.last_day) >= _TODAY),
    )
    if in_commune:
        works_here = works_here.where(col(MembershipRow.commune_code) == sa.bindparam("commune"))
    last_contact = col(DeviceRow.last_contact_at)
    silent = sa.func.count().filter(last_contact < sa.bindparam("since", type_=UTCDateTime()))
    return sa.select(sa.func.count(), silent).where(
        col(DeviceRow.province_code) == sa.bindparam("province"), works_here.exists()
    )


async def _hamlets(db: AsyncSession, scope: Scope) -> list[Hamlet]:
    """The hamlets of the scope, ended ones too, in the order of their communes; without their search words."""
    columns = [getattr(HamletRow, name) for name in Hamlet.model_fields]
    query = sa.select(*columns).where(col(HamletRow.province_code) == scope.province_code)
    if scope.commune_code is not None:
        query = query.where(col(HamletRow.commune_code) == scope.commune_code)
    rows = await (await db.connection()).execute(query)
    found: list[Any] = sorted(
        rows, key=place_order
    )  # rows have a hamlet's fields, and are made in a tenth of the time
    return found


async def _officials_of_communes(db: AsyncSession, scope: Scope, today: date) -> dict[str, Official]:
    """The official households of each commune: the sum over the hamlets that stand today."""
    given = {"province": scope.province_code, "today": today}
    parts: dict[str, list[Official]] = defaultdict(list)
    for code, hamlets, told, households, name, day in await (await db.connection()).execute(OFFICIALS, given):
        parts[code] += [Official()] * (hamlets - told)
        if told:
            parts[code].append(Official(households, _sources(name, day)))
    return {code: one[0] if len(one) == 1 else total_official(one) for code, one in parts.items()}


_TODAY = sa.bindparam("today", type_=sa.Date())
OFFICIALS = (
    sa.select(
        col(HamletRow.commune_code),
        sa.func.count(),
        sa.func.count(col(HamletRow.household_count)),
        sa.func.sum(col(HamletRow.household_count)),
        col(HamletRow.household_count_source),
        col(HamletRow.household_count_date),
    )
    .where(
        col(HamletRow.province_code) == sa.bindparam("province"),
        sa.or_(col(HamletRow.valid_from).is_(None), col(HamletRow.valid_from) <= _TODAY),
        sa.or_(col(HamletRow.valid_to).is_(None), col(HamletRow.valid_to) >= _TODAY),
    )
    .group_by(
        col(HamletRow.commune_code),
        col(HamletRow.household_count_source),
        col(HamletRow.household_count_date),
    )
)


def _official_of(hamlet: Hamlet) -> Official:
    if hamlet.household_count is None:
        return Official()
    return Official(
        hamlet.household_count, _sources(hamlet.household_count_source, hamlet.household_count_date)
    )


@lru_cache(1000)
def _sources(name: str, day: date | None) -> frozenset[Source]:
    """One object for all that have it: a province's hamlets mostly have the same."""
    return frozenset({Source(name, day)})


def _names_apart(hamlets: Iterable[Hamlet]) -> dict[UUID, str]:
    """Names for a list of hamlets; those of one name are told apart by the commune that they belonged to before."""
    by_name: dict[tuple[str, str], list[Hamlet]] = defaultdict(list)
    for hamlet in hamlets:
        name = full_hamlet_name(hamlet) if hamlet.name.isdigit() else hamlet.name
        by_name[hamlet.commune_code, name].append(hamlet)
    return {
        hamlet.id: f"{name} ({hamlet.former_commune})" if len(alike) > 1 and hamlet.former_commune else name
        for (_, name), alike in by_name.items()
        for hamlet in alike
    }


def _place(row: Any, by: By) -> Any:
    return col(getattr(row, by))


def _same_household() -> Any:
    """A visit counts where its household stands, whatever hamlet it was written down for."""
    return sa.and_(
        col(StandingRow.province_code) == VisitRow.province_code,
        col(StandingRow.household_id) == VisitRow.household_id,
    )


async def commune_names(db: AsyncSession, scope: Scope) -> dict[str, str]:
    """The names of the communes of the scope's province, by code."""
    query = sa.select(col(CommuneRow.code), col(CommuneRow.name)).where(
        col(CommuneRow.province_code) == scope.province_code
    )
    rows = await (await db.connection()).execute(query)
    return {row.code: row.name for row in rows}
