"""A machine that speaks, in the place of `espeak-ng`: whatever it is given, it hums for a moment."""

import math
import struct
from pathlib import Path

SAMPLES = [int(9000 * math.sin(n / 9)) for n in range(22050 // 4)]
HEADER = struct.pack("<4sI4s4sIHHIIHH", b"RIFF", 0x7FFFFFFF, b"WAVE", b"fmt ", 16, 1, 1, 22050, 44100, 2, 16)


def put_a_voice_in(folder: Path) -> Path:
    """A folder for PATH in which the machine can speak."""
    folder.mkdir()
    sound = HEADER + struct.pack("<4sI", b"data", 0x7FFFFFFF) + struct.pack(f"<{len(SAMPLES)}h", *SAMPLES)
    (folder / "hum.wav").write_bytes(sound)
    engine = folder / "espeak-ng"
    engine.write_text(f"#!/bin/sh\ncat > /dev/null\nexec cat '{folder / 'hum.wav'}'\n", "utf-8")
    engine.chmod(0o755)
    return folder
