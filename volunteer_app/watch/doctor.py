"""`volunteer-app doctor`: looks at an installation as an experienced operator would, and says what to do.

Nothing is changed. One line for each thing that was looked at; exit code 1 when something is to be mended.
"""

import asyncio
import os
import shutil
import ssl
import stat
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from http.client import HTTPConnection, HTTPException, HTTPResponse, HTTPSConnection
from pathlib import Path
from typing import Any, NamedTuple
from urllib.parse import urlsplit

import sqlalchemy as sa

from volunteer_app.sealing import Keys
from volunteer_app.settings import Settings
from volunteer_app.storage import installation, nights
from volunteer_app.storage.database import SQLITE_SAFE_FROM, Database, sqlite_is_safe
from volunteer_app.storage.migrations import OLDEST_PROGRAM, is_older, newest, runs_on
from volunteer_app.watch.health import LIVE

BACKUP_WITHIN, NIGHTLY_WITHIN = timedelta(hours=26), timedelta(hours=26)
CERTIFICATE_DAYS = 14
CLOCK_SECONDS = 60


class Looked(NamedTuple):
    """One thing. mend: what to do; empty: it is well."""

    what: str
    said: str
    mend: str = ""


def look(settings: Settings) -> Iterator[Looked]:
    """Everything, the cheap first."""
    yield Looked("Python", ".".join(map(str, sys.version_info[:3])))
    if settings.database_url.startswith("sqlite"):
        wanted = ".".join(map(str, SQLITE_SAFE_FROM))
        yield Looked(
            "SQLite",
            "safe" if sqlite_is_safe() else "can lose commits",
            "" if sqlite_is_safe() else f"install the locked packages, which carry {wanted}",
        )
    for name in ("keys_folder", "media_folder", "register_folder", "asset_archive"):
        yield _folder(name.upper(), Path(getattr(settings, name)), is_private=name == "keys_folder")
    yield _disk(settings)
    yield from _follows_a_clock()
    try:
        yield from asyncio.run(asyncio.wait_for(_database(settings), 30))
    except Exception as error:  # noqa: BLE001 - whatever it is, it is told
        kind = f"{type(error).__name__}: {str(error).splitlines()[0][:120] if str(error) else ''}"
        yield Looked(
            "database",
            kind,
            "start it, and look at DATABASE_URL (a special character in the password is written %40 and so on)",
        )
    if not settings.database_url.startswith("sqlite"):
        yield _program("pg_dump")
        yield _program("pg_restore")
    yield from _from_outside(settings)


def _folder(name: str, path: Path, *, is_private: bool) -> Looked:
    there = path.absolute()
    if not path.is_absolute():
        mend = f"give {name} from / on: a command that is started elsewhere looks elsewhere"
        if path.exists():
            return Looked(name, f"{there}, by a path that depends on where one stands", mend)
    if not path.exists():
        return Looked(
            name,
            f"{there} is not there yet",
            ""
            if not is_private
            else "it is made by the first `serve`; if that was long ago, name the folder of before",
        )
    if not os.access(path, os.W_OK | os.X_OK):
        return Looked(
            name,
            f"{there} cannot be written by this account",
            "chown it to the account that serves",
        )
    if is_private and (
        loose := [one for one in (path, *path.iterdir()) if stat.S_IMODE(one.stat().st_mode) & 0o077]
    ):
        return Looked(name, f"others may read {loose[0]}", f"chmod -R go= {there}")
    return Looked(name, str(there))


def _follows_a_clock() -> Iterator[Looked]:
    """Is the machine's clock held by a time server? Told where systemd can say so."""
    try:
        command = ["timedatectl", "show", "--property=NTPSynchronized", "--value"]
        said = subprocess.run(command, capture_output=True, text=True, timeout=10).stdout.strip()
    except (OSError, subprocess.TimeoutExpired):
        return
    if said in ("yes", "no"):
        mend = "" if said == "yes" else "timedatectl set-ntp true, or name a time server that it can reach"
        yield Looked("time server", "holds the clock" if said == "yes" else "nobody holds the clock", mend)


def _disk(settings: Settings) -> Looked:
    folder = next(one for one in Path(settings.media_folder).absolute().parents if one.exists())
    usage = shutil.disk_usage(folder)
    percent = usage.free * 100 / usage.total
    least = settings.least_free_percent
    mend = (
        f"below {least} % phones are asked to wait: make room, or a larger disk"
        if percent < least * 2
        else ""
    )
    return Looked("disk", f"{percent:.0f} % free at {folder}", mend)


async def _database(settings: Settings) -> list[Looked]:
    found, began = [], time.monotonic()
    database = Database(settings.database_url)
    try:
        async with database.reading() as db:
            connection = await db.connection()
            version = (
                ""
                if database.is_sqlite
                else (await connection.execute(sa.text("SHOW server_version"))).scalar()
            )
            found.append(
                Looked("database", f"answers in {(time.monotonic() - began) * 1000:.0f} ms {version}".strip())
            )
            schema = await connection.run_sync(_schema)
            oldest = await installation.fact(db, OLDEST_PROGRAM) if schema else None
            found.append(fits := _fits(schema, oldest))
            if fits.mend:
                return found
            if not database.is_sqlite:
                found += await _rights(connection)
            known = await installation.known_keys(db)
            durable = await installation.fact(db, "durable_through")
        missing = known.wanted - {key.id for key in Keys(Path(settings.keys_folder)).all()}
        found.append(
            Looked(
                "keys",
                f"{len(known.wanted)} known, {len(missing)} missing",
                "put them back from a copy; see `volunteer-app keys list`" if missing else "",
            )
        )
        found.append(
            _age(
                "copy",
                datetime.fromisoformat(durable) if durable else None,
                BACKUP_WITHIN,
                "`volunteer-app nightly --copies FOLDER` every night; phones keep everything until then",
            )
        )
        night = await nights.last_night(database)
        found.append(
            _age("nightly", night and night.ended, NIGHTLY_WITHIN, "let a timer run `volunteer-app nightly`")
        )
        if night and not night.is_good:
            wrong = ", ".join(f"{step.name} {step.found}" for step in night.steps if step.found)
            found.append(
                Looked(
                    "last nightly",
                    f"found something wrong: {wrong}",
                    "run `volunteer-app nightly` and read what it says",
                )
            )
    finally:
        await database.close()
    return found


def _schema(connection: sa.Connection) -> str:
    if not sa.inspect(connection).has_table("alembic_version"):
        return ""
    return connection.execute(sa.text("SELECT version_num FROM alembic_version")).scalar() or ""


def _fits(schema: str, oldest: str | None) -> Looked:
    if not schema:
        return Looked("schema", "there is none yet", "run `volunteer-app migrate`")
    if schema == newest():
        return Looked("schema", schema)
    if is_older(schema):
        return Looked("schema", f"{schema}, this release needs {newest()}", "run `volunteer-app migrate`")
    if runs_on(schema, oldest):
        return Looked("schema", f"{schema}, of a newer release; this one ({newest()}) goes on with it")
    return Looked("schema", f"{schema}, written by a newer release", "start that release, or a newer one")


async def _rights(connection: Any) -> list[Looked]:
    may = (
        await connection.execute(
            sa.text("SELECT rolcreatedb OR rolsuper FROM pg_roles WHERE rolname = current_user")
        )
    ).scalar()
    most = int((await connection.execute(sa.text("SHOW max_connections"))).scalar() or 0)
    mend = (
        ""
        if may
        else "as PostgreSQL's administrator: ALTER ROLE … CREATEDB (copies are tried out in a database of their own)"
    )
    return [
        Looked("role", "may make databases" if may else "may not make databases", mend),
        Looked(
            "connections",
            f"{most} at most; each worker takes up to 30",
            "" if most >= 60 else "raise max_connections",
        ),
    ]


def _age(what: str, moment: datetime | None, within: timedelta, mend: str) -> Looked:
    if moment is None:
        return Looked(what, "never", mend)
    age = datetime.now(UTC) - moment
    hours = age.total_seconds() / 3600
    return Looked(what, f"{hours:.0f} hours ago", mend if age > within else "")


def _program(name: str) -> Looked:
    try:
        done = subprocess.run([name, "--version"], capture_output=True, text=True, check=True)
    except (OSError, subprocess.CalledProcessError):
        return Looked(
            name, "is not there", "apt-get install postgresql-client, at least as new as the server"
        )
    return Looked(name, done.stdout.split()[-1] if done.stdout.split() else "")


def _from_outside(settings: Settings) -> Iterator[Looked]:
    """As a phone comes: through the proxy, over HTTPS."""
    origin = urlsplit(settings.origin)
    if not settings.is_https:
        yield Looked(
            "ORIGIN",
            settings.origin,
            ""
            if settings.is_demo or origin.hostname == "localhost"
            else "phones keep nothing offline without https://",
        )
    try:
        answer, certificate = _asked(settings, LIVE)
    except ssl.SSLCertVerificationError as error:
        yield Looked("TLS", error.verify_message, "renew the certificate, or give the proxy the whole chain")
        return
    except (OSError, HTTPException) as error:
        yield Looked(
            "ORIGIN",
            f"{settings.origin} does not answer ({type(error).__name__})",
            "is the server started, the proxy too, and does the name lead here?",
        )
        return
    if certificate:
        left = datetime.fromtimestamp(ssl.cert_time_to_seconds(certificate["notAfter"]), UTC) - datetime.now(
            UTC
        )
        yield Looked(
            "TLS",
            f"good for {left.days} days",
            "renew the certificate" if left.days < CERTIFICATE_DAYS else "",
        )
    yield Looked(
        "ORIGIN",
        f"{settings.origin} answers {answer.status}",
        "" if answer.status == 200 else "the proxy does not lead to this server, or changes addresses",
    )
    if date := answer.getheader("date"):
        behind = abs((parsedate_to_datetime(date) - datetime.now(UTC)).total_seconds())
        yield Looked(
            "clock",
            f"{behind:.0f} s beside the proxy's",
            "let both follow an NTP server" if behind > CLOCK_SECONDS else "",
        )
    yield from _headers(settings)


def _headers(settings: Settings) -> Iterator[Looked]:
    """Does the proxy pass on what tells our own pages from other sites' (`shell.py`), and a rescue file?"""
    origin = {"origin": settings.origin}
    for what, headers, size, mend in (
        ("Origin", origin, 2, "let the proxy pass Origin on unchanged"),
        (
            "Sec-Fetch-Site",
            {"sec-fetch-site": "same-origin"},
            2,
            "let the proxy pass Sec-Fetch-Site on unchanged",
        ),
        ("large bodies", origin, 4_000_000, "let the proxy take 21 MB (nginx: client_max_body_size 21m)"),
    ):
        try:
            answer, _ = _asked(settings, LIVE, b"x" * size, headers)
        except ConnectionResetError:  # a proxy that refuses says so; ours says nothing of what nobody reads
            yield Looked(what, "were not refused")
            continue
        except (OSError, HTTPException) as error:
            yield Looked(what, type(error).__name__, mend)
            continue
        is_well = answer.status not in (403, 413)
        yield Looked(what, f"answered {answer.status}", "" if is_well else mend)


def _asked(
    settings: Settings, path: str, body: bytes | None = None, headers: dict[str, str] | None = None
) -> tuple[HTTPResponse, Any]:
    origin = urlsplit(settings.origin)
    kind: Callable[..., HTTPConnection] = HTTPSConnection if settings.is_https else HTTPConnection
    connection = kind(origin.hostname or "", origin.port, timeout=10)
    try:
        with suppress(
            BrokenPipeError, ConnectionResetError
        ):  # who answers before a body's end need not read all of it
            connection.request("POST" if body else "GET", path, body, headers or {})
        certificate = getattr(connection.sock, "getpeercert", dict)()
        answer = connection.getresponse()
        answer.read()
        return answer, certificate
    finally:
        connection.close()


def lines(found: Looked) -> str:
    """As it is printed."""
    what, said, mend = found
    return f"{'MEND' if mend else 'ok  '} {what}: {said}" + (f"\n     -> {mend}" if mend else "")
