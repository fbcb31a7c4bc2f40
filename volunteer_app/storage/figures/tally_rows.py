"""The tables of tallies (see `storage/figures/tallies.py`): a row for each place and calendar span."""

from datetime import date

import sqlalchemy as sa
from sqlmodel import Field, SQLModel

from volunteer_app.domain.figures.tallies import BLOCKED, COUNTED
from volunteer_app.domain.independence import IndependenceLevel
from volunteer_app.domain.periods import Span
from volunteer_app.storage.database import words

OF_PROVINCE = ""
"""The area whose places are the communes of the province; any other area is a commune, and its places are hamlets."""

LEVELS = tuple(level.name.lower() for level in IndependenceLevel)


class TallyRow(SQLModel, table=True):
    """What was counted in a place in one calendar span; see `domain.tallies.COUNTED`.

    area: a commune's code, or `OF_PROVINCE`. place: a hamlet's id (32 digits), or a commune's code.
    last_on: the day of the last visit in the span.
    """

    __tablename__ = "tallies"
    __table_args__ = {"sqlite_with_rowid": False}
    province_code: str = Field(primary_key=True, max_length=2)
    area: str = Field(primary_key=True, max_length=5)
    span: Span = Field(sa_column=sa.Column(words(Span, 8), primary_key=True))
    start: date = Field(primary_key=True)
    place: str = Field(primary_key=True, max_length=32)
    turns: int = 0
    attempted: int = 0
    met: int = 0
    first_attempted: int = 0
    first_met: int = 0
    independent: int = 0
    runs: int = 0
    alone_runs: int = 0
    help_runs: int = 0
    done_runs: int = 0
    persons: int = 0
    guided: int = 0
    first_persons: int = 0
    first_guided: int = 0
    relapsed: int = Field(default=0, sa_column_kwargs={"server_default": "0"})
    rechecks: int = Field(default=0, sa_column_kwargs={"server_default": "0"})
    second_rechecks: int = Field(default=0, sa_column_kwargs={"server_default": "0"})
    confirmed_rechecks: int = Field(default=0, sa_column_kwargs={"server_default": "0"})
    rechecked: int = Field(default=0, sa_column_kwargs={"server_default": "0"})
    first_rechecked: int = Field(default=0, sa_column_kwargs={"server_default": "0"})
    last_on: date | None = None


class LevelTallyRow(SQLModel, table=True):
    """How many households came to stand at each level of a service, less those that left it, in one calendar span."""

    __tablename__ = "level_tallies"
    __table_args__ = {"sqlite_with_rowid": False}
    province_code: str = Field(primary_key=True, max_length=2)
    area: str = Field(primary_key=True, max_length=5)
    service: str = Field(primary_key=True, max_length=40)
    span: Span = Field(sa_column=sa.Column(words(Span, 8), primary_key=True))
    start: date = Field(primary_key=True)
    place: str = Field(primary_key=True, max_length=32)
    not_needed: int = 0
    not_started: int = 0
    done_for: int = 0
    with_help: int = 0
    alone_watched: int = 0
    confirmed_alone: int = 0


class BlockerTallyRow(SQLModel, table=True):
    """What stood in the way in a place in one calendar span, by blocker; see `domain.tallies.BLOCKED`."""

    __tablename__ = "blocker_tallies"
    __table_args__ = {"sqlite_with_rowid": False}
    province_code: str = Field(primary_key=True, max_length=2)
    area: str = Field(primary_key=True, max_length=5)
    span: Span = Field(sa_column=sa.Column(words(Span, 8), primary_key=True))
    start: date = Field(primary_key=True)
    place: str = Field(primary_key=True, max_length=32)
    blocker: str = Field(primary_key=True, max_length=20)
    stuck: int = 0
    households: int = 0
    first_households: int = 0
    standing: int = 0


TABLES: tuple[tuple[type[SQLModel], tuple[str, ...]], ...] = (
    (TallyRow, COUNTED),
    (LevelTallyRow, LEVELS),
    (BlockerTallyRow, BLOCKED),
)
"""Every table of tallies, with the names of its counts."""
