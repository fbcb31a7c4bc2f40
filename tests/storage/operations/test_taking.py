"""What phones deliver is taken once, in any order, each on its own; and standings equal a recount."""

import asyncio
from datetime import timedelta
from random import Random
from uuid import uuid4

import pytest
import sqlalchemy as sa
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlmodel import select

from tests import people
from tests.conftest import opened
from tests.people import (
    HAMLET,
    HOA,
    LAN,
    LANS_PHONE,
    MINH,
    NEXT_HAMLET,
    NOW,
    SCOPES,
    a_household,
    a_member,
    a_visit,
    a_walk_through,
    an_operation,
)
from volunteer_app.domain.operations.envelope import OperationOutcome as Outcome
from volunteer_app.storage import standings
from volunteer_app.storage.figures.so_far import SoFarRow
from volunteer_app.storage.figures.tally_rows import LevelTallyRow, TallyRow
from volunteer_app.storage.follow_ups import FollowUpRow, open_of
from volunteer_app.storage.households import HouseholdRow, MemberRow, StandingRow
from volunteer_app.storage.operations.log import OperationRow
from volunteer_app.storage.operations.records import TABLES
from volunteer_app.storage.operations.senders import Sender
from volunteer_app.storage.operations.taking import take_all
from volunteer_app.storage.privacy import ConsentRow
from volunteer_app.storage.visits import ObservationRow, VisitRow, WalkThroughRow

LANS = Sender(SCOPES[LAN], LANS_PHONE, "test")


def a_whole_visit(chance: Random | None = None) -> list:
    """Household, member, visit and walk-through, in the order they were made."""
    chance = chance or Random(1)
    at = NOW - timedelta(days=chance.randrange(1, 50))
    household = a_household(recorded_at=at)
    member = a_member(household.id, recorded_at=at)
    visit = a_visit(household.id, recorded_at=at)
    run = a_walk_through(household.id, visit.id, member.id, recorded_at=at)
    return [household, member, visit, run]


async def deliver(database, operations, sender=LANS):
    async with database.writing() as db:
        return [answer.outcome for answer in await take_all(db, sender, operations, NOW)]


async def everything(database) -> dict:
    """All records, in a form that can be compared; without when and in which order the server received them."""
    found = {}
    async with database.reading() as db:
        for row in (
            HouseholdRow,
            MemberRow,
            VisitRow,
            WalkThroughRow,
            ObservationRow,
            FollowUpRow,
            StandingRow,
        ):
            rows = [r.model_dump(exclude={"received_at", "feed_seq"}) for r in await db.exec(select(row))]
            found[row.__tablename__] = sorted(rows, key=str)
        found["differences"] = await standings.differences(db, people.PROVINCE)
    return found


async def count(database, row) -> int:
    async with database.reading() as db:
        return (await db.exec(select(sa.func.count()).select_from(row))).one()


def test_a_whole_visit_is_taken_and_counts(in_database):
    household, *rest = a_whole_visit()

    async def work(database):
        outcomes = await deliver(database, [household, *rest])
        async with database.reading() as db:
            standing = (await db.exec(select(StandingRow))).one()
            observation = (await db.exec(select(ObservationRow))).one()
            return outcomes, standing, observation

    outcomes, standing, observation = in_database(work)

    assert outcomes == [Outcome.ACCEPTED] * 4
    assert standing.household_id == household.id
    assert standing.first_met_on == standing.last_visit_on == (NOW - timedelta(days=9)).date()
    assert (observation.level, observation.person_id) == (3, LAN)
    assert standing.levels == {"activate-level-2": 3}


def test_o4_the_same_delivery_again_changes_nothing_and_is_a_success(in_database):
    batch = a_whole_visit()

    async def work(database):
        await deliver(database, batch)
        before = await everything(database)
        outcomes = await deliver(database, batch)
        return outcomes, before, await everything(database)

    outcomes, before, after = in_database(work)

    assert outcomes == [Outcome.DUPLICATE] * 4
    assert after == before


def test_the_same_operation_twice_in_one_delivery_counts_once(in_database):
    household = a_household()

    async def work(database):
        return await deliver(database, [household, household]), await count(database, HouseholdRow)

    outcomes, households = in_database(work)

    assert (outcomes, households) == ([Outcome.ACCEPTED] * 2, 1)


def test_five_deliveries_at_once_give_one_effect(in_database):
    batch = a_whole_visit()

    async def work(database):
        outcomes = await asyncio.gather(*(deliver(database, batch) for _ in range(5)))
        return outcomes, await everything(database)

    outcomes, after = in_database(work)

    assert sorted(o[2] for o in outcomes) == [Outcome.ACCEPTED, *[Outcome.DUPLICATE] * 4]
    assert len(after["visits"]) == len(after["observations"]) == 1
    assert after["differences"] == []


@pytest.mark.parametrize("has_key", [True, False])
def test_e3_two_servers_that_take_the_same_at_once_keep_it_once(postgres, has_key):
    """Neither has seen the other's rows when it looks for repeats. The mutation check: without the primary keys, both
    are kept."""
    name = f"test_{uuid4().hex[:12]}"
    household = a_household()

    async def work():
        async with opened(postgres.database(name, template="migrated")) as database:
            if not has_key:
                async with database.writing() as db:
                    for table in ("operations", "households", "consents"):
                        drop = sa.text(f"ALTER TABLE {table} DROP CONSTRAINT pk_{table} CASCADE")
                        await (await db.connection()).execute(drop)
            has_looked, may_commit = asyncio.Event(), asyncio.Event()

            async def first():
                async with database.writing() as db:
                    answers = await take_all(db, LANS, [household], NOW)
                    has_looked.set()
                    await may_commit.wait()
                return answers[0].outcome

            one = asyncio.create_task(first())
            await has_looked.wait()
            other = asyncio.create_task(deliver(database, [household]))
            await asyncio.wait([other], timeout=0.5)
            may_commit.set()
            return await one, (await other)[0], await count(database, HouseholdRow)

    outcomes = asyncio.run(work())
    postgres.drop(name)

    if has_key:
        assert outcomes == (Outcome.ACCEPTED, Outcome.DUPLICATE, 1)
    else:
        assert outcomes == (Outcome.ACCEPTED, Outcome.ACCEPTED, 2)


def test_the_same_id_with_other_content_is_kept_apart(in_database):
    household = a_household()
    other = a_household(id=household.id, label="Lý Thị Thử")

    async def work(database):
        await deliver(database, [household])
        outcomes = await deliver(database, [other])
        async with database.reading() as db:
            return outcomes, (await db.exec(select(HouseholdRow.label))).all()

    assert in_database(work) == ([Outcome.MISMATCH], ["Nông Văn Mẫu"])


async def empty(database) -> None:
    """Nothing was ever delivered."""
    async with database.writing() as db:
        for table in (*TABLES, OperationRow, ConsentRow, StandingRow, SoFarRow, TallyRow, LevelTallyRow):
            await (await db.connection()).execute(sa.delete(table))


@settings(max_examples=12, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(data=st.data())
def test_any_order_and_any_cut_into_deliveries_gives_the_same_records(in_database, data):
    batch = [operation for seed in range(3) for operation in a_whole_visit(Random(seed))]
    shuffled = data.draw(st.permutations(batch))
    cuts = sorted(data.draw(st.lists(st.integers(0, len(batch)), max_size=4)))

    async def work(database):
        await empty(database)
        await deliver(database, batch)
        expected = await everything(database)
        await empty(database)
        for start, end in zip([0, *cuts], [*cuts, len(batch)], strict=True):
            await deliver(database, shuffled[start:end])
        return expected, await everything(database)

    expected, after = in_database(work)

    assert after == expected
    assert after["differences"] == []


def test_a_visit_before_its_household_waits_and_is_taken_when_it_arrives(in_database):
    household, member, visit, run = a_whole_visit()

    async def work(database):
        first = await deliver(database, [run])
        second = await deliver(database, [visit])
        third = await deliver(database, [member])
        waiting = await count(database, VisitRow)
        last = await deliver(database, [household])
        again = await deliver(database, [run, visit, member])
        return first + second + third + last, waiting, again, await count(database, WalkThroughRow)

    outcomes, waiting, again, runs = in_database(work)

    assert outcomes == [Outcome.HELD] * 3 + [Outcome.ACCEPTED]
    assert waiting == 0
    assert again == [Outcome.DUPLICATE] * 3
    assert runs == 1


@pytest.mark.parametrize(
    ("kind", "body", "reason"),
    [
        (
            "household",
            {"hamlet_id": HAMLET, "code": "X", "consent": "given", "label": "CCCD 001234567890"},
            "text.id_number",
        ),
        (
            "household",
            {"hamlet_id": HAMLET, "code": "X", "consent": "given", "ethnicity": "?"},
            "operation.unreadable",
        ),
        (
            "household",
            {"hamlet_id": HAMLET, "code": "X", "consent": "given", "label": "A\x00B"},
            "text.control",
        ),
        ("household", {"hamlet_id": NEXT_HAMLET, "code": "X", "consent": "given"}, "operation.not_assigned"),
        ("poem", {}, "operation.newer_app"),
        ("household", {}, "operation.unreadable"),
    ],
)
def test_one_bad_record_is_parked_with_its_reason_and_never_blocks_the_rest(in_database, kind, body, reason):
    good, bad = a_household(), an_operation(kind, body)

    async def work(database):
        async with database.writing() as db:
            answers = await take_all(db, LANS, [bad, good], NOW)
        async with database.reading() as db:
            kept = (await db.exec(select(OperationRow).where(OperationRow.id == bad.id))).one()
        return answers, kept, await count(database, HouseholdRow)

    answers, kept, households = in_database(work)

    assert [a.outcome for a in answers] == [Outcome.PARKED, Outcome.ACCEPTED]
    assert answers[0].problem.code == kept.reason == reason
    assert kept.body is not None, "the server keeps what it parked"
    assert households == 1


def test_a_newer_app_is_parked_not_refused(in_database):
    newer = a_household()
    newer.schema = 99

    assert in_database(lambda database: deliver(database, [newer])) == [Outcome.PARKED]


def test_a_household_of_another_commune_is_as_unknown_as_one_that_does_not_exist(in_database):
    household = a_household()

    async def work(database):
        await deliver(database, [household])
        hoas = Sender(SCOPES[HOA], people.id_of("Hoà's phone"), "test")
        foreign = await deliver(database, [a_visit(household.id)], hoas)
        unknown = await deliver(database, [a_visit(people.id_of("nowhere"))], hoas)
        return foreign, unknown, await count(database, VisitRow)

    assert in_database(work) == ([Outcome.HELD], [Outcome.HELD], 0)


def test_a_leader_may_record_anywhere_in_the_commune(in_database):
    minhs = Sender(SCOPES[MINH], people.id_of("Minh's phone"), "test")

    outcomes = in_database(lambda database: deliver(database, [a_household(hamlet_id=NEXT_HAMLET)], minhs))

    assert outcomes == [Outcome.ACCEPTED]


def test_without_consent_the_name_goes_at_once(in_database):
    household = a_household()
    withdrawn = an_operation("household_change", {"household_id": household.id, "consent": "withdrawn"})

    async def work(database):
        await deliver(database, [household])
        await deliver(database, [withdrawn])
        async with database.reading() as db:
            return (await db.exec(select(HouseholdRow.label, HouseholdRow.consent))).one()

    assert in_database(work) == ("", "withdrawn")


def test_a_member_change_sets_only_what_it_names(in_database):
    household, member = a_household(), None
    member = a_member(household.id, own_phone=True)
    change = an_operation(
        "member_change", {"household_id": household.id, "member_id": member.id, "vneid_level": 2}
    )

    async def work(database):
        await deliver(database, [household, member, change])
        async with database.reading() as db:
            return (await db.exec(select(MemberRow.own_phone, MemberRow.vneid_level, MemberRow.label))).one()

    assert in_database(work) == (True, 2, "bà nội")


def test_g4_a_stuck_step_proposes_a_return_and_a_later_meeting_settles_it(in_database):
    household, member, visit, run = a_whole_visit()
    run.body |= {
        "marks": {"open-app": "stuck"},
        "stuck_step": "open-app",
        "blocker": "no_signal",
        "teach_back": "skipped",
    }
    later = a_visit(household.id, recorded_at=NOW)

    async def work(database):
        await deliver(database, [household, member, visit, run])
        async with database.reading() as db:
            before = await open_of(db, SCOPES[LAN], [household.id])
        await deliver(database, [later])
        async with database.reading() as db:
            return (
                before,
                await open_of(db, SCOPES[LAN], [household.id]),
                await count(database, ObservationRow),
            )

    before, after, observations = in_database(work)

    assert [(f.reason, f.blocker) for f in before] == [("stuck", "no_signal")]
    assert after == []
    assert observations == 0


def test_a_summary_that_was_tampered_with_is_found_by_the_recount(in_database):
    async def work(database):
        await deliver(database, a_whole_visit())
        async with database.writing() as db:
            (await db.exec(select(StandingRow))).one().is_independent = True
        async with database.reading() as db:
            return await standings.differences(db, people.PROVINCE)

    assert len(in_database(work)) == 1
