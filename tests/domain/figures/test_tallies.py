"""What visits add to the tallies, worked out from the few days that decide it; and that numbers and lists agree."""

from datetime import UTC, date, datetime, timedelta
from types import SimpleNamespace

from hypothesis import given
from hypothesis import strategies as st

from tests.people import id_of
from volunteer_app.domain.figures.tallies import (
    Cell,
    History,
    Visited,
    added_by_visits,
    difference,
    lost_services,
    tallied,
)
from volunteer_app.domain.independence import Basis
from volunteer_app.domain.periods import BEGINNING, Span

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


def nearest(before: list[Visited], new: list[Visited]) -> frozenset[Visited]:
    """Of the days before, those that decide what the new ones add: the last one up to each new day and the first one
    after it, of all visits and of those that met somebody. If a span of a new day holds any day, it holds one of these.
    """
    found = set()
    for days in (before, [one for one in before if one.met]):
        for new_day in {one.day for one in new}:
            found |= set(sorted(one for one in days if one.day <= new_day)[-1:])
            found |= set(sorted(one for one in days if one.day > new_day)[:1])
    return frozenset(found)


@given(visits, visits)
def test_the_nearest_days_decide_what_new_visits_add(before: list[Visited], new: list[Visited]):
    whole = difference(tallied(History(before), []), tallied(History(together(before, new)), []))

    assert added_by_visits(nearest(before, new), frozenset(new)) == whole


def seen_day_by_day(levels: list[int]) -> History:
    """One member in one service, seen at these levels one day after the other."""
    begun = datetime(2026, 9, 1, 3, tzinfo=UTC)
    same = {"member_id": id_of("bà nội"), "person_id": id_of("Lan"), "service": "activate-level-2"}
    seen = [
        SimpleNamespace(
            id=id_of(f"{day}"), observed_at=begun + timedelta(day), level=level, basis=Basis.OBSERVED, **same
        )
        for day, level in enumerate(levels)
    ]
    return History([Visited(begun.date(), 1, 1)], [], seen)


@given(st.lists(st.integers(-1, 3), max_size=6))
def test_a_household_has_relapsed_exactly_while_a_service_is_among_those_that_it_lost(levels):
    history = seen_day_by_day(levels)

    assert tallied(history, [])[Cell(Span.ALL, BEGINNING, "relapsed")] == bool(lost_services(history))


def test_a_service_is_lost_since_the_day_on_which_it_was_first_seen_lost():
    """Not since the last look; regained and lost once more, since the second time."""
    begun, service = date(2026, 9, 1), "activate-level-2"
    lost_on = {
        (3, 2): 1,
        (3, 2, 1): 1,
        (3, 2, 1, 2): 1,
        (3, 1, 3, 2, 1): 3,
        (3, 2, 3): None,
        (3, -1): None,
        (2, 1): None,
    }

    found = {levels: lost_services(seen_day_by_day(list(levels))).get(service) for levels in lost_on}

    assert found == {
        levels: None if day is None else begun + timedelta(days=day) for levels, day in lost_on.items()
    }
