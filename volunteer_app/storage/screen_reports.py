"""Reports that a screen changed, as kept: read step by step by those who edit guides, and marked once handled."""

from datetime import datetime
from typing import NamedTuple
from uuid import UUID

import sqlalchemy as sa
from sqlmodel import Field, SQLModel, col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from volunteer_app.domain.permissions import Scope
from volunteer_app.domain.screen_reports import ScreenReport
from volunteer_app.storage.database import Id, tie


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


class ScreenPhotoRow(SQLModel, table=True):
    """The photo of a report; it goes when the report is handled."""

    __tablename__ = "screen_photos"
    __table_args__ = (tie("screen_reports", "report_id"),)
    province_code: str = Field(primary_key=True, max_length=2)
    report_id: UUID = Field(primary_key=True, sa_type=Id)
    jpeg: bytes


class StepReports(NamedTuple):
    """What is still to be looked at for one step: newest first. photos: the reports that have one."""

    step: str
    reports: list[ScreenReportRow]
    photos: list[UUID]

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
    query = select(ScreenPhotoRow.report_id).where(ScreenPhotoRow.province_code == scope.province_code)
    with_photo = set(await db.exec(query))
    by_step: dict[tuple[str, str], list[ScreenReportRow]] = {}
    for row in rows:
        by_step.setdefault((row.guide, row.step), []).append(row)
    found: dict[str, list[StepReports]] = {}
    for (guide, step), reports in by_step.items():
        found.setdefault(guide, []).append(
            StepReports(step, reports, [report.id for report in reports if report.id in with_photo])
        )
    return found


async def mark_handled(
    db: AsyncSession, scope: Scope, guide: str, step: str, *, seen_until: datetime, now: datetime
) -> int:
    """Mark what was read about a step as handled; how many that were. Their photos go, newer reports stay open."""
    read = (
        col(ScreenReportRow.province_code) == scope.province_code,
        col(ScreenReportRow.guide) == guide,
        col(ScreenReportRow.step) == step,
        col(ScreenReportRow.handled_at).is_(None),
        col(ScreenReportRow.received_at) <= seen_until,
    )
    await db.exec(
        sa.delete(ScreenPhotoRow).where(
            col(ScreenPhotoRow.province_code) == scope.province_code,
            col(ScreenPhotoRow.report_id).in_(sa.select(col(ScreenReportRow.id)).where(*read)),
        )
    )
    done = await db.exec(
        sa.update(ScreenReportRow).where(*read).values(handled_at=now, handled_by=scope.person_id)
    )
    return done.rowcount


async def report_of(db: AsyncSession, scope: Scope, id_: UUID) -> ScreenReportRow | None:
    """One report of the scope's province."""
    return await db.get(ScreenReportRow, (scope.province_code, id_))


async def photo_of(db: AsyncSession, scope: Scope, report_id: UUID) -> ScreenPhotoRow | None:
    """The photo of a report of the scope's province."""
    return await db.get(ScreenPhotoRow, (scope.province_code, report_id))


async def keep_photo(db: AsyncSession, scope: Scope, report_id: UUID, jpeg: bytes) -> None:
    """Keep a report's photo once. One that comes after its report was handled brings the report back to the desk: texts
    go first, so on a weak line that is the usual order."""
    if await photo_of(db, scope, report_id) is None:
        if report := await report_of(db, scope, report_id):
            report.handled_at = report.handled_by = None
        db.add(ScreenPhotoRow(province_code=scope.province_code, report_id=report_id, jpeg=jpeg))
