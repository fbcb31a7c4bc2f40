"""What the reader chose to see, as the address says it; and the addresses of everything one click away."""

from collections.abc import Mapping
from dataclasses import dataclass, fields, replace
from datetime import date
from enum import StrEnum
from typing import Any, TypeVar
from urllib.parse import urlencode

from litestar.exceptions import ClientException

from volunteer_app.domain.measures import Measure
from volunteer_app.domain.periods import Span
from volunteer_app.domain.public_services import PUBLIC_SERVICES, core_slugs

QUIET_DAYS = (7, 14, 30, 60)
"""From how many days without a visit a place is on the list of those left alone."""

Word = TypeVar("Word", bound=StrEnum)


@dataclass(frozen=True)
class View:
    """The choices; each field is the query parameter of its name.

    sort: a column's key, with "-" in front for the largest first; empty: the order of the places.
    """

    measure: Measure = Measure.COVERAGE
    service: str = core_slugs()[0]
    span: Span = Span.ALL
    first_day: date | None = None
    last_day: date | None = None
    sort: str = ""
    quiet: int = QUIET_DAYS[1]


def view_of(query: Mapping[str, str]) -> View:
    """The choices in an address. Raises ClientException (400) for words that mean nothing."""
    service = query.get("service") or View.service
    quiet = query.get("quiet") or str(View.quiet)
    if service not in PUBLIC_SERVICES or quiet not in map(str, QUIET_DAYS):
        raise ClientException
    return View(
        measure=_word(Measure, query.get("measure"), View.measure),
        service=service,
        span=_word(Span, query.get("span"), View.span),
        first_day=_day(query.get("first_day")),
        last_day=_day(query.get("last_day")),
        sort=query.get("sort", ""),
        quiet=int(quiet),
    )


def address(path: str, view: View, **changes: Any) -> str:
    """The address of a view; what is as usual is left out."""
    view = replace(view, **changes)
    chosen = {field.name: getattr(view, field.name) for field in fields(view)}
    usual = {field.name: field.default for field in fields(view)}
    if view.measure is not Measure.ALONE:
        del chosen["service"]
    if view.span is not Span.DATES:
        del chosen["first_day"], chosen["last_day"]
    query = urlencode({name: value for name, value in chosen.items() if value != usual[name]})
    return f"{path}?{query}" if query else path


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
