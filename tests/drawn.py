"""Invented land cut into hamlets: outlines that share wavy borders, and the GeoJSON that a person would make of them."""

import json
from itertools import pairwise
from random import Random
from typing import Any

Point = tuple[float, float]
WEST, NORTH, SIDE = 105.0, 22.6, 0.02
"""Where the land begins, and how long a hamlet's side is, in degrees."""


def hamlets_of(columns: int, rows: int = 1, *, seed: int = 7, detail: int = 8) -> list[list[Point]]:
    """One closed ring for each hamlet, row after row from the north; detail: corners between two ends of a border."""
    chance = Random(seed)
    ends = {
        (x, y): (
            WEST + SIDE * (x + chance.uniform(-0.2, 0.2)),
            NORTH - SIDE * (y + chance.uniform(-0.2, 0.2)),
        )
        for x in range(columns + 1)
        for y in range(rows + 1)
    }
    borders: dict[tuple, list[Point]] = {}

    def border(a: tuple[int, int], b: tuple[int, int]) -> list[Point]:
        """From one end to the other, the other left out; the same corners for both neighbours."""
        one, other = min(a, b), max(a, b)
        if (one, other) not in borders:
            (x1, y1), (x2, y2) = ends[one], ends[other]
            steps = [step / (detail + 1) for step in range(1, detail + 1)]
            sway = SIDE * 0.05
            borders[one, other] = [
                ends[one],
                *(
                    (
                        x1 + t * (x2 - x1) + chance.uniform(-sway, sway),
                        y1 + t * (y2 - y1) + chance.uniform(-sway, sway),
                    )
                    for t in steps
                ),
                ends[other],
            ]
        line = borders[one, other]
        return (line if a == one else line[::-1])[:-1]

    rings = []
    for y in range(rows):
        for x in range(columns):
            around = [(x, y), (x, y + 1), (x + 1, y + 1), (x + 1, y), (x, y)]
            ring = [corner for a, b in pairwise(around) for corner in border(a, b)]
            rings.append([*ring, ring[0]])
    return rings


def feature(ring: list[Point] | None, **properties: Any) -> dict[str, Any]:
    """A hamlet as a GIS office or a person with a drawing program writes it; without a ring: not drawn."""
    geometry = None if ring is None else {"type": "Polygon", "coordinates": [ring]}
    return {"type": "Feature", "properties": properties, "geometry": geometry}


def collection(*features: dict[str, Any]) -> str:
    """The file."""
    return json.dumps({"type": "FeatureCollection", "features": list(features)}, ensure_ascii=False)


def named(commune_code: str, names: list[str], rings: list[list[Point]]) -> str:
    """A file that says each hamlet by its commune and its name."""
    pairs = zip(names, rings, strict=True)
    return collection(*(feature(ring, commune_code=commune_code, hamlet_name=name) for name, ring in pairs))
