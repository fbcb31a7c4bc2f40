"""What operations lead to, on its way into tables. What is summed up from records hangs on `_after_writing`."""

from collections.abc import Callable, Iterable, Iterator
from typing import Any, NamedTuple
from uuid import UUID

import sqlalchemy as sa
from sqlmodel import SQLModel

from volunteer_app.domain.dossiers import Dossier
from volunteer_app.domain.households import Household, Member
from volunteer_app.domain.observations import Observation
from volunteer_app.domain.operations.claims import homes
from volunteer_app.domain.operations.dossiers import ResultOfDossier
from volunteer_app.domain.operations.follow_ups import FollowUp, Settlement
from volunteer_app.domain.operations.households import Change, Clash, FollowedClash
from volunteer_app.domain.operations.notes import NoteDone
from volunteer_app.domain.operations.outreach import Attendance
from volunteer_app.domain.operations.taken_back import TakenBack
from volunteer_app.domain.operations.visit_requests import RequestAnswered
from volunteer_app.domain.operations.visits import Rating
from volunteer_app.domain.outreach import OutreachSession
from volunteer_app.domain.screen_reports import ScreenReport
from volunteer_app.domain.visits import Visit
from volunteer_app.domain.walk_throughs import WalkThrough
from volunteer_app.storage import answers, clashes, standings, visit_requests
from volunteer_app.storage.changes import ChangeRow, change_row
from volunteer_app.storage.clashes import ClashRow, clash_row
from volunteer_app.storage.dossiers import DossierResultRow, DossierRow
from volunteer_app.storage.figures import added
from volunteer_app.storage.follow_ups import FollowUpRow, SettlementRow, follow_up_row
from volunteer_app.storage.households import HouseholdRow, MemberRow, household_row
from volunteer_app.storage.kept import Kept, received_row, row_by_somebody
from volunteer_app.storage.many import Many
from volunteer_app.storage.mergers import MergerArrivalRow
from volunteer_app.storage.notes import NoteDoneRow, note_done_row
from volunteer_app.storage.outreach import AttendanceRow, SessionRow, attendance_row
from volunteer_app.storage.screen_reports import ScreenReportRow
from volunteer_app.storage.taken_back import TakenBackRow, take_back, taken_back_row
from volunteer_app.storage.visits import (
    ObservationRow,
    RatingRow,
    VisitRow,
    WalkThroughRow,
    rating_row,
    visit_row,
)

Rows = dict[type[Any], list[Any]]
"""What is to be written, by table."""


class Home(NamedTuple):
    """Where a kind of record is kept, and how it becomes a row there."""

    table: type[SQLModel]
    row_of: Callable[[Any, Kept], dict[str, Any]]


HOMES = {
    Household: Home(HouseholdRow, household_row),
    Member: Home(MemberRow, received_row),
    Visit: Home(VisitRow, visit_row),
    WalkThrough: Home(WalkThroughRow, received_row),
    Observation: Home(ObservationRow, received_row),
    FollowUp: Home(FollowUpRow, follow_up_row),
    Change: Home(ChangeRow, change_row),
    Clash: Home(ClashRow, clash_row),
    ScreenReport: Home(ScreenReportRow, received_row),
    Settlement: Home(SettlementRow, row_by_somebody),
    NoteDone: Home(NoteDoneRow, note_done_row),
    Dossier: Home(DossierRow, received_row),
    ResultOfDossier: Home(DossierResultRow, row_by_somebody),
    Rating: Home(RatingRow, rating_row),
    OutreachSession: Home(SessionRow, received_row),
    Attendance: Home(AttendanceRow, attendance_row),
    TakenBack: Home(TakenBackRow, taken_back_row),
}
"""Every kind of record, in the order of writing."""

TABLES = (*(home.table for home in HOMES.values()), MergerArrivalRow)

INSERTS = {table: Many(sa.insert(table)) for table in TABLES}


def add_rows(rows: Rows, records: Iterable[Any], kept: Kept) -> dict[UUID, UUID]:
    """Add the rows of what an operation led to; the households that it touches, each with its hamlet."""
    touched = {}
    for record in records:
        if isinstance(record, FollowedClash):
            rows[FollowedClash].append(record)
            continue
        if isinstance(record, RequestAnswered):
            rows[RequestAnswered].append(row_by_somebody(record, kept))
            continue
        home = HOMES[type(record)]
        row = home.row_of(record, kept)
        rows[home.table].append(row)
        household_id = row["id"] if home.table is HouseholdRow else row.get("household_id")
        if household_id is not None:
            touched[household_id] = kept.known.households[household_id].hamlet_id
    rows[MergerArrivalRow] += _arrivals(kept)
    return touched


def _arrivals(kept: Kept) -> Iterator[dict[str, Any]]:
    """The records that are said to be of a household that was a duplicate: they go back with it."""
    if kept.known.merged:
        for record_id, household_id in homes(kept.operation.id, kept.body):
            for merger_id in kept.known.merged.get(household_id, ()):
                yield {
                    "province_code": kept.known.province_code,
                    "merger_id": merger_id,
                    "operation_id": record_id,
                }


def write(connection: sa.Connection, province_code: str, rows: Rows) -> None:
    """Write the rows, table by table, and what is kept up to date with them."""
    for table, insert in INSERTS.items():
        insert.run(connection, rows[table])
    clashes.go_on(connection, province_code, rows[FollowedClash])
    visit_requests.answer(connection, province_code, rows[RequestAnswered])
    answers.note(connection, province_code, rows[ChangeRow], rows[HouseholdRow])
    _after_writing(connection, province_code, rows)


def _after_writing(connection: sa.Connection, province_code: str, rows: Rows) -> None:
    """What is kept up to date with the records, in their transaction. Summaries above households belong here:
    `standings.moved_by` gives each touched household's standing before and after."""
    visits, runs, seen = rows[VisitRow], rows[WalkThroughRow], rows[ObservationRow]
    moved = standings.moved_by(connection, province_code, visits, [*runs, *seen])
    levels = added.note(connection, province_code, visits, runs, seen, moved)
    standings.write_standings(connection, province_code, moved, levels)
    take_back(connection, province_code, rows[TakenBackRow])
