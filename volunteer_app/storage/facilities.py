"""Facilities, as kept. They are public facts: reading needs no scope, keeping and removing does."""

from uuid import UUID

import sqlalchemy as sa
from sqlmodel import Field, select
from sqlmodel.ext.asyncio.session import AsyncSession

from volunteer_app.domain.facilities import LONGEST, Facility, FacilityKind
from volunteer_app.domain.names import sort_key
from volunteer_app.domain.permissions import Scope, may_see_commune
from volunteer_app.storage.database import Id, words

_ORDER = list(FacilityKind)


class FacilityRow(Facility, table=True):
    """A facility, as kept."""

    __tablename__ = "facilities"
    __table_args__ = (sa.Index("ix_facilities_commune_code", "commune_code"),)
    province_code: str = Field(primary_key=True, max_length=2)
    id: UUID = Field(primary_key=True, sa_type=Id)
    kind: FacilityKind = Field(sa_column=sa.Column(words(FacilityKind, length=30), nullable=False))
    name: str = Field(max_length=LONGEST["name"])
    place: str = Field(default="", max_length=LONGEST["place"])
    hours: str = Field(default="", max_length=LONGEST["hours"])
    phone: str = Field(default="", max_length=LONGEST["phone"])


async def facilities_of(db: AsyncSession, commune_code: str) -> list[FacilityRow]:
    """The places of a commune where citizens are helped, kind by kind."""
    rows = await db.exec(select(FacilityRow).where(FacilityRow.commune_code == commune_code))
    return sorted(rows, key=lambda row: (_ORDER.index(row.kind), sort_key(row.name)))


async def facility_of(db: AsyncSession, scope: Scope, facility_id: UUID) -> FacilityRow | None:
    """A facility of the scope."""
    row = await db.get(FacilityRow, (scope.province_code, facility_id))
    return row if row and may_see_commune(scope, row.province_code, row.commune_code) else None


async def keep(db: AsyncSession, scope: Scope, facility: Facility) -> None:
    """Keep a facility of the scope, new or changed. The caller has settled that the commune is in the scope."""
    row = await facility_of(db, scope, facility.id)
    values = facility.model_dump(exclude={"province_code", "id"})
    if row is None:
        db.add(FacilityRow(province_code=scope.province_code, id=facility.id, **values))
    else:
        row.sqlmodel_update(values)


async def remove(db: AsyncSession, scope: Scope, facility_id: UUID) -> bool:
    """Take a facility of the scope off the list. False: there is none."""
    row = await facility_of(db, scope, facility_id)
    if row is None:
        return False
    await db.delete(row)
    await db.flush()
    return True
