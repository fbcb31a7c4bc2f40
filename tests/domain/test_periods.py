"""Periods that one chooses by name, and by dates."""

from datetime import date

import pytest

from volunteer_app.domain.periods import NO_DAYS, WRONG_ORDER, Period, Span, period_of

SUNDAY = date(2026, 11, 22)


@pytest.mark.parametrize(
    ("span", "first_day"),
    [
        (Span.ALL, None),
        (Span.WEEK, date(2026, 11, 16)),
        (Span.MONTH, date(2026, 11, 1)),
        (Span.THREE_MONTHS, date(2026, 8, 23)),
    ],
)
def test_a_period_by_name_ends_today(span, first_day):
    assert period_of(span, SUNDAY) == Period(first_day, SUNDAY)


def test_three_months_before_a_long_month_begin_after_its_short_end():
    assert period_of(Span.THREE_MONTHS, date(2026, 5, 31)) == Period(date(2026, 3, 1), date(2026, 5, 31))


def test_chosen_days_are_taken_as_they_are_but_not_beyond_today():
    first_day, next_year = date(2026, 10, 1), date(2027, 1, 1)

    assert period_of(Span.DATES, SUNDAY, first_day, next_year) == Period(first_day, SUNDAY)


def test_days_in_the_wrong_order_and_missing_days_are_refused():
    assert period_of(Span.DATES, SUNDAY, SUNDAY, date(2026, 11, 1)) is WRONG_ORDER
    assert period_of(Span.DATES, SUNDAY, SUNDAY, None) is NO_DAYS
