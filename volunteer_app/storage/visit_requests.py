"""Requests for a visit, as kept. Citizens add one without a scope; reading and settling needs one."""

from datetime import datetime
from typing import Any, NamedTuple
from uuid import UUID

import sqlalchemy as sa
from sqlmodel import Field, col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from volunteer_app.domain.permissions import Scope
from volunteer_app.domain.visit_requests import (
    CLOSED,
    LONGEST_ASKER_NAME,
    MOST_NEW,
    OPEN,
    WINDOW,
    RequestStatus,
    VisitRequest,
)
from volunteer_app.storage.database import Id, words
from volunteer_app.storage.households import in_scope
from volunteer_app.storage.places import HamletRow


class VisitRequestRow(VisitRequest, table=True):
    """A request for a visit, as kept."""

    __tablename__ = "visit_requests"
    __table_args__ = (
        sa.Index("ix_visit_requests_place", "province_code", "commune_code", "status", "received_at"),
        sa.Index("ix_visit_requests_phone", "province_code", "phone"),
    )
    province_code: str = Field(primary_key=True, max_length=2)
    id: UUID = Field(primary_key=True, sa_type=Id)
    hamlet_id: UUID | None = Field(default=None, sa_type=Id)
    name: str | None = Field(default=None, max_length=LONGEST_ASKER_NAME)
    phone: str | None = Field(default=None, max_length=11)
    status: RequestStatus = Field(
        default=RequestStatus.NEW, sa_column=sa.Column(words(RequestStatus), nullable=False)
    )
    settled_by: UUID | None = Field(default=None, sa_type=Id)


class Waiting(NamedTuple):
    """A request with the name of its hamlet; empty when none was chosen."""

    request: VisitRequestRow
    hamlet: str


async def take(db: AsyncSession, request: VisitRequest) -> bool:
    """Put a citizen's request into the queue of its commune. False: too many came within the hour.

    One telephone has one open request: asking again mends it, so a thousand taps are one line in the queue.
    """
    before = (
        await db.exec(
            select(VisitRequestRow).where(
                VisitRequestRow.province_code == request.province_code,
                VisitRequestRow.phone == request.phone,
                col(VisitRequestRow.status).in_(OPEN),
            )
        )
    ).first()
    if before is not None:
        before.sqlmodel_update(
            request.model_dump(include={"commune_code", "hamlet_id", "name", "guide_number"})
        )
        return True
    lately = select(sa.func.count()).where(
        VisitRequestRow.province_code == request.province_code,
        VisitRequestRow.commune_code == request.commune_code,
        VisitRequestRow.received_at > request.received_at - WINDOW,
    )
    if (await db.exec(lately)).one() >= MOST_NEW:
        return False
    db.add(VisitRequestRow.model_validate(request))
    return True


async def waiting(db: AsyncSession, scope: Scope) -> list[Waiting]:
    """The open requests of the scope, the oldest first."""
    query = _with_hamlet(scope).where(col(VisitRequestRow.status).in_(OPEN))
    return [Waiting(*found) for found in await db.exec(query.order_by(col(VisitRequestRow.received_at)))]


async def settled_lately(db: AsyncSession, scope: Scope, most: int) -> list[Waiting]:
    """The requests closed last."""
    query = _with_hamlet(scope).where(col(VisitRequestRow.status).in_(CLOSED))
    found = await db.exec(query.order_by(col(VisitRequestRow.settled_at).desc()).limit(most))
    return [Waiting(*pair) for pair in found]


async def settle(
    db: AsyncSession, scope: Scope, request_id: UUID, status: RequestStatus, now: datetime
) -> bool:
    """Say what became of an open request. Closing it erases name and telephone. False: none in the scope."""
    query = in_scope(select(VisitRequestRow), VisitRequestRow, scope)
    row = (await db.exec(query.where(VisitRequestRow.id == request_id))).first()
    if row is None or row.status in CLOSED:
        return False
    row.status, row.settled_at, row.settled_by = status, now, scope.person_id
    if status in CLOSED:
        row.name = row.phone = None
    return True


def _with_hamlet(scope: Scope) -> Any:
    same_hamlet = sa.and_(
        col(HamletRow.province_code) == VisitRequestRow.province_code,
        col(HamletRow.id) == VisitRequestRow.hamlet_id,
    )
    query = select(VisitRequestRow, sa.func.coalesce(HamletRow.name, "")).outerjoin(HamletRow, same_hamlet)
    return in_scope(query, VisitRequestRow, scope)
