"""How moments are kept on SQLite: as whole microseconds since 1970. PostgreSQL has a type of its own for them.

Eight bytes instead of a text of 26; a visit brings four of them, and one more in an index.
"""

from datetime import UTC, datetime, timedelta
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects import sqlite

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
MICROSECOND = timedelta(microseconds=1)


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


def keep_moments_as_numbers(engine: sa.Engine) -> None:
    """Every column of moments on this engine of SQLite, whatever its table."""
    engine.dialect.colspecs = {**engine.dialect.colspecs, sa.DateTime: Microseconds}
