"""What a phone carries of the households on one page of a field pack: rows named like the phone's stores."""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from sqlmodel.ext.asyncio.session import AsyncSession

from volunteer_app.domain.follow_ups import Reason
from volunteer_app.domain.visits import Outcome
from volunteer_app.permissions import Scope
from volunteer_app.storage import (
    closed_households,
    dossiers,
    follow_ups,
    households,
    late_work,
    notes,
    people,
    visits,
)
from volunteer_app.storage.clashes import open_clashes
from volunteer_app.storage.households import HouseholdRow

DONE_NOTES = 3
DOSSIERS = 5
"""How many papers of a household a phone carries, the newest first."""


async def rows_of(
    db: AsyncSession, scope: Scope, page: list[HouseholdRow], shown_as: Mapping[UUID, UUID]
) -> dict[str, list[dict[str, Any]]]:
    """The households and all that hangs on them. shown_as: hamlet → the hamlet under which a phone shows it."""
    ids = [row.id for row in page]
    latest = await visits.latest_visits(db, scope, ids)
    leaves_on = await closed_households.leaving_days(db, scope, latest)
    runs = await visits.walk_throughs_of_visits(db, scope, [visit.id for visit in latest])
    met = await households.met_of(db, scope, ids)
    marks = await late_work.marks_of(db, scope, [visit.id for visit in latest])
    names = await people.names_of(db, scope, {visit.person_id for visit in latest})
    noted = await _notes(db, scope, ids)
    papers = await _dossiers(db, scope, ids)
    returns = await follow_ups.open_of(db, scope, ids)
    rechecks = [row.id for row in returns if row.reason is Reason.RECHECK]
    taught_by = await visits.observers_of(db, scope, rechecks)
    newest: dict[Any, Any] = {}
    clashing: dict[UUID, list[Any]] = {}
    for clash in await open_clashes(db, scope, ids):
        clashing.setdefault(clash.household_id, []).append(clash)
    for visit in latest:
        newest.setdefault(visit.household_id, visit)
    return {
        "households": [
            {
                **some(row, "id", "commune_code", "code", "label", "people_count", "consent"),
                "hamlet_id": shown_as[row.hamlet_id],
                "received_at": row.received_at,
                "is_met": row.id in met,
                "last_visit_at": newest[row.id].recorded_at if row.id in newest else None,
                "last_outcome": newest[row.id].outcome if row.id in newest else None,
                "clashes": [
                    some(clash, "member_id", "field", "stood", "said") for clash in clashing.get(row.id, [])
                ],
                "notes": noted.get(row.id, []),
                "dossiers": papers.get(row.id, []),
                "leaves_on": leaves_on.get(row.id),
            }
            for row in page
        ],
        "members": [
            {
                **some(row, "id", "household_id", "label"),
                **some(row, "own_phone", "own_sim", "chip_card", "vneid_level", "signal_at_home"),
            }
            for row in await households.members_of(db, scope, ids)
        ],
        "visits": [
            {
                **some(row, "id", "household_id", "note", "return_on", "recorded_at", "received_at"),
                "outcome": Outcome(row.outcome),
                "person_name": names.get(row.person_id, ""),
                "is_after_lease": row.id in marks and marks[row.id].is_after_lease,
            }
            for row in latest
        ],
        "walk_throughs": [
            {
                **some(row, "id", "visit_id", "household_id", "member_id", "guide", "service", "teach_back"),
                **some(
                    row,
                    "marks",
                    "is_needed",
                    "stuck_step",
                    "blocker",
                    "note",
                    "minutes",
                    "recorded_at",
                    "received_at",
                ),
            }
            for row in runs
        ],
        "observations": [
            some(row, "id", "household_id", "member_id", "service", "level", "basis", "observed_at")
            for row in await visits.observations_of(db, scope, ids)
        ],
        "follow_ups": [
            {
                **some(row, "id", "household_id", "reason", "due_from", "due_to"),
                **some(row, "blocker", "service", "created_at", "person_id"),
                "taught_by": taught_by.get(row.id),
            }
            for row in returns
        ],
    }


async def _notes(
    db: AsyncSession, scope: Scope, household_ids: list[UUID]
) -> dict[UUID, list[dict[str, Any]]]:
    """The leaders' notes on these households: open ones, and the last three that are done."""
    found: dict[UUID, list[dict[str, Any]]] = {}
    for note, done in await notes.notes_of(db, scope, household_ids):
        said = {"id": note.id, "text": note.text, "written_at": note.written_at}
        said["done_at"] = done.done_at if done else None
        of_household = found.setdefault(note.household_id, [])
        if done is None or len(of_household) < DONE_NOTES:
            of_household.append(said)
    return found


async def _dossiers(
    db: AsyncSession, scope: Scope, household_ids: list[UUID]
) -> dict[UUID, list[dict[str, Any]]]:
    """The papers of these households and what came of them last."""
    found: dict[UUID, list[dict[str, Any]]] = {}
    for dossier, result in await dossiers.dossiers_of(db, scope, household_ids):
        said = some(dossier, "id", "member_id", "service", "result_on", "recorded_at")
        said |= {
            "result": result.result if result else None,
            "result_at": result.recorded_at if result else None,
        }
        of_household = found.setdefault(dossier.household_id, [])
        if len(of_household) < DOSSIERS:
            of_household.append(said)
    return found


def some(row: Any, *names: str) -> dict[str, Any]:
    """These fields of a row."""
    return {name: getattr(row, name) for name in names}
