"""Erasing a household: nothing that anybody wrote is left, and no figure changes. Every table, every column of words."""

from datetime import timedelta

import sqlalchemy as sa
from sqlmodel import SQLModel

from tests.field_work import deliver, some_months
from tests.people import (
    LAN,
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
from volunteer_app.storage import households, privacy, standings
from volunteer_app.storage.database import at_once
from volunteer_app.storage.figures import tallies
from volunteer_app.storage.operations.senders import Sender
from volunteer_app.storage.operations.taking import take_all
from volunteer_app.storage.retention import forget_old

CANARY = "Chim hoàng yến"


def a_family_with_words_everywhere():
    """A family about which everything that can be written has been written; stuck in a guide, alone a day later."""
    begun = NOW - timedelta(days=20)
    home = a_household(label=f"Nhà {CANARY}", recorded_at=begun)
    member = a_member(home.id, label=CANARY, recorded_at=begun)
    visit = a_visit(home.id, note=f"{CANARY} kể", recorded_at=begun)
    stuck = a_walk_through(
        home.id,
        visit.id,
        member.id,
        marks={"open-app": "stuck"},
        teach_back="skipped",
        stuck_step="open-app",
        blocker="no_signal",
        note=f"{CANARY} đứng đợi",
        recorded_at=begun,
    )
    alone = an_operation(
        "observation",
        {
            "household_id": home.id,
            "member_id": member.id,
            "service": "activate-level-2",
            "level": 3,
            "basis": "observed",
            "reason": f"{CANARY} tự làm được ở chợ",
        },
        recorded_at=begun + timedelta(days=1),
    )
    settled = an_operation(
        "follow_up_settled",
        {
            "household_id": home.id,
            "follow_up_id": stuck.id,
            "settled_as": "cancelled",
            "why": f"{CANARY} đã làm được",
        },
        recorded_at=begun + timedelta(days=2),
    )
    return home, [home, member, visit, stuck, alone, settled]


async def everything_kept(db) -> str:
    """Every word of every table, but the hashes and heads of places."""
    connection = await db.connection()
    rows = []
    for table in SQLModel.metadata.sorted_tables:
        rows += [
            f"{table.name}: {dict(row)}" for row in (await connection.execute(sa.select(table))).mappings()
        ]
    return "\n".join(rows)


async def recounted(db):
    return await standings.differences(db, PROVINCE) + await at_once(db, tallies.differences, PROVINCE)


async def erase(db, household_id):
    return await privacy.erase(db, await households.household_of(db, SCOPES[MINH], household_id))


def test_p6_no_word_of_a_family_is_left_in_any_table_after_erasing_it(in_database, work):
    home, operations = a_family_with_words_everywhere()
    in_database(lambda database: deliver(database, operations, of=LAN))
    assert CANARY in work(everything_kept)

    work(lambda db: erase(db, home.id))

    assert [line for line in work(everything_kept).split("\n") if CANARY in line] == []


def test_p6_erasing_a_household_changes_no_figure(in_database, work):
    """One pseudonym a person, the same in every table: what stood in the way and was overcome stays overcome."""
    home, operations = a_family_with_words_everywhere()
    in_database(lambda database: deliver(database, operations, of=LAN))
    assert work(recounted) == []

    work(lambda db: erase(db, home.id))

    assert work(recounted) == []


def test_p6_erasing_every_household_one_by_one_changes_no_figure(in_database, work):
    in_database(lambda database: deliver(database, some_months(11)))

    async def one_by_one(db):
        differing = []
        for household in await households.households_in(db, SCOPES[MINH]):
            await privacy.erase(db, household)
            differing += await recounted(db)
        return differing

    assert work(one_by_one) == []


def test_old_words_are_emptied_in_every_counted_table_and_young_ones_stay(in_database, work):
    _home, operations = a_family_with_words_everywhere()
    in_database(lambda database: deliver(database, operations, of=LAN))
    counted = ("visits", "walk_throughs", "observations", "settlements")

    async def words_after(database, notes_before):
        long_ago = NOW - timedelta(days=4000)
        before = dict.fromkeys(("visits", "bodies", "requests", "sessions"), long_ago) | {
            "notes": notes_before
        }
        await forget_old(database, before=before)
        async with database.reading() as db:
            kept = (await everything_kept(db)).split("\n")
        return {line.partition(":")[0] for line in kept if CANARY in line} & set(counted)

    assert in_database(lambda database: words_after(database, NOW - timedelta(days=365))) == set(counted)
    assert in_database(lambda database: words_after(database, NOW + timedelta(days=1))) == set()


def test_p10_o17_what_waited_for_a_family_that_was_erased_ends_and_its_phone_is_told(in_database):
    home = a_household(recorded_at=NOW)
    waits = a_visit(home.id, recorded_at=NOW, note="001 234 567 890")

    async def work(database):
        lans = Sender(SCOPES[LAN], LANS_PHONE, "test")
        async with database.writing() as db:
            await take_all(db, lans, [home, waits], NOW)
            await privacy.erase(db, await households.household_of(db, SCOPES[MINH], home.id))
        async with database.writing() as db:
            return (await take_all(db, lans, [waits], NOW))[0]

    told = in_database(work)

    assert (told.outcome, told.problem.code) == ("duplicate", "operation.erased")
