"""A machine that speaks, in the place of `espeak-ng`: it hums, as long as the text is."""

import sys
from pathlib import Path

HUM = """#!{python} -I
import math, struct, sys
text = sys.stdin.buffer.read().decode()
samples = [int(9000 * math.sin(n / 9)) for n in range(22050 * min(3, 1 + len(text) // 100) // 4)]
body = struct.pack(f"<{{len(samples)}}h", *samples)
sys.stdout.buffer.write(b"RIFF\\xff\\xff\\xff\\x7fWAVEfmt " + struct.pack("<IHHIIHH", 16, 1, 1, 22050, 44100, 2, 16))
sys.stdout.buffer.write(b"data\\xff\\xff\\xff\\x7f" + body)
"""


def put_a_voice_in(folder: Path) -> Path:
    """A folder for PATH in which the machine can speak."""
    folder.mkdir()
    engine = folder / "espeak-ng"
    engine.write_text(HUM.format(python=sys.executable), "utf-8")
    engine.chmod(0o755)
    return folder
