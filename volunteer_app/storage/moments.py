"""How moments are kept on SQLite: as whole microseconds since 1970. PostgreSQL has a type of its own for them.

Eight bytes instead of a text of 26; a visit brings four of them, and one more in an index.
"""

from datetime import UTC, datetime, timedelta
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects import sqlite
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.functions import FunctionElement

from volunteer_app.domain.calendar import VIETNAM

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
MICROSECOND = timedelta(microseconds=1)
SECOND, DAY = timedelta(seconds=1), timedelta(days=1)
SHIFT = VIETNAM.utcoffset(None)


def microseconds(moment: datetime | None) -> int | None:
    """A moment as SQLite keeps it. Raises ValueError when it carries no zone."""
    if moment is None:
        return None
    if moment.tzinfo is None:
        raise ValueError("a moment without a zone")
    return (moment - EPOCH) // MICROSECOND


def moment_of(kept: int | None) -> datetime | None:
    """The moment that SQLite keeps as this number."""
    return None if kept is None else EPOCH + timedelta(microseconds=kept)


class Microseconds(sqlite.DATETIME):
    """SQLite's column of moments. Spans of time, which SQLAlchemy counts from the epoch without a zone, fit in too."""

    def bind_processor(self, dialect: sa.Dialect) -> Any:
        """Moment to number."""
        return lambda value: microseconds(value.replace(tzinfo=UTC) if value and not value.tzinfo else value)

    def result_processor(self, dialect: sa.Dialect, coltype: object) -> Any:
        """Number to moment."""
        return moment_of


class local_day_number(FunctionElement[int]):  # noqa: N801 - a function of SQL
    """The day of a moment in Vietnam as a number of days, in a statement of either database."""

    type = sa.Integer()
    inherit_cache = True


@compiles(local_day_number, "sqlite")
def _local_day_number_of_microseconds(element: Any, compiler: Any, **kw: Any) -> str:
    return f"(({compiler.process(element.clauses, **kw)} + {SHIFT // MICROSECOND}) / {DAY // MICROSECOND})"


@compiles(local_day_number, "postgresql")
def _local_day_number_of_moments(element: Any, compiler: Any, **kw: Any) -> str:
    seconds = f"extract(epoch from {compiler.process(element.clauses, **kw)})"
    return f"floor(({seconds} + {SHIFT // SECOND}) / {DAY // SECOND})::integer"


def keep_moments_as_numbers(engine: sa.Engine) -> None:
    """Every column of moments on this engine of SQLite, whatever its table."""
    engine.dialect.colspecs = {**engine.dialect.colspecs, sa.DateTime: Microseconds}
