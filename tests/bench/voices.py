"""`python -m tests.bench.voices`: what a recording becomes, how large, how fast, and how much there is to say in a language."""

import asyncio
import statistics
import time

from tests.sounds import a_voice, heard, loudness, packed
from volunteer_app.pages.voices.texts import texts_to_say
from volunteer_app.voices import speech_of

TRIES = 5


async def measure() -> None:
    """Print a line for each figure of docs/voices.md."""
    for seconds in (4.0, 6.3):
        sound = packed(a_voice(seconds))
        took = []
        for _ in range(TRIES):
            began = time.perf_counter()
            speech = await speech_of(sound)
            took.append(time.perf_counter() - began)
        print(
            f"{seconds} s of speech: {len(sound):,} B from the phone, {len(speech.body):,} B served, "
            f"{statistics.median(took):.2f} s ({min(took):.2f}-{max(took):.2f})"
        )
    for level in (0.005, 0.9):
        sound = packed(a_voice(level=level))
        speech = await speech_of(sound)
        print(f"spoken at level {level}: served at {loudness(heard(speech.body)):.1f} dBFS")
    words = {key: len(text.text.split()) for key, text in texts_to_say().items()}
    steps = [count for key, count in words.items() if key.startswith("step.")]
    print(
        f"{len(words)} texts said once, {len(steps)} of them steps: {statistics.median(steps):.0f} syllables, longest {max(steps)}"
    )
    print(f"the question for consent: {words['consent.2']} syllables")
    print(
        f"a language whole: {sum(words.values()):,} syllables, at 3 a second and 2 KB a second {sum(words.values()) / 3 * 2 / 1000:.1f} MB"
    )


if __name__ == "__main__":
    asyncio.run(measure())
