"""What phones deliver becomes what is served, in a process of its own (`transcoder.py`): speech files, photos."""

import asyncio
import sys
from pathlib import Path
from typing import NamedTuple

from volunteer_app.domain.recordings import LARGEST_RECORDING, REFUSALS, container_of

TRANSCODER = Path(__file__).with_name("transcoder.py")
PATIENCE_SECONDS = 30
AT_ONCE = asyncio.Semaphore(2)
"""So many recordings are turned at a time; others wait."""


class RecordingRefused(Exception):
    """What came is not a voice that we take. code: one of REFUSALS."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


class Speech(NamedTuple):
    """What is served of a recording: MP3, 16 kbit/s, one channel."""

    seconds: float
    body: bytes


async def speech_of(recording: bytes) -> Speech:
    """The recording as a speech file. Raises RecordingRefused."""
    if len(recording) > LARGEST_RECORDING:
        raise RecordingRefused("too_large")
    container = container_of(recording[:64])
    if container is None:
        raise RecordingRefused("container")
    out = await _transcoded(container, recording)
    seconds, _, body = out.partition(b"\n")
    return Speech(float(seconds), body)


async def drawn_anew(photo: bytes) -> bytes:
    """A JPEG as one that holds its picture and nothing else. Raises RecordingRefused."""
    if len(photo) > LARGEST_RECORDING or not photo.startswith(b"\xff\xd8\xff"):
        raise RecordingRefused("unreadable")
    return await _transcoded("jpeg", photo)


async def _transcoded(container: str, recording: bytes) -> bytes:
    async with AT_ONCE:
        process = await asyncio.create_subprocess_exec(
            sys.executable, "-I", str(TRANSCODER), container,
            stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE, env={},
        )  # fmt: skip
        try:
            out, said = await asyncio.wait_for(process.communicate(recording), PATIENCE_SECONDS)
        except TimeoutError as error:
            raise RecordingRefused("too_slow") from error
        finally:
            if process.returncode is None:
                process.kill()
                await process.wait()
    if process.returncode != 0:
        code = said.decode("ascii", "replace").strip()
        raise RecordingRefused(code if process.returncode == 3 and code in REFUSALS else "unreadable")
    return out
