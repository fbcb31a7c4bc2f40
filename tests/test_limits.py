"""Limits on wrong tries: what counts, for how long, and that the memory for them is bounded."""

import pytest

from volunteer_app import limits
from volunteer_app.limits import MOST, WINDOW_SECONDS, Limits


@pytest.mark.parametrize("kind", MOST)
def test_a_key_is_closed_after_its_wrong_tries_and_open_again_after_a_quarter_of_an_hour(kind):
    tries = Limits()
    for number in range(MOST[kind]):
        assert tries.allow(1000.0 + number, **{kind: "a"})
        tries.note_failure(1000.0 + number, **{kind: "a"})

    assert not tries.allow(1000.0 + MOST[kind], **{kind: "a"})
    assert tries.allow(1000.0 + MOST[kind], **{kind: "b"})
    assert not tries.allow(1000.0 + WINDOW_SECONDS - 0.001, **{kind: "a"})
    assert tries.allow(1000.0 + WINDOW_SECONDS, **{kind: "a"})


def test_one_closed_key_of_several_is_enough_and_empty_ones_do_not_count():
    tries = Limits()
    for _ in range(MOST["code"]):
        tries.note_failure(0.0, code="a", phone="")

    assert not tries.allow(1.0, code="a", phone="p") and not tries.allow(1.0, phone="p", code="a")
    assert tries.allow(1.0, phone="") and tries.allow(1.0, code="", address="x")


def test_when_the_memory_is_full_what_is_over_goes_and_what_counts_stays(monkeypatch):
    monkeypatch.setattr(limits, "MOST_KEYS", 50)
    tries = Limits()
    for number in range(60):
        tries.note_failure(0.0, phone=f"old {number}")
    now = WINDOW_SECONDS + 10.0
    for _ in range(MOST["code"]):
        tries.note_failure(now, code="lively")
    for number in range(60):
        tries.note_failure(now + 1, address=f"new {number}")

    assert not tries.allow(now + 2, code="lively")
    assert not any(key.startswith("old") for _, key in tries._failures)
