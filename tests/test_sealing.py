"""Only this server opens what a phone has sealed; keys are made once, kept apart, and old ones still open old boxes."""

import json
import stat
from base64 import urlsafe_b64decode, urlsafe_b64encode
from datetime import UTC, datetime

import msgspec
import pytest

from tests.boxes import sealed
from tests.people import LAN, NOW, a_household
from volunteer_app.sealing import Keys, Unopenable


@pytest.fixture
def keys(tmp_path) -> Keys:
    made = Keys(tmp_path / "keys")
    made.ensure(NOW)
    return made


def as_json(**changes) -> dict:
    return json.loads(msgspec.json.encode(a_household(person_id=LAN, label="Nông Văn Hộp", **changes)))


def box_of(keys: Keys, said: dict) -> bytes:
    return json.dumps(sealed(keys.public(), said)).encode()


def test_what_was_sealed_is_read_and_nothing_of_it_stands_outside(keys):
    said = as_json()

    box = box_of(keys, said)

    assert json.loads(msgspec.json.encode(keys.read(box)[0])) == said
    assert "Nông" not in box.decode() and str(LAN) not in box.decode() and "household" not in box.decode()


def test_an_operation_in_the_clear_is_read_as_ever(keys):
    said = as_json() | {"body": {"note": 'she said "sealed"'}}

    assert keys.read(json.dumps(said).encode())[0].body == {"note": 'she said "sealed"'}


def change_byte(box: dict, at: int) -> dict:
    raw = bytearray(urlsafe_b64decode(box["sealed"] + "=" * (-len(box["sealed"]) % 4)))
    raw[at] ^= 1
    return box | {"sealed": urlsafe_b64encode(raw).decode().rstrip("=")}


TAMPERED = {
    "text": lambda box: change_byte(box, 100),
    "tag": lambda box: change_byte(box, -1),
    "nonce": lambda box: change_byte(box, 70),
    "ephemeral key": lambda box: change_byte(box, 10),
    "id": lambda box: box | {"id": "0199a000-0000-7000-8000-000000000001"},
    "key id": lambda box: box | {"key_id": "0" * 16},
    "cut": lambda box: box | {"sealed": box["sealed"][:60]},
    "empty": lambda box: box | {"sealed": ""},
    "no base64": lambda box: box | {"sealed": "ổ khoá"},
}


@pytest.mark.parametrize("how", TAMPERED)
def test_a_box_that_was_tampered_with_is_refused(keys, how):
    box = TAMPERED[how](sealed(keys.public(), as_json()))

    with pytest.raises(Unopenable):
        keys.read(json.dumps(box).encode())


def test_another_server_cannot_open_it(keys, tmp_path):
    other = Keys(tmp_path / "other")
    other.ensure(NOW)
    box = sealed(keys.public(), as_json())

    with pytest.raises(Unopenable):
        other.read(json.dumps(box | {"key_id": other.public()["key_id"]}).encode())


def test_old_boxes_open_after_a_rotation_also_in_a_server_that_runs(keys):
    old = box_of(keys, as_json())
    before = keys.public()["key_id"]

    Keys(keys.folder).rotate(datetime(2099, 1, 1, tzinfo=UTC))

    assert keys.public()["key_id"] != before
    assert keys.read(old)[0].kind == "household"
    assert keys.read(box_of(keys, as_json()))[0].kind == "household"


def test_the_key_is_made_once_and_only_its_owner_reads_it(keys):
    keys.ensure(NOW)
    (path,) = keys.folder.iterdir()

    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert stat.S_IMODE(keys.folder.stat().st_mode) == 0o700
