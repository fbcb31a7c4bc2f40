"""The one database: engines, transactions, keys. SQLite (embedded default) or PostgreSQL, by one setting.

SQLite has two engines: readers, and *one* writer connection, so that writers queue fairly instead of sleeping in
the busy handler. WAL with synchronous=FULL: what was acknowledged survives a power cut.
"""

import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from enum import StrEnum
from importlib import import_module
from pathlib import Path
from typing import Any
from uuid import UUID

try:  # the interpreter's own SQLite may have the WAL-reset bug (3.7.0–3.51.2)
    import pysqlite3

    sys.modules["sqlite3"] = pysqlite3
    sys.modules["sqlite3.dbapi2"] = import_module("pysqlite3.dbapi2")
except ImportError:
    pass

import sqlite3

import sqlalchemy as sa
from sqlalchemy import event
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.engine import make_url
from sqlalchemy.ext.asyncio import AsyncEngine, async_sessionmaker, create_async_engine
from sqlmodel import SQLModel
from sqlmodel.ext.asyncio.session import AsyncSession

SQLITE_SAFE_FROM = (3, 51, 3)

SQLModel.metadata.naming_convention = {
    "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "fk": "fk_%(table_name)s_%(column_0_N_name)s",
    "pk": "pk_%(table_name)s",
}


class Id(sa.types.TypeDecorator[UUID]):
    """A UUID: 16 bytes on SQLite (half the space of text, in time order for UUIDv7), native on PostgreSQL."""

    impl = sa.LargeBinary(16)
    cache_ok = True

    def load_dialect_impl(self, dialect: sa.Dialect) -> Any:
        """Native UUID where the database has one."""
        native: Any = sa.Uuid() if dialect.name == "postgresql" else sa.LargeBinary(16)
        return dialect.type_descriptor(native)

    def process_bind_param(self, value: UUID | None, dialect: sa.Dialect) -> Any:
        """UUID to what the database keeps."""
        return value if value is None or dialect.name == "postgresql" else value.bytes

    def process_result_value(self, value: Any, dialect: sa.Dialect) -> UUID | None:
        """What the database keeps to UUID."""
        return value if value is None or isinstance(value, UUID) else UUID(bytes=value)


def words(kind: type[StrEnum], length: int = 20) -> sa.Enum:
    """Column type for a set of words: the value is kept (not the member's name), as plain text."""
    return sa.Enum(kind, values_callable=lambda e: [m.value for m in e], native_enum=False, length=length)


def upsert(db: AsyncSession, table: type[SQLModel]) -> Any:
    """An INSERT that can go on with `on_conflict_do_update`, in the words of the session's database."""
    if db.get_bind().dialect.name == "postgresql":
        return postgresql.insert(table)
    return sqlite.insert(table)


class Database:
    """Opens transactions for reading and for writing."""

    def __init__(self, url: str) -> None:
        parsed = make_url(url)
        self.is_sqlite = parsed.get_backend_name() == "sqlite"
        if self.is_sqlite:
            if parsed.database and parsed.database != ":memory:":
                Path(parsed.database).parent.mkdir(parents=True, exist_ok=True)
            async_url = parsed.set(drivername="sqlite+aiosqlite")
            self.writer = _sqlite_engine(async_url, writes=True)
            self.reader = _sqlite_engine(async_url, writes=False)
        else:
            async_url = parsed.set(drivername="postgresql+asyncpg")
            self.writer = create_async_engine(async_url)
            # A reader sees one moment, however many statements it takes.
            self.reader = create_async_engine(async_url, isolation_level="REPEATABLE READ")
        self._write = async_sessionmaker(self.writer, class_=AsyncSession, expire_on_commit=False)
        self._read = async_sessionmaker(self.reader, class_=AsyncSession, expire_on_commit=False)

    @asynccontextmanager
    async def writing(self) -> AsyncIterator[AsyncSession]:
        """One transaction that may change things; rolled back whole on any exception."""
        async with self._write() as session, session.begin():
            yield session

    @asynccontextmanager
    async def reading(self) -> AsyncIterator[AsyncSession]:
        """One transaction that only looks."""
        async with self._read() as session, session.begin():
            yield session

    async def close(self) -> None:
        """Give every connection back."""
        await self.writer.dispose()
        await self.reader.dispose()


def sqlite_is_safe() -> bool:
    """Is the SQLite library free of the WAL-reset bug?"""
    return sqlite3.sqlite_version_info >= SQLITE_SAFE_FROM


def _sqlite_engine(url: sa.URL, *, writes: bool) -> AsyncEngine:
    pool: dict[str, Any] = {"pool_size": 1, "max_overflow": 0, "pool_timeout": 30} if writes else {}
    engine = create_async_engine(url, connect_args={"isolation_level": None, "timeout": 5}, **pool)

    @event.listens_for(engine.sync_engine, "connect")
    def _settle(connection: Any, _record: Any) -> None:
        cursor = connection.cursor()
        for pragma in (
            "journal_mode=WAL",
            "synchronous=FULL",
            "foreign_keys=ON",
            f"wal_autocheckpoint={1000 if writes else 0}",
            f"query_only={'OFF' if writes else 'ON'}",
        ):
            cursor.execute(f"PRAGMA {pragma}")
        cursor.close()

    @event.listens_for(engine.sync_engine, "begin")
    def _begin(connection: sa.Connection) -> None:
        connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN DEFERRED")

    return engine
