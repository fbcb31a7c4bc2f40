"""Challenges, passkeys and PINs: whose they are, until when, and that a lost phone's are gone."""

from datetime import timedelta

import pytest
import sqlalchemy as sa

from tests.people import HOA, LAN, MINH, NOW, PROVINCE, id_of
from volunteer_app.passkeys import NewPasskey
from volunteer_app.storage import sign_in_keys
from volunteer_app.storage.sign_in_keys import CHALLENGE_LIFE, ChallengeRow, PasskeyRow, PinRow, hash_of_phone

SECOND = timedelta(seconds=1)
PHONE = "a secret of one browser"


@pytest.fixture
def database_url(sqlite_url):
    return sqlite_url


SECRET = b"the server's own"


@pytest.mark.parametrize("used_by", [None, LAN, MINH])
@pytest.mark.parametrize("given_to", [None, LAN])
def test_a_challenge_serves_whom_it_was_given_to_soon_and_where_it_was_given(given_to, used_by):
    challenge = sign_in_keys.new_challenge(SECRET, given_to, NOW)
    last = NOW + CHALLENGE_LIFE - SECOND

    def is_ours(challenge, secret=SECRET, at=last):
        return sign_in_keys.is_our_challenge(secret, challenge, used_by, at)

    assert is_ours(challenge) == (given_to == used_by)
    assert not is_ours(challenge, at=NOW + CHALLENGE_LIFE) and not is_ours(challenge, at=NOW - SECOND)
    assert not is_ours(challenge, secret=b"another's") and not is_ours(b"0" * 32) and not is_ours(b"")
    assert not is_ours(bytes([challenge[0] ^ 1]) + challenge[1:]), "a moment of one's own choice"


def test_no_two_challenges_are_the_same():
    assert len({sign_in_keys.new_challenge(SECRET, None, NOW) for _ in range(50)}) == 50


def test_a_challenge_is_used_once_and_what_is_over_is_swept_away(work):
    one, two = (sign_in_keys.new_challenge(SECRET, LAN, NOW) for _ in range(2))

    async def story(db):
        used = [await sign_in_keys.use_challenge(db, which, LAN, NOW) for which in (one, two, one)]
        await sign_in_keys.use_challenge(db, b"3" * 32, None, NOW + CHALLENGE_LIFE + SECOND)
        return used, (await db.exec(sa.select(ChallengeRow.challenge))).scalars().all()

    assert work(story) == ([True, True, False], [b"3" * 32])


def a_pin(name, person_id, phone=PHONE, wrong_tries=0):
    return PinRow(
        province_code=PROVINCE,
        id=id_of(name),
        person_id=person_id,
        phone_hash=hash_of_phone(phone),
        salt=b"x",
        pin_hash=b"right",
        wrong_tries=wrong_tries,
        created_at=NOW,
        last_used_at=NOW,
    )


def a_passkey(name, person_id):
    made = NewPasskey(
        credential_id=name.encode(), public_key=b"x", sign_count=0, is_synced=False, is_backed_up=False
    )
    return sign_in_keys.new_passkey(PROVINCE, id_of(name), person_id, made, "", NOW, None)


async def keys_left(db) -> set:
    return {
        row.id for table in (PinRow, PasskeyRow) for row in (await db.exec(sa.select(table.__table__))).all()
    }


def test_i5_every_key_of_who_lost_a_phone_is_gone_and_nobody_elses(work):
    async def story(db):
        for name, of in (("one", LAN), ("two", LAN), ("three", HOA)):
            db.add(a_pin(f"pin {name}", of, phone=name))
            db.add(a_passkey(f"key {name}", of))
        await db.flush()
        await sign_in_keys.forget_keys(db, PROVINCE, LAN)
        return await keys_left(db)

    assert work(story) == {id_of("pin three"), id_of("key three")}


@pytest.mark.parametrize("name", ["pin", "key"])
def test_one_key_is_forgotten_by_its_owner_only(work, name):
    async def story(db):
        db.add(a_pin("pin", LAN))
        db.add(a_passkey("key", LAN))
        await db.flush()
        by_another = await sign_in_keys.forget_key(db, PROVINCE, HOA, id_of(name))
        by_owner = await sign_in_keys.forget_key(db, PROVINCE, LAN, id_of(name))
        await db.flush()
        return by_another, by_owner, await keys_left(db)

    assert work(story) == (False, True, {id_of("pin"), id_of("key")} - {id_of(name)})


def test_a_pin_opens_on_its_phone_until_the_fifth_wrong_try_and_a_right_one_counts_anew(work):
    async def story(db):
        db.add(a_pin("pin", LAN, wrong_tries=4))
        db.add(a_pin("elsewhere", MINH, phone="another"))
        db.add(a_pin("closed", HOA, wrong_tries=5))
        await db.flush()
        here = [row.id for row in await sign_in_keys.pins_on(db, PHONE)]
        nowhere = await sign_in_keys.pins_on(db, "")
        (row,) = await sign_in_keys.pins_on(db, PHONE)
        right = await sign_in_keys.pin_tried(db, row, b"right", NOW)
        await db.refresh(row)
        after_right = row.wrong_tries
        tries = []
        for _ in range(5):
            tries.append(await sign_in_keys.pin_tried(db, row, b"wrong", NOW))
            await db.refresh(row)
        too_late = await sign_in_keys.pin_tried(db, row, b"right", NOW)
        return here, nowhere, right is row, after_right, tries, too_late, row.wrong_tries

    here, nowhere, was_right, after_right, tries, too_late, wrong = work(story)

    assert (here, nowhere) == ([id_of("pin")], [])
    assert (was_right, after_right, tries, too_late, wrong) == (True, 0, [None] * 5, None, 5)
