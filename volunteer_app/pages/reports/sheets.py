"""A report as sheets: the same headings and cells on the page, in print, in the spreadsheet and in CSV."""

from datetime import date
from enum import StrEnum
from typing import NamedTuple

from volunteer_app.domain.blockers import BLOCKER_NAMES
from volunteer_app.domain.figures.measures import MeasuredPlace
from volunteer_app.domain.figures.reports import LINES, PARTS, UNIT_NAMES
from volunteer_app.domain.figures.small_cells import told_outside
from volunteer_app.domain.public_services import PUBLIC_SERVICES, core_slugs, framework_codes
from volunteer_app.i18n import format_day, format_number
from volunteer_app.i18n import gettext as _
from volunteer_app.pages.coverage.table import recency_text
from volunteer_app.pages.reports.made import Report, ReportCounts
from volunteer_app.storage.figures.reports import OfService

HIDDEN = None
"""The value of a cell that must not be read outside the commune."""


class When(StrEnum):
    """Of which days a count is."""

    NOW = "now"
    THEN = "then"
    SO_FAR = "so_far"


class SheetCell(NamedTuple):
    """What stands in a cell. value: a number, words, a day, or None when it is hidden.

    what, when, hamlet: the records behind it (`domain.reports.Total`), of which days, in which hamlet ("" for all).
    is_gain: may be less than nothing.
    """

    value: int | float | str | date | None
    what: str = ""
    is_part: bool = False
    when: When = When.NOW
    hamlet: str = ""
    is_gain: bool = False

    @property
    def text(self) -> str:
        """As it is read."""
        if self.value is None:
            return "•"
        if isinstance(self.value, date):
            return format_day(self.value)
        if isinstance(self.value, str):
            return self.value
        if self.is_gain:
            return f"{self.value:+}"
        return format_number(self.value, 0 if self.value == int(self.value) else 1)


class Sheet(NamedTuple):
    """A table of a report. key: its anchor. note: what the reader should know of it."""

    key: str
    title: str
    headings: list[str]
    rows: list[list[SheetCell]]
    note: str = ""


def sheets_of(report: Report) -> list[Sheet]:
    """The tables of a report, in their order."""
    return [_results(report), _services(report), _framework(report), _blockers(report), _places(report)]


def _results(report: Report) -> Sheet:
    headings = [_("What"), _("Counted in"), _("This period"), _("Period before"), _("From the beginning")]
    rows = []
    for line in LINES:
        name = SheetCell(_(line.name), is_part=line.key in PARTS)
        counts = [
            SheetCell(_count(of, line.key), line.key, when=when)
            for of, when in ((report.now, When.NOW), (report.then, When.THEN), (report.so_far, When.SO_FAR))
        ]
        rows.append([name, SheetCell(_(UNIT_NAMES[line.unit])), *counts])
    rows.append(_lasting(report))
    rows.append(_waited(report))
    gained = report.so_far.counts["independent"] - report.until_then.counts["independent"]
    is_hidden = "independent" in report.so_far.hidden | report.until_then.hidden
    rows.append(
        [
            SheetCell(_("Households that can use every core service alone")),
            SheetCell(_("households")),
            SheetCell(HIDDEN if is_hidden else gained, is_gain=True),
            SheetCell("–"),
            SheetCell(_count(report.so_far, "independent"), "independent", when=When.SO_FAR),
        ]
    )
    official = report.official.households
    note = _("The official number of households is not known in every place.")
    if official is not None:
        note = _("Official households: %(number)s.") % {"number": format_number(official)}
    return Sheet("results", _("Results"), headings, rows, note)


def _lasting(report: Report) -> list[SheetCell]:
    """Lasting rate: rechecked and confirmed ÷ rechecked (both stand above it)."""
    cells = []
    for of in (report.now, report.then, report.so_far):
        confirmed, whole = of.counts["confirmed_rechecks"], of.counts["rechecks"]
        is_hidden = {"confirmed_rechecks", "rechecks"} & of.hidden
        cells.append(SheetCell(HIDDEN if is_hidden else round(100 * confirmed / whole) if whole else "–"))
    return [
        SheetCell(_("Skills that lasted: still alone, of those rechecked"), is_part=True),
        SheetCell("%"),
        *cells,
    ]


def _waited(report: Report) -> list[SheetCell]:
    """Median days from a household's first visit until it was first seen alone in a service."""
    cells = [
        SheetCell(waited.median if waited.median is not None else HIDDEN if waited.households else "–")
        for waited in (report.waited, report.waited_then)
    ]
    name = _("Days from the first visit until first seen alone in a service (median)")
    return [SheetCell(name), SheetCell(_("days")), *cells, SheetCell("–")]


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
            values = [told_outside(value, one.households) for value in (one.runs, one.persons, *counts)]
        alone: list[int | str | None] = ["", ""]
        if slug in report.alone_so_far:
            alone = [
                told_outside(count, count) if report.hides else count for count in report.alone_so_far[slug]
            ]
        kinds = ("runs", "persons", "alone_runs", "help_runs", "done_runs")
        of_period = [SheetCell(value, f"{kind}/{slug}") for value, kind in zip(values, kinds, strict=True)]
        so_far = [
            SheetCell(value, f"{kind}/{slug}", when=When.SO_FAR)
            for value, kind in zip(alone, ("alone", "needing"), strict=True)
        ]
        rows.append([SheetCell(service_name(slug)), *of_period, *so_far])
    note = _(
        "What was done for people never counts as alone. Alone is counted in households, at the period's end."
    )
    return Sheet("services", _("By service"), headings, rows, note)


def _framework(report: Report) -> Sheet:
    """By the codes of the framework."""
    codes = framework_codes()
    headings = [
        _("Skill in the framework"),
        _("Walk-throughs (turns)"),
        _("People (persons)"),
        _("Ended alone (turns)"),
        _("Done with help (turns)"),
        _("Done for them (turns)"),
    ]
    keys = ("runs", "persons", "alone_runs", "help_runs", "done_runs")
    rows = []
    for one in sorted(report.framework, key=lambda one: (not one.service, one.service)):
        services = [service for service in report.services if codes.get(service.service, "") == one.service]
        counts = (one.runs, one.persons, one.alone, one.with_help, one.done_for)
        values = [told_outside(count, one.households) if report.hides else count for count in counts]
        names = "; ".join(service_name(service.service) for service in services)
        behind = "" if not codes else f"/{services[0].service}" if len(services) == 1 else None
        cells = [
            SheetCell(value, "" if behind is None else key + behind)
            for value, key in zip(values, keys, strict=True)
        ]
        name = f"{one.service}: {names}" if one.service else _("No code known yet")
        rows.append([SheetCell(name), *cells])
    note = _("Decision 757/QĐ-BKHCN. A code is entered once it is known, and never guessed.")
    return Sheet("framework", _("By skill (framework)"), headings, rows, note)


def service_name(slug: str) -> str:
    """A service as it is called; the slug itself when it is none that we know."""
    return _(PUBLIC_SERVICES[slug].name) if slug in PUBLIC_SERVICES else slug


def _blockers(report: Report) -> Sheet:
    rows = []
    for one in report.blockers:
        values: list[int | None] = [one.turns, one.households]
        if report.hides:
            values = [told_outside(value, one.households) for value in (one.turns, one.households)]
        name = SheetCell(_(BLOCKER_NAMES[one.blocker]))
        which = one.blocker.value
        rows.append(
            [name, SheetCell(values[0], f"stuck/{which}"), SheetCell(values[1], f"stuck_households/{which}")]
        )
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
    rows = [_place(place, place.name, place.key if of_hamlets else "") for place in report.places]
    rows.append(_place(report.whole, _("Together")))
    return Sheet("places", _("By place"), headings, rows, _denominators(report))


def _place(place: MeasuredPlace, name: str, hamlet: str = "") -> list[SheetCell]:
    counts = {key: None if key in place.hidden else count for key, count in place.counts.items()}
    official = place.official.households
    so_far = counts["met_so_far"]
    percent = HIDDEN if so_far is None else round(100 * so_far / official) if official else "–"
    return [
        SheetCell(name),
        SheetCell(counts["turns"], "turns", hamlet=hamlet),
        SheetCell(counts["attempted"], "attempted", hamlet=hamlet),
        SheetCell(counts["met"], "met", hamlet=hamlet),
        SheetCell(so_far, "met", when=When.SO_FAR, hamlet=hamlet),
        SheetCell(_("not known") if official is None else official),
        SheetCell(percent),
        SheetCell(counts["independent"], "independent", when=When.SO_FAR, hamlet=hamlet),
        SheetCell(_last_visit(place)),
    ]


def _last_visit(place: MeasuredPlace) -> str | date:
    if place.recency is not None:
        return recency_text(place.recency)
    return place.figures.last_visit_on or _("never")


def _denominators(report: Report) -> str:
    sources = sorted({(one.name, one.day) for one in report.official.sources}, key=str)
    if not sources:
        return ""
    said = "; ".join(f"{name}, {format_day(day)}" if day else name for name, day in sources)
    return _("Official households: %(source)s") % {"source": said}


def _count(counts: ReportCounts, key: str) -> int | None:
    return HIDDEN if key in counts.hidden else counts.counts[key]
