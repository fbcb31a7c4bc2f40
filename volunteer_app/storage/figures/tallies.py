"""Tallies (sổ cộng): what was counted in each hamlet and commune, by calendar spans. Kept with the records.

A map of a commune reads one row a hamlet, a map of a province one row a commune, after any number of visits. Each
household adds to them by `domain/figures/tallies.py`; what a delivery changes is the difference between what the
household added before and adds now, so the order of deliveries does not matter. `differences` proves them against the
records.
"""

from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import cache
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlmodel import SQLModel, col

from volunteer_app.domain.figures.so_far import SoFar, so_far_of
from volunteer_app.domain.figures.tallies import (
    SPANS,
    Cell,
    History,
    Run,
    Visited,
    tallied,
)
from volunteer_app.domain.periods import Span, start_of
from volunteer_app.domain.public_services import core_slugs
from volunteer_app.domain.visits import Outcome
from volunteer_app.storage.database import any_of, upsert
from volunteer_app.storage.figures import so_far
from volunteer_app.storage.figures.tally_rows import (
    OF_PROVINCE,
    TABLES,
    TallyRow,
)
from volunteer_app.storage.households import StandingRow
from volunteer_app.storage.many import Many
from volunteer_app.storage.visits import ObservationRow, VisitRow, WalkThroughRow

TallyPlace = tuple[str, str]
"""An area and a place in it."""

Changes = dict[TallyPlace, Counter[Cell]]
"""What to add to the tallies of each place."""


@contextmanager
def kept_right(
    connection: sa.Connection, province_code: str, household_ids: Collection[UUID]
) -> Iterator[None]:
    """Around any other change of these households' records (moved, merged, erased): the tallies follow."""
    before = added_by(connection, province_code, household_ids)
    so_far.forget_so_far(connection, province_code, household_ids)
    yield
    changes = added_by(connection, province_code, household_ids)
    for place, cells in before.items():
        changes[place].subtract(cells)
    add_to_tallies(connection, province_code, changes)
    find_last_days(connection, province_code, changes.keys())


def added_by(
    connection: sa.Connection, province_code: str, household_ids: Collection[UUID], *, is_locked: bool = True
) -> Changes:
    """What these households add to each place, counted from their records."""
    places = _places(connection, province_code, household_ids, is_locked=is_locked)
    visited = days(connection, province_code, household_ids)
    whole, _ = histories(connection, province_code, household_ids, visited)
    added: Changes = defaultdict(Counter)
    for household_id, place in places.items():
        added[place].update(tallied(whole[household_id], core_slugs()))
    return added


def differences(connection: sa.Connection, province_code: str) -> list[str]:
    """Recount every tally of a province from the raw records; what differs, in words. Empty: all equal."""
    areas = areas_of(connection, province_code)
    return [line for area in areas for line in differences_in(connection, province_code, area)]


def areas_of(connection: sa.Connection, province_code: str) -> list[str]:
    """The communes in which something is counted, or said to be; each is recounted on its own."""
    tables: list[Any] = [table.__table__.c for table, _ in TABLES]  # type: ignore[attr-defined]
    codes = sa.union(
        sa.select(col(StandingRow.commune_code)).where(col(StandingRow.province_code) == province_code),
        *(sa.select(kept.area).where(kept.province_code == province_code) for kept in tables),
        *(
            sa.select(kept.place).where(kept.province_code == province_code, kept.area == OF_PROVINCE)
            for kept in tables
        ),
    )
    return sorted(set(connection.execute(codes).scalars()) - {OF_PROVINCE})


def differences_in(connection: sa.Connection, province_code: str, commune_code: str) -> list[str]:
    """The same for one commune and its hamlets. It looks and locks nothing: deliveries go on."""
    wrong = [
        f"so far {id_}: kept {one}, counted {counted}"
        for some in in_parts(sorted(households_of(connection, province_code, commune_code)))
        for id_, (one, counted) in wrong_pasts(connection, province_code, some).items()
    ]
    counted = counted_in(connection, province_code, commune_code)
    kept = kept_in(connection, province_code, commune_code)
    return wrong + sorted(
        f"tally {'/'.join(map(str, key))}: kept {kept.get(key)}, counted {counted.get(key)}"
        for key in kept.keys() | counted.keys()
        if kept.get(key) != counted.get(key)
    )


def counted_in(connection: sa.Connection, province_code: str, commune_code: str) -> dict[tuple, Any]:
    """What the records of a commune come to: `kept_in` should say the same."""
    added: Changes = defaultdict(Counter)
    for some in in_parts(sorted(households_of(connection, province_code, commune_code))):
        for place, cells in added_by(connection, province_code, some, is_locked=False).items():
            added[place].update(cells)
    return _flat(_with_communes(added))


def wrong_pasts(
    connection: sa.Connection, province_code: str, household_ids: list[UUID]
) -> dict[UUID, tuple[SoFar, SoFar]]:
    """Where what is kept of these households' past is not what their history comes to: (kept, counted)."""
    kept = so_far.kept(connection, province_code, household_ids)
    found = histories_of(connection, province_code, list(kept))
    both = {id_: (one, so_far_of(found[id_], core_slugs())) for id_, one in kept.items()}
    return {id_: (one, counted) for id_, (one, counted) in both.items() if one != counted}


def rebuild(connection: sa.Connection, province_code: str) -> None:
    """Count every tally of a province anew: after an upgrade, or a bulk load."""
    for table, _names in TABLES:
        kept = table.__table__.c  # type: ignore[attr-defined]
        connection.execute(sa.delete(table).where(kept.province_code == province_code))
    so_far.forget_so_far(connection, province_code)
    for some in in_parts(sorted(households_of(connection, province_code))):
        add_to_tallies(connection, province_code, added_by(connection, province_code, some))


def rebuild_missing(connection: sa.Connection) -> None:
    """Count the tallies of provinces that have records and no tally yet: databases from before there were any."""
    for province_code in provinces(connection):
        query = sa.select(col(TallyRow.start)).where(col(TallyRow.province_code) == province_code).limit(1)
        if connection.execute(query).first() is None:
            rebuild(connection, province_code)


def rebuild_all(connection: sa.Connection) -> None:
    """Count the tallies of every province anew."""
    for province_code in provinces(connection):
        rebuild(connection, province_code)


def all_differences(connection: sa.Connection) -> list[str]:
    """The differences of every province that this database holds."""
    return [
        line for province_code in provinces(connection) for line in differences(connection, province_code)
    ]


def provinces(connection: sa.Connection) -> list[str]:
    """The provinces with households; and those with tallies, which are wrong if there is nothing behind them."""
    tables: list[Any] = [StandingRow, *(table for table, _ in TABLES)]
    codes = sa.union(*(sa.select(col(table.province_code)) for table in tables))
    return sorted(connection.execute(codes).scalars())


def households_of(connection: sa.Connection, province_code: str, commune_code: str = "") -> list[UUID]:
    """Whose standings are kept, in the province or in one of its communes."""
    query = sa.select(col(StandingRow.household_id)).where(col(StandingRow.province_code) == province_code)
    if commune_code:
        query = query.where(col(StandingRow.commune_code) == commune_code)
    return list(connection.execute(query).scalars())


def in_parts(ids: list[UUID], size: int = 500) -> Iterator[list[UUID]]:
    """Some at a time, so that neither memory nor a statement grows with a commune."""
    for first in range(0, len(ids), size):
        yield ids[first : first + size]


def _places(
    connection: sa.Connection, province_code: str, household_ids: Collection[UUID], *, is_locked: bool = True
) -> dict[UUID, TallyPlace]:
    """Where each household stands. The rows are locked: of two deliveries at once the second waits for the first."""
    query = LOCKED_PLACES if is_locked else PLACES
    rows = connection.execute(query, {"province": province_code, "ids": list(household_ids)})
    return {id_: (commune_code, hamlet_id.hex) for id_, commune_code, hamlet_id in rows}


def days(
    connection: sa.Connection, province_code: str, household_ids: Collection[UUID]
) -> dict[UUID, list[Visited]]:
    """On which days each household was visited, how often, and how often somebody was met."""
    found: dict[UUID, list[Visited]] = {id_: [] for id_ in household_ids}
    named = {"province": province_code, "ids": list(household_ids)}
    for household_id, day, turns, met in connection.execute(VISITED_DAYS, named).all():
        found[household_id].append(Visited(day, turns, met))
    return found


def histories(
    connection: sa.Connection,
    province_code: str,
    household_ids: Collection[UUID],
    visited: Mapping[UUID, list[Visited]],
    without: Sequence[Collection[UUID]] = ((), ()),
) -> tuple[dict[UUID, History], dict[UUID, History]]:
    """What was recorded about these households; and the same without walk-throughs and observations of these ids (its
    days are left empty)."""
    whole = {id_: History(visited[id_]) for id_ in household_ids}
    part = {id_: History() for id_ in household_ids}
    new_runs, new_observations = without
    named = {"province": province_code, "ids": list(household_ids)}
    runs: Any = connection.execute(RUNS, named)
    for household_id, *of_run in runs:
        run = Run(*of_run)
        whole[household_id].runs.append(run)
        if run.id not in new_runs:
            before = run._replace(level=None) if run.id in new_observations else run
            part[household_id].runs.append(before)
    for row in connection.execute(OBSERVATIONS, named):
        whole[row.household_id].observations.append(row)
        if row.id not in new_observations:
            part[row.household_id].observations.append(row)
    return whole, part


def _of(table: type[SQLModel]) -> tuple[Any, Any]:
    """Rows of the households that are named when the statement is run."""
    kept = table.__table__.c  # type: ignore[attr-defined]
    return kept.province_code == sa.bindparam("province"), kept.household_id.in_(any_of("ids"))


def histories_of(
    connection: sa.Connection, province_code: str, household_ids: list[UUID]
) -> dict[UUID, History]:
    """What was recorded about each of these households."""
    found: dict[UUID, History] = {}
    for some in in_parts(household_ids):
        found |= histories(connection, province_code, some, days(connection, province_code, some))[0]
    return found


PLACES = (
    sa.select(col(StandingRow.household_id), col(StandingRow.commune_code), col(StandingRow.hamlet_id))
    .where(*_of(StandingRow))
    .order_by(col(StandingRow.household_id))
)
LOCKED_PLACES = PLACES.with_for_update()
VISITED_DAYS = (
    sa.select(
        col(VisitRow.household_id),
        col(VisitRow.visited_on),
        sa.func.count(),
        sa.func.count(sa.case((col(VisitRow.outcome) == Outcome.MET, 1))),
    )
    .where(*_of(VisitRow))
    .group_by(col(VisitRow.household_id), col(VisitRow.visited_on))
)
RUNS = (
    sa.select(
        col(WalkThroughRow.household_id),
        col(WalkThroughRow.id),
        col(WalkThroughRow.member_id),
        col(WalkThroughRow.service),
        col(WalkThroughRow.recorded_at),
        col(ObservationRow.level),
        col(WalkThroughRow.blocker),
    )
    .outerjoin(
        ObservationRow,
        sa.and_(
            col(ObservationRow.province_code) == WalkThroughRow.province_code,
            col(ObservationRow.id) == WalkThroughRow.id,
        ),
    )
    .where(*_of(WalkThroughRow))
)
OBSERVATIONS = so_far.WHAT_IS_SEEN.where(*_of(ObservationRow))


def add_to_tallies(connection: sa.Connection, province_code: str, changes: Changes) -> None:
    """Add the changes to hamlets and to their communes, in the order of their keys (no two writers can deadlock)."""
    rows: dict[tuple, dict[str, Any]] = {}
    of_levels: dict[tuple, dict[str, Any]] = {}
    of_blockers: dict[tuple, dict[str, Any]] = {}
    for (area, place), cells in _with_communes(changes).items():
        for cell, count in cells.items():
            if not count:
                continue
            if more := cell.service or cell.blocker:
                table = of_levels if cell.service else of_blockers
                table.setdefault((area, place, more, cell.span, cell.start), {})[cell.what] = count
                continue
            rows.setdefault((area, place, "", cell.span, cell.start), {})[cell.what] = count
            if cell.what == "turns" and cell.span is Span.DAY and count > 0:
                for span in SPANS:
                    row = rows.setdefault((area, place, "", span, start_of(span, cell.start)), {})
                    row["last_on"] = max(row.get("last_on", cell.start), cell.start)
    for number, found in enumerate((rows, of_levels, of_blockers)):
        add_tally_rows(connection, number, province_code, found)


def _with_communes(changes: Changes) -> Changes:
    """The changes of hamlets, and what they come to in their communes."""
    both: Changes = defaultdict(Counter)
    for (commune_code, hamlet), cells in changes.items():
        both[commune_code, hamlet].update(cells)
        both[OF_PROVINCE, commune_code].update(cells)
    return both


def add_tally_rows(
    connection: sa.Connection, number: int, province_code: str, rows: dict[tuple, dict[str, Any]]
) -> None:
    """Add these rows to the table of this number in `TABLES`."""
    if not rows:
        return
    names = TABLES[number][1]
    more_name = ("last_on", "service", "blocker")[number]
    values = []
    for (area, place, more, span, start), counts in sorted(rows.items(), key=lambda row: row[0]):
        key = {"province_code": province_code, "area": area, "place": place, "span": span, "start": start}
        row = key | {name: counts.get(name, 0) for name in names}
        values.append(row | {more_name: more or counts.get("last_on")})
    _adding(connection.dialect.name, number).run(connection, values)


@cache
def _adding(dialect: str, number: int) -> Many:
    table, names = TABLES[number]
    new = upsert(dialect, table)
    kept, fresh = table.__table__.c, new.excluded  # type: ignore[attr-defined]
    changed: dict[str, Any] = {name: kept[name] + fresh[name] for name in names}
    if "last_on" in kept:
        later = sa.or_(kept.last_on.is_(None), fresh.last_on > kept.last_on)
        changed["last_on"] = sa.case((later, fresh.last_on), else_=kept.last_on)
    key_names = [column.name for column in table.__table__.primary_key]  # type: ignore[attr-defined]
    return Many(new.on_conflict_do_update(index_elements=key_names, set_=changed))


def find_last_days(connection: sa.Connection, province_code: str, places: Iterable[TallyPlace]) -> None:
    """Look up the last visit of each span again, after records were taken away."""
    table = TallyRow.__table__.c  # type: ignore[attr-defined]
    for area, place in _with_communes({place: Counter() for place in places}):
        here = sa.and_(table.province_code == province_code, table.area == area, table.place == place)
        spans = connection.execute(sa.select(table.span, table.start, table.turns).where(here)).all()
        days = [row.start for row in spans if row.span is Span.DAY and row.turns > 0]
        for span, start, _ in spans:
            last_on = max((day for day in days if start_of(span, day) == start), default=None)
            its_row = sa.and_(here, table.span == span, table.start == start)
            connection.execute(sa.update(TallyRow).where(its_row).values(last_on=last_on))


def _flat(changes: Changes) -> dict[tuple, Any]:
    """(area, place, service or blocker, span, start, what) → count, of hamlets and their commune."""
    flat: dict[tuple, Any] = {}
    for (area, place), cells in changes.items():
        for cell, count in cells.items():
            key = (area, place, cell.service or cell.blocker, cell.span.value, cell.start)
            if count:
                flat[*key, cell.what] = count
            if cell.what == "turns" and cell.span is Span.DAY and count:
                for span in SPANS:
                    last = (area, place, "", span.value, start_of(span, cell.start), "last_on")
                    flat[last] = max(flat.get(last, cell.start), cell.start)
    return flat


def kept_in(connection: sa.Connection, province_code: str, commune_code: str) -> dict[tuple, Any]:
    """What is kept: (area, place, service or blocker, span, start, what) → count."""
    kept = {}
    for table, counted in TABLES:
        names = (*counted, "last_on") if table is TallyRow else counted
        columns = table.__table__.c  # type: ignore[attr-defined]
        is_commune = sa.and_(columns.area == OF_PROVINCE, columns.place == commune_code)
        for theirs in (columns.area == commune_code, is_commune):
            query = sa.select(*columns).where(columns.province_code == province_code, theirs)
            for row in connection.execute(query).mappings():
                more = row.get("service") or row.get("blocker") or ""
                key = (row["area"], row["place"], more, row["span"].value, row["start"])
                for name in names:
                    if row[name]:
                        kept[*key, name] = row[name]
    return kept
