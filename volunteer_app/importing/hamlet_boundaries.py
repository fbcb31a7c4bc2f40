"""Outlines of hamlets: which hamlet each is of, and how a commune's are drawn together.

A hamlet is told by its id, as our own GeoJSON has it, or by names, found as in other lists made by hand.
"""

from collections import defaultdict
from collections.abc import Iterable
from datetime import date
from typing import Any
from uuid import UUID

from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from volunteer_app.domain.labels import label_of
from volunteer_app.domain.names import squeezed
from volunteer_app.domain.places import is_valid_on
from volunteer_app.domain.problems import N_, Problem
from volunteer_app.importing.files import ImportPlan
from volunteer_app.importing.geojson import Named, Outline, twice
from volunteer_app.importing.hamlet_names import HamletNames
from volunteer_app.importing.outlines import (
    MAP_FINENESS,
    box_of,
    columns_of,
    drawing_of,
    drawn_exactly,
    grid_of,
    on_one_map,
    settled,
)
from volunteer_app.storage.imports import ImportChange, differences
from volunteer_app.storage.places import BoundaryRow, CommuneRow, HamletBoundaryRow, HamletRow

NO_SUCH_COMMUNE = N_("Outline %(line)s: no commune has the code %(unit)s. Were the units imported?")
NO_SUCH_HAMLET = N_("Outline %(line)s: no hamlet that stands today is called “%(hamlet)s” in %(commune)s.")
UNKNOWN_ID = N_("Outline %(line)s: no hamlet that stands today has the id %(hamlet)s.")
SEVERAL_OF_NAME = N_("Outline %(line)s: several hamlets here have this name. Please fill in former_commune.")
OUTSIDE_ITS_COMMUNE = N_(
    "Outline %(line)s lies outside %(commune)s. Is it the right commune, and are the degrees WGS 84?"
)
MISSING_HAMLETS = N_(
    "%(commune)s: %(missing)s of %(all)s hamlets have no outline in this file. The map is drawn once all have one."
)
_CHUNK = 500


async def plan_hamlet_boundaries(db: AsyncSession, outlines: list[Outline], today: date) -> ImportPlan:
    """A commune's map is drawn from one file alone, as a province's is: its outlines replace all that it had before."""
    register = await _register_for(db, outlines, today)
    problems: list[Problem] = []
    meant: list[tuple[HamletRow, Outline]] = []
    for outline in outlines:
        found = register.meant_by(outline)
        if isinstance(found, Problem):
            problems.append(found)
        else:
            meant.append((found, outline))
    problems += twice((hamlet.id, outline) for hamlet, outline in meant)
    problems += await _outside(db, meant, register.communes)
    if problems:
        return ImportPlan([], len(outlines), problems, [])
    of_commune: dict[str, list[tuple[HamletRow, Outline]]] = defaultdict(list)
    for hamlet, outline in meant:
        of_commune[hamlet.commune_code].append((hamlet, outline))
    changes: list[ImportChange] = []
    remarks: list[Problem] = []
    for code, members in sorted(of_commune.items()):
        kept = await db.exec(
            select(HamletBoundaryRow)
            .join(
                HamletRow,
                (col(HamletRow.province_code) == HamletBoundaryRow.province_code)
                & (col(HamletRow.id) == HamletBoundaryRow.hamlet_id),
            )
            .where(col(HamletRow.commune_code) == code)
        )
        changes += differences(_rows(members), kept, remove_others=True)
        if missing := len(register.standing[code]) - len(members):
            name, all_of_it = register.communes[code].full_name, len(register.standing[code])
            values = {"commune": name, "missing": missing, "all": all_of_it}
            remarks.append(Problem("boundary.missing_hamlets", MISSING_HAMLETS, values))
    return ImportPlan(changes, len(outlines), [], remarks)


def _rows(members: list[tuple[HamletRow, Outline]]) -> list[HamletBoundaryRow]:
    """A commune's outlines on one map; and exactly, so that what leaves as GeoJSON fits together and comes in again."""
    exact = [settled(outline.rings) for _, outline in members]
    grid = grid_of([ring for rings in exact for ring in rings], MAP_FINENESS)
    rows = []
    for (hamlet, _), rings, on_map in zip(members, exact, on_one_map(exact, grid), strict=True):
        label = label_of(on_map)
        own, box = drawn_exactly(rings)
        row = HamletBoundaryRow(
            province_code=hamlet.province_code,
            hamlet_id=hamlet.id,
            label_x=label.x,
            label_y=label.y,
            label_size=label.size,
            **columns_of(own, drawing_of(on_map), box),
        )
        rows.append(row)
    return rows


class _Register:
    """The hamlets that stand today in the communes of a file."""

    def __init__(self, communes: Iterable[CommuneRow], hamlets: Iterable[HamletRow], today: date) -> None:
        self.communes = {row.code: row for row in communes}
        self.standing: dict[str, list[HamletRow]] = {code: [] for code in self.communes}
        for hamlet in hamlets:
            if is_valid_on(hamlet, today):
                self.standing[hamlet.commune_code].append(hamlet)
        self._by_id = {hamlet.id: hamlet for some in self.standing.values() for hamlet in some}
        self._names = {code: HamletNames(some, (), today) for code, some in self.standing.items()}

    def meant_by(self, outline: Outline) -> HamletRow | Problem:
        """The hamlet that an outline is of, or why nobody can tell."""
        where = {"line": outline.number}
        if isinstance(outline.place, Named):
            return self._called(outline.place, where)
        hamlet_id = str(outline.place)
        unknown = Problem("boundary.unknown_hamlet", UNKNOWN_ID, where | {"hamlet": hamlet_id})
        return self._by_id.get(UUID(hamlet_id), unknown)

    def _called(self, told: Named, where: dict[str, Any]) -> HamletRow | Problem:
        commune = self.communes.get(told.commune_code)
        if commune is None:
            unit = {"unit": told.commune_code}
            return Problem("boundary.unknown_unit", NO_SUCH_COMMUNE, where | unit)
        found = self._names[commune.code].called(told.hamlet)
        if told.former_commune:
            former = ("", squeezed(told.former_commune))
            found = [one for one in found if squeezed(one.former_commune) in former]
        if not found:
            named = {"hamlet": told.hamlet, "commune": commune.full_name}
            return Problem("boundary.unknown_hamlet", NO_SUCH_HAMLET, where | named)
        if len(found) > 1:
            return Problem("boundary.several", SEVERAL_OF_NAME, where)
        return self._by_id[found[0].id]


async def _register_for(db: AsyncSession, outlines: list[Outline], today: date) -> _Register:
    codes = {outline.place.commune_code for outline in outlines if isinstance(outline.place, Named)}
    ids = [outline.place for outline in outlines if isinstance(outline.place, UUID)]
    for start in range(0, len(ids), _CHUNK):
        these = col(HamletRow.id).in_(ids[start : start + _CHUNK])
        codes.update(await db.exec(select(HamletRow.commune_code).where(these)))
    communes = await db.exec(select(CommuneRow).where(col(CommuneRow.code).in_(codes)))
    hamlets = await db.exec(select(HamletRow).where(col(HamletRow.commune_code).in_(codes)))
    return _Register(communes, hamlets, today)


async def _outside(
    db: AsyncSession, meant: list[tuple[HamletRow, Outline]], communes: dict[str, CommuneRow]
) -> list[Problem]:
    """Outlines that lie wholly beside their commune's, where that is known: another commune's, or other degrees."""
    kept = await db.exec(select(BoundaryRow).where(col(BoundaryRow.code).in_(communes)))
    land = {row.code: row for row in kept}
    problems = []
    for hamlet, outline in meant:
        box, around = box_of(outline.rings), land.get(hamlet.commune_code)
        if around is None:
            continue
        meets = box.west < around.east and around.west < box.east
        if not (meets and box.south < around.north and around.south < box.north):
            values = {"line": outline.number, "commune": communes[hamlet.commune_code].full_name}
            problems.append(Problem("boundary.outside", OUTSIDE_ITS_COMMUNE, values))
    return problems
