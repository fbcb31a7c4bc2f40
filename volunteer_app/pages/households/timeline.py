"""What happened in a household, the newest first: the middle of its page at the desk."""

from datetime import datetime
from typing import Any, NamedTuple
from uuid import UUID

from sqlmodel.ext.asyncio.session import AsyncSession

from volunteer_app.domain.history import Seen, history_of
from volunteer_app.domain.permissions import Scope
from volunteer_app.storage import dossiers, follow_ups, notes, outreach, taken_back, visits
from volunteer_app.storage.changes import changes_of


class Event(NamedTuple):
    """Something that happened in a household. kind tells the template what `what` is."""

    at: datetime
    kind: str
    what: Any

    @property
    def record_id(self) -> UUID:
        """The record's id, which is its operation's too."""
        return getattr(self.what, self.kind, self.what).id


class Timeline(NamedTuple):
    """steps: how the levels came to be, oldest first; smileys: by visit; returns: by id; persons: whose names are
    told."""

    events: list[Event]
    steps: list[Seen]
    notes: list[Any]
    smileys: dict[UUID, int]
    returns: dict[UUID, Any]
    persons: set[UUID]


async def timeline_of(db: AsyncSession, scope: Scope, household_id: UUID) -> Timeline:
    """Everything that was recorded of a household."""
    ids = [household_id]
    observed = await visits.observations_of(db, scope, ids)
    runs = await visits.walk_throughs_of(db, scope, household_id)
    calls = await visits.visits_of(db, scope, household_id)
    ratings = await visits.ratings_of(db, scope, household_id)
    returns = await follow_ups.all_of(db, scope, household_id)
    settled = await follow_ups.settlements_of(db, scope, household_id)
    changes = await changes_of(db, scope, household_id)
    undone = await taken_back.taken_back_of(db, scope, household_id)
    wishes = await notes.notes_of(db, scope, ids)
    papers = await dossiers.dossiers_of(db, scope, ids)
    steps = history_of(observed, runs, await outreach.attended(db, scope, ids))
    seen = {step.id for step in steps}
    events = [
        *(Event(row.recorded_at, "visit", row) for row in calls),
        *(Event(step.at, "seen", step) for step in steps),
        *(Event(row.recorded_at, "stuck", row) for row in runs if row.id not in seen),
        *(Event(row.recorded_at, "settled", row) for row in settled),
        *(Event(row.recorded_at, "change", row) for row in changes),
        *(Event(row.recorded_at, "taken_back", row) for row in undone if row.said),
        *(Event(one.dossier.recorded_at, "dossier", one) for one in papers),
        *(Event(one.note.written_at, "note", one) for one in wishes),
    ]
    persons = {row.person_id for row in (*calls, *runs, *observed, *settled, *changes, *ratings, *undone)}
    persons |= {one.note.person_id for one in wishes} | {one.done.person_id for one in wishes if one.done}
    persons |= {one.dossier.person_id for one in papers} | {
        UUID(id_) for row in calls for id_ in row.companions
    }
    return Timeline(
        sorted(events, key=lambda event: event.at, reverse=True),
        steps,
        wishes,
        {row.visit_id: row.smiley for row in ratings},
        {row.id: row for row in returns},
        persons,
    )
