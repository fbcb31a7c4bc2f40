"""F16: an entry whose fault is one field is said anew without it. Both stay in the log, what follows is there once, and
what was recorded after it is taken with it, whatever the order of arrival."""

import random

import pytest
from sqlmodel import select

from tests.people import (
    LAN,
    LANS_PHONE,
    MINH,
    NOW,
    SCOPES,
    a_household,
    a_member,
    a_visit,
    id_of,
)
from volunteer_app.domain.operations.envelope import Operation
from volunteer_app.domain.operations.envelope import OperationOutcome as Outcome
from volunteer_app.domain.operations.ways_on import LeftOut
from volunteer_app.storage.households import HouseholdRow, MemberRow
from volunteer_app.storage.operations import parked
from volunteer_app.storage.operations.log import OperationRow
from volunteer_app.storage.operations.senders import Sender
from volunteer_app.storage.operations.taking import take_all
from volunteer_app.storage.standings import differences
from volunteer_app.storage.visits import VisitRow

LANS = Sender(SCOPES[LAN], LANS_PHONE, "test")
MINHS = Sender(SCOPES[MINH], id_of("Minh's phone"), "test")


async def deliver(database, *sent, sender=LANS):
    async with database.writing() as db:
        return await take_all(db, sender, list(sent), NOW)


async def rows(database, table):
    async with database.reading() as db:
        return list(await db.exec(select(table)))


def mended(first: Operation, seq: int, **fields) -> Operation:
    """The entry anew, as its phone says it."""
    return Operation(
        id=id_of(f"{first.id} mended {seq}"),
        seq=seq,
        kind=first.kind,
        schema=first.schema,
        recorded_at=first.recorded_at,
        body=first.body | fields,
        mends=first.mends or first.id,
    )


def a_day() -> list[Operation]:
    """A household of 99 people, a member and a visit there; it is put right twice, the first time not well enough."""
    home = a_household(people_count=99)
    once = mended(home, 11, people_count=61)
    return [home, a_member(home.id), a_visit(home.id), once, mended(once, 12, people_count=6)]


@pytest.mark.parametrize("seed", range(12))
def test_f16_what_was_mended_is_there_once_in_any_order_also_twice(in_database, seed):
    chance = random.Random(seed)
    day = a_day()
    sent = [*day, *chance.sample(day, 2)]
    chance.shuffle(sent)
    deliveries = []
    while sent:
        size = chance.randint(1, 4)
        deliveries.append(sent[:size])
        sent = sent[size:]

    async def work(database):
        for some in deliveries:
            await deliver(database, *some)
        again = await deliver(database, *day)  # as phones ask about what was set aside
        async with database.reading() as db:
            wrong = await differences(db, "08")
        return (
            [answer.outcome for answer in again],
            wrong,
            *[await rows(database, table) for table in (HouseholdRow, MemberRow, VisitRow, OperationRow)],
        )

    again, wrong, households, members, visits, log = in_database(work)

    assert again == [Outcome.DUPLICATE] * 5, "nothing waits for anybody"
    assert [(row.id, row.people_count) for row in households] == [(day[0].id, 6)]
    assert len(members) == len(visits) == 1 and wrong == []
    assert {row.id for row in log} == {one.id for one in day}, "both are kept"


def test_f16_the_answer_says_which_field_it_is_about(in_database):
    home = a_household()
    said = [
        a_household(people_count=99),
        a_visit(home.id, note="001 234 567 890"),
        a_visit(home.id, note="một\u0001"),
        a_visit(home.id, return_on="2020-01-01"),
        a_visit(home.id, outcome="strange"),
        a_visit(home.id, strange=1),
        a_household(recorded_at=NOW.replace(year=2001)),
    ]

    async def work(database):
        await deliver(database, home)
        answers = await deliver(database, *said)
        again = await deliver(database, *said)
        return [answers, again]

    expected = ["people_count", "note", "note", "return_on", "outcome", None, "recorded_at"]
    for answers in in_database(work):
        assert [answer.problem.field for answer in answers] == expected
        assert {answer.outcome for answer in answers} == {Outcome.PARKED}


def test_f16_nobody_mends_what_somebody_else_recorded(in_database):
    home = a_household(people_count=99)

    async def work(database):
        await deliver(database, home)
        (answer,) = await deliver(database, mended(home, 11, people_count=6), sender=MINHS)
        return answer, await rows(database, HouseholdRow)

    answer, households = in_database(work)

    assert (answer.outcome, answer.problem.code) == (Outcome.PARKED, "operation.not_theirs")
    assert households == []


def test_f16_what_the_leader_put_right_first_stands_and_the_correction_waits_in_sight(in_database):
    home = a_household(people_count=99)
    late = mended(home, 11, people_count=6)

    async def work(database):
        await deliver(database, home)
        async with database.writing() as db:
            body = home.body | {"people_count": 5}
            await parked.replay(db, SCOPES[MINH], home.id, NOW, mended=body)
        told, came_late = (await deliver(database, home))[0], (await deliver(database, late))[0]
        async with database.reading() as db:
            waiting = [row.id for row in await parked.parked_in(db, SCOPES[MINH])]
        return told, came_late, waiting, await rows(database, HouseholdRow)

    told, came_late, waiting, households = in_database(work)

    assert (told.outcome, told.problem.code) == (Outcome.DUPLICATE, "operation.mended_by_leader")
    assert (came_late.outcome, came_late.problem.code) == (Outcome.PARKED, "operation.taken_first")
    assert waiting == [late.id] and [row.people_count for row in households] == [5]


def test_f16_what_the_leader_left_out_is_told_and_a_correction_of_it_is_taken(in_database):
    home = a_household(people_count=99)
    right = mended(home, 11, people_count=6)

    async def work(database):
        await deliver(database, home)
        async with database.writing() as db:
            await parked.discard(db, SCOPES[MINH], home.id, NOW, reason=LeftOut.NOT_SO)
        told = (await deliver(database, home))[0]
        taken = (await deliver(database, right, a_visit(home.id)))[0]
        return told, taken, await rows(database, HouseholdRow), await rows(database, VisitRow)

    told, taken, households, visits = in_database(work)

    assert (told.outcome, told.problem.code) == (Outcome.DUPLICATE, "operation.left_out")
    assert taken.outcome is Outcome.ACCEPTED
    assert [row.people_count for row in households] == [6] and len(visits) == 1
