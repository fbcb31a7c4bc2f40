"""P10: a family's "no" holds against open clashes, the leader's decision, mergers and their undoing, and old phones."""

from datetime import timedelta

import pytest
import sqlalchemy as sa
from sqlmodel import SQLModel, select

from tests.field_work import deliver
from tests.people import LAN, MINH, NOW, SCOPES, a_household, a_member, an_operation
from volunteer_app.domain.operations.kinds import SCHEMA
from volunteer_app.storage import households, merging
from volunteer_app.storage.clashes import open_clashes
from volunteer_app.storage.households import HouseholdRow
from volunteer_app.storage.privacy import ConsentRow
from volunteer_app.storage.settling import may_stand, settle_clash

MINHS = SCOPES[MINH]
BEGUN = NOW - timedelta(days=20)
NAMES = ("Chim Sáo", "Chim Én", "Chim Ri")


def change(household, base, minutes=0, **fields):
    body = {"household_id": household.id, "base": base} | fields
    return an_operation(
        "household_change", body, schema=SCHEMA, recorded_at=BEGUN + timedelta(minutes=minutes)
    )


def withdrawn(household, knew="given", minutes=60):
    return change(household, {"consent": knew}, minutes, consent="withdrawn", label="")


@pytest.fixture
def taken(in_database):
    """Deliver operations, each in a delivery of its own."""

    def run(*operations):
        for operation in operations:
            in_database(lambda database, one=operation: deliver(database, [one], of=LAN))

    return run


async def doors(db):
    return {row.code: (row.consent.value, row.label) for row in await db.exec(select(HouseholdRow))}


async def clashes(db):
    return await open_clashes(db, MINHS)


async def last_answers(db):
    """By household: the latest line of the register of consents."""
    rows = await db.exec(select(ConsentRow).order_by(ConsentRow.answered_at, ConsentRow.received_at))
    return {row.household_id: row.answer.value for row in rows}


async def names_anywhere(db):
    """Where a name of this file still stands, in any table, but for the sealed log's own copies."""
    connection = await db.connection()
    return sorted(
        {
            table.name
            for table in SQLModel.metadata.sorted_tables
            for row in (await connection.execute(sa.select(table))).mappings()
            if any(name in str(dict(row)) for name in NAMES)
        }
    )


async def merge(db, kept, lost):
    rows = [await households.household_of(db, MINHS, one.id) for one in (kept, lost)]
    return await merging.merge(db, MINHS, *rows, NOW)


async def undo(db, merger_id):
    merger = await merging.merger_of(db, MINHS, merger_id)
    return await merging.undo(db, MINHS, merger, NOW + timedelta(minutes=5))


def test_p10_a_withdrawal_ends_the_clash_about_the_name_and_no_name_is_left(taken, work):
    home = a_household(label=NAMES[0], recorded_at=BEGUN)
    taken(
        home,
        change(home, {"label": NAMES[0]}, 1, label=NAMES[1]),
        change(home, {"label": NAMES[0]}, 2, label=NAMES[2]),
    )
    assert [clash.field for clash in work(clashes)] == ["label"]

    taken(withdrawn(home))

    assert work(clashes) == []
    assert work(names_anywhere) == []


def test_p10_what_the_leader_decides_stands_in_the_register_and_a_no_cannot_be_overruled(taken, work):
    home = a_household(label=NAMES[0], recorded_at=BEGUN)
    taken(home, withdrawn(home), change(home, {"consent": "not_asked"}, 90, consent="given", label=NAMES[1]))
    (clash,) = work(clashes)
    assert (clash.field, clash.stood, clash.said) == ("consent", "withdrawn", "given")
    assert may_stand(clash) == (True, False)

    assert work(lambda db: settle_clash(db, MINHS, clash.id, "consent", keep_said=True, now=NOW))

    assert work(doors) == {"NT-001": ("withdrawn", "")}
    assert work(last_answers) == {home.id: "withdrawn"}
    assert work(names_anywhere) == []


def test_p10_a_settled_value_is_a_change_of_its_own(taken, work):
    home = a_household(people_count=3, recorded_at=BEGUN)
    taken(home, change(home, {"people_count": 3}, 1, people_count=4))
    taken(change(home, {"people_count": 3}, 2, people_count=5))
    (clash,) = work(clashes)

    work(lambda db: settle_clash(db, MINHS, clash.id, "people_count", keep_said=False, now=NOW))

    async def said(db):
        from volunteer_app.storage.changes import changes_of

        return [(one.person_id, one.fields) for one in await changes_of(db, MINHS, home.id)][-1]

    assert work(said) == (MINHS.person_id, {"people_count": 4})


@pytest.mark.parametrize("schema", range(1, SCHEMA + 1))
def test_p10_an_old_phone_that_does_not_say_what_it_knew_undoes_no_withdrawal(taken, work, schema):
    home = a_household(label=NAMES[0], recorded_at=BEGUN)
    body = {"household_id": home.id, "consent": "given", "label": NAMES[1]} | (
        {"base": {}} if schema > 1 else {}
    )
    taken(home, withdrawn(home), an_operation("household_change", body, schema=schema))

    assert work(doors) == {"NT-001": ("withdrawn", "")}
    assert [clash.field for clash in work(clashes)] == ["consent"]


def test_p10_who_knew_of_the_withdrawal_and_asked_again_may_write_yes(taken, work):
    home = a_household(label=NAMES[0], recorded_at=BEGUN)
    again = change(home, {"consent": "withdrawn", "label": ""}, 90, consent="given", label=NAMES[1])
    taken(home, withdrawn(home), again)

    assert work(doors) == {"NT-001": ("given", NAMES[1])}
    assert work(last_answers) == {home.id: "given"}


def test_p10_merging_a_family_that_withdrew_into_one_with_consent_keeps_the_no(taken, work):
    kept = a_household(label=NAMES[0], recorded_at=BEGUN)
    lost = a_household(code="NT-002", label=NAMES[1], recorded_at=BEGUN)
    taken(kept, lost, withdrawn(lost))

    merger_id = work(lambda db: merge(db, kept, lost))

    assert work(doors) == {"NT-001": ("withdrawn", "")}
    assert work(last_answers)[kept.id] == "withdrawn"
    assert work(names_anywhere) == []
    assert work(lambda db: undo(db, merger_id)) is None
    assert work(doors) == {"NT-001": ("given", ""), "NT-002": ("withdrawn", "")}
    assert work(last_answers) == {kept.id: "given", lost.id: "withdrawn"}


def test_p10_undoing_a_merger_gives_a_late_withdrawal_to_the_family_that_said_it(taken, work):
    kept = a_household(label=NAMES[0], recorded_at=BEGUN)
    lost = a_household(code="NT-002", label=NAMES[1], people_count=3, recorded_at=BEGUN)
    taken(kept, lost)
    merger_id = work(lambda db: merge(db, kept, lost))
    taken(withdrawn(lost), change(lost, {"people_count": 3}, 61, people_count=6))
    assert work(doors) == {"NT-001": ("withdrawn", "")}
    assert work(names_anywhere) == []

    assert work(lambda db: undo(db, merger_id)) is None

    assert work(doors) == {"NT-001": ("given", ""), "NT-002": ("withdrawn", "")}
    assert work(last_answers) == {kept.id: "given", lost.id: "withdrawn"}
    counts = work(people_counts)
    assert counts == {"NT-001": None, "NT-002": 6}


async def people_counts(db):
    return {row.code: row.people_count for row in await db.exec(select(HouseholdRow))}


def test_p10_what_was_said_of_the_kept_family_since_the_merger_stays_with_it(taken, work):
    kept = a_household(label=NAMES[0], people_count=3, recorded_at=BEGUN)
    lost = a_household(code="NT-002", label=NAMES[1], recorded_at=BEGUN)
    taken(kept, lost, a_member(lost.id, recorded_at=BEGUN))
    merger_id = work(lambda db: merge(db, kept, lost))
    taken(change(kept, {"people_count": 3}, 61, people_count=7), withdrawn(kept))

    assert work(lambda db: undo(db, merger_id)) is None

    assert work(doors) == {"NT-001": ("withdrawn", ""), "NT-002": ("given", "")}
    assert work(people_counts) == {"NT-001": 7, "NT-002": None}


def test_p10_a_withdrawal_that_clashes_about_the_name_keeps_neither_name(taken, work):
    """Name and consent in one change, by somebody who knew another name: no clash is left that would carry it."""
    home = a_household(label=NAMES[0], recorded_at=BEGUN)
    knew = {"consent": "given", "label": NAMES[0]}
    taken(
        home,
        change(home, {"label": NAMES[0]}, 1, label=NAMES[1]),
        change(home, knew, 2, consent="withdrawn", label=NAMES[2]),
    )

    assert work(clashes) == []
    assert work(names_anywhere) == []
