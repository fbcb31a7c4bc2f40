"""A wrong tap taken back: it counts nowhere any more, in whatever order things arrive, and what it said is kept."""

from datetime import timedelta
from itertools import permutations
from uuid import UUID

import pytest

from tests.people import (
    HAMLET,
    LAN,
    LANS_PHONE,
    MINH,
    NOW,
    PROVINCE,
    SCOPES,
    a_household,
    a_visit,
    an_operation,
    id_of,
)
from volunteer_app.storage import follow_ups, households, standings, taken_back, visits
from volunteer_app.storage.figures import tallies
from volunteer_app.storage.operations.senders import Sender
from volunteer_app.storage.operations.taking import take_all

HOME = a_household(recorded_at=NOW - timedelta(days=40))
MET = a_visit(HOME.id, outcome="met", recorded_at=NOW - timedelta(days=30))
WRONG = a_visit(HOME.id, outcome="moved", recorded_at=NOW - timedelta(hours=2))
RIGHT = a_visit(HOME.id, outcome="nobody_home", recorded_at=NOW - timedelta(hours=1))


def back(record_id: UUID, **changes):
    """The tap on *Hoàn tác*."""
    return an_operation("taken_back", {"household_id": HOME.id, "record_id": record_id}, **changes)


@pytest.fixture
def differences(in_database):
    """What any figure kept differs from a recount of the records."""

    async def work(database):
        async with database.reading() as db:
            connection = await db.connection()
            counted = await connection.run_sync(tallies.differences, PROVINCE)
            return [*await standings.differences(db, PROVINCE), *counted]

    return lambda: in_database(work)


ORDERS = list(permutations([MET, WRONG, back(WRONG.id), RIGHT]))


@pytest.mark.parametrize("order", ORDERS, ids=range(len(ORDERS)))
def test_f12_a_wrong_outcome_taken_back_counts_nowhere_in_any_order(send, read, differences, order):
    send(HOME, *order)
    again = send(HOME, *order)

    assert {one.outcome for one in again} == {"duplicate"}
    assert {row.outcome for row in read(visits.visits_of, HOME.id)} == {"met", "nobody_home"}
    [stands] = read(households.standings_in)
    assert (stands.visit_count, stands.last_visit_on) == (2, (NOW - timedelta(hours=1)).date())
    assert {row.id for row in read(follow_ups.open_of, [HOME.id])} == {RIGHT.id}
    [both] = read(taken_back.taken_back_of, HOME.id)
    assert (both.record_id, both.said["outcome"], both.person_id) == (WRONG.id, "moved", LAN)
    assert differences() == []


def test_f12_the_only_visit_taken_back_leaves_a_house_that_nobody_has_seen(send, read, differences):
    send(HOME, RIGHT, back(RIGHT.id))

    assert read(households.standings_in) == []
    assert read(follow_ups.open_of, [HOME.id]) == []
    assert differences() == []


def test_f12_in_one_delivery_the_tap_and_its_taking_back_end_the_same(in_database, read, differences):
    async def work(database):
        async with database.writing() as db:
            together = [HOME, MET, WRONG, back(WRONG.id), back(WRONG.id)]
            return await take_all(db, Sender(SCOPES[LAN], LANS_PHONE, "test"), together, NOW)

    assert {one.outcome for one in in_database(work)} == {"accepted"}
    assert [row.outcome for row in read(visits.visits_of, HOME.id)] == ["met"]
    assert sorted(len(row.said) for row in read(taken_back.taken_back_of, HOME.id)) == [0, 1], "twice is once"
    assert differences() == []


def test_f12_a_smiley_is_taken_back_and_one_that_comes_late_waits_for_nothing(send, read, differences):
    smiley = an_operation("rating", {"household_id": HOME.id, "visit_id": MET.id, "smiley": 1})
    late = an_operation("rating", {"household_id": HOME.id, "visit_id": WRONG.id, "smiley": 3})

    said = send(HOME, MET, smiley, back(smiley.id), WRONG, back(WRONG.id), late)

    assert {one.outcome for one in said} == {"accepted"}
    assert [row.id for row in read(visits.ratings_of, HOME.id)] == [late.id]
    assert differences() == []


def test_f12_nobody_takes_back_what_somebody_else_tapped(send, read):
    send(HOME, MET)

    [said] = send(back(MET.id), of=MINH)

    assert (said.outcome, said.problem.code) == ("parked", "operation.not_theirs")
    assert len(read(visits.visits_of, HOME.id)) == 1


def test_f12_what_is_unknown_waits_and_a_registration_is_not_taken_back_this_way(send, read):
    said = send(HOME, back(id_of("no such thing")), back(HOME.id))

    assert [one.outcome for one in said] == ["accepted", "held", "held"]
    assert [row.hamlet_id for row in read(households.households_in)] == [HAMLET]
