"""Programs (chương trình) that read figures by themselves: a name, a place, a last day, and a secret shown once."""

from datetime import date, timedelta

from volunteer_app.domain.problems import N_, Problem

LONGEST_PROGRAM_NAME = 60
LASTS_DAYS = (30, 90, 365)
"""For how many days a program may be let in; then somebody looks again whether it is still wanted."""

MOST_AT_ONCE = 20
"""Programs of one place that may read at the same time."""

SECRET_BEGINS = "tn_"  # noqa: S105 - what it begins with, not one
"""So that a secret that went astray is recognised for what it is."""

NO_PROGRAM_NAME = Problem(
    "program.no_name", N_("Please say which program it is, so that you can recognise it later.")
)
PROGRAM_TOO_LONG = Problem("program.too_long", N_("Please use at most 60 characters."))
TOO_MANY = Problem("program.too_many", N_("20 programs may read already. Please stop one of them first."))


def problems_with(name: str, lasts_days: int, allowed_already: int) -> dict[str, Problem]:
    """Why a program cannot be let in, by field."""
    if not name:
        return {"name": NO_PROGRAM_NAME}
    if len(name) > LONGEST_PROGRAM_NAME:
        return {"name": PROGRAM_TOO_LONG}
    return {"name": TOO_MANY} if allowed_already >= MOST_AT_ONCE or lasts_days not in LASTS_DAYS else {}


def last_day_of(lasts_days: int, today: date) -> date:
    """The last day on which it is let in."""
    return today + timedelta(days=lasts_days)
