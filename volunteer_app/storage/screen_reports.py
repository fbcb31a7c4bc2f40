"""Reports that a screen changed, as kept: read step by step by those who edit guides, and marked once handled."""

from datetime import datetime
from typing import NamedTuple
from uuid import UUID

import sqlalchemy as sa
from sqlmodel import Field, col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from volunteer_app.domain.screen_reports import ScreenReport
from volunteer_app.permissions import Scope
from volunteer_app.storage.database import Id


class ScreenReportRow(ScreenReport, table=True):
    """A report, as kept."""

    __tablename__ = "screen_reports"
    __table_args__ = (sa.Index("ix_screen_reports_step", "province_code", "guide", "step"),)
    province_code: str = Field(primary_key=True, max_length=2)
    id: UUID = Field(primary_key=True, sa_type=Id)
    person_id: UUID = Field(sa_type=Id)
    received_at: datetime
    handled_at: datetime | None = None
    handled_by: UUID | None = Field(default=None, sa_type=Id)


class StepReports(NamedTuple):
    """What is still to be looked at for one step: newest first."""

    step: str
    reports: list[ScreenReportRow]

    @property
    def first(self) -> datetime:
        """When it was first seen."""
        return min(report.recorded_at for report in self.reports)

    @property
    def last(self) -> datetime:
        """When it was last seen."""
        return max(report.recorded_at for report in self.reports)

    @property
    def seen_until(self) -> datetime:
        """The newest report that a page with these shows: only what was read is marked as handled."""
        return max(report.received_at for report in self.reports)

    @property
    def versions(self) -> list[int]:
        """The guide's versions in which it was seen."""
        return sorted({report.guide_version for report in self.reports})

    @property
    def notes(self) -> list[str]:
        """What was written, once each."""
        return list(dict.fromkeys(report.note for report in self.reports if report.note))


async def open_reports(db: AsyncSession, scope: Scope) -> dict[str, list[StepReports]]:
    """Reports of the scope's province that nobody has handled: guide → its steps."""
    rows = await db.exec(
        select(ScreenReportRow)
        .where(
            ScreenReportRow.province_code == scope.province_code, col(ScreenReportRow.handled_at).is_(None)
        )
        .order_by(col(ScreenReportRow.recorded_at).desc())
    )
    by_step: dict[tuple[str, str], list[ScreenReportRow]] = {}
    for row in rows:
        by_step.setdefault((row.guide, row.step), []).append(row)
    found: dict[str, list[StepReports]] = {}
    for (guide, step), reports in by_step.items():
        found.setdefault(guide, []).append(StepReports(step, reports))
    return found


async def mark_handled(
    db: AsyncSession, scope: Scope, guide: str, step: str, *, seen_until: datetime, now: datetime
) -> int:
    """Mark what was read about a step as handled; how many that were. Newer reports stay open."""
    done = await db.exec(
        sa.update(ScreenReportRow)
        .where(
            col(ScreenReportRow.province_code) == scope.province_code,
            col(ScreenReportRow.guide) == guide,
            col(ScreenReportRow.step) == step,
            col(ScreenReportRow.handled_at).is_(None),
            col(ScreenReportRow.received_at) <= seen_until,
        )
        .values(handled_at=now, handled_by=scope.person_id)
    )
    return done.rowcount
