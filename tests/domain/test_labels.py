"""Where an area's number stands: inside it whatever its shape, or nowhere."""

from volunteer_app.domain.labels import LABEL_HEIGHT, LABEL_SIZES, LABEL_WIDTH, Label, label_of

SQUARE = [(0, 0), (100, 0), (100, 100), (0, 100)]
HORSESHOE = [(0, 0), (100, 0), (100, 100), (60, 100), (60, 30), (40, 30), (40, 100), (0, 100)]
LAKE = [(10, 10), (90, 10), (90, 70), (10, 70)]


def test_a_number_stands_in_the_middle_where_there_is_room_all_round():
    x, y, size = label_of([SQUARE])

    assert (x, abs(y - 50) <= 1, size) == (50, True, LABEL_SIZES[0])


def test_a_number_stands_on_the_land_though_the_middle_of_its_box_is_a_neighbours_or_a_lake():
    above, below = label_of([HORSESHOE]), label_of([SQUARE, LAKE])

    assert above.size and above.y <= 30 - LABEL_HEIGHT // 2
    assert below.size and below.y >= 70 + LABEL_HEIGHT // 2


def test_a_number_that_fits_nowhere_is_left_out():
    narrow, low = LABEL_WIDTH - 1, LABEL_HEIGHT - 1

    assert label_of([[(0, 0), (narrow, 0), (narrow, 100), (0, 100)]]) == Label(0, 0, 0)
    assert label_of([[(0, 0), (100, 0), (100, low), (0, low)]]) == Label(0, 0, 0)
    assert label_of([[(0, 0), (narrow + 2, 0), (narrow + 2, 100), (0, 100)]]).size == LABEL_SIZES[-1]
