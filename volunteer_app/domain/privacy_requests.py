"""What people ask about their data (yêu cầu về dữ liệu cá nhân), and by when the law wants it done.

Law 91/2025/QH15, Decree 356/2025/NĐ-CP: acknowledged within 2 working days; shown or corrected within 10 days,
withdrawn or restricted within 15, erased within 20; each may be extended once. Summaries differ in whether those
are working days; calendar days are used, which end earlier. A breach is reported within 72 hours.
"""

from datetime import date, datetime, timedelta
from enum import StrEnum
from typing import Any
from uuid import UUID

from sqlmodel import Field, SQLModel

from volunteer_app.domain.calendar import local_day
from volunteer_app.domain.free_text import problems_with_text
from volunteer_app.domain.households import Consent, ConsentMethod
from volunteer_app.domain.problems import N_, Problem

HOLIDAYS = frozenset(
    date(*day)
    for day in (
        (2026, 1, 1), (2026, 2, 17), (2026, 2, 18), (2026, 2, 19), (2026, 4, 26), (2026, 4, 30), (2026, 5, 1),
        (2026, 9, 2),
        (2027, 1, 1), (2027, 2, 6), (2027, 2, 7), (2027, 2, 8), (2027, 4, 16), (2027, 4, 30), (2027, 5, 1),
        (2027, 9, 2),
    )
)  # fmt: skip
"""Public holidays that are certain: Labour Code 45/2019/QH14, article 112; Tết and the Hùng Kings' day by the lunar
calendar (UTC+7). Days that the Government adds or moves each year are not here: they count as working days, so a
deadline ends earlier."""

WORKING_DAYS_TO_ACKNOWLEDGE = 2
REPORT_BREACH_WITHIN = timedelta(hours=72)
EXTENSION = timedelta(days=10)
LONGEST_NOTE = 300


class RequestKind(StrEnum):
    """What is asked for."""

    SEE = "see"
    CORRECT = "correct"
    WITHDRAW = "withdraw"
    RESTRICT = "restrict"
    ERASE = "erase"


REQUEST_KIND_NAMES = {
    RequestKind.SEE: N_("See what is kept"),
    RequestKind.CORRECT: N_("Correct something"),
    RequestKind.WITHDRAW: N_("Withdraw consent"),
    RequestKind.RESTRICT: N_("Stop or restrict the use"),
    RequestKind.ERASE: N_("Erase"),
}
DAYS = {
    RequestKind.SEE: 10,
    RequestKind.CORRECT: 10,
    RequestKind.WITHDRAW: 15,
    RequestKind.RESTRICT: 15,
    RequestKind.ERASE: 20,
}


class RequestEnding(StrEnum):
    """How a request ended."""

    DONE = "done"
    REFUSED = "refused"
    TAKEN_BACK = "taken_back"


SETTLED_NAMES = {
    RequestEnding.DONE: N_("Done"),
    RequestEnding.REFUSED: N_("Refused, with reasons given to the person"),
    RequestEnding.TAKEN_BACK: N_("Taken back by the person"),
}


class PrivacyRequest(SQLModel):
    """One request. house_code: which household it is about, as the card or the volunteer says; never a name."""

    province_code: str = Field(max_length=2)
    id: UUID
    commune_code: str = Field(max_length=5)
    kind: RequestKind
    house_code: str = Field(default="", max_length=20)
    household_id: UUID | None = None
    note: str = Field(default="", max_length=LONGEST_NOTE)
    received_at: datetime
    acknowledged_at: datetime | None = None
    extended_at: datetime | None = None
    settled_at: datetime | None = None
    settled: RequestEnding | None = None


class Breach(SQLModel):
    """Something that should not have happened to personal data (sự cố). Written in plain words, without names."""

    province_code: str = Field(max_length=2)
    id: UUID
    commune_code: str | None = Field(default=None, max_length=5)
    discovered_at: datetime
    what: str = Field(max_length=LONGEST_NOTE)
    measures: str = Field(default="", max_length=LONGEST_NOTE)
    reported_at: datetime | None = None


UNKNOWN_HOUSE = Problem(
    "privacy.unknown_house",
    N_("No household of your commune has this code, or several have. Please look at the household's card."),
)
NOTHING_WRITTEN = Problem("privacy.nothing", N_("Please write in a few words what happened."))


def problems_with_note(text: str, consent: Consent = Consent.GIVEN) -> Problem | None:
    """Why this may not be kept, of a family that answered so; None when it may."""
    if text and consent is not Consent.GIVEN:
        return NOTE_WITHOUT_CONSENT
    return next(iter(problems_with_text(text)), None)


NOTE_WITHOUT_CONSENT = Problem(
    "privacy.note_without_consent",
    N_("This family has not agreed that anything about them is written down. Leave the note empty."),
)


def is_working_day(day: date) -> bool:
    """Do offices work on that day?"""
    return day.weekday() < 5 and day not in HOLIDAYS


def acknowledge_by(request: PrivacyRequest) -> date:
    """The last day to say that it was received."""
    day, left = local_day(request.received_at), WORKING_DAYS_TO_ACKNOWLEDGE
    while left:
        day += timedelta(days=1)
        left -= is_working_day(day)
    return day


def due_on(request: PrivacyRequest) -> date:
    """The last day to do what is asked."""
    day = local_day(request.received_at) + timedelta(days=DAYS[request.kind])
    return day + EXTENSION if request.extended_at else day


def hours_left(breach: Breach, now: datetime) -> int:
    """Full hours until the breach must have been reported; negative when it is late."""
    return int((breach.discovered_at + REPORT_BREACH_WITHIN - now).total_seconds() // 3600)


def consent_rows(households: list[dict[str, Any]], changes: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """What a delivery says about consent, one row for each answer: who was asked, which text, how, when, by whom."""
    found = []
    for row in households:
        if row["consent"] != "not_asked":
            found.append(_consent(row, row["id"], row))
    for row in changes:
        said = row["fields"]
        if row.get("member_id") is None and said.get("consent") not in (None, "not_asked"):
            found.append(_consent(row, row["household_id"], said))
    return found


def _consent(row: dict[str, Any], household_id: UUID, said: dict[str, Any]) -> dict[str, Any]:
    return {
        "province_code": row["province_code"],
        "id": row["id"],
        "household_id": household_id,
        "purpose": "visits",
        "answer": Consent(said["consent"]),
        "method": ConsentMethod(said.get("consent_method") or ConsentMethod.SPOKEN),
        "text_version": said.get("consent_version"),
        "person_id": row["person_id"],
        "answered_at": row["recorded_at"],
        "received_at": row["received_at"],
    }
