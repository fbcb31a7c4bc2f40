"""Many rows at a time: the same rows as SQLAlchemy would write, one by one; and how statements reach SQLite."""

import asyncio
from datetime import UTC, datetime, timedelta, timezone
from uuid import uuid4

import aiosqlite
import pytest
import sqlalchemy as sa

from volunteer_app.storage.database import Database
from volunteer_app.storage.many import Many
from volunteer_app.storage.operations.log import OperationRow


def an_operation(**changes):
    """A row of the log, with a moment that carries another zone than UTC."""
    moment = datetime(2026, 11, 27, 5, 4, 3, 21, tzinfo=timezone(timedelta(hours=7)))
    return {
        "province_code": "08",
        "id": uuid4(),
        "person_id": uuid4(),
        "device_id": uuid4(),
        "seq": 1,
        "kind": "visit",
        "body_schema": 1,
        "digest": b"0123456789abcdef",
        "app_build": "đợt một",
        "outcome": "accepted",
        "recorded_at": moment,
        "received_at": moment,
    } | changes


def test_many_rows_are_written_as_one_by_one(in_database):
    rows = [an_operation(seq=number) for number in range(1, 4)]

    def write(connection: sa.Connection) -> list[tuple]:
        columns = [c for c in OperationRow.__table__.c if c.name != "id"]
        Many(sa.insert(OperationRow)).run(connection, rows)
        together = connection.execute(sa.select(*columns).order_by(OperationRow.seq)).all()
        connection.execute(sa.delete(OperationRow))
        for row in rows:
            connection.execute(sa.insert(OperationRow).values(row))
        return [together, connection.execute(sa.select(*columns).order_by(OperationRow.seq)).all()]

    together, one_by_one = in_database(lambda database: database.writing_at_once(write))

    assert together == one_by_one
    assert together[0].recorded_at == datetime(2026, 11, 26, 22, 4, 3, 21, tzinfo=UTC)


def test_a_moment_without_its_zone_is_not_written(in_database):
    row = an_operation(recorded_at=datetime(2026, 11, 27))  # noqa: DTZ001 - what is refused

    with pytest.raises(ValueError, match="zone"):
        in_database(
            lambda database: database.writing_at_once(lambda c: Many(sa.insert(OperationRow)).run(c, [row]))
        )


def test_a_statement_crosses_to_the_thread_of_sqlite_once(tmp_path, monkeypatch):
    crossings = []
    crossed = aiosqlite.Connection._execute

    async def counted(self, work, *given, **named):
        crossings.append(work)
        return await crossed(self, work, *given, **named)

    async def write_and_read() -> None:
        database = Database(f"sqlite:///{tmp_path}/one.db")
        async with database.writing() as db:
            await db.exec(sa.text("create table words (word text)"))
            await db.exec(sa.text("insert into words values ('một'), ('hai')"))
        async with database.reading() as db:
            await db.exec(sa.text("select 1"))
        crossings.clear()
        async with database.reading() as db:
            found = (await db.exec(sa.text("select word from words order by word"))).all()
        assert len(crossings) == 1  # and none for the beginning and the end of what only reads
        assert [word for (word,) in found] == ["hai", "một"]

        with pytest.raises(sa.exc.OperationalError, match="readonly"):
            async with database.reading() as db:
                await db.exec(sa.text("delete from words"))
        async with database.reading() as db:  # the connection that was refused something serves on
            assert (await db.exec(sa.text("select count(*) from words"))).one() == (2,)
        await database.close()

    monkeypatch.setattr(aiosqlite.Connection, "_execute", counted)
    asyncio.run(write_and_read())
