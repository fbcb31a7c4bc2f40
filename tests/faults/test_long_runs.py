"""Long runs of what CI tries briefly: `pytest -m long -s --steps 100000 tests/faults/test_long_runs.py`.

Each prints what it has tried; docs/reliability.md holds the last result.
"""

import asyncio
import os
import signal
import time
from collections import Counter
from datetime import UTC, datetime
from random import Random
from uuid import uuid4

import httpx
import msgspec
import pytest
import sqlalchemy as sa
from hypothesis import settings
from hypothesis.stateful import run_state_machine_as_test

from tests.conftest import opened
from tests.faults.test_crashes import killed, taken
from tests.faults.test_model import STEADY, STEPS, Phones, PostgreSQL, SQLite, Totals
from tests.faults.test_neighbours import prepare, serving
from tests.people import a_household
from volunteer_app.storage.households import HouseholdRow

pytestmark = pytest.mark.long


@pytest.fixture
def steps(request: pytest.FixtureRequest) -> int:
    """How many steps of the model; the other runs shrink with it."""
    return request.config.getoption("--steps")


def model(server, folder, steps: int) -> Totals:
    totals = Totals()
    longer = settings(STEADY, max_examples=max(1, steps // STEPS), derandomize=False)
    while totals.steps < steps:
        run_state_machine_as_test(lambda: Phones(server, folder, totals=totals), settings=longer)
    return totals


def test_i1_i2_i6_i9_the_model_for_long_on_sqlite(migrated, tmp_path, steps):
    totals = model(SQLite(migrated), tmp_path, steps)

    print(f"\nmodel, SQLite: {totals}")
    assert totals.steps >= steps


def test_i1_i2_i6_i9_the_model_for_long_on_postgresql(postgres, tmp_path, steps):
    totals = model(PostgreSQL(postgres), tmp_path, steps // 10)

    print(f"\nmodel, PostgreSQL: {totals}")
    assert totals.steps >= steps // 10


def test_e24_kill_9_for_long(sqlite_url, steps):
    kills = max(1, steps // 500)

    acknowledged, kept = killed(sqlite_url, kills, 20, 0.001)

    lost = len(acknowledged - kept)
    print(f"\nkill -9: {kills:,} kills, {len(acknowledged):,} households told of, lost {lost}")
    assert lost == 0


def test_e3_the_same_batch_five_times_at_once_for_long(database_url, steps):
    """Through two connections to the database on PostgreSQL, as from two servers."""
    batches, size = max(1, steps // 333), 10

    async def work():
        outcomes: Counter[str] = Counter()
        async with opened(database_url) as one, opened(database_url) as other:
            servers = [one] * 5 if one.is_sqlite else [one, other, one, other, one]
            for _ in range(batches):
                batch = [a_household(id=uuid4()) for _ in range(size)]
                told = await asyncio.gather(
                    *(server.writing_at_once(lambda c, b=batch: taken(c, b)) for server in servers)
                )
                outcomes.update(answer.outcome for answers in told for answer in answers)
            async with one.reading() as db:
                return outcomes, (
                    await db.exec(sa.select(sa.func.count()).select_from(HouseholdRow))
                ).scalar()

    outcomes, kept = asyncio.run(work())

    sent = batches * size
    print(f"\nat once: {sent:,} operations, each five times: {dict(outcomes)}; kept {kept:,}")
    assert outcomes == {"accepted": sent, "duplicate": 4 * sent} and kept == sent


def test_e24_i1_a_server_that_is_killed_again_and_again_under_load_for_long(sqlite_url, tmp_path, steps):
    """Phones send each household until they hear of it; the server is killed and started anew meanwhile."""
    restarts, chance = max(1, steps // 10_000), Random(24)
    asyncio.run(prepare(sqlite_url))
    heard: Counter[str] = Counter()
    received: set[bytes] = set()

    async def phone(client: httpx.AsyncClient, number: int, until: asyncio.Event) -> None:
        headers = {"cookie": f"session=phone {number}"}
        device = uuid4()
        while not until.is_set():
            household = a_household(id=uuid4(), recorded_at=datetime.now(UTC))
            said = msgspec.json.encode({"device_id": device, "app_build": "test", "ops": [household]})
            while True:
                try:
                    answer = await client.post("/api/v1/ops", content=said, headers=headers)
                    (one,) = answer.json()["answers"]
                    heard[one["outcome"]] += 1
                    received.add(household.id.bytes)
                    break
                except (httpx.HTTPError, ValueError, KeyError):
                    heard["nothing"] += 1
                    await asyncio.sleep(0.2 * chance.random())

    async def live() -> None:
        until = asyncio.Event()
        with serving(sqlite_url, tmp_path) as (origin, server):
            ours = {"origin": origin, "sec-fetch-site": "same-origin"}
            async with httpx.AsyncClient(base_url=origin, timeout=20, headers=ours) as client:
                phones = [asyncio.create_task(phone(client, n, until)) for n in range(8)]
                for _ in range(restarts):
                    await asyncio.sleep(1 + chance.random())
                    os.kill(server.process.pid, signal.SIGKILL)
                    await asyncio.to_thread(server.start)
                until.set()
                await asyncio.gather(*phones)

    begun = time.monotonic()
    asyncio.run(live())

    async def kept() -> list[bytes]:
        async with opened(sqlite_url) as database, database.reading() as db:
            rows = await (await db.connection()).execute(sa.select(HouseholdRow.__table__.c.id))
            return [row[0].bytes for row in rows]

    ids = asyncio.run(kept())
    lost, doubled = len(received - set(ids)), len(ids) - len(set(ids))
    print(
        f"\nrestarts: {restarts:,} kills in {time.monotonic() - begun:.0f} s, {len(received):,} households received,"
        f" answers {dict(heard)}; lost {lost}, doubled {doubled}"
    )
    assert (lost, doubled) == (0, 0) and set(ids) == received
