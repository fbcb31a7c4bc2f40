"""The card a person takes along (thẻ tự làm): which guides they can do alone, which they are still learning.

The card is its own address, `/k/{alone}-{learning}`: two sets of guide numbers, each one number in base 36 whose
bits are the guides. It names nobody, is kept nowhere, and proves nothing; it only helps to remember.
`static/js/learned_card.js` writes it on the phone.
"""

import re
from typing import NamedTuple

HIGHEST_NUMBER = 52
"""The highest guide number a card can hold: beyond it the phone's numbers are no longer exact."""

CODE = re.compile(r"([0-9a-z]{1,11})-([0-9a-z]{1,11})")


class LearnedCard(NamedTuple):
    """Numbers of guides, in order."""

    alone: tuple[int, ...]
    learning: tuple[int, ...]


def read_card(code: str) -> LearnedCard | None:
    """What a card says; None if it cannot be one."""
    found = CODE.fullmatch(code.lower())
    return LearnedCard(*(_numbers(int(part, 36)) for part in found.groups())) if found else None


def card_path(card: LearnedCard) -> str:
    """The short path of a card."""
    return "/k/" + "-".join(_base36(sum(1 << number for number in some)) for some in card)


def _numbers(bits: int) -> tuple[int, ...]:
    return tuple(number for number in range(1, HIGHEST_NUMBER + 1) if bits >> number & 1)


def _base36(number: int) -> str:
    digits = ""
    while number:
        number, last = divmod(number, 36)
        digits = "0123456789abcdefghijklmnopqrstuvwxyz"[last] + digits
    return digits or "0"
