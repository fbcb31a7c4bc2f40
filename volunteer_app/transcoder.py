"""Turns a recorded voice into the one small speech file that every browser plays, and a photo into one that holds its
picture and nothing else. A process of its own:

    python transcoder.py matroska|mov < recording > SECONDS, a line's end, MP3
    python transcoder.py jpeg < photo > JPEG

What comes from a phone is never trusted: the container is fixed by the caller, the bytes come over a pipe, and before
the first of them is read this process may open no file and no connection, write no file, and use only so much memory
and time. It imports nothing of ours. Exit code 3: refused, with the reason's code on standard error.
"""

import io
import math
import resource
import sys
from array import array
from collections.abc import Iterator
from fractions import Fraction
from operator import mul

import av
import av.audio
import av.filter
from av.codec import CodecContext
from av.error import FFmpegError

RATE = 16_000
BIT_RATE = 16_000
LONGEST_SECONDS = 120
CODECS = ("opus", "aac")
CPU_SECONDS = 20
MEMORY_BYTES = 1024**3

LOUDNESS_WINDOW = RATE // 50
SILENT_DB = -55.0
"""A recording whose loud parts stay below this holds no voice."""
BELOW_SPEECH_DB = 30.0
"""What is this much quieter than the speech, at either end, is silence."""
BEFORE_WINDOWS, AFTER_WINDOWS = 5, 10
SPEECH_DB = -20.0
LARGEST_GAIN_DB = 26.0

LONGEST_SIDE = 1280
MOST_PIXELS = 16_000_000
QUALITY = 6
"""Of a photo, from 2 (best) to 31."""


class Refused(Exception):
    """Not a voice that we take; the message is the reason's code."""


def close_the_doors() -> None:
    """From here on: what is open stays open, nothing else can be opened, written or connected to."""
    limits = [
        (resource.RLIMIT_CPU, CPU_SECONDS),
        (resource.RLIMIT_FSIZE, 0),
        (resource.RLIMIT_CORE, 0),
        (resource.RLIMIT_NOFILE, 3),
    ]
    if sys.platform == "linux":  # macOS counts shared libraries of the system too
        limits.append((resource.RLIMIT_AS, MEMORY_BYTES))
    for kind, most in limits:
        resource.setrlimit(kind, (most, most))


def decoded(recording: bytes, container: str) -> array:
    """The one audio stream as 16-bit samples, one channel. Raises Refused."""
    samples = array("h")
    resampler = av.AudioResampler(format="s16", layout="mono", rate=RATE)
    try:
        options = {"protocol_whitelist": "none"}
        with av.open(io.BytesIO(recording), "r", container, options=options, io_open=_no_other) as opened:
            streams = list(opened.streams)
            if len(streams) != 1 or streams[0].type != "audio":
                raise Refused("not_one_voice")
            stream = opened.streams.audio[0]
            if stream.codec_context.name.removeprefix("lib") not in CODECS:
                raise Refused("codec")
            stream.codec_context.thread_count = 1
            for frame in opened.decode(stream):
                for part in resampler.resample(frame):
                    samples.frombytes(bytes(part.planes[0])[: part.samples * 2])
                if len(samples) > LONGEST_SECONDS * RATE:
                    raise Refused("too_long")
    except (FFmpegError, ValueError, OSError, EOFError) as error:
        raise Refused("unreadable") from error
    return samples


def _no_other(url: str, flags: int, options: object) -> io.BytesIO:
    raise PermissionError(url)


def speech_of(samples: array) -> tuple[array, float]:
    """The part with the voice, silence cut off at both ends, and the gain in dB that evens its loudness."""
    powers = [
        sum(map(mul, window, window)) / LOUDNESS_WINDOW
        for window in (
            samples[at : at + LOUDNESS_WINDOW]
            for at in range(0, len(samples) - LOUDNESS_WINDOW + 1, LOUDNESS_WINDOW)
        )
    ]
    if not powers:
        raise Refused("silent")
    loud = _decibel(sorted(powers)[int(len(powers) * 0.95)])
    if loud < SILENT_DB:
        raise Refused("silent")
    voiced = [at for at, power in enumerate(powers) if _decibel(power) > loud - BELOW_SPEECH_DB]
    first, last = max(0, voiced[0] - BEFORE_WINDOWS), voiced[-1] + 1 + AFTER_WINDOWS
    level = _decibel(sum(powers[at] for at in voiced) / len(voiced))
    gain = max(-LARGEST_GAIN_DB, min(LARGEST_GAIN_DB, SPEECH_DB - level))
    return samples[first * LOUDNESS_WINDOW : last * LOUDNESS_WINDOW], gain


def _decibel(power: float) -> float:
    return 10 * math.log10(max(power, 1) / 32768**2)


def encoded(samples: array, gain: float) -> bytes:
    """Rumble taken off, loudness evened, peaks held: MP3 without a word about who made it, or when."""
    out = io.BytesIO()
    with av.open(out, "w", format="mp3", options={"write_xing": "0", "id3v2_version": "0"}) as made:
        stream = made.add_stream("libmp3lame", rate=RATE, layout="mono", format="s16p")
        stream.bit_rate = BIT_RATE
        for frame in _evened(samples, gain, stream.codec_context):
            made.mux(stream.encode(frame))
        made.mux(stream.encode(None))
    return out.getvalue()


def _evened(samples: array, gain: float, encoder: CodecContext) -> Iterator[av.AudioFrame]:
    graph = av.filter.Graph()
    steps = [
        graph.add_abuffer(sample_rate=RATE, format="s16", layout="mono", time_base=None),
        graph.add("highpass", "f=80"),
        graph.add("volume", f"{gain:.2f}dB"),
        graph.add("alimiter", "limit=0.85:level=false"),
        graph.add("aformat", f"sample_fmts=s16p:sample_rates={RATE}:channel_layouts=mono"),
        graph.add("abuffersink"),
    ]
    graph.link_nodes(*steps).configure()
    for at in range(0, len(samples), RATE):
        part = samples[at : at + RATE]
        frame = av.AudioFrame(format="s16", layout="mono", samples=len(part))
        frame.sample_rate, frame.pts = RATE, at
        frame.planes[0].update(part.tobytes().ljust(frame.planes[0].buffer_size, b"\0"))
        graph.push(frame)
        yield from _pulled(graph)
    graph.push(None)
    yield from _pulled(graph)


def _pulled(graph: av.filter.Graph) -> Iterator[av.AudioFrame]:
    while True:
        try:
            frame = graph.pull()
        except (BlockingIOError, EOFError):
            return
        if isinstance(frame, av.AudioFrame):
            yield frame


def picture(photo: bytes) -> bytes:
    """The one picture of a JPEG, drawn anew: nothing of where, when and by whom stays. Raises Refused."""
    try:
        decoder = CodecContext.create("mjpeg", "r")
        decoder.options = {"max_pixels": str(MOST_PIXELS)}
        decoder.thread_count = 1
        frames = [*decoder.decode(av.Packet(photo)), *decoder.decode(None)]
        if len(frames) != 1:
            raise Refused("unreadable")
        return _painted(frames[0])
    except (FFmpegError, ValueError, OSError, EOFError) as error:
        raise Refused("unreadable") from error


def _painted(frame: av.VideoFrame) -> bytes:
    scale = min(1, LONGEST_SIDE / max(frame.width, frame.height))
    wide, high = (max(2, round(side * scale / 2) * 2) for side in (frame.width, frame.height))
    painter = CodecContext.create("mjpeg", "w")
    painter.width, painter.height, painter.pix_fmt = wide, high, "yuvj420p"
    painter.time_base, painter.thread_count = Fraction(1, 25), 1
    painter.options = {"flags": "+qscale", "global_quality": str(QUALITY * 118)}
    small = frame.reformat(wide, high, "yuvj420p")
    small.pts = 0
    return b"".join(bytes(packet) for packet in (*painter.encode(small), *painter.encode(None)))


def main() -> int:
    """Read, judge, write. See the module's first lines."""
    if sys.argv[1] == "jpeg":
        return redraw()
    container = sys.argv[1]
    encoded(array("h", bytes(2 * RATE)), 0.0)  # everything that libraries open or make once, they do now
    recording = sys.stdin.buffer.read()
    close_the_doors()
    try:
        samples, gain = speech_of(decoded(recording, container))
        made = encoded(samples, gain)
    except Refused as refused:
        print(refused, file=sys.stderr)
        return 3
    except MemoryError:
        print("too_large", file=sys.stderr)
        return 3
    sys.stdout.buffer.write(f"{len(samples) / RATE:.2f}\n".encode() + made)
    return 0


def redraw() -> int:
    """The same for a photo."""
    picture(_painted(av.VideoFrame(32, 32, "yuvj420p")))  # what libraries open or make once, they do now
    photo = sys.stdin.buffer.read()
    close_the_doors()
    try:
        made = picture(photo)
    except Refused as refused:
        print(refused, file=sys.stderr)
        return 3
    except MemoryError:
        print("too_large", file=sys.stderr)
        return 3
    sys.stdout.buffer.write(made)
    return 0


if __name__ == "__main__":
    sys.exit(main())
