"""The lists of those left behind in the reader's words."""

from datetime import date, datetime
from typing import NamedTuple

from volunteer_app.domain.calendar import local_day
from volunteer_app.domain.figures.left_behind import RANKING_NAMES, Ranked, Ranking, ranked
from volunteer_app.domain.figures.measures import MeasuredPlace
from volunteer_app.domain.places import SIGNAL_NAMES, Signal
from volunteer_app.i18n import format_number, ngettext
from volunteer_app.i18n import gettext as _
from volunteer_app.pages.coverage.filters import language_text
from volunteer_app.pages.coverage.table import days_ago, recency_text, source_text
from volunteer_app.pages.left_behind.view import LeftView, address
from volunteer_app.storage.figures.coverage import Counted
from volunteer_app.storage.figures.left_behind import SilentPhone

IN_SHORT, IN_FULL = 8, 200
"""How many lines a list has beside the others, and alone."""


class RankedRow(NamedTuple):
    """A line: which place, its number with what it was made from, and how long its bar is (in percent)."""

    name: str
    where: str
    number: str
    note: str
    part: int


class ListedRanking(NamedTuple):
    """A ranked list. rows: the first of `length`; href: all of it; behind: its households, if one may read them."""

    key: str
    title: str
    why: str
    rows: list[RankedRow]
    length: int
    href: str
    behind: str


def title_of(ranking: Ranking, quiet: int, *, by_month: bool) -> str:
    """A list's heading. by_month: is the last visit told by months only?"""
    if ranking is Ranking.QUIET and by_month:
        return _("No visit in this month")
    if ranking is Ranking.QUIET:
        return _("No visit for %(days)s days") % {"days": quiet}
    return _(RANKING_NAMES[ranking])


def listed(
    ranking: Ranking,
    view: LeftView,
    path: str,
    places: list[tuple[MeasuredPlace, Counted, str]],
    day: date,
    behind: str,
    *,
    by_month: bool,
) -> ListedRanking:
    """One list. places: each with what is known of it and the name of its commune ("" where that is plain).
    by_month: is the last visit told by months only?"""
    found = ranked(ranking, [place for place, _, _ in places], day, view.quiet)
    most = max((row.weight for row in found), default=0) or 1
    shown = found[: IN_FULL if view.ranking else IN_SHORT]
    keys = {row.place.key for row in shown}
    of = {place.key: (counted, commune) for place, counted, commune in places if place.key in keys}
    rows = []
    for row in shown:
        counted, commune = of[row.place.key]
        number, note = _said(ranking, row)
        if ranking is Ranking.UNREACHED:
            note = " · ".join(filter(None, [note, attributes_text(counted)]))
        rows.append(RankedRow(row.place.name, commune, number, note, max(0, round(100 * row.weight / most))))
    href = "" if view.ranking else address(path, view, ranking=ranking)
    return ListedRanking(
        ranking.value,
        title_of(ranking, view.quiet, by_month=by_month),
        _WHY[ranking](),
        rows,
        len(found),
        href,
        behind,
    )


_WHY = {
    Ranking.QUIET: lambda: _("Hamlets where the last visit was long ago."),
    Ranking.UNREACHED: lambda: _("Hamlets where no household has been met, the largest first."),
    Ranking.GAP: lambda: _("Official households less those that can use every core service alone."),
    Ranking.RELAPSE: lambda: _("Households that could use a service alone and no longer can."),
}


def _said(ranking: Ranking, row: Ranked) -> tuple[str, str]:
    place = row.place
    if ranking is Ranking.QUIET and place.recency is not None:
        return recency_text(place.recency), ""
    if ranking is Ranking.QUIET:
        return ngettext("%(num)s day", "%(num)s days", row.number or 0) % {"num": row.number}, ""
    if row.number is None:
        if ranking is Ranking.UNREACHED:
            return "?", _("official number not known")
        return "•", _("hidden")
    number = format_number(row.number)
    if ranking is Ranking.UNREACHED:
        last = place.figures.last_visit_on
        tried = "" if last is None else _("visited, nobody met")
        return _("%(number)s households") % {"number": number}, " · ".join(
            filter(None, [source_text(place.official), tried])
        )
    if ranking is Ranking.GAP:
        whole = {
            "whole": format_number(place.official.households or 0),
            "source": source_text(place.official),
        }
        return number, _("of %(whole)s households (%(source)s)") % whole
    met = place.counts["met_so_far"]
    note = (
        ""
        if "met_so_far" in place.hidden
        else _("of %(whole)s households met") % {"whole": format_number(met)}
    )
    return number, note


def attributes_text(hamlet: Counted) -> str:
    """Signal and languages of a hamlet: facts of the place, never of a family."""
    said = [_(SIGNAL_NAMES[hamlet.signal])] if hamlet.signal is not Signal.UNKNOWN else []
    names = [language_text(tag) for tag in hamlet.languages]
    return " · ".join([*said, *([", ".join(names)] if names else [])])


def phone_rows(
    phones: list[SilentPhone], names: dict[str, str], now: datetime, *, with_people: bool
) -> list[RankedRow]:
    """Phones not heard from, longest first; by person for the team, by commune without a name for everybody else."""
    today = local_day(now)
    longest = max(((today - local_day(one.last_contact_at)).days for one in phones), default=1) or 1
    rows = []
    if with_people:
        for one in phones:
            days = (today - local_day(one.last_contact_at)).days
            rows.append(
                RankedRow(
                    one.name, names.get(one.commune_code, ""), days_ago(days), "", round(100 * days / longest)
                )
            )
        return rows
    for code in dict.fromkeys(one.commune_code for one in phones):
        of_place = [one for one in phones if one.commune_code == code]
        days = (today - local_day(of_place[0].last_contact_at)).days
        said = ngettext("%(num)s phone", "%(num)s phones", len(of_place)) % {"num": len(of_place)}
        since = _("longest silent: %(ago)s") % {"ago": days_ago(days)}
        rows.append(RankedRow(names.get(code, ""), "", said, since, round(100 * days / longest)))
    return rows
