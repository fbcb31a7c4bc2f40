"""Outlines of communes or provinces (GeoJSON, RFC 7946: WGS 84, longitude first)."""

import json
import math
from collections import defaultdict
from typing import Any, NamedTuple

from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from volunteer_app.domain.problems import N_, Problem
from volunteer_app.importing.files import Plan, Read
from volunteer_app.importing.outlines import (
    MAP_FINENESS,
    OWN_FINENESS,
    Drawing,
    Ring,
    box_of,
    drawn,
    drawn_together,
    grid_of,
    land_of,
)
from volunteer_app.storage.imports import Change, differences
from volunteer_app.storage.places import BoundaryRow, CommuneRow, ProvinceRow

BROKEN = N_("The file is not whole: it breaks off or is damaged at line %(line)s.")
NOT_GEOJSON = N_("This is not a GeoJSON file of outlines (a FeatureCollection).")
WRONG_SHAPE = N_("Outline %(line)s is not an area (Polygon or MultiPolygon).")
BROKEN_OUTLINE = N_("Outline %(line)s has a ring that is not closed, or points that are no numbers.")
ELSEWHERE = N_("Outline %(line)s lies outside Viet Nam. Longitude must come first, in degrees (WGS 84).")
NO_CODE = N_("Outline %(line)s has no official code of 2 or 5 digits.")
TWICE = N_("Outline %(line)s has the same code as outline %(first)s.")
MIXED = N_("The file mixes provinces and communes. Please import them as two files.")
UNKNOWN_UNIT = N_("Outline %(line)s: no place has the code %(unit)s. Were the units imported?")
MISSING_SOME = N_("%(province)s: %(missing)s of %(all)s communes have no outline in this file.")

_LON, _LAT = (100.0, 120.0), (5.0, 25.0)


class Outline(NamedTuple):
    """One area of the file: its number there, its code, and all its rings (holes too)."""

    number: int
    code: str
    rings: list[Ring]


def read_boundaries(text: str) -> Read:
    """The outlines in a GeoJSON text, each with its number in the file (from 1)."""
    try:
        whole = json.loads(text)
    except (ValueError, RecursionError) as error:  # broken, endless numbers, endless nesting
        line = getattr(error, "lineno", 1)
        return Read([], [Problem("boundary.broken", BROKEN, {"line": line})], [])
    features = whole.get("features") if isinstance(whole, dict) else None
    if not isinstance(features, list) or not features:
        return Read([], [Problem("boundary.not_geojson", NOT_GEOJSON)], [])
    outlines: list[Outline] = []
    problems: list[Problem] = []
    seen: dict[str, int] = {}
    for number, feature in enumerate(features, start=1):
        found = _outline(number, feature)
        if isinstance(found, Problem):
            problems.append(found)
            continue
        if found.code in seen:
            values = {"line": number, "first": seen[found.code]}
            problems.append(Problem("boundary.twice", TWICE, values))
        seen.setdefault(found.code, number)
        outlines.append(found)
    if len({len(outline.code) for outline in outlines}) > 1:
        problems.append(Problem("boundary.mixed", MIXED))
    return Read(outlines, problems, [])


def _outline(number: int, feature: Any) -> Outline | Problem:
    where = {"line": number}
    feature = feature if isinstance(feature, dict) else {}
    properties = feature.get("properties")
    code = (properties.get("code") if isinstance(properties, dict) else None) or feature.get("id")
    if not (isinstance(code, str) and code.isascii() and code.isdigit() and len(code) in (2, 5)):
        return Problem("boundary.no_code", NO_CODE, where)
    geometry = feature.get("geometry")
    geometry = geometry if isinstance(geometry, dict) else {}
    coordinates = geometry.get("coordinates")
    if geometry.get("type") == "Polygon":
        coordinates = [coordinates]
    elif geometry.get("type") != "MultiPolygon":
        return Problem("boundary.wrong_shape", WRONG_SHAPE, where)
    rings = _rings(coordinates)
    if not rings or not land_of(rings):
        return Problem("boundary.broken_outline", BROKEN_OUTLINE, where)
    box = box_of(rings)
    if not (_LON[0] <= box.west <= box.east <= _LON[1] and _LAT[0] <= box.south <= box.north <= _LAT[1]):
        return Problem("boundary.elsewhere", ELSEWHERE, where)
    return Outline(number, code, rings)


def _rings(polygons: Any) -> list[Ring]:
    """Every ring of every part; empty if any is broken."""
    try:
        rings = [
            [(float(point[0]), float(point[1])) for point in ring] for polygon in polygons for ring in polygon
        ]
    except (TypeError, ValueError, IndexError, KeyError, OverflowError):
        return []
    for ring in rings:
        if len(ring) < 4 or ring[0] != ring[-1] or not all(math.isfinite(x + y) for x, y in ring):
            return []
    return rings


async def plan_boundaries(db: AsyncSession, text: str) -> Plan:
    """A map is drawn from one file alone: outlines of a province replace all that it had before.

    (Files are simplified each by itself; their borders do not fit together.)
    """
    read = read_boundaries(text)
    outlines: list[Outline] = read.rows
    provinces = dict((await db.exec(select(ProvinceRow.code, ProvinceRow.full_name))).all())
    communes = dict((await db.exec(select(CommuneRow.code, CommuneRow.province_code))).all())
    known = {**{code: code for code in provinces}, **communes}
    for outline in outlines:
        if outline.code not in known:
            values = {"line": outline.number, "unit": outline.code}
            read.problems.append(Problem("boundary.unknown_unit", UNKNOWN_UNIT, values))
    if read.problems:
        return Plan([], len(outlines), read.problems, [])
    if all(len(outline.code) == 2 for outline in outlines):
        return await _plan_provinces(db, outlines)
    return await _plan_communes(db, outlines, communes, provinces)


async def _plan_provinces(db: AsyncSession, outlines: list[Outline]) -> Plan:
    on_map = _on_one_map(outlines)
    wanted = [_row(o, "province", o.code, drawing) for o, drawing in zip(outlines, on_map, strict=True)]
    kept = await db.exec(select(BoundaryRow).where(BoundaryRow.level == "province"))
    return Plan(differences(wanted, kept, remove_others=True), len(wanted), [], [])


async def _plan_communes(
    db: AsyncSession, outlines: list[Outline], communes: dict[str, str], provinces: dict[str, str]
) -> Plan:
    by_province: dict[str, list[Outline]] = defaultdict(list)
    for outline in outlines:
        by_province[communes[outline.code]].append(outline)
    all_of = defaultdict(int)
    for province_code in communes.values():
        all_of[province_code] += 1
    changes: list[Change] = []
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
    return Plan(changes, len(outlines), [], remarks)


def _on_one_map(outlines: list[Outline]) -> list[Drawing]:
    grid = grid_of([ring for outline in outlines for ring in outline.rings], MAP_FINENESS)
    return drawn_together([outline.rings for outline in outlines], grid)


def _row(outline: Outline, level: str, province_code: str, on_map: Drawing) -> BoundaryRow:
    box = box_of(outline.rings)
    own = drawn(outline.rings, grid_of(outline.rings, OWN_FINENESS))
    return BoundaryRow(
        code=outline.code,
        level=level,
        province_code=province_code,
        own_path=own.path,
        own_width=own.width,
        own_height=own.height,
        map_path=on_map.path,
        map_x=on_map.x,
        map_y=on_map.y,
        map_width=on_map.width,
        map_height=on_map.height,
        west=box.west,
        south=box.south,
        east=box.east,
        north=box.north,
    )
