"""A plain Litestar and SQLAlchemy server that keeps what phones record, as rows and nothing else.

`python -m tests.bench.peers.plain PORT DATABASE_URL COOKIE`

It looks the cookie up in the database, writes a row for each operation unless it is there, and a line of an audit,
commits and answers. It keeps no summaries, returns, feeds for phones, digests or signatures: a ratio below 1 is no
disgrace by itself. One process; SQLite with WAL and FULL, or PostgreSQL with a pool of 20.
"""

import sys
from typing import Any
from uuid import UUID

import msgspec
import sqlalchemy as sa
import uvicorn
from litestar import Litestar, Request, Response, post
from litestar.exceptions import NotAuthorizedException
from sqlalchemy import event
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.ext.asyncio import AsyncEngine, create_async_engine
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column


class Base(DeclarativeBase):
    """Tables of this program."""


class Session(Base):
    """Who is signed in."""

    __tablename__ = "sessions"
    cookie: Mapped[str] = mapped_column(primary_key=True)
    person: Mapped[str]


class _Recorded:
    id: Mapped[UUID] = mapped_column(primary_key=True)
    household: Mapped[UUID] = mapped_column(index=True)
    person: Mapped[str]
    recorded_at: Mapped[str] = mapped_column(index=True)


class Visit(_Recorded, Base):
    """A visit."""

    __tablename__ = "visits"
    outcome: Mapped[str]
    note: Mapped[str]


class WalkThrough(_Recorded, Base):
    """A run of a guide."""

    __tablename__ = "walk_throughs"
    member: Mapped[UUID] = mapped_column(index=True)
    service: Mapped[str]
    marks: Mapped[dict[str, Any]] = mapped_column(sa.JSON)
    teach_back: Mapped[str]


class Observation(_Recorded, Base):
    """What was seen of somebody."""

    __tablename__ = "observations"
    member: Mapped[UUID] = mapped_column(index=True)
    service: Mapped[str]
    level: Mapped[int]
    basis: Mapped[str]


class Audit(Base):
    """Who sent what."""

    __tablename__ = "audit"
    number: Mapped[int] = mapped_column(primary_key=True)
    person: Mapped[str]
    operation: Mapped[UUID]


class Operation(msgspec.Struct):
    """One thing done on a phone."""

    id: UUID
    kind: str
    recorded_at: str
    body: dict[str, Any]


class Delivery(msgspec.Struct):
    """What a phone sends."""

    ops: list[Operation]


TABLES = {
    "visit": (Visit, ("outcome", "note")),
    "walk_through": (WalkThrough, ("member", "service", "marks", "teach_back")),
    "observation": (Observation, ("member", "service", "level", "basis")),
}


def row_of(operation: Operation, person: str) -> dict[str, Any]:
    """The row that keeps an operation."""
    body, names = operation.body, TABLES[operation.kind][1]
    row = {
        "id": operation.id,
        "household": UUID(body["household_id"]),
        "person": person,
        "recorded_at": operation.recorded_at,
    }
    return row | {name: UUID(body["member_id"]) if name == "member" else body[name] for name in names}


def app_on(engine: AsyncEngine, cookie: str) -> Litestar:
    """The server."""
    insert = postgresql.insert if engine.dialect.name == "postgresql" else sqlite.insert

    @post("/api/v1/ops", status_code=200)
    async def take(request: Request[Any, Any, Any]) -> Response[bytes]:
        delivery = msgspec.json.decode(await request.body(), type=Delivery)
        async with engine.begin() as db:
            wanted = sa.select(Session.person).where(Session.cookie == request.headers.get("cookie", ""))
            person = (await db.execute(wanted)).scalar()
            if person is None:
                raise NotAuthorizedException
            new: set[UUID] = set()
            for kind, (table, _) in TABLES.items():
                if rows := [row_of(one, person) for one in delivery.ops if one.kind == kind]:
                    kept = insert(table).values(rows).on_conflict_do_nothing().returning(table.id)
                    new |= set((await db.execute(kept)).scalars())
            if new:
                await db.execute(sa.insert(Audit), [{"person": person, "operation": id_} for id_ in new])
        answers = [
            {"id": one.id, "outcome": "accepted" if one.id in new else "duplicate"} for one in delivery.ops
        ]
        return Response(msgspec.json.encode({"answers": answers}), media_type="application/json")

    async def begin() -> None:
        async with engine.begin() as db:
            await db.run_sync(Base.metadata.create_all)
            await db.execute(sa.insert(Session), {"cookie": cookie, "person": "somebody"})

    return Litestar([take], on_startup=[begin], openapi_config=None)


def engine_for(url: str) -> AsyncEngine:
    """SQLite as it should be set for a server, or PostgreSQL."""
    if url.startswith("postgresql"):
        return create_async_engine(url.replace("postgresql", "postgresql+asyncpg", 1), pool_size=20)
    engine = create_async_engine(url.replace("sqlite", "sqlite+aiosqlite", 1))

    @event.listens_for(engine.sync_engine, "connect")
    def _settle(connection: Any, _record: Any) -> None:
        cursor = connection.cursor()
        for pragma in ("journal_mode=WAL", "synchronous=FULL", "foreign_keys=ON", "busy_timeout=30000"):
            cursor.execute(f"PRAGMA {pragma}")
        cursor.close()

    return engine


if __name__ == "__main__":
    served = app_on(engine_for(sys.argv[2]), sys.argv[3])
    uvicorn.run(served, port=int(sys.argv[1]), log_level="warning", access_log=False)
