"""One run of a guide with a citizen. The run is the record: level, stuck step and return follow from it."""

from collections.abc import Callable, Mapping
from datetime import datetime
from enum import StrEnum
from typing import NamedTuple
from uuid import UUID

from sqlmodel import JSON, Column, Field, SQLModel

from volunteer_app.domain.blockers import Blocker
from volunteer_app.domain.free_text import problems_with_text
from volunteer_app.domain.independence import IndependenceLevel
from volunteer_app.domain.problems import N_, Problem


class Mark(StrEnum):
    """How one step went."""

    ALONE = "alone"  # the citizen did it
    HELP = "help"  # the citizen did it with help
    DID = "did"  # the volunteer did it
    STUCK = "stuck"


class TeachBack(StrEnum):
    """Again, with the volunteer's hands off (làm lại)."""

    ALONE = "alone"
    HELP = "help"
    SKIPPED = "skipped"


class WalkThrough(SQLModel):
    """Lượt hướng dẫn.

    marks: step key → Mark, only for the steps that were shown, in their order.
    minutes: from the first step shown to the summary.
    is_needed: False when the guide itself showed that the member does not need the service.
    The language the citizen heard is never kept: it would tell ethnicity.
    """

    province_code: str = Field(max_length=2)
    id: UUID
    commune_code: str = Field(max_length=5)
    hamlet_id: UUID
    household_id: UUID
    visit_id: UUID
    member_id: UUID
    person_id: UUID
    guide: str = Field(max_length=40)
    guide_version: int = Field(ge=1)
    service: str = Field(max_length=40)
    marks: dict[str, str] = Field(sa_column=Column(JSON, nullable=False))
    teach_back: TeachBack = TeachBack.SKIPPED
    is_needed: bool = True
    stuck_step: str | None = Field(default=None, max_length=40)
    blocker: Blocker | None = None
    note: str = Field(default="", max_length=500)
    minutes: int = Field(default=0, ge=0, le=600)
    recorded_at: datetime


STUCK_WITHOUT_REASON = Problem("walk_through.no_blocker", N_("Please choose why the step got stuck."))
NOTHING_DONE = Problem("walk_through.empty", N_("No step was marked, so there is nothing to record."))


class Rung(NamedTuple):
    """One line of the ladder: what must have been seen, what it proves, and how a leader reads it."""

    holds: Callable[[set[str], TeachBack, bool], bool]
    level: IndependenceLevel | None
    why: str


LADDER = (
    Rung(lambda marks, back, needed: not marks, None, N_("No step was marked: nothing is proven.")),
    Rung(lambda marks, back, needed: Mark.STUCK in marks, None, N_("A step got stuck: nothing is proven.")),
    Rung(
        lambda marks, back, needed: not needed,
        IndependenceLevel.NOT_NEEDED,
        N_("The guide showed that they do not need it."),
    ),
    Rung(
        lambda marks, back, needed: Mark.DID in marks,
        IndependenceLevel.DONE_FOR,
        N_("The volunteer did at least one step for them."),
    ),
    Rung(
        lambda marks, back, needed: back is TeachBack.ALONE,
        IndependenceLevel.ALONE_WATCHED,
        N_("They did it again while the volunteer only watched."),
    ),
    Rung(
        lambda marks, back, needed: True,
        IndependenceLevel.WITH_HELP,
        N_("They did it themselves with help, and not yet again alone."),
    ),
)
"""What a run of a guide proves: the first line that holds. `service_worker/rules.js` says the same."""


def rung_of(marks: Mapping[str, str], teach_back: TeachBack, *, is_needed: bool = True) -> Rung:
    """The line of the ladder that a run stands on."""
    given = set(marks.values())
    return next(rung for rung in LADDER if rung.holds(given, TeachBack(teach_back), is_needed))


def level_of(
    marks: Mapping[str, str], teach_back: TeachBack, *, is_needed: bool = True
) -> IndependenceLevel | None:
    """What a run proves; None when it proves nothing (it got stuck, or nothing was marked)."""
    return rung_of(marks, teach_back, is_needed=is_needed).level


def problems_with(run: WalkThrough) -> dict[str, Problem]:
    """Why the run may not be kept, by field; empty means it may."""
    problems = {}
    if not run.marks:
        problems["marks"] = NOTHING_DONE
    if Mark.STUCK in run.marks.values() and run.blocker is None:
        problems["blocker"] = STUCK_WITHOUT_REASON
    if found := problems_with_text(run.note):
        problems["note"] = found[0]
    return problems
