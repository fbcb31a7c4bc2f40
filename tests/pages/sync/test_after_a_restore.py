"""After a restore: whoever held a shared phone is believed, and boxes are opened when their key has come back."""

import json
from pathlib import Path

import msgspec
import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from litestar.testing import TestClient

from tests.boxes import KEYS, signed_and_sealed
from tests.pages.sync.test_deposit import deposit
from tests.pages.sync.test_routes import RECENTLY, deliver, introduce
from tests.people import HOA, LAN, LANS_PHONE, NOW, PROVINCE, a_household, id_of
from volunteer_app import signing
from volunteer_app.copies.engines import engine_of
from volunteer_app.sealing import PEM, SealingKey, _from_base64, _to_base64
from volunteer_app.storage import register
from volunteer_app.storage.following import follow
from volunteer_app.storage.register import RegisterEntry


def outcome(answer) -> tuple[str, str | None]:
    """Of the only one in it."""
    (said,) = answer.json()["answers"]
    return said["outcome"], said["reason"] and said["reason"]["code"]


@pytest.mark.parametrize(
    ("is_followed", "expected"),
    [(True, ("accepted", None)), (False, ("parked", "operation.not_proven"))],
    ids=["the register says whose key it is", "the register is gone too"],
)
def test_e26_after_a_restore_a_shared_phone_proves_who_recorded_what(
    signed_in, in_database, is_followed, expected
):
    """Lan came to the phone after the copy was made; the restored server has never seen her or her key."""
    seal_with = signed_in(HOA).get("/api/v1/field-pack").json()["seal_with"]
    household = json.loads(msgspec.json.encode(a_household(recorded_at=RECENTLY, person_id=LAN)))
    box = signed_and_sealed(seal_with, household, KEYS[LAN])
    key_id = signing.id_of(_from_base64(KEYS[LAN].public))
    line = RegisterEntry(
        NOW, NOW, register.SIGNING_KEY, PROVINCE, (key_id, LAN, LANS_PHONE, id_of("her session"))
    )
    if is_followed:
        assert in_database(lambda database: follow(database, [line, line], NOW)) == {line.what: 1}

    assert outcome(deliver(signed_in(HOA), box)) == expected


def test_e26_a_key_that_was_stopped_before_a_restore_proves_nothing_after_it(signed_in, in_database):
    """Made, then stopped, both after the copy: the register says both."""
    seal_with = signed_in(HOA).get("/api/v1/field-pack").json()["seal_with"]
    household = json.loads(msgspec.json.encode(a_household(recorded_at=RECENTLY, person_id=LAN)))
    box = signed_and_sealed(seal_with, household, KEYS[LAN])
    key_id, session = signing.id_of(_from_base64(KEYS[LAN].public)), id_of("her session")
    made = RegisterEntry(NOW, NOW, register.SIGNING_KEY, PROVINCE, (key_id, LAN, LANS_PHONE, session))
    for over in (
        RegisterEntry(NOW, NOW, register.PHONES_ENDED, PROVINCE, (LAN,)),
        RegisterEntry(NOW, NOW, register.SESSION_ENDED, PROVINCE, (session,)),
    ):
        in_database(lambda database, over=over: follow(database, [made, over], NOW))
        assert outcome(deliver(signed_in(HOA), box)) == ("parked", "operation.not_proven")


@pytest.fixture
def lost_key(visitor) -> tuple[SealingKey, Path]:
    """A pair that this server does not have, and where its file would be."""
    key = SealingKey(ec.generate_private_key(ec.SECP256R1()))
    path = Path(visitor.settings.keys_folder) / f"outbox-20200101T000000000000-{key.id}.pem"
    yield key, path
    path.unlink(missing_ok=True)


def box_for(key: SealingKey, household) -> dict:
    """As a phone seals it."""
    inside = json.loads(msgspec.json.encode(household))
    return signed_and_sealed({"key_id": key.id, "public": _to_base64(key.public)}, inside, KEYS[LAN])


def test_an_unreadable_box_that_comes_again_readable_is_taken_and_no_mismatch(signed_in, lost_key):
    """The same box at a second server that has the key, or at this one when the key has come back."""
    key, path = lost_key
    lan = signed_in(LAN)
    introduce(lan, by=LAN)
    household = a_household(recorded_at=RECENTLY, person_id=LAN)
    first = outcome(deposit(lan, box_for(key, household)))
    path.write_bytes(key.private.private_bytes(*PEM))

    assert first == ("parked", "operation.unreadable")
    assert outcome(deposit(lan, box_for(key, household))) == ("accepted", None)
    assert outcome(deposit(lan, box_for(key, household))) == ("duplicate", None)


def test_unreadable_boxes_are_opened_at_the_next_start_when_their_key_has_come_back(
    signed_in, lost_key, app_for, database_url
):
    key, path = lost_key
    lan = signed_in(LAN)
    introduce(lan, by=LAN)
    household = a_household(recorded_at=RECENTLY, person_id=LAN)
    deposit(lan, box_for(key, household))
    before = engine_of(database_url).counts()["households"]
    path.write_bytes(key.private.private_bytes(*PEM))

    with TestClient(app_for(database_url)):
        pass

    assert engine_of(database_url).counts()["households"] == before + 1
    assert outcome(deposit(lan, box_for(key, household))) == ("duplicate", None)
