"""How the server is, in plain words: the same as the figures for programs, for the people who answer for it; and what
everybody may know."""

import shutil
from datetime import UTC, datetime, timedelta
from importlib.metadata import version
from pathlib import Path

from litestar import Request, get
from litestar.datastructures import State
from litestar.response import Template

from volunteer_app.dependencies import CurrentPerson, CurrentScope, Db, require
from volunteer_app.domain.permissions import may_watch_the_server
from volunteer_app.domain.problems import N_
from volunteer_app.pages.answers import desk_page
from volunteer_app.storage import installation, nights
from volunteer_app.storage.operations import log
from volunteer_app.watch import health

MISSED_AFTER = timedelta(hours=26)
"""After so long a copy or a night is missed."""

REASON_SENTENCES = {
    "database": N_("The database does not answer."),
    "schema": N_("The tables are of another release than the program."),
    "keys": N_("A key that opens what phones have sealed is missing."),
    "disk": N_("The disk is nearly full."),
    "clock": N_("The server's clock is behind."),
}
"""Why deliveries are not taken, as `/health/ready` names it."""

WARNING_SENTENCES = {
    "jump": N_("The server's clock was changed while it ran. See that it is right; phones are not at fault."),
}
"""What it goes on with, and somebody must look at, as `/health/ready` names it."""

STEP_SENTENCES = {
    "register": N_("Erase again what was erased before a copy was put back"),
    "retention": N_("Let go what is old"),
    "recount": N_("Count every household again"),
    "tallies": N_("Count every figure again"),
    "cohorts": N_("Count what lasts of what was learned"),
    "audit": N_("Check the log of who did what"),
    "media": N_("Look for sound files that are missing"),
}
"""What a night does, step by step (`nightly.py`)."""


@get("/server")
async def server_page(
    request: Request, state: State, db: Db, me: CurrentPerson, my_scope: CurrentScope
) -> Template:
    """Does it take deliveries, is there a copy, how was the night, what waits for a key, how full is the disk?"""
    require(may_watch_the_server(my_scope))
    now = datetime.now(UTC)
    kept = await installation.fact(db, "durable_through")
    copy_at = datetime.fromisoformat(kept) if kept else None
    night = await nights.last_night(state.database)
    return desk_page(
        request,
        me,
        "server/server.html",
        now=now,
        wrong=[REASON_SENTENCES[name] for name in await health.what_is_wrong(state)],
        warned=[WARNING_SENTENCES[name] for name in health.warnings()],
        copy_at=copy_at,
        is_copy_late=copy_at is None or now - copy_at > MISSED_AFTER,
        night=night,
        is_night_late=night is None or now - (night.ended or night.began) > MISSED_AFTER,
        steps=STEP_SENTENCES,
        unread=await log.unread_count(db),
        free=_free_percent(state.settings.media_folder),
        release=version("volunteer-app"),
    )


def _free_percent(media: str) -> int:
    """Of the disk that this folder lies on, or will."""
    folder = Path(media).absolute()
    disk = shutil.disk_usage(next(place for place in (folder, *folder.parents) if place.exists()))
    return disk.free * 100 // disk.total


@get("/tinh-trang")
async def status_page(request: Request, state: State) -> Template:
    """What is so for everybody: are entries taken now, and since when is all of it kept twice. Nothing else is told."""
    wrong = await health.what_is_wrong(state)
    copy_at = None
    if "database" not in wrong:
        async with state.database.reading() as db:
            kept = await installation.fact(db, "durable_through")
        copy_at = datetime.fromisoformat(kept) if kept else None
    return desk_page(
        request, None, "server/status.html", now=datetime.now(UTC), is_taking=not wrong, copy_at=copy_at
    )
