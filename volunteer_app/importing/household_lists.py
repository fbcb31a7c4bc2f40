"""Reading a commune's household list, made by hand: title rows, merged headers, totals, stray spaces."""

import re
from collections.abc import Iterable
from typing import NamedTuple

from volunteer_app.domain.free_text import has_twelve_digits
from volunteer_app.domain.households import Consent
from volunteer_app.domain.names import folded
from volunteer_app.domain.places import Hamlet
from volunteer_app.domain.problems import N_, Problem
from volunteer_app.importing.files import Read
from volunteer_app.importing.hamlet_names import HamletNames
from volunteer_app.importing.list_columns import Columns, cell, find_columns
from volunteer_app.importing.spreadsheets import ReadSheet
from volunteer_app.importing.tables import FORMULA, ID_NUMBER, is_formula

NOTHING_LISTED = Problem(
    "list.nothing_listed",
    N_("No household was read: each needs a line of its own, with the head's name under its heading."),
)
NO_LIST = Problem(
    "list.no_list", N_("No household list was found: no column is called “Họ và tên chủ hộ” or “Chủ hộ”.")
)
UNKNOWN_HAMLET = N_("Line %(line)s: the commune has no hamlet of this name.")
SEVERAL_HAMLETS = N_("Line %(line)s: several hamlets have this name; add the former commune in brackets.")
NO_HAMLET = N_("Line %(line)s: nothing says which hamlet this household belongs to.")
NO_NAME = N_("Line %(line)s: the head's name is missing.")
BAD_NAME = N_("Line %(line)s: the head's name is too long or has digits.")
OLD_FONT = N_("Line %(line)s: written in an old font (TCVN3). Please convert the list to Unicode first.")
BAD_PEOPLE = N_("Line %(line)s, column %(column)s: a number of people from 1 to 60 is expected.")
BAD_CONSENT = N_("Line %(line)s, column %(column)s: “có” or “không” is expected, or nothing.")
NOT_READ = N_("Line %(line)s was not read as a household.")

_TOTAL = re.compile(r"(tổng(\s+(cộng|số))?|cộng|tong cong|tong so)\b", re.IGNORECASE)
_CLOSING = re.compile(
    r"(nguoi lap|tm ubnd|tm uy ban|uy ban nhan dan|chu tich|xac nhan|ky ghi|(truong|pho) (thon|ban|khu)|"
    r".*\bngay\b.*\bthang\b)"
)
_NUMBER = re.compile(r"\d+\.?")
_NO_WORD = re.compile(r"[\d.,]+|[IVXLC]+\.?|[A-Z]\.?|=.*")
_OLD_FONT = re.compile("[\u00a1-\u00bf\u00d7\u00f7]")
_ADDRESS = re.compile(r"(ông|bà)\s+(?=\S+\s+\S)", re.IGNORECASE)
_YES = {"x", "co", "dong y", "yes", "true", "v", "1", "da dong y"}
_NO = {"khong", "ko", "k", "no", "false", "0", "khong dong y", "chua"}


class Listed(NamedTuple):
    """One household of a list. The name is used while the list is read and never leaves it without consent."""

    line: str
    hamlet: Hamlet
    name: str
    people_count: int | None
    consent: Consent


def has_list(rows: list[tuple[int, list[str]]]) -> bool:
    """Do these rows hold a household list?"""
    return find_columns(rows) is not None


def read_household_list(sheets: Iterable[ReadSheet], hamlets: HamletNames) -> Read:
    """The households of every sheet that holds a list."""
    found = Read([], [], [])
    lists = [(sheet, columns) for sheet in sheets if (columns := find_columns(sheet.rows))]
    for sheet, columns in lists:
        _SheetReader(sheet, columns, hamlets, found, has_several=len(lists) > 1).read()
    if not lists:
        found.problems.append(NO_LIST)
    elif not found.rows and not found.problems:
        found.problems.append(NOTHING_LISTED)
    return found


class _SheetReader:
    """Reads one sheet from top to bottom; knows under which hamlet's heading it is."""

    def __init__(
        self, sheet: ReadSheet, columns: Columns, hamlets: HamletNames, found: Read, *, has_several: bool
    ) -> None:
        self._sheet, self._columns, self._hamlets, self._found = sheet, columns, hamlets, found
        self._has_several = has_several
        titles = [text for _, cells in sheet.rows[: columns.data_from] for text in cells if text]
        self._hamlet = hamlets.named_in([sheet.name, *titles])
        self._is_lost = False  # the last heading named no hamlet; one problem is enough
        self._after_total = False

    def read(self) -> None:
        """Every row below the headers, up to the signatures."""
        for number, cells in self._sheet.rows:
            for text in cells:
                if has_twelve_digits(text):
                    self._note(ID_NUMBER, "field.id_number", number, column=self._title(cells.index(text)))
        for number, cells in self._sheet.rows[self._columns.data_from :]:
            if not any(cells):
                continue
            if self._is_closing(cells):
                break
            self._read_row(number, cells)

    def _read_row(self, number: int, cells: list[str]) -> None:
        columns = self._columns
        name = cell(cells, columns.name)
        is_numbered = bool(_NUMBER.fullmatch(cell(cells, columns.number)))
        if any(_TOTAL.match(text) for text in [text for text in cells if text][:2]) and not is_numbered:
            self._after_total = True
        elif folded(name) == folded(columns.titles[columns.name]):
            return  # the headers again, at the top of a printed page
        elif self._is_heading(number, cells, is_numbered):
            self._after_total = False
        elif is_numbered and not name:
            if sum(bool(text) for text in cells) > 1:
                self._note(NO_NAME, "list.no_name", number)
        elif name and (is_numbered or columns.number is None or not self._after_total):
            self._read_household(number, cells, name)
        elif not name:
            remark = Problem("list.not_read", NOT_READ, {"line": self._line(number)})
            self._found.remarks.append(remark)

    def _read_household(self, number: int, cells: list[str], name: str) -> None:
        columns = self._columns
        if cell(cells, columns.relation) and folded(cell(cells, columns.relation)) != "chu ho":
            return
        for column, text in enumerate(cells):
            if is_formula(text):
                self._note(FORMULA, "field.formula", number, column=self._title(column))
        if where := cell(cells, columns.hamlet):
            self._turn_to(number, where)
        elif self._hamlet is None and not self._is_lost:
            self._note(NO_HAMLET, "list.no_hamlet", number)
        if _OLD_FONT.search(name):
            self._note(OLD_FONT, "list.old_font", number)
        elif len(name) > 80 or any(letter.isdigit() for letter in name):
            self._note(BAD_NAME, "list.bad_name", number)
        people_count, consent = self._people(number, cells), self._consent(number, cells)
        if self._hamlet is not None:
            name = _ADDRESS.sub("", name, count=1) if _ADDRESS.match(name) else name
            name = name.title() if name.isupper() else name
            listed = Listed(self._line(number), self._hamlet, name, people_count, consent)
            self._found.rows.append(listed)

    def _people(self, number: int, cells: list[str]) -> int | None:
        text = cell(cells, self._columns.people)
        found = re.fullmatch(r"(\d{1,2})(\s*(khẩu|người|nk))?", text, re.IGNORECASE)
        if found and 1 <= int(found[1]) <= 60:
            return int(found[1])
        if text and not is_formula(text):
            self._note(BAD_PEOPLE, "list.people", number, column=self._title(self._columns.people))
        return None

    def _consent(self, number: int, cells: list[str]) -> Consent:
        text = cell(cells, self._columns.consent)
        word = folded(text)
        if word in _YES or text in ("✓", "✔", "☑", "+"):
            return Consent.GIVEN
        if word in _NO:
            return Consent.REFUSED
        if word:
            self._note(BAD_CONSENT, "list.consent", number, column=self._title(self._columns.consent))
        return Consent.NOT_ASKED

    def _is_heading(self, number: int, cells: list[str], is_numbered: bool) -> bool:
        """A row of its own that names the hamlet of the rows below."""
        written = [text for text in cells if text and not _NO_WORD.fullmatch(text)]
        if len(written) != 1:
            return False
        if not self._hamlets.begins_like_one(written[0]) and (
            is_numbered or not self._hamlets.called(written[0])
        ):
            return False
        self._turn_to(number, written[0])
        return True

    def _turn_to(self, number: int, text: str) -> None:
        """From here on, the hamlet of this name."""
        found = self._hamlets.called(text)
        self._hamlet = found[0] if found else None
        self._is_lost = not found
        if not found:
            self._note(UNKNOWN_HAMLET, "list.unknown_hamlet", number)
        elif len(found) > 1:
            self._note(SEVERAL_HAMLETS, "list.several_hamlets", number)

    def _is_closing(self, cells: list[str]) -> bool:
        """Signatures and dates under the list."""
        if _NUMBER.fullmatch(cell(cells, self._columns.number)):
            return False
        name = cell(cells, self._columns.name)
        texts = [name] if name else cells
        return any(_CLOSING.match(folded(text)) for text in texts if text)

    def _title(self, column: int | None) -> str:
        return cell(self._columns.titles, column) or str((column or 0) + 1)

    def _note(self, sentence: str, code: str, number: int, **values: object) -> None:
        self._found.problems.append(Problem(code, sentence, {"line": self._line(number)} | values))

    def _line(self, number: int) -> str:
        """The row's number; with the sheet's name where there are several sheets."""
        return f"{number} ({self._sheet.name})" if self._has_several else str(number)
