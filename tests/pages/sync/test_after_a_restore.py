"""After a restore: whoever held a shared phone is believed, and boxes are opened when their key has come back."""

import json
from datetime import timedelta
from pathlib import Path

import msgspec
import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from litestar.testing import TestClient

from tests.boxes import sealed
from tests.pages.sync.test_deposit import deposit
from tests.pages.sync.test_routes import RECENTLY, deliver, introduce
from tests.people import HOA, LAN, a_household
from volunteer_app.copies.engines import engine_of
from volunteer_app.sealing import PEM, SealingKey, _to_base64


def outcome(answer) -> tuple[str, str | None]:
    """Of the only one in it."""
    (said,) = answer.json()["answers"]
    return said["outcome"], said["reason"] and said["reason"]["code"]


@pytest.mark.parametrize(
    ("restored", "expected"),
    [
        (RECENTLY + timedelta(minutes=1), ("accepted", None)),
        (RECENTLY - timedelta(minutes=1), ("parked", "operation.other_author")),
        (None, ("parked", "operation.other_author")),
    ],
    ids=["recorded before the restore", "recorded after it", "never restored"],
)
def test_e26_after_a_restore_a_shared_phone_is_believed_who_recorded_what(
    signed_in, database_url, restored, expected
):
    """Lan came to the phone after the copy was made; the restored server has never seen her on it."""
    hoa = signed_in(HOA)
    if restored:
        engine_of(database_url).keep_fact("restored_at", restored.isoformat())

    assert outcome(deliver(hoa, a_household(recorded_at=RECENTLY, person_id=LAN))) == expected


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
    return sealed({"key_id": key.id, "public": _to_base64(key.public)}, inside)


def test_an_unreadable_box_that_comes_again_readable_is_taken_and_no_mismatch(signed_in, lost_key):
    """The same box at a second server that has the key, or at this one when the key has come back."""
    key, path = lost_key
    lan = signed_in(LAN)
    introduce(lan)
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
    introduce(lan)
    household = a_household(recorded_at=RECENTLY, person_id=LAN)
    deposit(lan, box_for(key, household))
    before = engine_of(database_url).counts()["households"]
    path.write_bytes(key.private.private_bytes(*PEM))

    with TestClient(app_for(database_url)):
        pass

    assert engine_of(database_url).counts()["households"] == before + 1
    assert outcome(deposit(lan, box_for(key, household))) == ("duplicate", None)
