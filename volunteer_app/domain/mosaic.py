"""A province as a mosaic (tranh ghép): one equal square for each commune, where no outlines were imported.

North stays on top and west on the left, as far as equal squares allow: whole rows are filled from north to south, and
each row from west to east.
"""

import math
from collections.abc import Hashable, Mapping
from typing import NamedTuple, TypeVar

MOST_COLUMNS = 12
"""More squares side by side are too small to read and to tap on a phone."""

MosaicKey = TypeVar("MosaicKey", bound=Hashable)
Degrees = tuple[float, float]
"""Longitude and latitude (WGS 84)."""


class MosaicCell(NamedTuple):
    """A square's place, counted from the top left corner."""

    column: int
    row: int


def laid_out(places: Mapping[MosaicKey, Degrees | None], columns: int) -> dict[MosaicKey, MosaicCell]:
    """Where the square of each place lies; those whose position is not known (None) come last, in the order given."""
    located = {key: at for key, at in places.items() if at}
    from_north = sorted(located, key=lambda key: -located[key][1])
    cells: dict[MosaicKey, MosaicCell] = {}
    for row, start in enumerate(range(0, len(from_north), columns)):
        from_west = sorted(from_north[start : start + columns], key=lambda key: located[key][0])
        cells |= {key: MosaicCell(column, row) for column, key in enumerate(from_west)}
    for number, key in enumerate((key for key in places if key not in located), start=len(located)):
        cells[key] = MosaicCell(number % columns, number // columns)
    return cells


def columns_for(places: Mapping[MosaicKey, Degrees | None]) -> int:
    """How many columns give the mosaic about the proportions of the land; a square where nothing is located."""
    located = [at for at in places.values() if at]
    width, height = (_spread([at[axis] for at in located]) for axis in (0, 1))
    proportion = 1.0
    if width and height:
        proportion = width * math.cos(math.radians(located[0][1])) / height
    columns = round(math.sqrt(len(places) * min(2.0, max(0.5, proportion))))
    return min(MOST_COLUMNS, max(1, columns))


def _spread(numbers: list[float]) -> float:
    return max(numbers) - min(numbers) if numbers else 0.0
