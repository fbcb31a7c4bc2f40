"""What the way back asks of a database, by engine: a copy at one moment, a new one from it, the change of places."""

import os
import shutil
import sqlite3
from abc import ABC, abstractmethod
from collections.abc import Iterator, Mapping
from contextlib import AbstractContextManager, closing, contextmanager
from pathlib import Path
from typing import Self

from sqlalchemy.engine import URL, make_url

from volunteer_app.copies.manifest import CopyError, to_disk
from volunteer_app.storage.presence import alone_with


class Engine(ABC):
    """One database, by its address."""

    name: str
    part: str
    """The file that it is in a copy."""

    def __init__(self, url: URL) -> None:
        self.url = url

    @abstractmethod
    def copy_into(self, folder: Path) -> dict[str, int]:
        """Copy it as it is at one moment, while others go on writing; rows by table at that moment."""

    @abstractmethod
    def beside(self, mark: str, folder: Path | None = None) -> Self:
        """A database that is not there yet, named after this one; files go into `folder`, if given."""

    @abstractmethod
    def load(self, part: Path) -> None:
        """Make this database, which must not be there yet, from a copy's file. Raises CopyError."""

    @abstractmethod
    def counts(self) -> dict[str, int]:
        """Rows by table."""

    @abstractmethod
    def facts(self) -> dict[str, str]:
        """What the installation knows about itself; empty where there is none, or it cannot be read any more."""

    @abstractmethod
    def keep_fact(self, key: str, value: str) -> None:
        """Write down one of them."""

    @abstractmethod
    def schema(self) -> str:
        """The last migration."""

    @abstractmethod
    def drop(self) -> None:
        """Away with it, if it is there."""

    @abstractmethod
    def alone(self) -> AbstractContextManager[None]:
        """A context in which nobody else has it open. Raises CopyError."""

    @abstractmethod
    def take_place_of(self, url: URL, mark: str) -> str:
        """Take the name of the database at that address at one stroke; where is now what stood there, if any."""


def engine_of(database_url: str) -> Engine:
    """The database at this address."""
    url = make_url(database_url)
    if url.get_backend_name() == "sqlite":
        return SQLite(url)
    from volunteer_app.copies.postgres import Postgres

    return Postgres(url)


FACTS = "SELECT key, value FROM installation"
KEEP = """INSERT INTO installation (key, value) VALUES ({}, {})
    ON CONFLICT (key) DO UPDATE SET value = excluded.value"""
SCHEMA_NOW = "SELECT version_num FROM alembic_version"


class SQLite(Engine):
    """One file."""

    name, part = "sqlite", "database.db"

    def __init__(self, url: URL) -> None:
        super().__init__(url)
        self.path = Path(url.database or "").absolute()

    def copy_into(self, folder: Path) -> dict[str, int]:
        """SQLite's own online copy."""
        if not self.path.is_file():
            raise CopyError(f"there is no database at {self.path}")
        target = folder / self.part
        with closing(sqlite3.connect(self.path, isolation_level=None)) as original:
            original.execute("BEGIN")  # one moment, however long the copy takes
            counts = _counts(original)
            with closing(sqlite3.connect(target)) as copy:
                original.backup(copy)
                copy.execute("PRAGMA journal_mode=DELETE")
            original.execute("COMMIT")
        if SQLite(self.url.set(database=str(target))).counts() != counts:
            raise CopyError("the copy does not have as many rows as the database")
        return counts

    def beside(self, mark: str, folder: Path | None = None) -> Self:
        """A file with another name."""
        path = (folder or self.path.parent) / f"{self.path.name}.{mark}"
        return type(self)(self.url.set(database=str(path)))

    def load(self, part: Path) -> None:
        """As it is, if it is whole."""
        self.path.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(part, self.path)
        self.path.chmod(0o600)
        with _read(self.path) as connection:
            if connection.execute("PRAGMA integrity_check").fetchall() != [("ok",)]:
                raise CopyError(f"{part} is damaged")

    def counts(self) -> dict[str, int]:
        """Of every table."""
        with _read(self.path) as connection:
            return _counts(connection)

    def facts(self) -> dict[str, str]:
        """Also of a file that is half destroyed, as long as this one table can be read."""
        if not self.path.is_file():
            return {}
        try:
            with _read(self.path) as connection:
                return dict(connection.execute(FACTS).fetchall())
        except CopyError:
            return {}

    def keep_fact(self, key: str, value: str) -> None:
        """Also while a server runs."""
        with closing(sqlite3.connect(self.path, timeout=30)) as connection, connection:
            connection.execute(KEEP.format("?", "?"), (key, value))

    def schema(self) -> str:
        """As Alembic wrote it."""
        with _read(self.path) as connection:
            row = connection.execute(SCHEMA_NOW).fetchone()
        return row[0] if row else ""

    def drop(self) -> None:
        """With all that SQLite puts beside it."""
        for path in (self.path, *self.path.parent.glob(f"{self.path.name}-*")):
            path.unlink(missing_ok=True)
        self.path.with_name(f"{self.path.name}.in-use").unlink(missing_ok=True)

    @contextmanager
    def alone(self) -> Iterator[None]:
        """Held until the end: a server that starts meanwhile is refused."""
        with alone_with(self.path) as is_alone:
            if not is_alone:
                raise CopyError(f"{self.path} is in use: stop the server and every other command first")
            yield

    def take_place_of(self, url: URL, mark: str) -> str:
        """The file is replaced in one step of the file system; what stood there keeps a name of its own before."""
        other, aside = SQLite(url), ""
        with closing(sqlite3.connect(self.path, isolation_level=None)) as connection:
            connection.execute("PRAGMA journal_mode=DELETE")
        if other.path.exists():
            aside = f"{other.path}.before-{mark}"
            _into_one_file(other.path, aside)
            os.link(other.path, aside)
            to_disk(other.path.parent)
        self.path.replace(other.path)
        to_disk(other.path.parent)
        self.drop()  # what is left beside its old name
        return aside


def _into_one_file(path: Path, aside: str) -> None:
    """What lies in the log beside the database goes into it: a new one must not find an old one's log. From one that is
    destroyed the log is put aside as well."""
    try:
        with closing(sqlite3.connect(path, isolation_level=None, timeout=0)) as connection:
            if connection.execute("PRAGMA journal_mode=DELETE").fetchone() != ("delete",):
                raise CopyError(f"{path} is in use: stop the server and every other command first")
    except sqlite3.DatabaseError as error:
        if "locked" in str(error):
            raise CopyError(f"{path} is in use: stop the server and every other command first") from error
        for leftover in ("-wal", "-shm", "-journal"):
            if Path(f"{path}{leftover}").exists():
                Path(f"{path}{leftover}").rename(f"{aside}{leftover}")


@contextmanager
def _read(path: Path) -> Iterator[sqlite3.Connection]:
    if not path.is_file():
        raise CopyError(f"there is no database at {path}")
    try:
        with closing(sqlite3.connect(path, isolation_level=None)) as connection:
            yield connection
    except sqlite3.DatabaseError as error:
        raise CopyError(f"{path} cannot be read: {error}") from error


def _counts(connection: sqlite3.Connection) -> dict[str, int]:
    names = connection.execute(
        "SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite%'"
    )
    return {
        name: connection.execute(f'SELECT count(*) FROM "{name}"').fetchone()[0]  # noqa: S608 - our own tables
        for (name,) in names.fetchall()
    }


def same_rows(wanted: Mapping[str, int], found: Mapping[str, int]) -> None:
    """Raises CopyError, naming the tables that differ."""
    wrong = [name for name in sorted({*wanted, *found}) if wanted.get(name) != found.get(name)]
    if wrong:
        raise CopyError(f"the copy does not hold the rows that it should: {', '.join(wrong)}")
