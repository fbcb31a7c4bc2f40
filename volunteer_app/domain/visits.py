"""One call at one household, and what follows from it."""

from datetime import date, datetime, timedelta
from enum import StrEnum
from uuid import UUID

from sqlmodel import Field, SQLModel

from volunteer_app.domain.free_text import problems_with_text
from volunteer_app.domain.problems import N_, Problem

CLOCK_DRIFT = timedelta(minutes=10)
"""How far a phone's clock may be ahead before a time counts as "in the future"."""


class Outcome(StrEnum):
    """How the call went (kết quả)."""

    MET = "met"
    NOBODY_HOME = "nobody_home"
    REFUSED = "refused"
    MOVED = "moved"
    AWAY_WORKING = "away_working"  # đi làm xa
    LATER = "later"


OUTCOME_NAMES = {
    Outcome.MET: N_("Met"),
    Outcome.NOBODY_HOME: N_("Nobody home"),
    Outcome.REFUSED: N_("Declined"),
    Outcome.MOVED: N_("Moved away"),
    Outcome.AWAY_WORKING: N_("Away for work"),
    Outcome.LATER: N_("Another time"),
}


CLOSING_OUTCOMES = (Outcome.MOVED, Outcome.REFUSED)
"""After these nobody is expected to come again, unless a return, a leader's note or a clash waits."""

CLOSED_STAYS_DAYS = 30
"""How many days after such a visit phones still carry the household (feature P4)."""


def leaves_phones_on(outcome: Outcome, visited_on: date, *, is_awaited: bool) -> date | None:
    """The first day on which no phone carries a household whose latest visit was this one; None: it stays.

    is_awaited: a return, papers, a leader's note or a clash are open there.
    """
    if is_awaited or outcome not in CLOSING_OUTCOMES:
        return None
    return visited_on + timedelta(days=CLOSED_STAYS_DAYS)


class Visit(SQLModel):
    """One call at one household (lượt thăm). companions: ids of team mates who came along."""

    province_code: str = Field(max_length=2)
    id: UUID  # made on the phone, so sending twice is harmless
    commune_code: str = Field(max_length=5)
    hamlet_id: UUID
    household_id: UUID
    person_id: UUID
    outcome: Outcome
    note: str = Field(default="", max_length=500)
    return_on: date | None = None  # the day the family asked for, if any
    recorded_at: datetime  # the phone's clock
    companions: list[str] = []


def problems_with(visit: Visit) -> dict[str, Problem]:
    """Why the visit may not be kept, by field; empty means it may."""
    found = problems_with_text(visit.note)
    return {"note": found[0]} if found else {}
