"""Sounds for tests: a made voice, as phones record it, and what somebody might send in its place."""

import io
import math
from array import array
from functools import cache
from random import Random

import av

RATE = 16_000


def a_voice(seconds: float = 2.0, *, before: float = 0.5, after: float = 0.5, level: float = 0.1) -> array:
    """Syllables of a low voice between silences: 16-bit samples, one channel."""
    chance = Random(1)
    samples = array("h")
    for number in range(int((before + seconds + after) * RATE)):
        at = number / RATE - before
        value = chance.gauss(0, 0.0004)
        if 0 <= at < seconds:
            pitch = 2 * math.pi * (150 + 30 * math.sin(4 * at)) * at
            value += level * abs(math.sin(6 * at)) * sum(math.sin(pitch * k) / k for k in range(1, 8))
        samples.append(max(-32768, min(32767, int(value * 32767))))
    return samples


def packed(
    samples: array,
    container: str = "webm",
    codec: str = "libopus",
    *,
    bit_rate: int = 32_000,
    **metadata: str,
) -> bytes:
    """The samples as a file: by default as Chrome records; ("mp4", "aac") as Safari does."""
    out = io.BytesIO()
    with av.open(out, "w", format=container) as file:
        file.metadata.update(metadata)
        stream = file.add_stream(codec, rate=48_000 if codec == "libopus" else 44_100, layout="mono")
        if codec != "pcm_s16le":
            stream.bit_rate = bit_rate
        context = stream.codec_context
        resampler = av.AudioResampler(format=context.format, layout="mono", rate=context.sample_rate)
        for at in range(0, len(samples), RATE):
            part = samples[at : at + RATE]
            frame = av.AudioFrame(format="s16", layout="mono", samples=len(part))
            frame.sample_rate, frame.pts = RATE, at
            frame.planes[0].update(part.tobytes().ljust(frame.planes[0].buffer_size, b"\0"))
            for made in resampler.resample(frame):
                file.mux(stream.encode(made))
        for made in resampler.resample(None):
            file.mux(stream.encode(made))
        file.mux(stream.encode(None))
    return out.getvalue()


def a_film() -> bytes:
    """A picture that moves, in the container of a voice."""
    out = io.BytesIO()
    with av.open(out, "w", format="webm") as file:
        stream = file.add_stream("libvpx", rate=10)
        stream.width = stream.height = 64
        stream.pix_fmt = "yuv420p"
        for _ in range(5):
            file.mux(stream.encode(av.VideoFrame(64, 64, "yuv420p")))
        file.mux(stream.encode(None))
    return out.getvalue()


def heard(mp3: bytes) -> array:
    """A speech file, decoded."""
    samples = array("h")
    resampler = av.AudioResampler(format="s16", layout="mono", rate=RATE)
    with av.open(io.BytesIO(mp3), "r", "mp3") as file:
        for frame in file.decode(audio=0):
            for part in resampler.resample(frame):
                samples.frombytes(bytes(part.planes[0])[: part.samples * 2])
    return samples


def loudness(samples: array) -> float:
    """Mean power of the samples in dB below full scale."""
    return 10 * math.log10(max(1, sum(s * s for s in samples) / len(samples)) / 32768**2)


SECRET = b"MARK-OF-WHAT-WAS-SENT"
PAGE = b"<!doctype html><script>alert('" + SECRET + b"')</script>"
PLAYLIST = (
    b"#EXTM3U\n#EXT-X-VERSION:3\n#EXTINF:1,\nfile:///etc/passwd\nhttp://localhost:1/"
    + SECRET
    + b"\n#EXT-X-ENDLIST\n"
)
CONCAT = b"ffconcat version 1.0\nfile /etc/passwd\n# " + SECRET


@cache
def hostile() -> dict[str, bytes]:
    """What is sent in place of a voice; by what it is."""
    webm, mp4 = packed(a_voice()), packed(a_voice(), "mp4", "aac")
    return {
        "nothing": b"\0",
        "page": PAGE,
        "page that begins like webm": webm[:4] + PAGE,
        "page in the clothes of webm": b"\x1a\x45\xdf\xa3\x9f\x42\x86\x81\x01\x42\x82\x84webm" + PAGE,
        "page that begins like mp4": b"\0\0\0\x18ftypM4A " + PAGE,
        "playlist": PLAYLIST,
        "playlist that begins like mp4": b"\0\0\0\x18ftyphls " + PLAYLIST,
        "list of files": CONCAT,
        "picture with a script": b"<svg xmlns='http://www.w3.org/2000/svg'><script>"
        + SECRET
        + b"</script></svg>",
        "archive": b"PK\x03\x04" + SECRET * 50,
        "matroska that is no webm": packed(a_voice(), "matroska", "libopus"),
        "wave": packed(a_voice(), "wav", "pcm_s16le"),
        "mp3": packed(a_voice(), "mp3", "libmp3lame"),
        "ogg": packed(a_voice(), "ogg", "libopus"),
        "film": a_film(),
        "mp4 that says it is webm": webm[:40] + mp4,
        "webm cut short": webm[:60],
        "mp4 cut short": mp4[: len(mp4) // 3],
        "silence": packed(array("h", bytes(2 * RATE * 2))),
        "too long": packed(array("h", bytes(2 * RATE * 150)), bit_rate=6_000),
        "noise after the head of webm": webm[:60] + Random(2).randbytes(20_000),
        "noise after the head of mp4": mp4[:60] + Random(3).randbytes(20_000),
    }
