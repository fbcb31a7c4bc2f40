"""A report as sheets: the same headings and cells on the page, in print, in the spreadsheet and in CSV."""

from typing import NamedTuple

from volunteer_app.domain.blockers import BLOCKER_NAMES
from volunteer_app.domain.measures import Place
from volunteer_app.domain.public_services import PUBLIC_SERVICES, core_slugs
from volunteer_app.domain.reports import LINES, PARTS, UNIT_NAMES
from volunteer_app.domain.small_cells import hidden_among, is_small
from volunteer_app.i18n import format_day, format_number
from volunteer_app.i18n import gettext as _
from volunteer_app.pages.reports.made import Counts, Report
from volunteer_app.storage.reports import OfService

HIDDEN = None
"""The value of a cell that must not be read outside the commune."""


class Cell(NamedTuple):
    """What stands in a cell. value: a number, words, or None when it is hidden. what: the records behind it."""

    value: int | str | None
    what: str = ""
    is_part: bool = False

    @property
    def text(self) -> str:
        """As it is read."""
        if self.value is None:
            return _("under 5")
        return self.value if isinstance(self.value, str) else format_number(self.value)


class Sheet(NamedTuple):
    """A table of a report. key: its anchor. note: what the reader should know of it."""

    key: str
    title: str
    headings: list[str]
    rows: list[list[Cell]]
    note: str = ""


def sheets_of(report: Report) -> list[Sheet]:
    """The tables of a report, in their order."""
    return [_results(report), _services(report), _blockers(report), _places(report)]


def _results(report: Report) -> Sheet:
    headings = [_("What"), _("Counted in"), _("This period"), _("Period before"), _("From the beginning")]
    rows = []
    for line in LINES:
        values = [_count(counts, line.key) for counts in (report.now, report.then, report.so_far)]
        name = Cell(_(line.name), is_part=line.key in PARTS)
        rows.append([name, Cell(_(UNIT_NAMES[line.unit])), Cell(values[0], line.key), *map(Cell, values[1:])])
    so_far, then = report.so_far.counts["independent"], report.independent_then
    gained = so_far - then
    is_hidden = report.hides and (is_small(abs(gained)) or is_small(so_far) or is_small(then))
    rows.append(
        [
            Cell(_("Households that can use every core service alone")),
            Cell(_("households")),
            Cell(HIDDEN if is_hidden else f"{gained:+d}"),
            Cell("–"),
            Cell(HIDDEN if report.hides and is_small(so_far) else so_far),
        ]
    )
    official = report.official.households
    note = _("The official number of households is not known in every place.")
    if official is not None:
        note = _("Official households: %(number)s.") % {"number": format_number(official)}
    return Sheet("results", _("Results"), headings, rows, note)


def _services(report: Report) -> Sheet:
    headings = [
        _("Service"),
        _("Walk-throughs (turns)"),
        _("People (persons)"),
        _("Ended alone (turns)"),
        _("Done with help (turns)"),
        _("Done for them (turns)"),
        _("Households that can do it alone so far"),
        _("of households met that need it"),
    ]
    rows = []
    used = {one.service: one for one in report.services}
    for slug in [*core_slugs(), *(slug for slug in used if slug not in core_slugs())]:
        one = used.get(slug, OfService(slug))
        counts = [one.alone, one.with_help, one.done_for]
        values: list[int | None] = [one.runs, one.persons, *counts]
        if report.hides:
            hidden = hidden_among([*counts, one.runs - sum(counts)])
            few = is_small(one.households) or is_small(one.runs) or is_small(one.persons)
            values = [None if few or place - 2 in hidden else value for place, value in enumerate(values)]
        alone: list[int | str | None] = ["", ""]
        if slug in report.alone_so_far:
            part, whole = report.alone_so_far[slug]
            few = report.hides and (is_small(part) or is_small(whole) or is_small(whole - part))
            alone = [None if few else part, None if few else whole]
        name = _(PUBLIC_SERVICES[slug].name) if slug in PUBLIC_SERVICES else slug
        rows.append([Cell(name), Cell(values[0], f"runs/{slug}"), *map(Cell, values[1:]), *map(Cell, alone)])
    note = _(
        "What was done for people never counts as alone. Alone is counted in households, at the period's end."
    )
    return Sheet("services", _("By service"), headings, rows, note)


def _blockers(report: Report) -> Sheet:
    rows = []
    for one in report.blockers:
        few = report.hides and (is_small(one.households) or is_small(one.turns))
        values = [None if few else one.turns, None if few else one.households]
        name = Cell(_(BLOCKER_NAMES[one.blocker]))
        rows.append([name, Cell(values[0], f"blocker/{one.blocker.value}"), Cell(values[1])])
    return Sheet("blockers", _("What stood in the way"), [_("Blocker"), _("Turns"), _("Households")], rows)


def _places(report: Report) -> Sheet:
    of_hamlets = bool(report.places) and len(report.places[0].key) > 5
    headings = [
        _("Hamlet") if of_hamlets else _("Commune"),
        _("Visits (turns)"),
        _("Households visited"),
        _("Households met"),
        _("Met so far"),
        _("Official households"),
        _("Coverage so far (%)"),
        _("Independent households"),
        _("Last visit"),
    ]
    rows = [_place(place, place.name) for place in report.places]
    rows.append(_place(report.whole, _("Together")))
    return Sheet("places", _("By place"), headings, rows, _denominators(report))


def _place(place: Place, name: str) -> list[Cell]:
    counts = {key: None if key in place.hidden else count for key, count in place.counts.items()}
    turns = None if "attempted" in place.hidden else place.figures.turns
    official = place.official.households
    so_far = counts["met_so_far"]
    percent = f"{format_number(100 * so_far / official)}" if official and so_far is not None else "–"
    last = place.figures.last_visit_on
    return [
        Cell(name),
        Cell(turns),
        Cell(counts["attempted"]),
        Cell(counts["met"]),
        Cell(so_far),
        Cell(_("not known") if official is None else official),
        Cell(percent),
        Cell(counts["independent"]),
        Cell(format_day(last) if last else _("never")),
    ]


def _denominators(report: Report) -> str:
    sources = sorted({(one.name, one.day) for one in report.official.sources}, key=str)
    if not sources:
        return ""
    said = "; ".join(f"{name}, {format_day(day)}" if day else name for name, day in sources)
    return _("Official households: %(source)s") % {"source": said}


def _count(counts: Counts, key: str) -> int | None:
    return HIDDEN if key in counts.hidden else counts.counts[key]
