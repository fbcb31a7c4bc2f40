"""Deliveries that are taken together: each is judged by its own phone and its own sign-in."""

import asyncio
import time
from datetime import timedelta

import pytest

from tests.people import HOA, LAN, LANS_PHONE, NOW, PROVINCE, SCOPES, a_household, id_of
from volunteer_app.storage.operations import deliveries, senders
from volunteer_app.storage.operations.deliveries import NOT_SIGNED_IN, Arrival, take_together
from volunteer_app.storage.operations.senders import Contact, Sender
from volunteer_app.storage.sign_ins import SignInRow, hash_of

HOAS_PHONE = id_of("Hoà's phone")


@pytest.fixture
def together(in_database):
    """Take arrivals in one transaction; Lan is known on her phone, and both are signed in."""

    def run(*arrivals):
        async def work(database):
            async with database.writing() as db:
                for of in (LAN, HOA):
                    db.add(
                        SignInRow(
                            token_hash=hash_of(str(of)),
                            province_code=PROVINCE,
                            person_id=of,
                            membership_id=of,
                            created_at=NOW,
                            expires_at=NOW + timedelta(days=1),
                        )
                    )
            hers = Contact(Sender(SCOPES[LAN], LANS_PHONE, "test"), 0, 0)
            await database.writing_at_once(lambda c: senders.note_contacts(c, [hers], NOW))
            return (await database.writing_at_once(lambda c: take_together(c, list(arrivals))))[0]

        return in_database(work)

    return run


@pytest.fixture
def database_url(sqlite_url):
    return sqlite_url


def arrival(of, phone, *operations, **more):
    return Arrival(hash_of(str(of)) if of else None, phone, "test", NOW, operations=list(operations), **more)


def of_lan(code):
    return a_household(person_id=LAN, code=code)


LANS_KEY = id_of("Lan's key")


def test_each_of_a_batch_is_judged_by_its_own_signature(together):
    """What Lan's phone signs proves what stands beside it in its own delivery, and nothing in another's."""
    taken = together(
        arrival(LAN, LANS_PHONE, of_lan("A-1"), signed_with=LANS_KEY, signer=LAN),
        arrival(HOA, LANS_PHONE, of_lan("B-1"), keys={0: LANS_KEY}),
        arrival(HOA, HOAS_PHONE, of_lan("C-1")),
        arrival(None, LANS_PHONE, of_lan("D-1"), of_lan("E-1"), keys={1: LANS_KEY}),
        arrival(
            HOA,
            HOAS_PHONE,
            of_lan("F-1"),
            signed_with=id_of("her key"),
            signer=HOA,
            keys={0: id_of("her key")},
        ),
    )

    outcomes = [[str(one.outcome) for one in answers] for answers in taken]
    assert outcomes == [["accepted"], ["accepted"], ["parked"], ["parked", "accepted"], ["parked"]]
    assert taken[2][0].problem.code == "operation.not_proven"


def test_one_who_is_not_signed_in_stops_nobody_else(together):
    unknown, answers = together(
        arrival(id_of("nobody"), LANS_PHONE, of_lan("A-1")), arrival(LAN, LANS_PHONE, of_lan("B-1"))
    )

    assert unknown == NOT_SIGNED_IN and [one.outcome for one in answers] == ["accepted"]


class Slow:
    """In a database's place: what is taken together takes so long for each operation."""

    def has_room(self, _least):
        return True

    async def writing_at_once(self, work):
        return work(None)


@pytest.mark.parametrize(("seconds", "most"), [(0.001, deliveries.LEAST_TOGETHER), (0.0001, 400), (0.0, 500)])
def test_a_group_holds_the_writer_for_a_time_not_for_a_number(monkeypatch, seconds, most):
    """Slow operations are taken in smaller groups, so that pages do not wait; quick ones share a commit by the hundred."""
    groups, used = [], 0.0

    def take(_connection, arrivals):
        nonlocal used
        groups.append(size := sum(map(len, arrivals)))
        used += seconds * size
        return [[] for _ in arrivals], {"epoch": "1"}

    monkeypatch.setattr(deliveries, "take_together", take)
    monkeypatch.setattr(time, "thread_time", lambda: used)

    async def work():
        taking = deliveries.Deliveries(Slow())
        some = [of_lan(f"A-{number}") for number in range(25)]
        await asyncio.gather(*(taking.take(arrival(LAN, LANS_PHONE, *some)) for _ in range(100)))

    asyncio.run(work())

    assert groups[0] == deliveries.LEAST_TOGETHER
    assert sum(groups) == 2500
    assert max(groups[1:]) <= most
    assert max(groups[1:]) >= most / 4, "and none is smaller than it need be"
