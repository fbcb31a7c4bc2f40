"""A guide spoken from its first step to its last, published as if two people had done the work."""

from collections.abc import Iterable
from uuid import uuid4

from tests.people import LAN, NOW, PROVINCE, SCOPES
from tests.sounds import a_voice, packed
from volunteer_app.domain.guides.guide import Guide
from volunteer_app.domain.recordings import Recording, Review
from volunteer_app.domain.spoken_texts import SpokenText, step_key
from volunteer_app.storage import recordings
from volunteer_app.storage.database import Database
from volunteer_app.storage.media import Media


async def speak(database: Database, media: Media, guide: Guide, language: str, *steps: str) -> dict[str, str]:
    """Publish a short voice for these steps, or for all: the address of each, every step a file of its own."""
    wanted = [step for step in guide.steps if not steps or step.key in steps]
    texts = [SpokenText(step_key(guide.slug, step.key), step.action, guide.title) for step in wanted]
    urls = await say(database, media, texts, language)
    return {step.key: urls[text.key] for step, text in zip(wanted, texts, strict=True)}


async def say(database: Database, media: Media, texts: Iterable[SpokenText], language: str) -> dict[str, str]:
    """Publish a short voice for each of these texts: the address of each, every text a file of its own."""
    sound = packed(a_voice(0.3, before=0.1, after=0.1), "mp3", "libmp3lame", bit_rate=16_000)
    spoken = {}
    async with database.writing() as db:
        for text in texts:
            body = sound + text.key.encode()
            file = media.keep_voice(body)
            spoken[text.key] = f"/media/voices/{file}"
            recording = Recording(
                province_code=PROVINCE,
                id=uuid4(),
                text_key=text.key,
                text_mark=text.mark,
                language=language,
                recorded_by=LAN,
                recorded_at=NOW,
                received_at=NOW,
                file=file,
                size=len(body),
                seconds=0.5,
                review=Review.APPROVED,
            )
            await recordings.keep(db, SCOPES[LAN], recording)
    return spoken
