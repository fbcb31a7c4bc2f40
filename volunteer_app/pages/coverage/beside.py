"""Small multiples: the same map several times beside one another, for the last periods or for every measure."""

from dataclasses import replace
from typing import Any, NamedTuple

from volunteer_app.domain.figures.measures import Measure, MeasuredPlace
from volunteer_app.i18n import format_day
from volunteer_app.i18n import gettext as _
from volunteer_app.pages.coverage.areas import Area, Land
from volunteer_app.pages.coverage.scale import scale_of
from volunteer_app.pages.coverage.shown import Shown
from volunteer_app.pages.coverage.table import TableCell, reading_cell
from volunteer_app.pages.coverage.view import FURTHEST_BACK, Beside, View, address
from volunteer_app.pages.coverage.words import MapChoice, measure_name, period_text

PERIODS = 6
"""How many periods stand beside one another."""


class PanelShape(NamedTuple):
    """A place's shape in one of the maps: its number among the shapes that all of them share, and how it is woven."""

    number: int
    its_class: int | None
    state: str


class Panel(NamedTuple):
    """One of the maps. short: its title where a column has little room; whole: all its places together; scale: its
    classes in words, where they are its own."""

    title: str
    short: str
    whole: TableCell
    shapes: list[PanelShape]
    scale: list[str]


def views_beside(view: View) -> list[View]:
    """The views that stand beside one another, the oldest period first."""
    if view.beside is Beside.MEASURES:
        return [replace(view, measure=measure) for measure in Measure]
    steps = min(PERIODS - 1, FURTHEST_BACK[view.span] - view.back)
    return [replace(view, back=view.back + step) for step in range(steps, -1, -1)]


def panels_of(several: list[Shown], land: Land, *, of_communes: bool) -> dict[str, Any]:
    """The maps, and their table: a column for each."""
    views = [shown.asked.view for shown in several]
    by_measure = views[-1].beside is Beside.MEASURES
    numbers = {area.key: number for number, area in enumerate(land.areas)}
    panels, columns = [], []
    places: dict[str, MeasuredPlace] = {}
    for shown, view in zip(several, views, strict=True):
        cells = {one.place.key: reading_cell(view.measure, one.place, one.reading) for one in shown.places}
        columns.append(cells)
        places |= {one.place.key: one.place for one in shown.places}
        shapes = [
            PanelShape(numbers[one.place.key], one.its_class, one.reading.state.value)
            for one in shown.places
            if one.place.key in numbers  # an ended hamlet has no outline any more
        ]
        title = measure_name(view) if by_measure else period_text(shown.asked.period)
        short = title if by_measure else format_day(shown.asked.period.last_day)
        whole = reading_cell(view.measure, shown.whole.place, shown.whole.reading)
        scale = scale_of(view.measure, of_communes=of_communes) if by_measure else []
        panels.append(Panel(title, short, whole, shapes, scale))
    nothing = TableCell("–")
    return {
        "panels": panels,
        "shared_shapes": land.areas,
        "panel_box": land.box,
        "panel_rows": [
            (place, [cells.get(key, nothing) for cells in columns]) for key, place in places.items()
        ],
    }


def land_of_hamlets(keys: list[str]) -> Land:
    """Hamlets as squares in the commune's order: small maps have no room for tiles with names."""
    side, step = 36, 40
    columns = max(1, round(len(keys) ** 0.5 * 1.25))
    areas = [
        Area(
            key, f"M{number % columns * step} {number // columns * step}h{side}v{side}h-{side}z", 0, 0, False
        )
        for number, key in enumerate(keys)
    ]
    rows = -(-len(keys) // columns)
    return Land(areas, (-2, -2, columns * step, rows * step), is_mosaic=True)


def choices_beside(view: View, path: str) -> list[MapChoice]:
    """One map, or several beside one another."""
    names = {
        Beside.NOTHING: _("One map"),
        Beside.TIME: _("Periods side by side"),
        Beside.MEASURES: _("All figures side by side"),
    }
    offered = [one for one in Beside if one is not Beside.TIME or FURTHEST_BACK[view.span]]
    return [
        MapChoice(
            f"beside-{one.value or 'nothing'}",
            address(path, view, beside=one),
            names[one],
            one is view.beside,
        )
        for one in offered
    ]
