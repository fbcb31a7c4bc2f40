"""The five classes of a map in words, for the legends of the desk's maps and of the phone's."""

from bisect import bisect_right
from itertools import pairwise

from volunteer_app.domain.figures.coverage import AT_LEAST_DAYS, Recency
from volunteer_app.domain.figures.measures import Measure, classes_of
from volunteer_app.i18n import format_number
from volunteer_app.i18n import gettext as _

ON_PHONES = (Measure.COVERAGE, Measure.INDEPENDENT, Measure.STALENESS)
"""What a phone can tell by itself of the hamlets that it carries."""


def scale_of(measure: Measure, *, of_communes: bool = False) -> list[str]:
    """What each class holds, from least to most."""
    starts = classes_of(measure, of_communes=of_communes)
    unit = "" if measure in (Measure.GAP, Measure.STALENESS) else " %"
    labels = [f"{format_number(a)}–{format_number(b - 1)}{unit}" for a, b in pairwise(starts)]
    last = {"number": format_number(starts[-1])}
    if measure is Measure.STALENESS:
        return [*labels, _("%(number)s and more, or never") % last]
    return [*labels, f"{format_number(starts[-1])}–100 %" if unit else _("%(number)s and more") % last]


def recency_scale() -> list[tuple[int, str]]:
    """The classes of "days without a visit" where only the months are told: each with its words."""
    words = {
        Recency.THIS_MONTH: _("this month"),
        Recency.THREE_MONTHS: _("1–3 months ago"),
        Recency.LONGER: _("longer ago, or never"),
    }
    return [
        (bisect_right(classes_of(Measure.STALENESS), AT_LEAST_DAYS[one]), text) for one, text in words.items()
    ]


def scales_on_phones() -> list[tuple[str, str, list[str]]]:
    """(measure, where its classes begin, each class in words), for the hamlets' map on a phone."""
    return [(one.value, " ".join(map(str, classes_of(one))), scale_of(one)) for one in ON_PHONES]
