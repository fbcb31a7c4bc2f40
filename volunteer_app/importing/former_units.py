"""Units before 1 July 2025, and what each became (CSV): so that old names still find the place."""

from sqlmodel import select
from sqlmodel.ext.asyncio.session import AsyncSession

from volunteer_app.domain.problems import N_
from volunteer_app.importing.files import ImportPlan, Read
from volunteer_app.importing.tables import TWICE, ListLine, table_of
from volunteer_app.importing.units import unknown_unit
from volunteer_app.storage.imports import differences
from volunteer_app.storage.places import CommuneRow, FormerUnitRow, search_words

NEEDED = {"former_code", "former_name", "former_district", "former_province", "part", "code"}
_READ = NEEDED | {"province_code"}

BAD_PART = N_("Line %(line)s, column %(column)s: “whole” or “part” is expected.")


def read_former_units(text: str) -> Read:
    """Former units, each with its line; the province is filled in by the plan."""
    table = table_of(text, NEEDED)
    if not NEEDED.issubset(table.columns):
        return Read([], table.problems, [])
    rows: list[tuple[ListLine, FormerUnitRow]] = []
    seen: dict[tuple[str, str], int] = {}
    for line in table.lines:
        part = line.text("part")
        if part not in ("whole", "part"):
            line.refuse("former_unit.part", BAD_PART, "part")
        row = FormerUnitRow(
            former_code=line.code("former_code", 5),
            commune_code=line.code("code", 5),
            province_code="",
            former_name=line.text("former_name", required=True),
            former_district=line.text("former_district"),
            former_province=line.text("former_province"),
            is_whole=part == "whole",
        )
        row.search = search_words([row.former_name, row.former_district, row.former_province])
        key = (row.former_code, row.commune_code)
        if all(key) and key in seen:
            line.refuse("former_unit.twice", TWICE, first=seen[key])
        seen.setdefault(key, line.number)
        rows.append((line, row))
    return Read(rows, table.problems, table.unread(_READ))


async def plan_former_units(db: AsyncSession, text: str) -> ImportPlan:
    """Former units are added and changed by their old and new code; those that the file lacks stay."""
    read = read_former_units(text)
    communes = dict((await db.exec(select(CommuneRow.code, CommuneRow.province_code))).all())
    for line, row in read.rows:
        row.province_code = communes.get(row.commune_code, "")
        if row.commune_code and not row.province_code:
            read.problems.append(unknown_unit(line.number, "code"))
    wanted = [row for _, row in read.rows]
    kept = list(await db.exec(select(FormerUnitRow)))
    return ImportPlan(
        differences(wanted, kept, remove_others=False), len(wanted), read.problems, read.remarks
    )
