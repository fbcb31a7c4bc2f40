"""A coverage page in the reader's words: choices with their addresses, legend, headline, columns and rows."""

from typing import Any, NamedTuple

from volunteer_app.domain.blockers import BLOCKER_NAMES, Blocker
from volunteer_app.domain.figures.left_behind import QUIET_DAYS
from volunteer_app.domain.figures.measures import MEASURE_NAMES, Measure, MeasuredPlace, State
from volunteer_app.domain.periods import SPAN_NAMES, Period, Span
from volunteer_app.domain.public_services import PUBLIC_SERVICES
from volunteer_app.i18n import format_day, format_moment, format_number
from volunteer_app.i18n import gettext as _
from volunteer_app.pages.coverage.areas import Area, Land
from volunteer_app.pages.coverage.filters import narrowed_text
from volunteer_app.pages.coverage.scale import recency_scale, scale_of
from volunteer_app.pages.coverage.shown import Shown, ShownPlace
from volunteer_app.pages.coverage.table import (
    Column,
    TableCell,
    columns_of,
    days_ago,
    in_order,
    made_from,
    number_text,
    reading_cell,
    recency_text,
    source_text,
    turns_cell,
)
from volunteer_app.pages.coverage.view import FURTHEST_BACK, TOLD_OUTSIDE, View, address, choices_of

HUES = {
    Measure.COVERAGE: "ink",
    Measure.INDEPENDENT: "leaf",
    Measure.ALONE: "leaf",
    Measure.GAP: "clay",
    Measure.STALENESS: "clay",
    Measure.BLOCKERS: "clay",
}
"""The colour that a measure is drawn in: leaf for "alone", clay where much of it needs somebody."""

LONGEST_LIST = 12
"""How many places are named in a list beside the map; the table holds them all."""


class MapChoice(NamedTuple):
    """One thing that the reader may choose: its address, its words, whether it is chosen now."""

    key: str
    href: str
    text: str
    is_chosen: bool


class Tile(NamedTuple):
    """A place in the picture. label: the number as short as a map needs it."""

    key: str
    name: str
    number: str
    label: str
    note: str
    its_class: int | None
    state: str


class Heading(NamedTuple):
    """A column's heading: the address that sorts by it, and how the table is sorted now ("" if not by it)."""

    key: str
    href: str
    text: str
    direction: str


def words_of(shown: Shown, path: str, *, of_communes: bool) -> dict[str, Any]:
    """Everything that the templates of a coverage page say. path: with its language."""
    view, period = shown.asked.view, shown.asked.period
    counts_official = view.measure in (Measure.COVERAGE, Measure.INDEPENDENT, Measure.GAP)
    whole = shown.whole.place.official
    told_once = counts_official and len(whole.sources) == 1 and whole.households is not None
    values = {
        one.place.key: reading_cell(view.measure, one.place, one.reading)
        for one in [*shown.places, shown.whole]
    }
    columns = columns_of(
        view.measure,
        view.service,
        period.last_day,
        names_sources=not told_once,
        values=values,
    )
    places = in_order([one.place for one in shown.places], columns, view.sort)
    tiles = [tile_of(one, values[one.place.key]) for one in shown.places]
    return {
        "shown": shown,
        "path_here": path,
        "here": address(path, view),
        "minute": minute_of(shown),
        "hue": HUES[view.measure],
        "measures": _choices(
            MEASURE_NAMES, view.measure, lambda key: address(path, view, measure=key, sort="")
        ),
        "spans": _choices(
            _named_spans(by_day=shown.asked.by_day), view.span, lambda key: address(path, view, span=key)
        ),
        "quiet_choices": [
            MapChoice(str(days), address(path, view, quiet=days), format_number(days), days == view.quiet)
            for days in (QUIET_DAYS if shown.asked.by_day else ())
        ],
        "services": _services(),
        "blockers": [(one.value, _(name)) for one, name in BLOCKER_NAMES.items()],
        "kept": choices_of(view),
        "slider": _slider(view, path),
        "narrowed": narrowed_text(view.signal, view.spoken),
        "measure_name": measure_name(view),
        "headline_name": _headline_name(shown),
        "headline": _headline(shown),
        "period": period_text(period),
        "official": source_text(whole) if told_once else "",
        "told_once": told_once,
        "facts": _facts(shown.whole.place),
        "tiles": tiles,
        "legend": _legend(shown, of_communes=of_communes),
        "quiet": [(place.name, _waits(place, days)) for place, days in shown.quiet],
        "longest_list": LONGEST_LIST,
        "headings": [
            _heading(column, view.sort, lambda sort: address(path, view, sort=sort)) for column in columns
        ],
        "rows": [(place, [column.cell(place) for column in columns]) for place in places],
        "whole_row": [column.cell(shown.whole.place) for column in columns],
        "place_sort": address(path, view, sort=""),
        "of_communes": of_communes,
        "all_by_staleness": address(path, view, measure=Measure.STALENESS, sort="-value"),
        "unknown": shown.without_denominator if counts_official else [],
    }


def minute_of(shown: Shown) -> str:
    """The minute that the page says its figures are of; one word, for an address."""
    return format_moment(shown.asked.now)[:5].replace(":", "")


def measure_name(view: View) -> str:
    """What the map shows, in words."""
    if view.measure is Measure.ALONE:
        return _("Alone: %(service)s") % {"service": _(PUBLIC_SERVICES[view.service].name)}
    if view.measure is Measure.BLOCKERS and view.blocker:
        return _("In the way: %(blocker)s") % {"blocker": _(BLOCKER_NAMES[Blocker(view.blocker)])}
    return _(MEASURE_NAMES[view.measure])


class Slider(NamedTuple):
    """How far back the period lies: so many steps of at most so many; the steps beside it ("" where there is none)."""

    back: int
    most: int
    earlier: str
    later: str


def _slider(view: View, path: str) -> Slider:
    most = FURTHEST_BACK[view.span]
    return Slider(
        view.back,
        most,
        address(path, view, back=view.back + 1) if view.back < most else "",
        address(path, view, back=view.back - 1) if view.back else "",
    )


def period_text(period: Period) -> str:
    """The days that the figures are about."""
    last_day = format_day(period.last_day)
    if period.first_day is None:
        return _("From the beginning to %(last_day)s") % {"last_day": last_day}
    return _("%(first_day)s to %(last_day)s") % {
        "first_day": format_day(period.first_day),
        "last_day": last_day,
    }


def tile_of(one: ShownPlace, value: TableCell) -> Tile:
    """A place as the picture shows it; value: its figure in words."""
    place, reading, its_class = one
    label = "–" if reading.state is State.NEVER else value.text.removesuffix(" %")
    return Tile(place.key, place.name, value.text, label, value.note, its_class, reading.state.value)


def drawn(land: Land, tiles: list[Tile]) -> tuple[list[tuple[Area, Tile]], list[Area]]:
    """The map's areas with what they show, the pale ones last, so that their edges are seen; and those left out."""
    by_key = {tile.key: tile for tile in tiles}
    pairs = [(area, by_key[area.key]) for area in land.areas if area.key in by_key]
    left_out = [area for area in land.areas if area.key not in by_key]
    return sorted(pairs, key=lambda pair: {1: 1, None: 2}.get(pair[1].its_class, 0)), left_out


def _headline_name(shown: Shown) -> str:
    """What the large figure counts: the measure, or the households alone while there is no denominator."""
    view = shown.asked.view
    if view.measure is Measure.STALENESS and not shown.asked.by_day:
        return _("Places without a visit in this month")
    if view.measure is Measure.STALENESS:
        return _("Places without a visit for %(days)s days") % {"days": view.quiet}
    if shown.whole.reading.state is State.NO_DENOMINATOR:
        return _("Households met") if view.measure is Measure.COVERAGE else _("Independent households")
    return measure_name(view)


def _headline(shown: Shown) -> TableCell:
    """The one large figure of the page."""
    measure, whole = shown.asked.view.measure, shown.whole
    if measure is Measure.STALENESS:
        places = {"places": format_number(len(shown.places))}
        return TableCell(format_number(len(shown.quiet)), _("of %(places)s places") % places)
    if whole.reading.state is State.NO_DENOMINATOR and shown.places:
        return _counted_only(shown)
    note = made_from(measure, whole.place, whole.reading)
    share = whole.reading.share
    if measure is Measure.ALONE and share is not None and share.whole:
        numbers = {"part": format_number(share.part), "whole": format_number(share.whole)}
        note = _("%(part)s of %(whole)s households met that need it") % numbers
    return TableCell(number_text(measure, whole.reading), note)


def _counted_only(shown: Shown) -> TableCell:
    """Without a denominator the count stands alone, and says why."""
    whole = shown.whole.place
    name = "met" if shown.asked.view.measure is Measure.COVERAGE else "independent"
    number = "•" if name in whole.hidden else format_number(whole.counts[name])
    places = {
        "missing": format_number(len(shown.without_denominator)),
        "places": format_number(len(shown.places)),
    }
    why = _(
        "No percentage: the official number of households is not known in %(missing)s of %(places)s places."
    )
    return TableCell(number, why % places)


def _facts(whole: MeasuredPlace) -> list[tuple[str, TableCell]]:
    """Turns and households, counted apart."""
    counts = {
        name: TableCell("•") if name in whole.hidden else TableCell(format_number(whole.counts[name]))
        for name in ("attempted", "met", "independent")
    }
    return [
        (_("Visits (turns)"), turns_cell(whole)),
        (_("Households visited"), counts["attempted"]),
        (_("Households met"), counts["met"]),
        (_("Independent households"), counts["independent"]),
    ]


def _legend(shown: Shown, *, of_communes: bool) -> list[tuple[int | None, str, str]]:
    """(class, state, words) for the five classes and for whatever else is in the picture."""
    measure = shown.asked.view.measure
    if measure is Measure.STALENESS and not shown.asked.by_day:
        scale = recency_scale()
    else:
        scale = list(enumerate(scale_of(measure, of_communes=of_communes), start=1))
    legend: list[tuple[int | None, str, str]] = [
        (number, State.KNOWN.value, label) for number, label in scale
    ]
    present = {one.reading.state for one in shown.places}
    for state, text in (
        (State.NO_DENOMINATOR, _("official number of households not known")),
        (State.NOBODY_YET, _("nobody met yet who needs it")),
        (State.HIDDEN, _("fewer than 5 households: hidden")),
    ):
        if state in present:
            legend.append((None, state.value, text))
    return legend


def _waits(place: MeasuredPlace, days: int | None) -> str:
    """How long a quiet place has waited."""
    if days is None:
        return _("no visit yet")
    return days_ago(days) if place.recency is None else recency_text(place.recency)


def _heading(column: Column, sort: str, sorted_by: Any) -> Heading:
    """Numbers begin with the largest; a second tap turns the order round."""
    direction = {column.key: "ascending", f"-{column.key}": "descending"}.get(sort, "")
    href = sorted_by(column.key if direction == "descending" else f"-{column.key}")
    return Heading(column.key, href, column.heading, direction)


def _choices(names: dict[Any, str], chosen: Any, address_of: Any) -> list[MapChoice]:
    return [MapChoice(key.value, address_of(key), _(name), key is chosen) for key, name in names.items()]


def _named_spans(*, by_day: bool) -> dict[Span, str]:
    others = {Span.DATES} if by_day else set(Span) - set(TOLD_OUTSIDE)
    return {span: name for span, name in SPAN_NAMES.items() if span not in others}


def _services() -> list[tuple[str, list[tuple[str, str]]]]:
    """(heading, [(slug, name)]): the core services, then the others."""
    groups = [(_("Core services"), True), (_("Other services"), False)]
    return [
        (heading, [(s.slug, _(s.name)) for s in PUBLIC_SERVICES.values() if s.core is core])
        for heading, core in groups
    ]
