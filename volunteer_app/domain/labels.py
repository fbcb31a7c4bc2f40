"""Where an area's number stands on a map: inside it, where there is room, not where a neighbour seems to have it."""

from collections.abc import Iterable
from itertools import pairwise
from typing import NamedTuple

Corners = list[tuple[int, int]]
"""A ring in whole units of the map, not closed."""

LABEL_SIZES = (26, 20, 15)
"""How large a label of two or three digits may be written, in the map's units."""

LABEL_WIDTH, LABEL_HEIGHT = 34, 22
"""Room that one of the smallest size needs."""

_STEP = 2
_Stretch = tuple[float, float]


class Label(NamedTuple):
    """Where the middle of a label stands, and how large it is written; size 0: nowhere."""

    x: int
    y: int
    size: int


def label_of(rings: list[Corners]) -> Label:
    """The largest label that fits inside these rings, as near to half their height as may be."""
    for size in LABEL_SIZES:
        scale = size / LABEL_SIZES[-1]
        if spot := _spot(rings, LABEL_WIDTH * scale, LABEL_HEIGHT * scale):
            return Label(*spot, size)
    return Label(0, 0, 0)


def _spot(rings: list[Corners], width: float, height: float) -> tuple[int, int] | None:
    heights = [y for ring in rings for _, y in ring]
    top, bottom, half = min(heights), max(heights), round(height / 2)
    best: tuple[float, float, int, int] | None = None
    for y in range(top + half, bottom - half + 1, _STEP):
        lines = [_inside(rings, y + beside + 0.5) for beside in (-half, 0, half - 1)]
        free = _shared(_shared(lines[0], lines[1]), lines[2])
        start, end = max(free, key=lambda stretch: stretch[1] - stretch[0], default=(0, 0))
        if end - start >= width:
            spot = min(end - start, 1.2 * width), -abs(y - (top + bottom) / 2), round((start + end) / 2), y
            best = max(best, spot) if best else spot
    return best[2:] if best else None


def _inside(rings: list[Corners], y: float) -> list[_Stretch]:
    """What of a horizontal line lies inside; y lies between the corners' whole numbers, so that none is met."""
    crossings = sorted(
        x1 + (y - y1) * (x2 - x1) / (y2 - y1)
        for ring in rings
        for (x1, y1), (x2, y2) in pairwise([*ring, ring[0]])
        if (y1 > y) != (y2 > y)
    )
    return list(zip(crossings[::2], crossings[1::2], strict=True))


def _shared(some: Iterable[_Stretch], others: list[_Stretch]) -> list[_Stretch]:
    """Where stretches of both lists lie."""
    return [(max(a, c), min(b, d)) for a, b in some for c, d in others if max(a, c) < min(b, d)]
