"""Which lists of those left behind somebody asks for, as the address says it."""

from collections.abc import Mapping
from dataclasses import dataclass, fields, replace
from typing import Any
from urllib.parse import urlencode

from litestar.exceptions import ClientException

from volunteer_app.domain.languages import LANGUAGES
from volunteer_app.domain.left_behind import Ranking
from volunteer_app.domain.places import Signal
from volunteer_app.pages.coverage.view import QUIET_DAYS
from volunteer_app.storage.coverage import Counted


@dataclass(frozen=True)
class LeftView:
    """The choices; each field is the query parameter of its name. ranking: None for all lists, each in short.

    signal, language: only hamlets with this signal, or where this language is spoken; "" for all.
    """

    ranking: Ranking | None = None
    quiet: int = QUIET_DAYS[1]
    signal: str = ""
    language: str = ""


def left_view(query: Mapping[str, str]) -> LeftView:
    """The choices in an address. Raises ClientException (400) for words that mean nothing."""
    quiet, signal, language = (query.get(name, "") for name in ("quiet", "signal", "language"))
    is_known = (
        (not quiet or quiet in map(str, QUIET_DAYS))
        and (not signal or signal in list(Signal))
        and (not language or language in LANGUAGES)
        and not (signal and language)
    )
    if not is_known or query.get("ranking", "") not in ("", *Ranking):
        raise ClientException
    ranking = Ranking(query["ranking"]) if query.get("ranking") else None
    return LeftView(ranking, int(quiet or LeftView.quiet), signal, language)


def address(path: str, view: LeftView, **changes: Any) -> str:
    """The address of a view; what is as usual is left out."""
    view = replace(view, **changes)
    chosen = {
        one.name: getattr(view, one.name) for one in fields(view) if getattr(view, one.name) != one.default
    }
    return f"{path}?{urlencode(chosen)}" if chosen else path


def is_chosen(hamlet: Counted, signal: str, language: str) -> bool:
    """Does a hamlet pass the filter?"""
    return (not signal or hamlet.signal == signal) and (not language or language in hamlet.languages)
