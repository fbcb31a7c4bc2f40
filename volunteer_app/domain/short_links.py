"""Short addresses (đường dẫn ngắn) that people scan or type. Once printed, an address is good for ever.

    /g/3          guide number 3            /g/3/7/hmn  the same at its seventh step, told in Hmong
    /q/7K3F9X     a poster at its place     /b/…        a volunteer's badge
    /k/5s-40      what somebody can do alone (`learned_cards.py`)

Codes have no vowels (so no words), and none of 0, 1, L, which people mix up with others.
"""

from volunteer_app.domain.ids import letters_from, new_seed

JOIN_PATH = "/tham-gia"
"""Where invitations lead; it stands on paper and in messages."""

ALPHABET = "23456789BCDFGHJKMNPQRSTVWXYZ"
POSTER_LETTERS = 6
"""Enough to be one of its kind; a poster is public, so its code need not be a secret."""

BADGE_LETTERS = 16
"""77 bits: nobody finds a badge by trying."""


def new_code(letters: int, seed: str = "") -> str:
    """A fresh code; from the seed of a form the same every time."""
    return letters_from(seed or new_seed(), "code", ALPHABET, letters)


def read_code(typed: str, letters: int) -> str | None:
    """The code that somebody typed or scanned; None if it cannot be one."""
    code = typed.strip().upper()
    return code if len(code) == letters and set(code) <= set(ALPHABET) else None


def guide_path(number: int, step: int = 0, language: str = "") -> str:
    """The short path of a guide; step 1 is the first, 0 the beginning. Before a language stands a place, perhaps 0."""
    return f"/g/{number}/{step}/{language}" if language else f"/g/{number}/{step}" if step else f"/g/{number}"


def poster_path(code: str) -> str:
    """The short path of a poster."""
    return f"/q/{code}"


def badge_path(code: str) -> str:
    """The short path of a badge."""
    return f"/b/{code}"


def scanned(origin: str, path: str) -> str:
    """The address as a QR code holds it: in capitals, which need less room."""
    return f"{origin}{path}".upper()


def typed(origin: str, path: str) -> str:
    """The address as people read and type it: without the scheme."""
    return f"{origin.partition('://')[2]}{path}"
