"""Small cells: a count of fewer than 5 households could point at a family, and is hidden outside its commune.

Hiding alone does not hold: whoever asks for this week, this month and the time since the beginning subtracts one answer
from another. So outside the commune every count is rounded down to a multiple of 5 (`rounded`), whatever is asked: two
answers then tell a difference no closer than by 4 to either side, and one that is asked again tomorrow moves by fives.
"""

from collections.abc import Iterable

SMALLEST_CELL = 5
"""The smallest number of households that is shown outside the commune; 0 is shown, it points at nobody."""

ROUNDED_TO = 5
"""What counts are rounded down to outside the commune; the width of what a reader can't tell apart."""


def rounded(count: int) -> int:
    """A count as it is told outside the commune: 5 for 5 to 9, 10 for 10 to 14, …"""
    return count - count % ROUNDED_TO


def told_outside(count: int, households: int) -> int | None:
    """A count as it is told outside the commune; None when it is hidden. households: of how many it is."""
    return None if is_small(count) or is_small(households) else rounded(count)


def rounded_whole(whole: int, parts: Iterable[int], hidden: int) -> int:
    """A sum as it is told outside the commune, beside its parts.

    parts: those that are told (exactly, before rounding); hidden: how many are not, each of 1 to 4. Where rounding down
    would leave the hidden ones only one way of adding up (each of them 1, or each of them 4 and all parts at the upper
    end), the sum is told one step higher or lower, as it may also be for other numbers.
    """
    told = [rounded(part) for part in parts if part]
    slack = ROUNDED_TO - 1
    if not hidden:
        return rounded(whole)
    lowest = -(-(sum(told) + hidden - slack + 1) // ROUNDED_TO) * ROUNDED_TO
    highest = rounded(sum(told) + slack * (len(told) + hidden) - 1)
    return max(lowest, min(rounded(whole), highest))


def is_small(households: int) -> bool:
    """Could this count point at a family?"""
    return 0 < households < SMALLEST_CELL
