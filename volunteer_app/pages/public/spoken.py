"""Guides in the languages that people speak at home: published voices and words, for everybody's phone."""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from hashlib import blake2b
from time import monotonic
from typing import NamedTuple

from volunteer_app.domain.guides.guide import Guide
from volunteer_app.domain.languages import LANGUAGES, Language, fallbacks
from volunteer_app.domain.recordings import Recording, Review, published
from volunteer_app.domain.spoken_texts import NEVER_KEY, texts_of
from volunteer_app.domain.translations import Translation
from volunteer_app.pages.voices.texts import all_texts, sentences
from volunteer_app.storage import recordings, translations
from volunteer_app.storage.database import Database, is_fault_of_the_database

REST_SECONDS = 60
"""How long what was looked up is good for: a new voice reaches public pages within a minute."""


class Voice(NamedTuple):
    """A text in somebody's voice. language: which one is heard."""

    language: Language
    url: str
    size: int


@dataclass(frozen=True)
class Spoken:
    """What is published in one language. voices, words: by the Vietnamese sentence that they say."""

    language: Language
    voices: Mapping[str, Voice] = field(default_factory=dict)
    words: Mapping[str, str] = field(default_factory=dict)

    def voices_of(self, guide: Guide) -> dict[str, Voice]:
        """The voices of a guide's steps, by step."""
        found = {step.key: self.voices.get(step.action) for step in guide.steps}
        return {key: voice for key, voice in found.items() if voice}

    def sound_of(self, guide: Guide) -> int:
        """Bytes of all that is heard of a guide."""
        heard = {voice.url: voice.size for text in texts_of(guide) if (voice := self.voices.get(text.text))}
        return sum(heard.values())

    def tells(self, guide: Guide) -> bool:
        """Whether somebody has said or written a step of this guide in just this language."""
        is_heard = any(voice.language == self.language for voice in self.voices_of(guide).values())
        return is_heard or any(step.action in self.words for step in guide.steps)


class SpokenLanguages:
    """Every language of the list with what is published in it, looked up once a minute."""

    def __init__(self) -> None:
        self._known: dict[str, Spoken] = {}
        self._asked_at = float("-inf")
        self.mark = ""

    async def now(self, database: Database) -> dict[str, Spoken]:
        """What is published. `mark` changes when that does."""
        if monotonic() - self._asked_at >= REST_SECONDS:
            try:
                async with database.reading() as db:
                    voices = await recordings.published_anywhere(db)
                    words = await translations.published_anywhere(db)
            except Exception as error:
                if not is_fault_of_the_database(error):
                    raise
                return self._known or spoken_in(
                    (), ()
                )  # guides lie in files: they are read without a database
            self._known = spoken_in(voices, words)
            self.mark = blake2b(repr(self._known).encode(), digest_size=8).hexdigest()
            self._asked_at = monotonic()
        return self._known


def tongues_of(texts: Iterable[str], spoken: Iterable[Spoken]) -> list[tuple[Language, int]]:
    """The languages in which somebody has said or written one of these texts, each with the bytes of what is heard."""
    wanted, found = list(texts), []
    for one in spoken:
        voices = [voice for text in wanted if (voice := one.voices.get(text))]
        if any(voice.language == one.language for voice in voices) or any(
            text in one.words for text in wanted
        ):
            found.append((one.language, sum(voice.size for voice in voices)))
    return found


def never_asked(spoken: Iterable[Spoken]) -> list[Voice]:
    """What helpers never ask for, in every language in which somebody has said just that."""
    heard = [(one.language, one.voices.get(all_texts()[NEVER_KEY].text)) for one in spoken]
    return [voice for language, voice in heard if voice and voice.language == language]


def spoken_in(recorded: Iterable[Recording], translated: Iterable[Translation]) -> dict[str, Spoken]:
    """By language what still says its text; of several the newest."""
    marks = sentences()
    by_mark: dict[tuple[str, str], list[Recording]] = defaultdict(list)
    for recording in recorded:
        by_mark[recording.language, recording.text_mark].append(recording)
    own: dict[str, dict[str, Voice]] = defaultdict(dict)
    for (tag, mark), some in by_mark.items():
        language = LANGUAGES.get(tag)
        if language and mark in marks and (row := published(some, mark)):
            own[tag][marks[mark]] = Voice(language, f"/media/voices/{row.file}", row.size)
    words: dict[str, dict[str, str]] = defaultdict(dict)
    for row in translated:
        if row.review is Review.APPROVED and row.source_mark in marks:
            words[row.language][marks[row.source_mark]] = row.text
    return {
        tag: Spoken(language, _heard(own, tag), words.get(tag, {})) for tag, language in LANGUAGES.items()
    }


def _heard(own: Mapping[str, Mapping[str, Voice]], tag: str) -> dict[str, Voice]:
    """A language's voices, else those heard instead. A language of the pages has phones' own voices instead."""
    heard: dict[str, Voice] = {}
    for spoken in [tag] if LANGUAGES[tag].interface else reversed(fallbacks(tag)):
        heard |= own.get(spoken, {})
    return heard
