"""A machine says what nobody has recorded yet: Debian's `espeak-ng`, northern Vietnamese, one small speech file a text.

A file is made when it is first asked for, or all at once by `volunteer-app machine-voice`. Its name is the mark of what
it says: a text that changes is said anew, and one that a person has recorded is no longer asked for.
"""

import argparse
import os
import shutil
import subprocess
import sys
import time
from array import array
from collections.abc import Callable
from pathlib import Path
from threading import BoundedSemaphore, get_ident
from typing import Any

import av

from volunteer_app import transcoder
from volunteer_app.domain.spoken_texts import mark_of
from volunteer_app.settings import Settings

SPEAKER = "espeak-ng"
HOW = ("-v", "vi", "-s", "130", "--stdout")
"""Northern Vietnamese, 130 words a minute: slower than people talk, for it is harder to follow than they are."""

ENGINE_SECONDS = 20
TURNS = BoundedSemaphore(2)
HEADER = 44
"""Bytes before the samples of what the engine writes; the rate stands at 24."""


class MachineVoice:
    """The machine's voice of an installation. is_on: it may be heard."""

    def __init__(self, settings: Settings) -> None:
        self.folder = Path(settings.media_folder) / "machine"
        self.is_on = settings.machine_voice == "on"

    def can_say(self, text: str) -> bool:
        """Whether this text is heard when it is asked for."""
        return self.is_on and (self._file(text).is_file() or engine_is_here())

    def says(self, text: str) -> bytes | None:
        """The speech file of a text, made now if need be; None where the machine is silent."""
        if not self.can_say(text):
            return None
        file = self._file(text)
        if not file.is_file():
            with TURNS:
                self._keep(file, spoken(text))
        return file.read_bytes()

    def lacks(self, text: str) -> bool:
        """Whether it has not been made yet."""
        return not self._file(text).is_file()

    def _file(self, text: str) -> Path:
        return self.folder / f"{mark_of(text)}.mp3"

    def _keep(self, file: Path, body: bytes) -> None:
        file.parent.mkdir(parents=True, exist_ok=True)
        unfinished = file.with_suffix(
            f".{os.getpid()}-{get_ident()}.new"
        )  # another may say the same just now
        unfinished.write_bytes(body)
        unfinished.rename(file)


def engine_is_here() -> bool:
    """Whether this machine can speak."""
    return shutil.which(SPEAKER) is not None


def spoken(text: str) -> bytes:
    """A text as a speech file. Raises OSError, subprocess.SubprocessError, transcoder.Refused."""
    said = subprocess.run(
        [SPEAKER, *HOW], input=text.encode(), capture_output=True, check=True, timeout=ENGINE_SECONDS
    )
    samples, gain = transcoder.speech_of(_at_our_rate(said.stdout))
    return transcoder.encoded(samples, gain)


def _at_our_rate(wave: bytes) -> array:
    rate, sound = int.from_bytes(wave[24:28], "little"), wave[HEADER:]
    resampler = av.AudioResampler(format="s16", layout="mono", rate=transcoder.RATE)
    samples = array("h")
    frame = av.AudioFrame(format="s16", layout="mono", samples=len(sound) // 2)
    frame.sample_rate, frame.pts = rate, 0
    frame.planes[0].update(sound.ljust(frame.planes[0].buffer_size, b"\0"))
    for part in (*resampler.resample(frame), *resampler.resample(None)):
        samples.frombytes(bytes(part.planes[0])[: part.samples * 2])
    return samples


def add_command(command: Callable[[str, Callable[..., int], str], Any]) -> None:
    """Put it among the others."""
    command("machine-voice", make_all, "Let a machine say every text that it has not said yet.")


def make_all(_arguments: argparse.Namespace, settings: Settings) -> int:
    """Make what is missing; says what it lacks."""
    from volunteer_app.pages.voices.machine import machine_texts

    voice = MachineVoice(settings)
    if not voice.is_on:
        print("MACHINE_VOICE is off: nothing is made.", file=sys.stderr)
        return 1
    if not engine_is_here():
        print(f"{SPEAKER} is not here: apt-get install {SPEAKER}", file=sys.stderr)
        return 1
    began = time.monotonic()
    missing = [text for text in machine_texts().values() if voice.lacks(text)]
    size = sum(len(voice.says(text) or b"") for text in missing)
    seconds = time.monotonic() - began
    print(f"{len(missing)} texts said in {seconds:.0f} s, {size / 1e6:.1f} MB; in {voice.folder}")
    return 0
