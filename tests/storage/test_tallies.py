"""Tallies equal an independent recount in plain SQL, whatever happened in whatever order, and every lie is found."""

from datetime import datetime, timedelta
from random import Random

import pytest
import sqlalchemy as sa
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.field_work import deliver, some_months
from tests.people import (
    COMMUNE,
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
)
from volunteer_app.domain.calendar import VIETNAM, local_day
from volunteer_app.domain.periods import BEGINNING, CALENDAR, Span, end_of, prefix, start_of
from volunteer_app.storage import tallies
from volunteer_app.storage.coverage import By, tallied_by
from volunteer_app.storage.database import Id
from volunteer_app.storage.households import StandingRow
from volunteer_app.storage.operations import Sender, take_all
from volunteer_app.storage.tallies import TallyRow
from volunteer_app.storage.visits import WalkThroughRow

TODAY = local_day(NOW)
MOMENT = WalkThroughRow.__table__.c.recorded_at.type
ON_BOTH = settings(max_examples=6, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
"""The histories of one test pile up in its database: each example is a larger one."""

RECOUNT = """
with days as (
  select v.household_id, v.visited_on as day, v.outcome = 'met' as is_met from visits v
), firsts as (
  select household_id, min(day) first_visit, min(case when is_met then day end) first_met from days group by 1
), within as (
  select d.household_id, count(*) turns, max(case when is_met then 1 else 0 end) met
  from days d where d.day between :first_day and :last_day group by 1
)
select h.hamlet_id, sum(w.turns) turns, count(w.household_id) attempted, sum(w.met) met,
  sum(case when f.first_visit between :first_day and :last_day then 1 else 0 end) first_attempted,
  sum(case when f.first_met between :first_day and :last_day then 1 else 0 end) first_met
from households h left join within w on w.household_id = h.id left join firsts f on f.household_id = h.id
group by h.hamlet_id
"""
FIRST_GUIDED = """
with firsts as (
  select household_id, member_id, min(recorded_at) as first_at from walk_throughs group by 1, 2
)
select h.hamlet_id, sum(case when f.first_at >= :begins and f.first_at < :ends then 1 else 0 end) first_persons
from firsts f join households h on h.id = f.household_id group by h.hamlet_id
"""
GUIDED = """
select h.hamlet_id, count(*) runs, count(distinct r.member_id) persons, count(distinct r.household_id) guided,
  count(case when o.level >= 3 then 1 end) alone_runs, count(case when o.level = 2 then 1 end) help_runs,
  count(case when o.level = 1 then 1 end) done_runs
from walk_throughs r join households h on h.id = r.household_id
left join observations o on o.id = r.id
where r.recorded_at >= :begins and r.recorded_at < :ends group by h.hamlet_id
"""


async def in_plain_sql(database, first_day, last_day) -> dict:
    """What the raw records say, by hamlet, without a line of the application's own counting."""
    days = [sa.bindparam("first_day", first_day, sa.Date), sa.bindparam("last_day", last_day, sa.Date)]
    begins = datetime.combine(first_day, datetime.min.time(), VIETNAM)
    ends = datetime.combine(last_day + timedelta(days=1), datetime.min.time(), VIETNAM)
    moments = [sa.bindparam("begins", begins, MOMENT), sa.bindparam("ends", ends, MOMENT)]
    counted: dict = {}
    async with database.reading() as db:
        connection = await db.connection()
        for text, values in ((RECOUNT, days), (GUIDED, moments), (FIRST_GUIDED, moments)):
            query = sa.text(text).bindparams(*values).columns(hamlet_id=Id)
            for row in (await connection.execute(query)).mappings():
                found = counted.setdefault(row["hamlet_id"], {})
                found |= {name: int(count or 0) for name, count in row.items() if name != "hamlet_id"}
    return counted


async def kept(database, stretches) -> dict:
    async with database.reading() as db:
        return await tallied_by(db, SCOPES[MINH], By.HAMLET, stretches)


async def differences(database) -> list[str]:
    async with database.reading() as db:
        return await (await db.connection()).run_sync(tallies.differences, PROVINCE)


def assert_equal(kept_rows: dict, counted: dict) -> None:
    for hamlet_id, counts in counted.items():
        row = kept_rows.get(hamlet_id, {})
        assert {name: row.get(name, 0) for name in counts} == counts


@given(seed=st.integers(0, 10**6), ago=st.integers(0, 70))
@ON_BOTH
def test_m1_tallies_of_any_span_equal_a_recount_in_plain_sql(in_database, seed, ago):
    day = TODAY - timedelta(days=ago)

    async def work(database):
        operations = some_months(seed)
        Random(seed).shuffle(operations)
        cut = len(operations) // 2
        async with database.writing() as db:
            for part in (operations[:cut], operations[cut:], operations[:cut]):  # the last part is a repeat
                await take_all(db, Sender(SCOPES[MINH], LANS_PHONE, "test"), part, NOW)
        found = [(await kept(database, [(Span.ALL, BEGINNING, BEGINNING)]), BEGINNING, TODAY)]
        for span in CALENDAR:
            start = start_of(span, day)
            found.append((await kept(database, [(span, start, start)]), start, end_of(span, day)))
        return [(rows, await in_plain_sql(database, *days)) for rows, *days in found], await differences(
            database
        )

    compared, wrong = in_database(work)

    for rows, counted in compared:
        assert_equal(rows, counted)
    assert wrong == []


@given(seed=st.integers(0, 10**6), ago=st.integers(0, 70))
@ON_BOTH
def test_all_days_up_to_one_are_whole_quarters_months_and_days(in_database, seed, ago):
    day = TODAY - timedelta(days=ago)
    additive = (
        "turns",
        "first_attempted",
        "first_met",
        "runs",
        "alone_runs",
        "help_runs",
        "done_runs",
        "first_persons",
    )

    async def work(database):
        await deliver(database, some_months(seed))
        return await kept(database, prefix(day)), await in_plain_sql(database, BEGINNING, day)

    rows, counted = in_database(work)

    only = {key: {name: counts.get(name, 0) for name in additive} for key, counts in counted.items()}
    assert_equal(rows, only)


@pytest.mark.parametrize(
    "lie",
    ["update tallies set met = met + 1", "delete from tallies", "update level_tallies set done_for = 7"],
)
def test_a_tally_that_was_tampered_with_is_found_by_the_recount(in_database, lie):
    async def work(database):
        await deliver(database, some_months(3))
        async with database.writing() as db:
            await (await db.connection()).execute(sa.text(lie))
        return await differences(database)

    assert in_database(work)


def test_tallies_from_before_there_were_any_are_counted_once(in_database):
    async def work(database):
        await deliver(database, some_months(4))
        async with database.writing() as db:
            connection = await db.connection()
            await connection.execute(sa.text("delete from tallies"))
            await connection.execute(sa.text("delete from level_tallies"))
            await connection.run_sync(tallies.rebuild_missing)
            await connection.run_sync(tallies.rebuild_missing)
        return await differences(database)

    assert in_database(work) == []


def test_tallies_follow_a_household_that_moves_and_visits_that_are_taken_away(in_database):
    household = a_household(hamlet_id=HAMLET)
    early, late = a_visit(household.id, recorded_at=NOW - timedelta(days=9)), a_visit(household.id)

    async def work(database):
        await deliver(database, [*some_months(6), household, early, late])

        def change(connection):
            with tallies.kept_right(connection, PROVINCE, [household.id]):
                moved = sa.update(StandingRow).where(StandingRow.household_id == household.id)
                connection.execute(moved.values(hamlet_id=NEXT_HAMLET))
                gone = sa.text("delete from visits where id = :id").bindparams(
                    sa.bindparam("id", late.id, Id)
                )
                connection.execute(gone)

        before = await kept(database, [(Span.ALL, BEGINNING, BEGINNING)])
        async with database.writing() as db:
            await (await db.connection()).run_sync(change)
        return before, await kept(database, [(Span.ALL, BEGINNING, BEGINNING)]), await differences(database)

    before, after, wrong = in_database(work)

    assert wrong == []
    assert after[HAMLET]["met"] == before[HAMLET]["met"] - 1
    assert after[NEXT_HAMLET]["turns"] == before[NEXT_HAMLET]["turns"] + 1


def test_a_walk_through_that_arrives_alone_is_tallied(in_database):
    """It has neither a new visit nor, when it got stuck, an observation to be noticed by."""
    household = a_household()
    member, visit = a_member(household.id), a_visit(household.id)
    stuck = a_walk_through(
        household.id, visit.id, member.id, marks={"open-app": "stuck"}, stuck_step="open-app",
        blocker="no_signal", teach_back="skipped",
    )  # fmt: skip

    async def work(database):
        await deliver(database, [household, member, visit], of=LAN)
        await deliver(database, [stuck], of=LAN)
        return await kept(database, [(Span.ALL, BEGINNING, BEGINNING)]), await differences(database)

    rows, wrong = in_database(work)

    assert (rows[HAMLET]["runs"], rows[HAMLET]["persons"], rows[HAMLET]["alone_runs"]) == (1, 1, 0)
    assert wrong == []


def test_the_tally_of_a_commune_is_the_sum_of_its_hamlets(in_database):
    async def work(database):
        await deliver(database, some_months(11))
        async with database.reading() as db:
            query = sa.select(TallyRow.__table__).where(TallyRow.span == Span.ALL)
            return [dict(row) for row in (await (await db.connection()).execute(query)).mappings()]

    rows = in_database(work)

    commune = next(row for row in rows if row["place"] == COMMUNE)
    of_hamlets = [row for row in rows if row["area"] == COMMUNE]
    assert commune["turns"] == sum(row["turns"] for row in of_hamlets) > 0
    assert commune["last_on"] == max(row["last_on"] for row in of_hamlets if row["last_on"])
