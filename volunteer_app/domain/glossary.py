"""The word list (từ ngữ): what the portal's and VNeID's words mean, in plain words that can be spoken (L10)."""

import re
import tomllib
from pathlib import Path

from pydantic import ConfigDict, TypeAdapter
from pydantic.dataclasses import dataclass

from volunteer_app.domain.guides.guide import Key, Text

GLOSSARY_FILE = Path(__file__).parent.parent / "glossary.toml"


@dataclass(frozen=True, config=ConfigDict(extra="forbid"))
class Term:
    """One word. title: as screens and officers say it. text: what it means. also: other ways it stands in texts."""

    key: Key
    title: Text
    text: Text
    also: tuple[Text, ...] = ()

    @property
    def spoken(self) -> str:
        """The word with its meaning, as it is said aloud."""
        return f"{self.title}: {self.text}"


def load_terms(source: str) -> list[Term]:
    """Every word of the list, in its order. Raises ValueError when one does not fit or stands there twice."""
    terms = TypeAdapter(list[Term]).validate_python(tomllib.loads(source)["term"])
    if len({term.key for term in terms}) < len(terms):
        raise ValueError("a word stands there twice")
    return terms


def terms_in(text: str, terms: list[Term]) -> list[Term]:
    """The words of the list that stand in a text, in the list's order."""
    said = text.casefold()

    def stands_there(word: str) -> bool:
        return re.search(rf"(?<!\w){re.escape(word.casefold())}(?!\w)", said) is not None

    return [term for term in terms if any(map(stands_there, (term.title, *term.also)))]


TERMS = load_terms(GLOSSARY_FILE.read_text(encoding="utf-8"))
