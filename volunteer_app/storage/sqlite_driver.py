"""aiosqlite for SQLAlchemy with one crossing to the connection's thread for each statement.

SQLAlchemy's own adapter crosses four times: it makes a cursor, executes, fetches and closes. A crossing there and back
costs more than most of a page's statements, and a page of figures has ten of them. Everything else is SQLAlchemy's.
"""

import sqlite3
from collections import deque
from typing import Any

import aiosqlite
from sqlalchemy.dialects.sqlite.aiosqlite import (
    AsyncAdapt_aiosqlite_connection,
    AsyncAdapt_aiosqlite_cursor,
    AsyncAdapt_aiosqlite_dbapi,
)
from sqlalchemy.util.concurrency import await_

BEGIN_READING = "BEGIN DEFERRED"
"""Takes no lock and reads nothing yet, so it does not cross at all; nor does the end of what only reads."""


class OneCrossingCursor(AsyncAdapt_aiosqlite_cursor):
    """Executes and fetches at once; what the statement told is kept after its cursor has closed."""

    __slots__ = ("_description", "_lastrowid", "_rowcount")

    _adapt_connection: Any

    def __init__(self, adapt_connection: Any) -> None:
        self._adapt_connection, self._connection = adapt_connection, adapt_connection._connection
        self._rows = deque()
        self._description, self._rowcount, self._lastrowid = None, -1, None

    @property
    def description(self) -> Any:
        """The columns of the rows; None of a statement without any."""
        return self._description

    @property
    def rowcount(self) -> int:
        """How many rows were changed."""
        return self._rowcount

    @property
    def lastrowid(self) -> Any:
        """SQLite's number of the row that was put in last."""
        return self._lastrowid

    def execute(self, operation: Any, parameters: Any = None) -> None:
        """Run a statement, and keep its rows."""
        if operation == BEGIN_READING:
            self._adapt_connection.only_reads = True
            self._connection._conn.execute(operation)
            return
        self._cross("execute", operation, () if parameters is None else parameters)

    def executemany(self, operation: Any, seq_of_parameters: Any) -> None:
        """Run a statement for each set of parameters."""
        self._cross("executemany", operation, seq_of_parameters)

    def _cross(self, run: str, operation: Any, parameters: Any) -> None:
        connection = self._connection

        def in_thread() -> list[Any]:
            cursor = connection._conn.cursor()
            try:
                getattr(cursor, run)(operation, parameters)
                self._description = cursor.description
                self._rowcount, self._lastrowid = cursor.rowcount, cursor.lastrowid
                return cursor.fetchall() if cursor.description else []
            finally:
                cursor.close()

        try:
            self._rows = deque(await_(connection._execute(in_thread)))
        except Exception as error:  # noqa: BLE001 - handed on to the driver's own handler
            self._adapt_connection._handle_exception(error)

    async def _async_soft_close(self) -> None:
        """Nothing is open any more."""

    def close(self) -> None:
        """Let go of rows that nobody fetched."""
        self._rows.clear()


class OneCrossingConnection(AsyncAdapt_aiosqlite_connection):
    """A connection whose cursors cross once, and which rolls nothing back where nothing has begun.

    only_reads: did its transaction begin as one that reads?
    """

    __slots__ = ("only_reads",)

    _cursor_cls = OneCrossingCursor

    def __init__(self, dbapi: Any, connection: Any) -> None:
        super().__init__(dbapi, connection)
        self.only_reads = False

    def commit(self) -> None:
        """End the transaction."""
        if not self.only_reads:
            super().commit()
            return
        self.only_reads = False
        try:
            self._connection._conn.commit()
        except Exception as error:  # noqa: BLE001 - handed on to the driver's own handler
            self._handle_exception(error)

    def rollback(self) -> None:
        """The pool asks for it whenever a connection comes back, mostly after the commit."""
        self.only_reads = False
        if (raw := self._connection._connection) and raw.in_transaction:
            super().rollback()


class OneCrossing(AsyncAdapt_aiosqlite_dbapi):
    """The driver, for `create_async_engine(…, module=OneCrossing())`."""

    def __init__(self) -> None:
        super().__init__(aiosqlite, sqlite3)

    def connect(self, *arg: Any, **kw: Any) -> AsyncAdapt_aiosqlite_connection:
        """Open a database."""
        return OneCrossingConnection(self, super().connect(*arg, **kw)._connection)
