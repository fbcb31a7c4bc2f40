"""PostgreSQL's side of the way back, with its own programs. A new database is made, filled and checked; then names are
changed in one transaction. The role must own the database and may make new ones (`ALTER ROLE … CREATEDB`)."""

import asyncio
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Self

import asyncpg
from sqlalchemy.engine import URL

from volunteer_app.copies.engines import FACTS, KEEP, SCHEMA_NOW, Engine
from volunteer_app.copies.manifest import CopyError
from volunteer_app.settings import environment_with

TABLES = "SELECT tablename FROM pg_tables WHERE schemaname = current_schema() ORDER BY tablename"
OTHERS = """SELECT count(*) FROM pg_stat_activity
    WHERE datname = $1 AND pid <> pg_backend_pid() AND backend_type = 'client backend'"""


class Postgres(Engine):
    """One database of a server."""

    name, part = "postgresql", "database.dump"

    def __init__(self, url: URL) -> None:
        super().__init__(url.set(drivername="postgresql").difference_update_query(["pooler"]))
        self.database = str(url.database)

    def copy_into(self, folder: Path) -> dict[str, int]:
        """`pg_dump`, and the counts, of one and the same moment."""
        counts = self._run(self._dump, folder / self.part)
        (folder / self.part).chmod(0o600)
        return counts

    async def _dump(self, connection: asyncpg.Connection, target: Path) -> dict[str, int]:
        async with connection.transaction(isolation="repeatable_read", readonly=True):
            snapshot = await connection.fetchval("SELECT pg_export_snapshot()")
            counts = await _counts(connection)
            command = ["pg_dump", "--format=custom", "--no-owner", "--no-acl", f"--snapshot={snapshot}"]
            await asyncio.to_thread(self._program, [*command, f"--file={target}"])
        return counts

    def beside(self, mark: str, folder: Path | None = None) -> Self:
        """A database with another name on the same server."""
        return type(self)(self.url.set(database=_name(self.database, mark)))

    def load(self, part: Path) -> None:
        """All of it or nothing; the new database sorts as the one with this server's settings does."""
        self._run_outside(self._create)
        command = ["pg_restore", "--no-owner", "--no-acl", "--exit-on-error", "--single-transaction"]
        self._program(command, str(part))

    async def _create(self, connection: asyncpg.Connection) -> None:
        await connection.execute(
            f"CREATE DATABASE {_quoted(self.database)} TEMPLATE template0 ENCODING 'UTF8'"
        )

    def counts(self) -> dict[str, int]:
        """Of every table."""
        return self._run(_counts)

    def facts(self) -> dict[str, str]:
        """None, where there is no such database or no such table."""
        try:
            return dict(self._run(lambda connection: connection.fetch(FACTS)))
        except CopyError as error:
            if isinstance(error.__cause__, asyncpg.InvalidCatalogNameError | asyncpg.UndefinedTableError):
                return {}
            raise

    def keep_fact(self, key: str, value: str) -> None:
        """Also while a server runs."""
        self._run(lambda connection: connection.execute(KEEP.format("$1", "$2"), key, value))

    def schema(self) -> str:
        """As Alembic wrote it."""
        return self._run(lambda connection: connection.fetchval(SCHEMA_NOW)) or ""

    def drop(self) -> None:
        """With FORCE: nobody but a trial of ours has ever known of it."""

        async def drop(connection: asyncpg.Connection) -> None:
            await connection.execute(f"DROP DATABASE IF EXISTS {_quoted(self.database)} WITH (FORCE)")

        self._run_outside(drop)

    @contextmanager
    def alone(self) -> Iterator[None]:
        """Looked at now; whoever connects later holds up the change of names, which is then refused."""
        if self._run_outside(lambda connection: connection.fetchval(OTHERS, self.database)):
            raise CopyError(f"{self.database} is in use: stop the server and every other command first")
        yield

    def take_place_of(self, url: URL, mark: str) -> str:
        """Two names change in one transaction."""
        other = Postgres(url)
        aside = _name(other.database, f"before-{mark}")

        async def swap(connection: asyncpg.Connection) -> str:
            exists = await connection.fetchval(
                "SELECT count(*) FROM pg_database WHERE datname = $1", other.database
            )
            async with connection.transaction():
                if exists:
                    await _rename(connection, other.database, aside)
                await _rename(connection, self.database, other.database)
            return aside if exists else ""

        return self._run_outside(swap)

    def _program(self, command: list[str], *words: str) -> None:
        """One of PostgreSQL's programs on this database. Its password stands in no list of processes."""
        address = self.url._replace(password=None).render_as_string(
            hide_password=False
        )  # `set` keeps a None's old
        environment = environment_with(PGPASSWORD=str(self.url.password)) if self.url.password else None
        try:
            subprocess.run(
                [*command, f"--dbname={address}", *words],
                check=True,
                capture_output=True,
                text=True,
                env=environment,
            )
        except FileNotFoundError as error:
            raise CopyError(f"{command[0]} is not installed") from error
        except subprocess.CalledProcessError as error:
            raise CopyError(f"{command[0]}: {error.stderr.strip()}") from error

    def _run(self, work: Any, *words: Any) -> Any:
        return asyncio.run(_with_connection(self.url, work, *words))

    def _run_outside(self, work: Any) -> Any:
        """On the server, but not in this database."""
        try:
            return asyncio.run(_with_connection(self.url.set(database="postgres"), work))
        except CopyError as error:
            if isinstance(error.__cause__, asyncpg.InsufficientPrivilegeError):
                raise CopyError(
                    f"the role {self.url.username} must own the database and may make new ones "
                    f"(as an administrator: ALTER ROLE {self.url.username} CREATEDB)"
                ) from error
            raise


async def _with_connection(url: URL, work: Any, *words: Any) -> Any:
    try:
        connection = await asyncpg.connect(url.render_as_string(hide_password=False))
        try:
            return await work(connection, *words)
        finally:
            await connection.close()
    except (asyncpg.PostgresError, OSError) as error:
        raise CopyError(f"{url.host or 'PostgreSQL'}, {url.database}: {error}") from error


async def _counts(connection: asyncpg.Connection) -> dict[str, int]:
    counts = {}
    for (name,) in await connection.fetch(TABLES):
        query = f"SELECT count(*) FROM {_quoted(name)}"  # noqa: S608 - our own tables
        counts[name] = int(await connection.fetchval(query) or 0)
    return counts


async def _rename(connection: asyncpg.Connection, old: str, new: str) -> None:
    await connection.execute(f"ALTER DATABASE {_quoted(old)} RENAME TO {_quoted(new)}")


def _name(database: str, mark: str) -> str:
    return f"{database[:36]}_{mark.lower().replace('-', '_')}"


def _quoted(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'
