"""What an operation leads to, on its way into tables: what it names is looked up, each kind of record becomes a row.

A new kind of record needs a row function in `ROWS` and its table in `TABLES`; a new kind of thing that bodies name
needs a line in `LOOKUPS`. What is summed up from records hangs on `_after_writing`.
"""

from collections import defaultdict
from collections.abc import Callable, Collection, Iterable
from datetime import date, datetime
from typing import Any, NamedTuple
from uuid import UUID

import sqlalchemy as sa
from sqlmodel import Field, SQLModel, col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from volunteer_app.domain.around_visits import Attendance, NoteDone, Rating, ResultOfDossier, Settlement
from volunteer_app.domain.calendar import local_day
from volunteer_app.domain.dossiers import Dossier
from volunteer_app.domain.households import Household, Member
from volunteer_app.domain.known import Known
from volunteer_app.domain.observations import Observation
from volunteer_app.domain.operations import Body, Operation
from volunteer_app.domain.outreach import OutreachSession
from volunteer_app.domain.people import Role
from volunteer_app.domain.permissions import Scope
from volunteer_app.domain.problems import Problem
from volunteer_app.domain.screen_reports import ScreenReport
from volunteer_app.domain.taking import Change, Clash, FollowUp, Record, made
from volunteer_app.domain.visits import Visit
from volunteer_app.domain.walk_throughs import WalkThrough
from volunteer_app.storage import privacy, standings, tallies
from volunteer_app.storage.assignments import AssignmentRow, hamlets_under
from volunteer_app.storage.clashes import ClashRow
from volunteer_app.storage.database import Id, Many, Plain, any_of
from volunteer_app.storage.dossiers import DossierResultRow, DossierRow
from volunteer_app.storage.follow_ups import FollowUpRow, SettlementRow
from volunteer_app.storage.households import HouseholdRow, MemberRow
from volunteer_app.storage.mergers import MergerArrivalRow, MergerRow
from volunteer_app.storage.notes import NoteDoneRow
from volunteer_app.storage.outreach import AttendanceRow, SessionRow
from volunteer_app.storage.places import HamletRow
from volunteer_app.storage.screen_reports import ScreenReportRow
from volunteer_app.storage.visits import ObservationRow, RatingRow, VisitRow, WalkThroughRow

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
        lambda row: made(Household, **row),
    ),
    Lookup(
        "member_id",
        "members",
        _by_id(MemberRow, Member.model_fields),
        lambda row: made(Member, **row),
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
        ids = {id_ for body in bodies if isinstance(body, Body) for id_ in body.named(key)}
        found[known_as] = {}
        if ids:
            for row in (
                connection.execute(query, {"province": province_code, "ids": list(ids)}).mappings().all()
            ):
                found[known_as][row["id"]] = value(row)
    lost = {id_ for body in bodies if isinstance(body, Body) for id_ in body.named("household_id")}
    found["merged"] = _kept_instead(
        connection, province_code, lost - found["households"].keys(), found["households"]
    )
    assigned = _ever_assigned(connection, province_code, people)
    return {
        person_id: Known(
            province_code=province_code,
            person_id=person_id,
            commune_code=scope.commune_code,
            assigned=assigned[person_id] if scope.role is Role.VOLUNTEER else None,
            **found,
        )
        for person_id, scope in people.items()
    }


def _kept_instead(
    connection: sa.Connection, province_code: str, lost: set[UUID], households: dict[UUID, Household]
) -> dict[UUID, list[UUID]]:
    """Late work that names a merged duplicate goes to the household that was kept. Returns lost household → mergers."""
    found = {}
    for household_id in lost:
        kept_id, mergers = household_id, []
        while merger := connection.execute(MERGED, {"province": province_code, "household": kept_id}).first():
            mergers.append(merger.id)
            kept_id = merger.kept_id
        if mergers:
            query = LOOKUPS[1].query
            row = connection.execute(query, {"province": province_code, "ids": [kept_id]}).mappings().first()
            if row is not None:
                households[kept_id] = households[household_id] = made(Household, **row)
                found[household_id] = mergers
    return found


MERGED = sa.select(col(MergerRow.id), col(MergerRow.kept_id)).where(
    col(MergerRow.province_code) == sa.bindparam("province"),
    col(MergerRow.lost_id) == sa.bindparam("household"),
    col(MergerRow.undone_at).is_(None),
)


def _ever_assigned(
    connection: sa.Connection, province_code: str, person_ids: Collection[UUID]
) -> dict[UUID, dict[UUID, date]]:
    """Work done under a lease that is over is still theirs: every hamlet ever assigned counts. Person → hamlet → last
    day of the latest lease."""
    assigned: dict[UUID, dict[UUID, date]] = defaultdict(dict)
    rows = connection.execute(EVER_ASSIGNED, {"province": province_code, "ids": list(person_ids)})
    for person_id, hamlet_id, last_day in rows:
        assigned[person_id][hamlet_id] = max(last_day, assigned[person_id].get(hamlet_id) or last_day)
    return assigned


EVER_ASSIGNED = hamlets_under(
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


def _settlement_row(record: Settlement, kept: Kept) -> Row:
    return SettlementRow, _by_somebody(record, kept)


def _note_done_row(record: NoteDone, kept: Kept) -> Row:
    row = _by_somebody(record, kept)
    return NoteDoneRow, row | {"done_at": row.pop("recorded_at")}


def _dossier_row(record: Dossier, kept: Kept) -> Row:
    return DossierRow, record.__dict__ | {"received_at": kept.received_at}


def _dossier_result_row(record: ResultOfDossier, kept: Kept) -> Row:
    return DossierResultRow, _by_somebody(record, kept)


def _rating_row(record: Rating, kept: Kept) -> Row:
    household = kept.known.households[record.household_id]
    place = {"commune_code": household.commune_code, "hamlet_id": household.hamlet_id}
    return RatingRow, _by_somebody(record, kept) | place


def _session_row(record: OutreachSession, kept: Kept) -> Row:
    return SessionRow, record.__dict__ | {"received_at": kept.received_at}


def _attendance_row(record: Attendance, kept: Kept) -> Row:
    return AttendanceRow, record.__dict__ | {"province_code": kept.known.province_code}


def _by_somebody(record: Any, kept: Kept) -> dict[str, Any]:
    by = {"province_code": kept.known.province_code, "person_id": kept.known.person_id}
    return record.__dict__ | by | {"recorded_at": kept.operation.recorded_at}


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
    Settlement: _settlement_row,
    NoteDone: _note_done_row,
    Dossier: _dossier_row,
    ResultOfDossier: _dossier_result_row,
    Rating: _rating_row,
    OutreachSession: _session_row,
    Attendance: _attendance_row,
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
    SettlementRow,
    NoteDoneRow,
    DossierRow,
    DossierResultRow,
    RatingRow,
    SessionRow,
    AttendanceRow,
    MergerArrivalRow,
)
"""Every table that operations are written to, in the order of writing."""

INSERTS = {table: Many(sa.insert(table)) for table in TABLES}


def add_rows(rows: Rows, records: Iterable[Record], kept: Kept) -> dict[UUID, UUID]:
    """Add the rows of what an operation led to; the households that it touches, each with its hamlet."""
    touched = {}
    for record in records:
        table, row = ROWS[type(record)](record, kept)
        rows[table].append(row)
        if isinstance(record, ScreenReport):
            continue  # it is about a guide
        if isinstance(record, OutreachSession):
            continue
        household_id = record.id if isinstance(record, Household) else record.household_id
        touched[household_id] = kept.known.households[household_id].hamlet_id
    for merger_id in _mergers_named(kept):
        arrival = {"province_code": kept.known.province_code, "merger_id": merger_id}
        rows[MergerArrivalRow].append(arrival | {"operation_id": kept.operation.id})
    return touched


def _mergers_named(kept: Kept) -> list[UUID]:
    """The mergers of the household that the operation names, if it was a duplicate."""
    if not kept.known.merged or "household_id" not in kept.operation.body:
        return []
    return kept.known.merged.get(UUID(str(kept.operation.body["household_id"])), [])


def write(connection: sa.Connection, province_code: str, rows: Rows) -> None:
    """Write the rows, table by table, and what is kept up to date with them."""
    for table, insert in INSERTS.items():
        insert.run(connection, rows[table])
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
    visits, runs, seen = rows[VisitRow], rows[WalkThroughRow], rows[ObservationRow]
    moved = standings.note(connection, province_code, visits, seen)
    tallies.note(connection, province_code, visits, runs, seen, moved)


async def changes_of(db: AsyncSession, scope: Scope, household_id: UUID) -> list[ChangeRow]:
    """What was changed about a household that the caller has found in the scope."""
    query = select(ChangeRow).where(
        ChangeRow.province_code == scope.province_code, ChangeRow.household_id == household_id
    )
    return list(await db.exec(query))
