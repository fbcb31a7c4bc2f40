"""What phones tell beside visits and guides: returns settled by word, notes done, results, ratings, who was ticked."""

from dataclasses import dataclass
from uuid import UUID

from volunteer_app.domain.dossiers import DossierResult
from volunteer_app.domain.follow_ups import Settled


@dataclass
class Settlement:
    """A return is settled by word."""

    id: UUID
    household_id: UUID
    follow_up_id: UUID
    settled_as: Settled
    why: str


@dataclass
class NoteDone:
    """A leader's note is done."""

    id: UUID
    household_id: UUID
    note_id: UUID


@dataclass
class ResultOfDossier:
    """What came of a dossier."""

    id: UUID
    household_id: UUID
    dossier_id: UUID
    result: DossierResult


@dataclass
class Rating:
    """How a visit was rated."""

    id: UUID
    household_id: UUID
    visit_id: UUID
    smiley: int


@dataclass
class Attendance:
    """Somebody was ticked at a session."""

    id: UUID
    session_id: UUID
    household_id: UUID
    member_id: UUID
