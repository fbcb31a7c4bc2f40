"""Outlines as a GeoJSON file has them (RFC 7946: WGS 84, longitude first), each with the place it names."""

import json
import math
from collections.abc import Hashable, Iterable
from contextlib import suppress
from typing import Any, NamedTuple
from uuid import UUID

from volunteer_app.domain.names import tidy, without_kind
from volunteer_app.domain.problems import N_, Problem
from volunteer_app.importing.files import Read
from volunteer_app.importing.outlines import Ring, box_of, land_of

BROKEN_GEOJSON = N_("The file is not whole: it breaks off or is damaged at line %(line)s.")
NOT_GEOJSON = N_("This is not a GeoJSON file of outlines (a FeatureCollection).")
NOTHING_DRAWN = N_("No place in this file has an outline.")
WRONG_SHAPE = N_("Outline %(line)s is not an area (Polygon or MultiPolygon).")
BROKEN_OUTLINE = N_("Outline %(line)s has a ring that is not closed, or points that are no numbers.")
ELSEWHERE = N_("Outline %(line)s lies outside Viet Nam. Longitude must come first, in degrees (WGS 84).")
NO_PLACE = N_(
    "Outline %(line)s does not say its place: an official code of 2 or 5 digits, or commune_code and hamlet_name."
)
OUTLINED_TWICE = N_(
    "Outline %(line)s is of the same place as outline %(first)s. Several parts belong into one MultiPolygon."
)

_LON, _LAT = (100.0, 120.0), (5.0, 25.0)
_PROVINCE, _COMMUNE = 2, 5
"""How many digits an official code has."""


class Named(NamedTuple):
    """A hamlet as a list tells it: by its commune, its name and, where two have one name, its former commune."""

    commune_code: str
    hamlet: str
    former_commune: str


class Outline(NamedTuple):
    """One area of the file: its number there, its place (a unit's code, a hamlet's id or names), all its rings."""

    number: int
    place: str | UUID | Named
    rings: list[Ring]

    @property
    def level(self) -> str:
        """Province, commune or hamlet."""
        if not isinstance(self.place, str):
            return "hamlet"
        return "province" if len(self.place) == _PROVINCE else "commune"

    @property
    def code(self) -> str:
        """The official code of a province or commune."""
        return str(self.place)


def read_outlines(text: str) -> Read:
    """The outlines in a GeoJSON text, each with its number in the file (from 1); places not drawn are passed over."""
    try:
        whole = json.loads(text)
    except (ValueError, RecursionError) as error:  # broken, endless numbers, endless nesting
        line = getattr(error, "lineno", 1)
        return Read([], [Problem("boundary.broken", BROKEN_GEOJSON, {"line": line})], [])
    features = whole.get("features") if isinstance(whole, dict) else None
    if not isinstance(features, list) or not features:
        return Read([], [Problem("boundary.not_geojson", NOT_GEOJSON)], [])
    found = [_outline(number, feature) for number, feature in enumerate(features, start=1)]
    outlines = [one for one in found if isinstance(one, Outline)]
    problems = [one for one in found if isinstance(one, Problem)]
    if not outlines and not problems:
        problems = [Problem("boundary.nothing_drawn", NOTHING_DRAWN)]
    return Read(outlines, problems, [])


def twice(outlines: Iterable[tuple[Hashable, Outline]]) -> list[Problem]:
    """Why outlines of a place that has one already may not be taken."""
    first: dict[Hashable, int] = {}
    problems = []
    for place, outline in outlines:
        if place in first:
            values = {"line": outline.number, "first": first[place]}
            problems.append(Problem("boundary.twice", OUTLINED_TWICE, values))
        first.setdefault(place, outline.number)
    return problems


def _outline(number: int, feature: Any) -> Outline | Problem | None:
    where = {"line": number}
    feature = feature if isinstance(feature, dict) else {}
    place = _place(feature)
    if place is None:
        return Problem("boundary.no_code", NO_PLACE, where)
    geometry = feature.get("geometry")
    if geometry is None:
        return None
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
    return Outline(number, place, rings)


def _place(feature: dict[str, Any]) -> str | UUID | Named | None:
    """Of which place it is. Our own GeoJSON says a hamlet's id; a file that names hamlets may have ids of its own."""
    told = feature.get("properties")
    told = told if isinstance(told, dict) else {}
    code = told.get("code")
    if hamlet_id := _id(code):
        return hamlet_id
    commune, hamlet, former = (
        tidy(told[name])[:80] if isinstance(told.get(name), str) else ""
        for name in ("commune_code", "hamlet_name", "former_commune")
    )
    if hamlet:
        return Named(commune, hamlet, without_kind(former)) if _is_code(commune, _COMMUNE) else None
    code = code or feature.get("id")
    return code if _is_code(code, _PROVINCE, _COMMUNE) else _id(code)


def _is_code(told: Any, *digits: int) -> bool:
    return isinstance(told, str) and told.isascii() and told.isdigit() and len(told) in digits


def _id(told: Any) -> UUID | None:
    if isinstance(told, str) and len(told) == 36:
        with suppress(ValueError):
            return UUID(told)
    return None


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
