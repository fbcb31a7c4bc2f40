"""Programs are told when to fetch the figures anew: a stream of server-sent events (X3).

The program opens it, so this server never calls an address that somebody typed in; what changed, it fetches as usual.
It is told of a new day only: an event for each change would be a diary of every visit in the place.
"""

import asyncio
import time
from collections.abc import AsyncIterator
from datetime import UTC, datetime

import msgspec
from litestar import Request, get
from litestar.datastructures import State
from litestar.exceptions import TooManyRequestsException
from litestar.response import Stream

from volunteer_app.dependencies import TRY_LATER, Db, Reader, engine_of, require
from volunteer_app.domain.calendar import local_day
from volunteer_app.domain.permissions import Scope
from volunteer_app.domain.problems import N_
from volunteer_app.pages.figures.routes import CommuneParameter, ProvinceParameter
from volunteer_app.pages.places import chosen_place
from volunteer_app.storage import programs
from volunteer_app.storage.database import Database

LOOKS_EVERY_SECONDS = 5.0
LASTS_SECONDS = 600.0
"""Then the stream ends and the program opens it again: nothing hangs for ever on a line that has died unnoticed."""
MOST_STREAMS = 2
"""How many a program may have open at once."""


@get(
    "/api/v1/figures/events",
    include_in_schema=True,
    tags=["figures"],
    description=N_(
        "For programs: told once a day, as a server-sent event “changed” with the day as its mark, that the figures of "
        "the place may be fetched anew; never when or how often somebody was visited. The first event says today's. It "
        "ends after ten minutes."
    ),
)
async def figures_events(
    request: Request,
    state: State,
    db: Db,
    reader: Reader,
    province: ProvinceParameter,
    commune: CommuneParameter = None,
) -> Stream:
    """Tell a program when figures change."""
    await chosen_place(db, reader, province, commune)
    require(reader.is_program)
    open_now: dict[object, int] = state.figure_streams
    if open_now.get(reader.person_id, 0) >= MOST_STREAMS:
        raise TooManyRequestsException(headers=TRY_LATER)
    secret = request.headers["authorization"].partition(" ")[2].strip()
    events = _counted(open_now, reader, _events(engine_of(state), secret))
    headers = {"cache-control": "no-store", "x-accel-buffering": "no"}
    return Stream(events, media_type="text/event-stream", headers=headers)


async def _counted(
    open_now: dict[object, int], reader: Scope, events: AsyncIterator[bytes]
) -> AsyncIterator[bytes]:
    """The events, counted among the program's open streams for as long as they last."""
    program = reader.person_id
    open_now[program] = open_now.get(program, 0) + 1
    try:
        async for event in events:
            yield event
    finally:
        open_now[program] -= 1
        if not open_now[program]:
            del open_now[program]


async def _events(database: Database, secret: str) -> AsyncIterator[bytes]:
    """An event for each day; a comment otherwise, so that a dead line is noticed. Ends when the program may read no
    longer."""
    ends, told = time.monotonic() + LASTS_SECONDS, None
    yield b"retry: 5000\n\n"
    while time.monotonic() < ends:
        now = datetime.now(UTC)
        today = local_day(now)
        async with database.reading() as db:
            if await programs.scope_with(db, secret, today) is None:
                return
        if today == told:
            yield b": nothing new\n\n"
        else:
            told = today
            said = msgspec.json.encode({"mark": today, "as_of": now.replace(microsecond=0)})
            yield b"event: changed\nid: %b\ndata: %b\n\n" % (today.isoformat().encode(), said)
        await asyncio.sleep(LOOKS_EVERY_SECONDS)
