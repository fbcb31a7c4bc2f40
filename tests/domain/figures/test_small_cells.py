"""No count below five can be read or worked out by subtraction."""

from hypothesis import given
from hypothesis import strategies as st

from volunteer_app.domain.figures.small_cells import hidden_among, is_small

counts = st.lists(st.integers(0, 12), max_size=10)


def test_one_to_four_are_small_and_nought_is_not():
    assert [n for n in range(8) if is_small(n)] == [1, 2, 3, 4]


@given(counts)
def test_m6_every_small_cell_is_hidden(numbers):
    hidden = hidden_among(numbers)

    assert all(position in hidden for position, count in enumerate(numbers) if is_small(count))


@given(counts)
def test_the_total_less_what_is_shown_never_gives_a_small_cell_away(numbers):
    hidden = hidden_among(numbers)
    rest = sum(numbers) - sum(count for position, count in enumerate(numbers) if position not in hidden)

    assert not is_small(rest) or is_small(sum(numbers))


@given(counts)
def test_noughts_and_lists_without_small_cells_are_shown_whole(numbers):
    hidden = hidden_among(numbers)

    assert all(numbers[position] for position in hidden)
    assert hidden or not any(map(is_small, numbers))


def test_a_single_small_cell_takes_the_next_larger_one_with_it():
    assert hidden_among([3, 40, 7, 0]) == {0, 2}


def test_what_is_hidden_already_stays_hidden():
    assert hidden_among([9, 40], {1}) == {1}
