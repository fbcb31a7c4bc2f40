"""`volunteer-app nightly`: what has to be done every night, a part at a time while phones deliver.

What was done, how long it took and how it ended is kept in the database, for whoever watches. A run that was cut short
is gone on with.
"""

import argparse
import logging
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from uuid import UUID

from volunteer_app.copies import make, restore
from volunteer_app.copies.manifest import CopyError
from volunteer_app.domain.calendar import local_day
from volunteer_app.settings import Settings
from volunteer_app.storage import audit, recordings, standings, stopping
from volunteer_app.storage.database import Database, at_once
from volunteer_app.storage.figures import cohort, tallies
from volunteer_app.storage.media import Media
from volunteer_app.storage.nights import Night, Step, keep, last_night
from volunteer_app.storage.operations import spending
from volunteer_app.storage.retention import forget_old

log = logging.getLogger(__name__)

LINES_KEPT = 20
"""How many of what a step found it shows; the rest is a number."""
GOES_ON_FOR = timedelta(hours=12)
"""A run that was cut short is gone on with for so long; later it begins anew."""
STILL_THERE = timedelta(minutes=5)
"""Somebody who has said something since then is still at work."""
SAID_EVERY = 20.0
"""Seconds after which a run says where it stands."""


class NightWork:
    """One run's database, settings and place."""

    def __init__(self, database: Database, settings: Settings, night: Night) -> None:
        self.database, self.settings, self.night = database, settings, night
        self._said = time.monotonic()

    def found(self, lines: list[str]) -> None:
        """This is wrong."""
        if self.night.now is not None:
            step = self.night.now
            step.found += len(lines)
            step.lines += lines[: max(0, LINES_KEPT - len(step.lines))]

    async def stands_at(self, *place: str) -> None:
        """Remember how far the step has come, now and then."""
        self.night.at = "/".join(place)
        if time.monotonic() - self._said > SAID_EVERY:
            await self.say()

    async def say(self) -> None:
        """Write the run down as it stands."""
        self._said = time.monotonic()
        self.night.heard = datetime.now(UTC)
        await keep(self.database, self.night)


Done = dict[str, int]


async def recount(work: NightWork) -> Done:
    """Every household's standing, from its records; a part at a time, each in a transaction of its own."""
    async with work.database.reading() as db:
        provinces = await standings.provinces(db)
    from_province, _, from_id = work.night.at.partition("/")
    for province in provinces:
        if province < from_province:
            continue
        after: UUID | None = UUID(from_id) if from_id and province == from_province else UUID(int=0)
        while after is not None:
            async with work.database.reading() as db:
                some, after = await at_once(db, standings.next_differences, province, after)
            work.found(some)
            if after is not None:
                await work.stands_at(province, str(after))
    return {}


async def recount_tallies(work: NightWork) -> Done:
    """Every commune's tallies, from the records."""
    async for province, area in communes_left(work):
        async with work.database.reading() as db:
            work.found(await at_once(db, tallies.differences_in, province, area))
    return {}


async def communes_left(work: NightWork) -> AsyncIterator[tuple[str, str]]:
    """Province and commune of each that this step has not been through; one is done when the next is asked for."""
    stood_at = work.night.at
    async with work.database.reading() as db:
        provinces = await at_once(db, tallies.provinces)
    for province in provinces:
        async with work.database.reading() as db:
            areas = await at_once(db, tallies.areas_of, province)
        for area in areas:
            if f"{province}/{area}" > stood_at:
                yield province, area
                await work.stands_at(province, area)


async def count_cohorts(work: NightWork) -> Done:
    """What lasts of what was learned, a commune at a time: read first, then written at once."""
    today, communes = local_day(datetime.now(UTC)), 0
    async for province, area in communes_left(work):
        async with work.database.reading() as db:
            rows = await at_once(db, cohort.count_commune, province, area, today)
        await work.database.writing_at_once(
            lambda c, p=province, a=area, r=rows: cohort.keep_commune(c, p, a, r)
        )
        communes += 1
    return {"communes": communes}


async def retention(work: NightWork) -> Done:
    """Empty old notes and parked bodies, forget old requests, sessions and invitations, erase households that nobody
    has visited for long, cut the log."""
    return await let_go_old(work.database, work.settings, datetime.now(UTC))


async def let_go_old(database: Database, settings: Settings, now: datetime) -> dict[str, int]:
    """What need not be kept any longer goes; how much of each."""
    month = timedelta(days=30.44)
    before = {
        "notes": now - settings.keep_notes_months * month,
        "visits": now - settings.keep_households_months * month,
        "bodies": now - 6 * month,
        "requests": now - 3 * month,
        "sessions": now - month,
    }
    done = await forget_old(database, before=before)
    done["audit"] = await _forget_lines(database, now - settings.keep_audit_years * 12 * month)
    async with database.writing() as db:
        done["left"] = await stopping.stop_who_left(db, now, local_day(now))
        done["spending"] = await spending.forget_spent(db, local_day(now))
    async with database.reading() as db:
        wanted = await recordings.wanted_files(db)
    done["voices"] = Media(Path(settings.media_folder)).let_go_voices(wanted=wanted, now=now)
    await database.forget_traces()
    return done


async def _forget_lines(database: Database, moment: datetime) -> int:
    gone = 0
    while True:
        async with database.writing() as db:
            some = await audit.forget_before(db, moment)
        if not some:
            return gone
        gone += some


async def verify_audit(work: NightWork) -> Done:
    """Is the log of who did what whole?"""
    async with work.database.reading() as db:
        chains = await audit.chains(db)
    for chain in chains:
        while chain.is_unread:
            async with work.database.reading() as db:
                work.found(await audit.read_on(db, chain))
            await work.stands_at(chain.province, str(chain.expected))
    return {}


async def look_for_media(work: NightWork) -> Done:
    """Are all sound files here that the database names? What nobody goes on delivering is let go."""
    media = Media(Path(work.settings.media_folder))
    async with work.database.reading() as db:
        wanted = await recordings.wanted_files(db)
    lacking = sorted(name for name in wanted if not media.has_voice(name))
    work.found([f"{name} is missing" for name in lacking])
    return {"uploads": media.let_go_old(datetime.now(UTC))}


async def follow_register(work: NightWork) -> Done:
    """What was erased or taken away before a restore is so again, also what phones have sent once more since."""
    return await restore.follow_register_again(work.database, work.settings, datetime.now(UTC))


NIGHT_STEPS: dict[str, Callable[[NightWork], Awaitable[Done]]] = {
    "register": follow_register,
    "retention": retention,
    "recount": recount,
    "tallies": recount_tallies,
    "cohorts": count_cohorts,
    "audit": verify_audit,
    "media": look_for_media,
}


async def run_night(
    database: Database, settings: Settings, say: Callable[[str], None] = print
) -> Night | None:
    """Every step that this night has not done yet; None: somebody else is at it."""
    now = datetime.now(UTC)
    night = await last_night(database)
    if night is None or night.ended is not None or now - night.began > GOES_ON_FOR:
        night = Night(now, now)
    elif now - night.heard < STILL_THERE:
        return None
    work = NightWork(database, settings, night)
    await work.say()
    done = {step.name for step in night.steps}
    for name, step in NIGHT_STEPS.items():
        if name in done:
            continue
        result = await _one(name, step, work)
        night.steps.append(result)
        night.now, night.at = None, ""
        await work.say()
        say(_line(result))
        for line in result.lines:
            say(f"  {line}")
    night.ended = datetime.now(UTC)
    await work.say()
    return night


async def _one(name: str, step: Callable[[NightWork], Awaitable[Done]], work: NightWork) -> Step:
    """A step that fails keeps no other from being done."""
    began, night = time.monotonic(), work.night
    if night.now is None or night.now.name != name or name == "audit":  # a chain is read from its beginning
        night.now, night.at = Step(name), ""
    result = night.now
    try:
        result.done = await step(work)
    except Exception as error:
        log.exception("nightly.failed step=%s", name)
        work.found([f"it could not be done: {type(error).__name__}"])
    result.seconds = round(result.seconds + time.monotonic() - began, 1)
    return result


def _line(step: Step) -> str:
    said = [f"{step.name}: {step.found} wrong" if step.found else f"{step.name}: well"]
    said += [f"{name} {count}" for name, count in step.done.items() if count]
    return f"{', '.join(said)}, {step.seconds} s"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """What the command line may say."""
    parser.add_argument(
        "--copies", type=Path, metavar="FOLDER", help="make a copy there afterwards, as `backup` does"
    )
    parser.add_argument(
        "--keep-days",
        type=int,
        default=35,
        help="with --copies: older ones there are deleted (35 days), never the last",
    )


def copy_and_let_go(settings: Settings, folder: Path, keep_days: int, now: datetime) -> list[str]:
    """A copy that was tried out; then older ones go. What went wrong, in words."""
    try:
        copy = make.back_up(settings, folder, now)
        for old in make.older_than(folder, now - timedelta(days=keep_days), besides=copy):
            make.let_go(old)
    except (CopyError, OSError) as error:
        return [str(error)]
    return []


def code_of(night: Night | None, more: list[str]) -> int:
    """The command's exit code: 0 well, 1 something is wrong, 3 another run is under way."""
    if night is None:
        return 3
    return 0 if night.is_good and not more else 1
