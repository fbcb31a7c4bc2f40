"""Outlines as SVG paths in whole numbers."""

from hypothesis import given
from hypothesis import strategies as st

from volunteer_app.importing.outlines import Grid, drawn, grid_of, land_of

SQUARE = [(0.0, 0.0), (4.0, 0.0), (4.0, 4.0), (0.0, 4.0), (0.0, 0.0)]
GRID = Grid(west=0, north=4, step_lon=1, step_lat=1)


def test_a_square_is_drawn_with_north_up_in_short_steps():
    assert drawn([SQUARE], GRID) == ("M0 4l4 0 0-4-4 0z", 0, 0, 4, 4)


def test_points_on_a_line_and_repeats_fall_away():
    detailed = [
        (0.0, 0.0),
        (1.0, 0.0),
        (1.1, 0.1),
        (4.0, 0.0),
        (4.0, 4.0),
        (4.0, 4.1),
        (0.0, 4.0),
        (0.0, 0.0),
    ]

    assert drawn([detailed], GRID).path == drawn([SQUARE], GRID).path


def test_what_is_too_small_falls_away_but_one_square_stays():
    speck = [(2.0, 2.0), (2.1, 2.0), (2.1, 2.1), (2.0, 2.0)]

    assert drawn([SQUARE, speck], GRID).path == drawn([SQUARE], GRID).path
    assert drawn([speck], GRID) == ("M2 2l1 0 0 1-1 0z", 2, 2, 1, 1)


def test_longitude_is_shortened_by_latitude():
    north = [(lon, lat + 58.0) for lon, lat in SQUARE]

    width, height = drawn([north], grid_of([north], 100))[3:]

    assert abs(width / height - 0.5) < 0.01


@given(
    st.lists(
        st.tuples(st.floats(102, 110), st.floats(8, 23)).map(lambda p: (round(p[0], 5), round(p[1], 5))),
        min_size=3,
        max_size=30,
    ),
    st.sampled_from([10, 400]),
)
def test_any_ring_gives_a_path_inside_its_box(points, fineness):
    ring = [*points, points[0]]
    if not land_of([ring]):
        return

    drawing = drawn([ring], grid_of([ring], fineness))

    assert drawing.path.startswith("M") and drawing.path.endswith("z")
    assert drawing.x >= 0 and drawing.y >= 0
    assert drawing.width + drawing.height > 0
