"""What lasts, in the reader's words."""

from collections import Counter
from collections.abc import Iterable, Mapping
from typing import NamedTuple

from volunteer_app.domain.figures.cohort import COUNTED, Cohort, cohort_of
from volunteer_app.domain.figures.small_cells import told_outside
from volunteer_app.domain.problems import N_
from volunteer_app.i18n import format_number, ngettext
from volunteer_app.i18n import gettext as _

PART_NAMES = (
    N_("Still alone, seen by a second person"),
    N_("Still alone, seen by the same helper only"),
    N_("Fell back"),
    N_("Not needed any more"),
    N_("Not found again"),
)
"""The parts of a cohort, in their order."""

MOST_PLACES = 200
"""How many places are listed."""


class Told(NamedTuple):
    """A cohort as it is told: exactly, or rounded outside the commune. hidden: too few to be told."""

    cohort: Cohort
    hidden: bool = False


class Line(NamedTuple):
    """A row: a place, what was learned, the parts, the share with its interval in words. parts: of 100, for the bar."""

    name: str
    learned: str
    numbers: list[str]
    share: str
    parts: list[float]


def summed(counts: Iterable[Mapping[str, int]], days: int, *, hides: bool) -> Told:
    """Several months or places as one. hides: as it is told outside the commune; each is then rounded before it is
    added, so that no sum says more than its parts."""
    total: Counter[str] = Counter(dict.fromkeys(COUNTED, 0))
    hidden = False
    for one in counts:
        if hides and told_outside(one[f"due_{days}"], one[f"due_{days}"]) is None:
            hidden = True
            continue
        for name in COUNTED:
            total[name] += (told_outside(one[name], one[name]) or 0) if hides else one[name]
    return Told(_whole(cohort_of(total, days)), hidden and not total[f"due_{days}"])


def _whole(cohort: Cohort) -> Cohort:
    """Rounded parts never come to more than the whole."""
    most = max(cohort.due, cohort.still + cohort.same + cohort.fell + cohort.unneeded)
    return cohort._replace(due=most, learned=max(most, cohort.learned))


def line_of(name: str, told: Told) -> Line:
    """A row of the table."""
    cohort = told.cohort
    parts = (cohort.still, cohort.same, cohort.fell, cohort.unneeded, cohort.not_found)
    if told.hidden or not cohort.due:
        nothing = "•" if told.hidden else "–"
        return Line(name, format_number(cohort.learned), [nothing] * len(parts), nothing, [])
    return Line(
        name,
        format_number(cohort.learned),
        [format_number(part) for part in parts],
        share_of(cohort),
        [100 * part / cohort.due for part in parts],
    )


def share_of(cohort: Cohort) -> str:
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


def headline(told: Told, days: int) -> str:
    """The first sentence."""
    cohort = told.cohort
    if told.hidden:
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
    ) % {"num": format_number(cohort.due), "days": days, "share": share_of(cohort)}


def lines_by_place(
    places: Mapping[str, Mapping[str, int]], names: Mapping[str, str], days: int, *, hides: bool
) -> list[Line]:
    """The places, most skills lost or not found again first: where somebody should go."""
    told = [(names.get(key, key), summed([counts], days, hides=hides)) for key, counts in places.items()]
    told.sort(key=lambda one: (-(one[1].cohort.fell + one[1].cohort.not_found), one[0]))
    return [line_of(name, one) for name, one in told[:MOST_PLACES]]
