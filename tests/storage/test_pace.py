"""A long job's parts fit the machine: on a slow one they are small, on a quick one they grow, never beyond their bound."""

from volunteer_app.storage.pace import AIM_SECONDS, Pace


def test_parts_shrink_until_nobody_waits_and_grow_where_there_is_time():
    slow, quick = Pace(500), Pace(500)
    for _ in range(9):
        slow.took(slow.size * 0.02)  # 20 ms a thing
        quick.took(quick.size * 0.0001)

    assert slow.size * 0.02 <= AIM_SECONDS and slow.size > 1
    assert quick.size == 500


def test_a_part_is_never_nothing():
    pace = Pace(5)
    for seconds in (100, 100, 0, 0, 0, 0):
        pace.took(seconds)
        assert 1 <= pace.size <= 5
