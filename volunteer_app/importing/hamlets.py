"""The list of hamlets of any number of communes (CSV).

A line is known again by commune, name and former commune; a hamlet made by a merger also by its first day. Blank
cells and missing columns leave what is kept.
"""

from collections import defaultdict
from datetime import date, timedelta
from typing import Any
from uuid import NAMESPACE_URL, UUID, uuid5

from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from volunteer_app.domain.languages import LANGUAGES
from volunteer_app.domain.names import HAMLET_KINDS, same_name_key, without_kind
from volunteer_app.domain.places import Signal, full_hamlet_name, is_valid_on, usual_hamlet_kind
from volunteer_app.domain.problems import N_, Problem
from volunteer_app.importing.files import ImportPlan, Read
from volunteer_app.importing.tables import TWICE, ListLine, table_of
from volunteer_app.importing.units import unknown_unit
from volunteer_app.storage.imports import differences
from volunteer_app.storage.places import CommuneRow, HamletPredecessorRow, HamletRow, search_words

NEEDED = {"commune_code", "hamlet_name"}
_READ = NEEDED | {
    "province_code", "commune_name", "former_commune", "kind", "position", "valid_from", "valid_to", "predecessors",
    "household_count", "household_count_source", "household_count_date", "languages", "signal",
}  # fmt: skip

_NAMESPACE = uuid5(NAMESPACE_URL, "https://tung-nha.example/hamlets")

OTHER_COMMUNE = N_("Line %(line)s, column %(column)s: does not belong to the commune code beside it.")
UNKNOWN_KIND = N_("Line %(line)s: “%(kind)s” is no kind of hamlet; taken as “%(usual)s”.")
BAD_SIGNAL = N_("Line %(line)s, column %(column)s: none, weak, good or unknown is expected.")
BAD_LANGUAGE = N_("Line %(line)s, column %(column)s: language codes such as hmn;tyz are expected.")
SEVERAL = N_("Line %(line)s: several hamlets here have this name. Please fill in the column former_commune.")
NO_FIRST_DAY = N_("Line %(line)s, column %(column)s: a hamlet made from others needs its first day.")
UNKNOWN_PREDECESSOR = N_("Line %(line)s, column %(column)s: no hamlet of this commune was called so before.")
ENDS_BEFORE = N_("Line %(line)s: the last day is before the first.")
NO_SOURCE = N_("Line %(line)s: a number of households needs its source and its date.")


def read_hamlets(text: str) -> Read:
    """The lines of a list of hamlets as (line, facts); facts that the line does not state are left out."""
    table = table_of(text, NEEDED)
    if not NEEDED.issubset(table.columns):
        return Read([], table.problems, [])
    rows = [(line, _facts(line)) for line in table.lines]
    return Read(rows, table.problems, table.unread(_READ))


def _facts(line: ListLine) -> dict[str, Any]:
    stated = {
        "commune_code": line.code("commune_code", 5),
        "name": line.text("hamlet_name", required=True),
        "former_commune": without_kind(line.text("former_commune")),
        "kind": line.text("kind").lower(),
        "position": line.whole("position", 10_000),
        "valid_from": line.day("valid_from"),
        "valid_to": line.day("valid_to"),
        "household_count": line.whole("household_count", 5000),
        "household_count_source": line.text("household_count_source", 200),
        "household_count_date": line.day("household_count_date"),
        "languages": line.several("languages"),
        "signal": line.text("signal").lower(),
        "predecessors": line.several("predecessors"),
    }
    facts = {name: value for name, value in stated.items() if value not in (None, "", [])}
    if facts.get("signal", "unknown") not in set(Signal):
        line.refuse("hamlet.signal", BAD_SIGNAL, "signal")
        del facts["signal"]
    if not all(tag in LANGUAGES for tag in stated["languages"]):
        line.refuse("hamlet.language", BAD_LANGUAGE, "languages")
    if stated["predecessors"] and not stated["valid_from"]:
        line.refuse("hamlet.no_first_day", NO_FIRST_DAY, "valid_from")
    if "household_count" in facts and not {"household_count_source", "household_count_date"} <= facts.keys():
        line.refuse("hamlet.no_source", NO_SOURCE)
    return facts


async def plan_hamlets(db: AsyncSession, text: str, today: date) -> ImportPlan:
    """Hamlets are added and changed; those that the file lacks stay. A merger ends the hamlets it was made from."""
    read = read_hamlets(text)
    communes = {row.code: row for row in await db.exec(select(CommuneRow))}
    codes = {facts.get("commune_code", "") for _, facts in read.rows}
    kept = list(await db.exec(select(HamletRow).where(col(HamletRow.commune_code).in_(codes))))
    kept_links = list(
        await db.exec(
            select(HamletPredecessorRow).where(
                col(HamletPredecessorRow.province_code).in_({row.province_code for row in kept})
            )
        )
    )
    register = _Register(kept, today)
    for line, facts in read.rows:
        commune = communes.get(facts.get("commune_code", ""))
        if commune is None:
            if "commune_code" in facts:
                read.problems.append(unknown_unit(line.number, "commune_code"))
        elif "name" in facts:
            register.take(line, facts, commune, read.remarks)
    changes = [
        *differences(register.wanted, kept, remove_others=False),
        *differences(register.links, kept_links, remove_others=False),
    ]
    return ImportPlan(changes, len(register.wanted) + len(register.links), read.problems, read.remarks)


class _Register:
    """The hamlets of the communes concerned, while a file is worked in line by line."""

    def __init__(self, kept: list[HamletRow], today: date) -> None:
        self._today = today
        self._rows = {row.id: HamletRow(**row.model_dump()) for row in kept}
        self._line_of: dict[UUID, int] = {}
        self._touched: set[UUID] = set()
        self._last_position: dict[str, int] = defaultdict(int)
        self.links: list[HamletPredecessorRow] = []
        for row in kept:
            self._last_position[row.commune_code] = max(self._last_position[row.commune_code], row.position)

    @property
    def wanted(self) -> list[HamletRow]:
        """Every hamlet that the file speaks of."""
        return [self._rows[id_] for id_ in self._rows if id_ in self._touched]

    def take(
        self, line: ListLine, facts: dict[str, Any], commune: CommuneRow, remarks: list[Problem]
    ) -> None:
        """Work one line in."""
        if line.text("province_code") not in ("", commune.province_code):
            line.refuse("hamlet.other_commune", OTHER_COMMUNE, "province_code")
        stated = same_name_key(without_kind(line.text("commune_name")))
        if stated not in ("", same_name_key(commune.name)):
            line.refuse("hamlet.other_commune", OTHER_COMMUNE, "commune_name")
        row = self._known_again(line, facts) or self._new(facts, commune)
        if row.id in self._line_of:
            line.refuse("hamlet.twice", TWICE, first=self._line_of[row.id])
            return
        self._line_of[row.id] = line.number
        self._touched.add(row.id)
        self._rows[row.id] = row
        if facts.get("kind", HAMLET_KINDS[0]) not in HAMLET_KINDS:
            values = {"line": line.number, "kind": facts.pop("kind"), "usual": row.kind}
            remarks.append(Problem("hamlet.unknown_kind", UNKNOWN_KIND, values))
        for name, value in facts.items():
            if name not in ("name", "predecessors"):  # the name is known again, however it is typed now
                setattr(row, name, Signal(value) if name == "signal" else value)
        if row.valid_from and row.valid_to and row.valid_to < row.valid_from:
            line.refuse("hamlet.ends_before", ENDS_BEFORE)
        row.search = search_words([row.name, full_hamlet_name(row)])
        self._end_predecessors(line, facts, row)

    def _known_again(self, line: ListLine, facts: dict[str, Any]) -> HamletRow | None:
        """The hamlet that the line speaks of, if it is kept already."""
        found = self._called(facts["commune_code"], facts["name"])
        if "predecessors" in facts:
            found = [row for row in found if row.valid_from == facts.get("valid_from")]
        else:
            found = [row for row in found if row.valid_to is None or is_valid_on(row, self._today)] or found
        if "former_commune" in facts:
            key = same_name_key(facts["former_commune"])
            found = [row for row in found if same_name_key(row.former_commune) in (key, "")]
        elif len(found) > 1:
            line.refuse("hamlet.several", SEVERAL)
        return found[0] if found else None

    def _called(self, commune_code: str, name: str) -> list[HamletRow]:
        key = same_name_key(name)
        return [
            row
            for row in self._rows.values()
            if row.commune_code == commune_code and same_name_key(row.name) == key
        ]

    def _new(self, facts: dict[str, Any], commune: CommuneRow) -> HamletRow:
        """A hamlet not kept yet. Its id follows from what names it, so that every installation gives the same."""
        begins = str(facts.get("valid_from", "")) if "predecessors" in facts else ""
        names = [commune.code, facts["name"], facts.get("former_commune", ""), begins]
        self._last_position[commune.code] += 1
        return HamletRow(
            province_code=commune.province_code,
            id=uuid5(_NAMESPACE, "/".join(same_name_key(name) for name in names)),
            commune_code=commune.code,
            name=facts["name"],
            kind=usual_hamlet_kind(commune.kind),
            position=self._last_position[commune.code],
        )

    def _end_predecessors(self, line: ListLine, facts: dict[str, Any], row: HamletRow) -> None:
        """Link the hamlet to those it was made from; they end the day before it begins."""
        if row.valid_from is None:
            return
        last_day = row.valid_from - timedelta(days=1)
        for name in facts.get("predecessors", []):
            found = [
                old
                for old in self._called(row.commune_code, name)
                if old.id != row.id and is_valid_on(old, last_day)
            ]
            if len(found) != 1:
                line.refuse("hamlet.unknown_predecessor", UNKNOWN_PREDECESSOR, "predecessors")
                continue
            found[0].valid_to = last_day
            self._touched.add(found[0].id)
            link = HamletPredecessorRow(
                province_code=row.province_code, hamlet_id=row.id, predecessor_id=found[0].id
            )
            self.links.append(link)
