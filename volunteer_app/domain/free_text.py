"""What may not be written into free text: numbers that look like an ID card's (số định danh, số CMND).

The same rule runs on the phone; `tests/golden/free_text.json` holds both sides to it. Many bank accounts have
twelve digits too, and are refused with it: they may not be stored either. Reading a text takes time in proportion to
its length: strangers write texts, too.
"""

import re
import unicodedata
from collections.abc import Iterator

from volunteer_app.domain.problems import N_, Problem

ID_NUMBER = Problem(
    "text.id_number",
    N_("This looks like an ID card number. Such numbers are never stored here; please take it out."),
)

_INVISIBLE = re.compile("[\u00ad\u200b-\u200f\u2060\ufeff]")
_DATE = re.compile(
    r"(?<![0-9])(?:(?:0?[1-9]|[12][0-9]|3[01])([./-])(?:0?[1-9]|1[0-2])\1(?:19|20)[0-9]{2}"
    r"|(?:19|20)[0-9]{2}-(?:0[1-9]|1[0-2])-(?:0[1-9]|[12][0-9]|3[01]))(?![0-9])"
)
_MONEY_BACKWARDS = re.compile(r"((?:đ|đnv|dnv) ?)(?:[0-9]{3}\.)+[0-9]{1,3}", re.IGNORECASE)
"""Sums of money, read from their end: forwards every dot could begin one, and the text would be read for each anew."""
_CHAIN = re.compile(r"[0-9]+(?:[ .\-\u2010-\u2015]{1,3}[0-9]+)*")
_GROUP = re.compile(r"[0-9]+")


def problems_with_text(text: str) -> list[Problem]:
    """Why the text may not be kept; empty means it may.

    Refused: twelve digits in a row, also full-width or with spaces, dots or dashes between them, and the nine
    of an old card. Free: dates, sums of money, phones of ten digits, hotlines, dossier codes.
    """
    is_refused = any(
        9 in sizes or sum(broken) == 9 or _has_twelve(sizes, broken) for sizes, broken in _chains(text)
    )
    return [ID_NUMBER] if is_refused else []


def has_twelve_digits(text: str) -> bool:
    """Is a number as on today's ID cards in the text, in one piece or broken into groups?"""
    return any(_has_twelve(sizes, broken) for sizes, broken in _chains(text))


def _has_twelve(sizes: list[int], broken: list[int]) -> bool:
    return 12 in sizes or _neighbours_make(12, broken)


def _chains(text: str) -> Iterator[tuple[list[int], list[int]]]:
    """The sizes of the digit groups of every chain; and again those that may be a number broken into groups.

    A chain that hangs on a letter is a dossier code ("H60-241122-0001"): there only an unbroken group counts.
    """
    plain = _INVISIBLE.sub("", unicodedata.normalize("NFKC", text))
    if not _GROUP.search(plain):
        return
    plain = _MONEY_BACKWARDS.sub(r"\1;", _DATE.sub(";", plain)[::-1])[::-1]
    for chain in _CHAIN.finditer(plain):
        sizes = [len(group) for group in _GROUP.findall(chain[0])]
        hangs_on_letter = chain.start() > 0 and plain[chain.start() - 1].isalpha()
        yield sizes, [] if hangs_on_letter else sizes


def _neighbours_make(wanted: int, sizes: list[int]) -> bool:
    """Do groups next to each other have so many digits together? One pass: sizes are never below 1."""
    total = first = 0
    for size in sizes:
        total += size
        while total > wanted:
            total -= sizes[first]
            first += 1
        if total == wanted:
            return True
    return False
