"""A sealed box is taken as its author's, whoever brings it; what cannot be taken is kept for the leader."""

import json

import msgspec
import pytest

from tests.boxes import KEYS, sealed, signed_and_sealed
from tests.pages.conftest import FROM_US
from tests.pages.sync.test_routes import RECENTLY, a_delivery, deliver, introduce
from tests.people import HOA, LAN, MINH, NEXT_HAMLET, a_household, id_of


@pytest.fixture
def key(signed_in) -> dict[str, str]:
    """What Lan's phone knows to seal with; the server has met Lan on this phone."""
    lan = signed_in(LAN)
    introduce(lan, by=LAN)
    return lan.get("/api/v1/field-pack").json()["seal_with"]


def box_of(key, **changes) -> dict:
    """Signed by who recorded it, if that is said."""
    said = json.loads(msgspec.json.encode(a_household(recorded_at=RECENTLY, **changes)))
    signing = KEYS.get(changes.get("person_id"))
    return signed_and_sealed(key, said, signing) if signing else sealed(key, said)


def deposit(visitor, *boxes, **changes):
    visitor.cookies.clear()
    return visitor.post("/api/v1/deposit", content=a_delivery(*boxes, **changes), headers=FROM_US)


def outcomes(answer) -> list[str]:
    return [one["outcome"] for one in answer.json()["answers"]]


def test_a_box_is_credited_to_its_author_whoever_is_signed_in(signed_in, key):
    answer = deliver(signed_in(HOA), box_of(key, person_id=LAN))

    assert outcomes(answer) == ["accepted"]
    assert len(signed_in(LAN).get("/api/v1/field-pack").json()["households"]) == 1


def test_c6_boxes_go_without_a_sign_in_and_the_phone_learns_nothing(signed_in, visitor, key):
    box = box_of(key, person_id=LAN)

    said = deposit(visitor, box).json()

    assert outcomes(deposit(visitor, box)) == ["duplicate"]
    assert set(said) == {"server_id", "epoch", "time", "durable_through", "answers"}
    assert len(signed_in(LAN).get("/api/v1/field-pack").json()["households"]) == 1


def test_the_clear_operation_and_its_box_are_the_same(signed_in, key):
    household = a_household(recorded_at=RECENTLY, person_id=LAN)
    lan = signed_in(LAN)
    deliver(lan, household, by=LAN)

    box = sealed(key, json.loads(msgspec.json.encode(household)))
    assert outcomes(deliver(lan, box, by=LAN)) == ["duplicate"]


def test_an_author_whose_key_nobody_knows_is_parked_for_the_leader(signed_in, visitor, key):
    box = box_of(key, person_id=HOA)

    assert outcomes(deposit(visitor, box)) == ["parked"]
    assert outcomes(deposit(visitor, box_of(key))) == ["parked"], "no author at all"
    assert outcomes(deliver(signed_in(LAN), box)) == ["parked"]


def test_a_box_gives_no_right_that_its_author_lacks(visitor, key):
    assert outcomes(deposit(visitor, box_of(key, person_id=LAN, hamlet_id=NEXT_HAMLET))) == ["parked"]


def test_what_no_key_opens_is_parked_raw_and_never_blocks_the_rest(visitor, key, database_url, in_database):
    broken = box_of(key, person_id=LAN) | {"key_id": "0" * 16}

    answer = deposit(visitor, broken, box_of(key, person_id=LAN))

    assert sorted(outcomes(answer)) == ["accepted", "parked"]

    async def kept(database):
        from sqlmodel import select

        from volunteer_app.storage.operations.log import OperationRow

        async with database.reading() as db:
            return [row.body for row in await db.exec(select(OperationRow)) if row.kind == "unreadable"]

    (body,) = in_database(kept)
    assert json.loads(body) == broken


def test_nothing_in_the_clear_and_no_unknown_phone_is_taken_without_a_sign_in(visitor, key):
    in_the_clear = json.loads(msgspec.json.encode(a_household(recorded_at=RECENTLY, person_id=LAN)))

    assert outcomes(deposit(visitor, in_the_clear)) == ["parked"]
    assert deposit(visitor, box_of(key), device_id=str(id_of("a phone of nobody"))).status_code == 401
    assert visitor.post("/api/v1/deposit", content=b"{", headers=FROM_US).status_code == 400
    assert visitor.post("/api/v1/deposit", content=a_delivery()).status_code == 403


def test_a_leaders_own_box_counts_in_the_commune(signed_in, visitor, key):
    introduce(signed_in(MINH), by=MINH)

    assert outcomes(deposit(visitor, box_of(key, person_id=MINH, hamlet_id=NEXT_HAMLET))) == ["accepted"]
