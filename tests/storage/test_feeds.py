"""Phones fetch by hamlet and number; whatever is committed behind a cursor would be lost to them, so nothing may be."""

import asyncio
from uuid import uuid4

import pytest
import sqlalchemy as sa
from sqlmodel import select

from tests.conftest import opened
from tests.people import (
    HAMLET,
    LAN,
    LANS_PHONE,
    MINH,
    NEXT_HAMLET,
    NOW,
    PROVINCE,
    SCOPES,
    a_household,
    a_visit,
    id_of,
)
from volunteer_app.storage import feeds
from volunteer_app.storage.database import at_once
from volunteer_app.storage.households import HouseholdRow, changed_since
from volunteer_app.storage.operations.senders import Sender
from volunteer_app.storage.operations.taking import take_all

LANS = Sender(SCOPES[LAN], LANS_PHONE, "test")
MINHS = Sender(SCOPES[MINH], id_of("Minh's phone"), "test")


async def deliver(database, *operations, sender=LANS):
    async with database.writing() as db:
        await take_all(db, sender, list(operations), NOW)


async def fetch(database, cursors, most=100):
    async with database.reading() as db:
        page, total = await changed_since(db, SCOPES[MINH], cursors, most)
        return [row.id for row in page], total, await feeds.heads(db, PROVINCE, cursors)


def test_a_change_to_anything_of_a_household_brings_it_again(in_database):
    first, second = a_household(), a_household()

    async def work(database):
        await deliver(database, first, second)
        _, _, heads = await fetch(database, {HAMLET: -1})
        await deliver(database, a_visit(first.id))
        return await fetch(database, heads)

    ids, total, heads = in_database(work)

    assert (ids, total) == ([first.id], 1)
    assert heads == {HAMLET: 3}


def test_each_hamlet_counts_for_itself(in_database):
    async def work(database):
        await deliver(database, a_household())
        await deliver(
            database, a_household(hamlet_id=NEXT_HAMLET), a_household(hamlet_id=NEXT_HAMLET), sender=MINHS
        )
        return (await fetch(database, {HAMLET: -1, NEXT_HAMLET: 1}))[1:]

    total, heads = in_database(work)

    assert heads == {HAMLET: 1, NEXT_HAMLET: 2}
    assert total == 2


def test_a_repeat_and_a_parked_operation_move_no_number(in_database):
    household = a_household()

    async def work(database):
        await deliver(database, household)
        await deliver(database, household)
        await deliver(database, a_visit(household.id, note="008 199 012 345"))
        return await fetch(database, {HAMLET: 1})

    assert in_database(work) == ([], 0, {HAMLET: 1})


def test_a_household_that_is_gone_is_told_by_number(in_database):
    household = a_household()

    async def work(database):
        await deliver(database, household)
        async with database.writing() as db:
            await at_once(db, feeds.note_gone, PROVINCE, {household.id: HAMLET})
        async with database.reading() as db:
            return (
                await feeds.gone_since(db, PROVINCE, {HAMLET: 1}),
                await feeds.gone_since(db, PROVINCE, {HAMLET: 2}),
            )

    assert in_database(work) == ([household.id], [])


def test_no_change_is_missed_while_others_write(in_database):
    """Eight deliveries at once and one phone that keeps fetching: it ends with every household (reliability B5)."""
    batches = [[a_household() for _ in range(5)] for _ in range(16)]

    async def work(database):
        seen: set = set()
        cursor = {HAMLET: -1}
        writers = asyncio.gather(*(deliver(database, *batch) for batch in batches))
        while True:
            is_over = writers.done()
            ids, _, heads = await fetch(database, cursor)
            seen |= set(ids)
            cursor = heads
            if is_over:
                break
            await asyncio.sleep(0)
        await writers
        async with database.reading() as db:
            return seen, set(await db.exec(select(HouseholdRow.id)))

    seen, kept = in_database(work)

    assert len(kept) == 80
    assert seen == kept


@pytest.mark.parametrize("numbers", ["each hamlet its own", "one sequence for all"])
def test_e27_a_slow_transaction_is_never_overtaken(postgres, monkeypatch, numbers):
    """A number taken early and committed late, beside a quick one. The mutation check: a phone that has fetched the
    quick one's higher number never sees the slow one's."""
    name = f"test_{uuid4().hex[:12]}"
    slow, quick = a_household(), a_household()
    if numbers == "one sequence for all":
        monkeypatch.setattr(feeds, "numbered", from_one_sequence)

    async def seen_after(database, cursor):
        async with database.reading() as db:
            page, _ = await changed_since(db, SCOPES[MINH], {HAMLET: cursor}, 100)
            return {row.id for row in page}, max([cursor, *(row.feed_seq for row in page)])

    async def work():
        async with opened(postgres.database(name, template="migrated")) as database:
            async with database.writing() as db:
                await (await db.connection()).execute(sa.text("CREATE SEQUENCE one_for_all"))
            has_number, may_commit = asyncio.Event(), asyncio.Event()

            async def deliver_slowly():
                async with database.writing() as db:
                    await take_all(db, LANS, [slow], NOW)
                    has_number.set()
                    await may_commit.wait()

            slowly = asyncio.create_task(deliver_slowly())
            await has_number.wait()
            quickly = asyncio.create_task(deliver(database, quick, sender=MINHS))
            await asyncio.wait([quickly], timeout=0.5)  # it waits for the slow one, or overtakes it
            early, cursor = await seen_after(database, -1)
            may_commit.set()
            await asyncio.gather(slowly, quickly)
            late, _ = await seen_after(database, cursor)
            return early | late

    seen = asyncio.run(work())
    postgres.drop(name)

    assert seen == ({slow.id, quick.id} if numbers == "each hamlet its own" else {quick.id})


def from_one_sequence(connection, province_code, changed):
    """What must not be done: one number after the other, whoever commits first."""
    return [
        (id_, connection.execute(sa.text("SELECT nextval('one_for_all')")).scalar_one()) for id_, _ in changed
    ]
