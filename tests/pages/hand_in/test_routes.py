"""The leader hands in the file of a phone that cannot send: every entry gets an answer, none is doubled or lost."""

import json

import pytest

from tests.pages.sync.test_deposit import box_of, key
from tests.people import HOA, LAN, LANS_PHONE, MINH, THE_FRONT, id_of

__all__ = ["key"]


def file_of(*boxes, **changes) -> bytes:
    return json.dumps({"device_id": str(LANS_PHONE), "app_build": "x", "boxes": boxes} | changes).encode()


def hand_in(visitor, content: bytes):
    files = {"file": ("tung-nha.json", content, "application/json")}
    return visitor.post_from_us("/en/hand-in", files=files)


def test_o3_every_entry_is_credited_to_its_author_and_answered(signed_in, key):
    boxes = [box_of(key, person_id=LAN, seq=n) for n in (1, 2)]

    first = hand_in(signed_in(MINH), file_of(*boxes))
    again = hand_in(signed_in(MINH), file_of(*boxes))

    assert "The server has 2 of 2 entries." in first.text and "received now" in first.text
    assert "The server has 2 of 2 entries." in again.text and "was here already" in again.text
    assert len(signed_in(LAN).get("/api/v1/field-pack").json()["households"]) == 2


def test_what_cannot_be_taken_is_kept_and_said(signed_in, key):
    broken = box_of(key, person_id=LAN) | {"key_id": "0" * 16}
    foreign = box_of(key, person_id=HOA)
    good = box_of(key, person_id=LAN)

    said = hand_in(signed_in(MINH), file_of(broken, foreign, good)).text

    assert "The server has 1 of 3 entries." in said
    assert said.count("kept for you to look at") == 2


def test_more_boxes_than_one_delivery_are_taken(signed_in, key):
    boxes = [box_of(key, person_id=LAN, seq=n + 1) for n in range(60)]

    assert "The server has 60 of 60 entries." in hand_in(signed_in(MINH), file_of(*boxes)).text


@pytest.mark.parametrize(
    "content",
    [b"", b"{", b"[]", b'{"boxes": []}', file_of(device_id=None), b"\xff\xfe", b"[" * 9999, b"PK\x03\x04"],
)
def test_another_file_changes_nothing_and_is_refused_in_plain_words(signed_in, content):
    answer = hand_in(signed_in(MINH), content)

    assert answer.status_code == 422
    assert "Please choose the file again" in answer.text or "which phone" in answer.text


def test_a_box_that_is_not_even_an_object_is_passed_over(signed_in, key):
    said = hand_in(signed_in(MINH), file_of(7, "x", [], {}, box_of(key, person_id=LAN))).text

    assert "The server has 1 of 1 entries." in said


def test_a_file_of_a_phone_that_was_never_seen_is_said_and_changes_nothing(signed_in, key):
    content = file_of(box_of(key, person_id=LAN), device_id=str(id_of("another phone")))

    answer = hand_in(signed_in(MINH), content)

    assert answer.status_code == 422 and "never met the phone" in answer.text


@pytest.mark.parametrize("person", [LAN, THE_FRONT])
def test_only_a_leader_hands_in(signed_in, person):
    visitor = signed_in(person)

    assert visitor.get("/vi/hand-in").status_code == 404
    assert hand_in(visitor, file_of()).status_code == 404


def test_the_page_opens_for_the_leader(signed_in):

    assert signed_in(MINH).get("/vi/hand-in").status_code == 200
