"""The one database: engines, transactions, keys. SQLite (embedded default) or PostgreSQL, by one setting.

On SQLite writers take turns in the order in which they come, instead of sleeping in the busy handler; a turn begins
with a transaction's first statement. Deliveries of phones are written in a thread of their own (`writing_at_once`). WAL
with synchronous=FULL: what was acknowledged survives a power cut.
"""

import asyncio
import logging
import shutil
import sqlite3
import ssl
import time
from collections.abc import AsyncIterator, Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import IO, Any, Concatenate, ParamSpec, TypeVar
from uuid import UUID, uuid4

import msgspec
import sqlalchemy as sa
from sqlalchemy import event
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.engine import URL, make_url
from sqlalchemy.exc import DBAPIError, InterfaceError, OperationalError
from sqlalchemy.ext.asyncio import async_sessionmaker, create_async_engine
from sqlalchemy.util.concurrency import await_
from sqlmodel import Session, SQLModel
from sqlmodel.ext.asyncio.session import AsyncSession

from volunteer_app.storage import presence, register
from volunteer_app.storage.moments import keep_moments_as_numbers
from volunteer_app.storage.sqlite_driver import BEGIN_READING, OneCrossing

log = logging.getLogger(__name__)

P = ParamSpec("P")
T = TypeVar("T")

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

    def bind_processor(self, dialect: sa.Dialect) -> Any:
        """UUID to what the database keeps, without the detours of a TypeDecorator: ids are most of what is written."""
        if dialect.name == "postgresql":
            return super().bind_processor(dialect)
        return lambda value: None if value is None else value.bytes

    def result_processor(self, dialect: sa.Dialect, coltype: object) -> Any:
        """What the database keeps to UUID."""
        if dialect.name == "postgresql":
            return super().result_processor(dialect, coltype)
        return lambda value: None if value is None else UUID(bytes=value)


class Plain(sa.types.TypeDecorator[Any]):
    """JSON of plain values and of what JSON has no word for (days, moments, ids, sets of words)."""

    impl = sa.JSON
    cache_ok = True

    def process_bind_param(self, value: Any, dialect: sa.Dialect) -> Any:
        """Values to what JSON knows."""
        return msgspec.to_builtins(value)


def words(kind: type[StrEnum], length: int = 20) -> sa.Enum:
    """Column type for a set of words: the value is kept (not the member's name), as plain text."""
    return sa.Enum(kind, values_callable=lambda e: [m.value for m in e], native_enum=False, length=length)


def upsert(db: AsyncSession | str, table: type[SQLModel]) -> Any:
    """An INSERT that can go on with `on_conflict_do_update`, in the words of the database (or of this dialect)."""
    dialect = db if isinstance(db, str) else db.get_bind().dialect.name
    return postgresql.insert(table) if dialect == "postgresql" else sqlite.insert(table)


def only(where: str) -> dict[str, Any]:
    """An index of those rows only for which this holds: `sa.Index("ix_…", …, **only("done_at IS NULL"))`."""
    return {f"{dialect}_where": sa.text(where) for dialect in ("sqlite", "postgresql")}


def tie(table: str, *columns: str) -> sa.ForeignKeyConstraint:
    """These columns name a row of that table, in the same province; the last one is its id.

    A session's transaction is held to it when it ends, so that rows are written, moved and erased in any order; what
    phones deliver is held to it with every statement (`hold_to_ties_at_once`): one bad record is put aside alone.
    """
    return sa.ForeignKeyConstraint(
        ["province_code", *columns],
        [f"{table}.{column}" for column in ("province_code", *columns[:-1], "id")],
        deferrable=True,
        initially="IMMEDIATE",
    )


def hold_to_ties_at_once(connection: sa.Connection) -> None:
    """From here to the end of the transaction a row that names what is not there is refused with its statement."""
    is_sqlite = connection.dialect.name == "sqlite"
    connection.exec_driver_sql(
        "PRAGMA defer_foreign_keys=OFF" if is_sqlite else "SET CONSTRAINTS ALL IMMEDIATE"
    )


class _Session(Session):
    """A session that writes."""


@event.listens_for(_Session, "after_begin")
def _hold_to_ties_at_the_end(_session: Session, _transaction: Any, connection: sa.Connection) -> None:
    is_sqlite = connection.dialect.name == "sqlite"
    connection.exec_driver_sql(
        "PRAGMA defer_foreign_keys=ON" if is_sqlite else "SET CONSTRAINTS ALL DEFERRED"
    )


def any_of(name: str) -> sa.BindParameter[Any]:
    """A named list of ids, given when the statement is run: `column.in_(any_of("ids"))`.

    Statements of the way in are built once: building costs ten times as much as running them.
    """
    return sa.bindparam(name, expanding=True, type_=Id())


def is_fault_of_the_database(error: Exception) -> bool:
    """Is it the database that cannot (full, locked, gone, short of memory), not the record that may not be kept?"""
    if isinstance(error, OSError):  # nobody answers where PostgreSQL was, or the register cannot be written
        return True
    if not isinstance(error, DBAPIError):
        return False
    state = getattr(error.orig, "sqlstate", None)
    if (
        state
    ):  # PostgreSQL: connection, deadlock, resources, lock not free in time, operator's intervention, system
        return state[:2] in ("08", "40", "53", "57", "58") or state == "55P03"
    return error.connection_invalidated or isinstance(error, OperationalError | InterfaceError)


def one_at_a_time(connection: sa.Connection) -> None:
    """Of several processes that start, one after the other does what follows in this transaction."""
    if connection.dialect.name == "postgresql":
        connection.exec_driver_sql(f"SELECT pg_advisory_xact_lock({STARTING})")


STARTING = 7_419_206_118
"""Any number, the same in every process: the name of the lock on PostgreSQL."""


async def is_kept(db: AsyncSession, row: type[SQLModel], province_code: str, id_: UUID) -> bool:
    """Is there a row with this id? Where a form brings the id of what it makes, a repeat is harmless."""
    return await db.get(row, (province_code, id_)) is not None


async def at_once(
    db: AsyncSession, work: Callable[Concatenate[sa.Connection, P], T], *args: P.args, **named: P.kwargs
) -> T:
    """Run a function of synchronous statements inside the session's transaction."""
    await db.flush()
    return await (await db.connection()).run_sync(work, *args, **named)


class Database:
    """Opens transactions for reading and for writing."""

    def __init__(self, url: str, register_folder: Path | None = None) -> None:
        parsed = make_url(url)
        self.is_sqlite = parsed.get_backend_name() == "sqlite"
        self._in_use: IO[bytes] | None = None
        self._turn = asyncio.Lock()
        """Whose turn it is to write on SQLite; first come, first served."""
        self.held = Held()
        if self.is_sqlite:
            if parsed.database and parsed.database != ":memory:":
                Path(parsed.database).parent.mkdir(parents=True, exist_ok=True)
                self._in_use = presence.hold(Path(parsed.database))
            self._folder = Path(parsed.database or ".").parent
            async_url = parsed.set(drivername="sqlite+aiosqlite")
            driver = OneCrossing()
            self.writer = create_async_engine(async_url, module=driver, **SQLITE_WRITER, **ENGINE)
            self.reader = create_async_engine(async_url, module=driver, connect_args=SQLITE_OPENED, **ENGINE)
            self._thread_writer = sa.create_engine(parsed, **SQLITE_WRITER, **ENGINE)
            self._thread = ThreadPoolExecutor(max_workers=1, thread_name_prefix="writer")
            _take_turns(self.writer.sync_engine, self._turn)
            _settle_sqlite(self.writer.sync_engine, writes=True)
            _settle_sqlite(self._thread_writer, writes=True)
            _tell_when_held(self._thread_writer, self.held)
            _settle_sqlite(self.reader.sync_engine, writes=False)
        else:
            async_url, tls = with_tls(parsed.set(drivername="postgresql+asyncpg"))
            async_url, is_pooled = with_pooler(async_url)
            waits = {"server_settings": {"lock_timeout": f"{int(LONGEST_WAIT_SECONDS * 1000)}"}}
            how = (POOLED if is_pooled else waits) | tls
            self.writer = create_async_engine(async_url, connect_args=how, **POSTGRES_POOL, **ENGINE)
            # A reader sees one moment, however many statements it takes.
            self.reader = create_async_engine(
                async_url, isolation_level="REPEATABLE READ", connect_args=how, **POSTGRES_POOL, **ENGINE
            )
            if is_pooled:
                for engine in (self.writer, self.reader):
                    event.listen(engine.sync_engine, "begin", _wait_only_so_long)
        _tell_when_held(self.writer.sync_engine, self.held)
        kept_out = register.Register(register_folder) if register_folder else None
        for engine in (self.writer.sync_engine, *([self._thread_writer] if self.is_sqlite else [])):
            register.keep_in(engine, kept_out)
        self._disk_seen_at, self._free_percent = float("-inf"), 0.0
        self._write = async_sessionmaker(
            self.writer, class_=AsyncSession, sync_session_class=_Session, expire_on_commit=False
        )
        self._read = async_sessionmaker(self.reader, class_=AsyncSession, expire_on_commit=False)

    @asynccontextmanager
    async def writing(self) -> AsyncIterator[AsyncSession]:
        """One transaction that may change things; rolled back whole on any exception. It begins, and on SQLite its turn
        comes, with its first statement: what is done before that keeps nobody waiting."""
        async with self._write() as session, session.begin():
            yield session

    async def writing_at_once(self, work: Callable[[sa.Connection], T]) -> T:
        """One transaction of synchronous statements, committed when this returns.

        On SQLite they run in the writer's own thread, one after the other, without a hop for each statement.
        """
        if not self.is_sqlite:
            async with self.writer.begin() as connection:
                return await connection.run_sync(work)

        def in_thread() -> T:
            with self._thread_writer.begin() as connection:
                return work(connection)

        async with self._my_turn():
            return await asyncio.get_running_loop().run_in_executor(self._thread, in_thread)

    async def forget_traces(self) -> None:
        """After an erasure: empty the file in which SQLite still holds the pages as they were before. While somebody
        reads an old moment it stays; `retention` does it again every night. PostgreSQL's own way: docs/security.md."""
        if self.is_sqlite:
            async with self._my_turn():
                await asyncio.get_running_loop().run_in_executor(self._thread, self._empty_the_log)

    def _empty_the_log(self) -> None:
        with self._thread_writer.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
            connection.connection.cursor().execute("PRAGMA wal_checkpoint(TRUNCATE)").close()

    def has_room(self, least_free_percent: int) -> bool:
        """Was enough of the disk free within this second? Asked before writing; PostgreSQL sees to its own."""
        if not self.is_sqlite:
            return True
        if time.monotonic() > self._disk_seen_at + 1:
            disk, self._disk_seen_at = shutil.disk_usage(self._folder), time.monotonic()
            self._free_percent = disk.free * 100 / disk.total
        return self._free_percent >= least_free_percent

    def in_use(self) -> dict[str, float]:
        """Connections that somebody holds just now, as a figure's values."""
        pools = {"reader": self.reader.pool, "writer": self.writer.pool}
        return {f'{{pool="{name}"}}': pool.checkedout() for name, pool in pools.items()}  # type: ignore[attr-defined]

    @asynccontextmanager
    async def _my_turn(self) -> AsyncIterator[None]:
        if not self.is_sqlite:
            yield
            return
        async with self._turn:
            yield

    @asynccontextmanager
    async def reading(self) -> AsyncIterator[AsyncSession]:
        """One transaction that only looks."""
        async with self._read() as session, session.begin():
            yield session

    async def close(self) -> None:
        """Give every connection back."""
        if self.is_sqlite:
            self._thread.shutdown()
            self._thread_writer.dispose()
        await self.writer.dispose()
        await self.reader.dispose()
        if self._in_use:
            self._in_use.close()


@dataclass
class Held:
    """How often a transaction that writes took longer than `LONG_SECONDS`, and the longest of all, in seconds."""

    too_long: int = 0
    longest: float = 0.0

    def note(self, seconds: float) -> None:
        """A transaction has ended."""
        self.longest = max(self.longest, seconds)
        if seconds > LONG_SECONDS:
            self.too_long += 1
            log.warning("writer.held seconds=%.1f", seconds)


LONG_SECONDS = 1.0


def _take_turns(engine: sa.Engine, turn: asyncio.Lock) -> None:
    """A transaction of this engine begins when its turn has come; the next one's comes when its connection is back.
    There is one connection, so that nobody else can give the turn back."""
    is_ours = False

    @event.listens_for(engine, "begin")
    def _wait(_connection: sa.Connection) -> None:
        nonlocal is_ours
        await_(turn.acquire())
        is_ours = True

    @event.listens_for(engine, "checkin")
    def _give_back(_connection: Any, _record: Any) -> None:
        nonlocal is_ours
        if is_ours:
            is_ours = False
            turn.release()


def _tell_when_held(engine: sa.Engine, held: Held) -> None:
    """From the moment at which a transaction has its lock to that at which its connection is back."""

    @event.listens_for(engine, "begin")
    def _began(connection: sa.Connection) -> None:
        connection.info["began"] = time.monotonic()

    @event.listens_for(engine, "checkin")
    def _ended(_connection: Any, record: Any) -> None:
        began = record.info.pop("began", None)
        if began is not None:
            held.note(time.monotonic() - began)


def with_tls(url: URL) -> tuple[URL, dict[str, Any]]:
    """An address as PostgreSQL's own programs read it (`?sslmode=verify-full&sslrootcert=FILE`), for our driver."""
    mode, root = (url.query.get(name) for name in ("sslmode", "sslrootcert"))
    if not mode:
        return url, {}
    if not root:
        return url.difference_update_query(["sslmode"]), {"ssl": mode}
    context = ssl.create_default_context(cafile=str(root))
    context.check_hostname = mode == "verify-full"
    return url.difference_update_query(["sslmode", "sslrootcert"]), {"ssl": context}


POOLED: dict[str, Any] = {
    "statement_cache_size": 0,
    "prepared_statement_cache_size": 0,
    "prepared_statement_name_func": lambda: f"__{uuid4()}__",
}
"""Behind a pooler the next transaction may have another connection: nothing may be prepared for later."""


def with_pooler(url: URL) -> tuple[URL, bool]:
    """Where the server goes: to the pooler, if the address names one (`?pooler=HOST:PORT`). Is there one?"""
    if not (pooler := url.query.get("pooler")):
        return url, False
    host, _, port = str(pooler).rpartition(":")
    return url.difference_update_query(["pooler"]).set(host=host, port=int(port)), True


def _wait_only_so_long(connection: sa.Connection) -> None:
    """For somebody else's lock; told in each transaction, since a connection's own settings belong to everybody."""
    connection.exec_driver_sql(f"SET LOCAL lock_timeout = {int(LONGEST_WAIT_SECONDS * 1000)}")


def sqlite_is_safe() -> bool:
    """Is the SQLite library free of the WAL-reset bug?"""
    return sqlite3.sqlite_version_info >= SQLITE_SAFE_FROM


POSTGRES_POOL: dict[str, Any] = {"pool_pre_ping": True}
"""A connection that died with its server is noticed before a person's request meets it."""

ENGINE: dict[str, Any] = {"json_deserializer": msgspec.json.decode, "hide_parameters": True}
"""What the database refuses is told without the values that it was given: they may be names, and errors are logged."""

SYNCHRONOUS = "FULL"
"""Every commit reaches the disk before it is acknowledged: what was acknowledged survives a power cut."""

LONGEST_WAIT_SECONDS = 5.0
"""How long a statement waits for somebody else's lock before the phone is asked to come back; on PostgreSQL 0 would be
for ever."""

WAL_PAGES = 4000
"""How many pages (of 4 KB) gather in the write-ahead log before they go to the database file: an evening's deliveries
then pay for few of these moves."""

CACHE_KB = 16_000
"""What the writer keeps of the database in memory; a reader keeps SQLite's usual 2,000 KB."""

SQLITE_OPENED = {"isolation_level": None, "timeout": LONGEST_WAIT_SECONDS}
SQLITE_WRITER: dict[str, Any] = {
    "connect_args": SQLITE_OPENED,
    "pool_size": 1,
    "max_overflow": 0,
    "pool_timeout": 30,
}


def _settle_sqlite(engine: sa.Engine, *, writes: bool) -> None:
    keep_moments_as_numbers(engine)

    @event.listens_for(engine, "connect")
    def _settle(connection: Any, _record: Any) -> None:
        cursor = connection.cursor()
        for pragma in (
            "journal_mode=WAL",
            f"synchronous={SYNCHRONOUS}",
            "foreign_keys=ON",
            "secure_delete=ON",  # what is erased is overwritten, in the file and so in every later copy
            f"wal_autocheckpoint={WAL_PAGES if writes else 0}",
            f"cache_size={-CACHE_KB if writes else -2000}",
            f"query_only={'OFF' if writes else 'ON'}",
        ):
            cursor.execute(f"PRAGMA {pragma}")
        cursor.close()

    @event.listens_for(engine, "begin")
    def _begin(connection: sa.Connection) -> None:
        connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else BEGIN_READING)
