"""Outlines as SVG paths in whole numbers: drawn once at import, small enough for a phone, no map library.

The projection is plain: degrees of longitude are shortened by the cosine of the map's middle latitude. All outlines
of one map share a grid, so the corners that neighbours share fall on the same point and no gaps appear.
"""

import itertools
import math
from collections.abc import Iterable
from typing import Any, NamedTuple

from volunteer_app.importing.borders import Corner, simpler

Point = tuple[float, float]
Ring = list[Point]

OWN_FINENESS = 700
"""How many grid units the side of a square has that is as large as the land, for an outline alone."""

MAP_FINENESS = 400
"""The same for a map of many outlines, which must stay light."""

DECIMALS = 5
"""Of a degree, in which outlines are kept exactly: about a metre."""


class Bounds(NamedTuple):
    """The degrees that some rings cover (WGS 84)."""

    west: float
    south: float
    east: float
    north: float


class Grid(NamedTuple):
    """Where a map's whole numbers begin, and how many degrees one of them is."""

    west: float
    north: float
    step_lon: float
    step_lat: float


class Drawing(NamedTuple):
    """An SVG path, and the part of the grid that it covers."""

    path: str
    x: int
    y: int
    width: int
    height: int


def box_of(rings: Iterable[Ring]) -> Bounds:
    """The degrees that the rings cover."""
    lons, lats = zip(*(point for ring in rings for point in ring), strict=True)
    return Bounds(min(lons), min(lats), max(lons), max(lats))


def land_of(rings: Iterable[Ring]) -> float:
    """What the rings cover, in square degrees (holes count as land)."""
    doubled = (sum(x1 * y2 - x2 * y1 for (x1, y1), (x2, y2) in itertools.pairwise(ring)) for ring in rings)
    return sum(abs(area) for area in doubled) / 2


def grid_of(rings: list[Ring], fineness: int) -> Grid:
    """The grid for a map of these rings, which must have an area; islands far out do not make it coarser."""
    box = box_of(rings)
    shortening = math.cos(math.radians((box.south + box.north) / 2))
    step = math.sqrt(land_of(rings) * shortening) / fineness
    return Grid(box.west, box.north, step / shortening, step)


def drawn(rings: list[Ring], grid: Grid) -> Drawing:
    """The rings on the grid. Those too small for it fall away; where none is left, one square stays."""
    return drawing_of(_on_grid(rings, grid))


def drawn_exactly(rings: list[Ring]) -> tuple[Drawing, Bounds]:
    """Rings of so many `DECIMALS`, every corner kept, so that neighbours still fit; and the degrees that they cover."""
    box, step = box_of(rings), 10**-DECIMALS
    own = drawing_of(_on_grid(rings, Grid(box.west, box.north, step, step), thins=False))
    return own, Bounds(box.west, box.north - own.height * step, box.west + own.width * step, box.north)


def settled(rings: list[Ring]) -> list[Ring]:
    """The rings to so many `DECIMALS`, in one order however drawn: what we export comes in again unchanged."""
    found = []
    for ring in rings:
        corners = [(round(lon, DECIMALS), round(lat, DECIMALS)) for lon, lat in ring]
        corners = [corner for corner, after in itertools.pairwise(corners) if corner != after]
        if len(corners) > 2:
            first = corners.index(min(corners))
            turned = corners[first:] + corners[:first]
            if turned[1] > turned[-1]:
                turned[1:] = turned[:0:-1]
            found.append([*turned, turned[0]])
    return sorted(found) if land_of(found) else rings


def on_one_map(outlines: list[list[Ring]], grid: Grid) -> list[list[list[Corner]]]:
    """The corners of neighbouring outlines on one grid, with borders made simpler and still shared."""
    exact = [_on_grid(rings, grid) for rings in outlines]
    return [lighter or rings for lighter, rings in zip(simpler(exact), exact, strict=True)]


def columns_of(own: Drawing, on_map: Drawing, box: Bounds) -> dict[str, Any]:
    """An outline as its row keeps it (`Boundary`)."""
    return {
        "own_path": own.path,
        "own_width": own.width,
        "own_height": own.height,
        "map_path": on_map.path,
        "map_x": on_map.x,
        "map_y": on_map.y,
        "map_width": on_map.width,
        "map_height": on_map.height,
        **box._asdict(),
    }


def _on_grid(rings: list[Ring], grid: Grid, *, thins: bool = True) -> list[list[Corner]]:
    snapped = [_snapped(ring, grid, thins=thins) for ring in rings]
    kept = [ring for ring in snapped if len(ring) > 2]
    if not kept:
        x, y = snapped[0][0]
        kept = [[(x, y), (x + 1, y), (x + 1, y + 1), (x, y + 1)]]
    return kept


def drawing_of(rings: list[list[Corner]]) -> Drawing:
    """Corners as a path."""
    xs, ys = zip(*(point for ring in rings for point in ring), strict=True)
    path = "".join(_path(ring) for ring in rings)
    return Drawing(path, min(xs), min(ys), max(xs) - min(xs), max(ys) - min(ys))


def _snapped(ring: Ring, grid: Grid, *, thins: bool) -> list[Corner]:
    """The ring's corners on the grid, without the closing one and repeats; thins: and those on a straight line."""
    west, north, step_lon, step_lat = grid
    corners: list[Corner] = []
    for lon, lat in ring:
        point = (round((lon - west) / step_lon), round((north - lat) / step_lat))
        if corners and point == corners[-1]:
            continue
        while thins and len(corners) > 1 and _is_between(corners[-2], corners[-1], point):
            corners.pop()
        corners.append(point)
    return corners[:-1] if len(corners) > 1 and corners[0] == corners[-1] else corners


def _is_between(a: Corner, b: Corner, c: Corner) -> bool:
    """Does b stand on the way from a to c, or on a spike that leads nowhere?"""
    return (b[0] - a[0]) * (c[1] - b[1]) == (b[1] - a[1]) * (c[0] - b[0])


def _path(ring: list[Corner]) -> str:
    """One ring: where it starts, then steps, as short as SVG allows ("M3 4l1-2-1 2z")."""
    (x, y), steps = ring[0], []
    for next_x, next_y in ring[1:]:
        for step in (next_x - x, next_y - y):
            steps.append(f"{step}" if step < 0 or not steps else f" {step}")
        x, y = next_x, next_y
    return f"M{ring[0][0]} {ring[0][1]}l{''.join(steps)}z"
