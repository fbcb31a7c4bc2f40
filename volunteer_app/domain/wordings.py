"""What changed between two wordings of a text (cách nói), word by word: for those who say or translate it again."""

from difflib import SequenceMatcher
from enum import StrEnum
from typing import NamedTuple


class WordingChange(StrEnum):
    """Whether words stayed, were taken away, or came."""

    SAME = "same"
    GONE = "gone"
    NEW = "new"


class Words(NamedTuple):
    """Some words of a text and what became of them."""

    change: WordingChange
    text: str


def changes(before: str, now: str) -> list[Words]:
    """Both wordings in one reading: what is gone stands before what came in its place."""
    old, new = before.split(), now.split()
    found = []
    for kind, a, b, c, d in SequenceMatcher(None, old, new, autojunk=False).get_opcodes():
        if kind == "equal":
            found.append(Words(WordingChange.SAME, " ".join(old[a:b])))
            continue
        found += [Words(WordingChange.GONE, " ".join(old[a:b]))] if b > a else []
        found += [Words(WordingChange.NEW, " ".join(new[c:d]))] if d > c else []
    return found
