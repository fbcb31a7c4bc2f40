"""Days as people in Vietnam count them: UTC+7, no summer time."""

from datetime import date, datetime, timedelta, timezone

VIETNAM = timezone(timedelta(hours=7), "Asia/Ho_Chi_Minh")


def local_day(moment: datetime) -> date:
    """The day of a moment in Vietnam."""
    return moment.astimezone(VIETNAM).date()
