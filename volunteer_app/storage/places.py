"""Places, as kept. They are public facts: these queries need no scope."""

from collections.abc import Iterable
from datetime import date
from typing import Any, NamedTuple
from uuid import UUID

import sqlalchemy as sa
from sqlmodel import Field, SQLModel, col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from volunteer_app.domain.names import sort_key, squeezed, without_kind
from volunteer_app.domain.places import (
    Commune,
    FormerUnit,
    Hamlet,
    HamletPredecessor,
    Province,
    Signal,
    is_valid_on,
    place_order,
)
from volunteer_app.storage.database import Id, words


class ProvinceRow(Province, table=True):
    """A province, as kept. `search` holds its names as `search_words` writes them."""

    __tablename__ = "provinces"
    code: str = Field(primary_key=True, max_length=2)
    alt_names: list[str] = Field(default_factory=list, sa_column=sa.Column(sa.JSON, nullable=False))
    search: str = Field(default="", sa_column=sa.Column(sa.Text, nullable=False))


class CommuneRow(Commune, table=True):
    """A commune, as kept."""

    __tablename__ = "communes"
    code: str = Field(primary_key=True, max_length=5)
    alt_names: list[str] = Field(default_factory=list, sa_column=sa.Column(sa.JSON, nullable=False))
    province_code: str = Field(max_length=2, foreign_key="provinces.code", index=True)
    search: str = Field(default="", sa_column=sa.Column(sa.Text, nullable=False))


class FormerUnitRow(FormerUnit, table=True):
    """A former unit and where it went, as kept. `search` holds its district and province too."""

    __tablename__ = "former_units"
    former_code: str = Field(primary_key=True, max_length=5)
    commune_code: str = Field(primary_key=True, max_length=5, foreign_key="communes.code")
    search: str = Field(default="", sa_column=sa.Column(sa.Text, nullable=False))


class Boundary(SQLModel):
    """An outline, drawn once at import as SVG paths in whole numbers.

    own_path: alone, in the box "0 0 own_width own_height".
    map_path: among its neighbours (a hamlet on its commune's map, a commune on its province's, a province on the
    country's): all of one map share one grid, and this one covers map_x, map_y, map_width, map_height of it.
    west, south, east, north: degrees (WGS 84).
    """

    own_path: str = Field(sa_type=sa.Text)
    own_width: int
    own_height: int
    map_path: str = Field(sa_type=sa.Text)
    map_x: int
    map_y: int
    map_width: int
    map_height: int
    west: float
    south: float
    east: float
    north: float


class BoundaryRow(Boundary, table=True):
    """The outline of a province or commune, as kept."""

    __tablename__ = "boundaries"
    code: str = Field(primary_key=True, max_length=5)
    level: str = Field(max_length=8)  # "province" or "commune"
    province_code: str = Field(max_length=2, index=True)


class HamletRow(Hamlet, table=True):
    """A hamlet, as kept."""

    __tablename__ = "hamlets"
    __table_args__ = (
        sa.Index("ix_hamlets_place", "province_code", "commune_code"),
        sa.Index(
            "ix_hamlets_official",
            "province_code",
            "commune_code",
            "household_count_source",
            "household_count_date",
            "household_count",
            "valid_from",
            "valid_to",
        ),
    )
    province_code: str = Field(primary_key=True, max_length=2, foreign_key="provinces.code")
    id: UUID = Field(primary_key=True, sa_type=Id)
    commune_code: str = Field(max_length=5, foreign_key="communes.code")
    languages: list[str] = Field(default_factory=list, sa_column=sa.Column(sa.JSON, nullable=False))
    signal: Signal = Field(default=Signal.UNKNOWN, sa_column=sa.Column(words(Signal), nullable=False))
    search: str = Field(default="", sa_column=sa.Column(sa.Text, nullable=False))


class HamletPredecessorRow(HamletPredecessor, table=True):
    """A link from a hamlet to one that it was made from, as kept."""

    __tablename__ = "hamlet_predecessors"
    __table_args__ = (
        sa.ForeignKeyConstraint(["province_code", "hamlet_id"], ["hamlets.province_code", "hamlets.id"]),
        sa.ForeignKeyConstraint(["province_code", "predecessor_id"], ["hamlets.province_code", "hamlets.id"]),
    )
    province_code: str = Field(primary_key=True, max_length=2)
    hamlet_id: UUID = Field(primary_key=True, sa_type=Id)
    predecessor_id: UUID = Field(primary_key=True, sa_type=Id)


class HamletBoundaryRow(Boundary, table=True):
    """The outline of a hamlet, as kept. label_…: where its number stands on the commune's map (`Label`)."""

    __tablename__ = "hamlet_boundaries"
    __table_args__ = (
        sa.ForeignKeyConstraint(["province_code", "hamlet_id"], ["hamlets.province_code", "hamlets.id"]),
    )
    province_code: str = Field(primary_key=True, max_length=2)
    hamlet_id: UUID = Field(primary_key=True, sa_type=Id)
    label_x: int
    label_y: int
    label_size: int


def search_words(names: Iterable[str]) -> str:
    """The names as a search compares them, each with and without its kind: "|minhtan|xaminhtan|"."""
    forms = {squeezed(form) for name in names for form in (name, without_kind(name)) if name}
    return f"|{'|'.join(sorted(forms))}|"


async def provinces(db: AsyncSession) -> list[ProvinceRow]:
    """Every province, by name."""
    return sorted(await db.exec(select(ProvinceRow)), key=lambda row: sort_key(row.name))


async def commune(db: AsyncSession, code: str) -> CommuneRow | None:
    """The commune with that official code."""
    return await db.get(CommuneRow, code)


async def communes_of(db: AsyncSession, province_code: str) -> list[CommuneRow]:
    """The communes of a province, by name."""
    rows = await db.exec(select(CommuneRow).where(CommuneRow.province_code == province_code))
    return sorted(rows, key=lambda row: sort_key(row.name))


async def hamlets_of(db: AsyncSession, commune_code: str, day: date) -> list[HamletRow]:
    """The hamlets of a commune that stand on that day, in the commune's order."""
    return [hamlet for hamlet in await all_hamlets_of(db, commune_code) if is_valid_on(hamlet, day)]


async def hamlets_by_id(db: AsyncSession, province_code: str, hamlet_ids: Iterable[UUID]) -> list[HamletRow]:
    """These hamlets of a province, as far as they exist."""
    query = select(HamletRow).where(
        HamletRow.province_code == province_code, col(HamletRow.id).in_(list(hamlet_ids))
    )
    return list(await db.exec(query))


async def all_hamlets_of(db: AsyncSession, commune_code: str) -> list[HamletRow]:
    """The hamlets of a commune, ended ones too, in the commune's order."""
    rows = await db.exec(select(HamletRow).where(HamletRow.commune_code == commune_code))
    return sorted(rows, key=place_order)


async def predecessor_links(db: AsyncSession, province_code: str) -> list[HamletPredecessorRow]:
    """What the hamlets of a province were made from."""
    query = select(HamletPredecessorRow).where(HamletPredecessorRow.province_code == province_code)
    return list(await db.exec(query))


class HamletOutline(NamedTuple):
    """A hamlet's outline on its commune's map, as `HamletBoundaryRow` keeps it."""

    map_path: str
    map_x: int
    map_y: int
    map_width: int
    map_height: int
    label_x: int
    label_y: int
    label_size: int


async def hamlet_outlines(
    db: AsyncSession, province_code: str, commune_code: str, day: date
) -> dict[str, HamletOutline | None]:
    """The hamlets of a commune that stand on that day, each with its outline, if that was imported."""
    given = {"province": province_code, "commune": commune_code, "day": day}
    rows = await (await db.connection()).execute(HAMLET_OUTLINES, given)
    return {str(id_): HamletOutline(*outline) if outline[0] else None for id_, *outline in rows}


async def hamlet_boundaries(
    db: AsyncSession, province_code: str, commune_code: str, day: date
) -> dict[str, HamletBoundaryRow]:
    """The outlines of the hamlets of a commune that stand on that day, as they are kept."""
    given = {"province": province_code, "commune": commune_code, "day": day}
    rows = (await db.exec(HAMLET_BOUNDARIES, params=given)).scalars()
    return {str(row.hamlet_id): row for row in rows if row}


def _beside_standing_hamlets(*columns: Any) -> Any:
    """Columns of the hamlets of a commune that stand on a day, and of their outlines, empty where there is none."""
    hamlet, day = HamletRow, sa.bindparam("day", type_=sa.Date())
    of_it = (col(HamletBoundaryRow.province_code) == hamlet.province_code) & (
        col(HamletBoundaryRow.hamlet_id) == hamlet.id
    )
    return (
        sa.select(*columns)
        .select_from(hamlet)
        .join(HamletBoundaryRow, of_it, isouter=True)
        .where(
            col(hamlet.province_code) == sa.bindparam("province"),
            col(hamlet.commune_code) == sa.bindparam("commune"),
            sa.or_(col(hamlet.valid_from).is_(None), col(hamlet.valid_from) <= day),
            sa.or_(col(hamlet.valid_to).is_(None), col(hamlet.valid_to) >= day),
        )
    )


HAMLET_OUTLINES = _beside_standing_hamlets(
    HamletRow.id, *(getattr(HamletBoundaryRow, name) for name in HamletOutline._fields)
)
HAMLET_BOUNDARIES = _beside_standing_hamlets(HamletBoundaryRow)
