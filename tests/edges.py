"""Edges of days, one set for every rule that knows days: the last day, the day after, and what is still yesterday in London."""

from datetime import UTC, date, datetime, timedelta

DAY = date(2026, 11, 25)
"""A Wednesday in the middle of a month, with no holiday near."""

ONE = timedelta(days=1)

MOMENTS = {
    "the day's first moment": (datetime(2026, 11, 24, 17, 0, tzinfo=UTC), DAY),
    "18:00 UTC of the day before": (datetime(2026, 11, 24, 18, 0, tzinfo=UTC), DAY),
    "the day's last moment": (datetime(2026, 11, 25, 16, 59, 59, 999_999, tzinfo=UTC), DAY),
    "midnight": (datetime(2026, 11, 25, 17, 0, tzinfo=UTC), DAY + ONE),
    "18:00 UTC": (datetime(2026, 11, 25, 18, 0, tzinfo=UTC), DAY + ONE),
    "23:59 UTC": (datetime(2026, 11, 25, 23, 59, tzinfo=UTC), DAY + ONE),
}
"""Moments around midnight in Vietnam (17:00 UTC), each with the day that people there write down."""


def around(first: date | None, last: date | None) -> list[tuple[date, bool]]:
    """Days at the edges of a stretch, each with whether it lies inside. None: there is no such edge."""
    days = [] if first is None else [(first - ONE, False), (first, True)]
    return days + ([] if last is None else [(last, True), (last + ONE, False)])


def moment_on(day: date, hour: int = 18) -> datetime:
    """A moment of this day in Vietnam that is the day before in London (01:00), unless another hour of UTC is wanted."""
    return datetime(day.year, day.month, day.day, hour, tzinfo=UTC) - (ONE if hour >= 17 else timedelta(0))
