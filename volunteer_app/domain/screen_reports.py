"""“This screen changed” (màn hình đã khác): a volunteer saw that a step no longer looks as the guide says."""

from datetime import datetime
from uuid import UUID

from sqlmodel import Field, SQLModel

from volunteer_app.domain.free_text import problems_with_text
from volunteer_app.domain.problems import Problem


class ScreenReport(SQLModel):
    """One report. guide, step: keys as the phone's version of the guide has them; the step may be gone by now."""

    province_code: str = Field(max_length=2)
    id: UUID
    guide: str = Field(max_length=40)
    guide_version: int = Field(ge=1)
    step: str = Field(max_length=40)
    note: str = Field(default="", max_length=500)
    person_id: UUID
    recorded_at: datetime


def problems_with(report: ScreenReport) -> dict[str, Problem]:
    """Why the report may not be kept, by field; empty means it may."""
    found = problems_with_text(report.note)
    return {"note": found[0]} if found else {}
