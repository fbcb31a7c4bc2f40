"""The table twin of a map: the same figures in columns, each with what it was made from, sortable by address."""

from collections.abc import Callable, Mapping
from datetime import date
from types import MappingProxyType
from typing import NamedTuple

from volunteer_app.domain.figures.coverage import Official, Recency
from volunteer_app.domain.figures.measures import Measure, MeasuredPlace, Reading, State, reading_of
from volunteer_app.i18n import format_day, format_number, ngettext
from volunteer_app.i18n import gettext as _


class TableCell(NamedTuple):
    """What stands in a cell: a figure, what it was made from, and what it is sorted by."""

    text: str
    note: str = ""
    rank: float = 0


class Column(NamedTuple):
    """One column: the key that the address sorts by, its heading, and how a place fills it."""

    key: str
    heading: str
    cell: Callable[[MeasuredPlace], TableCell]


def columns_of(
    measure: Measure,
    service: str,
    day: date,
    *,
    names_sources: bool,
    values: Mapping[str, TableCell] = MappingProxyType({}),
) -> list[Column]:
    """The columns that belong to a measure; the column "value" is the one that the map shows.

    names_sources: whether each official number says its source; not needed where the table says it once for all.
    values: what stands in the column "value", by the places' keys, as far as that is known already.
    """

    def value(place: MeasuredPlace) -> TableCell:
        return values.get(place.key) or reading_cell(measure, place, reading_of(measure, place, service, day))

    def told(place: MeasuredPlace) -> TableCell:
        return official_cell(place, names_source=names_sources)

    official = Column("official", _("Official households"), told)
    of_days: dict[date | None, TableCell] = {}

    def visited(place: MeasuredPlace) -> TableCell:
        last = place.figures.last_visit_on
        if place.recency is not None:
            return TableCell(recency_text(place.recency), "", last.toordinal() if last else -1)
        if last not in of_days:
            of_days[last] = last_visit_cell(last, day)
        return of_days[last]

    last_visit = Column("last_visit", _("Last visit"), visited)
    turns = Column("turns", _("Visits (turns)"), turns_cell)
    met = _count("met", _("Households met"))
    columns = {
        Measure.COVERAGE: [
            Column("value", _("Coverage"), value),
            official,
            _count("attempted", _("Households visited")),
            turns,
            last_visit,
        ],
        Measure.INDEPENDENT: [Column("value", _("Independent households"), value), official, met, last_visit],
        Measure.ALONE: [
            Column("value", _("Alone"), value),
            _count("with_help", _("Done with help")),
            _count("done_for", _("Done for them")),
            _count("not_started", _("Not started")),
        ],
        Measure.GAP: [
            Column("value", _("Gap"), value),
            official,
            _count("independent", _("Independent households")),
            met,
        ],
        Measure.BLOCKERS: [
            Column("value", _("Something in the way"), value),
            _count("relapsed", _("Skills that were lost")),
            last_visit,
        ],
        Measure.STALENESS: [Column("value", _("Days without a visit"), value), turns, met],
    }
    return columns[measure]


def in_order(places: list[MeasuredPlace], columns: list[Column], sort: str) -> list[MeasuredPlace]:
    """The places sorted as the address says; an unknown column leaves them in the order of the places."""
    column = next((column for column in columns if column.key == sort.removeprefix("-")), None)
    if column is None:
        return places
    return sorted(places, key=lambda place: column.cell(place).rank, reverse=sort.startswith("-"))


def reading_cell(measure: Measure, place: MeasuredPlace, reading: Reading) -> TableCell:
    """A measure's figure in words: "38 %" and "27 of 71 households"."""
    return TableCell(number_text(measure, reading), made_from(measure, place, reading), reading.rank)


def number_text(measure: Measure, reading: Reading) -> str:
    """The figure alone; a sign where there is none."""
    if reading.state is State.HIDDEN:
        return "•"
    if reading.state is State.NEVER:
        return _("never")
    if reading.recency is not None:
        return recency_text(reading.recency)
    if reading.number is None:
        return "?" if reading.state is State.NO_DENOMINATOR else "–"
    number = format_number(reading.number)
    return f"{number} %" if measure not in (Measure.GAP, Measure.STALENESS) else number


def made_from(measure: Measure, place: MeasuredPlace, reading: Reading) -> str:
    """What the figure was made from, or why there is none."""
    if reading.state is State.HIDDEN:
        return _("hidden")
    if measure is Measure.STALENESS:
        if place.recency not in (None, Recency.NEVER):
            return ""
        day = place.figures.last_visit_on
        return format_day(day) if day else _("no visit yet")
    if reading.state is State.NOBODY_YET:
        return _("nobody met yet")
    share = reading.share
    if share is None or share.whole is None:
        name = "met" if measure is Measure.COVERAGE else "independent"
        counted = place.counts[name]
        if name in place.hidden or not counted:
            return _("official number not known")
        return _("%(part)s households; official number not known") % {"part": format_number(counted)}
    if measure is Measure.GAP:
        return _("of %(whole)s households") % {"whole": format_number(share.whole)}
    numbers = {"part": format_number(share.part), "whole": format_number(share.whole)}
    return _("%(part)s/%(whole)s households") % numbers


def official_cell(place: MeasuredPlace, *, names_source: bool = True) -> TableCell:
    """The denominator with its source and date."""
    official = place.official
    if official.households is None:
        return TableCell("?", _("not known"), -1)
    note = source_text(official) if names_source else ""
    return TableCell(format_number(official.households), note, official.households)


def source_text(official: Official) -> str:
    """Who told the official number, and of which day it is."""
    sources = sorted(official.sources, key=lambda source: (source.name, source.day or date.min))
    texts = []
    for source in sources:
        name = source.name or _("source not known")
        day = format_day(source.day) if source.day else _("date not known")
        texts.append(f"{name}, {day}")
    return "; ".join(texts)


def last_visit_cell(last: date | None, day: date) -> TableCell:
    """The day of the last visit, and how long ago that is."""
    if last is None:
        return TableCell(_("never"), "", -1)
    return TableCell(format_day(last), days_ago((day - last).days), last.toordinal())


def turns_cell(place: MeasuredPlace) -> TableCell:
    """How many visits were paid (lượt); hidden with the households that they were paid to."""
    if "turns" in place.hidden:
        return TableCell("•", _("hidden"), -1)
    return TableCell(format_number(place.counts["turns"]), "", place.counts["turns"])


def recency_text(recency: Recency) -> str:
    """When the last visit was, as it is told outside the commune."""
    return {
        Recency.THIS_MONTH: _("this month"),
        Recency.THREE_MONTHS: _("1–3 months ago"),
        Recency.LONGER: _("longer ago"),
        Recency.NEVER: _("never"),
    }[recency]


def days_ago(days: int) -> str:
    """How long ago, in words."""
    return _("today") if days == 0 else ngettext("%(num)s day ago", "%(num)s days ago", days) % {"num": days}


def _count(name: str, heading: str) -> Column:
    def cell(place: MeasuredPlace) -> TableCell:
        if name in place.hidden:
            return TableCell("•", _("hidden"), -1)
        return TableCell(format_number(place.counts[name]), "", place.counts[name])

    return Column(name, heading, cell)
