"""Texts that are spoken in people's languages: each step of a guide, each portal term, the question for consent.

A text has a key that stays and a mark of what it says: when the text changes, what was recorded of it is out of date.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from hashlib import blake2b

from volunteer_app.domain.glossary import Term
from volunteer_app.domain.guides import Guide


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

    @property
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
    guides: Iterable[Guide], terms: Iterable[Term], consent: Iterable[SpokenText]
) -> Iterator[SpokenText]:
    """Every text to speak: consent first, then the guides in their order, then the terms."""
    yield from consent
    for guide in guides:
        for step in guide.steps:
            yield SpokenText(
                step_key(guide.slug, step.key), step.action, guide.title, step.explanation, step.picture
            )
    for term in terms:
        yield SpokenText(f"term.{term.key}", f"{term.title}: {term.text}", term.title)
