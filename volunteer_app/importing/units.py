"""The list of provinces and communes (CSV), as the National Statistics Office numbers them."""

from sqlmodel import select
from sqlmodel.ext.asyncio.session import AsyncSession

from volunteer_app.domain.problems import N_, Problem
from volunteer_app.importing.files import ImportPlan, Read
from volunteer_app.importing.tables import TWICE, ListLine, table_of
from volunteer_app.storage.imports import differences
from volunteer_app.storage.places import CommuneRow, ProvinceRow, search_words

NEEDED = {"level", "code", "name", "type", "full_name", "parent_code"}
_READ = NEEDED | {"alt_names", "area_km2", "population", "label_lon", "label_lat"}

BAD_LEVEL = N_("Line %(line)s, column %(column)s: 1 (province) or 2 (commune) is expected.")
UNKNOWN_PROVINCE = N_("Line %(line)s, column %(column)s: no province has this code.")


def read_units(text: str) -> Read:
    """Provinces and communes, each with its line. The kind of a unit is whatever word the file says."""
    table = table_of(text, NEEDED)
    if not NEEDED.issubset(table.columns):
        return Read([], table.problems, [])
    rows: list[tuple[ListLine, ProvinceRow | CommuneRow]] = []
    seen: dict[str, int] = {}
    for line in table.lines:
        level = line.text("level")
        if level not in ("1", "2"):
            line.refuse("unit.level", BAD_LEVEL, "level")
            continue
        row = _unit(line, level)
        if row.code and row.code in seen:
            line.refuse("unit.twice", TWICE, first=seen[row.code])
        seen.setdefault(row.code, line.number)
        rows.append((line, row))
    return Read(rows, table.problems, table.unread(_READ))


def _unit(line: ListLine, level: str) -> ProvinceRow | CommuneRow:
    facts = {
        "code": line.code("code", 2 if level == "1" else 5),
        "name": line.text("name", required=True),
        "kind": line.text("type", 40, required=True),
        "full_name": line.text("full_name", 120, required=True),
        "alt_names": line.several("alt_names"),
        "area_km2": line.number_between("area_km2", 0, 100_000),
        "population": line.whole("population", 50_000_000),
        "label_lon": line.number_between("label_lon", 100, 120),
        "label_lat": line.number_between("label_lat", 5, 25),
    }
    facts["search"] = search_words([facts["name"], facts["full_name"], *facts["alt_names"]])
    if level == "1":
        return ProvinceRow(**facts)
    return CommuneRow(**facts, province_code=line.code("parent_code", 2))


async def plan_units(db: AsyncSession, text: str) -> ImportPlan:
    """Provinces and communes are added and changed by their code; those that the file lacks stay."""
    read = read_units(text)
    provinces = [row for _, row in read.rows if isinstance(row, ProvinceRow)]
    communes = [row for _, row in read.rows if isinstance(row, CommuneRow)]
    kept_provinces = list(await db.exec(select(ProvinceRow)))
    kept_communes = list(await db.exec(select(CommuneRow)))
    known = {row.code for row in (*provinces, *kept_provinces)}
    for line, row in read.rows:
        if isinstance(row, CommuneRow) and row.province_code and row.province_code not in known:
            line.refuse("unit.unknown_province", UNKNOWN_PROVINCE, "parent_code")
    changes = [
        *differences(provinces, kept_provinces, remove_others=False),
        *differences(communes, kept_communes, remove_others=False),
    ]
    return ImportPlan(changes, len(provinces) + len(communes), read.problems, read.remarks)


def unknown_unit(line: int, column: str) -> Problem:
    """A line names a commune that was never imported."""
    sentence = N_("Line %(line)s, column %(column)s: no commune has this code. Were the units imported?")
    return Problem("unit.unknown", sentence, {"line": line, "column": column})
