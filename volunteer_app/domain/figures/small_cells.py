"""Small cells: a count of fewer than 5 households could point at a family, and is hidden outside its commune."""

from collections.abc import Sequence
from collections.abc import Set as AbstractSet

SMALLEST_CELL = 5
"""The smallest number of households that is shown outside the commune; 0 is shown, it points at nobody."""


def is_small(households: int) -> bool:
    """Could this count point at a family?"""
    return 0 < households < SMALLEST_CELL


def hidden_among(counts: Sequence[int], already: AbstractSet[int] = frozenset()) -> set[int]:
    """Which of the counts to hide (their positions), when the sum of all of them is shown beside them.

    The small ones, those hidden already, and then the next larger ones as long as what is hidden adds up to a small
    cell: the sum less the rest would give it away.
    """
    hidden = {position for position, count in enumerate(counts) if 0 < count < SMALLEST_CELL} | already
    if not hidden or not is_small(sum(counts[position] for position in hidden)):
        return hidden
    others = sorted(
        (count, position) for position, count in enumerate(counts) if count and position not in hidden
    )
    for _, position in others:
        if not is_small(sum(counts[hidden_one] for hidden_one in hidden)):
            break
        hidden.add(position)
    return hidden


def hidden_in_table(rows: Sequence[Sequence[int]]) -> set[tuple[int, int]]:
    """Which cells (row, column) of a table to hide whose row and column totals are shown beside it."""
    hidden: set[tuple[int, int]] = set()
    lines = [[(r, c) for c in range(len(row))] for r, row in enumerate(rows)]
    lines += [[(r, c) for r in range(len(rows))] for c in range(len(rows[0]) if rows else 0)]
    before = -1
    while before != len(hidden):
        before = len(hidden)
        for cells in lines:
            already = {place for place, cell in enumerate(cells) if cell in hidden}
            hidden |= {cells[place] for place in hidden_among([rows[r][c] for r, c in cells], already)}
    return hidden
