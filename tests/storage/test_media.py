"""Speech files: those that nobody wants to hear any more are deleted, and only those."""

import os
from datetime import UTC, datetime, timedelta

from volunteer_app.storage.media import Media

NOW = datetime(2026, 11, 27, tzinfo=UTC)


def test_voices_that_were_taken_down_are_deleted_and_todays_stay(tmp_path):
    media = Media(tmp_path)
    wanted, unwanted, new = (media.keep_voice(said) for said in (b"one", b"two", b"three"))
    for path in tmp_path.glob("voices/*/*.mp3"):
        at = NOW if path.name == new else NOW - timedelta(days=2)
        os.utime(path, (at.timestamp(), at.timestamp()))

    assert media.let_go_voices(wanted={wanted}, now=NOW) == 1

    assert [media.voice(name) for name in (wanted, unwanted, new)] == [b"one", None, b"three"]
