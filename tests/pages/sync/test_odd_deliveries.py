"""Deliveries that are cut, changed, packed or odd, and a server that cannot write: plain answers, never a fault."""

import gzip
import json

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.faults.locks import locked
from tests.pages.conftest import FROM_US
from tests.pages.sync.test_routes import RECENTLY, a_delivery, deliver
from tests.people import LAN, a_household, a_visit
from volunteer_app.storage.operations import deliveries


def test_e22_a_locked_database_asks_the_phone_to_come_back(signed_in, database_url):
    lan = signed_in(LAN)
    household = a_household(recorded_at=RECENTLY)

    with locked(database_url):
        refused = deliver(lan, household)

    assert (refused.status_code, int(refused.headers["retry-after"]) > 0) == (503, True)
    assert deliver(lan, household).json()["answers"][0]["outcome"] == "accepted"


def test_e22_too_many_that_wait_are_asked_to_come_back(signed_in, monkeypatch):
    lan = signed_in(LAN)
    monkeypatch.setattr(deliveries, "MOST_WAITING", 0)

    refused = deliver(lan, a_household(recorded_at=RECENTLY))

    assert (refused.status_code, int(refused.headers["retry-after"]) > 0) == (503, True)


@pytest.mark.parametrize(
    ("packed", "status"),
    [
        (gzip.compress(a_delivery()), 200),
        (gzip.compress(a_delivery())[:-9], 400),
        (b"not gzip at all", 400),
        (gzip.compress(b" " * 50_000_000), 413),
    ],
    ids=["good", "cut off", "not gzip", "a bomb"],
)
def test_e28_packed_deliveries(signed_in, packed, status):
    headers = FROM_US | {"content-encoding": "gzip"}

    assert signed_in(LAN).post("/api/v1/ops", content=packed, headers=headers).status_code == status


@pytest.mark.parametrize(
    "body",
    [
        '{"household_id":"ID","outcome":"met","note":"\\ud800"}',
        '{"household_id":"ID","outcome":"met","note":"\\u0000"}',
        '{"household_id":"ID","outcome":"met","note":NaN}',
        '{"household_id":"ID","outcome":"met","outcome":"refused"}',
        '{"household_id":"ID","outcome":"met","x":' + "[" * 5_000 + "]" * 5_000 + "}",
        '{"household_id":"ID","outcome":"met","note":' + "9" * 5_000 + "}",
        '{"household_id":"ID","outcome":"met","return_on":"0000-00-00"}',
    ],
    ids=["surrogate", "NUL", "NaN", "twice", "deep", "huge", "no day"],
)
def test_e28_odd_bodies_are_parked_or_refused_never_a_fault(signed_in, body):
    lan = signed_in(LAN)
    household = a_household(recorded_at=RECENTLY)
    deliver(lan, household)
    visit = json.loads(a_delivery(a_visit(household.id, recorded_at=RECENTLY)))
    head, tail = json.dumps(visit).split(json.dumps(visit["ops"][0]["body"]))
    answer = lan.post_from_us(
        "/api/v1/ops", content=(head + body.replace("ID", str(household.id)) + tail).encode()
    )

    assert answer.status_code in (200, 400)
    if answer.status_code == 200:
        assert answer.json()["answers"][0]["outcome"] in ("parked", "accepted")


@settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck))
@given(cut=st.floats(0, 1), flip=st.integers(0, 255))
def test_e1_e28_a_delivery_cut_or_changed_anywhere_is_whole_or_nothing(signed_in, cut, flip):
    whole = bytearray(a_delivery(a_household(recorded_at=RECENTLY)))
    place = int(cut * (len(whole) - 1))
    changed = bytes([*whole[:place], flip, *whole[place + 1 :]])
    lan = signed_in(LAN)

    assert lan.post_from_us("/api/v1/ops", content=bytes(whole[:place])).status_code == 400
    assert lan.post_from_us("/api/v1/ops", content=changed).status_code in (200, 400)
