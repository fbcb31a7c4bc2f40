"""Squares lie where the land lies, as far as equal squares allow."""

import csv

from hypothesis import given
from hypothesis import strategies as st

from tests.conftest import SHARED
from volunteer_app.domain.mosaic import MOST_COLUMNS, MosaicCell, columns_for, laid_out

degrees = st.tuples(st.floats(102, 110), st.floats(8, 24))


@given(st.dictionaries(st.integers(), st.none() | degrees, max_size=60), st.integers(1, MOST_COLUMNS))
def test_every_place_has_a_square_of_its_own_and_rows_are_filled(places, columns):
    cells = laid_out(places, columns)

    assert cells.keys() == places.keys()
    assert sorted(cell.row * columns + cell.column for cell in cells.values()) == list(range(len(places)))


@given(st.dictionaries(st.integers(), degrees, max_size=60), st.integers(1, MOST_COLUMNS))
def test_north_is_on_top_and_west_on_the_left(places, columns):
    cells = laid_out(places, columns)

    for one, its in cells.items():
        for other, others in cells.items():
            if its.row < others.row:
                assert places[one][1] >= places[other][1]
            elif its.row == others.row and its.column < others.column:
                assert places[one][0] <= places[other][0]


def test_places_whose_position_nobody_knows_come_last():
    cells = laid_out({"unknown": None, "south": (105.0, 21.0), "north": (105.0, 23.0)}, 2)

    assert cells["unknown"] == MosaicCell(0, 1)


def test_the_mosaic_of_tuyen_quang_is_taller_than_wide_like_the_land():
    with (SHARED / "admin-units-2025.csv").open(encoding="utf-8", newline="") as file:
        places = {
            row["code"]: (float(row["label_lon"]), float(row["label_lat"]))
            for row in csv.DictReader(file)
            if row["parent_code"] == "08"
        }

    columns = columns_for(places)

    assert len(places) == 124
    assert 8 <= columns <= 11


def test_without_positions_the_mosaic_is_about_square():
    assert columns_for(dict.fromkeys(range(100))) == 10
    assert columns_for({}) == 1
