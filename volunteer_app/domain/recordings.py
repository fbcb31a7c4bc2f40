"""Recordings (bản ghi âm): a text spoken in somebody's language, and the two people it takes to publish one.

What comes from a phone is only ever turned into something else (`transcoder.py`); here stands what is let through to
that, and who may publish what came of it.
"""

import re
from collections.abc import Iterable
from datetime import datetime
from enum import StrEnum
from uuid import UUID

from sqlmodel import Field, SQLModel

from volunteer_app.domain.problems import N_, Problem

LARGEST_RECORDING = 1024 * 1024
CHUNK = 256 * 1024
UPLOAD_DAYS = 60
"""A recording not delivered to its end for so long is let go on the server; the phone begins again."""
MOST_WAITING_BYTES = 100 * LARGEST_RECORDING
"""What one person may have delivered in part at a time."""

SHA256 = re.compile(r"[0-9a-f]{64}")
VOICE_FILE = re.compile(r"[0-9a-f]{32}\.mp3")


class Review(StrEnum):
    """What became of one recording: waits for a second person, published by them, or sent back to be said again (also
    one that was published, and was then taken down)."""

    WAITING = "waiting"
    APPROVED = "approved"
    SENT_BACK = "sent_back"


class Standing(StrEnum):
    """How a text stands in a language (L11)."""

    MISSING = "missing"
    OUT_OF_DATE = "out_of_date"
    RECORDED = "recorded"
    APPROVED = "approved"


STANDING_NAMES: dict[Standing, str] = {
    Standing.MISSING: N_("Missing"),
    Standing.OUT_OF_DATE: N_("Out of date"),
    Standing.RECORDED: N_("Waits for review"),
    Standing.APPROVED: N_("Published"),
}

REFUSALS: dict[str, str] = {
    "container": N_("This is not a sound file that a phone records (WebM or MP4)."),
    "codec": N_("The sound in this file is of a kind that is not taken."),
    "not_one_voice": N_("The file must hold one voice and nothing else."),
    "unreadable": N_("The recording is damaged and cannot be played. Please record it again."),
    "silent": N_("Nothing can be heard. Please record again, closer to the phone."),
    "too_long": N_("The recording is longer than two minutes. Please say it more briefly."),
    "too_large": N_("The recording is too large. Please say it more briefly."),
    "too_slow": N_("The recording could not be read in time. Please record it again."),
}


def refusal(code: str) -> Problem:
    """Why a recording was not taken."""
    return Problem(f"recording.{code}", REFUSALS[code])


class Recording(SQLModel):
    """One text spoken in one language (bản ghi âm).

    text_key: which text (`spoken_texts.py`). text_mark, said: what it said when it was recorded.
    file: name of the published sound, made from its content. size in bytes.
    """

    province_code: str = Field(max_length=2)
    id: UUID
    text_key: str = Field(max_length=120)
    text_mark: str = Field(max_length=16)
    language: str = Field(max_length=20)
    recorded_by: UUID
    recorded_at: datetime
    received_at: datetime
    file: str = Field(max_length=40)
    size: int
    seconds: float
    review: Review = Review.WAITING
    reviewed_by: UUID | None = None
    reviewed_at: datetime | None = None
    why: str = Field(default="", max_length=300)
    said: str = Field(default="", max_length=2000)


def container_of(start: bytes) -> str | None:
    """What kind of file this is, by its first bytes, in the words of `transcoder.py`; None for every other kind."""
    if start.startswith(b"\x1a\x45\xdf\xa3") and b"\x42\x82\x84webm" in start[:64]:
        return "matroska"
    if start[4:8] == b"ftyp":
        return "mov"
    return None


def published(recordings: Iterable[Recording], mark: str) -> Recording | None:
    """Of one text's recordings in one language the newest that was approved and still says the text."""
    fit = [r for r in recordings if r.review is Review.APPROVED and r.text_mark == mark]
    return max(fit, key=lambda r: r.recorded_at, default=None)


def waiting(recordings: Iterable[Recording], mark: str) -> Recording | None:
    """The newest recording of the text as it is now that waits for a second person."""
    fit = [r for r in recordings if r.review is Review.WAITING and r.text_mark == mark]
    return max(fit, key=lambda r: r.recorded_at, default=None)


def outdated(recordings: Iterable[Recording], mark: str) -> Recording | None:
    """The newest recording of what the text said before, unless it was sent back."""
    fit = [r for r in recordings if r.text_mark != mark and r.review is not Review.SENT_BACK]
    return max(fit, key=lambda r: r.recorded_at, default=None)


def standing(recordings: list[Recording], mark: str) -> Standing:
    """How one text stands in one language."""
    if published(recordings, mark):
        return Standing.APPROVED
    if waiting(recordings, mark):
        return Standing.RECORDED
    if any(r.review is not Review.SENT_BACK for r in recordings):
        return Standing.OUT_OF_DATE
    return Standing.MISSING


NO_REASON = Problem(
    "review.no_reason", N_("Please write why it is taken down, such as that the speaker asks for it.")
)


def problems_with_taking_down(recording: Recording, why: str) -> list[Problem]:
    """Why this published recording may not be taken down; empty means it may. It takes one reviewer and a reason."""
    return [] if recording.review is Review.APPROVED and why else [NO_REASON]


def problems_with_review(recording: Recording, *, by: UUID, is_native: bool, mark: str) -> list[Problem]:
    """Why this person may not publish this recording; empty means they may."""
    problems = []
    if recording.recorded_by == by:
        problems.append(
            Problem("review.own", N_("You recorded this yourself. Somebody else must listen to it."))
        )
    if not is_native:
        problems.append(
            Problem("review.not_native", N_("Only somebody who speaks this language at home can publish it."))
        )
    if recording.text_mark != mark:
        problems.append(
            Problem("review.out_of_date", N_("The text has changed since. It must be recorded again."))
        )
    if recording.review is not Review.WAITING:
        problems.append(Problem("review.settled", N_("Somebody has already decided about this recording.")))
    return problems
