"""The shapes of a map: the outlines that were imported; of communes without them a mosaic of equal squares."""

from collections.abc import Iterable, Mapping
from typing import NamedTuple

from volunteer_app.domain.labels import LABEL_HEIGHT, LABEL_WIDTH
from volunteer_app.domain.mosaic import columns_for, laid_out
from volunteer_app.storage.figures.coverage import Counted, Outline
from volunteer_app.storage.places import HamletOutline

SIDE, GAP, ROUND = 36, 4, 8
"""Of a mosaic's squares, in the mosaic's units."""


class Area(NamedTuple):
    """A place's shape, and where its number stands; has_room: it fits inside; size: the number's, if not as usual."""

    key: str
    path: str
    x: int
    y: int
    has_room: bool
    size: int = 0


class Land(NamedTuple):
    """A map: its areas, and the box that holds them (x, y, width, height)."""

    areas: list[Area]
    box: tuple[int, int, int, int]
    is_mosaic: bool


def land_of(communes: Iterable[Counted], boundaries: Iterable[Outline]) -> Land:
    """Outlines when every commune has one, else a mosaic of all of them."""
    communes, outlines = list(communes), {row.code: row for row in boundaries}
    if communes and all(commune.key in outlines for commune in communes):
        return _outlined(communes, outlines)
    return _mosaic(communes)


def land_of_commune(outlines: Mapping[str, HamletOutline | None]) -> Land | None:
    """The outlines of the hamlets that stand today, when every one has one."""
    drawn = {key: row for key, row in outlines.items() if row is not None}
    if len(drawn) < len(outlines) or not drawn:
        return None
    areas = [
        Area(key, row.map_path, row.label_x, row.label_y, row.label_size > 0, row.label_size)
        for key, row in drawn.items()
    ]
    return Land(areas, _box_of(list(drawn.values())), is_mosaic=False)


def undrawn_of(outlines: Mapping[str, HamletOutline | None]) -> set[str]:
    """The hamlets that keep a commune's map from being drawn; none where nobody has begun to draw it."""
    without = {key for key, row in outlines.items() if row is None}
    return without if len(without) < len(outlines) else set()


def _outlined(communes: list[Counted], outlines: dict[str, Outline]) -> Land:
    rows = [outlines[commune.key] for commune in communes]
    areas = []
    for commune, row in zip(communes, rows, strict=True):
        x, y = row.map_x + row.map_width // 2, row.map_y + row.map_height // 2
        if commune.at and row.east > row.west and row.north > row.south:
            x = row.map_x + round((commune.at[0] - row.west) / (row.east - row.west) * row.map_width)
            y = row.map_y + round((row.north - commune.at[1]) / (row.north - row.south) * row.map_height)
        has_room = row.map_width >= LABEL_WIDTH and row.map_height >= LABEL_HEIGHT
        areas.append(Area(commune.key, row.map_path, x, y, has_room))
    return Land(areas, _box_of(rows), is_mosaic=False)


def _box_of(rows: list[Outline] | list[HamletOutline]) -> tuple[int, int, int, int]:
    left, top = min(row.map_x for row in rows), min(row.map_y for row in rows)
    width = max(row.map_x + row.map_width for row in rows) - left
    height = max(row.map_y + row.map_height for row in rows) - top
    return left - GAP, top - GAP, width + 2 * GAP, height + 2 * GAP


def _mosaic(communes: list[Counted]) -> Land:
    points = {commune.key: commune.at for commune in communes}
    columns = columns_for(points)
    step = SIDE + GAP
    areas = [
        Area(
            code,
            _square(cell.column * step, cell.row * step),
            cell.column * step + SIDE // 2,
            cell.row * step + SIDE // 2,
            True,
        )
        for code, cell in laid_out(points, columns).items()
    ]
    rows = -(-len(communes) // columns)
    return Land(areas, (-GAP, -GAP, columns * step + GAP, rows * step + GAP), is_mosaic=True)


def _square(x: int, y: int) -> str:
    """A square with round corners from its top left."""
    corner, side = f"{ROUND} {ROUND} 0 0 1", SIDE - 2 * ROUND
    return (
        f"M{x + ROUND} {y}h{side}a{corner} {ROUND} {ROUND}v{side}a{corner}-{ROUND} {ROUND}"
        f"h-{side}a{corner}-{ROUND}-{ROUND}v-{side}a{corner} {ROUND}-{ROUND}z"
    )
