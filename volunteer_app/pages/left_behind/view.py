"""Which lists of those left behind somebody asks for, as the address says it."""

from collections.abc import Mapping
from dataclasses import dataclass, fields, replace
from typing import Any
from urllib.parse import urlencode

from litestar.exceptions import ClientException

from volunteer_app.domain.figures.left_behind import QUIET_BY_DEFAULT, QUIET_DAYS, Ranking
from volunteer_app.pages.coverage.filters import is_filter


@dataclass(frozen=True)
class LeftView:
    """The choices; each field is the query parameter of its name. ranking: None for all lists, each in short.

    signal, spoken: only hamlets with this signal, or where this language is spoken; "" for all.
    """

    ranking: Ranking | None = None
    quiet: int = QUIET_BY_DEFAULT
    signal: str = ""
    spoken: str = ""


def left_view(query: Mapping[str, str]) -> LeftView:
    """The choices in an address. Raises ClientException (400) for words that mean nothing."""
    quiet, signal, spoken = (query.get(name, "") for name in ("quiet", "signal", "spoken"))
    is_known = (not quiet or quiet in map(str, QUIET_DAYS)) and is_filter(signal, spoken)
    if not is_known or query.get("ranking", "") not in ("", *Ranking):
        raise ClientException
    ranking = Ranking(query["ranking"]) if query.get("ranking") else None
    return LeftView(ranking, int(quiet or LeftView.quiet), signal, spoken)


def address(path: str, view: LeftView, **changes: Any) -> str:
    """The address of a view; what is as usual is left out."""
    view = replace(view, **changes)
    chosen = {
        one.name: getattr(view, one.name) for one in fields(view) if getattr(view, one.name) != one.default
    }
    return f"{path}?{urlencode(chosen)}" if chosen else path
