"""Tallies added up over stretches of days, by hamlet or commune: what maps, boards and reports read."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from enum import StrEnum
from functools import cache
from typing import Any, NamedTuple
from uuid import UUID

import sqlalchemy as sa
from sqlmodel import SQLModel
from sqlmodel.ext.asyncio.session import AsyncSession

from volunteer_app.domain.figures.tallies import BLOCKED, COUNTED
from volunteer_app.domain.independence import IndependenceLevel
from volunteer_app.domain.periods import BEGINNING, Span, prefix
from volunteer_app.domain.permissions import Scope
from volunteer_app.storage.figures.tally_rows import (
    LEVELS,
    OF_PROVINCE,
    BlockerTallyRow,
    LevelTallyRow,
    TallyRow,
)

Stretch = tuple[Span, date, date]
"""Tallies of one kind of span: from the first to the last start, both included."""


class By(StrEnum):
    """What the figures are grouped by."""

    HAMLET = "hamlet_id"
    COMMUNE = "commune_code"


def stretches_until(day: date, today: date) -> list[Stretch]:
    """What all days up to this one are made of; up to now it is one row a place."""
    return [(Span.ALL, BEGINNING, BEGINNING)] if day >= today else prefix(day)


async def tallied_by(
    db: AsyncSession, scope: Scope, by: By, stretches: list[Stretch]
) -> dict[Any, Mapping[str, Any]]:
    """The tallies of these stretches, added up for each place: counts by name, and the day of the last visit."""
    names = (*COUNTED, "last_on")
    rows = await sums_by(db, scope, by, TallyRow, stretches, names)
    return {key_of(place, by): dict(zip(names, sums, strict=True)) for place, *sums in rows}


async def levels_by(
    db: AsyncSession, scope: Scope, by: By, stretches: list[Stretch], services: Iterable[str]
) -> dict[Any, dict[tuple[str, int], int]]:
    """How many households met stand at each level of these services, by place."""
    found: dict[Any, dict[tuple[str, int], int]] = defaultdict(dict)
    for service in services:
        pairs = [(service, level.value) for level in IndependenceLevel]
        for place, _, *counts in await sums_by(db, scope, by, LevelTallyRow, stretches, LEVELS, service):
            found[key_of(place, by)] |= {
                pair: count for pair, count in zip(pairs, counts, strict=True) if count
            }
    return found


class Blocked(NamedTuple):
    """How often a blocker stood in the way and in how many households; standing: in how many it still does."""

    stuck: int = 0
    households: int = 0
    first_households: int = 0
    standing: int = 0


async def blockers_by(
    db: AsyncSession, scope: Scope, by: By, stretches: list[Stretch], blocker: str = ""
) -> dict[Any, dict[str, Blocked]]:
    """What stood in the way in these stretches, added up, by place and blocker (`ANY` for all together)."""
    found: dict[Any, dict[str, Blocked]] = defaultdict(dict)
    for place, one, *counts in await sums_by(db, scope, by, BlockerTallyRow, stretches, BLOCKED, blocker):
        found[key_of(place, by)][one] = Blocked(*counts)
    return found


async def sums_by(
    db: AsyncSession,
    scope: Scope,
    by: By,
    table: type[SQLModel],
    stretches: list[Stretch],
    names: tuple[str, ...],
    only: str = "",
) -> Sequence[Any]:
    """Sums of these columns by place, and by the further column of the table, if it has one (only: its value).

    A row begins with the place (and what it is of), then come the sums in the order of their names.
    """
    given: dict[str, Any] = {"province": scope.province_code, "commune": scope.commune_code, "only": only}
    for number, (span, first, last) in enumerate(stretches):
        given |= {f"span_{number}": span, f"first_{number}": first, f"last_{number}": last}
    if scope.hamlet_ids is not None:
        given["places"] = [id_.hex for id_ in scope.hamlet_ids]
    query = _sums(
        table.__table__,  # type: ignore[attr-defined]
        names,
        by,
        tuple(first == last for _, first, last in stretches),
        in_commune=scope.commune_code is not None,
        of_some=by is By.HAMLET and scope.hamlet_ids is not None,
        of_one=bool(only),
    )
    return (await (await db.connection()).execute(query, given)).all()


@cache
def _sums(
    table: sa.Table,
    names: tuple[str, ...],
    by: By,
    are_single: tuple[bool, ...],
    *,
    in_commune: bool,
    of_some: bool,
    of_one: bool,
) -> sa.Select:
    """The statement of `sums_by`, built once: building costs more than running it.

    Each stretch is a run of neighbouring rows in the table's own order. A single span has one row a place already.
    """
    kept = table.c
    more = next((kept[name] for name in ("service", "blocker") if name in kept), None)
    in_area = [kept.province_code == sa.bindparam("province")]
    if by is By.COMMUNE:
        in_area.append(kept.area == OF_PROVINCE)
        if in_commune:
            in_area.append(kept.place == sa.bindparam("commune"))
    else:
        in_area.append(kept.area == sa.bindparam("commune") if in_commune else kept.area != OF_PROVINCE)
        if of_some:
            in_area.append(kept.place.in_(sa.bindparam("places", expanding=True)))
    if of_one and more is not None:
        in_area.append(more == sa.bindparam("only"))
    columns = [kept.place, *([] if more is None else [more])]
    counts = [kept[name] for name in names]
    parts = []
    for number, is_single in enumerate(are_single):
        first, last = (
            sa.bindparam(f"{which}_{number}", type_=kept.start.type) for which in ("first", "last")
        )
        when = kept.start == first if is_single else kept.start.between(first, last)
        parts.append(
            sa.select(*columns, *counts).where(*in_area, kept.span == sa.bindparam(f"span_{number}"), when)
        )
    if are_single == (True,):
        return parts[0]
    rows = sa.union_all(*parts).subquery() if len(parts) > 1 else parts[0].subquery()
    keys = [rows.c[column.name] for column in columns]
    together = [(sa.func.max if name == "last_on" else sa.func.sum)(rows.c[name]) for name in names]
    return sa.select(*keys, *together).group_by(*keys)


def key_of(place: str, by: By) -> Any:
    """A place as the figures name it: a hamlet's id, a commune's code."""
    return UUID(place) if by is By.HAMLET else place
