"""Tallies equal an independent recount in plain SQL, whatever happened in whatever order, and every lie is found."""

import asyncio
import shutil
from datetime import timedelta
from random import Random

import pytest
import sqlalchemy as sa
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from tests.conftest import opened
from tests.field_work import a_campaign, deliver, some_months
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
from tests.recount import blockers_in_plain_sql, in_plain_sql, standing_in_plain_sql
from volunteer_app.cli import main
from volunteer_app.domain.calendar import local_day
from volunteer_app.domain.periods import BEGINNING, CALENDAR, Span, end_of, prefix, start_of
from volunteer_app.domain.public_services import core_slugs
from volunteer_app.storage.database import Id
from volunteer_app.storage.figures import tallies
from volunteer_app.storage.figures.tally_rows import TABLES, TallyRow
from volunteer_app.storage.figures.tally_sums import By, blockers_by, levels_by, tallied_by
from volunteer_app.storage.households import StandingRow
from volunteer_app.storage.moments import keep_moments_as_numbers
from volunteer_app.storage.operations.senders import Sender
from volunteer_app.storage.operations.taking import take_all

TODAY = local_day(NOW)
ON_BOTH = settings(
    max_examples=6,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
    phases=(Phase.explicit, Phase.generate),
)
"""The histories of one test pile up in its database: each example is a larger one, and none can be made smaller."""


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
        operations = a_campaign(seed)
        Random(seed).shuffle(operations)
        cut = len(operations) // 2
        async with database.writing() as db:
            parts = [
                (operations[:cut], MINH),
                (operations[cut:], LAN),
                (operations, MINH),
            ]  # most is a repeat
            for part, who in parts:
                await take_all(db, Sender(SCOPES[who], LANS_PHONE, "test"), part, NOW)
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
        "rechecks",
        "second_rechecks",
        "confirmed_rechecks",
    )

    async def work(database):
        await deliver(database, a_campaign(seed))
        return await kept(database, prefix(day)), await in_plain_sql(database, BEGINNING, day)

    rows, counted = in_database(work)

    only = {key: {name: counts.get(name, 0) for name in additive} for key, counts in counted.items()}
    assert_equal(rows, only)


@given(seed=st.integers(0, 10**6), ago=st.integers(0, 70))
@ON_BOTH
def test_levels_relapses_and_blockers_at_the_end_of_any_day_equal_a_recount_in_plain_sql(
    in_database, seed, ago
):
    day = TODAY - timedelta(days=ago)
    month = start_of(Span.MONTH, day)

    async def work(database):
        await deliver(database, a_campaign(seed))
        scope = SCOPES[MINH]
        async with database.reading() as db:
            stands = await tallied_by(db, scope, By.HAMLET, prefix(day))
            levels = await levels_by(db, scope, By.HAMLET, prefix(day), core_slugs())
            blocked = await blockers_by(db, scope, By.HAMLET, prefix(day))
            in_month = await blockers_by(db, scope, By.HAMLET, [(Span.MONTH, month, month)])
        until = await blockers_in_plain_sql(database, BEGINNING, day)
        of_month = await blockers_in_plain_sql(database, month, end_of(Span.MONTH, day))
        return (stands, levels, blocked, in_month), (
            await standing_in_plain_sql(database, day),
            until,
            of_month,
        )

    (stands, levels, blocked, in_month), (standing, until, of_month) = in_database(work)

    for hamlet_id in (HAMLET, NEXT_HAMLET):
        now = {name: stands.get(hamlet_id, {}).get(name, 0) for name in ("independent", "relapsed")}
        now |= levels[hamlet_id]
        assert without_zeros(now) == without_zeros(standing.get(hamlet_id, {}))
        kept_blockers = {
            (blocker, name): count
            for blocker, counts in blocked.get(hamlet_id, {}).items()
            for name, count in (("standing", counts.standing), ("stuck", counts.stuck))
        }
        counted = {key: count for key, count in until.get(hamlet_id, {}).items() if key[1] != "households"}
        assert without_zeros(kept_blockers) == counted
        kept_month = {
            (blocker, name): getattr(counts, name)
            for blocker, counts in in_month.get(hamlet_id, {}).items()
            for name in ("stuck", "households")
        }
        counted = {key: count for key, count in of_month.get(hamlet_id, {}).items() if key[1] != "standing"}
        assert without_zeros(kept_month) == counted


def without_zeros(counts: dict) -> dict:
    return {key: count for key, count in counts.items() if count}


@pytest.mark.parametrize(("table", "count"), [(table, name) for table, names in TABLES for name in names])
def test_a_tally_that_was_tampered_with_is_found_by_the_recount(campaign, table, count):
    """Each count of each table, one off in one row."""
    _path, connection = campaign
    before = connection.execute(sa.select(table.__table__)).mappings().first()
    key = [column == before[column.name] for column in table.__table__.primary_key]
    connection.execute(sa.update(table).where(*key).values({count: before[count] + 1}))

    found = tallies.differences(connection, PROVINCE)

    connection.rollback()
    assert [
        line.endswith(f"kept {before[count] + 1}, counted {before[count] or None}") for line in found
    ] == [True]


@pytest.fixture(scope="module")
def campaign(migrated, tmp_path_factory):
    """A campaign's tallies in SQLite, and a transaction that is never kept."""
    path = tmp_path_factory.mktemp("tallies") / "campaign.db"
    shutil.copy(migrated, path)

    async def work():
        async with opened(f"sqlite:///{path}") as database:
            await deliver(database, a_campaign(3))

    asyncio.run(work())
    engine = sa.create_engine(f"sqlite:///{path}")
    keep_moments_as_numbers(engine)
    with engine.connect() as connection:
        yield path, connection
    engine.dispose()


@pytest.mark.parametrize("emptied", ["tallies", "standings"])
def test_the_command_counts_again_from_the_raw_log_and_says_what_differs(
    database_url, monkeypatch, capsys, emptied
):
    """0 after honest work; every row that is missing, and every row that has nothing behind it, is a difference."""

    async def work(*statements):
        async with opened(database_url) as database:
            if not statements:
                await deliver(database, a_campaign(3))
            async with database.writing() as db:
                for statement in statements:
                    await (await db.connection()).execute(sa.text(statement))

    asyncio.run(work())
    honest = typed(monkeypatch, database_url, "recount"), capsys.readouterr().out
    asyncio.run(work(f"delete from {emptied}"))
    lying = typed(monkeypatch, database_url, "recount"), capsys.readouterr().out

    assert honest == (0, "\n0 differences\n")
    assert lying[0] == 1
    assert int(lying[1].splitlines()[-1].split()[0]) == len(lying[1].splitlines()) - 1 > 10
    assert typed(monkeypatch, database_url, "recount", "--mend") == 0, (
        "an operator is left alone with neither"
    )


def typed(monkeypatch, url: str, *words: str) -> int:
    """Type `volunteer-app` with these words; the exit code."""
    monkeypatch.setenv("DATABASE_URL", url)
    monkeypatch.setenv("MODE", "demo")
    monkeypatch.setattr("sys.argv", ["volunteer-app", *words])
    with pytest.raises(SystemExit) as ended:
        main()
    return ended.value.code


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
