"""The way back: a copy becomes a new database, is tried out, and takes the old one's place; that one stays aside."""

import secrets
import shutil
from datetime import UTC, datetime
from pathlib import Path
from typing import NamedTuple

from volunteer_app.copies import manifest
from volunteer_app.copies.engines import engine_of
from volunteer_app.copies.make import MARK, check_fits, installed
from volunteer_app.copies.manifest import CopyError, Manifest
from volunteer_app.copies.trial import try_out
from volunteer_app.settings import Settings
from volunteer_app.storage.migrations import bring_up_to_date_at, knows


class Restored(NamedTuple):
    """What a restore has done. aside: where the database is now that stood there before; empty: there was none."""

    epoch: int
    aside: str


def restore(settings: Settings, copy: Path, now: datetime, *, despite: bool = False) -> Restored:
    """Put a copy in the database's place. Until the last step, which is one, everything is as before.

    despite: also a copy whose trial finds something wrong (it is whole all the same). Raises CopyError.
    """
    copy, engine = copy.absolute(), engine_of(settings.database_url)
    said = manifest.read(copy)
    check_fits(engine, said, copy)
    facts = engine.facts()
    if facts and facts["server_id"] != said.server_id and engine.counts().get("people"):
        raise CopyError(f"{copy} is a copy of another installation than the one at DATABASE_URL")
    mark = now.astimezone(UTC).strftime(MARK)
    with engine.alone():
        new = engine.beside(f"restoring-{mark}")
        new.drop()
        try:
            problems = installed(settings, copy, said, new, now)
            if problems and not despite:
                raise CopyError(f"{copy} is whole, but phones could not go on with it: {'; '.join(problems)}")
            epoch = next_epoch(now, said.epoch, int(facts.get("epoch", 0)))
            new.keep_fact("epoch", str(epoch))
            new.keep_fact("restored_at", now.isoformat())
            _add_files(copy, said, "keys/", Path(settings.keys_folder), 0o700)
            _add_files(copy, said, "media/", Path(settings.media_folder), 0o755)
            aside = new.take_place_of(engine.url, mark)
        except BaseException:
            new.drop()
            raise
    return Restored(epoch, aside)


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
    if not knows(engine.schema()):
        raise CopyError("this database was written by a newer release: take it over with that one")
    with engine.alone():
        pass
    bring_up_to_date_at(settings.database_url)
    if problems := try_out(settings, now):
        raise CopyError(f"phones could not go on with it: {'; '.join(problems)}")
    epoch = next_epoch(now, int(facts["epoch"]))
    engine.keep_fact("epoch", str(epoch))
    engine.keep_fact("restored_at", now.isoformat())
    return epoch
