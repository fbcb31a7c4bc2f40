"""A long job's parts fit the machine: on a slow one they are small, on a quick one they grow, never beyond their bound."""

import asyncio
import time

from volunteer_app.storage.pace import AIM_SECONDS, BREATH_SECONDS, Pace


def test_parts_shrink_until_nobody_waits_and_grow_where_there_is_time():
    slow, quick = Pace(500), Pace(500)
    for _ in range(9):
        asyncio.run(slow.took(slow.size * 0.02))  # 20 ms a thing
        asyncio.run(quick.took(quick.size * 0.0001))

    assert slow.size * 0.02 <= AIM_SECONDS and slow.size > 1
    assert quick.size == 500


def test_a_part_is_never_nothing():
    pace = Pace(5)
    for seconds in (100, 100, 0, 0, 0, 0):
        asyncio.run(pace.took(seconds))
        assert 1 <= pace.size <= 5


def test_whoever_asks_again_every_tenth_of_a_second_finds_a_gap():
    pace, began = Pace(5), time.monotonic()
    for _ in range(4):
        asyncio.run(pace.took(AIM_SECONDS / 2))

    assert time.monotonic() - began >= 2 * BREATH_SECONDS > 0.2
