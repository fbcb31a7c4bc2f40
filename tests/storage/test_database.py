"""Many rows at a time: the same rows as SQLAlchemy would write, one by one."""

from datetime import UTC, datetime, timedelta, timezone
from uuid import uuid4

import pytest
import sqlalchemy as sa

from volunteer_app.storage.database import Many
from volunteer_app.storage.operations import OperationRow


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
    row = an_operation(recorded_at=datetime(2026, 11, 27))

    with pytest.raises(ValueError, match="zone"):
        in_database(
            lambda database: database.writing_at_once(lambda c: Many(sa.insert(OperationRow)).run(c, [row]))
        )
