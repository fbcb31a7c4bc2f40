"""What changed, in a paragraph of plain sentences; every number in it leads to where it comes from."""

from collections.abc import Callable

from markupsafe import Markup, escape

from volunteer_app.domain.blockers import BLOCKER_NAMES
from volunteer_app.domain.figures.small_cells import is_small, rounded
from volunteer_app.i18n import format_number
from volunteer_app.i18n import gettext as _
from volunteer_app.pages.reports.made import Report

MOST_NAMED = 6


def paragraph(report: Report, href: Callable[[str], str]) -> list[Markup]:
    """The sentences. href: the address of what stands behind a count (of a difference: the table that has both)."""

    def number(key: str, value: int | None = None) -> Markup:
        count = report.now.counts[key] if value is None else value
        hidden = value is None and key in report.now.hidden
        return _link(href(key), "•" if hidden else format_number(abs(count)))

    if not report.now.counts["turns"]:
        return [_said(_("No visit was recorded in this period."))]
    sentences = [
        _said(
            _(
                "%(turns)s visits were paid to %(attempted)s households; %(met)s households were met, "
                "%(first_met)s of them for the first time."
            ),
            **{name: number(name) for name in ("turns", "attempted", "met", "first_met")},
        ),
        _compared(report, number),
    ]
    if report.now.counts["runs"]:
        sentences.append(
            _said(
                _(
                    "%(persons)s people were guided in %(runs)s walk-throughs: %(alone_runs)s ended alone, "
                    "%(help_runs)s were done with help, and %(done_runs)s were done for them, which does not "
                    "count as alone."
                ),
                **{
                    name: number(name) for name in ("persons", "runs", "alone_runs", "help_runs", "done_runs")
                },
            )
        )
    sentences.append(_alone_now(report, number))
    if report.blockers:
        sentences.append(_blocked(report, href))
    if report.untouched:
        sentences.append(_without_visit(report))
    return sentences


def _said(sentence: str, **values: object) -> Markup:
    return Markup(escape(sentence)) % {name: escape(value) for name, value in values.items()}  # noqa: S704


def _link(address: str, text: str) -> Markup:
    return Markup('<a href="{}">{}</a>').format(address, text)


def _compared(report: Report, number: Callable) -> Markup:
    now, then = report.now.counts["met"], report.then.counts["met"]
    if report.hides and ("met" in report.now.hidden or "met" in report.then.hidden):
        return _said(_("How this compares with the period before is hidden: the numbers are too small."))
    if now > then:
        return _said(
            _("That is %(more)s households more than in the period before."),
            more=number("#results", now - then),
        )
    if now < then:
        sentence = _("That is %(fewer)s households fewer than in the period before.")
        return _said(sentence, fewer=number("#results", then - now))
    return _said(_("That is as many households as in the period before."))


def _alone_now(report: Report, number: Callable) -> Markup:
    gained = report.so_far.counts["independent"] - report.until_then.counts["independent"]
    if "independent" in report.so_far.hidden | report.until_then.hidden:
        return _said(
            _("How many households can use every core service alone is hidden: the numbers are too small.")
        )
    if gained > 0:
        sentence = _(
            "%(independent)s households can now use every core service alone, %(change)s more than before."
        )
    elif gained < 0:
        sentence = _(
            "%(independent)s households can now use every core service alone, %(change)s fewer than before."
        )
    else:
        sentence = _("%(independent)s households can use every core service alone, as many as before.")
    independent = number("independent", report.so_far.counts["independent"])
    return _said(sentence, independent=independent, change=number("#results", gained))


def _blocked(report: Report, href: Callable[[str], str]) -> Markup:
    most = report.blockers[0]
    few = is_small(most.households) or is_small(most.turns)
    turns = rounded(most.turns) if report.hides else most.turns
    count = "•" if report.hides and few else format_number(turns)
    return _said(
        _("What stood in the way most often: %(blocker)s (turns: %(count)s)."),
        blocker=_(BLOCKER_NAMES[most.blocker]),
        count=_link(href(f"stuck/{most.blocker.value}"), count),
    )


def _without_visit(report: Report) -> Markup:
    return _said(
        _("%(number)s of %(all)s places had no visit, among them: %(names)s."),
        number=_link("#places", format_number(len(report.untouched))),
        all=format_number(len(report.places)),
        names=", ".join(place.name for place in report.untouched[:MOST_NAMED]),
    )
