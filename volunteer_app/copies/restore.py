"""The way back: a copy becomes a new database, is tried out, and takes the old one's place; that one stays aside."""

import asyncio
import secrets
import shutil
from datetime import UTC, datetime
from pathlib import Path
from typing import NamedTuple

from volunteer_app.copies import manifest
from volunteer_app.copies.engines import Engine, engine_of
from volunteer_app.copies.make import MARK, REGISTER, check_fits, installed
from volunteer_app.copies.manifest import CopyError, Manifest
from volunteer_app.copies.trial import try_out
from volunteer_app.settings import Settings
from volunteer_app.storage import installation
from volunteer_app.storage.database import Database
from volunteer_app.storage.following import follow
from volunteer_app.storage.migrations import Misfit, bring_up_to_date_at
from volunteer_app.storage.register import OF_FAMILIES, REGISTER_FILE, Register, RegisterEntry, entries_in


class Restored(NamedTuple):
    """What a restore has done. aside: where the database is now that stood there before; empty: there was none.
    again: what was erased or taken away since the copy and is so again, by kind."""

    epoch: int
    aside: str
    again: dict[str, int]


def restore(settings: Settings, copy: Path, now: datetime, *, despite: bool = False) -> Restored:
    """Put a copy in the database's place. Until the last step, which is one, everything is as before.

    despite: also a copy whose trial finds something wrong (it is whole all the same). Raises CopyError.
    """
    copy, engine = copy.absolute(), engine_of(settings.database_url)
    said = manifest.read(copy)
    check_fits(engine, said, copy)
    facts = engine.facts()
    if facts.get("server_id", said.server_id) != said.server_id and engine.counts().get("people"):
        raise CopyError(f"{copy} is a copy of another installation than the one at DATABASE_URL")
    mark = now.astimezone(UTC).strftime(MARK)
    with engine.alone():
        new = engine.beside(f"restoring-{secrets.token_hex(4)}")  # another that begins just now has its own
        try:
            problems = installed(settings, copy, said, new, now)
            if problems and not despite:
                raise CopyError(f"{copy} is whole, but phones could not go on with it: {'; '.join(problems)}")
            epoch = next_epoch(now, said.epoch, int(facts.get("epoch", 0)))
            new.keep_fact("epoch", str(epoch))
            _add_files(copy, said, "keys/", Path(settings.keys_folder), 0o700)
            _add_files(copy, said, "media/", Path(settings.media_folder), 0o755)
            again = _follow_register(settings, new, now, copy, said)
            aside = new.take_place_of(engine.url, mark)
        except BaseException:
            new.drop()
            raise
    return Restored(epoch, aside, again)


def _follow_register(
    settings: Settings, engine: Engine, now: datetime, copy: Path, said: Manifest
) -> dict[str, int]:
    """Erase again what was erased since the copy, and so on: by the register here, by the copy's own, and by those of
    later copies beside it (the machine with the newest may be gone)."""
    others = [
        path for path in copy.parent.glob(f"*/{REGISTER}/{REGISTER_FILE}") if _is_of(path, said.server_id)
    ]
    entries = Register(Path(settings.register_folder)).merge(
        entry for path in others for entry in entries_in(path)
    )
    since = said.through
    engine.keep_fact("restored_from", since.isoformat())
    return _done_again(engine, [entry for entry in entries if entry.noted >= since], now)


async def follow_register_again(database: Database, settings: Settings, now: datetime) -> dict[str, int]:
    """The same later on: phones may have sent again what was erased in what no copy knew. Nothing where this database
    was never restored."""
    async with database.reading() as db:
        since = await installation.fact(db, "restored_from")
    if not since:
        return {}
    entries = Register(Path(settings.register_folder)).entries()
    since_then = [entry for entry in entries if entry.noted >= datetime.fromisoformat(since)]
    return await follow(database, [entry for entry in since_then if entry.what in OF_FAMILIES], now)


def _is_of(path: Path, server_id: str) -> bool:
    try:
        return manifest.read(path.parent.parent).server_id == server_id
    except CopyError:
        return False


def _done_again(engine: Engine, entries: list[RegisterEntry], now: datetime) -> dict[str, int]:
    async def work() -> dict[str, int]:
        database = Database(engine.url.render_as_string(hide_password=False))
        try:
            done = await follow(database, entries, now)
            await database.forget_traces()
            return done
        finally:
            await database.close()

    return asyncio.run(work())


def next_epoch(now: datetime, *known: int) -> int:
    """An epoch that no phone has seen: later than any known one, by the clock and by chance, so that two restores of
    one copy differ wherever they are made."""
    return max(int(now.timestamp() * 1000), *known) + secrets.randbelow(1000) + 1


def _add_files(copy: Path, said: Manifest, under: str, folder: Path, mode: int) -> None:
    """What is there stays as it is; nothing is ever half there."""
    for name in said.parts:
        if not name.startswith(under):
            continue
        target = folder / name.removeprefix(under)
        if target.exists():
            continue
        target.parent.mkdir(parents=True, exist_ok=True, mode=mode)
        manifest.write_durably(target, (copy / name).read_bytes())
        shutil.copystat(copy / name, target)


def take_over(settings: Settings, now: datetime) -> int:
    """Go on with a database that was put here by other means: up to date, tried out, under a new epoch, which it
    returns. Raises CopyError."""
    engine = engine_of(settings.database_url)
    facts = engine.facts()
    if not facts:
        raise CopyError("there is no installation at DATABASE_URL")
    with engine.alone():
        pass
    try:
        bring_up_to_date_at(settings.database_url)
    except Misfit as error:
        raise CopyError("this database was written by a newer release: take it over with that one") from error
    if problems := try_out(settings, now):
        raise CopyError(f"phones could not go on with it: {'; '.join(problems)}")
    _done_again(engine, Register(Path(settings.register_folder)).merge(()), now)
    epoch = next_epoch(now, int(facts["epoch"]))
    engine.keep_fact("epoch", str(epoch))
    engine.keep_fact("restored_from", datetime.min.replace(tzinfo=UTC).isoformat())
    return epoch
