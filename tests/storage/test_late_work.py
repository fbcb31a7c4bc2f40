"""Work under a lease that is over is taken, credited and marked; what the database refuses twice is put aside."""

from datetime import timedelta

import pytest
import sqlalchemy as sa
from sqlmodel import col

from tests.people import HAMLET, LAN, LANS_PHONE, MINH, NOW, SCOPES, a_household, a_visit, id_of
from volunteer_app.domain.calendar import local_day
from volunteer_app.domain.operations.envelope import AFTER_LEASE, NOT_KEPT, TimeQuality
from volunteer_app.domain.people import Role
from volunteer_app.domain.permissions import Scope
from volunteer_app.storage import late_work
from volunteer_app.storage.assignments import AssignmentRow
from volunteer_app.storage.operations import parked
from volunteer_app.storage.operations.senders import Sender
from volunteer_app.storage.operations.taking import take_all

LANS = Sender(SCOPES[LAN], LANS_PHONE, "test")
HEIR = Scope(id_of("an heir"), Role.VOLUNTEER, "08", SCOPES[LAN].commune_code, frozenset({HAMLET}))
TODAY = local_day(NOW)


async def deliver(database, *sent, sender=LANS):
    async with database.writing() as db:
        return await take_all(db, sender, list(sent), NOW)


async def end_lease(database, last_day):
    ended = sa.update(AssignmentRow).where(col(AssignmentRow.person_id) == LAN).values(last_day=last_day)
    await database.writing_at_once(lambda c: c.execute(ended))


@pytest.mark.parametrize(("last_day", "is_marked"), [(TODAY - timedelta(days=1), True), (TODAY, False)])
def test_a2_a3_e12_what_arrives_when_the_lease_is_over_is_taken_credited_and_marked(
    in_database, last_day, is_marked
):
    household = a_household(recorded_at=NOW - timedelta(days=3))
    visit = a_visit(household.id, recorded_at=NOW - timedelta(days=2))

    async def work(database):
        await deliver(database, household)
        await end_lease(database, last_day)
        (taken,) = await deliver(database, visit)
        (again,) = await deliver(database, visit)
        async with database.reading() as db:
            return (
                taken,
                again,
                await late_work.marks_of(db, SCOPES[MINH], [household.id, visit.id]),
                await late_work.visits_after_lease(db, SCOPES[MINH], NOW - timedelta(days=1)),
                await late_work.visits_after_lease(db, HEIR, NOW - timedelta(days=1)),
            )

    taken, again, marks, of_leader, of_heir = in_database(work)

    assert (taken.outcome, again.outcome) == ("accepted", "duplicate")
    assert (taken.problem, again.problem) == ((AFTER_LEASE,) * 2 if is_marked else (None, None))
    assert {id_: mark.is_after_lease for id_, mark in marks.items()} == (
        {visit.id: True} if is_marked else {}
    )
    assert [(one.id, one.person_id) for one in of_leader] == ([(visit.id, LAN)] if is_marked else [])
    assert of_heir == of_leader


def test_a3_the_mark_stays_when_the_hamlet_comes_back_and_a_held_visit_gets_its_own(in_database):
    household = a_household()
    visit = a_visit(household.id)

    async def work(database):
        held = await deliver(database, visit)
        await end_lease(database, TODAY - timedelta(days=1))
        await deliver(database, household)
        await end_lease(database, TODAY + timedelta(days=30))
        async with database.reading() as db:
            return held[0].outcome, await late_work.marks_of(db, SCOPES[MINH], [household.id, visit.id])

    held, marks = in_database(work)

    assert held == "held"
    assert set(marks) == {household.id, visit.id}


def test_e8_whose_word_a_time_is_is_kept_with_the_operation(in_database):
    household = a_household()
    visit = a_visit(household.id)
    visit.time_quality = TimeQuality.CORRECTED

    async def work(database):
        await deliver(database, visit)
        await deliver(database, household)
        async with database.reading() as db:
            return await late_work.marks_of(db, SCOPES[MINH], [household.id, visit.id])

    assert in_database(work) == {visit.id: (False, "corrected")}


REFUSING = {
    "sqlite": [
        (
            "CREATE TRIGGER refuse BEFORE INSERT ON visits WHEN NEW.note = 'poison'"
            " BEGIN SELECT RAISE(ABORT, 'no'); END"
        )
    ],
    "postgresql": [
        (
            "CREATE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS"
            " $$ BEGIN IF NEW.note = 'poison' THEN RAISE EXCEPTION 'no'; END IF; RETURN NEW; END $$"
        ),
        "CREATE TRIGGER refuse BEFORE INSERT ON visits FOR EACH ROW EXECUTE FUNCTION refuse()",
    ],
}
HEALED = {"sqlite": "DROP TRIGGER refuse", "postgresql": "DROP TRIGGER refuse ON visits"}


def test_o5_e5_what_the_database_refuses_twice_is_put_aside_and_taken_once_it_can_be(in_database):
    """The fault is in the database: a trigger that raises. What it refuses stays whole, in sight of the leader."""
    household = a_household()
    poison, good = a_visit(household.id, note="poison"), a_visit(household.id)

    async def work(database):
        dialect = database.writer.dialect.name
        for statement in REFUSING[dialect]:
            await database.writing_at_once(lambda c, s=statement: c.exec_driver_sql(s))
        answers = [await deliver(database, household, poison, good) for _ in range(3)]
        async with database.writing() as db:
            waiting = [(row.id, row.reason) for row in await parked.parked_in(db, SCOPES[MINH])]
            refused = await parked.replay(db, SCOPES[MINH], poison.id, NOW)
        await database.writing_at_once(lambda c: c.exec_driver_sql(HEALED[dialect]))
        async with database.writing() as db:
            taken = await parked.replay(db, SCOPES[MINH], poison.id, NOW)
        return answers, waiting, refused, taken, await deliver(database, poison)

    answers, waiting, refused, taken, again = in_database(work)

    assert [[a.outcome for a in three] for three in answers] == [
        ["accepted", "retry", "accepted"],
        ["duplicate", "parked", "duplicate"],
        ["duplicate", "parked", "duplicate"],
    ]
    assert answers[1][1].problem == answers[2][1].problem == NOT_KEPT
    assert waiting == [(poison.id, NOT_KEPT.code)]
    assert (refused.outcome, taken.outcome) == ("parked", "accepted")
    assert [a.outcome for a in again] == ["duplicate"]


def test_what_was_refused_once_is_taken_at_the_next_delivery(in_database):
    household = a_household()
    visit = a_visit(household.id, note="poison")

    async def work(database):
        dialect = database.writer.dialect.name
        for statement in REFUSING[dialect]:
            await database.writing_at_once(lambda c, s=statement: c.exec_driver_sql(s))
        first = await deliver(database, household, visit)
        await database.writing_at_once(lambda c: c.exec_driver_sql(HEALED[dialect]))
        return first, await deliver(database, household, visit)

    first, second = in_database(work)

    assert [a.outcome for a in first] == ["accepted", "retry"]
    assert [a.outcome for a in second] == ["duplicate", "accepted"]


def test_a_waiting_visit_that_the_database_refuses_does_not_hold_up_its_household(in_database):
    household = a_household()
    poison, good = a_visit(household.id, note="poison"), a_visit(household.id)

    async def work(database):
        for statement in REFUSING[database.writer.dialect.name]:
            await database.writing_at_once(lambda c, s=statement: c.exec_driver_sql(s))
        await deliver(database, poison, good)
        return await deliver(database, household), await deliver(database, poison, good)

    arrived, again = in_database(work)

    assert [a.outcome for a in arrived] == ["accepted"]
    assert [a.outcome for a in again] == ["parked", "duplicate"]
