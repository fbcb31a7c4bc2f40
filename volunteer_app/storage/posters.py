"""Posters and how often each was opened, as kept. Who opened one is known to nobody: a day and a number, no more."""

from collections import Counter
from collections.abc import Mapping
from datetime import date
from typing import Any, NamedTuple
from uuid import UUID

import sqlalchemy as sa
from sqlmodel import Field, SQLModel, col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from volunteer_app.domain.ids import is_seed
from volunteer_app.domain.permissions import Scope
from volunteer_app.domain.posters import LONGEST_PLACE, Poster
from volunteer_app.domain.short_links import POSTER_LETTERS, new_code
from volunteer_app.storage.database import Database, Id, upsert


class PosterRow(Poster, table=True):
    """A poster, as kept."""

    __tablename__ = "posters"
    __table_args__ = (sa.Index("ix_posters_code", "code"),)
    province_code: str = Field(primary_key=True, max_length=2)
    code: str = Field(primary_key=True, max_length=6)
    place: str = Field(max_length=LONGEST_PLACE)
    made_by: UUID = Field(sa_type=Id)


class PosterOpensRow(SQLModel, table=True):
    """How often a poster was opened on one day."""

    __tablename__ = "poster_opens"
    province_code: str = Field(primary_key=True, max_length=2)
    code: str = Field(primary_key=True, max_length=6)
    day: date = Field(primary_key=True)
    opens: int


class Opened(NamedTuple):
    """One opening, as it is counted."""

    province_code: str
    code: str
    day: date


class PosterCount(NamedTuple):
    """A poster with its openings: since it was made, and since a day."""

    poster: PosterRow
    opens: int
    opens_lately: int


async def fresh_code(db: AsyncSession, sent: str = "") -> str:
    """A code that no poster has; what the same form sent again gets the code of the first time."""
    if is_seed(sent):
        return new_code(POSTER_LETTERS, sent)
    while True:
        code = new_code(POSTER_LETTERS)
        if await poster_called(db, code) is None:
            return code


async def poster_called(db: AsyncSession, code: str) -> PosterRow | None:
    """The poster with this code. A printed code is public: no scope."""
    return (await db.exec(select(PosterRow).where(PosterRow.code == code))).first()


async def keep(db: AsyncSession, scope: Scope, poster: Poster) -> None:
    """Keep a new poster of the scope's province."""
    db.add(PosterRow.model_validate(poster, update={"province_code": scope.province_code}))


async def poster_of(db: AsyncSession, scope: Scope, code: str) -> PosterRow | None:
    """The poster with this code, if it is in the scope."""
    return (await db.exec(_in_scope(select(PosterRow), scope).where(PosterRow.code == code))).first()


async def posters_of(db: AsyncSession, scope: Scope, *, lately_from: date) -> list[PosterCount]:
    """The posters of the scope with their openings, the newest first."""
    opens = (
        sa.select(
            col(PosterOpensRow.code),
            sa.func.sum(PosterOpensRow.opens).label("opens"),
            sa.func.sum(
                sa.case((col(PosterOpensRow.day) >= lately_from, col(PosterOpensRow.opens)), else_=0)
            ).label("lately"),
        )
        .where(col(PosterOpensRow.province_code) == scope.province_code)
        .group_by(col(PosterOpensRow.code))
        .subquery()
    )
    posters = select(PosterRow, opens.c.opens, opens.c.lately).outerjoin(
        opens, opens.c.code == col(PosterRow.code)
    )
    query = _in_scope(posters, scope).order_by(col(PosterRow.made_on).desc(), col(PosterRow.code))
    return [PosterCount(poster, count or 0, lately or 0) for poster, count, lately in await db.exec(query)]


async def add_opens(database: Database, counted: Mapping[Opened, int]) -> None:
    """Add what was counted since the last time, in one transaction."""
    async with database.writing() as db:
        for opened, count in counted.items():
            new = upsert(db, PosterOpensRow).values(**opened._asdict(), opens=count)
            await (await db.connection()).execute(
                new.on_conflict_do_update(
                    index_elements=["province_code", "code", "day"],
                    set_={"opens": col(PosterOpensRow.opens) + new.excluded.opens},
                )
            )


class OpenCounter:
    """Counts in memory between two writes, so that a crowd scanning one poster costs one write."""

    def __init__(self) -> None:
        self.counted: Counter[Opened] = Counter()

    def note(self, poster: Poster, day: date) -> None:
        """One more."""
        self.counted[Opened(poster.province_code, poster.code, day)] += 1

    async def write(self, database: Database) -> None:
        """Write what was counted; it stays counted here if that fails."""
        counted, self.counted = self.counted, Counter()
        if not counted:
            return
        try:
            await add_opens(database, counted)
        except BaseException:
            self.counted += counted
            raise


def _in_scope(query: Any, scope: Scope) -> Any:
    query = query.where(col(PosterRow.province_code) == scope.province_code)
    return (
        query
        if scope.commune_code is None
        else query.where(col(PosterRow.commune_code) == scope.commune_code)
    )
