"""What an operation leads to, on its way into tables: what it names is looked up, each kind of record becomes a row.

A new kind of record needs a row function in `ROWS` and its table in `TABLES`; a new kind of thing that bodies name
needs a line in `LOOKUPS`. What is summed up from records hangs on `_after_writing`.
"""

from collections import defaultdict
from collections.abc import Callable, Collection, Iterable
from datetime import datetime
from typing import Any, NamedTuple
from uuid import UUID

import sqlalchemy as sa
from sqlmodel import Field, SQLModel, col

from volunteer_app.domain.calendar import local_day
from volunteer_app.domain.households import Household, Member
from volunteer_app.domain.observations import Observation
from volunteer_app.domain.operations import Body, Operation
from volunteer_app.domain.people import Role
from volunteer_app.domain.problems import Problem
from volunteer_app.domain.screen_reports import ScreenReport
from volunteer_app.domain.taking import Change, Clash, FollowUp, Known, Record
from volunteer_app.domain.visits import Visit
from volunteer_app.domain.walk_throughs import WalkThrough
from volunteer_app.permissions import Scope
from volunteer_app.storage import privacy, standings
from volunteer_app.storage.assignments import AssignmentRow
from volunteer_app.storage.clashes import ClashRow
from volunteer_app.storage.database import Id, Plain, any_of
from volunteer_app.storage.follow_ups import FollowUpRow
from volunteer_app.storage.households import HouseholdRow, MemberRow
from volunteer_app.storage.places import HamletRow
from volunteer_app.storage.screen_reports import ScreenReportRow
from volunteer_app.storage.visits import ObservationRow, VisitRow, WalkThroughRow

Rows = dict[type[SQLModel], list[dict[str, Any]]]
"""What is to be written, by table."""


class ChangeRow(SQLModel, table=True):
    """A change of some fields of a household or member (thay đổi): who, when, which fields. Append-only."""

    __tablename__ = "changes"
    province_code: str = Field(primary_key=True, max_length=2)
    id: UUID = Field(primary_key=True, sa_type=Id)
    household_id: UUID = Field(sa_type=Id, index=True)
    member_id: UUID | None = Field(default=None, sa_type=Id)
    fields: dict[str, Any] = Field(sa_column=sa.Column(Plain, nullable=False))
    person_id: UUID = Field(sa_type=Id)
    recorded_at: datetime
    received_at: datetime


class Lookup(NamedTuple):
    """Where things that bodies name under `key` are kept, and what `Known` holds of them."""

    key: str
    known_as: str
    query: Any
    value: Callable[[Any], Any]


def _by_id(table: type[SQLModel], columns: Iterable[str]) -> Any:
    kept = table.__table__.c  # type: ignore[attr-defined]
    return sa.select(*(kept[name] for name in columns)).where(
        kept.province_code == sa.bindparam("province"), kept.id.in_(any_of("ids"))
    )


LOOKUPS = (
    Lookup(
        "hamlet_id",
        "hamlets",
        _by_id(HamletRow, ["id", "commune_code"]),
        lambda row: row["commune_code"],
    ),
    Lookup(
        "household_id",
        "households",
        _by_id(HouseholdRow, Household.model_fields),
        lambda row: Household.model_construct(**row),
    ),
    Lookup(
        "member_id",
        "members",
        _by_id(MemberRow, Member.model_fields),
        lambda row: Member.model_construct(**row),
    ),
    Lookup(
        "visit_id",
        "visits",
        _by_id(VisitRow, ["id", "household_id"]),
        lambda row: row["household_id"],
    ),
)


def known(
    connection: sa.Connection,
    province_code: str,
    people: dict[UUID, Scope],
    bodies: Iterable[Body | Problem],
) -> dict[UUID, Known]:
    """What the server knows of the things named, for each person who sends: each kind with one query."""
    found = {}
    for key, known_as, query, value in LOOKUPS:
        ids = {id_ for body in bodies if (id_ := getattr(body, key, None))}
        found[known_as] = {}
        if ids:
            for row in connection.execute(query, {"province": province_code, "ids": list(ids)}).mappings():
                found[known_as][row["id"]] = value(row)
    assigned = _ever_assigned(connection, province_code, people)
    return {
        person_id: Known(
            province_code=province_code,
            person_id=person_id,
            commune_code=scope.commune_code,
            assigned=frozenset(assigned[person_id]) if scope.role is Role.VOLUNTEER else None,
            **found,
        )
        for person_id, scope in people.items()
    }


def _ever_assigned(
    connection: sa.Connection, province_code: str, person_ids: Collection[UUID]
) -> dict[UUID, set[UUID]]:
    """Work done under a lease that is over is still theirs: every hamlet ever assigned counts."""
    assigned: dict[UUID, set[UUID]] = defaultdict(set)
    rows = connection.execute(EVER_ASSIGNED, {"province": province_code, "ids": list(person_ids)})
    for person_id, hamlet_id in rows:
        assigned[person_id].add(hamlet_id)
    return assigned


EVER_ASSIGNED = sa.select(col(AssignmentRow.person_id), col(AssignmentRow.hamlet_id)).where(
    col(AssignmentRow.province_code) == sa.bindparam("province"),
    col(AssignmentRow.person_id).in_(any_of("ids")),
)


class Kept(NamedTuple):
    """What a row needs to know beside its record."""

    operation: Operation
    known: Known
    received_at: datetime


Row = tuple[type[SQLModel], dict[str, Any]]


def _household_row(record: Household, kept: Kept) -> Row:
    by = {"person_id": kept.known.person_id, "recorded_at": kept.operation.recorded_at}
    return HouseholdRow, record.__dict__ | by | {"received_at": kept.received_at}


def _member_row(record: Member, kept: Kept) -> Row:
    return MemberRow, record.__dict__ | {"received_at": kept.received_at}


def _visit_row(record: Visit, kept: Kept) -> Row:
    day = local_day(record.recorded_at)
    return VisitRow, record.__dict__ | {"visited_on": day, "received_at": kept.received_at}


def _walk_through_row(record: WalkThrough, kept: Kept) -> Row:
    return WalkThroughRow, record.__dict__ | {"received_at": kept.received_at}


def _observation_row(record: Observation, kept: Kept) -> Row:
    return ObservationRow, record.__dict__ | {"received_at": kept.received_at}


def _follow_up_row(record: FollowUp, kept: Kept) -> Row:
    household = kept.known.households[record.household_id]
    reason, due_from, due_to = record.proposed
    return FollowUpRow, {
        "province_code": household.province_code,
        "id": record.id,
        "commune_code": household.commune_code,
        "hamlet_id": household.hamlet_id,
        "household_id": household.id,
        "reason": reason,
        "service": record.service,
        "blocker": record.blocker,
        "due_from": due_from,
        "due_to": due_to,
        "created_at": record.created_at,
    }


def _change_row(record: Change, kept: Kept) -> Row:
    return ChangeRow, {
        "province_code": kept.known.province_code,
        "id": kept.operation.id,
        "household_id": record.household_id,
        "member_id": record.member_id,
        "fields": record.fields,
        "person_id": kept.known.person_id,
        "recorded_at": kept.operation.recorded_at,
        "received_at": kept.received_at,
    }


def _clash_row(record: Clash, kept: Kept) -> Row:
    household = kept.known.households[record.household_id]
    return ClashRow, record.__dict__ | {
        "province_code": household.province_code,
        "id": kept.operation.id,
        "commune_code": household.commune_code,
        "hamlet_id": household.hamlet_id,
        "person_id": kept.known.person_id,
        "recorded_at": kept.operation.recorded_at,
        "received_at": kept.received_at,
    }


def _screen_report_row(record: ScreenReport, kept: Kept) -> Row:
    return ScreenReportRow, record.__dict__ | {"received_at": kept.received_at}


ROWS: dict[type[Record], Callable[[Any, Kept], Row]] = {
    Household: _household_row,
    Member: _member_row,
    Visit: _visit_row,
    WalkThrough: _walk_through_row,
    Observation: _observation_row,
    FollowUp: _follow_up_row,
    Change: _change_row,
    Clash: _clash_row,
    ScreenReport: _screen_report_row,
}

TABLES = (
    HouseholdRow,
    MemberRow,
    VisitRow,
    WalkThroughRow,
    ObservationRow,
    FollowUpRow,
    ChangeRow,
    ClashRow,
    ScreenReportRow,
)
"""Every table that operations are written to, in the order of writing."""

INSERTS = {table: sa.insert(table) for table in TABLES}


def add_rows(rows: Rows, records: Iterable[Record], kept: Kept) -> dict[UUID, UUID]:
    """Add the rows of what an operation led to; the households that it touches, each with its hamlet."""
    touched = {}
    for record in records:
        table, row = ROWS[type(record)](record, kept)
        rows[table].append(row)
        if isinstance(record, ScreenReport):
            continue  # it is about a guide
        household_id = record.id if isinstance(record, Household) else record.household_id
        touched[household_id] = kept.known.households[household_id].hamlet_id
    return touched


def write(connection: sa.Connection, province_code: str, rows: Rows) -> None:
    """Write the rows, table by table, and what is kept up to date with them."""
    for table, insert in INSERTS.items():
        if rows[table]:
            connection.execute(insert, rows[table])
    _set_fields(connection, province_code, rows[ChangeRow])
    _after_writing(connection, province_code, rows)


def _set_fields(connection: sa.Connection, province_code: str, changes: list[dict[str, Any]]) -> None:
    """Let the household or member have what each change says."""
    for change in changes:
        table = MemberRow if change["member_id"] else HouseholdRow
        if change["fields"]:
            connection.execute(
                sa.update(table)
                .where(
                    col(table.province_code) == province_code,
                    col(table.id) == (change["member_id"] or change["household_id"]),
                )
                .values(**change["fields"])
            )


def _after_writing(connection: sa.Connection, province_code: str, rows: Rows) -> None:
    """What is kept up to date with the records, in their transaction. Summaries above households belong here:
    `standings.note` gives each touched household's standing before and after."""
    privacy.note_consents(connection, rows[HouseholdRow], rows[ChangeRow])
    standings.note(connection, province_code, rows[VisitRow], rows[ObservationRow])
