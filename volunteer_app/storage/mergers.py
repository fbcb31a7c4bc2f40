"""Duplicates that were merged, as kept: what moved from one household to the other, so that it can be undone exactly.

Everything of the lost household moves to the kept one; the lost household's own row is taken out whole and kept here.
Work that arrives later for the lost household goes to the kept one (`operations/records.py`) and is remembered, so that
undoing gives that back too.
"""

from datetime import datetime
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlmodel import Field, SQLModel

from volunteer_app.storage.database import Id, Plain, tie


class MergerRow(SQLModel, table=True):
    """One merger (gộp hộ). lost: the lost household's row; moved: by table, each moved row with its place before.

    kept: what the kept household said of itself then, to which it returns; None for mergers older than this column.
    """

    __tablename__ = "mergers"
    __table_args__ = (sa.Index("ix_mergers_lost", "province_code", "lost_id"),)
    province_code: str = Field(primary_key=True, max_length=2)
    id: UUID = Field(primary_key=True, sa_type=Id)
    commune_code: str = Field(max_length=5)
    hamlet_id: UUID = Field(sa_type=Id)  # the kept household's
    kept_id: UUID = Field(sa_type=Id)
    lost_id: UUID = Field(sa_type=Id)
    lost: dict[str, Any] = Field(sa_column=sa.Column(Plain, nullable=False))
    kept: dict[str, Any] | None = Field(default=None, sa_column=sa.Column(Plain, nullable=True))
    moved: dict[str, Any] = Field(sa_column=sa.Column(Plain, nullable=False))
    person_id: UUID = Field(sa_type=Id)
    merged_at: datetime
    undone_at: datetime | None = None
    undone_by: UUID | None = Field(default=None, sa_type=Id)


class MergerArrivalRow(SQLModel, table=True):
    """A record that came for the lost household after the merger. Its id is its operation's; a session's ticks have
    their own."""

    __tablename__ = "merger_arrivals"
    __table_args__ = (tie("mergers", "merger_id"),)
    province_code: str = Field(primary_key=True, max_length=2)
    merger_id: UUID = Field(primary_key=True, sa_type=Id)
    operation_id: UUID = Field(primary_key=True, sa_type=Id)


class ToldApartRow(SQLModel, table=True):
    """Two households that look alike and are two: nobody is asked again."""

    __tablename__ = "told_apart"
    province_code: str = Field(primary_key=True, max_length=2)
    one_id: UUID = Field(primary_key=True, sa_type=Id)
    other_id: UUID = Field(primary_key=True, sa_type=Id)
    person_id: UUID = Field(sa_type=Id)
    told_at: datetime
