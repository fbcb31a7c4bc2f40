"""Many rows at a time: statements of the way in, whose text is made once."""

import re
from collections.abc import Mapping, Sequence
from typing import Any

import msgspec
import sqlalchemy as sa
from sqlmodel import AutoString, UTCDateTime

from volunteer_app.storage.moments import microseconds


class Many:
    """A statement that is run for many rows at a time, such as an INSERT.

    SQLAlchemy prepares the parameters of each row on its own, which costs more than writing the row. Here the text is
    made once for each set of columns, and values are brought into the database's form column by column. PostgreSQL gets
    several rows in one statement: no two of an upsert or update may then be about the same row.
    """

    def __init__(self, statement: Any) -> None:
        self._statement = statement
        self._made: dict[tuple[str, ...], tuple[str, str, list[tuple[str, Any]]]] = {}

    def run(self, connection: sa.Connection, rows: Sequence[Mapping[str, Any]]) -> None:
        """Run it for each row; all rows name the same columns. Does nothing when there are none."""
        if not rows:
            return
        dialect = connection.dialect
        key = (dialect.name, *rows[0])
        if key not in self._made:
            self._made[key] = self._make(dialect, rows[0])
        text, together, parameters = self._made[key]
        columns = []
        for name, to_database in parameters:
            if name in rows[0]:
                values = [row[name] for row in rows]
            else:
                values = [self._statement.table.c[name].default.arg] * len(rows)
            if to_database and all(value is values[0] for value in values):
                columns.append([to_database(values[0])] * len(values))  # one sender, one moment for many rows
            else:
                columns.append([*map(to_database, values)] if to_database else values)
        if dialect.name == "postgresql" and len(rows) > 1:
            connection.exec_driver_sql(together, tuple(columns))
        else:
            connection.exec_driver_sql(text, list(zip(*columns, strict=True)))

    def _make(self, dialect: sa.Dialect, row: Mapping[str, Any]) -> tuple[str, str, list[tuple[str, Any]]]:
        keys = list(row) if self._statement.is_insert else None
        made = self._statement.compile(dialect=dialect, column_keys=keys)
        kinds = [(name, made.binds[name].type) for name in made.positiontup]
        together = _rows_together(made.string, [kind.compile(dialect) for _, kind in kinds])
        return made.string, together, [(name, _to_database(kind, dialect)) for name, kind in kinds]


def _rows_together(text: str, kinds: list[str]) -> str:
    """The same statement of PostgreSQL with a list for each parameter instead of a value."""
    arrays = ", ".join(f"${n}::{re.sub(r'[(].*?[)]', '', kind)}[]" for n, kind in enumerate(kinds, 1))
    if text.startswith("INSERT"):
        rows = f"SELECT * FROM unnest({arrays})"  # noqa: S608 - names of types, nothing that anybody wrote
        return re.sub(r"VALUES \([^()]*\)", rows, text, count=1)
    named = re.sub(r"\$(\d+)(::[A-Z ]*[A-Z])?(?= WHERE| AND|,|$)", r"new_rows.c\1", text)
    columns = ", ".join(f"c{n}" for n in range(1, len(kinds) + 1))
    return named.replace(" WHERE ", f" FROM unnest({arrays}) AS new_rows ({columns}) WHERE ", 1)


def _to_database(kind: sa.types.TypeEngine[Any], dialect: sa.Dialect) -> Any:
    """How a value of this type is brought into the database's form; None: as it is."""
    if isinstance(kind, AutoString):
        return None
    if isinstance(kind, UTCDateTime) and dialect.name == "sqlite":
        return microseconds
    if isinstance(kind, sa.JSON) and dialect.name == "sqlite":
        return lambda value: msgspec.json.encode(value).decode()
    return kind.dialect_impl(dialect).bind_processor(dialect)
