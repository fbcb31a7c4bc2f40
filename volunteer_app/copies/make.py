"""Make a copy: database, keys and media of one installation in a folder of their own, tried out where it is kept."""

import asyncio
import secrets
import shutil
import time
from contextlib import suppress
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import msgspec

from volunteer_app.copies import manifest
from volunteer_app.copies.engines import Engine, engine_of, same_rows
from volunteer_app.copies.manifest import CopyError, Manifest
from volunteer_app.copies.trial import lacking_media, try_out
from volunteer_app.sealing import Keys
from volunteer_app.settings import Settings
from volunteer_app.storage.installation import Known
from volunteer_app.storage.migrations import Misfit, bring_up_to_date_at
from volunteer_app.storage.register import Register

MARGIN = timedelta(minutes=5)
"""A delivery may wait in the server for a moment between its arrival and its commit; it is never this long."""

TRIED = "tried.json"
REGISTER = "register"
MARK = "%Y%m%dT%H%M%SZ"


def back_up(settings: Settings, folder: Path, now: datetime) -> Path:
    """Make a copy below `folder`, try it out there, and tell phones through which moment their work is safe twice."""
    copy = make(settings, folder, now)
    confirm(settings, copy, now)
    return copy


def make(settings: Settings, folder: Path, now: datetime) -> Path:
    """A whole copy that nobody relies on yet. While it is made, its folder's name begins with a dot."""
    mark = now.astimezone(UTC).strftime(MARK)
    done, copy = folder.absolute() / mark, folder.absolute() / f".{mark}.unfinished"
    if done.exists():
        raise CopyError(f"{done} is there already")
    folder.mkdir(parents=True, exist_ok=True)
    copy.mkdir(mode=0o700)
    try:
        _fill(settings, copy, now)
    except BaseException:
        shutil.rmtree(copy, ignore_errors=True)
        raise
    copy.rename(done)
    manifest.to_disk(folder)
    return done


def _fill(settings: Settings, copy: Path, now: datetime) -> None:
    engine = engine_of(settings.database_url)
    counts = engine.copy_into(copy)
    facts, schema = engine.facts(), engine.schema()
    keys = Path(settings.keys_folder)
    here = {key.id for key in Keys(keys).all()}
    known = Known.of(facts)
    if missing := known.wanted - here:
        raise CopyError(
            f"KEYS_FOLDER ({keys.absolute()}) lacks the key {', '.join(sorted(missing))}, to which phones have sealed "
            "entries: put it back (from an older copy), or say `keys accept-loss` if it is lost for good"
        )
    if not here:
        raise CopyError(f"there is no key in KEYS_FOLDER ({keys.absolute()})")
    shutil.copytree(keys, copy / "keys", ignore=shutil.ignore_patterns("*.new"))
    _copy_media(Path(settings.media_folder), copy / "media")
    register = Register(Path(settings.register_folder)).path
    if register.is_file():
        (copy / REGISTER).mkdir()
        shutil.copyfile(register, copy / REGISTER / register.name)
    manifest.write(
        copy,
        Manifest(
            made_at=now,
            through=now - MARGIN,
            engine=engine.name,
            server_id=facts["server_id"],
            epoch=int(facts["epoch"]),
            schema=schema,
            counts=counts,
            keys=sorted(known.wanted | here),
            parts=manifest.parts_in(copy),
            lacking=asyncio.run(lacking_media(settings)),
        ),
    )


def _copy_media(media: Path, target: Path) -> None:
    """What a phone is just delivering may grow or go meanwhile; speech files never change."""
    target.mkdir()
    for path in sorted(media.rglob("*")) if media.is_dir() else ():
        if path.is_file() and path.suffix != ".new":
            to = target / path.relative_to(media)
            to.parent.mkdir(parents=True, exist_ok=True)
            with suppress(FileNotFoundError):
                shutil.copy2(path, to)


def confirm(settings: Settings, copy: Path, now: datetime) -> float:
    """Try a copy out where it is kept, then tell phones that what it holds is safe twice; how many seconds it took."""
    said, engine = manifest.read(copy), engine_of(settings.database_url)
    if (facts := engine.facts()).get("server_id") != said.server_id:
        raise CopyError(f"{copy} is a copy of another installation")
    seconds = prove(settings, copy, now)
    if said.through.isoformat() > facts.get("durable_through", ""):
        engine.keep_fact("durable_through", said.through.isoformat())
    return seconds


def older_than(folder: Path, moment: datetime, *, besides: Path) -> list[Path]:
    """The copies in a folder that were made before this moment."""
    last = moment.astimezone(UTC).strftime(MARK)
    named = [path for path in folder.absolute().glob("[0-9]*T[0-9]*Z") if (path / manifest.FILE).is_file()]
    return sorted(path for path in named if path.name < last and path != besides)


def let_go(copy: Path) -> None:
    """Delete a copy: first it stops being one."""
    (copy / manifest.FILE).unlink()
    shutil.rmtree(copy)


def prove(settings: Settings, copy: Path, now: datetime) -> float:
    """Make a throw-away installation from a copy and try it out; how many seconds that took. Raises CopyError."""
    began, said = time.monotonic(), manifest.read(copy)
    mark = f"trial-{secrets.token_hex(4)}"
    engine = engine_of(settings.database_url)
    check_fits(engine, said, copy)
    database = engine.beside(mark, copy.parent)
    try:
        problems = installed(settings, copy, said, database, now)
    finally:
        database.drop()
    if problems:
        raise CopyError(f"{copy} is whole, but phones could not go on with it: {'; '.join(problems)}")
    seconds = round(time.monotonic() - began, 1)
    result = {"at": now, "seconds": seconds}
    manifest.write_durably(copy / TRIED, msgspec.json.encode(result))
    return seconds


def check_fits(engine: Engine, said: Manifest, copy: Path) -> None:
    """Is it a copy that this program and this kind of database can make an installation of? Raises CopyError."""
    if said.engine != engine.name:
        raise CopyError(f"{copy} is a copy of {said.engine}, DATABASE_URL is {engine.name}")
    if engine.part not in said.parts:
        raise CopyError(f"{copy} is no copy: it has no {engine.part}")
    try:
        here = {key.id for path, key in Keys(copy / "keys").by_path() if f"keys/{path.name}" in said.parts}
    except ValueError as error:
        raise CopyError(f"a key in {copy} cannot be read: {error}") from error
    if missing := [id_ for id_ in said.keys if id_ not in here] or ([] if here else ["every key"]):
        raise CopyError(f"{copy} lacks {', '.join(missing)}")


def installed(settings: Settings, copy: Path, said: Manifest, database: Engine, now: datetime) -> list[str]:
    """Make a database of a copy, up to date, beside any other; what is wrong with an installation that has it."""
    database.load(copy / database.part)
    same_rows(said.counts, database.counts())
    if database.schema() != said.schema:
        raise CopyError(f"{copy} is no copy: its manifest is of schema {said.schema}, its database is not")
    url = database.url.render_as_string(hide_password=False)
    try:
        bring_up_to_date_at(url)
    except Misfit as error:
        raise CopyError(
            f"{copy} was made by a newer release (schema {said.schema}): restore it with that one"
        ) from error
    folders = {"keys_folder": str(copy / "keys"), "media_folder": str(copy / "media")}
    return try_out(replace(settings, database_url=url, **folders), now)
