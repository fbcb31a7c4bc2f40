"""Deliveries add to what is kept instead of recounting it: the recount proves every step of any history, and the work of
one operation does not grow with what its household has lived through."""

from datetime import datetime, timedelta
from random import Random
from typing import Any

import pytest
import sqlalchemy as sa
from hypothesis import example, given
from hypothesis import strategies as st
from sqlalchemy import event

from tests.field_work import a_campaign, deliver
from tests.people import (
    LANS_PHONE,
    MINH,
    NOW,
    PROVINCE,
    SCOPES,
    a_household,
    a_member,
    a_visit,
    a_walk_through,
    an_operation,
)
from tests.storage.figures.test_tallies import ON_BOTH
from volunteer_app.domain.operations.envelope import Operation, OperationOutcome
from volunteer_app.domain.operations.kinds import SCHEMA
from volunteer_app.domain.public_services import core_slugs
from volunteer_app.storage import households, merging, privacy, standings
from volunteer_app.storage.database import at_once
from volunteer_app.storage.figures import tallies
from volunteer_app.storage.figures.so_far import SoFarRow
from volunteer_app.storage.mergers import MergerRow
from volunteer_app.storage.operations.log import Sent
from volunteer_app.storage.operations.senders import Sender
from volunteer_app.storage.operations.taking import take, take_all

MINHS = SCOPES[MINH]
SENDER = Sender(MINHS, LANS_PHONE, "test")


async def differences(db) -> list[str]:
    return [*await standings.differences(db, PROVINCE), *await at_once(db, tallies.differences, PROVINCE)]


def taken_back(visit: Operation) -> Operation:
    return an_operation("taken_back", {"household_id": visit.body["household_id"], "record_id": visit.id})


def refused(home: Operation) -> Operation:
    """The family wants nothing kept about it any more."""
    return an_operation(
        "household_change",
        {"household_id": home.id, "consent": "refused", "base": {"consent": "given"}},
        schema=SCHEMA,
    )


class Season:
    """A campaign that arrives in parts, while families are merged, parted again, erased, and taps are taken back."""

    def __init__(self, seed: int, *, is_in_order: bool) -> None:
        self.chance = Random(seed)
        self.left = a_campaign(seed, households=5)
        self.left.sort(key=lambda one: one.recorded_at)
        if not is_in_order:
            self.chance.shuffle(self.left)
        self.homes = [one for one in self.left if one.kind == "household"]
        self.came: list[Operation] = []

    def _visits(self) -> list[Operation]:
        return [one for one in self.came if one.kind == "visit"]

    async def step(self, db) -> None:
        """Something happens."""
        doing = self.chance.choice([self._arrives] * 6 + [self._again, self._back, self._merge, self._part])
        if not self.left:
            doing = self.chance.choice([self._back, self._merge, self._part, self._refuse, self._erase])
        await doing(db)

    async def _take(self, db, operations: list[Operation]) -> None:
        answers = await take_all(db, SENDER, operations, NOW)
        assert {answer.outcome for answer in answers} <= {"accepted", "duplicate", "held", "parked"}

    async def _arrives(self, db) -> None:
        count = self.chance.choice([1, 1, 2, 5, 12])
        some, self.left = self.left[:count], self.left[count:]
        self.came += some
        await self._take(db, some)

    async def _again(self, db) -> None:
        if self.came:
            await self._take(db, self.chance.choices(self.came, k=3))

    async def _back(self, db) -> None:
        if visits := self._visits():
            await self._take(db, [taken_back(self.chance.choice(visits))])

    async def _two(self, db) -> list[Any]:
        wanted = self.chance.sample(self.homes, 2)
        found = [await households.household_of(db, MINHS, one.id) for one in wanted]
        return [row for row in found if row]

    async def _merge(self, db) -> None:
        rows = await self._two(db)
        if len(rows) == 2:
            await merging.merge(db, MINHS, *rows, NOW)

    async def _part(self, db) -> None:
        merger = (await db.exec(sa.select(MergerRow).where(MergerRow.undone_at.is_(None)))).scalars().first()
        if merger:
            await merging.undo(db, MINHS, merger, NOW)

    async def _refuse(self, db) -> None:
        await self._take(db, [refused(self.chance.choice(self.homes))])

    async def _erase(self, db) -> None:
        if rows := await self._two(db):
            await privacy.erase(db, rows[0])


@given(seed=st.integers(0, 10**6), is_in_order=st.booleans())
@example(seed=3, is_in_order=True)
@ON_BOTH
def test_m1_what_is_added_equals_a_recount_after_every_step_of_any_season(in_database, seed, is_in_order):
    async def work(database):
        season = Season(seed, is_in_order=is_in_order)
        for _ in range(15):
            async with database.writing() as db:
                await season.step(db)
                await db.flush()
                assert await differences(db) == []

    in_database(work)


def test_a_row_that_was_tampered_with_is_found_by_the_recount_and_made_anew(in_database):
    async def work(database):
        await deliver(database, sorted(a_campaign(3), key=lambda one: one.recorded_at))
        async with database.writing() as db:
            connection = await db.connection()
            rows = (await connection.execute(sa.select(SoFarRow.household_id, SoFarRow.said))).all()
            lie = rows[0].said | {"first_on": "2025-01-01"}
            one = sa.update(SoFarRow).where(SoFarRow.household_id == rows[0].household_id)
            await connection.execute(one.values(said=lie))
            found = await differences(db)
            await connection.run_sync(tallies.rebuild, PROVINCE)
            return rows, found, await differences(db)

    rows, found, after = in_database(work)

    assert len(rows) > 2
    assert [line.startswith(f"so far {rows[0].household_id}") for line in found] == [True]
    assert after == []


HOME = a_household(recorded_at=NOW - timedelta(days=400))
MEMBERS = [a_member(HOME.id, label=label, recorded_at=HOME.recorded_at) for label in ("bà nội", "con trai")]
LAST_VISIT = a_visit(HOME.id, recorded_at=NOW - timedelta(days=3))


def seen(at: datetime, member: Operation, service: str) -> Operation:
    body = {"household_id": HOME.id, "member_id": member.id, "service": service, "level": 3}
    body |= {"basis": "observed", "reason": "Bà tự làm trước mặt tôi"}
    return an_operation("observation", body, schema=SCHEMA, recorded_at=at)


def a_past(records: int) -> list[Operation]:
    """So many records of two members and five services, a visit, a walk-through and an observation a day."""
    found: list[Operation] = []
    for number in range(records // 3):
        at = NOW - timedelta(days=390 - number)
        member, service = MEMBERS[number % 2], core_slugs()[number % 5]
        visit = a_visit(HOME.id, outcome=("met", "nobody_home")[number % 4 == 3], recorded_at=at)
        run = a_walk_through(
            HOME.id, visit.id, member.id, service=service, guide=service, recorded_at=at + timedelta(hours=1)
        )
        found += [visit, run, seen(at + timedelta(hours=2), member, service)]
    return found


NEW = {
    "visit": a_visit(HOME.id),
    "a visit that comes late": a_visit(HOME.id, recorded_at=NOW - timedelta(days=5)),
    "walk-through": a_walk_through(HOME.id, LAST_VISIT.id, MEMBERS[0].id),
    "walk-through that got stuck": a_walk_through(
        HOME.id, LAST_VISIT.id, MEMBERS[1].id, marks={"open-app": "stuck"}, stuck_step="open-app",
        blocker="no_signal", teach_back="skipped",
    ),
    "observation": seen(NOW - timedelta(hours=1), MEMBERS[0], core_slugs()[1]),
    "observation of the same day before another": seen(NOW - timedelta(days=3, hours=2), MEMBERS[1], "register-birth"),
    "rating": an_operation("rating", {"household_id": HOME.id, "visit_id": LAST_VISIT.id, "smiley": 3}),
}  # fmt: skip


async def read_for(database, operation: Operation) -> tuple[int, int]:
    """How often something is read while this is taken; and on SQLite how many steps of its machine that takes: every
    row that is looked at takes some. What is written is what the operation adds."""
    reads: list[str] = []
    steps, is_reading = 0, False

    def step() -> int:
        nonlocal steps
        steps += is_reading
        return 0

    def begins(_connection, _cursor, statement: str, *_) -> None:
        nonlocal is_reading
        is_reading = statement.startswith(("SELECT", "WITH"))
        reads.extend([statement] if is_reading else [])

    def work(connection):
        event.listen(connection, "before_cursor_execute", begins)
        if connection.dialect.name == "sqlite":
            connection.connection.driver_connection.set_progress_handler(step, 1)
        answers = take(connection, PROVINCE, [Sent(SENDER, operation)], NOW)
        if connection.dialect.name == "sqlite":
            connection.connection.driver_connection.set_progress_handler(None, 1)
        assert [answer.outcome for answer in answers] == [OperationOutcome.ACCEPTED]

    await database.writing_at_once(work)
    return len(reads), steps


@pytest.mark.parametrize("new", NEW)
def test_an_operation_reads_as_much_after_three_hundred_records_as_after_one(in_database, new):
    """Counted, not timed; on both engines."""
    same_day = seen(NOW - timedelta(days=3), MEMBERS[1], "register-birth")

    async def read_after(database, past):
        await deliver(database, [HOME, *MEMBERS])
        for first in range(0, len(past), 30):
            await deliver(database, past[first : first + 30])
        await deliver(database, [LAST_VISIT, same_day])
        read = await read_for(database, NEW[new])
        async with database.writing() as db:
            assert await differences(db) == []
        return read

    young = in_database(lambda database: read_after(database, []))
    in_database(empty)
    old = in_database(lambda database: read_after(database, a_past(300)))

    assert old[0] <= young[0]
    assert old[1] <= young[1] + 60, f"{young[1]} steps, then {old[1]}"


async def empty(database) -> None:
    """Nothing happened yet."""
    async with database.writing() as db:
        home = await households.household_of(db, MINHS, HOME.id)
        assert home
        await privacy.erase(db, home)
        connection = await db.connection()
        for name in ("operations", "visits", "walk_throughs", "observations", "standings", "gone"):
            await connection.execute(sa.text(f"DELETE FROM {name}"))
        await connection.run_sync(tallies.rebuild, PROVINCE)


def test_fifty_operations_take_as_many_statements_on_postgresql_as_there_are_tables(in_database):
    """The rows of a table go in one statement: executions are counted, a statement for three rows being three."""
    homes = [a_household(code=f"NT-{number}", recorded_at=NOW - timedelta(days=9)) for number in range(10)]
    members = [a_member(home.id, recorded_at=NOW - timedelta(days=9)) for home in homes]
    day = []
    for number in range(25):
        home, member = homes[number % 10], members[number % 10]
        visit = a_visit(home.id, return_on=None, recorded_at=NOW - timedelta(hours=3))
        run = a_walk_through(home.id, visit.id, member.id, recorded_at=NOW - timedelta(hours=2))
        day += [visit, run]
    executed = 0

    def count(_connection, _cursor, _statement, parameters, _context, is_many) -> None:
        nonlocal executed
        executed += len(parameters) if is_many else 1

    def work(connection):
        event.listen(connection, "before_cursor_execute", count)
        answers = take(connection, PROVINCE, [Sent(SENDER, one) for one in day], NOW)
        assert {answer.outcome for answer in answers} == {OperationOutcome.ACCEPTED}
        return connection.dialect.name

    async def both(database):
        await deliver(database, [*homes, *members])
        return await database.writing_at_once(work)

    is_postgresql = in_database(both) == "postgresql"

    assert executed < 40 if is_postgresql else executed > 100
