"""QR codes that scan on a low-end camera. Hides the `qrcode` library behind a few functions.

Addresses are written in capitals: scheme and host do not care, our own short paths take both, and a code of
capitals holds half as much again. So 3 cm of paper carry large squares: version 3 (29 × 29) at most.
The phone draws its own codes without a network: `static/js/qr.js`.
"""

from functools import lru_cache

from markupsafe import Markup
from qrcode.constants import ERROR_CORRECT_H, ERROR_CORRECT_M, ERROR_CORRECT_Q
from qrcode.exceptions import DataOverflowError
from qrcode.main import QRCode

LARGEST_VERSION = 3
QUIET_ZONE = 4
"""Empty squares around a code; without them cameras do not find it (ISO/IEC 18004)."""

Matrix = tuple[tuple[bool, ...], ...]


class TooLong(ValueError):
    """The text does not fit a code that is easy to scan."""


@lru_cache(maxsize=4096)
def matrix_of(text: str, largest: int = LARGEST_VERSION) -> Matrix:
    """The dark squares of the smallest code that holds the text, row by row, without the quiet zone.

    Error correction is M, or higher where that makes no larger code. Raises TooLong beyond version `largest`.
    """
    smallest = _code(text, ERROR_CORRECT_M, largest)
    for level in (ERROR_CORRECT_H, ERROR_CORRECT_Q):
        try:
            code = _code(text, level, largest)
        except TooLong:
            continue
        if code.version == smallest.version:
            return _squares(code)
    return _squares(smallest)


def version_of(matrix: Matrix) -> int:
    """The code's version: 21 squares a side are 1, 25 are 2, 29 are 3."""
    return (len(matrix) - 17) // 4


def svg_of(text: str, label: str = "", *, largest: int = LARGEST_VERSION) -> Markup:
    """The code as an SVG with its quiet zone: black on white in every colour scheme. Raises TooLong.

    label: what a screen reader says; without one the picture is decoration.
    """
    matrix = matrix_of(text, largest)
    size = len(matrix) + 2 * QUIET_ZONE
    spoken = Markup('role="img" aria-label="{}"').format(label) if label else Markup('aria-hidden="true"')
    return Markup(
        '<svg class="qr" viewBox="0 0 {size} {size}" shape-rendering="crispEdges" {spoken}>'
        '<path fill="#fff" d="M0 0h{size}v{size}H0z"/><path fill="#000" d="{path}"/></svg>'
    ).format(size=size, spoken=spoken, path=_path(matrix))


def _code(text: str, level: int, largest: int) -> QRCode:
    code = QRCode(version=None, error_correction=level, border=0)
    code.add_data(text)
    try:
        code.make(fit=True)
    except (DataOverflowError, ValueError) as error:
        raise TooLong(text) from error
    if code.version > largest:
        raise TooLong(text)
    return code


def _squares(code: QRCode) -> Matrix:
    return tuple(tuple(bool(square) for square in row) for row in code.get_matrix())


def _path(matrix: Matrix) -> str:
    """Each run of dark squares in a row as one small box."""
    parts = []
    for y, row in enumerate(matrix, QUIET_ZONE):
        x = 0
        while x < len(row):
            length = 0
            while x + length < len(row) and row[x + length]:
                length += 1
            if length:
                parts.append(f"M{x + QUIET_ZONE} {y}h{length}v1h-{length}z")
            x += length + 1
    return "".join(parts)
