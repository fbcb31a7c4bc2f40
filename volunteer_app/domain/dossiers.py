"""Papers that were handed in (hồ sơ): which service, when the result is due, what came of it. Never their number."""

from datetime import date, datetime, timedelta
from enum import StrEnum
from uuid import UUID

from sqlmodel import Field, SQLModel

from volunteer_app.domain.calendar import local_day
from volunteer_app.domain.problems import N_, Problem

LONGEST_WAIT = timedelta(days=366)


class DossierResult(StrEnum):
    """What came of a dossier. The value is stored; never rename one."""

    RECEIVED = "received"
    MORE_NEEDED = "more_needed"
    REFUSED = "refused"


RESULT_NAMES = {
    DossierResult.RECEIVED: N_("Result received"),
    DossierResult.MORE_NEEDED: N_("Papers must be added"),
    DossierResult.REFUSED: N_("Refused"),
}


class Dossier(SQLModel):
    """A dossier of somebody. result_on: the day on the receipt on which the result is due."""

    province_code: str = Field(max_length=2)
    id: UUID
    commune_code: str = Field(max_length=5)
    hamlet_id: UUID
    household_id: UUID
    member_id: UUID
    service: str = Field(max_length=40)
    result_on: date
    person_id: UUID
    recorded_at: datetime


RESULT_BEFORE = Problem("dossier.result_before", N_("The day of the result must not be before today."))
RESULT_TOO_LATE = Problem("dossier.result_too_late", N_("The day of the result is more than a year away."))


def problems_with(dossier: Dossier) -> dict[str, Problem]:
    """Why a dossier may not be kept, by field; empty means it may."""
    day = local_day(dossier.recorded_at)
    if dossier.result_on < day:
        return {"result_on": RESULT_BEFORE}
    if dossier.result_on > day + LONGEST_WAIT:
        return {"result_on": RESULT_TOO_LATE}
    return {}
