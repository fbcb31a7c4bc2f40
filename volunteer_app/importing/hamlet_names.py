"""The hamlets of a commune as hand-made lists write them: with or without the kind, old names too."""

import re
from collections.abc import Callable, Iterable, Sequence
from datetime import date

from volunteer_app.domain.names import HAMLET_KINDS, folded, same_name_key, squeezed, tidy, without_kind
from volunteer_app.domain.places import (
    Hamlet,
    HamletPredecessor,
    full_hamlet_name,
    is_valid_on,
    successors_of,
)

_NUMERAL = re.compile(r"^([IVXLC]+|[A-Z]|\d+)\s*[.)/:-]\s*")
_IN_BRACKETS = re.compile(r"\(([^)]*)\)")
_AFTER = re.compile(r"\s*([:;]|\d+\s+hộ\b).*$", re.IGNORECASE)


class HamletNames:
    """Finds the hamlet that a list means. A hamlet that has ended leads to what became of it, if that is one."""

    def __init__(self, hamlets: Iterable[Hamlet], links: Sequence[HamletPredecessor], day: date) -> None:
        hamlets = list(hamlets)
        self._standing = [hamlet for hamlet in hamlets if is_valid_on(hamlet, day)]
        by_id = {hamlet.id: hamlet for hamlet in self._standing}
        self._ended: list[tuple[Hamlet, Hamlet]] = []
        for hamlet in hamlets:
            heirs = successors_of(hamlet.id, links) & by_id.keys()
            if hamlet.id not in by_id and len(heirs) == 1:
                self._ended.append((hamlet, by_id[heirs.pop()]))

    def called(self, text: str) -> list[Hamlet]:
        """The hamlets of this name: by its letters and tones, else without tones, else by a former name."""
        former = next((found[1] for found in _IN_BRACKETS.finditer(text) if "hộ" not in found[1]), "")
        name = _AFTER.sub("", _NUMERAL.sub("", tidy(_IN_BRACKETS.sub("", text))))
        for key in (same_name_key, squeezed):
            wanted = {key(name), key(without_kind(name))}
            found = [hamlet for hamlet in self._standing if _forms(hamlet, key) & wanted]
            if former:
                found = [h for h in found if squeezed(without_kind(former)) == squeezed(h.former_commune)]
            if found:
                return found
        wanted = {squeezed(name), squeezed(without_kind(name))}
        heirs = {heir.id: heir for old, heir in self._ended if _forms(old, squeezed) & wanted}
        return list(heirs.values())

    def begins_like_one(self, text: str) -> bool:
        """Does the text begin with a word for a hamlet?"""
        begins = folded(_NUMERAL.sub("", tidy(text)))
        return any(begins.startswith(folded(kind) + " ") for kind in HAMLET_KINDS)

    def named_in(self, texts: Iterable[str]) -> Hamlet | None:
        """The one hamlet that titles above a list name with its kind ("DANH SÁCH HỘ THÔN NÀ LUNG")."""
        words = f" {' | '.join(folded(text) for text in texts)} "
        found = [h for h in self._standing if f" {folded(full_hamlet_name(h))} " in words]
        longest = max((len(h.name) for h in found), default=0)
        found = [h for h in found if len(h.name) == longest]
        return found[0] if len(found) == 1 else None


def _forms(hamlet: Hamlet, key: Callable[[str], str]) -> set[str]:
    return {key(form) for form in (hamlet.name, without_kind(hamlet.name), full_hamlet_name(hamlet))}
