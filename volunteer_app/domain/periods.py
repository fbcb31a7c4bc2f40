"""The days that figures are about: a period (kỳ) with its first and last day."""

from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum

from volunteer_app.domain.problems import N_, Problem


class Span(StrEnum):
    """The periods one can choose by name, and free dates."""

    ALL = "all"
    DAY = "day"
    WEEK = "week"
    MONTH = "month"
    QUARTER = "quarter"
    DATES = "dates"


SPAN_NAMES = {
    Span.ALL: N_("From the beginning"),
    Span.DAY: N_("Day"),
    Span.WEEK: N_("Week"),
    Span.MONTH: N_("Month"),
    Span.QUARTER: N_("Quarter"),
    Span.DATES: N_("Chosen days"),
}

CALENDAR = (Span.DAY, Span.WEEK, Span.MONTH, Span.QUARTER)
"""Spans that repeat in the calendar: each day lies in exactly one of each."""

BEGINNING = date(1970, 1, 1)
"""The first day of "from the beginning", where a day must stand."""

WRONG_ORDER = Problem("period.wrong_order", N_("The first day must not be after the last day."))
NO_DAYS = Problem("period.no_days", N_("Please give the first and the last day."))

NO_CHOSEN_DAYS = Problem(
    "period.outside",
    N_("Outside the commune figures are told by week, month and quarter, not for days that one chooses."),
)


@dataclass(frozen=True)
class Period:
    """Both days inclusive. first_day: None from the beginning."""

    first_day: date | None
    last_day: date


def period_of(
    span: Span,
    today: date,
    first_day: date | None = None,
    last_day: date | None = None,
    on: date | None = None,
) -> Period | Problem:
    """The period that somebody chose; on: a day in it, and of "from the beginning" its last (today unless told).
    No period reaches beyond today."""
    if span is Span.DATES:
        if first_day is None or last_day is None:
            return NO_DAYS
        return WRONG_ORDER if first_day > last_day else Period(min(first_day, today), min(last_day, today))
    if span is Span.ALL:
        return Period(None, min(on or today, today))
    on = min(on or today, today)
    return Period(start_of(span, on), min(end_of(span, on), today))


def start_of(span: Span, day: date) -> date:
    """The first day of the span that holds this day; weeks begin on Monday."""
    match span:
        case Span.WEEK:
            return day - timedelta(days=day.weekday())
        case Span.MONTH:
            return day.replace(day=1)
        case Span.QUARTER:
            return date(day.year, (day.month - 1) // 3 * 3 + 1, 1)
        case Span.ALL:
            return BEGINNING
        case _:
            return day


def end_of(span: Span, day: date) -> date:
    """The last day of the calendar span that holds this day."""
    lengths = {Span.DAY: 1, Span.WEEK: 7, Span.MONTH: 31, Span.QUARTER: 92}
    start = start_of(span, day)
    return start_of(span, start + timedelta(days=lengths[span])) - timedelta(days=1)


def before(span: Span, period: Period) -> Period:
    """The whole calendar span before this one."""
    last_day = (period.first_day or period.last_day) - timedelta(days=1)
    return Period(start_of(span, last_day), last_day)


def before_by(span: Span, today: date, back: int) -> date:
    """The last day of the span so many before the one of today; of "from the beginning" a month is a step."""
    step = Span.MONTH if span is Span.ALL else span
    day = today
    for _ in range(back):
        day = start_of(step, day) - timedelta(days=1)
    return day


def calendar_span(period: Period, today: date) -> Span | None:
    """Which calendar span the period is (one that is running ends today), if it is one; ALL up to now."""
    if period.first_day is None:
        return Span.ALL if period.last_day >= today else None
    for span in CALENDAR:
        if (
            start_of(span, period.first_day) == period.first_day
            and min(end_of(span, period.first_day), today) == period.last_day
        ):
            return span
    return None


def prefix(day: date) -> list[tuple[Span, date, date]]:
    """What all days up to this one are made of: (span, first start, last start), fewest rows first.

    Whole quarters, then the whole months of its quarter, then the days of its month.
    """
    quarter, month = start_of(Span.QUARTER, day), start_of(Span.MONTH, day)
    yesterday = timedelta(days=1)
    return [
        (Span.QUARTER, BEGINNING, quarter - yesterday),
        (Span.MONTH, quarter, month - yesterday),
        (Span.DAY, month, day),
    ]
