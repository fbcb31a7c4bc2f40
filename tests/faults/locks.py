"""Somebody else holds a lock on the tables that deliveries are written to: an administrator, a backup, another server."""

import asyncio
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager

from volunteer_app.storage.database import Database


@contextmanager
def locked(url: str) -> Iterator[None]:
    """Nobody can write inside."""
    if url.startswith("sqlite"):
        other = sqlite3.connect(url.removeprefix("sqlite:///"), isolation_level=None)
        other.execute("BEGIN IMMEDIATE")
        try:
            yield
        finally:
            other.execute("ROLLBACK")
            other.close()
        return
    with asyncio.Runner() as runner:
        database = Database(url)
        connection = runner.run(_held(database))
        try:
            yield
        finally:
            runner.run(_let_go(database, connection))


async def _held(database: Database):
    connection = await database.writer.connect()
    await connection.exec_driver_sql("LOCK TABLE households, operations IN ACCESS EXCLUSIVE MODE")
    return connection


async def _let_go(database: Database, connection) -> None:
    await connection.rollback()
    await connection.close()
    await database.close()
