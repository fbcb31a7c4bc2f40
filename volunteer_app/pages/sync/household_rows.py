"""What a phone carries of the households on one page of a field pack: rows named like the phone's stores."""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from sqlmodel.ext.asyncio.session import AsyncSession

from volunteer_app.domain.follow_ups import Reason
from volunteer_app.domain.households import Member
from volunteer_app.domain.permissions import Scope
from volunteer_app.pages.households.named import names_of_members
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
from volunteer_app.storage.visits import VisitRow

PhoneRow = dict[str, Any]

DONE_NOTES = 3
DOSSIERS = 5
"""How many papers of a household a phone carries, the newest first."""

HOUSEHOLD = ("id", "commune_code", "code", "label", "people_count", "consent", "received_at")
MEMBER = [name for name in Member.model_fields if name != "province_code"]
VISIT = ("id", "household_id", "outcome", "note", "return_on", "recorded_at", "received_at")
WALK_THROUGH = (
    *("id", "visit_id", "household_id", "member_id", "guide", "service", "teach_back", "marks", "is_needed"),
    *("stuck_step", "blocker", "note", "minutes", "recorded_at", "received_at"),
)
OBSERVATION = ("id", "household_id", "member_id", "service", "level", "basis", "observed_at")
FOLLOW_UP = (
    *("id", "household_id", "reason", "due_from", "due_to", "blocker", "service"),
    *("created_at", "person_id"),
)
CLASH = ("member_id", "field", "stood", "said")
DOSSIER = ("id", "member_id", "service", "result_on", "recorded_at")


async def rows_of(
    db: AsyncSession, scope: Scope, page: list[HouseholdRow], shown_as: Mapping[UUID, UUID]
) -> dict[str, list[PhoneRow]]:
    """The households and all that hangs on them. shown_as: hamlet → the hamlet under which a phone shows it."""
    ids = [row.id for row in page]
    latest = await visits.latest_visits(db, scope, ids)
    members = await households.members_of(db, scope, ids)
    named = names_of_members(members)
    runs = await visits.walk_throughs_of_visits(db, scope, [visit.id for visit in latest])
    observed = await visits.observations_of(db, scope, ids)
    return {
        "households": await _households(db, scope, page, shown_as, latest),
        "members": [some(row, *MEMBER) | {"label": named[row.id]} for row in members],
        "visits": await _visits(db, scope, latest),
        "walk_throughs": [some(row, *WALK_THROUGH) for row in runs],
        "observations": [some(row, *OBSERVATION) for row in observed],
        "follow_ups": await _follow_ups(db, scope, ids),
    }


async def _households(
    db: AsyncSession,
    scope: Scope,
    page: list[HouseholdRow],
    shown_as: Mapping[UUID, UUID],
    latest: list[VisitRow],
) -> list[PhoneRow]:
    ids = [row.id for row in page]
    leaves_on = await closed_households.leaving_days(db, scope, latest)
    met = await households.met_of(db, scope, ids)
    noted = await _notes(db, scope, ids)
    papers = await _dossiers(db, scope, ids)
    clashes: dict[UUID, list[PhoneRow]] = {}
    for clash in await open_clashes(db, scope, ids):
        clashes.setdefault(clash.household_id, []).append(some(clash, *CLASH))
    newest = {visit.household_id: visit for visit in reversed(latest)}
    return [
        {
            **some(row, *HOUSEHOLD),
            "hamlet_id": shown_as[row.hamlet_id],
            "is_met": row.id in met,
            "last_visit_at": newest[row.id].recorded_at if row.id in newest else None,
            "last_outcome": newest[row.id].outcome if row.id in newest else None,
            "clashes": clashes.get(row.id, []),
            "notes": noted.get(row.id, []),
            "dossiers": papers.get(row.id, []),
            "leaves_on": leaves_on.get(row.id),
        }
        for row in page
    ]


async def _visits(db: AsyncSession, scope: Scope, latest: list[VisitRow]) -> list[PhoneRow]:
    names = await people.names_of(db, scope, {visit.person_id for visit in latest})
    marks = await late_work.marks_of(db, scope, [visit.id for visit in latest])
    return [
        {
            **some(row, *VISIT),
            "person_name": names.get(row.person_id, ""),
            "is_after_lease": row.id in marks and marks[row.id].is_after_lease,
        }
        for row in latest
    ]


async def _follow_ups(db: AsyncSession, scope: Scope, household_ids: list[UUID]) -> list[PhoneRow]:
    """The open returns; a recheck says who taught."""
    returns = await follow_ups.open_of(db, scope, household_ids)
    rechecks = [row.id for row in returns if row.reason is Reason.RECHECK]
    taught_by = await visits.observers_of(db, scope, rechecks)
    return [{**some(row, *FOLLOW_UP), "taught_by": taught_by.get(row.id)} for row in returns]


async def _notes(db: AsyncSession, scope: Scope, household_ids: list[UUID]) -> dict[UUID, list[PhoneRow]]:
    """The leaders' notes on these households: open ones, and the last three that are done."""
    found: dict[UUID, list[PhoneRow]] = {}
    for note, done in await notes.notes_of(db, scope, household_ids):
        of_household = found.setdefault(note.household_id, [])
        if done is None or len(of_household) < DONE_NOTES:
            done_at = done.done_at if done else None
            of_household.append(some(note, "id", "text", "written_at") | {"done_at": done_at})
    return found


async def _dossiers(db: AsyncSession, scope: Scope, household_ids: list[UUID]) -> dict[UUID, list[PhoneRow]]:
    """The papers of these households and what came of them last."""
    found: dict[UUID, list[PhoneRow]] = {}
    for dossier, result in await dossiers.dossiers_of(db, scope, household_ids):
        of_household = found.setdefault(dossier.household_id, [])
        if len(of_household) < DOSSIERS:
            came = {
                "result": result.result if result else None,
                "result_at": result.recorded_at if result else None,
            }
            of_household.append(some(dossier, *DOSSIER) | came)
    return found


def some(row: Any, *names: str) -> PhoneRow:
    """These fields of a row."""
    return {name: getattr(row, name) for name in names}
