"""Outlines of provinces, communes or hamlets (GeoJSON)."""

from collections import defaultdict
from datetime import date

from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from volunteer_app.domain.problems import N_, Problem
from volunteer_app.importing.files import ImportPlan
from volunteer_app.importing.geojson import Outline, read_outlines, twice
from volunteer_app.importing.hamlet_boundaries import plan_hamlet_boundaries
from volunteer_app.importing.outlines import (
    MAP_FINENESS,
    OWN_FINENESS,
    Drawing,
    box_of,
    columns_of,
    drawing_of,
    drawn,
    grid_of,
    on_one_map,
)
from volunteer_app.storage.imports import ImportChange, differences
from volunteer_app.storage.places import BoundaryRow, CommuneRow, ProvinceRow

MIXED = N_("The file mixes provinces, communes and hamlets. Please import each as a file of its own.")
UNKNOWN_UNIT = N_("Outline %(line)s: no place has the code %(unit)s. Were the units imported?")
MISSING_SOME = N_("%(province)s: %(missing)s of %(all)s communes have no outline in this file.")


async def plan_boundaries(db: AsyncSession, text: str, today: date) -> ImportPlan:
    """A map is drawn from one file alone: outlines of a province replace all that it had before.

    (Files are simplified each by itself; their borders do not fit together.)
    """
    read = read_outlines(text)
    outlines: list[Outline] = read.rows
    levels = {outline.level for outline in outlines}
    if len(levels) > 1:
        read.problems.append(Problem("boundary.mixed", MIXED))
    elif levels == {"hamlet"} and not read.problems:
        return await plan_hamlet_boundaries(db, outlines, today)
    provinces = dict((await db.exec(select(ProvinceRow.code, ProvinceRow.full_name))).all())
    communes = dict((await db.exec(select(CommuneRow.code, CommuneRow.province_code))).all())
    read.problems.extend(twice((outline.code, outline) for outline in outlines))
    known = provinces.keys() | communes.keys()
    for outline in outlines:
        if outline.level != "hamlet" and outline.code not in known:
            values = {"line": outline.number, "unit": outline.code}
            read.problems.append(Problem("boundary.unknown_unit", UNKNOWN_UNIT, values))
    if read.problems:
        return ImportPlan([], len(outlines), read.problems, [])
    if levels == {"province"}:
        return await _plan_provinces(db, outlines)
    return await _plan_communes(db, outlines, communes, provinces)


async def _plan_provinces(db: AsyncSession, outlines: list[Outline]) -> ImportPlan:
    on_map = _on_one_map(outlines)
    wanted = [_row(o, "province", o.code, drawing) for o, drawing in zip(outlines, on_map, strict=True)]
    kept = await db.exec(select(BoundaryRow).where(BoundaryRow.level == "province"))
    return ImportPlan(differences(wanted, kept, remove_others=True), len(wanted), [], [])


async def _plan_communes(
    db: AsyncSession, outlines: list[Outline], communes: dict[str, str], provinces: dict[str, str]
) -> ImportPlan:
    by_province: dict[str, list[Outline]] = defaultdict(list)
    for outline in outlines:
        by_province[communes[outline.code]].append(outline)
    all_of = defaultdict(int)
    for province_code in communes.values():
        all_of[province_code] += 1
    changes: list[ImportChange] = []
    remarks: list[Problem] = []
    for province_code, members in sorted(by_province.items()):
        on_map = _on_one_map(members)
        wanted = [
            _row(o, "commune", province_code, drawing) for o, drawing in zip(members, on_map, strict=True)
        ]
        kept = await db.exec(
            select(BoundaryRow).where(
                col(BoundaryRow.level) == "commune", BoundaryRow.province_code == province_code
            )
        )
        changes += differences(wanted, kept, remove_others=True)
        if missing := all_of[province_code] - len(members):
            values = {"province": provinces[province_code], "missing": missing, "all": all_of[province_code]}
            remarks.append(Problem("boundary.missing_some", MISSING_SOME, values))
    return ImportPlan(changes, len(outlines), [], remarks)


def _on_one_map(outlines: list[Outline]) -> list[Drawing]:
    grid = grid_of([ring for outline in outlines for ring in outline.rings], MAP_FINENESS)
    return [drawing_of(corners) for corners in on_one_map([one.rings for one in outlines], grid)]


def _row(outline: Outline, level: str, province_code: str, on_map: Drawing) -> BoundaryRow:
    own = drawn(outline.rings, grid_of(outline.rings, OWN_FINENESS))
    columns = columns_of(own, on_map, box_of(outline.rings))
    return BoundaryRow(code=outline.code, level=level, province_code=province_code, **columns)
