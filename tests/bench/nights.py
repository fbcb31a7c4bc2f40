"""What a night costs a province: `.venv/bin/python -m tests.bench.nights [--households 20000] [--visits 25] [--postgres]`.

So many households, each with so many visits, a member and an observation, are loaded in SQL; then `nightly` runs in a
process of its own while a phone delivers a visit every 100 ms, and after it `recount --mend` with every tally gone. Told:
seconds by step, memory, the phone's waits, and the longest of them in each step.
"""

import argparse
import asyncio
import json
import resource
import subprocess
import sys
import time
from contextlib import ExitStack
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any
from uuid import UUID

import sqlalchemy as sa

from tests.conftest import _prepare, opened
from tests.installations import an_installation
from tests.people import HAMLET, LAN, LANS_PHONE, PROVINCE, SCOPES, a_household, a_visit
from tests.postgres import Postgres
from volunteer_app import nightly
from volunteer_app.domain.calendar import local_day
from volunteer_app.settings import Settings
from volunteer_app.storage import standings
from volunteer_app.storage.database import Database, at_once
from volunteer_app.storage.figures import tallies
from volunteer_app.storage.figures.put_right import put_right
from volunteer_app.storage.households import HouseholdRow, MemberRow
from volunteer_app.storage.operations.senders import Sender
from volunteer_app.storage.operations.taking import take_all
from volunteer_app.storage.visits import ObservationRow, VisitRow

NOW = datetime.now(UTC)
TOGETHER = 2000
COMMUNES = 120


async def load(database: Database, count: int, old: int, visits: int) -> None:
    """So many households; the first `old` of them were visited three years ago for the last time."""
    for first in range(0, count, TOGETHER):
        numbers = range(first, min(first + TOGETHER, count))
        async with database.writing() as db:
            await (await db.connection()).run_sync(_rows, numbers, old, visits)
            if first % (10 * TOGETHER) == 0:  # as autovacuum would, were rows not to come all at once
                await (await db.connection()).exec_driver_sql("ANALYZE")
    async with database.writing() as db:
        await (await db.connection()).run_sync(tallies.rebuild_all)


def _rows(connection: sa.Connection, numbers: range, old: int, visits: int) -> None:
    rows: dict[Any, list[dict[str, Any]]] = {
        HouseholdRow: [],
        MemberRow: [],
        VisitRow: [],
        ObservationRow: [],
    }
    places = {}
    for n in numbers:
        at = NOW - timedelta(days=1100 if n < old else 3 + n % 300)
        place = {"province_code": PROVINCE, "commune_code": f"{n % COMMUNES:05}", "hamlet_id": HAMLET}
        own = UUID(int=(n << 40) + 1)
        times = {"recorded_at": at, "received_at": at}
        places[own] = (place["commune_code"], HAMLET)
        rows[HouseholdRow].append(
            place
            | times
            | {"id": own, "code": f"C-{n}", "label": f"Nhà {n}", "consent": "given", "person_id": LAN}
        )
        member = UUID(int=own.int + 1)
        rows[MemberRow].append(
            {"province_code": PROVINCE, "id": member, "household_id": own, "label": "bà", "person_id": LAN}
            | times
        )
        for visit in range(visits):
            day = at - timedelta(days=visit * 9 if visits > 3 else visit)
            rows[VisitRow].append(
                place
                | {
                    "id": UUID(int=own.int + 1000 + visit),
                    "household_id": own,
                    "person_id": LAN,
                    "outcome": "met",
                }
                | {"note": "ghi chú", "visited_on": local_day(day), "companions": [], "recorded_at": day}
                | {"received_at": day}
            )
        rows[ObservationRow].append(
            place
            | times
            | {"id": UUID(int=own.int + 20), "household_id": own, "member_id": member, "person_id": LAN}
            | {
                "service": "activate-level-2",
                "level": 3,
                "basis": "observed",
                "observed_at": at,
                "reason": "",
            }
        )
    for table, of_table in rows.items():
        known = {column.name for column in table.__table__.columns}
        connection.execute(
            sa.insert(table), [{k: v for k, v in row.items() if k in known} for row in of_table]
        )
    ids = list(places)
    for first in range(0, len(ids), 500):
        standings.recount(connection, PROVINCE, {id_: places[id_] for id_ in ids[first : first + 500]})


Wait = tuple[float, float]
"""When a delivery ended, and how many seconds it took."""


async def deliver_until(database: Database, done: asyncio.Event) -> list[Wait]:
    """How long each visit of a phone took."""
    waits, sender = [], Sender(SCOPES[LAN], LANS_PHONE, "bench")
    home = a_household()
    async with database.writing() as db:
        await take_all(db, sender, [home], NOW)
    while not done.is_set():
        began, visit = time.monotonic(), a_visit(home.id)
        await database.writing_at_once(lambda c, v=visit: _take(c, sender, v))
        waits.append((time.time(), time.monotonic() - began))
        await asyncio.sleep(0.1)
    return waits


def _take(connection: sa.Connection, sender: Sender, visit: Any) -> None:
    from volunteer_app.storage.operations import taking
    from volunteer_app.storage.operations.log import Sent

    taking.take(connection, PROVINCE, [Sent(sender, visit)], datetime.now(UTC))


async def measured(settings: Settings, households: int, old: int, visits: int) -> dict[str, Any]:
    """Load, then a night in another process beside a phone."""
    began = time.monotonic()
    async with opened(settings.database_url) as database:
        await load(database, households, old, visits)
        loaded, done = time.monotonic() - began, asyncio.Event()
        phone = asyncio.create_task(deliver_until(database, done))
        child = await asyncio.create_subprocess_exec(
            sys.executable, "-m", "tests.bench.nights", "--night", settings.database_url,
            str(Path(settings.keys_folder).parent), stdout=subprocess.PIPE,
        )  # fmt: skip
        said, _ = await child.communicate()
        done.set()
        stops = await phone
    found = json.loads(said)
    waits = sorted(wait for _, wait in stops)
    ends = found.pop("ends")
    return found | {
        "longest_stop_in": {
            name: round(max((wait for at, wait in stops if from_ < at - wait / 2 <= to), default=0), 3)
            for (_, from_), (name, to) in pairwise([("", 0.0), *ends])
        },
        "households": households,
        "visits": households * visits,
        "loaded_s": round(loaded),
        "deliveries": len(waits),
        "p95_s": round(waits[int(len(waits) * 0.95)], 3),
        "longest_stop_s": round(waits[-1], 3),
    }


async def a_night(settings: Settings) -> dict[str, Any]:
    """In this process: seconds by step, what was wrong, memory."""
    ends: list[tuple[str, float]] = []

    def say(line: str) -> None:
        if not line.startswith(" "):
            ends.append((line.partition(":")[0], time.time()))

    async with opened(settings.database_url, Path(settings.register_folder)) as database:
        began = time.monotonic()
        night = await nightly.run_night(database, settings, say)
        seconds = time.monotonic() - began
        memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024
        for table in ("tallies", "level_tallies", "blocker_tallies"):
            await _empty(database, table)
        say("emptying:")
        began = time.monotonic()
        await standings.mend(database)
        say("mend standings:")
        await put_right(database)
        say("mend tallies:")
        mended = time.monotonic() - began
        async with database.reading() as db:
            left = len(await at_once(db, tallies.all_differences))
    assert night is not None
    return {
        "ends": ends,
        "mend_seconds": round(mended, 1),
        "mend_left": left,
        "seconds": round(seconds, 1),
        "steps": {step.name: step.seconds for step in night.steps},
        "wrong": sum(step.found for step in night.steps),
        "erased": night.steps[1].done.get("households"),
        "notes": night.steps[1].done.get("notes"),
        "memory_mb": memory,
        "memory_with_mend_mb": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024,
    }


async def _empty(database: Database, table: str) -> None:
    """A part at a time: it is the harm, not what is measured."""
    at = f"(SELECT DISTINCT area FROM {table} ORDER BY area LIMIT 1)"
    while True:
        async with database.writing() as db:
            if not (
                await (await db.connection()).exec_driver_sql(f"DELETE FROM {table} WHERE area = {at}")
            ).rowcount:
                return


def province_night(households: int, old: int, visits: int, *, on_postgres: bool) -> dict[str, Any]:
    """The figures of one engine."""
    with ExitStack() as stack:
        home = Path(stack.enter_context(TemporaryDirectory()))
        url = f"sqlite:///{home}/province.db"
        if on_postgres:
            cluster = Postgres()
            cluster.start()
            stack.callback(cluster.stop)
            url = cluster.database("province")
        asyncio.run(_prepare(url))
        settings = an_installation(url, home)
        return asyncio.run(measured(settings, households, old, visits))


def main() -> None:
    """Print figures as JSON."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--households", type=int, default=20_000)
    parser.add_argument("--visits", type=int, default=25, help="of each household")
    parser.add_argument("--old", type=int, default=500)
    parser.add_argument("--postgres", action="store_true")
    parser.add_argument("--night", nargs=2)
    arguments = parser.parse_args()
    if arguments.night:
        url, home = arguments.night
        settings = an_installation(url, Path(home))
        print(json.dumps(asyncio.run(a_night(settings))))
        return
    figures = province_night(
        arguments.households, arguments.old, arguments.visits, on_postgres=arguments.postgres
    )
    print(json.dumps(figures, indent=1))


if __name__ == "__main__":
    main()
