"""`recount --mend`: tallies are put right in small parts, beside phones that deliver, however far they were off."""

import asyncio
from datetime import timedelta

import pytest
import sqlalchemy as sa

from tests.field_work import a_campaign, deliver, some_months
from tests.people import LAN, NOW, PROVINCE, a_household, a_visit
from volunteer_app.storage.database import at_once
from volunteer_app.storage.figures import put_right, tallies

HARMS = {
    "all are gone": ["DELETE FROM tallies", "DELETE FROM level_tallies", "DELETE FROM blocker_tallies"],
    "too much": [
        "UPDATE tallies SET turns = turns + 3",
        "UPDATE level_tallies SET with_help = with_help + 1",
    ],
    "too little": ["UPDATE blocker_tallies SET stuck = 0, standing = 0"],
    "of a place without families": ["UPDATE tallies SET place = 'nowhere' WHERE span = 'day'"],
    "a last visit that was none": ["UPDATE tallies SET last_on = '2027-01-01'"],
    "a past that was none": [
        "UPDATE so_far SET said = (SELECT said FROM so_far ORDER BY household_id LIMIT 1)",
        "UPDATE tallies SET turns = 0",
    ],
}


async def harm(database, statements) -> None:
    async with database.writing() as db:
        for statement in statements:
            await (await db.connection()).execute(sa.text(statement))


async def differences(database) -> list[str]:
    async with database.reading() as db:
        return await at_once(db, tallies.all_differences)


@pytest.mark.parametrize("statements", HARMS.values(), ids=list(HARMS))
def test_whatever_is_wrong_is_put_right(in_database, statements):
    async def work(database):
        await deliver(database, a_campaign(5, households=4))
        await harm(database, statements)
        wrong = await differences(database)
        await put_right.put_right(database)
        return wrong, await differences(database)

    wrong, after = in_database(work)

    assert wrong and after == []


def test_what_arrives_between_counting_and_putting_right_is_counted_once(in_database):
    """And a run that is cut short after its first part is gone on with by the next."""

    async def work(database):
        await deliver(database, some_months(6))
        await harm(database, HARMS["all are gone"])
        home = a_household(recorded_at=NOW - timedelta(minutes=9))
        async with database.reading() as db:
            areas = await at_once(db, tallies.areas_of, PROVINCE)
            wrong = [await at_once(db, put_right.wrong_in, PROVINCE, area) for area in areas]
        await deliver(database, [home, a_visit(home.id, recorded_at=NOW)], of=LAN)
        for one in wrong:
            await put_right.close_gaps(database, PROVINCE, put_right.Wrong(one.rows[:7], []))
        half = await differences(database)
        await put_right.put_right(database)
        return half, await differences(database)

    half, after = in_database(work)

    assert half and after == []


def test_no_transaction_grows_with_the_province(in_database, monkeypatch):
    """Each changes a handful of rows, while phones deliver at the same time."""
    monkeypatch.setattr(put_right, "PART", 10)
    together = []
    add = tallies.add_tally_rows

    def counted(connection, number, province, rows):
        together.append(len(rows))
        add(connection, number, province, rows)

    async def work(database):
        await deliver(database, a_campaign(7, households=5))
        await harm(database, HARMS["all are gone"])
        monkeypatch.setattr(tallies, "add_tally_rows", counted)
        await put_right.put_right(database)
        monkeypatch.setattr(tallies, "add_tally_rows", add)
        await harm(database, HARMS["too much"])
        phones = [deliver(database, some_months(seed, households=2)) for seed in (21, 22)]
        await asyncio.gather(put_right.put_right(database), *phones)
        return await differences(database)

    assert in_database(work) == []
    assert len(together) > 20 and max(together) <= 10
