"""Is anything missing? What each phone says it made, beside what has arrived: the proof that nothing is lost."""

from collections import defaultdict
from datetime import datetime
from typing import NamedTuple
from uuid import UUID

import sqlalchemy as sa
from sqlmodel import col
from sqlmodel.ext.asyncio.session import AsyncSession

from volunteer_app.domain.permissions import Scope
from volunteer_app.storage.devices import DeviceRow
from volunteer_app.storage.operations.log import OperationRow
from volunteer_app.storage.people import MembershipRow


class PhoneReport(NamedTuple):
    """One phone. A gap is (first, last) of missing numbers; those above `highest` are a lost or unsent tail."""

    device_id: UUID
    person_id: UUID
    app_build: str
    last_contact_at: datetime
    made: int
    highest: int
    received: int
    gaps: list[tuple[int, int]]

    @property
    def tail(self) -> int:
        """How many were made after the last that has come."""
        return max(0, self.made - self.highest)

    @property
    def missing(self) -> int:
        """How many operations the phone made that never arrived."""
        return max(self.made, self.highest) - self.received


async def device_report(db: AsyncSession, scope: Scope, person_id: UUID) -> list[PhoneReport]:
    """The phones that this person of the scope has held last, the longest silent first."""
    phones = sa.select(
        col(DeviceRow.id),
        col(DeviceRow.person_id),
        col(DeviceRow.app_build),
        col(DeviceRow.last_contact_at),
        col(DeviceRow.made),
    ).where(col(DeviceRow.province_code) == scope.province_code, col(DeviceRow.person_id) == person_id)
    if scope.commune_code is not None:
        of_commune = sa.select(col(MembershipRow.person_id)).where(
            col(MembershipRow.province_code) == scope.province_code,
            col(MembershipRow.commune_code) == scope.commune_code,
        )
        phones = phones.where(col(DeviceRow.person_id).in_(of_commune))
    connection = await db.connection()
    found = list(await connection.execute(phones.order_by(col(DeviceRow.last_contact_at))))
    numbers = (
        sa.select(col(OperationRow.device_id), col(OperationRow.seq))
        .where(
            col(OperationRow.province_code) == scope.province_code,
            col(OperationRow.device_id).in_([row.id for row in found]),
            col(OperationRow.seq) > 0,
        )
        .distinct()
        .order_by(col(OperationRow.device_id), col(OperationRow.seq))
    )
    received: dict[UUID, int] = defaultdict(int)
    highest: dict[UUID, int] = defaultdict(int)
    gaps: dict[UUID, list[tuple[int, int]]] = defaultdict(list)
    for device_id, seq in await connection.execute(numbers):
        if seq > highest[device_id] + 1:
            gaps[device_id].append((highest[device_id] + 1, seq - 1))
        received[device_id] += 1
        highest[device_id] = seq
    return [PhoneReport(*row, *(told[row.id] for told in (highest, received, gaps))) for row in found]
