"""The style sheet of Vietnamese words (từ dùng): one word for one thing, and no sentence too long to be heard."""

import re
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Literal

from pydantic import ConfigDict, TypeAdapter
from pydantic.dataclasses import dataclass

from volunteer_app.domain.guides.guide import Text

WORDS_FILE = Path(__file__).parent.parent / "words.toml"

Place = Literal["pages", "guides"]

QUOTED = re.compile(r"“[^”]*”")
PLACEHOLDER = re.compile(r"%\(\w+\)[sd]|\{\w*\}")
SENTENCE_END = re.compile(r"(?<=[.!?…])\s+")


@dataclass(frozen=True, config=ConfigDict(extra="forbid"))
class Thing:
    """One thing and its one word. never: the words that do not stand for it. where: None is everywhere."""

    thing: Text
    say: Text
    never: tuple[Text, ...]
    where: Place | None = None

    def wrong_in(self, said: str) -> list[str]:
        """The words of it that should not stand in a text, as it was made ready by `problems_in`."""
        return [word for word in self.never if re.search(rf"(?<!\w){re.escape(word.casefold())}(?!\w)", said)]


_source = tomllib.loads(WORDS_FILE.read_text(encoding="utf-8"))
LONGEST_SENTENCE: int = _source["longest_sentence"]
"""In words; what is longer cannot be kept in the ear."""
THINGS = TypeAdapter(list[Thing]).validate_python(_source["thing"])


def problems_in(text: str, place: Place) -> Iterator[str]:
    """What is wrong with a Vietnamese text there, one line each; the words on real buttons (“ ”) are left alone."""
    said = PLACEHOLDER.sub("#", QUOTED.sub("“”", text)).casefold()
    for thing in THINGS:
        if thing.where in (None, place):
            for word in thing.wrong_in(said):
                yield f"“{word}” should be “{thing.say}”"
    if place == "guides":
        for sentence in SENTENCE_END.split(text):
            if (length := len(sentence.split())) > LONGEST_SENTENCE:
                yield f"{length} words in one sentence, {LONGEST_SENTENCE} at most"
