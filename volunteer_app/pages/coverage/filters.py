"""Only some hamlets: by their signal or by a language spoken there. Facts of the place, never of a family."""

from collections.abc import Collection
from typing import Any, Protocol

from volunteer_app.domain.languages import LANGUAGES
from volunteer_app.domain.places import SIGNAL_NAMES, Signal
from volunteer_app.i18n import gettext as _
from volunteer_app.i18n import language_now


class Described(Protocol):
    """What has a signal and languages: a hamlet, or what hamlets of a place have in common."""

    @property
    def signal(self) -> Signal:
        """Mobile signal there."""
        ...

    @property
    def languages(self) -> Collection[str]:
        """Language tags."""
        ...


def is_filter(signal: str, language: str) -> bool:
    """Do these words name one filter, or none? One at a time: of two at once a single hamlet could be left."""
    known = (not signal or signal in list(Signal)) and (not language or language in LANGUAGES)
    return known and not (signal and language)


def is_chosen(hamlet: Described, signal: str, language: str) -> bool:
    """Does a hamlet pass the filter?"""
    return (not signal or hamlet.signal == signal) and (not language or language in hamlet.languages)


def language_text(tag: str) -> str:
    """A language's name for the reader."""
    language = LANGUAGES.get(tag)
    if language is None:
        return tag
    return language.english if language_now.get() == "en" else language.name


def filters_of(
    path: str, view: Any, hamlets: Collection[Described], to: Any
) -> tuple[list[tuple[str, str, bool]], list[tuple[str, str, bool]]]:
    """(address, words, is chosen) for each signal and each language that hamlets here have. to: address of a view."""
    signals = [signal for signal in Signal if any(hamlet.signal is signal for hamlet in hamlets)]
    languages = sorted({tag for hamlet in hamlets for tag in hamlet.languages}, key=language_text)
    if not view.signal and signals == [Signal.UNKNOWN]:
        signals = []

    def offered(name: str, other: str, one: str, words: str) -> tuple[str, str, bool]:
        is_chosen = getattr(view, name) == one
        return to(path, view, **{name: "" if is_chosen else one, other: ""}), words, is_chosen

    return (
        [offered("signal", "spoken", one.value, _(SIGNAL_NAMES[one])) for one in signals],
        [offered("spoken", "signal", tag, language_text(tag)) for tag in languages],
    )


def narrowed_text(signal: str, language: str) -> str:
    """Which hamlets alone are counted, in words; "" when all are."""
    if signal:
        return _("Only hamlets with: %(what)s") % {"what": _(SIGNAL_NAMES[Signal(signal)])}
    if language:
        return _("Only hamlets where this language is spoken: %(language)s") % {
            "language": language_text(language)
        }
    return ""
