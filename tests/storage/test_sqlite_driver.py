"""Names of other packages that are no promise of theirs, and on which our driver and our moments rest.

An upgrade that takes one away is seen here, by name, before it is seen as a strange error of the database.
"""

import inspect
import subprocess
import sys

import aiosqlite
import pytest
import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.dialects.sqlite import aiosqlite as theirs
from sqlalchemy.util.concurrency import await_

from tests.conftest import ROOT
from volunteer_app.storage import sqlite_driver

CURSOR = theirs.AsyncAdapt_aiosqlite_cursor
CONNECTION = theirs.AsyncAdapt_aiosqlite_connection


def test_the_cursor_that_we_replace_has_the_parts_that_we_replace():
    names = {"execute", "executemany", "close", "fetchone", "fetchall", "_async_soft_close"}

    assert not {name for name in names if not callable(getattr(CURSOR, name, None))}
    assert {"description", "rowcount", "lastrowid"} <= set(dir(CURSOR))
    assert list(inspect.signature(CURSOR.__init__).parameters)[:2] == ["self", "adapt_connection"]
    slots = {slot for one in CURSOR.__mro__ for slot in getattr(one, "__slots__", ())}
    assert {"_adapt_connection", "_connection", "_rows"} <= slots


def test_fetching_reads_the_rows_that_we_keep():
    assert all(
        "_rows" in inspect.getsource(getattr(CURSOR, name)) for name in ("fetchone", "fetchmany", "fetchall")
    )


def test_the_connection_makes_the_cursor_that_it_names_and_tells_errors():
    assert issubclass(CONNECTION._cursor_cls, CURSOR)
    assert "_cursor_cls" in inspect.getsource(CONNECTION.cursor)
    assert callable(CONNECTION._handle_exception)
    assert list(inspect.signature(CONNECTION.__init__).parameters) == ["self", "dbapi", "connection"]


def test_the_driver_is_made_of_two_modules():
    assert list(inspect.signature(theirs.AsyncAdapt_aiosqlite_dbapi.__init__).parameters)[1:] == [
        "aiosqlite",
        "sqlite",
    ]
    assert sqlite_driver.OneCrossing().paramstyle == "qmark"
    assert callable(await_)


def test_aiosqlite_runs_what_we_give_it_in_its_thread():
    assert inspect.iscoroutinefunction(aiosqlite.Connection._execute)
    assert isinstance(aiosqlite.Connection._conn, property)
    assert "self._connection" in inspect.getsource(aiosqlite.Connection.__init__)


@pytest.mark.parametrize(
    "dialect", [sqlite.dialect(), postgresql.asyncpg.dialect()], ids=lambda one: one.name
)
def test_a_statement_tells_its_parameters_in_their_order(dialect):
    table = sa.Table("one", sa.MetaData(), sa.Column("b", sa.Integer), sa.Column("a", sa.Integer))

    assert table.insert().compile(dialect=dialect, column_keys=["a", "b"]).positiontup == ["b", "a"]


def test_a_dialect_says_how_it_keeps_moments():
    assert sa.DateTime in sqlite.dialect().colspecs


@pytest.mark.parametrize("before", ["", "import sqlite3, sqlite3.dbapi2; "])
def test_whoever_imports_sqlite3_after_us_gets_the_mended_library(before):
    pytest.importorskip("pysqlite3")
    program = before + (
        "import volunteer_app, pysqlite3, sqlite3, sqlite3.dbapi2; "
        "print(sqlite3 is pysqlite3, sqlite3.dbapi2 is pysqlite3.dbapi2)"
    )
    run = [sys.executable, "-c", program]
    done = subprocess.run(run, capture_output=True, text=True, cwd=ROOT, check=True)

    assert done.stdout.split() == ["True", "True"]
