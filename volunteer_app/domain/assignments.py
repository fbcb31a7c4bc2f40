"""Who goes where, for how long: an assignment (phân công) is a lease of a hamlet."""

from collections.abc import Iterable, Mapping
from datetime import date, timedelta
from enum import StrEnum
from uuid import UUID

from sqlmodel import Field, SQLModel

from volunteer_app.domain.problems import N_, Problem

ENDS_SOON = timedelta(days=7)
"""How long before its last day a lease is shown as ending."""

LONGEST = timedelta(days=366)


class Assignment(SQLModel):
    """Hamlet + volunteer + first and last day + target. It expires visibly and never rejects work."""

    province_code: str = Field(max_length=2)
    id: UUID
    commune_code: str = Field(max_length=5)
    hamlet_id: UUID
    person_id: UUID
    first_day: date
    last_day: date
    target: int | None = Field(default=None, ge=1)  # households to meet


class LeaseState(StrEnum):
    """Where a lease stands on a day."""

    AHEAD = "ahead"
    RUNNING = "running"
    ENDING = "ending"
    OVER = "over"


LEASE_STATE_NAMES = {
    LeaseState.AHEAD: N_("Given ahead"),
    LeaseState.RUNNING: N_("Running"),
    LeaseState.ENDING: N_("Ends soon"),
    LeaseState.OVER: N_("Over"),
}

ENDS_BEFORE_IT_BEGINS = Problem(
    "assignment.ends_before", N_("The last day must not be before the first. Please choose the days again.")
)
ALREADY_OVER = Problem("assignment.over", N_("The last day has already passed. Please choose a later one."))
LEASE_TOO_LONG = Problem(
    "assignment.too_long", N_("At most one year at a time. Please choose an earlier last day.")
)
NO_TARGET = Problem(
    "assignment.target", N_("A target is a number of households, 1 or more; or leave it empty.")
)


def state_of(assignment: Assignment, day: date) -> LeaseState:
    """Where the lease stands on that day."""
    if day < assignment.first_day:
        return LeaseState.AHEAD
    if day > assignment.last_day:
        return LeaseState.OVER
    return LeaseState.ENDING if assignment.last_day - day < ENDS_SOON else LeaseState.RUNNING


def is_after_lease(last_days: Mapping[UUID, date] | None, hamlet_ids: Iterable[UUID], today: date) -> bool:
    """Does work of these hamlets arrive when its author's lease there is over? It is taken and credited, and marked.
    last_days: of the author's latest lease in each hamlet; None for a leader, who needs none."""
    return last_days is not None and any(last_days.get(id_, today) < today for id_ in hamlet_ids)


def problems_with(first_day: date, last_day: date, target: int | None, *, today: date) -> dict[str, Problem]:
    """Why a lease may not be given so, by field; empty means it may."""
    problems = {}
    if last_day < first_day:
        problems["last_day"] = ENDS_BEFORE_IT_BEGINS
    elif last_day < today:
        problems["last_day"] = ALREADY_OVER
    elif last_day - first_day > LONGEST:
        problems["last_day"] = LEASE_TOO_LONG
    if target is not None and target < 1:
        problems["target"] = NO_TARGET
    return problems
