"""A guide spoken from its first step to its last, published as if two people had done the work."""

from uuid import uuid4

from tests.people import LAN, NOW, PROVINCE, SCOPES
from tests.sounds import a_voice, packed
from volunteer_app.domain.guides import Guide
from volunteer_app.domain.recordings import Recording, Review
from volunteer_app.domain.spoken_texts import mark_of, step_key
from volunteer_app.storage import recordings
from volunteer_app.storage.database import Database
from volunteer_app.storage.media import Media


async def speak(database: Database, media: Media, guide: Guide, language: str, *steps: str) -> dict[str, str]:
    """Publish a short voice for these steps, or for all: the address of each, every step a file of its own."""
    sound = packed(a_voice(0.3, before=0.1, after=0.1), "mp3", "libmp3lame", bit_rate=16_000)
    spoken = {}
    async with database.writing() as db:
        for number, step in enumerate(guide.steps):
            if steps and step.key not in steps:
                continue
            body = sound + bytes(number + 1)
            file = media.keep_voice(body)
            spoken[step.key] = f"/media/voices/{file}"
            recording = Recording(
                province_code=PROVINCE,
                id=uuid4(),
                text_key=step_key(guide.slug, step.key),
                text_mark=mark_of(step.action),
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
