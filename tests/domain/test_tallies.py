"""What visits add to the tallies, worked out from the few days that decide it."""

from datetime import date, timedelta

from hypothesis import given
from hypothesis import strategies as st

from volunteer_app.domain.tallies import (
    History,
    Visited,
    added_by_visits,
    difference,
    nearest,
    tallied,
)

days = st.integers(0, 400).map(lambda number: date(2025, 11, 1) + timedelta(days=number))
visits = st.dictionaries(days, st.tuples(st.integers(1, 3), st.booleans()), max_size=12).map(
    lambda found: [Visited(day, turns, turns * met) for day, (turns, met) in found.items()]
)


def together(*lists: list[Visited]) -> list[Visited]:
    """The same visits, a line a day."""
    found: dict[date, Visited] = {}
    for day, turns, met in (one for some in lists for one in some):
        of_day = found.get(day, Visited(day, 0, 0))
        found[day] = Visited(day, of_day.turns + turns, of_day.met + met)
    return list(found.values())


@given(visits, visits)
def test_the_nearest_days_decide_what_new_visits_add(before: list[Visited], new: list[Visited]):
    whole = difference(tallied(History(before), []), tallied(History(together(before, new)), []))

    assert added_by_visits(nearest(before, new), frozenset(new)) == whole
