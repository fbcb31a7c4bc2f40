"""Steps of guides that no longer look as the guide says."""

from datetime import datetime
from typing import Annotated, Any

import msgspec

from volunteer_app.domain import screen_reports
from volunteer_app.domain.operations.envelope import Body, Key, Note, Operation
from volunteer_app.domain.operations.known import Known, made
from volunteer_app.domain.problems import first_of
from volunteer_app.domain.screen_reports import ScreenReport


class ScreenChangedBody(Body):
    """A step no longer looks as the guide says; the report's id is the operation's."""

    guide: Key
    guide_version: Annotated[int, msgspec.Meta(ge=1, le=10**6)]
    step: Key
    note: Note = ""


def take(op: Operation, body: ScreenChangedBody, known: Known, now: datetime) -> Any:
    """A report about a step."""
    report = made(
        ScreenReport,
        province_code=known.province_code,
        id=op.id,
        person_id=known.person_id,
        recorded_at=op.recorded_at,
        **msgspec.structs.asdict(body),
    )
    return first_of(screen_reports.problems_with(report)) or [report]
