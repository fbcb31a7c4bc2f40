"""No count below five can be read or worked out by subtraction."""

from datetime import date, timedelta
from uuid import UUID

from hypothesis import given
from hypothesis import strategies as st

from volunteer_app.domain.figures.reports import LINES, RESULTS, hidden_lines
from volunteer_app.domain.figures.small_cells import hidden_among, hidden_in_table, is_small
from volunteer_app.domain.periods import Period
from volunteer_app.pages.reports.made import _waited

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


tables = st.integers(1, 5).flatmap(
    lambda width: st.lists(
        st.lists(st.integers(0, 12), min_size=width, max_size=width), min_size=1, max_size=5
    )
)


def lines_of(rows):
    """Rows and columns, each as its cells: place and count."""
    cells = [[((r, c), count) for c, count in enumerate(row)] for r, row in enumerate(rows)]
    return cells + [list(column) for column in zip(*cells, strict=True)]


@given(tables)
def test_m6_no_total_of_a_row_or_column_less_what_is_shown_gives_a_small_cell_away(rows):
    hidden = hidden_in_table(rows)

    for line in lines_of(rows):
        rest = sum(count for place, count in line if place in hidden)
        assert not is_small(rest) or is_small(sum(count for _, count in line)), line
    assert {place for line in lines_of(rows) for place, count in line if is_small(count)} <= hidden
    assert all(rows[r][c] for r, c in hidden)


KEYS = sorted({line.key for line in LINES} | {line.households for line in LINES})


@st.composite
def periods_within_one_another(draw):
    """The counts of a period, and of a larger one around it."""
    inner = {key: draw(st.integers(0, 14)) for key in KEYS}
    inner["runs"] = sum(inner[one] for one in RESULTS) + draw(st.integers(0, 6))
    for part in ("second_rechecks", "confirmed_rechecks"):
        inner[part] = draw(st.integers(0, inner["rechecks"]))
    return inner, {key: count + draw(st.integers(0, 6)) for key, count in inner.items()}


@given(periods_within_one_another())
def test_m6_no_line_of_a_report_tells_of_a_few_households_by_itself_or_less_another(counts):
    """Not by its own count nor that of its households, not less a larger period's, not as the rest of its whole."""
    inner, outer = counts
    hidden = hidden_lines(inner, outer)

    for line in LINES:
        few = [inner[line.key], inner[line.households]]
        few += [outer[name] - inner[name] for name in (line.key, line.households)]
        assert line.key in hidden or not any(map(is_small, few)), line
    rest = inner["runs"] - sum(inner[one] for one in RESULTS if one not in hidden)
    assert "runs" in hidden or not is_small(rest) or is_small(inner["runs"])
    for part in ("second_rechecks", "confirmed_rechecks"):
        assert part in hidden or not is_small(inner["rechecks"] - inner[part])


@given(st.lists(st.tuples(st.integers(0, 20), st.integers(0, 9), st.integers(0, 60)), max_size=12))
def test_m6_a_median_of_a_few_households_is_not_told_outside_the_commune(found):
    days = [(date(2026, 11, 1) + timedelta(days=day), UUID(int=home), took) for day, home, took in found]
    period = Period(date(2026, 11, 5), date(2026, 11, 15))
    homes = {home for day, home, _ in days if date(2026, 11, 5) <= day <= date(2026, 11, 15)}

    outside, inside = _waited(days, period, hides=True), _waited(days, period, hides=False)

    assert outside.households == inside.households == len(homes)
    assert (inside.median is not None) == bool(homes)
    assert outside.median == (None if is_small(len(homes)) else inside.median)
