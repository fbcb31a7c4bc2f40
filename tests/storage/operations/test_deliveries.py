"""Deliveries that are taken together: each is judged by its own phone and its own sign-in."""

from datetime import timedelta

import pytest

from tests.people import HOA, LAN, LANS_PHONE, NOW, PROVINCE, SCOPES, a_household, id_of
from volunteer_app.storage.operations import senders
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


def test_who_held_another_phone_of_the_same_batch_is_not_believed_on_this_one(together):
    taken = together(
        arrival(HOA, LANS_PHONE, of_lan("A-1")),
        arrival(HOA, HOAS_PHONE, of_lan("B-1")),
        arrival(None, LANS_PHONE, of_lan("C-1")),
    )

    assert [one.outcome for answers in taken for one in answers] == ["accepted", "parked", "accepted"]
    assert taken[1][0].problem.code == "operation.other_author"


def test_what_a_revoked_phone_brings_of_others_is_set_aside(together):
    [[answer]] = together(arrival(HOA, LANS_PHONE, of_lan("A-1"), is_trusted=False))

    assert (answer.outcome, answer.problem.code) == ("parked", "operation.other_author")


def test_one_who_is_not_signed_in_stops_nobody_else(together):
    unknown, answers = together(
        arrival(id_of("nobody"), LANS_PHONE, of_lan("A-1")), arrival(LAN, LANS_PHONE, of_lan("B-1"))
    )

    assert unknown == NOT_SIGNED_IN and [one.outcome for one in answers] == ["accepted"]
