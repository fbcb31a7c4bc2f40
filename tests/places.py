"""Importing in tests: files into a database, and what the database then holds."""

import asyncio
import sqlite3
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from volunteer_app.importing.run import ImportReport, run_import
from volunteer_app.storage.database import Database
from volunteer_app.storage.imports import undo_last
from volunteer_app.storage.migrations import bring_up_to_date

SHARED = Path(__file__).parent.parent.parent / "shared" / "data"
NOW = datetime(2026, 11, 22, 8, 0, tzinfo=UTC)
UNITS, FORMER, HAMLETS = "admin-units-2025.csv", "former-units.csv", "hamlets-sample.csv"


def shared(name: str) -> Path:
    """A file of the real data beside the checkout; a test that needs it fails without it."""
    path = SHARED / name
    assert path.exists(), f"{name} is missing: this test needs the shared real data in {SHARED}"
    return path


def url_of(path: Path) -> str:
    return f"sqlite:///{path}"


def make_empty(path: Path) -> None:
    """A database with every migration applied and nothing in it."""
    run_in(path, bring_up_to_date)


def run_in(path: Path, work: Callable[[Database], Awaitable[Any]]) -> Any:
    """Run an async piece of work with the database open."""

    async def with_open() -> Any:
        database = Database(url_of(path))
        try:
            return await work(database)
        finally:
            await database.close()

    return asyncio.run(with_open())


def import_into(path: Path, *files: Path, **options: Any) -> list[ImportReport]:
    """Import files one after the other; options go to `run_import`."""
    options = {"kind": None, "preview": False, "now": NOW, "by": None, "largest_mb": 50} | options

    async def work(database: Database) -> list[ImportReport]:
        reports = []
        for file in files:
            async with database.writing() as db:
                reports.append(await run_import(db, path=file, **options))
        return reports

    return run_in(path, work)


def undo_in(path: Path) -> Any:
    """Take the last import back."""

    async def work(database: Database) -> Any:
        async with database.writing() as db:
            return await undo_last(db, now=NOW)

    return run_in(path, work)


def dump(path: Path) -> bytes:
    """Everything that the database holds, byte for byte, apart from the record of imports itself."""
    with sqlite3.connect(path) as connection:
        tables = connection.execute(
            "SELECT name FROM sqlite_master WHERE type = 'table' ORDER BY name"
        ).fetchall()
        lines = []
        for (table,) in tables:
            if table not in ("imports", "feeds", "gone"):  # logs: they only ever grow
                rows = connection.execute(f"SELECT * FROM {table}").fetchall()
                lines.append(f"{table}: {sorted(map(repr, rows))}")
    connection.close()
    return "\n".join(lines).encode()


def query(path: Path, sql: str, *values: Any) -> list[tuple]:
    """Rows straight from the file."""
    connection = sqlite3.connect(path)
    try:
        return connection.execute(sql, values).fetchall()
    finally:
        connection.close()


def execute(path: Path, sql: str, *values: Any) -> None:
    """Change something behind the import's back."""
    connection = sqlite3.connect(path)
    connection.execute(sql, values)
    connection.commit()
    connection.close()


def codes(report: ImportReport) -> list[str]:
    """The problems of a report by their code names."""
    return [problem.code for problem in report.problems]


def assert_readable(report: ImportReport) -> None:
    """Every sentence of the report fills in."""
    for problem in (*report.problems, *report.remarks, *report.questions):
        assert "%(" not in problem.sentence % problem.values
