"""Dated returns (hẹn quay lại). They follow by rule from visits and walk-throughs; nobody fills in a second form."""

from datetime import date, datetime, timedelta
from enum import StrEnum
from typing import NamedTuple

from volunteer_app.domain.calendar import local_day
from volunteer_app.domain.independence import RECHECK_AFTER, IndependenceLevel
from volunteer_app.domain.problems import N_
from volunteer_app.domain.visits import Outcome


class Reason(StrEnum):
    """Why somebody should come back."""

    NOBODY_HOME = "nobody_home"
    AWAY_WORKING = "away_working"
    LATER = "later"
    STUCK = "stuck"
    RECHECK = "recheck"


REASON_NAMES = {
    Reason.NOBODY_HOME: N_("Nobody was home"),
    Reason.AWAY_WORKING: N_("Back when they return from work"),
    Reason.LATER: N_("The family asked for another day"),
    Reason.STUCK: N_("A step got stuck"),
    Reason.RECHECK: N_("See whether they still manage alone"),
}

WINDOWS: dict[Reason, tuple[int, int]] = {
    # reason: first and last day to return, counted from the visit
    Reason.NOBODY_HOME: (1, 7),
    Reason.AWAY_WORKING: (14, 45),
    Reason.LATER: (1, 7),
    Reason.STUCK: (3, 10),
    Reason.RECHECK: (RECHECK_AFTER.days, RECHECK_AFTER.days + 14),
}


class Return(NamedTuple):
    """A proposed return: its reason, and the first and last day of the window."""

    reason: Reason
    due_from: date
    due_to: date


def window(reason: Reason, day: date) -> Return:
    """The return that the rule proposes for something that happened on `day`."""
    first, last = WINDOWS[reason]
    return Return(reason, day + timedelta(days=first), day + timedelta(days=last))


def after_visit(outcome: Outcome, recorded_at: datetime, return_on: date | None) -> Return | None:
    """What a visit's outcome leaves to do; None when nobody needs to return for it."""
    reasons = {
        Outcome.NOBODY_HOME: Reason.NOBODY_HOME,
        Outcome.AWAY_WORKING: Reason.AWAY_WORKING,
        Outcome.LATER: Reason.LATER,
    }
    if return_on:
        return Return(reasons.get(outcome, Reason.LATER), return_on, return_on)
    reason = reasons.get(outcome)
    return window(reason, local_day(recorded_at)) if reason else None


def after_walk_through(
    *, is_stuck: bool, level: IndependenceLevel | None, finished_at: datetime, return_on: date | None
) -> Return | None:
    """What a run of a guide leaves to do: mend what got stuck, or see later whether "alone" lasted."""
    if is_stuck:
        found = window(Reason.STUCK, local_day(finished_at))
        return Return(Reason.STUCK, return_on, return_on) if return_on else found
    if level is IndependenceLevel.ALONE_WATCHED:
        return window(Reason.RECHECK, local_day(finished_at))
    return None


def is_closed_by(reason: Reason, due_from: date, created_at: datetime, met_at: datetime) -> bool:
    """Does meeting the household at `met_at` settle the return? A recheck before its time proves nothing."""
    if met_at <= created_at:
        return False
    return reason is not Reason.RECHECK or local_day(met_at) >= due_from
