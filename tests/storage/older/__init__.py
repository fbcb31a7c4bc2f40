"""What older releases have left in a database: rows as they wrote them, in tables as their migrations made them.

`first-release.json` is of the first commit (3ca3637, schema 0011), `last-release.json` of b2322b9 (0187, 30 November 2026):
a season's work of the people of `tests/people.py`, delivered by those programs on SQLite and written down. A value that
begins with `x:` is bytes.
"""

import json
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from alembic import command

from volunteer_app.storage.database import Database
from volunteer_app.storage.migrations import _config

RELEASES = {"first": "0011", "last": "0187"}
"""A release → its last migration."""


def rows_of(release: str) -> dict[str, list[dict[str, Any]]]:
    """What it has left, by table."""
    text = (Path(__file__).parent / f"{release}-release.json").read_text("utf-8")
    said = json.loads(text)
    assert said["schema"] == RELEASES[release]
    return {
        table: [dict(zip(names, row, strict=True)) for row in rows]
        for table, (names, *rows) in said["rows"].items()
    }


async def leave(database: Database, release: str) -> None:
    """An empty database becomes what this release has left."""
    if database.is_sqlite:  # as `bring_up_to_date` does: a table is changed there by a copy of it
        async with database.writer.connect() as connection:
            driver = (await connection.get_raw_connection()).driver_connection
            assert driver
            await driver.execute("PRAGMA foreign_keys=OFF")
            async with connection.begin():
                await connection.run_sync(_leave, release)
            await driver.execute("PRAGMA foreign_keys=ON")
        return
    async with database.writer.begin() as connection:
        await connection.run_sync(_leave, release)


def _leave(connection: sa.Connection, release: str) -> None:
    config = _config()
    config.attributes["connection"] = connection
    command.upgrade(config, RELEASES[release])
    there = sa.MetaData()
    there.reflect(connection)
    rows = rows_of(release)
    for table in there.sorted_tables:
        for row in rows.get(table.name, ()):
            values = {name: _value(value, table.c[name].type) for name, value in row.items()}
            connection.exec_driver_sql(*_insert(connection, table, values))


def _insert(connection: sa.Connection, table: sa.Table, values: dict[str, Any]) -> tuple[str, Any]:
    """As the older program wrote it: on SQLite, no type of ours comes between."""
    names, on_sqlite = list(values), connection.dialect.name == "sqlite"
    marks = ", ".join("?" if on_sqlite else f"${number}" for number in range(1, len(names) + 1))
    columns = ", ".join(f'"{name}"' for name in names)
    return f'INSERT INTO "{table.name}" ({columns}) VALUES ({marks})', tuple(values.values())


def _value(value: Any, type_: sa.types.TypeEngine[Any]) -> Any:
    """What stood in SQLite, as a column of this type takes it."""
    kind = type(type_).__name__
    if isinstance(value, str) and value.startswith("x:"):
        return UUID(value[2:]) if kind == "UUID" else bytes.fromhex(value[2:])
    if kind == "TIMESTAMP" and value is not None:
        if isinstance(value, int):
            return datetime.fromtimestamp(value / 1_000_000, UTC)
        return datetime.fromisoformat(value).replace(tzinfo=UTC)
    if kind == "DATE" and value is not None and not isinstance(type_, sa.dialects.sqlite.DATE):  # type: ignore[attr-defined]
        return date.fromisoformat(value)
    if kind == "BOOLEAN" and value is not None:
        return bool(value)
    return value
