"""O17: an answer is not for ever. What was set aside is judged anew whenever its phone asks again."""

from datetime import date, timedelta

import msgspec
import pytest
import sqlalchemy as sa
from sqlmodel import col, select

from tests.people import (
    LAN,
    LANS_PHONE,
    NEXT_HAMLET,
    NOW,
    PROVINCE,
    SCOPES,
    a_household,
    a_visit,
    id_of,
)
from volunteer_app.domain.operations.envelope import NOT_PROVEN
from volunteer_app.domain.operations.envelope import OperationOutcome as Outcome
from volunteer_app.domain.permissions import Scope
from volunteer_app.storage.assignments import AssignmentRow
from volunteer_app.storage.database import at_once
from volunteer_app.storage.operations import parked
from volunteer_app.storage.operations.log import OperationRow, Sent
from volunteer_app.storage.operations.senders import Sender
from volunteer_app.storage.operations.taking import take, take_all
from volunteer_app.storage.visits import VisitRow

LANS = Sender(SCOPES[LAN], LANS_PHONE, "test")


async def ask(database, *sent, now=NOW, sender=LANS):
    async with database.writing() as db:
        return [answer.outcome for answer in await take_all(db, sender, list(sent), now)]


def test_o17_o18_a_visit_of_a_phone_that_ran_ahead_is_taken_at_once_and_once(in_database):
    home = a_household()
    visit = a_visit(home.id, recorded_at=NOW + timedelta(hours=3))

    async def work(database):
        first = await ask(database, home, visit)
        return first, [await ask(database, visit, now=NOW + timedelta(hours=hours)) for hours in (1, 4, 5)]

    assert in_database(work) == ([Outcome.ACCEPTED] * 2, [[Outcome.DUPLICATE]] * 3)


@pytest.mark.parametrize("asked_after", [timedelta(minutes=1), timedelta(days=2)])
def test_o17_o18_what_an_older_server_parked_for_its_time_is_taken_when_it_is_asked_about(
    in_database, asked_after
):
    home = a_household()
    visit = a_visit(home.id, recorded_at=NOW + timedelta(days=1))

    async def work(database):
        await ask(database, home, visit)
        async with database.writing() as db:  # as the release before this one left it
            await db.exec(sa.delete(VisitRow).where(col(VisitRow.id) == visit.id))
            left = {
                "outcome": Outcome.PARKED,
                "reason": "visit.in_the_future",
                "recorded_at": visit.recorded_at,
            }
            left |= {"body": msgspec.json.encode(visit.body).decode()}
            await db.exec(sa.update(OperationRow).where(col(OperationRow.id) == visit.id).values(**left))
        asked = await ask(database, visit, now=NOW + asked_after)
        async with database.reading() as db:
            return asked, [row.recorded_at for row in await db.exec(select(VisitRow))]

    assert in_database(work) == ([Outcome.DUPLICATE], [min(visit.recorded_at, NOW + asked_after)])


def test_o17_work_in_a_hamlet_that_is_given_later_is_taken_with_what_waits_for_it(in_database):
    home = a_household(hamlet_id=NEXT_HAMLET)
    visit = a_visit(home.id)
    elsewhere: Scope = SCOPES[LAN]

    async def work(database):
        async with database.writing() as db:
            lease = await take_lease(db)
        before = await ask(database, home, visit)
        async with database.writing() as db:
            db.add(AssignmentRow(**lease))
        return before, await ask(database, home, visit)

    async def take_lease(db):
        from sqlmodel import select

        rows = [row for row in await db.exec(select(AssignmentRow)) if row.person_id == elsewhere.person_id]
        theirs = [row for row in rows if row.hamlet_id == NEXT_HAMLET]
        lease = (theirs or rows)[0].model_dump() | {
            "id": id_of("the lease that came later"),
            "hamlet_id": NEXT_HAMLET,
            "first_day": date(2026, 1, 1),
            "last_day": date(2026, 12, 31),
        }
        for row in theirs:
            await db.delete(row)
        return lease

    before, after = in_database(work)

    assert before == [Outcome.PARKED, Outcome.HELD]
    assert after == [Outcome.DUPLICATE] * 2


def test_o17_asking_again_makes_no_stranger_an_author(in_database):
    """Without `one.refused is None` a second delivery would take what the first was refused for."""
    home = a_household()
    sent = Sent(LANS, home, NOT_PROVEN)

    async def work(database):
        found = []
        for _ in range(3):
            async with database.writing() as db:
                (answer,) = await at_once(db, take, PROVINCE, [sent], NOW)
                found.append(answer.outcome)
        async with database.reading() as db:
            return found, [row.id for row in await parked.parked_in(db, SCOPES[LAN])]

    outcomes, waiting = in_database(work)

    assert outcomes == [Outcome.PARKED] * 3
    assert waiting == [home.id]
