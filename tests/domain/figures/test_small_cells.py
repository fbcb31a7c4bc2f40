"""No count below five can be read, or worked out from what is told beside it."""

from datetime import date, timedelta
from itertools import product
from uuid import UUID

from hypothesis import example, given
from hypothesis import strategies as st

from volunteer_app.domain.figures.reports import LINES, hidden_lines
from volunteer_app.domain.figures.small_cells import is_small, rounded, rounded_whole, told_outside
from volunteer_app.domain.periods import Period
from volunteer_app.pages.reports.made import _waited


def test_one_to_four_are_small_and_nought_is_not():
    assert [n for n in range(8) if is_small(n)] == [1, 2, 3, 4]


@given(st.integers(0, 10_000))
def test_m6_a_count_is_told_by_fives_and_never_above_itself(count):
    assert rounded(count) % 5 == 0
    assert 0 <= count - rounded(count) < 5


@given(st.integers(0, 30), st.integers(0, 30))
def test_m6_what_is_told_is_hidden_when_it_or_its_households_are_few(count, households):
    told = told_outside(count, households)

    assert (told is None) == (0 < count < 5 or 0 < households < 5)
    assert told in (None, rounded(count))


def told(parts: tuple[int, ...]) -> tuple[tuple[int | None, ...], int | None]:
    """What is told of some places and of all of them together."""
    shown = [part for part in parts if not is_small(part)]
    whole = rounded_whole(sum(parts), shown, len(parts) - len(shown))
    return tuple(told_outside(part, part) for part in parts), whole or (None if sum(parts) else 0)


@example([1, 1, 1, 1])
@example([4, 4, 4, 4, 4])
@example([9, 1])
@example([9, 9, 9, 9, 4])
@given(st.lists(st.integers(0, 11), min_size=1, max_size=5))
def test_m6_who_knows_the_rule_and_tries_every_world_finds_no_small_count(parts):
    seen = told(tuple(parts))
    possible = [range(1, 5) if one is None else range(one, one + 5) if one else (0,) for one in seen[0]]
    worlds = [world for world in product(*possible) if told(world) == seen]

    assert tuple(parts) in worlds
    for place, one in enumerate(seen[0]):
        if one is None:
            assert len({world[place] for world in worlds}) > 1, (parts, seen)


@given(st.lists(st.integers(0, 60), max_size=30))
def test_m6_a_whole_is_never_told_more_than_a_step_off(parts):
    _, whole = told(tuple(parts))

    assert abs((whole or 0) - rounded(sum(parts))) <= 5


KEYS = sorted({line.key for line in LINES} | {line.households for line in LINES} | {"independent"})


@given(st.fixed_dictionaries({key: st.integers(0, 14) for key in KEYS}))
def test_m6_a_line_of_a_report_is_hidden_when_it_or_its_households_are_few(counts):
    few = {line.key for line in LINES if is_small(counts[line.key]) or is_small(counts[line.households])}
    few |= {"independent"} if is_small(counts["independent"]) else set()

    assert hidden_lines(counts) == few


@given(st.lists(st.tuples(st.integers(0, 20), st.integers(0, 9), st.integers(0, 60)), max_size=12))
def test_m6_a_median_of_a_few_households_is_not_told_outside_the_commune(found):
    days = [(date(2026, 11, 1) + timedelta(days=day), UUID(int=home), took) for day, home, took in found]
    period = Period(date(2026, 11, 5), date(2026, 11, 15))
    homes = {home for day, home, _ in days if date(2026, 11, 5) <= day <= date(2026, 11, 15)}

    outside, inside = _waited(days, period, hides=True), _waited(days, period, hides=False)

    assert outside.households == inside.households == len(homes)
    assert (inside.median is not None) == bool(homes)
    assert outside.median == (None if is_small(len(homes)) else inside.median)
