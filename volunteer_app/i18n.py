"""Languages of the interface: which one, and its sentences. Hides Babel behind a few functions.

English is the source of interface sentences; Vietnamese is what people see first. Guides have Vietnamese as their
source and a catalog of their own (`guides.po`).
"""

from contextvars import ContextVar
from datetime import date, datetime
from functools import cache
from gettext import NullTranslations
from io import BytesIO
from pathlib import Path

from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po
from babel.support import Translations

from volunteer_app.domain import languages
from volunteer_app.domain.calendar import VIETNAM, local_day
from volunteer_app.domain.problems import Problem

LOCALES = Path(__file__).parent / "locales"
LANGUAGES = {tag: language.own for tag, language in languages.LANGUAGES.items() if language.interface}
"""The languages that the app itself can be read in, with their own names."""
DEFAULT_LANGUAGE = languages.SOURCE

language_now: ContextVar[str] = ContextVar("language", default=DEFAULT_LANGUAGE)
"""The language of the request being answered."""


@cache
def catalog(language: str, domain: str = "messages") -> NullTranslations:
    """The sentences of a language; those of the source language when it has no catalog."""
    path = LOCALES / language / "LC_MESSAGES" / f"{domain}.po"
    if not path.exists():
        return NullTranslations()
    with path.open("rb") as file:
        sentences = read_po(file)
    compiled = BytesIO()
    write_mo(compiled, sentences)
    compiled.seek(0)
    return Translations(compiled, domain=domain)


def gettext(message: str) -> str:
    """An English sentence in the language of the request."""
    return catalog(language_now.get()).gettext(message)


def ngettext(one: str, many: str, count: int) -> str:
    """An English sentence about a number of things, in the language of the request."""
    return catalog(language_now.get()).ngettext(one, many, count)


def sentence_of(problem: Problem, language: str | None = None) -> str:
    """A problem as a sentence in the reader's language."""
    text = catalog(language or language_now.get()).gettext(problem.sentence)
    return text % problem.values if problem.values else text


def format_day(day: date | datetime) -> str:
    """05/11/2026, in every language; of a moment, its day in Vietnam."""
    if isinstance(day, datetime):
        day = local_day(day)
    return f"{day.day:02}/{day.month:02}/{day.year:04}"  # as strftime would, in a fifth of its time


def format_moment(moment: datetime) -> str:
    """14:30 05/11/2026, in Vietnam's time."""
    return moment.astimezone(VIETNAM).strftime("%H:%M %d/%m/%Y")


def format_number(number: float, digits: int = 0) -> str:
    """1.234.567,8 in Vietnamese, 1,234,567.8 in English."""
    if type(number) is int and -1000 < number < 1000 and not digits:
        return str(number)
    text = f"{number:,.{digits}f}"
    return text if language_now.get() == "en" else text.translate(_COMMAS_AND_POINTS)


_COMMAS_AND_POINTS = str.maketrans(",.", ".,")


def spoken_name(tag: str) -> str:
    """What a language of the people is called in the reader's language; its tag when nobody gave it a name."""
    language = languages.LANGUAGES.get(tag)
    if language is None:
        return tag
    return language.english if language_now.get() == "en" else language.name
