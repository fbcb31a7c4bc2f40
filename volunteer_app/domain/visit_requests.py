"""Requests for a visit (lời nhờ đến thăm): what a citizen sends from a public page into the leader's queue.

Name, hamlet and telephone, nothing else; name and telephone are erased when the request is closed. Whom the leader
sends has it on the phone, with the day.
"""

import re
from collections.abc import Collection
from datetime import date, datetime, timedelta
from enum import StrEnum
from uuid import UUID

from sqlmodel import Field, SQLModel

from volunteer_app.domain.free_text import problems_with_text
from volunteer_app.domain.problems import N_, Problem

LONGEST_ASKER_NAME = 60
MOST_NEW = 60
WINDOW = timedelta(hours=1)
"""How many new requests stand in a commune's list in how long; what comes beyond is kept beside it, to be checked. A
whole village behind one address of a mobile network must get through, so addresses are not counted (and not kept)."""

MOST_TO_CHECK = 20_000
"""How large the pile of a commune may grow: some megabytes. Only beyond it a request is not kept, and is told so."""

LONGEST_AHEAD = timedelta(days=60)
"""How far ahead a visit is agreed."""

_PHONE = re.compile(r"0[2-9][0-9]{8,9}")


class RequestStatus(StrEnum):
    """What became of a request. The value is stored; never rename one."""

    NEW = "new"
    PLANNED = "planned"
    DONE = "done"
    DECLINED = "declined"


STATUS_NAMES = {
    RequestStatus.NEW: N_("New"),
    RequestStatus.PLANNED: N_("Visit planned"),
    RequestStatus.DONE: N_("Visited"),
    RequestStatus.DECLINED: N_("Not needed"),
}
OPEN = (RequestStatus.NEW, RequestStatus.PLANNED)
CLOSED = (RequestStatus.DONE, RequestStatus.DECLINED)


WRONG_DAY = Problem(
    "request.day",
    N_("Please choose a day from today on, within %(days)s days."),
    {"days": LONGEST_AHEAD.days},
)


class VisitRequest(SQLModel):
    """Somebody asks for a visit. name, phone: None once the request is closed.

    to_check: it came in a flood. hamlet_id: None when the citizen does not know or finds it in the list.
    guide_number: the guide they came from.
    person_id, visit_on: whom the leader sends, and on which day; None: nobody yet.
    """

    province_code: str = Field(max_length=2)
    id: UUID
    commune_code: str = Field(max_length=5)
    hamlet_id: UUID | None = None
    name: str | None = None
    phone: str | None = None
    guide_number: int | None = None
    received_at: datetime
    status: RequestStatus = RequestStatus.NEW
    settled_at: datetime | None = None
    settled_by: UUID | None = None
    to_check: bool = False
    person_id: UUID | None = None
    visit_on: date | None = None


def needs_somebody(request: VisitRequest, team: Collection[UUID], today: date) -> bool:
    """Does an open request wait for the leader? Nobody is sent, whoever was has left the team, or the day is over."""
    return request.person_id not in team or request.visit_on is None or request.visit_on < today


def problem_with_day(day: date | None, today: date) -> Problem | None:
    """Why nobody can be sent on that day."""
    return None if day and today <= day <= today + LONGEST_AHEAD else WRONG_DAY


def tidy_phone(text: str) -> str:
    """A telephone number as it is kept: digits only, 0 instead of +84."""
    digits = re.sub(r"[\s().\-\u2010-\u2015]", "", text)
    return re.sub(r"^\+?84(?=[2-9])", "0", digits)


def shown_phone(phone: str) -> str:
    """0912 345 678."""
    return f"{phone[:4]} {phone[4:7]} {phone[7:]}"


def problems_with(request: VisitRequest) -> dict[str, Problem]:
    """Why a request cannot be taken, by field; empty when it can."""
    problems: dict[str, Problem] = {}
    name = request.name or ""
    if not name:
        problems["name"] = Problem("request.no_name", N_("Please write your name."))
    elif len(name) > LONGEST_ASKER_NAME:
        problems["name"] = Problem(
            "request.long_name", N_("At most %(most)s letters, please."), {"most": LONGEST_ASKER_NAME}
        )
    elif found := problems_with_text(name):
        problems["name"] = found[0]
    if not _PHONE.fullmatch(request.phone or ""):
        problems["phone"] = Problem(
            "request.phone",
            N_("A telephone number has 10 digits and begins with 0, for example 0912 345 678."),
        )
    return problems
