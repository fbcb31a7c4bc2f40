"""`recount --mend` for tallies: put right beside deliveries, in small parts, each in a transaction of its own.

What a commune's tallies should say and what they say is read at one moment; the difference is then **added**, as a
delivery adds its own. Sums do not mind the order, so that nobody waits for the counting and nothing that arrives
meanwhile is lost. A run that was cut short has put right what it has put right: the next one finds the rest.
"""

import time
from typing import Any, NamedTuple
from uuid import UUID

import sqlalchemy as sa

from volunteer_app.domain.periods import Span
from volunteer_app.storage.database import Database, at_once
from volunteer_app.storage.figures import so_far, tallies
from volunteer_app.storage.figures.tally_rows import OF_PROVINCE, TABLES
from volunteer_app.storage.pace import Pace

PART = 200
"""Rows that one transaction changes; a delivery of a day's work changes as many."""

TallyGap = tuple[int, tuple[Any, ...], dict[str, Any]]
"""A table's number, a tally's key in it, and what to add."""


class Wrong(NamedTuple):
    """What has to be done for one commune. late: places where a last visit is said to be later than it was."""

    rows: list[TallyGap]
    late: list[tuple[str, str]]


async def put_right(database: Database) -> None:
    """Every tally that the records do not bear out."""
    async with database.reading() as db:
        provinces = await at_once(db, tallies.provinces)
    for province in provinces:
        async with database.reading() as db:
            areas = await at_once(db, tallies.areas_of, province)
        for area in areas:
            await _forget_wrong_pasts(database, province, area)
            async with database.reading() as db:
                wrong = await at_once(db, wrong_in, province, area)
            await close_gaps(database, province, wrong)


async def _forget_wrong_pasts(database: Database, province: str, area: str) -> None:
    """First: from these a delivery reckons what it adds."""
    async with database.reading() as db:
        ids = await at_once(db, tallies.households_of, province, area)
    for first in range(0, len(ids), PART):
        some = ids[first : first + PART]
        async with database.reading() as db:
            wrong = list(await at_once(db, tallies.wrong_pasts, province, some))
        if wrong:
            async with database.writing() as db:
                await at_once(db, _forget, province, wrong)


def _forget(connection: sa.Connection, province: str, ids: list[UUID]) -> None:
    """What a delivery is just keeping goes too: it holds their places until it is done."""
    connection.execute(tallies.LOCKED_PLACES, {"province": province, "ids": ids}).all()
    so_far.forget_so_far(connection, province, ids)


def wrong_in(connection: sa.Connection, province: str, area: str) -> Wrong:
    """At this moment, in a commune and its hamlets."""
    counted, kept = (
        tallies.counted_in(connection, province, area),
        tallies.kept_in(connection, province, area),
    )
    rows: dict[tuple[int, tuple[Any, ...]], dict[str, Any]] = {}
    late = set()
    for *key, what in counted.keys() | kept.keys():
        should, says = counted.get((*key, what)), kept.get((*key, what))
        if should == says:
            continue
        place, more = key[1], key[2]
        key[3] = Span(key[3])
        row = rows.setdefault((_table(what, more), tuple(key)), {})
        if what != "last_on":
            row[what] = (should or 0) - (says or 0)
        elif says and (should is None or should < says):
            late.add((place, "") if key[0] == OF_PROVINCE else (key[0], place))
        else:
            row[what] = should
    return Wrong([(number, key, row) for (number, key), row in sorted(rows.items()) if row], sorted(late))


def _table(what: str, more: str) -> int:
    """A place's own, of its services' levels, of what stood in the way."""
    if not more:
        return 0
    return 1 if what in TABLES[1][1] else 2


async def close_gaps(database: Database, province: str, wrong: Wrong) -> None:
    """What is missing, and less of what is too much."""
    pace, first = Pace(PART), 0
    while some := wrong.rows[first : first + pace.size]:
        async with database.writing() as db:
            await db.connection()  # it is our turn
            began = time.monotonic()
            await at_once(db, _add, province, some)
        first += len(some)
        await pace.took(time.monotonic() - began)
    for place in wrong.late:
        async with database.writing() as db:
            await at_once(db, tallies.find_last_days, province, [place])


def _add(connection: sa.Connection, province: str, rows: list[TallyGap]) -> None:
    for number in range(len(TABLES)):
        found = {key: counts for of, key, counts in rows if of == number}
        tallies.add_tally_rows(connection, number, province, found)
