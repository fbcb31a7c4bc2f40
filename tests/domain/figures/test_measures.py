"""What the map shows of a place, in which class, and what it hides."""

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from volunteer_app.domain.figures.coverage import Figures, Official, Recency, Source, total, total_official
from volunteer_app.domain.figures.measures import (
    Measure,
    Reading,
    State,
    class_of,
    classes_of,
    place_of,
    reading_of,
    seen_from_outside,
)
from volunteer_app.domain.independence import IndependenceLevel

DAY = date(2026, 11, 22)
LIST = frozenset({Source("danh sách thử", date(2026, 9, 1))})
SERVICE = "activate-level-2"


def a_place(households: int | None = 50, *, met: int = 20, alone: int = 10, **changes):
    figures = Figures(
        turns=met,
        attempted=met,
        met=met,
        met_so_far=met,
        independent=changes.pop("independent", 8),
        levels={(SERVICE, IndependenceLevel.ALONE_WATCHED): alone, **changes.pop("levels", {})},
        last_visit_on=changes.pop("last_visit_on", DAY - timedelta(days=3)),
    )
    official = Official() if households is None else Official(households, LIST)
    return place_of("key", "thôn Nà Thử", official, figures, SERVICE)


@pytest.mark.parametrize(
    ("measure", "number", "its_class"),
    [
        (Measure.COVERAGE, 40.0, 3),
        (Measure.INDEPENDENT, 16.0, 1),
        (Measure.ALONE, 50.0, 3),
        (Measure.GAP, 42, 4),
        (Measure.STALENESS, 3, 1),
    ],
)
def test_each_measure_reads_its_figure(measure, number, its_class):
    reading = reading_of(measure, a_place(), SERVICE, DAY)

    assert (reading.state, reading.number) == (State.KNOWN, number)
    assert class_of(measure, reading) == its_class


@pytest.mark.parametrize("percent", [-1, 0, 19.4, 19.7, 20, 39.7, 59.9, 60, 79.2, 80, 100, 140])
def test_a_share_falls_into_the_class_whose_bounds_hold_the_printed_number(percent):
    its_class = class_of(Measure.COVERAGE, Reading(State.KNOWN, percent))

    assert its_class == max(1, min(5, int(f"{percent:.0f}") // 20 + 1))


@pytest.mark.parametrize("measure", [Measure.COVERAGE, Measure.INDEPENDENT, Measure.GAP])
def test_without_an_official_number_there_is_no_class(measure):
    reading = reading_of(measure, a_place(None), SERVICE, DAY)

    assert reading.state is State.NO_DENOMINATOR
    assert class_of(measure, reading) is None


def test_a_service_that_nobody_met_needs_has_no_rate():
    reading = reading_of(Measure.ALONE, a_place(met=0, alone=0, independent=0), SERVICE, DAY)

    assert reading.state is State.NOBODY_YET


def test_a_place_never_visited_is_in_the_most_urgent_class():
    reading = reading_of(Measure.STALENESS, a_place(last_visit_on=None), SERVICE, DAY)

    assert reading.state is State.NEVER
    assert class_of(Measure.STALENESS, reading) == 5
    assert reading.rank > Reading(State.KNOWN, 10_000).rank


def test_a_gap_is_judged_by_larger_numbers_for_communes():
    gap = Reading(State.KNOWN, 300)

    assert class_of(Measure.GAP, gap) == 5
    assert class_of(Measure.GAP, gap, of_communes=True) == 2


@pytest.mark.parametrize("measure", list(Measure))
def test_classes_begin_at_nought_and_rise(measure):
    for of_communes in (False, True):
        starts = classes_of(measure, of_communes=of_communes)
        assert starts[0] == 0
        assert len(starts) == 5
        assert list(starts) == sorted(set(starts))


parts = st.lists(
    st.tuples(st.integers(0, 12), st.integers(0, 12), st.integers(0, 12), st.integers(0, 12)),
    min_size=1,
    max_size=8,
)


@given(parts)
def test_m6_outside_the_commune_nothing_is_left_in_a_place_but_what_is_told(ladders):
    places = [
        a_place(
            60,
            met=sum(ladder),
            alone=ladder[0],
            independent=ladder[0] // 2,
            levels={
                (SERVICE, IndependenceLevel.WITH_HELP): ladder[1],
                (SERVICE, IndependenceLevel.DONE_FOR): ladder[2],
            },
        )
        for ladder in ladders
    ]
    whole = place_of(
        "",
        "",
        total_official(place.official for place in places),
        total(place.figures for place in places),
        SERVICE,
    )

    shown, shown_whole = seen_from_outside(places, whole, SERVICE, DAY)

    for place, true in zip(shown, places, strict=True):
        for name, count in true.counts.items():
            assert (name in place.hidden) == (0 < count < 5) or name == "turns", name
            assert place.counts[name] == 0 or name not in place.hidden
            assert place.counts[name] % 5 == 0
    for place in (*shown, shown_whole):
        numbers = [value for value in vars(place.figures).values() if isinstance(value, int)]
        assert not [number for number in [*numbers, *place.figures.levels.values()] if number % 5]
        assert place.recency is not None
    for name, count in whole.counts.items():
        assert abs(shown_whole.counts[name] - count) < 10


def test_a_hidden_count_hides_the_percentage_and_the_gap_made_from_it():
    places = [
        a_place(met=30, independent=2),
        a_place(met=33, independent=20),
        a_place(met=30, independent=25),
    ]
    whole = place_of("", "", Official(150, LIST), total(place.figures for place in places), SERVICE)

    shown, _ = seen_from_outside(places, whole, SERVICE, DAY)

    states = [reading_of(Measure.GAP, place, SERVICE, DAY).state for place in shown]
    assert states == [State.HIDDEN, State.KNOWN, State.KNOWN]
    assert reading_of(Measure.INDEPENDENT, shown[0], SERVICE, DAY).share is None
    assert reading_of(Measure.COVERAGE, shown[1], SERVICE, DAY).number == 60


@pytest.mark.parametrize(
    ("last", "recency"),
    [
        (DAY, Recency.THIS_MONTH),
        (DAY.replace(day=1), Recency.THIS_MONTH),
        (DAY.replace(day=1) - timedelta(days=1), Recency.THREE_MONTHS),
        (DAY.replace(day=1) - timedelta(days=85), Recency.THREE_MONTHS),
        (DAY.replace(day=1) - timedelta(days=95), Recency.LONGER),
        (None, Recency.NEVER),
    ],
)
def test_m6_outside_the_commune_the_last_visit_is_told_by_months(last, recency):
    place = a_place(last_visit_on=last)

    (shown,), whole = seen_from_outside([place], place, SERVICE, DAY)

    assert (shown.recency, whole.recency) == (recency, recency)
    reading = reading_of(Measure.STALENESS, shown, SERVICE, DAY)
    assert reading.recency is (None if last is None else recency)
    assert class_of(Measure.STALENESS, reading) == {"this_month": 1, "three_months": 4}.get(recency, 5)
