"""Copies of everything that cannot be made again, checked before anybody relies on them; and the way back.

A backup tells phones through which moment their work is safe twice (`durable_through`); a restore raises the epoch,
so that phones send again what the copy does not have.
"""

import os
import shutil
import sqlite3
import subprocess
from datetime import datetime, timedelta
from pathlib import Path

from sqlalchemy.engine import URL, make_url

MARGIN = timedelta(minutes=5)
"""A delivery may wait in the server for a moment between its arrival and its commit; it is never this long."""


class BackupError(Exception):
    """The copy cannot be relied on, or there is none."""


def back_up(database_url: str, keys_folder: Path, folder: Path, now: datetime) -> Path:
    """Copy database and keys into a folder of their own below `folder`, check the copy, tell it to phones."""
    url = make_url(database_url)
    copy = folder / now.strftime("%Y%m%dT%H%M%SZ")
    copy.mkdir(parents=True, mode=0o700)
    if url.get_backend_name() == "sqlite":
        _copy_sqlite(Path(url.database or ""), copy / "database.db")
    else:
        dump = copy / "database.dump"
        _run(["pg_dump", "--format=custom", f"--file={dump}", _libpq(url)])
        _run(["pg_restore", "--list", str(dump)])
    if keys_folder.is_dir():
        shutil.copytree(keys_folder, copy / "keys")
    _to_disk(copy)
    _set_fact(url, "durable_through", (now - MARGIN).isoformat())
    return copy


def restore(database_url: str, keys_folder: Path, copy: Path, now: datetime) -> int:
    """Put a copy in the place of the database, raise the epoch, and return it. The server must be stopped.

    What stood there before is put aside, never deleted; keys are only added.
    """
    url = make_url(database_url)
    epoch = _epoch(url)
    if url.get_backend_name() == "sqlite":
        kept, target = copy / "database.db", Path(url.database or "")
        if not kept.is_file():
            raise BackupError(f"there is no database.db in {copy}")
        _check_sqlite(kept)
        for leftover in (target, Path(f"{target}-wal"), Path(f"{target}-shm")):
            if leftover.exists():
                leftover.rename(f"{leftover}.before-{now:%Y%m%dT%H%M%SZ}")
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(kept, target)
    else:
        _run(["pg_restore", "--clean", "--if-exists", "--dbname", _libpq(url), str(copy / "database.dump")])
    if (copy / "keys").is_dir():
        keys_folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        for key in (copy / "keys").iterdir():
            if not (keys_folder / key.name).exists():
                shutil.copy2(key, keys_folder / key.name)
    epoch = max(epoch, _epoch(url)) + 1
    _set_fact(url, "epoch", str(epoch))
    return epoch


def _copy_sqlite(source: Path, target: Path) -> None:
    """SQLite's own online copy: a server may go on writing meanwhile."""
    if not source.is_file():
        raise BackupError(f"there is no database at {source}")
    original, copy = sqlite3.connect(source, isolation_level=None), sqlite3.connect(target)
    try:
        original.execute("BEGIN")  # one moment, however long the copy takes
        counts = _counts(original)
        original.backup(copy)
        original.execute("COMMIT")
        copy.execute("PRAGMA journal_mode=DELETE")
    finally:
        original.close()
        copy.close()
    if _check_sqlite(target) != counts:
        raise BackupError("the copy does not have as many rows as the database")


def _check_sqlite(path: Path) -> dict[str, int]:
    connection = sqlite3.connect(path)
    try:
        if connection.execute("PRAGMA integrity_check").fetchall() != [("ok",)]:
            raise BackupError(f"{path} is damaged")
        return _counts(connection)
    except sqlite3.DatabaseError as error:
        raise BackupError(f"{path} is damaged") from error
    finally:
        connection.close()


def _counts(connection: sqlite3.Connection) -> dict[str, int]:
    names = connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'").fetchall()
    return {
        name: connection.execute(f'SELECT count(*) FROM "{name}"').fetchone()[0]  # noqa: S608 - our own tables
        for (name,) in names
    }


def _epoch(url: URL) -> int:
    """The epoch that stands in the database; 0 where there is none."""
    question = "SELECT value FROM installation WHERE key = 'epoch'"
    if url.get_backend_name() == "sqlite":
        path = Path(url.database or "")
        if not path.is_file():
            return 0
        connection = sqlite3.connect(path)
        try:
            row = connection.execute(question).fetchone()
        except sqlite3.DatabaseError:
            return 0  # what is there cannot be read any more: that is why it is restored
        finally:
            connection.close()
        return int(row[0]) if row else 0
    said = _run(["psql", "--tuples-only", "--no-align", "--command", question, _libpq(url)]).strip()
    return int(said or 0)


def _set_fact(url: URL, key: str, value: str) -> None:
    if url.get_backend_name() == "sqlite":
        connection = sqlite3.connect(Path(url.database or ""), timeout=30)
        with connection:
            connection.execute("INSERT OR REPLACE INTO installation (key, value) VALUES (?, ?)", (key, value))
        connection.close()
        return
    statement = (
        f"INSERT INTO installation (key, value) VALUES ('{key}', '{value}') "  # noqa: S608 - ours alone
        "ON CONFLICT (key) DO UPDATE SET value = excluded.value"
    )
    _run(["psql", "--quiet", "--set", "ON_ERROR_STOP=1", "--command", statement, _libpq(url)])


def _libpq(url: URL) -> str:
    return url.set(drivername="postgresql").render_as_string(hide_password=False)


def _run(command: list[str]) -> str:
    try:
        return subprocess.run(command, check=True, capture_output=True, text=True).stdout
    except FileNotFoundError as error:
        raise BackupError(f"{command[0]} is not installed") from error
    except subprocess.CalledProcessError as error:
        raise BackupError(error.stderr.strip()) from error


def _to_disk(folder: Path) -> None:
    for path in folder.rglob("*"):
        if path.is_file():
            with path.open("rb") as file:
                os.fsync(file.fileno())
