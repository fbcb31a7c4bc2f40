"""What a night costs a province: `.venv/bin/python -m tests.bench.nights [--households 100000] [--postgres]`.

So many households, each with three visits, a member and an observation, are loaded in SQL; then `nightly` runs in a
process of its own while a phone delivers a visit every 100 ms. Told: seconds by step, memory, the phone's waits.
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
from volunteer_app.storage.database import Database
from volunteer_app.storage.figures import tallies
from volunteer_app.storage.households import HouseholdRow, MemberRow
from volunteer_app.storage.operations.senders import Sender
from volunteer_app.storage.operations.taking import take_all
from volunteer_app.storage.visits import ObservationRow, VisitRow

NOW = datetime.now(UTC)
TOGETHER = 2000
COMMUNES = 120


async def load(database: Database, count: int, old: int) -> None:
    """So many households; the first `old` of them were visited three years ago for the last time."""
    for first in range(0, count, TOGETHER):
        numbers = range(first, min(first + TOGETHER, count))
        async with database.writing() as db:
            await (await db.connection()).run_sync(_rows, numbers, old)
            if first % (10 * TOGETHER) == 0:  # as autovacuum would, were rows not to come all at once
                await (await db.connection()).exec_driver_sql("ANALYZE")
    async with database.writing() as db:
        await (await db.connection()).run_sync(tallies.rebuild_all)


def _rows(connection: sa.Connection, numbers: range, old: int) -> None:
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
        for visit in range(3):
            day = at - timedelta(days=visit)
            rows[VisitRow].append(
                place
                | {
                    "id": UUID(int=own.int + 10 + visit),
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


async def deliver_until(database: Database, done: asyncio.Event) -> list[float]:
    """Seconds that each visit of a phone took."""
    waits, sender = [], Sender(SCOPES[LAN], LANS_PHONE, "bench")
    home = a_household()
    async with database.writing() as db:
        await take_all(db, sender, [home], NOW)
    while not done.is_set():
        began, visit = time.monotonic(), a_visit(home.id)
        await database.writing_at_once(lambda c, v=visit: _take(c, sender, v))
        waits.append(time.monotonic() - began)
        await asyncio.sleep(0.1)
    return waits


def _take(connection: sa.Connection, sender: Sender, visit: Any) -> None:
    from volunteer_app.storage.operations import taking
    from volunteer_app.storage.operations.log import Sent

    taking.take(connection, PROVINCE, [Sent(sender, visit)], datetime.now(UTC))


async def measured(settings: Settings, households: int, old: int) -> dict[str, Any]:
    """Load, then a night in another process beside a phone."""
    began = time.monotonic()
    async with opened(settings.database_url) as database:
        await load(database, households, old)
        loaded, done = time.monotonic() - began, asyncio.Event()
        phone = asyncio.create_task(deliver_until(database, done))
        child = await asyncio.create_subprocess_exec(
            sys.executable, "-m", "tests.bench.nights", "--night", settings.database_url,
            str(Path(settings.keys_folder).parent), stdout=subprocess.PIPE,
        )  # fmt: skip
        said, _ = await child.communicate()
        done.set()
        waits = sorted(await phone)
    return json.loads(said) | {
        "households": households,
        "loaded_s": round(loaded),
        "deliveries": len(waits),
        "p95_s": round(waits[int(len(waits) * 0.95)], 3),
        "longest_stop_s": round(waits[-1], 3),
    }


async def a_night(settings: Settings) -> dict[str, Any]:
    """In this process: seconds by step, what was wrong, memory."""
    async with opened(settings.database_url, Path(settings.register_folder)) as database:
        began = time.monotonic()
        night = await nightly.run_night(database, settings, lambda _line: None)
    assert night is not None
    return {
        "seconds": round(time.monotonic() - began, 1),
        "steps": {step.name: step.seconds for step in night.steps},
        "wrong": sum(step.found for step in night.steps),
        "erased": night.steps[1].done.get("households"),
        "notes": night.steps[1].done.get("notes"),
        "memory_mb": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024,
    }


def province_night(households: int, old: int, *, on_postgres: bool) -> dict[str, Any]:
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
        return asyncio.run(measured(settings, households, old))


def main() -> None:
    """Print figures as JSON."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--households", type=int, default=100_000)
    parser.add_argument("--old", type=int, default=2_000)
    parser.add_argument("--postgres", action="store_true")
    parser.add_argument("--night", nargs=2)
    arguments = parser.parse_args()
    if arguments.night:
        url, home = arguments.night
        settings = an_installation(url, Path(home))
        print(json.dumps(asyncio.run(a_night(settings))))
        return
    figures = province_night(arguments.households, arguments.old, on_postgres=arguments.postgres)
    print(json.dumps(figures, indent=1))


if __name__ == "__main__":
    main()
