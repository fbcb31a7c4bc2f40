"""What lasts, in the reader's words."""

from collections import Counter
from collections.abc import Iterable, Mapping
from datetime import date
from typing import NamedTuple

from volunteer_app.domain.figures.cohort import COHORT_COUNTS, Cohort, cohort_of
from volunteer_app.domain.figures.small_cells import is_small, told_outside
from volunteer_app.domain.problems import N_
from volunteer_app.i18n import format_number, ngettext
from volunteer_app.i18n import gettext as _

PART_NAMES = {
    "still": N_("seen by a second person"),
    "same": N_("same helper only"),
    "fell": N_("fell back"),
    "unneeded": N_("not needed any more"),
    "lost": N_("not found again"),
}
"""The parts of a cohort, in their order: still alone as somebody else saw, or only as who taught it says, and so on."""

MOST_PLACES = 200
"""How many places are listed."""


class CohortLine(NamedTuple):
    """A line: a place or month, what was learned, the share with its interval, the parts in words, and for the bar as
    (key, share of 100). href: where more stands about it."""

    name: str
    learned: str
    share: str
    said: str
    parts: list[tuple[str, float]]
    href: str = ""


def summed(counts: Iterable[Mapping[str, int]], days: int, *, hides: bool) -> Cohort:
    """Several months or places as one. hides: as it is told outside the commune; each is then rounded before it is
    added, so that no sum says more than its parts."""
    total: Counter[str] = Counter(dict.fromkeys(COHORT_COUNTS, 0))
    for one in map(Counter, counts):
        if hides and is_small(one[f"due_{days}"]):
            continue
        for name in COHORT_COUNTS:
            total[name] += (told_outside(one[name], one[name]) or 0) if hides else one[name]
    return _whole(cohort_of(total, days))


def is_told(cohort: Cohort, *, hides: bool) -> bool:
    """Has it numbers? Outside the commune few are not told apart from none: months and services would add up to the
    few."""
    return not hides or cohort.due > 0


def _whole(cohort: Cohort) -> Cohort:
    """Rounded parts never come to more than the whole."""
    most = max(cohort.due, cohort.still + cohort.same + cohort.fell + cohort.unneeded)
    return cohort._replace(due=most, learned=max(most, cohort.learned))


def cohort_line(name: str, cohort: Cohort) -> CohortLine:
    """A place's or month's line."""
    numbers = {"num": format_number(cohort.learned), "due": format_number(cohort.due)}
    if not cohort.due:
        return CohortLine(name, _("%(num)s learned, none of them long enough ago") % numbers, "–", "", [])
    parts = dict(
        zip(
            PART_NAMES,
            (cohort.still, cohort.same, cohort.fell, cohort.unneeded, cohort.not_found),
            strict=True,
        )
    )
    return CohortLine(
        name,
        _("%(num)s learned, %(due)s of them long enough ago") % numbers,
        share_text(cohort),
        " · ".join(f"{_(PART_NAMES[key])}: {format_number(part)}" for key, part in parts.items() if part),
        [(key, 100 * part / cohort.due) for key, part in parts.items() if part],
    )


def share_text(cohort: Cohort) -> str:
    """The share with its interval; of few only the numbers, for a percentage of seven says nothing."""
    if cohort.due < FEW:
        return _("%(part)s of %(whole)s") % {
            "part": format_number(cohort.still),
            "whole": format_number(cohort.due),
        }
    low, high = cohort.interval or (0, 0)
    values = {"percent": round(cohort.percent or 0), "low": round(low), "high": round(high)}
    return _("%(percent)s %% (between %(low)s and %(high)s %%)") % values


FEW = 20
"""Of fewer, no percentage is told."""


def headline(cohort: Cohort, days: int, as_of: date | None, *, hides: bool) -> str:
    """The first sentence. as_of: the day on which it was counted, if it ever was. hides: outside the commune."""
    if as_of is None:
        return _("Nothing has been counted here yet. The server counts every night.")
    if not is_told(cohort, hides=hides):
        return _("Too few people have learned something here to be told outside the commune.")
    if not cohort.learned:
        return _("Nobody was seen alone with a service yet in these months.")
    if not cohort.due:
        return _("It is too early: nobody's %(days)s days are over. Please go on looking again.") % {
            "days": days
        }
    return ngettext(
        "Of %(num)s skill that was learned, after %(days)s days still there: %(share)s.",
        "Of %(num)s skills that were learned, after %(days)s days still there: %(share)s.",
        cohort.due,
    ) % {"num": format_number(cohort.due), "days": days, "share": share_text(cohort)}


def lines_by_place(
    places: Mapping[str, Mapping[str, int]], names: Mapping[str, str], days: int, above: str, *, hides: bool
) -> list[CohortLine]:
    """The places, most skills lost or not found again first: where somebody should go. above: the address under which
    each place has a page; "" where it has none."""
    if hides:  # a place is listed whether somebody has learned there or not
        places = {key: {} for key in names} | dict(places)
    told = [(names.get(key, key), key, summed([counts], days, hides=hides)) for key, counts in places.items()]
    told.sort(key=lambda one: (-(one[2].fell + one[2].not_found), one[0]))
    return [
        (
            cohort_line(name, one)
            if is_told(one, hides=hides)
            else CohortLine(name, _("fewer than 5"), "–", "", [])
        )._replace(href=f"{above}/{key}" if above else "")
        for name, key, one in told[:MOST_PLACES]
    ]
