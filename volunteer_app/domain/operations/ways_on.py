"""What can be done about an entry that was set aside: *try again* is offered only where it can help."""

from enum import StrEnum

from volunteer_app.domain.households import FIELD_NAMES
from volunteer_app.domain.problems import N_


class WayOn(StrEnum):
    """Who or what can bring an entry on."""

    ANEW = "anew"
    """What it says breaks a rule, now and always: the field is put right on its phone, or by the leader; else it is
    written down anew, without the fault."""
    LEADER = "leader"
    """The team leader decides: gives the hamlet, takes it, or leaves it out."""
    CHOICE = "choice"
    """Another version was taken already: the leader reads both, and may leave this one out."""
    WAIT = "wait"
    """It comes right by itself: the day comes, the server is updated, what it waits for arrives. Trying can help."""
    NOBODY = "nobody"
    """It is over."""


class LeftOut(StrEnum):
    """Why a leader leaves an entry out for good: chosen, never typed, since what is typed could speak of a family."""

    TWICE = "twice"
    WRONG_HOUSE = "wrong_house"
    TRIAL = "trial"
    NOT_SO = "not_so"


LEFT_OUT_NAMES = {
    LeftOut.TWICE: N_("It is written down already"),
    LeftOut.WRONG_HOUSE: N_("Wrong house or wrong person"),
    LeftOut.TRIAL: N_("Somebody only tried it out"),
    LeftOut.NOT_SO: N_("It was not so"),
}

WAYS = {
    "operation.unreadable": WayOn.ANEW,
    "operation.newer_app": WayOn.WAIT,
    "operation.unknown_service": WayOn.WAIT,
    "operation.not_assigned": WayOn.LEADER,
    "operation.not_theirs": WayOn.LEADER,
    "operation.given_on": WayOn.LEADER,
    "operation.not_proven": WayOn.LEADER,
    "operation.other_content": WayOn.CHOICE,
    "operation.taken_first": WayOn.CHOICE,
    "operation.waits": WayOn.WAIT,
    "operation.not_kept": WayOn.WAIT,
    "operation.erased": WayOn.NOBODY,
    "operation.mended": WayOn.NOBODY,
    "operation.left_out": WayOn.NOBODY,
    "operation.before_this_app": WayOn.ANEW,
    "visit.return_before_visit": WayOn.ANEW,
    "visit.return_too_late": WayOn.ANEW,
    "dossier.result_before": WayOn.ANEW,
    "dossier.result_too_late": WayOn.ANEW,
    "follow_up.no_reason": WayOn.ANEW,
    "observation.no_reason": WayOn.ANEW,
    "household.name_without_consent": WayOn.WAIT,
    "session.fewer": WayOn.ANEW,
    "session.too_high": WayOn.ANEW,
    "text.control": WayOn.ANEW,
    "text.id_number": WayOn.ANEW,
    "walk_through.empty": WayOn.ANEW,
    "walk_through.no_blocker": WayOn.ANEW,
}
"""By the code of the reason. A code that is not here has no way of its own: trying again does no harm."""


WRITTEN = {
    "label": FIELD_NAMES["label"],
    "people_count": FIELD_NAMES["people_count"],
    "note": N_("What you noted"),
    "return_on": N_("Day of return"),
    "blocker": N_("What stands in the way"),
    "reason": N_("Why"),
    "why": N_("Why"),
    "result_on": N_("Day of the result"),
    "minutes": N_("Minutes"),
    "recorded_at": N_("When it was"),
}
"""The fields that somebody writes or chooses, in bodies of any kind: each can be put right alone, on the phone that
made the entry. All others follow from taps, and are right or of no use."""


def may_help(code: str | None) -> bool:
    """Can taking it again, as it is, end otherwise than before?"""
    return WAYS.get(code or "", WayOn.WAIT) in (WayOn.WAIT, WayOn.LEADER)
