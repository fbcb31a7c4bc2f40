"""Long lists of the desk: what is asked for stands in the address, one page of it is shown."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TypeVar
from urllib.parse import urlencode

_Line = TypeVar("_Line")

ROWS = 25
"""How many lines a page of a list has."""


@dataclass(frozen=True)
class Listing:
    """A list as it was asked for. path: of its page; asked: filters, order and search, without what is usual."""

    path: str
    asked: Mapping[str, str] = field(default_factory=dict)
    page: int = 1
    count: int = 0
    rows: int = ROWS

    @property
    def pages(self) -> int:
        """How many pages there are, at least one."""
        return max(1, -(-self.count // self.rows))

    @property
    def here(self) -> int:
        """The page that is shown: the one asked for, or the last."""
        return min(max(self.page, 1), self.pages)

    @property
    def first(self) -> int:
        """How many rows stand before this page."""
        return (self.here - 1) * self.rows

    def of(self, found: Sequence[_Line]) -> Sequence[_Line]:
        """The lines of this page."""
        return found[self.first : self.first + self.rows]

    def address(self, **changes: str) -> str:
        """This list asked for differently, from its first page on unless a page is named."""
        said = {name: value for name, value in {**self.asked, **changes}.items() if value}
        return self.path + (f"?{urlencode(said)}" if said else "")
