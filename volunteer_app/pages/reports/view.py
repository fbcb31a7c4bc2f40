"""Which report somebody asks for, as the address says it."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from urllib.parse import urlencode

from litestar.exceptions import ClientException

from volunteer_app.domain.periods import CALENDAR, Period, Span, before, end_of, start_of
from volunteer_app.domain.periods import period_of as period_between
from volunteer_app.i18n import format_day
from volunteer_app.i18n import gettext as _


@dataclass(frozen=True)
class ReportView:
    """A calendar span and a day in it."""

    span: Span
    on: date


def report_view(query: Mapping[str, str], today: date, *, by_day: bool) -> ReportView:
    """The report that an address asks for; this week unless it says another. Raises ClientException (400).

    by_day: may it be about a single day? Outside the commune it is then about the week of that day.
    """
    try:
        span = Span(query.get("span") or Span.WEEK)
        on = min(date.fromisoformat(query["on"]) if query.get("on") else today, today)
    except ValueError as error:
        raise ClientException from error
    if span not in CALENDAR or on.year < 2020:
        raise ClientException
    return ReportView(Span.WEEK if span is Span.DAY and not by_day else span, on)


def period_of(view: ReportView, today: date) -> Period:
    """The days that the report is about."""
    period = period_between(view.span, today, on=view.on)
    assert isinstance(period, Period)  # noqa: S101 - only chosen days can be wrong
    return period


def address(path: str, view: ReportView) -> str:
    """The address of a report."""
    return f"{path}?{urlencode({'span': view.span.value, 'on': view.on.isoformat()})}"


def earlier(view: ReportView, today: date) -> ReportView:
    """The same kind of report, one span before."""
    return ReportView(view.span, before(view.span, period_of(view, today)).last_day)


def later(view: ReportView, today: date) -> ReportView | None:
    """The same kind of report, one span later; None when that has not begun."""
    after = date.fromordinal(end_of(view.span, view.on).toordinal() + 1)
    return ReportView(view.span, after) if after <= today else None


def of_records(view: ReportView, today: date, when: str) -> Period:
    """The days of the records behind a count of a report: its own, those before, or all up to its end."""
    period = period_of(view, today)
    if when == "then":
        return before(view.span, period)
    return Period(None, period.last_day) if when == "so_far" else period


def span_text(span: Span, period: Period) -> str:
    """A calendar period as people name it."""
    day = period.first_day or period.last_day
    match span:
        case Span.WEEK:
            year, week, _weekday = day.isocalendar()
            return _("Week %(week)s of %(year)s") % {"week": week, "year": year}
        case Span.MONTH:
            return _("Month %(month)s of %(year)s") % {"month": day.month, "year": day.year}
        case Span.QUARTER:
            return _("Quarter %(quarter)s of %(year)s") % {"quarter": (day.month + 2) // 3, "year": day.year}
        case _:
            return format_day(start_of(span, day))
