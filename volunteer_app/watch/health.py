"""`/health/live` and `/health/ready`: for a proxy, systemd, a container's keeper. Answered before everything else,
without cookies, in words that say nothing about people."""

import asyncio
import time
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta

import msgspec
import sqlalchemy as sa
from litestar.datastructures import State
from sqlmodel import col

from volunteer_app.storage import installation
from volunteer_app.storage.database import Database
from volunteer_app.storage.devices import DeviceRow
from volunteer_app.storage.migrations import OLDEST_PROGRAM, is_older, newest, runs_on

LIVE, READY = "/health/live", "/health/ready"
LONGEST_WAIT_SECONDS = 3.0
"""Seconds after which a database that says nothing counts as gone."""
CLOCK_MAY_BE_BEHIND = timedelta(minutes=10)
"""The server's clock against the newest contact of a phone, as this server wrote it down itself."""
CLOCK_MAY_JUMP_SECONDS = 120
"""The same as a phone may be beside the server before its times are put right by it (`service_worker/clock.js`)."""


def _boot_clock() -> float:
    """Seconds that nobody can set; they go on while the machine sleeps, where it can say so."""
    return time.clock_gettime(getattr(time, "CLOCK_BOOTTIME", time.CLOCK_MONOTONIC))


_STARTED = time.time() - _boot_clock()


def jumped() -> float:
    """By how many seconds this machine's clock has been set forward (or back: less than 0) since the start."""
    return time.time() - _boot_clock() - _STARTED


def warnings() -> dict[str, str]:
    """What deliveries go on with, and somebody must look at."""
    if abs(seconds := jumped()) <= CLOCK_MAY_JUMP_SECONDS:
        return {}
    way = "forward" if seconds > 0 else "back"
    return {"jump": f"the clock of this server was set {way} by {abs(seconds):.0f} s while it served"}


async def what_is_wrong(state: State) -> dict[str, str]:
    """Why deliveries cannot be taken now, by what is looked at; empty: they can."""
    try:
        return await asyncio.wait_for(_what_is_wrong(state), LONGEST_WAIT_SECONDS)
    except Exception as error:  # noqa: BLE001 - whatever it is, the answer must come
        return {"database": f"does not answer ({type(error).__name__})"}


async def _what_is_wrong(state: State) -> dict[str, str]:
    database: Database = state.database
    found = {}
    async with database.reading() as db:
        connection = await db.connection()
        schema = (await connection.execute(sa.text("SELECT version_num FROM alembic_version"))).scalar()
        known = await installation.known_keys(db)
        oldest = await installation.fact(db, OLDEST_PROGRAM)
        latest = (await connection.execute(sa.select(sa.func.max(col(DeviceRow.last_contact_at))))).scalar()
    if is_older(schema):
        found["schema"] = f"is {schema}, this release needs {newest()}: run volunteer-app migrate"
    elif not runs_on(schema, oldest):
        found["schema"] = f"is {schema}, of a newer release, which this one cannot go on with"
    if known.wanted - {key.id for key in state.sealing_keys.all()}:
        found["keys"] = "KEYS_FOLDER lacks a key to which phones have sealed: see volunteer-app keys list"
    if not database.has_room(state.settings.least_free_percent):
        found["disk"] = "has less room than LEAST_FREE_PERCENT"
    if latest and latest.astimezone(UTC) > datetime.now(UTC) + CLOCK_MAY_BE_BEHIND:
        found["clock"] = "of this server is behind what it wrote down itself: set it"
    return found


def answering(state: State) -> Callable[[str], Awaitable[tuple[int, bytes] | None]]:
    """Status and body for the addresses of health; None for every other one."""

    async def answer(path: str) -> tuple[int, bytes] | None:
        if path == LIVE:
            return 200, b'{"is_alive":true}'
        if path != READY:
            return None
        wrong = await what_is_wrong(state)
        return 503 if wrong else 200, msgspec.json.encode(
            {"is_ready": not wrong, "problems": wrong, "warnings": warnings()}
        )

    return answer
