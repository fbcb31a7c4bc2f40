"""Migrations: numbered, one idea each, forward only. Their files import nothing of ours.

**Expand, then contract.** A migration that only adds (tables, columns that may be left out, indexes refusing nothing)
says `older_programs_go_on = True`; what it makes needless goes in a later release. The database then names the oldest
migration that a program must know (`oldest_program`), and a release from before goes on with it: while machines are
upgraded in turn, and on the way back. `tests/storage/test_expand_and_contract.py` holds each such word.
"""

import asyncio
from functools import cache
from pathlib import Path

import sqlalchemy as sa
from alembic import command
from alembic.config import Config
from alembic.script import ScriptDirectory
from sqlalchemy.ext.asyncio import AsyncConnection

from volunteer_app.storage.database import LONGEST_WAIT_SECONDS, Database
from volunteer_app.storage.figures import tallies
from volunteer_app.storage.installation import KEEP_FACT, fact, server_facts


class Misfit(Exception):
    """The database was written by another release; the message says what to do."""


async def bring_up_to_date(database: Database) -> None:
    """Apply the migrations that this database has not seen, all in one transaction; make the server's facts. Of several
    processes that begin to at once the others wait, and find nothing left to do. A newer release's stays as it is where
    this program can go on with it, and raises Misfit where it cannot.

    Foreign keys rest meanwhile on SQLite: changing a table there means copying it and dropping the old one.
    """
    async with database.writer.connect() as connection:
        if database.is_sqlite:
            await _sqlite(connection, "PRAGMA foreign_keys=OFF")
            await _sqlite(connection, "PRAGMA busy_timeout=600000")
        try:
            async with connection.begin():
                if not database.is_sqlite:  # while another server still works, a migration waits its turn
                    await connection.exec_driver_sql("SET LOCAL lock_timeout = 0")
                    await connection.exec_driver_sql(f"SELECT pg_advisory_xact_lock({MIGRATING})")
                schema = await connection.run_sync(_schema)
                if schema in (None, *_known()):
                    await connection.run_sync(_run, "upgrade")
                    if schema != newest():
                        await connection.run_sync(tallies.rebuild_missing)
                    await connection.run_sync(_say_oldest_program)
                elif not runs_on(schema, await connection.run_sync(_oldest_program)):
                    raise Misfit(NEWER)
        finally:
            if database.is_sqlite:
                await _sqlite(connection, "PRAGMA foreign_keys=ON")
                await _sqlite(connection, f"PRAGMA busy_timeout={int(LONGEST_WAIT_SECONDS * 1000)}")
    async with database.writing() as db:
        await server_facts(db)


def bring_up_to_date_at(database_url: str) -> None:
    """The same for a database by its address."""

    async def run() -> None:
        database = Database(database_url)
        try:
            await bring_up_to_date(database)
        finally:
            await database.close()

    asyncio.run(run())


def runs_on(schema: str | None, oldest: str | None) -> bool:
    """Can this program work on a database with this last migration? On its own tables, and on those of a newer release
    that names a migration of ours as the oldest that a program must know."""
    return schema == newest() or (schema not in _known() and oldest in _known())


def is_older(schema: str | None) -> bool:
    """Are the tables those of an older release, which `migrate` brings up to date?"""
    return schema in _known() and schema != newest()


@cache
def oldest_program() -> str:
    """The last of ours that does not say that older programs go on: a program must know it."""
    last = None
    for script in _scripts().walk_revisions():
        last = script.revision
        if not getattr(script.module, "older_programs_go_on", False):
            break
    return last or ""


def newest() -> str:
    """The last of ours."""
    return _scripts().get_current_head() or ""


async def check_fits(database: Database) -> None:
    """For commands beside a running server: the schema is this release's own, or there is none yet and it is made.
    Raises Misfit. Only `serve` and `migrate` change a schema."""
    async with database.reading() as db:
        schema = await (await db.connection()).run_sync(_schema)
        oldest = await fact(db, OLDEST_PROGRAM) if schema else None
    if schema is None:
        await bring_up_to_date(database)
    elif is_older(schema):
        raise Misfit(
            f"This database has the tables of an older release ({schema}; this one needs {newest()}). "
            "Stop the server, then: volunteer-app migrate"
        )
    elif not runs_on(schema, oldest):
        raise Misfit(NEWER)


MIGRATING = 7_419_206_117
"""Any number, the same in every process: the name of the lock on PostgreSQL."""

OLDEST_PROGRAM = "oldest_program"
"""The fact of the installation that names the oldest migration a program must know."""

NEWER = (
    "This database was written by a newer release than this one, which cannot go on with it. "
    "Start that release (or a newer one); to go back, "
    "restore a copy of before: volunteer-app restore COPY"
)


def _schema(connection: sa.Connection) -> str | None:
    """The last migration that this database has seen; None: it is empty."""
    if not sa.inspect(connection).has_table("alembic_version"):
        return None
    return connection.execute(sa.text("SELECT version_num FROM alembic_version")).scalar()


def _oldest_program(connection: sa.Connection) -> str | None:
    return connection.execute(
        sa.text("SELECT value FROM installation WHERE key = :key"), {"key": OLDEST_PROGRAM}
    ).scalar()


def _say_oldest_program(connection: sa.Connection) -> None:
    if _oldest_program(connection) != oldest_program():
        connection.execute(sa.text(KEEP_FACT), {"key": OLDEST_PROGRAM, "value": oldest_program()})


@cache
def _scripts() -> ScriptDirectory:
    return ScriptDirectory.from_config(_config())


@cache
def _known() -> frozenset[str]:
    return frozenset(script.revision for script in _scripts().walk_revisions())


async def check_complete(database: Database) -> None:
    """Do the migrations make exactly the tables of the code? Raises AutogenerateDiffsDetected if not."""
    async with database.writer.connect() as connection:
        await connection.run_sync(_run, "check")


async def _sqlite(connection: AsyncConnection, pragma: str) -> None:
    """Set a pragma outside of any transaction: inside one it does nothing."""
    driver = (await connection.get_raw_connection()).driver_connection
    await driver.execute(pragma)  # type: ignore[union-attr]


def _config() -> Config:
    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent))
    return config


def _run(connection: sa.Connection, what: str) -> None:
    config = _config()
    config.attributes["connection"] = connection
    if what == "upgrade":
        command.upgrade(config, "head")
    else:
        command.check(config)
