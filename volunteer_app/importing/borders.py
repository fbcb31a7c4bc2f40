"""Makes the borders of a map simpler, each one once, so that both neighbours still fit together without a gap.

A border is the stretch between two corners where more than two lines meet. It is thinned by the method of Douglas and
Peucker: a corner that lies closer than the tolerance to the straight line past it falls away.
"""

import math
from collections import defaultdict
from itertools import pairwise

Corner = tuple[int, int]

TOLERANCE = 1.6
"""How far a border may move, in grid units: about two dots on a desktop screen, one on a phone."""


def simpler(outlines: list[list[list[Corner]]]) -> list[list[list[Corner]]]:
    """The outlines (each a list of rings, not closed) with simpler borders; a ring too small for that falls away."""
    meeting = _meeting_corners(outlines)
    return [
        [thinned for ring in rings if len(thinned := _thinned_ring(ring, meeting)) > 2] for rings in outlines
    ]


def _meeting_corners(outlines: list[list[list[Corner]]]) -> set[Corner]:
    """Corners where lines of more than one border meet: they stay."""
    neighbours: dict[Corner, set[Corner]] = defaultdict(set)
    for rings in outlines:
        for ring in rings:
            for a, b in pairwise([*ring, ring[0]]):
                neighbours[a].add(b)
                neighbours[b].add(a)
    return {corner for corner, others in neighbours.items() if len(others) != 2}


def _thinned_ring(ring: list[Corner], meeting: set[Corner]) -> list[Corner]:
    ends = [position for position, corner in enumerate(ring) if corner in meeting]
    if (
        not ends
    ):  # an island: cut it at its first corner and the one farthest from there, from wherever it starts
        first = ring.index(min(ring))
        farthest = max(range(len(ring)), key=lambda i: (math.dist(ring[i], ring[first]), ring[i]))
        ends = sorted((first, farthest))
    borders = [
        [ring[position % len(ring)] for position in range(start, end + 1)]
        for start, end in pairwise([*ends, ends[0] + len(ring)])
    ]
    corners = [corner for border in borders for corner in _thinned_border(border)[:-1]]
    return [corner for before, corner in pairwise([corners[-1], *corners]) if corner != before]


def _thinned_border(border: list[Corner]) -> list[Corner]:
    """The same for whoever walks along it, from either end."""
    if border > border[::-1]:
        return _thinned(border[::-1])[::-1]
    return _thinned(border)


def _thinned(line: list[Corner]) -> list[Corner]:
    """The line's two ends, and between them the corners that stand out."""
    keep = {0, len(line) - 1}
    parts = [(0, len(line) - 1)]
    while parts:
        start, end = parts.pop()
        distances = [(_distance(line[i], line[start], line[end]), i) for i in range(start + 1, end)]
        farthest, position = max(distances, default=(0.0, 0))
        if farthest > TOLERANCE:
            keep.add(position)
            parts += [(start, position), (position, end)]
    return [line[position] for position in sorted(keep)]


def _distance(corner: Corner, start: Corner, end: Corner) -> float:
    """From the straight line through start and end; from start itself where both are one corner."""
    length = math.dist(start, end)
    if not length:
        return math.dist(corner, start)
    (x, y), (x1, y1), (x2, y2) = corner, start, end
    return abs((x2 - x1) * (y1 - y) - (x1 - x) * (y2 - y1)) / length
