"""Borders become simpler, and neighbours still fit together."""

from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from volunteer_app.importing.borders import TOLERANCE, simpler

wobbles = st.lists(st.integers(-9, 9), min_size=3, max_size=30)


def two_neighbours(wobble: list[int], start: int = 0) -> list[list[list[tuple[int, int]]]]:
    """West and east of a border that runs south and wobbles; the west's ring may begin anywhere."""
    border = [
        (100, 0),
        *((100 + x, 10 * (y + 1)) for y, x in enumerate(wobble)),
        (100, 10 * len(wobble) + 10),
    ]
    bottom = border[-1][1]
    west = [(0, 0), *border, (0, bottom)]
    east = [(200, bottom), *reversed(border), (200, 0)]
    return [[west[start:] + west[:start]], [east]]


def sides(ring: list[tuple[int, int]]) -> set[frozenset]:
    return {frozenset(side) for side in pairwise([*ring, ring[0]])}


@given(wobbles, st.integers(0, 4))
def test_both_neighbours_keep_the_same_border_wherever_their_rings_begin(wobble, start):
    (west,), (east,) = simpler(two_neighbours(wobble, start))

    inner = {side for side in sides(west) if all(0 < x < 200 for x, _ in side)}
    assert inner and inner <= sides(east)


@given(wobbles)
def test_no_corner_is_farther_from_the_simpler_border_than_the_tolerance(wobble):
    ((exact,), _) = two_neighbours(wobble)

    ((west,), _) = simpler(two_neighbours(wobble))

    assert set(west) <= set(exact)
    for corner in exact:
        assert min(distance(corner, a, b) for a, b in pairwise([*west, west[0]])) <= TOLERANCE + 1e-9


def test_what_hardly_stands_out_falls_away():
    ((west,), (east,)) = simpler(two_neighbours([1, 0, -1, 0, 1]))

    assert set(west) == {(0, 0), (100, 0), (100, 60), (0, 60)}
    assert set(east) == {(200, 60), (100, 60), (100, 0), (200, 0)}


def test_an_island_is_thinned_the_same_way_wherever_its_ring_begins():
    island = [(0, 0), (10, 1), (20, 0), (30, 0), (30, 20), (15, 21), (0, 20)]
    hole = island[4:] + island[:4]

    ((one,), (other,)) = simpler([[island], [hole]])

    assert sides(one) == sides(other)
    assert len(one) == 4


def test_a_ring_that_is_only_a_wobble_falls_away():
    assert simpler([[[(0, 0), (10, 0), (10, 1)]]]) == [[]]


def distance(corner, start, end) -> float:
    (x, y), (x1, y1), (x2, y2) = corner, start, end
    dx, dy = x2 - x1, y2 - y1
    along = max(0, min(1, ((x - x1) * dx + (y - y1) * dy) / (dx * dx + dy * dy)))
    return ((x1 + along * dx - x) ** 2 + (y1 + along * dy - y) ** 2) ** 0.5
