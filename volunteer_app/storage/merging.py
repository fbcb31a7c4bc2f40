"""Merging two households that are one door, and taking it back exactly. Synchronous statements in one transaction."""

from collections.abc import Iterable
from datetime import datetime
from typing import Any, NamedTuple
from uuid import UUID

import sqlalchemy as sa
from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from volunteer_app.domain.duplicates import LATER_MERGER
from volunteer_app.domain.households import Consent
from volunteer_app.domain.ids import new_id
from volunteer_app.domain.permissions import Scope
from volunteer_app.domain.problems import Problem
from volunteer_app.storage import answers, feeds, personal, standings
from volunteer_app.storage.changes import ChangeRow
from volunteer_app.storage.database import any_of, at_once
from volunteer_app.storage.figures import tallies
from volunteer_app.storage.households import HouseholdRow, in_scope
from volunteer_app.storage.mergers import MergerArrivalRow, MergerRow, ToldApartRow
from volunteer_app.storage.privacy import ConsentRow
from volunteer_app.storage.schema import schema

SAID_OF_ITSELF = ("label", "people_count", "consent", "consent_version", "consent_method", "consent_at")
"""What a household's row says that changes can change."""

NOT_MOVED = {"standings", "gone"}
"""Tables that name households and are made anew, or only ever grow."""


class Place(NamedTuple):
    """Whose a record is, and where that is."""

    household_id: UUID
    commune_code: str
    hamlet_id: UUID


def tables() -> list[sa.Table]:
    """Every table of records that belong to a household, also those that are added to the app later."""
    return [
        table
        for table in schema().sorted_tables
        if "household_id" in table.c and "id" in table.primary_key.columns and table.name not in NOT_MOVED
    ]


async def merge(
    db: AsyncSession, scope: Scope, kept: HouseholdRow, lost: HouseholdRow, now: datetime
) -> UUID:
    """Move everything of `lost` to `kept`; both were found in the scope. Returns the merger's id."""
    return await at_once(db, _merge, scope, Place(kept.id, kept.commune_code, kept.hamlet_id), lost.id, now)


def _merge(connection: sa.Connection, scope: Scope, kept: Place, lost_id: UUID, now: datetime) -> UUID:
    province, merger_id = scope.province_code, new_id(now)
    home = HouseholdRow.__table__  # type: ignore[attr-defined]
    lost = connection.execute(_of(home, province, [lost_id], "id")).mappings().one()
    before = connection.execute(_of(home, province, [kept.household_id], "id")).mappings().one()
    moved = {}
    with tallies.kept_right(connection, province, [kept.household_id, lost_id]):
        for table in tables():
            rows = connection.execute(_of(table, province, [lost_id], "household_id")).mappings().all()
            if rows:
                places = [[row["id"], row.get("commune_code"), row.get("hamlet_id")] for row in rows]
                moved[table.name] = places
                _move(connection, table, province, [row["id"] for row in rows], kept)
        standings.recount(connection, province, {kept.household_id: kept[1:], lost_id: None})
    connection.execute(
        sa.insert(MergerRow),
        [
            {
                "province_code": province,
                "id": merger_id,
                "commune_code": kept.commune_code,
                "hamlet_id": kept.hamlet_id,
                "kept_id": kept.household_id,
                "lost_id": lost_id,
                "lost": dict(lost),
                "kept": {name: before[name] for name in SAID_OF_ITSELF},
                "moved": moved,
                "person_id": scope.person_id,
                "merged_at": now,
            }
        ],
    )
    connection.execute(sa.delete(home).where(home.c.province_code == province, home.c.id == lost_id))
    if answers.weight(lost["consent"]) > answers.weight(before["consent"]):
        _answer_as(connection, scope, merger_id, kept.household_id, lost, before, now)
    personal.forget_without_consent(connection, province, [kept.household_id])
    feeds.note_gone(connection, province, {lost_id: lost["hamlet_id"]})
    feeds.note_changes(connection, province, {kept.household_id: kept.hamlet_id})
    return merger_id


def _answer_as(
    connection: sa.Connection,
    scope: Scope,
    merger_id: UUID,
    kept_id: UUID,
    lost: Any,
    kept: Any,
    now: datetime,
) -> None:
    """One door has one answer: the "no" of either holds until the family is asked again, and a "yes" for a door at
    which nobody had asked."""
    name = "" if lost["consent"] != Consent.GIVEN else kept["label"] or lost["label"]
    change = {
        "province_code": scope.province_code,
        "id": merger_id,
        "household_id": kept_id,
        "member_id": None,
        "fields": {field: lost[field] for field in SAID_OF_ITSELF if field.startswith("consent")}
        | {"label": name},
        "person_id": scope.person_id,
        "recorded_at": now,
        "received_at": now,
    }
    connection.execute(sa.insert(ChangeRow), [change])
    answers.note(connection, scope.province_code, [change])


async def undo(db: AsyncSession, scope: Scope, merger: MergerRow, now: datetime) -> Problem | None:
    """Give everything back that moved, and what arrived for the lost household since. None: done."""
    later = select(MergerRow.id).where(
        MergerRow.province_code == scope.province_code,
        MergerRow.lost_id == merger.kept_id,
        col(MergerRow.undone_at).is_(None),
    )
    if (await db.exec(later)).first() is not None:
        return LATER_MERGER
    await at_once(db, _undo, scope.province_code, merger)
    merger.undone_at, merger.undone_by = now, scope.person_id
    await db.flush()
    return None


def _undo(connection: sa.Connection, province: str, merger: MergerRow) -> None:
    home = HouseholdRow.__table__  # type: ignore[attr-defined]
    arrived = _arrived(connection, province, merger)
    said = _said_since(connection, province, merger)
    lost = HouseholdRow.model_validate(
        _after(merger.lost, [fields for id_, fields in said if id_ in arrived])
    ).model_dump()
    connection.execute(sa.insert(home), [lost])
    if merger.kept is not None:
        row = connection.execute(_of(home, province, [merger.kept_id], "id")).mappings().one()
        own = [fields for id_, fields in said if id_ not in arrived and id_ != merger.id]
        stood = HouseholdRow.model_validate({**row, **_after(merger.kept, own)}).model_dump()
        connection.execute(
            sa.update(home)
            .where(home.c.province_code == province, home.c.id == merger.kept_id)
            .values({name: stood[name] for name in SAID_OF_ITSELF})
        )
    for table in (ChangeRow, ConsentRow):  # the answer that the merger itself had given
        connection.execute(
            sa.delete(table).where(col(table.province_code) == province, col(table.id) == merger.id)
        )
    lost_place = Place(merger.lost_id, lost["commune_code"], lost["hamlet_id"])
    kept = connection.execute(_of(home, province, [merger.kept_id], "id")).mappings().one()
    places = {
        merger.lost_id: lost_place[1:],
        merger.kept_id: (kept["commune_code"], kept["hamlet_id"]),
    }
    with tallies.kept_right(connection, province, places):
        _give_back(connection, province, merger, lost_place, arrived)
        standings.recount(connection, province, places)
    personal.forget_without_consent(connection, province, places)
    feeds.note_changes(
        connection, province, {merger.lost_id: lost["hamlet_id"], merger.kept_id: kept["hamlet_id"]}
    )


def _arrived(connection: sa.Connection, province: str, merger: MergerRow) -> set[UUID]:
    """Ids of the records that came for the lost household since the merger."""
    query = sa.select(col(MergerArrivalRow.operation_id)).where(
        col(MergerArrivalRow.province_code) == province, col(MergerArrivalRow.merger_id) == merger.id
    )
    return set(connection.execute(query).scalars())


def _said_since(
    connection: sa.Connection, province: str, merger: MergerRow
) -> list[tuple[UUID, dict[str, Any]]]:
    """What was said of the one door since the merger, in the order of arrival."""
    query = (
        sa.select(col(ChangeRow.id), col(ChangeRow.fields))
        .where(
            col(ChangeRow.province_code) == province,
            col(ChangeRow.household_id) == merger.kept_id,
            col(ChangeRow.member_id).is_(None),
            col(ChangeRow.received_at) >= merger.merged_at,
        )
        .order_by(col(ChangeRow.received_at), col(ChangeRow.id))
    )
    moved = {UUID(id_) for id_, *_ in merger.moved.get("changes", [])}
    return [(id_, fields) for id_, fields in connection.execute(query) if id_ not in moved]


def _after(row: dict[str, Any], said: list[dict[str, Any]]) -> dict[str, Any]:
    """A household's row after these changes, one after the other."""
    for fields in said:
        row = {**row, **fields}
    return row


def _give_back(
    connection: sa.Connection, province: str, merger: MergerRow, lost_place: Place, arrived: set[UUID]
) -> None:
    """Every record that moved goes back, and what arrived for the lost household since goes with it."""
    for table in tables():
        for id_, commune_code, hamlet_id in merger.moved.get(table.name, []):
            back = Place(merger.lost_id, commune_code, UUID(hamlet_id) if hamlet_id else lost_place.hamlet_id)
            _move(connection, table, province, [UUID(id_)], back)
    if arrived:
        for table in tables():
            _move(connection, table, province, list(arrived), lost_place)
    _follow(connection, province, merger.kept_id, lost_place)


FOLLOWED = {"member_id": "members", "dossier_id": "dossiers", "note_id": "notes"}
"""What goes with that which it names. A table comes before those that follow its rows."""


def _follow(connection: sa.Connection, province: str, kept_id: UUID, lost_place: Place) -> None:
    """What was recorded of the one door since, about a person, a paper or a note that has gone back, goes with it."""
    for key, named in FOLLOWED.items():
        theirs = schema().tables[named].c
        for table in tables():
            if key in table.c:
                query = sa.select(table.c.id).where(
                    table.c.province_code == province,
                    table.c.household_id == kept_id,
                    table.c[key] == theirs.id,
                    theirs.province_code == province,
                    theirs.household_id == lost_place.household_id,
                )
                if ids := list(connection.execute(query).scalars()):
                    _move(connection, table, province, ids, lost_place)


def _of(table: sa.Table, province: str, ids: list[UUID], key: str) -> Any:
    return sa.select(table).where(table.c.province_code == province, table.c[key].in_(ids))


def _move(connection: sa.Connection, table: sa.Table, province: str, ids: list[UUID], to: Place) -> None:
    values = {name: value for name, value in to._asdict().items() if name in table.c and value is not None}
    connection.execute(
        sa.update(table)
        .where(table.c.province_code == province, table.c.id.in_(any_of("ids")))
        .values(**values),
        {"ids": ids},
    )


async def merger_of(db: AsyncSession, scope: Scope, merger_id: UUID) -> MergerRow | None:
    """A merger of the scope's commune that stands; None when there is none with this id."""
    query = in_scope(select(MergerRow).where(MergerRow.id == merger_id), MergerRow, scope)
    row = (await db.exec(query)).first()
    return row if row is not None and row.undone_at is None else None


async def was_undone(db: AsyncSession, scope: Scope, merger_id: UUID) -> bool:
    """Was this merger of the scope taken back already?"""
    query = select(MergerRow.id).where(MergerRow.id == merger_id, col(MergerRow.undone_at).is_not(None))
    return (await db.exec(in_scope(query, MergerRow, scope))).first() is not None


async def was_merged(db: AsyncSession, scope: Scope, ids: Iterable[UUID]) -> bool:
    """Is one of these households part of another one since a merger in the scope?"""
    query = select(MergerRow.id).where(
        col(MergerRow.lost_id).in_(list(ids)), col(MergerRow.undone_at).is_(None)
    )
    return (await db.exec(in_scope(query, MergerRow, scope))).first() is not None


async def mergers_in(db: AsyncSession, scope: Scope, most: int) -> list[MergerRow]:
    """The latest mergers of the scope, undone ones too."""
    query = in_scope(select(MergerRow), MergerRow, scope).order_by(col(MergerRow.merged_at).desc())
    return list(await db.exec(query.limit(most)))


async def told_apart(db: AsyncSession, scope: Scope) -> list[tuple[UUID, UUID]]:
    """Pairs of the province that a leader looked at and found to be two households."""
    query = select(ToldApartRow.one_id, ToldApartRow.other_id).where(
        ToldApartRow.province_code == scope.province_code
    )
    return [(one, other) for one, other in await db.exec(query)]


async def tell_apart(db: AsyncSession, scope: Scope, ids: Iterable[UUID], now: datetime) -> None:
    """Remember that these two are two; both were found in the scope."""
    one_id, other_id = sorted(ids)
    row = ToldApartRow(
        province_code=scope.province_code,
        one_id=one_id,
        other_id=other_id,
        person_id=scope.person_id,
        told_at=now,
    )
    await db.merge(row)
