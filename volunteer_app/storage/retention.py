"""What an installation need not keep any longer is let go, a part at a time: each part is committed, so that phones
never wait long, and whoever is stopped halfway goes on the next night."""

import time
from collections.abc import Awaitable, Callable, Iterator, Mapping
from datetime import datetime
from itertools import groupby
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from volunteer_app.domain.calendar import local_day
from volunteer_app.storage import feeds, privacy
from volunteer_app.storage.database import Database
from volunteer_app.storage.households import HouseholdRow
from volunteer_app.storage.imports import ImportRow
from volunteer_app.storage.pace import Pace
from volunteer_app.storage.schema import schema

PART = 500
"""How many rows one transaction changes at most: a database takes so many parameters and no more."""

ERASED_TOGETHER = 50
"""How many households one transaction erases at most; each has a dozen tables."""

ARRIVED = ("received_at", "recorded_at", "written_at")
"""Columns that say since when a row is kept: the first that a table has."""

Keys = list[tuple[Any, ...]]


async def forget_old(database: Database, *, before: Mapping[str, datetime]) -> dict[str, int]:
    """Let go what is older. before: notes, visits, bodies, requests, sessions → moment."""
    tables = schema().tables
    done: dict[str, int] = {}
    for table in (*privacy.tables_that_name_households(), tables["outreach_sessions"]):
        if not (written := privacy.columns_of_words(table)):
            continue
        arrived = next(table.c[name] for name in ARRIVED if name in table.c)
        due = sa.and_(arrived < before["notes"], sa.or_(*(table.c[word] != "" for word in written)))
        done[f"words_of_{table.name}"] = await _change(database, table, due, dict.fromkeys(written, ""))
    operations, requests = tables["operations"], tables["visit_requests"]
    due = sa.and_(operations.c.received_at < before["bodies"], operations.c.body.is_not(None))
    done["bodies"] = await _change(database, operations, due, {"body": None})
    due = sa.and_(requests.c.received_at < before["requests"], requests.c.name.is_not(None))
    done["visit_requests"] = await _change(database, requests, due, {"name": None, "phone": None})
    for name in ("sign_ins", "invites", "challenges"):
        due = tables[name].c.expires_at < before["sessions"]
        done[name] = await _change(database, tables[name], due, None)
    return done | {"households": await _erase_unvisited(database, before["visits"])}


async def _change(database: Database, table: sa.Table, due: Any, values: dict[str, Any] | None) -> int:
    """Give the rows that are due these values; None: delete them. How many."""
    key = list(table.primary_key)

    async def change(db: AsyncSession, keys: Keys) -> int:
        these = _are(key, keys)
        query = (
            sa.delete(table).where(these) if values is None else sa.update(table).where(these).values(values)
        )
        connection = await db.connection()
        if values is not None and "household_id" in table.c:
            await connection.run_sync(_tell_phones, table, these)
        return (await connection.execute(query)).rowcount

    return await _in_parts(database, sa.select(*key).where(due), key, change)


def _tell_phones(connection: sa.Connection, table: sa.Table, these: Any) -> None:
    """The phones that carry these families forget it too, at their next contact."""
    home = HouseholdRow.__table__  # type: ignore[attr-defined]
    is_home = sa.and_(home.c.province_code == table.c.province_code, home.c.id == table.c.household_id)
    query = sa.select(home.c.province_code, home.c.id, home.c.hamlet_id).join(table, is_home).where(these)
    rows = sorted(set(map(tuple, connection.execute(query))))
    for province_code, some in groupby(rows, key=lambda row: row[0]):
        feeds.note_changes(connection, province_code, {id_: hamlet_id for _, id_, hamlet_id in some})


async def _in_parts(
    database: Database,
    due: Any,
    key: list[Any],
    work: Callable[[AsyncSession, Keys], Awaitable[int]],
    size: int | None = None,
) -> int:
    """Do it to what is due, in the order of the key, part by part. What is due is looked for before anybody waits."""
    done, last, pace = 0, None, Pace(size or PART)
    while True:
        query = due.order_by(*key).limit(pace.size)
        if last is not None:
            query = query.where(_after(key, last))
        async with database.reading() as db:
            keys: Keys = [tuple(row) for row in await (await db.connection()).execute(query)]
        if not keys:
            return done
        async with database.writing() as db:
            await db.connection()  # it is our turn
            began = time.monotonic()
            done += await work(db, keys)
        await pace.took(time.monotonic() - began)
        last = keys[-1]


def _after(key: list[Any], last: tuple[Any, ...]) -> Any:
    given = [sa.bindparam(None, value, type_=column.type) for column, value in zip(key, last, strict=True)]
    return key[0] > given[0] if len(key) == 1 else sa.tuple_(*key) > sa.tuple_(*given)


def _are(key: list[Any], keys: Keys) -> Any:
    """These rows: by province, with the ids of each."""
    if len(key) == 1:
        return key[0].in_([only for (only,) in keys])
    province, id_ = key
    return sa.or_(*(sa.and_(province == code, id_.in_(ids)) for code, ids in _by_province(keys)))


def _by_province(keys: Keys) -> Iterator[tuple[str, list[Any]]]:
    for code, some in groupby(keys, key=lambda key: key[0]):
        yield code, [id_ for _, id_ in some]


async def _erase_unvisited(database: Database, moment: datetime) -> int:
    households = schema().tables["households"]
    key, due = [households.c.province_code, households.c.id], _long_unvisited(moment)
    await _forget_imports(database, due)

    async def erase(db: AsyncSession, keys: Keys) -> int:
        done = 0
        for province_code, ids in _by_province(keys):
            query = select(HouseholdRow).where(
                HouseholdRow.province_code == province_code, col(HouseholdRow.id).in_(ids)
            )
            rows = list(await db.exec(query))
            await privacy.erase_these(db, province_code, rows)
            done += len(rows)
        return done

    return await _in_parts(database, due, key, erase, ERASED_TOGETHER)


async def _forget_imports(database: Database, due: sa.Select[Any, Any]) -> None:
    """What imports remember of them, one import at a time; before they are erased, so that nothing is left of a night
    that was cut short."""
    async with database.reading() as db:
        import_ids = list(await db.exec(select(ImportRow.id).where(ImportRow.kind == "households")))
        found = await (await db.connection()).execute(due) if import_ids else ()
        ids: set[UUID] = {id_ for _, id_ in found}
    for import_id in import_ids if ids else ():
        async with database.writing() as db:
            await privacy.forget_imports(db, ids, import_id)


def _long_unvisited(moment: datetime) -> sa.Select[Any, Any]:
    """Households that nobody has visited or changed since then; without any visit only those with a name: the rest of a
    commune's list is codes."""
    standings, households = schema().tables["standings"], schema().tables["households"]
    day = local_day(moment)
    return (
        sa.select(households.c.province_code, households.c.id)
        .outerjoin(
            standings,
            sa.and_(
                standings.c.province_code == households.c.province_code,
                standings.c.household_id == households.c.id,
            ),
        )
        .where(
            sa.or_(
                standings.c.last_visit_on < day,
                sa.and_(standings.c.last_visit_on.is_(None), households.c.label != ""),
            ),
            households.c.received_at < moment,
        )
    )
