"""Requests for a visit, as kept. Citizens add one without a scope; reading and settling needs one."""

from collections.abc import Iterable, Mapping
from datetime import date, datetime
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
    person_id: UUID | None = Field(default=None, sa_type=Id)


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
    return _by_phone(await db.exec(query))


def _by_phone(found: Iterable[Any]) -> list[Waiting]:
    by_phone: dict[tuple[str, str | None], list[Any]] = {}
    for row, hamlet in found:
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


async def of_id(db: AsyncSession, scope: Scope, request_id: UUID) -> VisitRequestRow | None:
    """A request, open or not; None: none in the scope."""
    query = in_scope(select(VisitRequestRow), VisitRequestRow, scope)
    return (await db.exec(query.where(VisitRequestRow.id == request_id))).first()


async def give(
    db: AsyncSession, scope: Scope, request_id: UUID, person_id: UUID, day: date, now: datetime
) -> bool:
    """Send somebody on a day, or somebody else; also what the same telephone asked besides. False: none is open."""
    row = (await db.exec(_open(scope).where(VisitRequestRow.id == request_id))).first()
    if row is None:
        return False
    for one in [row, *await db.exec(_besides(scope, row))]:
        one.status, one.settled_at, one.settled_by = RequestStatus.PLANNED, now, scope.person_id
        one.person_id, one.visit_on, one.to_check = person_id, day, False
    return True


async def given_to(db: AsyncSession, scope: Scope) -> list[Waiting]:
    """The visits that the signed-in person is sent on, the first day first, one line a telephone. They reach beyond the
    person's hamlets, not beyond the commune."""
    query = _with_its_hamlet().where(
        VisitRequestRow.province_code == scope.province_code,
        VisitRequestRow.commune_code == scope.commune_code,
        VisitRequestRow.person_id == scope.person_id,
        col(VisitRequestRow.status).in_(OPEN),
        col(VisitRequestRow.phone).is_not(None),
    )
    query = query.order_by(col(VisitRequestRow.visit_on), col(VisitRequestRow.received_at))
    return _by_phone(await db.exec(query))


async def settle(
    db: AsyncSession, scope: Scope, request_id: UUID, status: RequestStatus, now: datetime
) -> bool:
    """Say what became of an open request. Closing it erases name and telephone. False: none in the scope."""
    row = (await db.exec(_open(scope).where(VisitRequestRow.id == request_id))).first()
    if row is None:
        return False
    for one in [row, *await db.exec(_besides(scope, row))]:  # one call settles all that this telephone asked
        one.status, one.settled_at, one.settled_by = status, now, scope.person_id
        one.name = one.phone = None
    return True


def answer(connection: sa.Connection, province_code: str, said: Iterable[Mapping[str, Any]]) -> None:
    """What those who were sent said of it; what has been closed before stays as it is."""
    table = VisitRequestRow.__table__  # type: ignore[attr-defined]
    for one in said:
        its_own = sa.and_(table.c.province_code == province_code, table.c.id == one["request_id"])
        asked = connection.execute(sa.select(table.c.commune_code, table.c.phone).where(its_own)).one()
        besides = sa.and_(
            table.c.province_code == province_code,
            table.c.commune_code == asked.commune_code,
            table.c.phone == asked.phone,
            table.c.person_id == one["person_id"],
        )
        connection.execute(
            sa.update(table)
            .where(sa.or_(its_own, besides), table.c.status.in_(OPEN))
            .values(
                status=RequestStatus(one["status"]),
                settled_at=one["recorded_at"],
                settled_by=one["person_id"],
                name=None,
                phone=None,
            )
        )


def _open(scope: Scope) -> Any:
    query = in_scope(select(VisitRequestRow), VisitRequestRow, scope)
    return query.where(col(VisitRequestRow.status).in_(OPEN))


def _besides(scope: Scope, row: VisitRequestRow) -> Any:
    """What else is open of the same telephone in the commune; what lies on the pile apart from what does not."""
    return _open(scope).where(
        VisitRequestRow.commune_code == row.commune_code,
        VisitRequestRow.phone == row.phone,
        VisitRequestRow.id != row.id,
        col(VisitRequestRow.to_check).is_(row.to_check),
    )


def _with_hamlet(scope: Scope) -> Any:
    return in_scope(_with_its_hamlet(), VisitRequestRow, scope)


def _with_its_hamlet() -> Any:
    same_hamlet = sa.and_(
        col(HamletRow.province_code) == VisitRequestRow.province_code,
        col(HamletRow.id) == VisitRequestRow.hamlet_id,
    )
    return select(VisitRequestRow, sa.func.coalesce(HamletRow.name, "")).outerjoin(HamletRow, same_hamlet)
