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
    MOST_TO_CHECK,
    OPEN,
    WINDOW,
    RequestStatus,
    VisitRequest,
)
from volunteer_app.storage.database import Id, tie, words
from volunteer_app.storage.households import in_scope
from volunteer_app.storage.places import HamletRow


class VisitRequestRow(VisitRequest, table=True):
    """A request for a visit, as kept."""

    __tablename__ = "visit_requests"
    __table_args__ = (
        sa.Index("ix_visit_requests_place", "province_code", "commune_code", "status", "received_at"),
        sa.Index("ix_visit_requests_phone", "province_code", "phone"),
        tie("hamlets", "hamlet_id"),
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
    """A request with the name of its hamlet (empty when none was chosen), and what the same telephone asked besides."""

    request: VisitRequestRow
    hamlet: str
    besides: tuple[VisitRequestRow, ...] = ()


async def take(db: AsyncSession, request: VisitRequest) -> bool:
    """Keep a citizen's request. False: the commune's pile is full.

    Nothing is ever written over: whoever knows a telephone number could take a request away with it. Another one of the
    same number stands beside the first; the very same again changes nothing. A flood goes on a pile of its own.
    """
    same = select(VisitRequestRow.id).where(
        VisitRequestRow.province_code == request.province_code,
        VisitRequestRow.phone == request.phone,
        VisitRequestRow.commune_code == request.commune_code,
        VisitRequestRow.name == request.name,
        VisitRequestRow.hamlet_id == request.hamlet_id,
        col(VisitRequestRow.status).in_(OPEN),
    )
    if (await db.exec(same.limit(1))).first() is not None:
        return True
    of_commune = (
        VisitRequestRow.province_code == request.province_code,
        VisitRequestRow.commune_code == request.commune_code,
    )
    lately = _how_many(*of_commune, VisitRequestRow.received_at > request.received_at - WINDOW, most=MOST_NEW)
    row = VisitRequestRow.model_validate(request)
    row.to_check = (await db.exec(lately)).one() >= MOST_NEW
    if row.to_check:
        pile = _how_many(*of_commune, col(VisitRequestRow.status).in_(OPEN), most=MOST_TO_CHECK)
        if (await db.exec(pile)).one() >= MOST_TO_CHECK:
            return False
    db.add(row)
    return True


def _how_many(*where: Any, most: int) -> Any:
    some = select(VisitRequestRow.id).where(*where).limit(most).subquery()
    return select(sa.func.count()).select_from(some)


async def waiting(
    db: AsyncSession, scope: Scope, *, to_check: bool = False, most: int | None = None
) -> list[Waiting]:
    """The open requests of the scope, the oldest first, one line a telephone. to_check: those of the pile instead."""
    query = _with_hamlet(scope).where(
        col(VisitRequestRow.status).in_(OPEN), col(VisitRequestRow.to_check).is_(to_check)
    )
    query = query.order_by(col(VisitRequestRow.received_at)).limit(most)
    by_phone: dict[tuple[str, str | None], list[Any]] = {}
    for row, hamlet in await db.exec(query):
        by_phone.setdefault((row.commune_code, row.phone), []).append((row, hamlet))
    return [
        Waiting(first, hamlet, tuple(row for row, _ in besides))
        for (first, hamlet), *besides in by_phone.values()
    ]


async def settled_lately(db: AsyncSession, scope: Scope, most: int) -> list[Waiting]:
    """The requests closed last."""
    query = _with_hamlet(scope).where(col(VisitRequestRow.status).in_(CLOSED))
    found = await db.exec(query.order_by(col(VisitRequestRow.settled_at).desc()).limit(most))
    return [Waiting(*pair) for pair in found]


async def status_of(db: AsyncSession, scope: Scope, request_id: UUID) -> RequestStatus | None:
    """What has become of a request; None: none in the scope."""
    query = in_scope(select(VisitRequestRow), VisitRequestRow, scope)
    row = (await db.exec(query.where(VisitRequestRow.id == request_id))).first()
    return row.status if row else None


async def settle(
    db: AsyncSession, scope: Scope, request_id: UUID, status: RequestStatus, now: datetime
) -> bool:
    """Say what became of an open request. Closing it erases name and telephone. False: none in the scope."""
    query = in_scope(select(VisitRequestRow), VisitRequestRow, scope)
    row = (await db.exec(query.where(VisitRequestRow.id == request_id))).first()
    if row is None or row.status in CLOSED:
        return False
    together = [row]
    if status in CLOSED:  # one call settles all that this telephone asked of the commune
        together += await db.exec(
            query.where(
                VisitRequestRow.commune_code == row.commune_code,
                VisitRequestRow.phone == row.phone,
                VisitRequestRow.id != row.id,
                col(VisitRequestRow.status).in_(OPEN),
                col(VisitRequestRow.to_check).is_(row.to_check),
            )
        )
    for one in together:
        one.status, one.settled_at, one.settled_by = status, now, scope.person_id
        one.to_check = one.to_check and status in CLOSED
        if status in CLOSED:
            one.name = one.phone = None
    return True


def _with_hamlet(scope: Scope) -> Any:
    same_hamlet = sa.and_(
        col(HamletRow.province_code) == VisitRequestRow.province_code,
        col(HamletRow.id) == VisitRequestRow.hamlet_id,
    )
    query = select(VisitRequestRow, sa.func.coalesce(HamletRow.name, "")).outerjoin(HamletRow, same_hamlet)
    return in_scope(query, VisitRequestRow, scope)
