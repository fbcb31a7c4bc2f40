"""Two independent readers of QR codes, zxing and zbar, and a pencil that draws our SVG the way a browser does."""

import re
import shutil
import subprocess
from collections.abc import Sequence
from pathlib import Path

import zxingcpp
from PIL import Image, ImageDraw

BOX = re.compile(r"M(\d+) (\d+)h(\d+)v1h-\d+z")
SQUARE = 6
"""Pixels a side of each square of a drawn code."""


def drawn(svg: str) -> Image.Image:
    """A code's SVG as a picture: its boxes, its ground and nothing else."""
    size = int(re.search(r'viewBox="0 0 (\d+) \1"', svg)[1])
    assert f'fill="#fff" d="M0 0h{size}v{size}H0z"' in svg
    path = re.search(r'fill="#000" d="([^"]+)"', svg)[1]
    boxes = [tuple(map(int, box)) for box in BOX.findall(path)]
    assert "".join(f"M{x} {y}h{length}v1h-{length}z" for x, y, length in boxes) == path
    image = Image.new("L", (size * SQUARE, size * SQUARE), 255)
    pencil = ImageDraw.Draw(image)
    for x, y, length in boxes:
        pencil.rectangle((x * SQUARE, y * SQUARE, (x + length) * SQUARE - 1, (y + 1) * SQUARE - 1), fill=0)
    return image


def zxing(image: Image.Image) -> list[str]:
    """What zxing reads."""
    return [found.text for found in zxingcpp.read_barcodes(image) if found.valid]


def zbar(images: Sequence[Image.Image], folder: Path) -> list[str]:
    """What zbar reads in each of the pictures, one code each; fails when it is not installed (tests/run.py does it)."""
    program = shutil.which("zbarimg")
    assert program, "zbarimg is missing: run python3 tests/run.py once, it installs zbar"
    names = []
    for number, image in enumerate(images):
        names.append(folder / f"code-{number:04d}.png")
        image.save(names[-1])
    command = [program, "--quiet", "--raw", "-Sdisable", "-Sqrcode.enable", *map(str, names)]
    return subprocess.run(command, capture_output=True, text=True, timeout=120).stdout.splitlines()
