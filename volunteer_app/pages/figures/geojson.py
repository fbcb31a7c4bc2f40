"""Outlines as GeoJSON (RFC 7946): the drawn paths put back into degrees."""

import re
from collections.abc import Iterable, Mapping
from typing import Any

from volunteer_app.storage.places import Boundary

GeoRing = list[tuple[float, float]]
_NUMBER = re.compile(r"-?\d+")


def collection(features: Iterable[dict[str, Any]]) -> dict[str, Any]:
    """A FeatureCollection."""
    return {"type": "FeatureCollection", "features": list(features)}


def feature(key: str, properties: Mapping[str, Any], geometry: dict[str, Any] | None) -> dict[str, Any]:
    """One place. A place whose outline nobody knows has none: it is not put anywhere."""
    return {"type": "Feature", "id": key, "properties": dict(properties), "geometry": geometry}


def geometry_of(row: Boundary) -> dict[str, Any]:
    """The outline of a place as a MultiPolygon; rings that lie in another are its holes."""
    step_x, step_y = (row.east - row.west) / row.own_width, (row.north - row.south) / row.own_height
    rings = [
        [(round(row.west + x * step_x, 5), round(row.north - y * step_y, 5)) for x, y in ring]
        for ring in _rings(row.own_path)
    ]
    rings.sort(key=lambda ring: abs(_area(ring)), reverse=True)
    polygons: list[list[GeoRing]] = []
    for ring in rings:
        around = next((polygon for polygon in polygons if _is_inside(ring[0], polygon[0])), None)
        is_hole = around is not None and not any(_is_inside(ring[0], hole) for hole in around[1:])
        if around is not None and is_hole:
            around.append(_wound(ring, counter=False))
        else:
            polygons.append([_wound(ring, counter=True)])
    return {"type": "MultiPolygon", "coordinates": [[[*ring, ring[0]] for ring in p] for p in polygons]}


def _rings(path: str) -> list[GeoRing]:
    """The corners of a path of whole numbers: "M3 4l1-2-1 2z", ring after ring."""
    rings = []
    for part in path.split("M")[1:]:
        start, _, steps = part.partition("l")
        x, y = (float(number) for number in _NUMBER.findall(start))
        ring = [(x, y)]
        numbers = [int(number) for number in _NUMBER.findall(steps)]
        for step_x, step_y in zip(numbers[::2], numbers[1::2], strict=True):
            x, y = x + step_x, y + step_y
            ring.append((x, y))
        rings.append(ring)
    return rings


def _area(ring: GeoRing) -> float:
    after = [*ring[1:], ring[0]]
    return sum(x1 * y2 - x2 * y1 for (x1, y1), (x2, y2) in zip(ring, after, strict=True)) / 2


def _wound(ring: GeoRing, *, counter: bool) -> GeoRing:
    return ring if (_area(ring) > 0) is counter else ring[::-1]


def _is_inside(point: tuple[float, float], ring: GeoRing) -> bool:
    x, y = point
    inside = False
    for (x1, y1), (x2, y2) in zip(ring, [*ring[1:], ring[0]], strict=True):
        if (y1 > y) != (y2 > y) and x < (x2 - x1) * (y - y1) / (y2 - y1) + x1:
            inside = not inside
    return inside
