"""Finding a place by what people call it: today's name, another spelling, or a name from before."""

from collections.abc import Iterable
from datetime import date
from enum import StrEnum
from typing import NamedTuple
from uuid import UUID

from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from volunteer_app.domain.names import sort_key, squeezed, without_kind, without_telex
from volunteer_app.domain.places import full_hamlet_name, is_valid_on, successors_of
from volunteer_app.storage.places import (
    CommuneRow,
    FormerUnitRow,
    HamletRow,
    ProvinceRow,
    predecessor_links,
)

SHORTEST_QUERY = 2


class MatchedAs(StrEnum):
    """Which of a place's names was found."""

    NAME = "name"
    OTHER_SPELLING = "other_spelling"
    FORMER_HAMLET = "former_hamlet"
    FORMER_COMMUNE = "former_commune"
    FORMER_DISTRICT = "former_district"
    FORMER_PROVINCE = "former_province"


_ORDER = list(MatchedAs)


class PlaceFound(NamedTuple):
    """A place that a search found.

    inside: the place around it ("Tỉnh Tuyên Quang"), empty for a province.
    matched, matched_as: the name that was found, and which kind of name it is.
    rank: 0 the name is what was typed, 1 it begins so, 2 it contains it.
    """

    name: str
    full_name: str
    inside: str
    province_code: str
    commune_code: str | None
    hamlet_id: UUID | None
    matched: str
    matched_as: MatchedAs
    rank: int


async def find_places(
    db: AsyncSession, query: str, *, day: date, province: str | None = None, limit: int = 20
) -> list[PlaceFound]:
    """The places that people call so, best first; hamlets as they stand on that day.

    Tone marks, case and spaces do not matter. A hamlet that has ended leads to what became of it. Of several
    names of one place the best match counts.
    """
    for sought in dict.fromkeys((squeezed(query), without_telex(query).replace(" ", ""))):
        if len(sought) < SHORTEST_QUERY:
            continue
        if found := await _find(db, sought, day, province):
            best: dict[tuple, PlaceFound] = {}
            for place in sorted(found, key=_best_first):
                best.setdefault((place.province_code, place.commune_code, place.hamlet_id), place)
            return list(best.values())[:limit]
    return []


def _best_first(place: PlaceFound) -> tuple:
    size = (place.commune_code is not None) + (place.hamlet_id is not None)
    return place.rank, _ORDER.index(place.matched_as), size, sort_key(place.name), place.inside


async def _find(db: AsyncSession, sought: str, day: date, province: str | None) -> list[PlaceFound]:
    """Everything found, a place as often as its names match."""
    provinces = {row.code: row for row in await db.exec(select(ProvinceRow))}
    return [
        *_provinces_found(provinces, sought, province),
        *await _communes_found(db, provinces, sought, province),
        *await _former_units_found(db, provinces, sought, province),
        *await _hamlets_found(db, sought, day, province),
    ]


def _provinces_found(
    provinces: dict[str, ProvinceRow], sought: str, only: str | None
) -> Iterable[PlaceFound]:
    for row in provinces.values():
        if only in (None, row.code):
            for name, kind in _names(row):
                yield from _found(sought, name, kind, _province(row))


async def _communes_found(
    db: AsyncSession, provinces: dict[str, ProvinceRow], sought: str, only: str | None
) -> list[PlaceFound]:
    query = select(CommuneRow).where(col(CommuneRow.search).contains(sought))
    if only is not None:
        query = query.where(CommuneRow.province_code == only)
    return [
        found
        for row in await db.exec(query)
        for name, kind in _names(row)
        for found in _found(sought, name, kind, _commune(row, provinces[row.province_code]))
    ]


async def _former_units_found(
    db: AsyncSession, provinces: dict[str, ProvinceRow], sought: str, only: str | None
) -> list[PlaceFound]:
    query = (
        select(FormerUnitRow, CommuneRow)
        .join(CommuneRow, col(CommuneRow.code) == FormerUnitRow.commune_code)
        .where(col(FormerUnitRow.search).contains(sought))
    )
    if only is not None:
        query = query.where(FormerUnitRow.province_code == only)
    found: list[PlaceFound] = []
    for former, commune in await db.exec(query):
        province = provinces[commune.province_code]
        place = _commune(commune, province)
        found += _found(sought, former.former_name, MatchedAs.FORMER_COMMUNE, place)
        found += _found(sought, former.former_district, MatchedAs.FORMER_DISTRICT, place)
        found += _found(sought, former.former_province, MatchedAs.FORMER_PROVINCE, _province(province))
    return found


async def _hamlets_found(db: AsyncSession, sought: str, day: date, only: str | None) -> list[PlaceFound]:
    query = (
        select(HamletRow, CommuneRow)
        .join(CommuneRow, col(CommuneRow.code) == HamletRow.commune_code)
        .where(col(HamletRow.search).contains(sought))
    )
    if only is not None:
        query = query.where(HamletRow.province_code == only)
    found: list[PlaceFound] = []
    ended: list[HamletRow] = []
    for hamlet, commune in await db.exec(query):
        if is_valid_on(hamlet, day):
            found += _found(sought, full_hamlet_name(hamlet), MatchedAs.NAME, _hamlet(hamlet, commune))
        else:
            ended.append(hamlet)
    for province_code in {hamlet.province_code for hamlet in ended}:
        links = await predecessor_links(db, province_code)
        heirs = {hamlet.id: successors_of(hamlet.id, links) for hamlet in ended}
        places = await _hamlet_places(db, province_code, set().union(*heirs.values()), day)
        for hamlet in ended:
            for heir in heirs[hamlet.id] & places.keys():
                found += _found(sought, full_hamlet_name(hamlet), MatchedAs.FORMER_HAMLET, places[heir])
    return found


async def _hamlet_places(
    db: AsyncSession, province_code: str, ids: set[UUID], day: date
) -> dict[UUID, PlaceFound]:
    """Those of the given hamlets that stand on that day."""
    rows = await db.exec(
        select(HamletRow, CommuneRow)
        .join(CommuneRow, col(CommuneRow.code) == HamletRow.commune_code)
        .where(HamletRow.province_code == province_code, col(HamletRow.id).in_(ids))
    )
    return {hamlet.id: _hamlet(hamlet, commune) for hamlet, commune in rows if is_valid_on(hamlet, day)}


def _found(sought: str, name: str, kind: MatchedAs, place: PlaceFound) -> list[PlaceFound]:
    """The place with the name that was found, if it was."""
    rank = _rank(sought, name)
    return [] if rank is None else [place._replace(matched=name, matched_as=kind, rank=rank)]


def _rank(sought: str, name: str) -> int | None:
    forms = {squeezed(name), squeezed(without_kind(name))}
    if sought in forms:
        return 0
    if any(form.startswith(sought) for form in forms):
        return 1
    return 2 if any(sought in form for form in forms) else None


def _names(row: ProvinceRow | CommuneRow) -> list[tuple[str, MatchedAs]]:
    return [(row.full_name, MatchedAs.NAME), *((name, MatchedAs.OTHER_SPELLING) for name in row.alt_names)]


def _province(row: ProvinceRow) -> PlaceFound:
    return PlaceFound(row.name, row.full_name, "", row.code, None, None, "", MatchedAs.NAME, 2)


def _commune(row: CommuneRow, province: ProvinceRow) -> PlaceFound:
    return PlaceFound(
        row.name, row.full_name, province.full_name, province.code, row.code, None, "", MatchedAs.NAME, 2
    )


def _hamlet(row: HamletRow, commune: CommuneRow) -> PlaceFound:
    return PlaceFound(
        row.name,
        full_hamlet_name(row),
        commune.full_name,
        row.province_code,
        row.commune_code,
        row.id,
        "",
        MatchedAs.NAME,
        2,
    )
