"""Ids made at the desk are UUIDv7: of their moment, and later ones sort later."""

from datetime import UTC, datetime, timedelta
from uuid import RFC_4122

from volunteer_app.domain.ids import new_id

NOW = datetime(2026, 11, 22, 8, 0, tzinfo=UTC)


def test_an_id_carries_its_moment_and_says_what_it_is():
    id_ = new_id(NOW)

    assert id_.version == 7
    assert id_.variant == RFC_4122
    assert id_.int >> 80 == int(NOW.timestamp() * 1000)


def test_later_ids_sort_later_and_none_repeats():
    ids = [new_id(NOW + timedelta(milliseconds=n)) for n in range(500)]

    assert ids == sorted(ids)
    assert len({new_id(NOW) for _ in range(500)}) == 500
