"""What changed in a hamlet, in the order in which it was committed: the numbers that phones fetch by.

Every hamlet has its own counter, raised inside the transaction that changes its households, as its last statement. The
row lock makes the order of numbers the order of commits; one sequence for all would let a slow transaction commit
behind a phone's cursor and never be fetched.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from functools import cache
from uuid import UUID

import sqlalchemy as sa
from sqlmodel import Field, SQLModel, col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from volunteer_app.storage.database import Id, any_of, upsert
from volunteer_app.storage.households import HouseholdRow
from volunteer_app.storage.many import Many


class FeedRow(SQLModel, table=True):
    """A hamlet's counter: the number of the last change."""

    __tablename__ = "feeds"
    province_code: str = Field(primary_key=True, max_length=2)
    hamlet_id: UUID = Field(primary_key=True, sa_type=Id)
    head: int = Field(sa_type=sa.BigInteger)


class GoneRow(SQLModel, table=True):
    """A household that phones of this hamlet must let go, with the change's number."""

    __tablename__ = "gone"
    province_code: str = Field(primary_key=True, max_length=2)
    hamlet_id: UUID = Field(primary_key=True, sa_type=Id)
    seq: int = Field(primary_key=True, sa_type=sa.BigInteger)
    household_id: UUID = Field(sa_type=Id)


def note_changes(connection: sa.Connection, province_code: str, changed: Mapping[UUID, UUID]) -> None:
    """Number each changed household (household → hamlet) in its hamlet's feed. Call it last in a transaction."""
    numbers = [
        {"province": province_code, "of_household": household_id, "number": number}
        for household_id, number in numbered(connection, province_code, changed.items())
    ]
    SET_NUMBER.run(connection, numbers)


SET_NUMBER = Many(
    sa.update(HouseholdRow)
    .where(
        col(HouseholdRow.province_code) == sa.bindparam("province"),
        col(HouseholdRow.id) == sa.bindparam("of_household"),
    )
    .values(feed_seq=sa.bindparam("number"))
)


def note_gone(connection: sa.Connection, province_code: str, gone: Mapping[UUID, UUID]) -> None:
    """Tell the phones of each hamlet to let these households (household → hamlet) go."""
    rows = [
        {"province_code": province_code, "hamlet_id": gone[id_], "seq": number, "household_id": id_}
        for id_, number in numbered(connection, province_code, gone.items())
    ]
    if rows:
        connection.execute(sa.insert(GoneRow), rows)


async def heads(db: AsyncSession, province_code: str, hamlet_ids: Iterable[UUID]) -> dict[UUID, int]:
    """The last number of each hamlet; 0 where nothing has changed yet."""
    wanted = list(hamlet_ids)
    rows = await db.exec(
        select(FeedRow.hamlet_id, FeedRow.head).where(
            FeedRow.province_code == province_code, col(FeedRow.hamlet_id).in_(wanted)
        )
    )
    return dict.fromkeys(wanted, 0) | dict(rows.all())


async def gone_since(db: AsyncSession, province_code: str, cursors: Mapping[UUID, int]) -> list[UUID]:
    """The households that a phone with these cursors must let go."""
    since = [
        sa.and_(col(GoneRow.hamlet_id) == hamlet_id, col(GoneRow.seq) > cursor)
        for hamlet_id, cursor in cursors.items()
    ]
    if not since:
        return []
    rows = await db.exec(
        select(GoneRow.household_id).where(GoneRow.province_code == province_code, sa.or_(*since))
    )
    return list(rows)


def numbered(
    connection: sa.Connection, province_code: str, changed: Iterable[tuple[UUID, UUID]]
) -> list[tuple[UUID, int]]:
    """Raise the counters, in the order of hamlets (two batches at once never wait for each other crosswise)."""
    by_hamlet: dict[UUID, list[UUID]] = defaultdict(list)
    for household_id, hamlet_id in changed:
        by_hamlet[hamlet_id].append(household_id)
    hamlet_ids = sorted(by_hamlet)
    _raised(connection.dialect.name).run(
        connection,
        [
            {"province_code": province_code, "hamlet_id": id_, "head": len(by_hamlet[id_])}
            for id_ in hamlet_ids
        ],
    )
    heads = connection.execute(HEADS, {"province": province_code, "ids": hamlet_ids}) if hamlet_ids else ()
    return [
        (household_id, head - number)
        for hamlet_id, head in heads
        for number, household_id in enumerate(reversed(by_hamlet[hamlet_id]))
    ]


HEADS = sa.select(col(FeedRow.hamlet_id), col(FeedRow.head)).where(
    col(FeedRow.province_code) == sa.bindparam("province"), col(FeedRow.hamlet_id).in_(any_of("ids"))
)


@cache
def _raised(dialect: str) -> Many:
    new = upsert(dialect, FeedRow)
    raised = new.on_conflict_do_update(
        index_elements=["province_code", "hamlet_id"], set_={"head": col(FeedRow.head) + new.excluded.head}
    )
    return Many(raised)
