"""Where things stand in a hand-made list: title rows, one or two rows of headers, columns in any order."""

import re
from typing import NamedTuple

from volunteer_app.domain.names import HAMLET_KINDS, folded

_ROWS_ABOVE = 40
_NUMBER_TITLES = {"stt", "tt", "so tt", "so thu tu"}
_NAME_TITLES = ("ho va ten", "ho ten", "ten chu ho", "chu ho", "ten ho")
_PEOPLE_TITLES = ("so khau", "nhan khau", "so nguoi")
_HAMLET_TITLES = tuple(folded(kind) for kind in HAMLET_KINDS)
_COLUMN_NUMBER = re.compile(r"\(?\d{1,2}\)?|\(?[A-Z]\)?")


class Columns(NamedTuple):
    """Which column (from 0) holds what; None where the list has no such column.

    data_from: index of the first row below the headers.
    relation: how a person is related to the head, in lists of persons: only the heads are households.
    """

    data_from: int
    name: int
    number: int | None
    hamlet: int | None
    people: int | None
    consent: int | None
    relation: int | None
    titles: list[str]


def cell(cells: list[str], column: int | None) -> str:
    """A cell's text; blank where the row or the list does not reach."""
    return cells[column] if column is not None and column < len(cells) else ""


def find_columns(rows: list[tuple[int, list[str]]]) -> Columns | None:
    """The columns of the first list on the sheet, or None where no row names a head of household."""
    for index, (_, cells) in enumerate(rows[:_ROWS_ABOVE]):
        if any(_role(text) == "name" for text in cells):
            return _columns(rows, index)
    return None


def _columns(rows: list[tuple[int, list[str]]], index: int) -> Columns:
    """Merged cells hold their text in the first cell only: blanks take it from above and from the left."""
    header = rows[index][1]
    above = rows[index - 1][1] if index else []
    below = rows[index + 1][1] if index + 1 < len(rows) else []
    name = next(i for i, text in enumerate(header) if _role(text) == "name")
    has_two = _is_second_header(header, below, name)
    titles: list[str] = []
    group = ""
    for i in range(max(len(header), len(below) if has_two else 0)):
        title, under = cell(header, i), cell(below, i) if has_two else ""
        group = title or (group if under else "")
        titles.append(f"{group or cell(above, i)} {under}".strip())
    data_from = index + (2 if has_two else 1)
    if data_from < len(rows) and _is_row_of_column_numbers(rows[data_from][1]):
        data_from += 1
    places: dict[str, int] = {}
    for i in sorted(range(len(titles)), key=lambda i: (_is_partial(titles[i]), i)):
        if role := _role(titles[i]):
            places.setdefault(role, i)
    return Columns(
        data_from,
        name,
        number=places.get("number"),
        hamlet=places.get("hamlet"),
        people=places.get("people"),
        consent=places.get("consent"),
        relation=places.get("relation"),
        titles=titles,
    )


def _role(title: str) -> str | None:
    """What a column with this title holds."""
    text = folded(title)
    if text in _NUMBER_TITLES:
        return "number"
    if text.startswith("quan he"):
        return "relation"
    if "dong y" in text:
        return "consent"
    if text.startswith(_NAME_TITLES):
        return "name"
    if any(words in text for words in _PEOPLE_TITLES):
        return "people"
    first = text.removeprefix("ten ")
    if text.startswith("dia chi") or any(
        first == kind or first.startswith(kind + " ") for kind in _HAMLET_TITLES
    ):
        return "hamlet"
    return None


def _is_partial(title: str) -> bool:
    """Does the column count only some of the people (men, women, children)?"""
    return bool({"nam", "nu", "tre", "duoi", "tren"} & set(folded(title).split()))


def _is_second_header(header: list[str], below: list[str], name: int) -> bool:
    """Does the row below go on with the headers: only under blank or grouping cells, never under the name?"""
    written = [i for i, text in enumerate(below) if text]
    return (
        bool(written)
        and name not in written
        and all(
            not cell(header, i) or (i + 1 < max(len(header), len(below)) and not cell(header, i + 1))
            for i in written
        )
        and all(not text[0].isdigit() for text in below if text)
    )


def _is_row_of_column_numbers(cells: list[str]) -> bool:
    """ "(1) (2) (3)" or "A B 1 2" under the headers."""
    written = [text for text in cells if text]
    return len(written) > 1 and all(_COLUMN_NUMBER.fullmatch(text) for text in written)
