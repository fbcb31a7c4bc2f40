"""One run of a guide with a citizen. The run is the record: level, stuck step and return follow from it."""

from collections.abc import Mapping
from datetime import datetime
from enum import StrEnum
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


MARK_NAMES = {
    Mark.ALONE: N_("Did it alone"),
    Mark.HELP: N_("With help"),
    Mark.DID: N_("I did it for them"),
    Mark.STUCK: N_("Stuck"),
}


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


def level_of(
    marks: Mapping[str, str], teach_back: TeachBack, *, is_needed: bool = True
) -> IndependenceLevel | None:
    """What a run proves; None when it proves nothing (it got stuck, or nothing was marked).

    Alone while watched needs the teach-back with hands off, and no step that the volunteer did.
    """
    given = set(marks.values())
    if not given or Mark.STUCK in given:
        return None
    if not is_needed:
        return IndependenceLevel.NOT_NEEDED
    if Mark.DID in given:
        return IndependenceLevel.DONE_FOR
    if teach_back is TeachBack.ALONE:
        return IndependenceLevel.ALONE_WATCHED
    return IndependenceLevel.WITH_HELP


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
