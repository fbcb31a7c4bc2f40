"""Texts that are spoken in people's languages: all that a citizen is told in a guide, each portal term, what is said at
the door.

A text has a key that stays and a mark of what it says: when the text changes, what was recorded of it is out of date.
Where two texts say the same, a voice of one is the voice of both.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cached_property
from hashlib import blake2b

from volunteer_app.domain.glossary import Term
from volunteer_app.domain.guides.figures import said
from volunteer_app.domain.guides.guide import Guide, Remedy
from volunteer_app.domain.problems import N_

DOUBT_KEY = "doubt"
"""What is said after everything that is to be checked: one recording serves every guide."""

NEVER_KEY = "never"
NEVER_TEXT = N_(
    "Whoever helps you never asks for a one-time code (OTP), a password or passcode, money, or your papers to keep "
    "or to photograph. The police and the commune never phone you to upgrade or update anything, and never send a link "
    "or an app file. The team leader phones only to arrange a day. If somebody does otherwise: hang up, press nothing, "
    "and ask the commune police."
)
"""What helpers never ask for, as it is said aloud (C6); `pages/public/_never.html` shows it."""


@dataclass(frozen=True)
class SpokenText:
    """One text to speak. text: the Vietnamese to say. more: what may be added when people ask. about: where it stands.

    picture: of the guides' pictures, or None.
    """

    key: str
    text: str
    about: str
    more: str = ""
    picture: str | None = None

    @cached_property
    def mark(self) -> str:
        """Changes when the text does."""
        return mark_of(self.text)


def mark_of(text: str) -> str:
    """The mark of what a text says."""
    return blake2b(text.encode(), digest_size=8).hexdigest()


def step_key(slug: str, step: str) -> str:
    """The key of a guide's step."""
    return f"step.{slug}.{step}"


def consent_key(version: int) -> str:
    """The key of the question for consent: a new wording is a new text."""
    return f"consent.{version}"


def answers_key(version: int) -> str:
    """The key of how the question is answered without reading."""
    return f"consent-answers.{version}"


def spoken_texts(
    guides: Iterable[Guide], terms: Iterable[Term], door: Iterable[SpokenText]
) -> Iterator[SpokenText]:
    """Every text to speak: what is said at the door first, then the guides in their order, then the terms."""
    yield from door
    for guide in guides:
        yield from texts_of(guide)
    for term in terms:
        yield SpokenText(f"term.{term.key}", term.spoken, term.title)


def texts_of(guide: Guide) -> Iterator[SpokenText]:
    """All that a guide tells a citizen: its steps first, for they matter most.

    Phones list the same texts in the same order (`static/js/spoken_texts.js`).
    """
    slug, title = guide.slug, guide.title
    for step in guide.steps:
        yield SpokenText(step_key(slug, step.key), step.action, title, step.explanation, step.picture)
    yield SpokenText(f"summary.{slug}", guide.summary, title, picture=guide.picture)
    for asked in guide.situations:
        yield SpokenText(f"question.{slug}.{asked.key}", asked.question, title)
        for option in asked.options:
            key = f"option.{slug}.{asked.key}.{option.key}"
            yield SpokenText(key, option.label, asked.question, picture=option.picture)
    for figure in guide.figures:
        yield SpokenText(f"figure.{slug}.{figure.key}", said(figure), title)
    for number, warning in enumerate(guide.warnings, 1):
        yield SpokenText(f"warning.{slug}.{number}", warning.text, title)
    for thing in guide.prepare:
        yield SpokenText(f"prepare.{slug}.{thing.key}", thing.text, title, picture=thing.picture)
    if guide.teach_back:
        yield SpokenText(f"teach-back.{slug}", guide.teach_back.ask, title)
    yield from _remedies(f"remedy.{slug}", guide.remedies, title, guide.picture)
    for step in guide.steps:
        yield from _remedies(f"remedy.{slug}.{step.key}", step.remedies, step.action, step.picture)


def _remedies(key: str, remedies: Iterable[Remedy], about: str, picture: str) -> Iterator[SpokenText]:
    for number, remedy in enumerate(remedies, 1):
        yield SpokenText(f"{key}.{number}", remedy.text, about, picture=picture)
