"""What deliveries add to the tallies: worked out from what is new and from the little that is kept of each household,
never by recounting its past (only where something belongs before the household's last day is that looked through).
"""

from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Mapping
from datetime import date
from types import SimpleNamespace
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlmodel import col

from volunteer_app.domain.figures.so_far import Levels, SoFar, add, so_far_of
from volunteer_app.domain.figures.tallies import (
    Cell,
    Run,
    Visited,
    added_by_visits,
    difference,
    tallied,
)
from volunteer_app.domain.public_services import core_slugs
from volunteer_app.domain.visits import Outcome
from volunteer_app.storage.database import any_of
from volunteer_app.storage.figures import so_far, tallies
from volunteer_app.storage.standings import Moved, StandingChange
from volunteer_app.storage.visits import VisitRow

NewRows = Iterable[Mapping[str, Any]]


def note(
    connection: sa.Connection,
    province_code: str,
    visits: NewRows,
    walk_throughs: NewRows,
    observations: NewRows,
    moved: Iterable[Moved],
) -> dict[UUID, Levels]:
    """Add what these rows change, which are already written; the standings of their households are locked.

    moved: the standings that they move, as far as visits do. Returns the levels of households of which something was
    seen.
    """
    stood = {one.household_id: one for one in moved}
    if not stood:
        return {}
    places = {id_: (one.before.commune_code, one.before.hamlet_id.hex) for id_, one in stood.items()}
    runs, seen = _by_household(walk_throughs), _by_household(observations)
    looked_through = runs.keys() | seen.keys() | _met_anew(stood.values())
    known = so_far.kept(connection, province_code, looked_through)
    counted = _counted(connection, province_code, known, runs, seen, stood)
    recounted = looked_through - counted.keys()
    changes: tallies.Changes = defaultdict(Counter)
    _add_visits(
        connection,
        province_code,
        [row for row in visits if row["household_id"] not in recounted],
        stood,
        changes,
    )
    for id_, cells in counted.items():
        changes[places[id_]].update(cells)
    if recounted:
        new = [
            [row for row in rows if row["household_id"] in recounted]
            for rows in (visits, walk_throughs, observations)
        ]
        known |= _recount(connection, province_code, recounted, new, places, changes)
    so_far.keep(connection, province_code, {id_: one for id_, one in known.items() if one.first_on})
    tallies.add_to_tallies(connection, province_code, changes)
    return {id_: known[id_].levels() for id_ in seen}


def _by_household(rows: NewRows) -> dict[UUID, list[Any]]:
    found: dict[UUID, list[Any]] = defaultdict(list)
    for row in rows:
        found[row["household_id"]].append(row)
    return found


def _met_anew(moved: Iterable[Moved]) -> set[UUID]:
    """The households in which what was known before counts from another day on."""
    return {
        one.household_id
        for one in moved
        if (one.before.visit_count or one.before.levels) and one.before.first_met_on != one.after.first_met_on
    }


def _counted(
    connection: sa.Connection,
    province_code: str,
    known: Mapping[UUID, SoFar],
    runs: Mapping[UUID, list[Any]],
    seen: Mapping[UUID, list[Any]],
    stood: Mapping[UUID, Moved],
) -> dict[UUID, Counter[Cell]]:
    """What households gain whose past need not be looked at, as far as walk-throughs and observations go."""
    found = {}
    new_seen = {id_: [SimpleNamespace(**row) for row in rows] for id_, rows in seen.items() if id_ in known}
    all_seen = so_far.all_seen(connection, province_code, known, new_seen)
    for id_, one in known.items():
        observations = new_seen.get(id_, [])
        levels = {row.id: row.level for row in observations}
        new_runs = [_run(row, levels) for row in runs.get(id_, ())]
        first_met_on = stood[id_].after.first_met_on
        cells = add(one, first_met_on, new_runs, observations, core_slugs(), all_seen.get(id_))
        if cells is not None:
            found[id_] = cells
    return found


def _run(row: Mapping[str, Any], levels: Mapping[UUID, int]) -> Run:
    said = (row["id"], row["member_id"], row["service"], row["recorded_at"])
    return Run(*said, levels.get(row["id"]), row["blocker"])


def _add_visits(
    connection: sa.Connection,
    province_code: str,
    visits: list[Mapping[str, Any]],
    stood: Mapping[UUID, Moved],
    changes: tallies.Changes,
) -> None:
    new_days = days_of(visits)
    late = {id_ for id_, days in new_days.items() if not _are_last(days, stood[id_].before)}
    near = _nearest(connection, province_code, [row["id"] for row in visits if row["household_id"] in late])
    alike: Counter[Any] = Counter()
    for id_, days in new_days.items():
        before = stood[id_].before
        place = before.commune_code, before.hamlet_id.hex
        alike[place, near[id_] if id_ in late else _last_days(before), days] += 1
    for (place, known, days), count in alike.items():
        for cell, more in added_by_visits(known, days).items():
            changes[place][cell] += more * count


def days_of(visits: NewRows) -> dict[UUID, frozenset[Visited]]:
    """The days of these visits, household by household."""
    days: dict[UUID, dict[date, Visited]] = defaultdict(dict)
    for row in visits:
        of_household, day = days[row["household_id"]], row["visited_on"]
        _, turns, met = of_household.get(day, (day, 0, 0))
        of_household[day] = Visited(day, turns + 1, met + (row["outcome"] is Outcome.MET))
    return {id_: frozenset(of_household.values()) for id_, of_household in days.items()}


def _are_last(days: Iterable[Visited], stood: StandingChange) -> bool:
    """Did nothing happen in the household after these days, as far as was known before?"""
    return not stood.last_visit_on or min(one.day for one in days) >= stood.last_visit_on


def _last_days(stood: StandingChange) -> frozenset[Visited]:
    """The days next to what is after all that was known; a standing says it without a look at the visits."""
    return _days({stood.last_visit_on, stood.last_met_on}, {stood.last_met_on})


def _days(days: Collection[date | None], met: Collection[date | None]) -> frozenset[Visited]:
    return frozenset(Visited(day, 1, int(day in met)) for day in days if day)


def _nearest(
    connection: sa.Connection, province_code: str, visit_ids: list[UUID]
) -> dict[UUID, frozenset[Visited]]:
    """Of the days before these visits came, by household, those that decide what they add: the last one up to each and
    the first one after it, of all visits and of those that met somebody. If a span of theirs holds any day, it holds
    one of these."""
    days: dict[UUID, set[date]] = defaultdict(set)
    met: dict[UUID, set[date]] = defaultdict(set)
    if visit_ids:
        for id_, *near, last_met, next_met in connection.execute(
            NEAREST, {"province": province_code, "ids": visit_ids}
        ):
            days[id_].update(day for day in (*near, last_met, next_met) if day)
            met[id_].update(day for day in (last_met, next_met) if day)
    return {id_: _days(found, met[id_]) for id_, found in days.items()}


NEW = VisitRow.__table__.alias("new_visits")  # type: ignore[attr-defined]


def _next_to(which: Any, *of_them: Any) -> Any:
    """One look into the index of a household's days."""
    return (
        sa.select(which(col(VisitRow.visited_on)))
        .where(
            col(VisitRow.province_code) == NEW.c.province_code,
            col(VisitRow.household_id) == NEW.c.household_id,
            col(VisitRow.id).not_in(any_of("ids")),
            *of_them,
        )
        .scalar_subquery()
    )


UP_TO, AFTER = col(VisitRow.visited_on) <= NEW.c.visited_on, col(VisitRow.visited_on) > NEW.c.visited_on
MET = col(VisitRow.outcome) == Outcome.MET
NEAREST = sa.select(
    NEW.c.household_id,
    _next_to(sa.func.max, UP_TO),
    _next_to(sa.func.min, AFTER),
    _next_to(sa.func.max, UP_TO, MET),
    _next_to(sa.func.min, AFTER, MET),
).where(NEW.c.province_code == sa.bindparam("province"), NEW.c.id.in_(any_of("ids")))


def _recount(
    connection: sa.Connection,
    province_code: str,
    household_ids: set[UUID],
    new: list[list[Mapping[str, Any]]],
    places: Mapping[UUID, tallies.TallyPlace],
    changes: tallies.Changes,
) -> dict[UUID, SoFar]:
    """Look through the whole past of these households: with what is new, less without it. What it comes to."""
    visits, *others = new
    after = tallies.days(connection, province_code, household_ids)
    ids = [{row["id"] for row in rows} for rows in others]
    whole, part = tallies.histories(connection, province_code, household_ids, after, without=ids)
    new_days = days_of(visits)
    for id_ in household_ids:
        part[id_].days = _without(after[id_], new_days.get(id_, ()))
        was, now = (tallied(of[id_], core_slugs()) for of in (part, whole))
        changes[places[id_]].update(difference(was, now))
    return {id_: so_far_of(whole[id_], core_slugs()) for id_ in household_ids}


def _without(days: Iterable[Visited], new: Iterable[Visited]) -> list[Visited]:
    """The days as they were before the new visits."""
    before = {one.day: one for one in days}
    for day, turns, met in new:
        left = before[day]
        before[day] = Visited(day, left.turns - turns, left.met - met)
    return [one for one in before.values() if one.turns]
