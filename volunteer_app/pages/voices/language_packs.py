"""Languages as phones carry them: what there is in each, and for those a phone keeps, every text and voice."""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from sqlmodel.ext.asyncio.session import AsyncSession

from volunteer_app.domain.languages import LANGUAGES, fallbacks
from volunteer_app.domain.permissions import Scope
from volunteer_app.domain.privacy_notice import KIND
from volunteer_app.domain.recordings import Recording, Standing, published, standing
from volunteer_app.domain.spoken_texts import SpokenText
from volunteer_app.domain.translations import as_published
from volunteer_app.pages.voices.texts import all_texts, sentences, texts_to_say
from volunteer_app.storage import recordings, translations


@dataclass(frozen=True)
class KeptVoices:
    """A province's recordings, found by language and text."""

    by_key: dict[tuple[str, str], list[Recording]] = field(default_factory=lambda: defaultdict(list))
    by_mark: dict[tuple[str, str], list[Recording]] = field(default_factory=lambda: defaultdict(list))

    def has(self, tag: str) -> bool:
        """Whether anything was recorded in a language."""
        return any(language == tag for language, _ in self.by_key)

    def of(self, tag: str, text: SpokenText) -> list[Recording]:
        """Recordings of this text, and of others that say the same; the newest first."""
        own = self.by_key.get((tag, text.key), [])
        same = [row for row in self.by_mark.get((tag, text.mark), []) if row.text_key != text.key]
        return sorted([*own, *same], key=lambda row: row.recorded_at, reverse=True)


async def kept_recordings(db: AsyncSession, scope: Scope, languages: Iterable[str]) -> KeptVoices:
    """What the province has recorded in these languages."""
    kept = KeptVoices()
    for row in await recordings.in_languages(db, scope, languages):
        kept.by_key[row.language, row.text_key].append(row)
        kept.by_mark[row.language, row.text_mark].append(row)
    return kept


def voices_in(kept: KeptVoices, tag: str) -> dict[str, dict[str, Any]]:
    """What is published in exactly this language, by text; with its words, for a phone whose guide has older ones."""
    found: dict[str, dict[str, Any]] = {}
    for key, text in all_texts().items() if kept.has(tag) else ():
        if key.startswith(f"{KIND}."):
            continue
        if row := published(kept.by_mark.get((tag, text.mark), []), text.mark):
            found[key] = {
                "url": f"/media/voices/{row.file}",
                "bytes": row.size,
                "seconds": row.seconds,
                "language": tag,
                "text": text.text,
            }
    return found


def standings_in(kept: KeptVoices, tag: str) -> dict[str, Standing]:
    """How each text stands in a language."""
    return {key: standing(kept.of(tag, text), text.mark) for key, text in all_texts().items()}


def weight_of(voices: dict[str, dict[str, Any]]) -> tuple[int, int]:
    """How many sound files these voices are, and their bytes: two texts may share one."""
    files = {voice["url"]: voice["bytes"] for voice in voices.values()}
    return len(files), sum(files.values())


def heard_in(kept: KeptVoices, tag: str) -> dict[str, dict[str, Any]]:
    """A language's voices, else those heard instead."""
    voices: dict[str, dict[str, Any]] = {}
    for spoken in reversed(fallbacks(tag)):
        voices |= voices_in(kept, spoken)
    return voices


def language_pack(kept: KeptVoices, tag: str) -> dict[str, Any]:
    """One language as a phone keeps it: its voices, else those heard instead; and what is under way."""
    voices = heard_in(kept, tag)
    standings = standings_in(kept, tag)
    return {
        "voices": voices,
        "bytes": weight_of(voices)[1],
        "standings": {key: said for key, said in standings.items() if said is not Standing.MISSING},
    }


async def texts_in(db: AsyncSession, scope: Scope, tag: str) -> dict[str, str]:
    """Published translations of this province into a language: Vietnamese → words."""
    rows = await translations.in_languages(db, scope, [tag])
    approved = filter(None, map(as_published, rows))
    newest = sorted(approved, key=lambda row: row.translated_at)
    return {sentences()[row.source_mark]: row.text for row in newest if row.source_mark in sentences()}


def overview(kept: KeptVoices) -> list[dict[str, Any]]:
    """Every language with what there is in it: shown before anything is fetched."""
    listed = []
    for tag, language in LANGUAGES.items():
        own, heard = voices_in(kept, tag), heard_in(kept, tag)
        listed.append(
            {
                "tag": tag,
                "name": language.name,
                "english": language.english,
                "own": language.own,
                "confirmed": language.confirmed,
                "written": language.written,
                "app": language.interface,
                "voices": weight_of(own)[0],
                "bytes": weight_of(heard)[1],
                "steps_to_record": sum(key.startswith("step.") and key not in own for key in texts_to_say()),
            }
        )
    return listed
