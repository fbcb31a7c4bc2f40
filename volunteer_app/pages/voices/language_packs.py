"""Languages as phones carry them: what there is in each, and for those a phone keeps, every text and voice."""

from collections import defaultdict
from collections.abc import Iterable
from typing import Any

from sqlmodel.ext.asyncio.session import AsyncSession

from volunteer_app.domain.languages import LANGUAGES, fallbacks
from volunteer_app.domain.recordings import Recording, Standing, published, standing
from volunteer_app.domain.translations import standing_of, words_of
from volunteer_app.pages.voices.texts import all_texts
from volunteer_app.permissions import Scope
from volunteer_app.storage import recordings, translations

Kept = dict[tuple[str, str], list[Recording]]
"""Recordings by language and text."""


async def kept_recordings(db: AsyncSession, scope: Scope, languages: Iterable[str]) -> Kept:
    """What the province has recorded in these languages."""
    kept: Kept = defaultdict(list)
    for row in await recordings.in_languages(db, scope, languages):
        kept[row.language, row.text_key].append(row)
    return kept


def voices_in(kept: Kept, tag: str) -> dict[str, dict[str, Any]]:
    """What is published in exactly this language, by text."""
    found = {}
    for key, text in all_texts().items():
        if row := published(kept.get((tag, key), []), text.mark):
            found[key] = {
                "url": f"/media/voices/{row.file}",
                "bytes": row.size,
                "seconds": row.seconds,
                "language": tag,
            }
    return found


def standings_in(kept: Kept, tag: str) -> dict[str, Standing]:
    """How each text stands in a language."""
    return {key: standing(kept.get((tag, key), []), text.mark) for key, text in all_texts().items()}


def language_pack(kept: Kept, tag: str) -> dict[str, Any]:
    """One language as a phone keeps it: its voices, else those heard instead; and what is under way."""
    voices: dict[str, Any] = {}
    for spoken in reversed(fallbacks(tag)):
        voices |= voices_in(kept, spoken)
    standings = standings_in(kept, tag)
    return {
        "voices": voices,
        "bytes": sum(voice["bytes"] for voice in voices.values()),
        "standings": {key: said for key, said in standings.items() if said is not Standing.MISSING},
    }


async def texts_in(db: AsyncSession, scope: Scope, tag: str) -> dict[str, str]:
    """Published translations of this province into a language: Vietnamese → words."""
    found = {}
    for row in await translations.in_languages(db, scope, [tag]):
        text = all_texts().get(row.text_key)
        if text and standing_of(row, words_of(text, row.part)) is Standing.APPROVED:
            found[words_of(text, row.part)] = row.text
    return found


def overview(kept: Kept) -> list[dict[str, Any]]:
    """Every language with what there is in it: shown before anything is fetched."""
    listed = []
    for tag, language in LANGUAGES.items():
        voices = voices_in(kept, tag)
        listed.append(
            {
                "tag": tag,
                "name": language.name,
                "english": language.english,
                "own": language.own,
                "confirmed": language.confirmed,
                "written": language.written,
                "app": language.interface,
                "voices": len(voices),
                "bytes": language_pack(kept, tag)["bytes"],
            }
        )
    return listed
