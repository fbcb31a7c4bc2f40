"""The days that figures are about: a period (kỳ) with its first and last day."""

from calendar import monthrange
from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum

from volunteer_app.domain.problems import N_, Problem


class Span(StrEnum):
    """The periods one can choose by name, and free dates."""

    ALL = "all"
    WEEK = "week"
    MONTH = "month"
    THREE_MONTHS = "three_months"
    DATES = "dates"


SPAN_NAMES = {
    Span.ALL: N_("From the beginning"),
    Span.WEEK: N_("This week"),
    Span.MONTH: N_("This month"),
    Span.THREE_MONTHS: N_("Three months"),
    Span.DATES: N_("Chosen days"),
}

WRONG_ORDER = Problem("period.wrong_order", N_("The first day must not be after the last day."))
NO_DAYS = Problem("period.no_days", N_("Please give the first and the last day."))


@dataclass(frozen=True)
class Period:
    """Both days inclusive. first_day: None from the beginning."""

    first_day: date | None
    last_day: date


def period_of(
    span: Span, today: date, first_day: date | None = None, last_day: date | None = None
) -> Period | Problem:
    """The period that somebody chose; weeks begin on Monday. No period reaches beyond today."""
    if span is Span.DATES:
        if first_day is None or last_day is None:
            return NO_DAYS
        return WRONG_ORDER if first_day > last_day else Period(min(first_day, today), min(last_day, today))
    first_days = {
        Span.ALL: None,
        Span.WEEK: today - timedelta(days=today.weekday()),
        Span.MONTH: today.replace(day=1),
        Span.THREE_MONTHS: _months_before(today, 3) + timedelta(days=1),
    }
    return Period(first_days[span], today)


def _months_before(day: date, months: int) -> date:
    """The same day some months before, or the last one that such a month has."""
    year, month = divmod(day.year * 12 + day.month - 1 - months, 12)
    return date(year, month + 1, min(day.day, monthrange(year, month + 1)[1]))
