"""What the reader chose to see, as the address says it; and the addresses of everything one click away."""

from collections.abc import Mapping
from dataclasses import dataclass, fields, replace
from datetime import date
from enum import StrEnum
from typing import Any, TypeVar
from urllib.parse import urlencode

from litestar.exceptions import ClientException

from volunteer_app.domain.blockers import Blocker
from volunteer_app.domain.figures.left_behind import QUIET_BY_DEFAULT, QUIET_DAYS
from volunteer_app.domain.figures.measures import Measure
from volunteer_app.domain.periods import Span
from volunteer_app.domain.public_services import PUBLIC_SERVICES, core_slugs
from volunteer_app.pages.coverage.filters import is_filter

FURTHEST_BACK = {Span.ALL: 11, Span.DAY: 13, Span.WEEK: 25, Span.MONTH: 11, Span.QUARTER: 7, Span.DATES: 0}
"""How far back the slider of each span goes."""

Word = TypeVar("Word", bound=StrEnum)


class Beside(StrEnum):
    """What stands beside one another: one map, the last periods, or every measure."""

    NOTHING = ""
    TIME = "time"
    MEASURES = "measures"


@dataclass(frozen=True)
class View:
    """The choices; each field is the query parameter of its name.

    back: so many spans before the one that is running (months, from the beginning), at most `FURTHEST_BACK`.
    blocker: which one the map of blockers is about; "" for all.
    signal, spoken: only hamlets with this signal, or where this language is spoken; "" for all.
    sort: a column's key, with "-" in front for the largest first; empty: the order of the places.
    """

    measure: Measure = Measure.COVERAGE
    service: str = core_slugs()[0]
    span: Span = Span.ALL
    first_day: date | None = None
    last_day: date | None = None
    sort: str = ""
    quiet: int = QUIET_BY_DEFAULT
    back: int = 0
    blocker: str = ""
    signal: str = ""
    spoken: str = ""
    beside: Beside = Beside.NOTHING


USUAL = {field.name: field.default for field in fields(View)}
"""What is seen while nothing is chosen."""


def view_of(query: Mapping[str, str]) -> View:
    """The choices in an address. Raises ClientException (400) for words that mean nothing."""
    service = query.get("service") or View.service
    quiet = query.get("quiet") or str(View.quiet)
    blocker, signal, spoken = (query.get(name, "") for name in ("blocker", "signal", "spoken"))
    span = _word(Span, query.get("span"), View.span)
    back = query.get("back") or "0"
    if (
        service not in PUBLIC_SERVICES
        or quiet not in map(str, QUIET_DAYS)
        or (blocker and blocker not in list(Blocker))
        or not is_filter(signal, spoken)
        or back not in map(str, range(FURTHEST_BACK[span] + 1))
    ):
        raise ClientException
    return View(
        measure=_word(Measure, query.get("measure"), View.measure),
        service=service,
        span=span,
        first_day=_day(query.get("first_day")),
        last_day=_day(query.get("last_day")),
        sort=query.get("sort", ""),
        quiet=int(quiet),
        back=int(back),
        blocker=blocker,
        signal=signal,
        spoken=spoken,
        beside=_word(Beside, query.get("beside"), View.beside),
    )


TOLD_OUTSIDE = (Span.ALL, Span.WEEK, Span.MONTH, Span.QUARTER)
"""The periods that are told outside the commune: those of the calendar, the same for everybody. Two that somebody has
chosen could differ by what was done on a day."""


def in_calendar(view: View) -> View:
    """The view for whoever sees no small figures."""
    if view.span is Span.DAY:
        return replace(view, span=Span.WEEK, back=0)
    return view if view.span in TOLD_OUTSIDE else replace(view, span=Span.ALL, back=0)


def address(path: str, view: View, **changes: Any) -> str:
    """The address of a view; what is as usual is left out. Another span begins at the one that is running."""
    if "span" in changes:
        changes.setdefault("back", 0)
    query = urlencode(choices_of(replace(view, **changes)))
    return f"{path}?{query}" if query else path


def choices_of(view: View) -> dict[str, Any]:
    """The choices of a view that mean something in it and are not as usual, by their parameters."""
    means_nothing = set()
    if view.measure is not Measure.ALONE:
        means_nothing.add("service")
    if view.measure is not Measure.BLOCKERS:
        means_nothing.add("blocker")
    if view.span is not Span.DATES:
        means_nothing |= {"first_day", "last_day"}
    return {
        name: value
        for name, usual in USUAL.items()
        if (value := getattr(view, name)) != usual and name not in means_nothing
    }


def _word(kind: type[Word], text: str | None, usual: Word) -> Word:
    try:
        return kind(text) if text else usual
    except ValueError as error:
        raise ClientException from error


def _day(text: str | None) -> date | None:
    try:
        return date.fromisoformat(text) if text else None
    except ValueError as error:
        raise ClientException from error
