"""Two households that are one door (F6): everything moves, late work follows, and undoing gives back exactly."""

from datetime import timedelta
from random import Random
from uuid import UUID

import pytest
import sqlalchemy as sa
from sqlmodel import select

from tests.field_work import deliver, some_months
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
    a_member,
    a_visit,
    a_walk_through,
    an_operation,
)
from volunteer_app.domain.duplicates import LATER_MERGER, look_alike, pairs
from volunteer_app.domain.operations.claims import Thing, things_of
from volunteer_app.domain.operations.kinds import KINDS, SCHEMA
from volunteer_app.storage import feeds, households, merging, privacy, standings
from volunteer_app.storage.database import at_once
from volunteer_app.storage.figures import tallies
from volunteer_app.storage.mergers import MergerRow
from volunteer_app.storage.notes import NoteRow
from volunteer_app.storage.operations.senders import Sender
from volunteer_app.storage.operations.taking import take_all

MINHS = SCOPES[MINH]
LATER = NOW + timedelta(minutes=5)


def everything(connection) -> dict:
    """Every record of households and where they stand, without the numbers of feeds, which only ever grow."""
    found = {}
    for table in (*merging.tables(), households.HouseholdRow.__table__, households.StandingRow.__table__):
        rows = connection.execute(sa.select(table)).mappings()
        found[table.name] = sorted(
            repr(sorted((k, v) for k, v in row.items() if k != "feed_seq")) for row in rows
        )
    return found


@pytest.fixture
def work(in_database):
    """Run a piece of work in one writing transaction: `work(function of db)`."""

    def run(piece):
        async def inside(database):
            async with database.writing() as db:
                return await piece(db)

        return in_database(inside)

    return run


async def merge(db, kept, lost):
    rows = [await households.household_of(db, MINHS, id_) for id_ in (kept, lost)]
    return await merging.merge(db, MINHS, *rows, NOW)


async def snapshot(db):
    return await at_once(db, everything)


async def no_differences(db):
    return [*await standings.differences(db, PROVINCE), *await at_once(db, tallies.differences, PROVINCE)]


def two_doors():
    """One family twice: with a grandmother who got level 2 activated, and in the next hamlet with her son."""
    begun = NOW - timedelta(days=30)
    one = a_household(label="Nông Văn Mẫu", recorded_at=begun)
    grandmother = a_member(one.id, recorded_at=begun)
    visit = a_visit(one.id, recorded_at=begun)
    run = a_walk_through(one.id, visit.id, grandmother.id, recorded_at=begun)
    other = a_household(label="Nong van Mau", code="NT-002", hamlet_id=NEXT_HAMLET, recorded_at=begun)
    son = a_member(other.id, label="con trai", recorded_at=begun)
    other_visit = a_visit(other.id, recorded_at=begun + timedelta(days=1))
    other_run = a_walk_through(other.id, other_visit.id, son.id, service="spot-scams", recorded_at=begun)
    return one, other, son, [one, grandmother, visit, run, other, son, other_visit, other_run]


def test_f6_families_known_only_by_what_was_seen_of_them_keep_their_standing(in_database, work):
    """Two doors without any visit: what somebody saw at the market counts before, after, and after the undoing."""
    begun = NOW - timedelta(days=30)
    one, other = (a_household(code=code, recorded_at=begun) for code in ("NT-001", "NT-002"))
    people = [a_member(home.id, recorded_at=begun) for home in (one, other)]
    skill = {"service": "spot-scams", "level": 3, "basis": "observed", "reason": "thấy ở chợ"}
    seen = [
        an_operation(
            "observation",
            {"household_id": home.id, "member_id": member.id, **skill},
            schema=SCHEMA,
            recorded_at=begun + timedelta(days=1),
        )
        for home, member in zip((one, other), people, strict=True)
    ]
    in_database(lambda database: deliver(database, [one, other, *people, *seen]))
    before = work(snapshot)

    merger_id = work(lambda db: merge(db, one.id, other.id))

    assert work(no_differences) == []

    async def undo(db):
        return await merging.undo(db, MINHS, await merging.merger_of(db, MINHS, merger_id), LATER)

    assert work(undo) is None
    assert work(snapshot) == before
    assert work(no_differences) == []


def test_f6_visits_and_skills_move_and_undoing_gives_back_exactly(in_database, work):
    one, other, _, operations = two_doors()
    in_database(lambda database: deliver(database, operations))
    before = work(snapshot)

    merger_id = work(lambda db: merge(db, one.id, other.id))

    async def stands(db):
        return {row.household_id: row for row in await households.standings_in(db, MINHS)}

    merged = work(stands)
    assert merged.keys() == {one.id}
    assert merged[one.id].levels == {"activate-level-2": 3, "spot-scams": 3}
    assert merged[one.id].visit_count == 2
    assert work(no_differences) == []

    async def undo(db):
        return await merging.undo(db, MINHS, await merging.merger_of(db, MINHS, merger_id), LATER)

    assert work(undo) is None
    assert work(snapshot) == before
    assert work(no_differences) == []
    assert work(lambda db: merging.merger_of(db, MINHS, merger_id)) is None


@pytest.mark.parametrize("which", [0, 1], ids=["the kept one", "the lost one"])
def test_p6_erasing_a_household_forgets_what_was_merged_into_it(in_database, work, which):
    """Without `_forget_mergers` the lost household's name stays in `mergers.lost`."""
    one, other, _, operations = two_doors()
    in_database(lambda database: deliver(database, operations))

    async def erase(db):
        merger = await merging.merger_of(db, MINHS, await merge(db, one.id, other.id))
        if which:
            await merging.undo(db, MINHS, merger, LATER)
        done = await privacy.erase(db, await households.household_of(db, MINHS, (one, other)[which].id))
        return done["mergers"], len(list(await db.exec(select(MergerRow))))

    assert work(erase) == (1, 0)
    assert work(no_differences) == []


def test_work_that_arrives_late_for_the_lost_household_is_kept_and_given_back(in_database, work):
    one, other, son, operations = two_doors()
    in_database(lambda database: deliver(database, operations))
    merger_id = work(lambda db: merge(db, one.id, other.id))
    visit = a_visit(other.id)
    late = [
        visit,
        a_walk_through(other.id, visit.id, son.id, service="file-on-portal"),
        an_operation("member_change", {"household_id": other.id, "member_id": son.id, "own_phone": True}),
    ]

    in_database(lambda database: deliver(database, late))

    async def levels(db):
        return {row.household_id: set(row.levels) for row in await households.standings_in(db, MINHS)}

    assert work(levels) == {one.id: {"activate-level-2", "spot-scams", "file-on-portal"}}

    async def undo(db):
        return await merging.undo(db, MINHS, await merging.merger_of(db, MINHS, merger_id), LATER)

    work(undo)
    assert work(levels) == {one.id: {"activate-level-2"}, other.id: {"spot-scams", "file-on-portal"}}
    assert work(no_differences) == []


def late_work_of_every_kind(one, other, grandmother, son):
    """What a phone that has not heard of the merger delivers for the lost household, one of each kind that names one."""
    ours = {"household_id": other.id}
    visit, wrong = a_visit(other.id, outcome="later"), a_visit(other.id, outcome="moved")
    papers = an_operation(
        "dossier", ours | {"member_id": son.id, "service": "spot-scams", "result_on": "2026-12-01"}
    )
    ticked = [
        {"id": str(UUID(int=n + 1)), "household_id": str(home.id), "member_id": str(member.id), "level": 1}
        for n, (home, member) in enumerate([(one, grandmother), (other, son)])
    ]
    session = {"hamlet_id": str(HAMLET), "place": "market", "service": "file-on-portal", "people_count": 30}
    seen = {
        "member_id": son.id,
        "service": "file-on-portal",
        "level": 0,
        "basis": "self_said",
        "reason": "Mới thử",
    }
    return [
        visit,
        an_operation("rating", ours | {"visit_id": visit.id, "smiley": 3}),
        an_operation("follow_up_settled", ours | {"follow_up_id": visit.id, "settled_as": "done"}),
        a_member(other.id, label="cháu gái"),
        an_operation("member_change", ours | {"member_id": son.id, "own_phone": True}),
        an_operation(
            "household_change", ours | {"people_count": 4, "base": {"people_count": None}}, schema=2
        ),
        a_walk_through(other.id, visit.id, son.id, service="file-on-portal"),
        an_operation("observation", ours | seen, schema=SCHEMA),
        papers,
        an_operation("dossier_result", ours | {"dossier_id": papers.id, "result": "received"}),
        an_operation("note_done", ours | {"note_id": UUID(int=7)}),
        wrong,
        an_operation("taken_back", ours | {"record_id": wrong.id}),
        an_operation("outreach_session", session | {"ticked": ticked}),
    ]


def test_f6_late_work_of_every_kind_goes_back_with_the_household_it_was_said_of(in_database, work):
    """As if there had been no merger: the ticks of a session too, each with its own family."""
    one, other, son, operations = two_doors()
    late = late_work_of_every_kind(one, other, operations[1], son)
    in_database(lambda database: deliver(database, operations))

    async def ask(db):
        note = {"commune_code": MINHS.commune_code, "hamlet_id": NEXT_HAMLET, "household_id": other.id}
        db.add(
            NoteRow(
                province_code=PROVINCE, id=UUID(int=7), text="Nhờ hỏi", person_id=MINH, written_at=NOW, **note
            )
        )

    work(ask)
    merger_id = work(lambda db: merge(db, one.id, other.id))
    in_database(lambda database: deliver(database, late))

    async def undo(db):
        return await merging.undo(db, MINHS, await merging.merger_of(db, MINHS, merger_id), LATER)

    async def whose(db):
        found = {}
        for table in merging.tables():
            rows = (await (await db.connection()).execute(sa.select(table))).mappings()
            found |= {(table.name, row["id"]): row["household_id"] for row in rows}
        return found

    work(undo)

    found = work(whose)
    ids = {late_one.id for late_one in late} | {UUID(int=2)}
    assert {one_of.kind for one_of in late} == {
        name for name, kind in KINDS.items() if Thing.HOUSEHOLD in things_of(kind.body)
    }
    assert {key for key, home in found.items() if key[1] in ids and home != other.id} == set()
    assert found["attendances", UUID(int=1)] == found["observations", UUID(int=1)] == one.id
    assert found["attendances", UUID(int=2)] == found["observations", UUID(int=2)] == other.id
    assert work(no_differences) == []


def test_phones_let_the_lost_household_go_and_fetch_the_kept_one(in_database, work):
    one, other, _, operations = two_doors()
    in_database(lambda database: deliver(database, operations))

    async def heads(db):
        return await feeds.heads(db, PROVINCE, [HAMLET, NEXT_HAMLET])

    before = work(heads)
    merger_id = work(lambda db: merge(db, one.id, other.id))

    async def told(db):
        gone = await feeds.gone_since(db, PROVINCE, before)
        changed, _ = await households.changed_since(db, MINHS, before, 10)
        return gone, [row.id for row in changed]

    assert work(told) == ([other.id], [one.id])

    after = work(heads)

    async def undo(db):
        return await merging.undo(db, MINHS, await merging.merger_of(db, MINHS, merger_id), LATER)

    work(undo)

    async def changed_after(db):
        rows, _ = await households.changed_since(db, MINHS, after, 10)
        return {row.id for row in rows}

    assert work(changed_after) == {one.id, other.id}


def test_a_merger_of_a_merger_is_undone_in_order(in_database, work):
    one, other, _, operations = two_doors()
    third = a_household(code="NT-003", recorded_at=NOW - timedelta(days=3))
    in_database(lambda database: deliver(database, [*operations, third]))
    before = work(snapshot)
    first = work(lambda db: merge(db, one.id, other.id))
    second = work(lambda db: merge(db, third.id, one.id))
    late = a_visit(other.id)
    in_database(lambda database: deliver(database, [late]))

    async def undo(db, merger_id):
        return await merging.undo(db, MINHS, await merging.merger_of(db, MINHS, merger_id), LATER)

    assert work(lambda db: undo(db, first)) == LATER_MERGER
    assert work(lambda db: undo(db, second)) is None
    assert work(lambda db: undo(db, first)) is None
    after = work(snapshot)
    assert after["households"] == before["households"]
    assert work(no_differences) == []


@pytest.mark.parametrize("seed", range(3))
def test_any_merger_of_months_of_work_is_undone_exactly(in_database, work, seed):
    in_database(lambda database: deliver(database, some_months(seed, households=6)))
    before, chance = work(snapshot), Random(seed)

    async def ids(db):
        return sorted(row.id for row in await households.households_in(db, MINHS))

    kept, lost = chance.sample(work(ids), 2)
    merger_id = work(lambda db: merge(db, kept, lost))
    assert work(no_differences) == []

    async def undo(db):
        row = await merging.merger_of(db, MINHS, merger_id)
        assert isinstance(row, MergerRow)
        return await merging.undo(db, MINHS, row, LATER)

    work(undo)
    assert work(snapshot) == before


def test_a_volunteer_may_not_reach_a_kept_household_that_was_never_theirs(in_database, work):
    one, other, _, operations = two_doors()
    in_database(lambda database: deliver(database, operations))
    work(lambda db: merge(db, other.id, one.id))  # kept in the next hamlet, which is not Lan's

    async def late(db):
        made = [a_visit(one.id), a_visit(other.id)]
        return await take_all(db, Sender(SCOPES[LAN], LANS_PHONE, "test"), made, NOW)

    outcomes = [answer.outcome for answer in work(late)]
    assert outcomes == ["accepted", "parked"], (
        "at her own door she was; what she calls by the kept one is not hers"
    )


@pytest.mark.parametrize(
    ("one", "other", "alike"),
    [
        ("Nông Văn Mẫu", "Nong van mau", True),
        ("Nông Văn Mẫu", "Mẫu", True),
        ("Nông Văn Mẫu", "Nông Thị Mẫu", True),
        ("Nông Văn Mẫu", "Lý A Mẫu", False),
        ("Nông Văn Mẫu", "Nông Văn Thử", False),
        ("", "", False),
    ],
)
def test_f5_names_that_may_be_one_persons(one, other, alike):
    assert look_alike(one, other) is alike


def test_pairs_are_found_in_a_hamlet_until_a_leader_tells_them_apart():
    class Home:
        def __init__(self, id_, label, hamlet_id=HAMLET):
            self.id, self.label, self.hamlet_id, self.recorded_at = id_, label, hamlet_id, NOW

    one, other = Home(LAN, "Nông Văn Mẫu"), Home(MINH, "Nông Mẫu")
    elsewhere = Home(LANS_PHONE, "Nông Mẫu", NEXT_HAMLET)

    assert [{a.id, b.id} for a, b in pairs([one, other, elsewhere])] == [{LAN, MINH}]
    assert pairs([one, other, elsewhere], [(MINH, LAN)]) == []
