"""Periods that one chooses by name, and by dates."""

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from volunteer_app.domain.periods import (
    NO_DAYS,
    WRONG_ORDER,
    Period,
    Span,
    before,
    calendar_span,
    end_of,
    period_of,
    prefix,
    start_of,
)

SUNDAY = date(2026, 11, 22)


@pytest.mark.parametrize(
    ("span", "first_day"),
    [
        (Span.ALL, None),
        (Span.WEEK, date(2026, 11, 16)),
        (Span.MONTH, date(2026, 11, 1)),
        (Span.QUARTER, date(2026, 10, 1)),
        (Span.DAY, SUNDAY),
    ],
)
def test_a_period_by_name_ends_today(span, first_day):
    assert period_of(span, SUNDAY) == Period(first_day, SUNDAY)


@pytest.mark.parametrize(
    ("span", "first_day", "last_day"),
    [
        (Span.DAY, date(2026, 2, 28), date(2026, 2, 28)),
        (Span.WEEK, date(2026, 2, 23), date(2026, 3, 1)),
        (Span.MONTH, date(2026, 2, 1), date(2026, 2, 28)),
        (Span.QUARTER, date(2026, 1, 1), date(2026, 3, 31)),
    ],
)
def test_a_period_that_is_over_is_whole_and_its_neighbours_touch_it(span, first_day, last_day):
    period = period_of(span, SUNDAY, on=date(2026, 2, 28))

    assert period == Period(first_day, last_day)
    assert before(span, period).last_day == first_day - timedelta(days=1)
    assert calendar_span(period, SUNDAY) is span


@given(st.dates(date(2025, 1, 1), date(2027, 12, 31)))
def test_the_stretches_before_a_day_hold_every_day_once(day):
    held = [
        some_day
        for span, first, last in prefix(day)
        for some_day in days(max(first, date(2024, 1, 1)), end_of(span, last) if last >= first else first)
        if first <= start_of(span, some_day) <= last
    ]

    assert sorted(held) == list(days(date(2024, 1, 1), day))


def days(first, last):
    return [first + timedelta(days=number) for number in range((last - first).days + 1)]


def test_chosen_days_are_taken_as_they_are_but_not_beyond_today():
    first_day, next_year = date(2026, 10, 1), date(2027, 1, 1)

    assert period_of(Span.DATES, SUNDAY, first_day, next_year) == Period(first_day, SUNDAY)


def test_days_in_the_wrong_order_and_missing_days_are_refused():
    assert period_of(Span.DATES, SUNDAY, SUNDAY, date(2026, 11, 1)) is WRONG_ORDER
    assert period_of(Span.DATES, SUNDAY, SUNDAY, None) is NO_DAYS
