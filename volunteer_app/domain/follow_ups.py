"""Dated returns (hẹn quay lại). They follow by rule from visits and walk-throughs; nobody fills in a second form."""

from datetime import date, datetime, timedelta
from enum import StrEnum
from typing import NamedTuple

from volunteer_app.domain.blockers import Blocker
from volunteer_app.domain.calendar import local_day
from volunteer_app.domain.free_text import problems_with_text
from volunteer_app.domain.independence import RECHECK_AFTER, IndependenceLevel
from volunteer_app.domain.problems import N_, Problem
from volunteer_app.domain.visits import Outcome


class Reason(StrEnum):
    """Why somebody should come back."""

    NOBODY_HOME = "nobody_home"
    AWAY_WORKING = "away_working"
    LATER = "later"
    STUCK = "stuck"
    RECHECK = "recheck"
    PRACTISE = "practise"
    DOSSIER = "dossier"


REASON_NAMES = {
    Reason.NOBODY_HOME: N_("Nobody was home"),
    Reason.AWAY_WORKING: N_("Back when they return from work"),
    Reason.LATER: N_("The family asked for another day"),
    Reason.STUCK: N_("A step got stuck"),
    Reason.RECHECK: N_("See whether they still manage alone"),
    Reason.PRACTISE: N_("Practise again, hands off"),
    Reason.DOSSIER: N_("The result of the papers is due"),
}

WINDOWS: dict[Reason, tuple[int, int]] = {
    # reason: first and last day to return, counted from the visit (a dossier: from its result date)
    Reason.NOBODY_HOME: (1, 7),
    Reason.AWAY_WORKING: (14, 45),
    Reason.LATER: (1, 7),
    Reason.STUCK: (3, 10),
    Reason.RECHECK: (RECHECK_AFTER.days, RECHECK_AFTER.days + 14),
    Reason.PRACTISE: (7, 21),
    Reason.DOSSIER: (0, 7),
}

STUCK_WINDOWS: dict[Blocker, tuple[int, int]] = {
    # what stood in the way: when it can be out of the way; others as `Reason.STUCK`
    Blocker.SYSTEM_DOWN: (1, 3),
    Blocker.NO_SIGNAL: (1, 5),
    Blocker.ACCOUNT_LOCKED: (1, 5),
    Blocker.CANNOT_READ: (1, 7),
    Blocker.LEVEL_2_NOT_ISSUED: (5, 14),
    Blocker.SIM_NOT_OWN: (7, 21),
    Blocker.DATA_MISMATCH: (7, 21),
    Blocker.NO_BANK_ACCOUNT: (7, 21),
    Blocker.NO_CHIP_CARD: (10, 30),
    Blocker.NO_SMARTPHONE: (14, 45),
}

RETURN_AFTER: dict[Outcome, Reason] = {
    Outcome.NOBODY_HOME: Reason.NOBODY_HOME,
    Outcome.AWAY_WORKING: Reason.AWAY_WORKING,
    Outcome.LATER: Reason.LATER,
}
"""Outcomes of a visit that ask for another, and its reason."""

LONGEST_RETURN = timedelta(days=366)
"""How far ahead a family may ask for a day."""

WAITS_FOR_ITS_DAY = (Reason.RECHECK, Reason.DOSSIER)
"""A visit before the first day settles neither: a recheck would prove nothing, the papers are not back."""

FINISHED_AT_SIGNAL = (Blocker.NO_SIGNAL, Blocker.SYSTEM_DOWN)
"""What was stuck on these is finished where there is signal; the family need not be visited for it."""


class Settled(StrEnum):
    """How a return ended without a visit that meets somebody."""

    DONE = "done"
    CANCELLED = "cancelled"


RETURN_BEFORE_VISIT = Problem("visit.return_before_visit", N_("The day of return must be after the visit."))
RETURN_TOO_LATE = Problem("visit.return_too_late", N_("The day of return is more than a year away."))

NO_REASON = Problem("follow_up.no_reason", N_("Please write in a few words why nobody needs to return."))


class Return(NamedTuple):
    """A proposed return: its reason, and the first and last day of the window."""

    reason: Reason
    due_from: date
    due_to: date


def window(reason: Reason, day: date, blocker: Blocker | None = None) -> Return:
    """The return that the rule proposes for something that happened on `day`."""
    first, last = WINDOWS[reason]
    if reason is Reason.STUCK and blocker is not None:
        first, last = STUCK_WINDOWS.get(blocker, (first, last))
    return Return(reason, day + timedelta(days=first), day + timedelta(days=last))


def after_visit(outcome: Outcome, recorded_at: datetime, return_on: date | None) -> Return | None:
    """What a visit's outcome leaves to do; None when nobody needs to return for it."""
    reason = RETURN_AFTER.get(outcome)
    if return_on:
        return Return(reason or Reason.LATER, return_on, return_on)
    return window(reason, local_day(recorded_at)) if reason else None


def after_walk_through(
    *,
    is_stuck: bool,
    level: IndependenceLevel | None,
    finished_at: datetime,
    return_on: date | None,
    blocker: Blocker | None = None,
    is_core: bool = False,
) -> Return | None:
    """What a run of a guide leaves to do: mend what got stuck, see later whether "alone" lasted, or practise a service
    that every household needs until it can."""
    if is_stuck:
        if return_on:
            return Return(Reason.STUCK, return_on, return_on)
        return window(Reason.STUCK, local_day(finished_at), blocker)
    if level is IndependenceLevel.ALONE_WATCHED:
        return window(Reason.RECHECK, local_day(finished_at))
    if is_core and level in (IndependenceLevel.DONE_FOR, IndependenceLevel.WITH_HELP):
        return window(Reason.PRACTISE, local_day(finished_at))
    return None


def is_closed_by(reason: Reason, due_from: date, created_at: datetime, met_at: datetime) -> bool:
    """Does meeting the household at `met_at` settle the return?"""
    if met_at <= created_at:
        return False
    return reason not in WAITS_FOR_ITS_DAY or local_day(met_at) >= due_from


def problems_with_day(return_on: date | None, recorded_at: datetime) -> dict[str, Problem]:
    """Why a family's own day of return may not be kept: days have two bounds."""
    day = local_day(recorded_at)
    if return_on is None or day <= return_on <= day + LONGEST_RETURN:
        return {}
    return {"return_on": RETURN_BEFORE_VISIT if return_on < day else RETURN_TOO_LATE}


def problems_with_settling(settled_as: Settled, why: str) -> dict[str, Problem]:
    """Why a return may not be settled so, by field; empty means it may. Cancelling needs a reason."""
    if settled_as is Settled.CANCELLED and not why.strip():
        return {"why": NO_REASON}
    found = problems_with_text(why)
    return {"why": found[0]} if found else {}
