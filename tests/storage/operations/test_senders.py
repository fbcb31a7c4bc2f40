"""What is known of the phones that call, and of those who hold them."""

from datetime import timedelta

import pytest
import sqlalchemy as sa
from sqlmodel import select

from tests.people import (
    COMMUNE,
    HOA,
    LAN,
    LANS_PHONE,
    MINH,
    NOW,
    OTHER_COMMUNE,
    PROVINCE,
    SCOPES,
    id_of,
)
from volunteer_app.domain.calendar import local_day
from volunteer_app.domain.people import Role
from volunteer_app.storage.devices import DevicePersonRow, DeviceRow
from volunteer_app.storage.operations import senders
from volunteer_app.storage.operations.senders import Contact, Sender
from volunteer_app.storage.people import MembershipRow
from volunteer_app.storage.sign_ins import SignInRow, hash_of

OTHER_PHONE = id_of("another phone")
LATER = NOW + timedelta(hours=1)


@pytest.fixture
def called(database_url, in_database):
    """Phones call, one delivery after the other: `called([Contact(…)], now)`; each phone afterwards."""

    def run(*calls):
        async def work(database):
            for contacts, now in calls:
                await database.writing_at_once(lambda c, a=contacts, n=now: senders.note_contacts(c, a, n))
            async with database.reading() as db:
                return {row.id: row for row in await db.exec(select(DeviceRow))}, {
                    (row.device_id, row.person_id): row.first_contact_at
                    for row in await db.exec(select(DevicePersonRow))
                }

        return in_database(work)

    return run


def by(person_id=LAN, phone=LANS_PHONE, build="1"):
    return Sender(SCOPES[person_id], phone, build)


def test_i7_what_a_phone_has_made_only_grows_whatever_a_later_call_says(called):
    """A deposit says nothing of what was made, an old delivery that comes again says less."""
    phones, _ = called(
        ([Contact(by(), 7, 40, 500)], NOW),
        ([Contact(by(), 0, 0, None)], LATER),
        ([Contact(by(), 3, 39, None)], LATER),
    )

    assert (phones[LANS_PHONE].last_seq, phones[LANS_PHONE].made, phones[LANS_PHONE].free_mb) == (7, 40, 500)
    phones, _ = called(([Contact(by(), 8, 41, 20)], LATER))
    assert (phones[LANS_PHONE].last_seq, phones[LANS_PHONE].made, phones[LANS_PHONE].free_mb) == (8, 41, 20)


@pytest.mark.parametrize("said", [(0, 1, 0, None), (None, None, 1), (1, 1), (0, 2, 1)])
def test_d5_who_went_through_the_cards_has_done_so_for_good_and_nobody_else_on_the_phone(
    called, in_database, said
):
    """Said in one delivery after the other, or by several that are taken together; a deposit says nothing of it."""

    def kept():
        async def work(database):
            async with database.reading() as db:
                return {row.person_id: row.cards for row in await db.exec(select(DevicePersonRow))}

        return in_database(work)

    others = Contact(by(MINH), 1, 1, cards=0)
    called(*(([Contact(by(LAN), 1, 1, cards=cards), others], NOW) for cards in said))
    assert kept() == {LAN: max(cards or 0 for cards in said), MINH: 0}

    called(([*(Contact(by(MINH), 1, 1, cards=cards) for cards in said), others], LATER))
    called(([Contact(by(MINH), 1, 1, is_signed_in=False, cards=None)], LATER))
    assert kept() == dict.fromkeys((LAN, MINH), max(cards or 0 for cards in said))


def test_a_phone_is_told_by_its_last_call_and_its_first_contact_stays(called):
    phones, people = called(
        ([Contact(by(LAN, build="1"), 1, 1)], NOW),
        ([Contact(by(HOA, build="2"), 1, 1), Contact(by(MINH, OTHER_PHONE), 0, 0)], LATER),
    )

    phone = phones[LANS_PHONE]
    assert (phone.person_id, phone.app_build) == (HOA, "2")
    assert (phone.first_contact_at, phone.last_contact_at) == (NOW, LATER)
    assert people == {(LANS_PHONE, LAN): NOW, (LANS_PHONE, HOA): LATER, (OTHER_PHONE, MINH): LATER}


def test_who_held_a_phone_is_known_by_the_pair(called, in_database):
    """Of two phones and two people in one question, only the pairs that were together are true."""
    called(([Contact(by(LAN, LANS_PHONE), 0, 0), Contact(by(HOA, OTHER_PHONE), 0, 0)], NOW))
    wanted = {(phone, person) for phone in (LANS_PHONE, OTHER_PHONE) for person in (LAN, HOA)}

    async def work(database):
        def ask(connection):
            return (
                senders.held_by(connection, PROVINCE, wanted),
                senders.held_by(connection, PROVINCE, {(LANS_PHONE, HOA), (OTHER_PHONE, LAN)}),
                senders.held_by(connection, "01", wanted),
                senders.last_holders(connection, {LANS_PHONE}),
            )

        return await database.writing_at_once(ask)

    pairs, none, elsewhere, holders = in_database(work)

    assert pairs == {(LANS_PHONE, LAN), (OTHER_PHONE, HOA)}
    assert (none, elsewhere) == (set(), set())
    assert {id_: scope.person_id for id_, scope in holders.items()} == {LANS_PHONE: LAN}


def test_the_latest_membership_decides_for_whom_work_counts_also_an_ended_one(called, in_database):
    called(([Contact(by(LAN), 0, 0)], NOW))
    today = local_day(NOW)

    async def work(database):
        async with database.writing() as db:
            await db.exec(
                sa.update(MembershipRow)
                .where(MembershipRow.person_id == LAN)
                .values(last_day=today - timedelta(days=9))
            )
            db.add(
                MembershipRow(
                    province_code=PROVINCE,
                    id=id_of("her second place"),
                    person_id=LAN,
                    role=Role.LEADER,
                    commune_code=OTHER_COMMUNE,
                    first_day=today - timedelta(days=8),
                    last_day=today - timedelta(days=1),
                )
            )

        def ask(connection):
            return (
                senders.scopes_of(connection, PROVINCE, {LAN, HOA}),
                senders.scopes_of(connection, PROVINCE, set()),
                senders.last_holders(connection, {LANS_PHONE}),
            )

        return await database.writing_at_once(ask)

    scopes, nobody, holders = in_database(work)

    assert (scopes[LAN].role, scopes[LAN].commune_code) == (Role.LEADER, OTHER_COMMUNE)
    assert scopes[HOA].commune_code == OTHER_COMMUNE and nobody == {}
    assert (holders[LANS_PHONE].role, holders[LANS_PHONE].commune_code) == (Role.LEADER, OTHER_COMMUNE)


SIGN_INS = {
    "good": {},
    "over": {"expires_at": NOW},
    "pending": {"is_pending": True},
    "revoked": {"revoked_at": NOW - timedelta(minutes=1)},
}


def test_only_a_sign_in_that_holds_delivers(in_database):
    async def work(database):
        async with database.writing() as db:
            for name, more in SIGN_INS.items():
                values = {"expires_at": LATER} | more
                db.add(
                    SignInRow(
                        token_hash=hash_of(name),
                        province_code=PROVINCE,
                        person_id=LAN,
                        membership_id=LAN,
                        created_at=NOW - timedelta(days=1),
                        **values,
                    )
                )
        hashes = [hash_of(name) for name in (*SIGN_INS, "unknown")]
        return await database.writing_at_once(lambda c: senders.signed_in(c, hashes, NOW))

    found = in_database(work)

    assert set(found) == {hash_of("good")}
    scope = found[hash_of("good")].scope
    assert (scope.person_id, scope.commune_code) == (LAN, COMMUNE)


def test_what_one_phone_says_twice_in_a_moment_is_kept_once_with_its_highest_numbers(called):
    """Deliveries that are taken together may come from the same phone, of two people, some signed in, some not."""
    phones, people = called(
        (
            [
                Contact(by(LAN), 9, 12, 500, lock="pin"),
                Contact(by(MINH, build="2"), 4, 40),
                Contact(by(MINH, build="2"), 5, 7, is_signed_in=False),
                Contact(by(MINH, build="2"), 6, 3),
            ],
            NOW,
        ),
    )

    phone = phones[LANS_PHONE]
    assert (phone.person_id, phone.last_seq, phone.made, phone.free_mb, phone.lock) == (
        MINH,
        9,
        40,
        500,
        "pin",
    )
    assert people.keys() == {(LANS_PHONE, LAN), (LANS_PHONE, MINH)}
