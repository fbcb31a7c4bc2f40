"""Figures by place equal a plain recount, keep to their scope, and follow hamlets through mergers."""

from dataclasses import replace
from datetime import date, datetime, timedelta

import pytest
import sqlalchemy as sa

from tests.field_work import deliver, some_months
from tests.people import (
    COMMUNE,
    FAR_HAMLET,
    HOA,
    LAN,
    MINH,
    NEXT_HAMLET,
    NOW,
    OTHER_COMMUNE,
    PROVINCE,
    SCOPES,
    THE_FRONT,
    a_household,
    a_member,
    a_visit,
    a_walk_through,
    id_of,
)
from volunteer_app.domain.calendar import VIETNAM, local_day
from volunteer_app.domain.figures.coverage import Official, alone_rate_of, needing
from volunteer_app.domain.periods import Period
from volunteer_app.storage.database import Id
from volunteer_app.storage.devices import DeviceRow
from volunteer_app.storage.figures import coverage
from volunteer_app.storage.figures.tally_sums import By
from volunteer_app.storage.places import HamletPredecessorRow, HamletRow

TODAY = local_day(NOW)
ALWAYS = Period(None, TODAY)
SERVICE = "activate-level-2"
THE_PROVINCE, MINHS = SCOPES[THE_FRONT], SCOPES[MINH]


async def hamlets(database, scope=MINHS, period=ALWAYS, commune=COMMUNE, service=SERVICE):
    async with database.reading() as db:
        return await coverage.hamlets_with_figures(db, scope, commune, service, period, TODAY)


async def communes(database, scope=THE_PROVINCE, period=ALWAYS):
    async with database.reading() as db:
        return {
            place.key: place
            for place in await coverage.communes_with_figures(db, scope, SERVICE, period, TODAY)
        }


RECOUNT = """
select h.hamlet_id, count(v.id) turns, count(distinct v.household_id) attempted,
       count(distinct case when v.outcome = 'met' then v.household_id end) met, max(v.visited_on) last_visit_on
from visits v join households h on h.province_code = v.province_code and h.id = v.household_id
where v.visited_on between :first_day and :last_day group by h.hamlet_id
"""


async def recount(database, first_day: date, last_day: date) -> dict:
    query = sa.text(RECOUNT).bindparams(
        sa.bindparam("first_day", first_day, sa.Date), sa.bindparam("last_day", last_day, sa.Date)
    )
    typed = query.columns(
        hamlet_id=Id, turns=sa.Integer, attempted=sa.Integer, met=sa.Integer, last_visit_on=sa.Date
    )
    async with database.reading() as db:
        return {row.hamlet_id: tuple(row)[1:] for row in await (await db.connection()).execute(typed)}


@pytest.mark.parametrize("seed", range(4))
@pytest.mark.parametrize("days", [None, 20])
def test_figures_of_hamlets_equal_a_recount_in_plain_sql(in_database, seed, days):
    period = Period(None if days is None else TODAY - timedelta(days=days), TODAY)

    async def work(database):
        await deliver(database, some_months(seed))
        return (
            await hamlets(database, period=period),
            await recount(database, period.first_day or date.min, TODAY),
        )

    places, counted = in_database(work)

    for place in places:
        turns, attempted, met, last_visit_on = counted.get(id_of(place.name), (0, 0, 0, None))
        assert (place.figures.turns, place.figures.attempted, place.figures.met) == (turns, attempted, met)
        assert place.figures.last_visit_on == last_visit_on


@pytest.mark.parametrize("seed", range(4))
def test_the_end_of_a_day_that_is_over_reads_as_it_read_that_evening(in_database, seed):
    evening = NOW - timedelta(days=15)
    day = local_day(evening)
    midnight = datetime.combine(day + timedelta(days=1), datetime.min.time(), VIETNAM)
    operations = some_months(seed)

    async def work(database):
        await deliver(database, [o for o in operations if o.recorded_at < midnight])
        async with database.reading() as db:
            then = await coverage.figures_by(db, MINHS, By.HAMLET, SERVICE, Period(None, day), day)
        await deliver(database, [o for o in operations if o.recorded_at >= midnight])
        async with database.reading() as db:
            now = await coverage.figures_by(db, MINHS, By.HAMLET, SERVICE, Period(None, day), TODAY)
        return then, now

    then, now = in_database(work)

    assert then.keys() == now.keys()
    for key, figures in now.items():
        own = {pair: count for pair, count in figures.levels.items() if pair[0] == SERVICE}
        assert replace(figures, levels=own) == then[key]


def test_levels_of_the_chosen_service_are_counted_at_households_met(in_database):
    household, met = a_household(), None
    member, met = a_member(household.id), a_visit(household.id)
    run = a_walk_through(household.id, met.id, member.id)

    async def work(database):
        await deliver(database, [household, member, met, run], of=LAN)
        return await hamlets(database), await hamlets(database, service="file-on-portal")

    (place, _), (other_service, _) = in_database(work)

    assert alone_rate_of(place.figures, SERVICE) == (1, 1)
    assert needing(other_service.figures, "file-on-portal") == 1
    assert alone_rate_of(other_service.figures, "file-on-portal") == (0, 1)


def test_a_commune_is_the_sum_of_its_hamlets(in_database):
    async def work(database):
        await deliver(database, some_months(5))
        await deliver(database, some_months(6, hamlets=(FAR_HAMLET,)), of=HOA)
        return await communes(database), await hamlets(database)

    by_code, of_commune = in_database(work)

    assert by_code[COMMUNE].figures.met == sum(place.figures.met for place in of_commune)
    assert by_code[COMMUNE].official.households == 70
    assert by_code[OTHER_COMMUNE].official.households == 20
    assert by_code[OTHER_COMMUNE].figures.turns > 0


def test_figures_stay_inside_the_scope(in_database):
    async def work(database):
        await deliver(database, some_months(7, hamlets=(FAR_HAMLET,)), of=HOA)
        async with database.reading() as db:
            return await coverage.figures_by(db, MINHS, By.HAMLET, SERVICE, ALWAYS, TODAY)

    assert in_database(work) == {}


def test_a_hamlet_that_was_merged_away_keeps_its_figures_under_its_successor(in_database):
    merged = id_of("merged hamlet")

    async def work(database):
        await deliver(database, some_months(8))
        before = await hamlets(database)
        async with database.writing() as db:
            old = await db.get(HamletRow, (PROVINCE, NEXT_HAMLET))
            assert old is not None
            old.valid_to = TODAY - timedelta(days=1)
            db.add(a_hamlet(merged, "Khuổi Mới", valid_from=TODAY, household_count=35))
            await db.flush()
            db.add(HamletPredecessorRow(province_code=PROVINCE, hamlet_id=merged, predecessor_id=NEXT_HAMLET))
        return before, await hamlets(database), await communes(database)

    before, after, by_code = in_database(work)

    assert [place.name for place in after] == ["Nà Thử", "Khuổi Mới"]
    assert after[1].figures == before[1].figures
    assert after[1].official.households == 35
    assert by_code[COMMUNE].official.households == 75


def test_a_hamlet_that_was_split_keeps_its_own_figures_without_a_denominator(in_database):
    async def work(database):
        await deliver(database, some_months(9, hamlets=(NEXT_HAMLET,)))
        async with database.writing() as db:
            old = await db.get(HamletRow, (PROVINCE, NEXT_HAMLET))
            assert old is not None
            old.valid_to = TODAY - timedelta(days=1)
            for name in ("Một", "Hai"):
                db.add(a_hamlet(id_of(name), name, valid_from=TODAY))
                await db.flush()
                link = {"hamlet_id": id_of(name), "predecessor_id": NEXT_HAMLET}
                db.add(HamletPredecessorRow(province_code=PROVINCE, **link))
        return await hamlets(database)

    places = {place.name: place for place in in_database(work)}

    assert places["Khuổi Mẫu"].figures.turns > 0
    assert places["Khuổi Mẫu"].official == Official()
    assert places["Một"].figures.turns == 0


def test_hamlets_of_one_name_are_told_apart_by_their_former_commune(in_database):
    async def work(database):
        async with database.writing() as db:
            for former in ("Tân Trào", "Bình Yên"):
                db.add(a_hamlet(id_of(former), "Thôn 1", former_commune=former))
        return [place.name for place in await hamlets(database)]

    assert {"Thôn 1 (Tân Trào)", "Thôn 1 (Bình Yên)"} < set(in_database(work))


def test_a_commune_lacks_a_denominator_while_one_of_its_hamlets_does(in_database):
    async def work(database):
        async with database.writing() as db:
            db.add(a_hamlet(id_of("unknown"), "Chưa Rõ"))
        return await communes(database)

    official = in_database(work)[COMMUNE].official

    assert (official.households, official.missing) == (None, 1)


def test_silent_phones_are_those_not_heard_from_for_three_days(in_database):
    async def work(database):
        async with database.writing() as db:
            for person, days in ((LAN, 4), (MINH, 1), (HOA, 9)):
                db.add(a_phone(person, days))
        async with database.reading() as db:
            return await coverage.phones_in(db, MINHS, NOW), await coverage.phones_in(db, THE_PROVINCE, NOW)

    of_commune, of_province = in_database(work)

    assert of_commune == (2, 1)
    assert of_province == (3, 2)


def test_the_start_page_reads_one_row_a_household_however_many_visits_there_are(in_database):
    """The statements of the page until today never touch the table of visits."""
    seen: list[str] = []

    async def work(database):
        await deliver(database, some_months(10))
        sa.event.listen(
            database.reader.sync_engine,
            "before_cursor_execute",
            lambda _connection, _cursor, statement, *_rest: seen.append(statement),
        )
        await hamlets(database)
        await communes(database)

    in_database(work)

    assert seen
    assert not [statement for statement in seen if "visits" in statement.split("FROM", 1)[-1]]


def a_hamlet(id_, name: str, **changes) -> HamletRow:
    values = {"province_code": PROVINCE, "id": id_, "commune_code": COMMUNE, "name": name, "position": 9}
    return HamletRow(**{"kind": "thôn", **values, **changes})


def a_phone(person, silent_days: int) -> DeviceRow:
    last = NOW - timedelta(days=silent_days)
    id_ = id_of(f"phone {person}")
    return DeviceRow(
        province_code=PROVINCE, id=id_, person_id=person, first_contact_at=last, last_contact_at=last
    )
