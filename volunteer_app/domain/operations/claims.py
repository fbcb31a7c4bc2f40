"""What a body names by an id: every id that a phone sends is a claim, tied to what was judged before anything is taken.

A field of a body says what it names by its type (`HouseholdId`, `MemberId`, …); `TIES` says what must hold of it.
"""

from collections.abc import Callable, Iterator
from enum import StrEnum
from functools import cache
from typing import Annotated, Any, NamedTuple, get_args, get_origin
from uuid import UUID

import msgspec

from volunteer_app.domain.operations.envelope import ERASED, GIVEN_ON, NOT_ASSIGNED, NOT_THEIRS
from volunteer_app.domain.operations.known import Held, Known
from volunteer_app.domain.problems import Problem


class Thing(StrEnum):
    """What an id in a body can name."""

    HAMLET = "hamlet"
    HOUSEHOLD = "household"
    MEMBER = "member"
    VISIT = "visit"
    RETURN = "return"
    DOSSIER = "dossier"
    NOTE = "note"
    REQUEST = "request"
    RECORD = "record"
    """Something of one's own that one tap has made."""
    PERSON = "person"
    NEW = "new"
    """A record that the operation makes, beside the one that carries its own id."""


HamletId = Annotated[UUID, Thing.HAMLET]
HouseholdId = Annotated[UUID, Thing.HOUSEHOLD]
MemberId = Annotated[UUID, Thing.MEMBER]
VisitId = Annotated[UUID, Thing.VISIT]
ReturnId = Annotated[UUID, Thing.RETURN]
DossierId = Annotated[UUID, Thing.DOSSIER]
NoteId = Annotated[UUID, Thing.NOTE]
VisitRequestId = Annotated[UUID, Thing.REQUEST]
RecordId = Annotated[UUID, Thing.RECORD]
PersonId = Annotated[UUID, Thing.PERSON]
NewId = Annotated[UUID, Thing.NEW]


class Claim(NamedTuple):
    """A field that names a thing, or a list of such things."""

    field: str
    thing: Thing
    is_list: bool = False

    def ids(self, body: msgspec.Struct) -> list[UUID]:
        """What the body names here."""
        said = getattr(body, self.field)
        return said if self.is_list else [said]


@cache
def claims_of(kind: type[msgspec.Struct]) -> list[Claim]:
    """The fields of a body that name something, in their order."""
    found = []
    for field in msgspec.structs.fields(kind):
        listed = _listed(field.type)
        for one in listed or (field.type,):
            if get_origin(one) is Annotated:
                found += [
                    Claim(field.name, mark, bool(listed))
                    for mark in get_args(one)[1:]
                    if isinstance(mark, Thing)
                ]
    return found


@cache
def parts_of(kind: type[msgspec.Struct]) -> list[tuple[str, type[msgspec.Struct]]]:
    """The fields of a body that list things with fields of their own, and what they list."""
    return [
        (field.name, one)
        for field in msgspec.structs.fields(kind)
        for one in _listed(field.type)
        if isinstance(one, type) and issubclass(one, msgspec.Struct)
    ]


def _listed(kind: Any) -> tuple[Any, ...]:
    inner = get_args(kind)[0] if get_origin(kind) is Annotated else kind
    return get_args(inner) if get_origin(inner) is list else ()


def things_of(kind: type[msgspec.Struct]) -> set[Thing]:
    """What bodies of this kind name, in their parts too."""
    return {claim.thing for claim in claims_of(kind)}.union(*(things_of(part) for _, part in parts_of(kind)))


def named(body: msgspec.Struct) -> Iterator[tuple[Thing, UUID]]:
    """Everything that a body names, and what it names it as."""
    kind = type(body)
    for claim in claims_of(kind):
        for id_ in claim.ids(body):
            yield claim.thing, id_
    for field, _ in parts_of(kind):
        for part in getattr(body, field):
            yield from named(part)


def homes(record_id: UUID, body: msgspec.Struct) -> Iterator[tuple[UUID, UUID]]:
    """The household that each record is said to be of: record → household. Parts of a body carry ids of their own."""
    for field, thing, _ in claims_of(type(body)):
        if thing is Thing.HOUSEHOLD:
            yield record_id, getattr(body, field)
    for field, _ in parts_of(type(body)):
        for part in getattr(body, field):
            yield from homes(part.id, part)


def what_stands_against(body: Any, known: Known) -> Held | Problem | None:
    """Why what a body names itself cannot be taken as it says: not there yet, or not the sender's to write about."""
    for claim in claims_of(type(body)):
        for id_ in claim.ids(body):
            if against := TIES[claim.thing](id_, body, known):
                return against
    return None


def _hamlet(hamlet_id: UUID, body: Any, known: Known) -> Problem | None:
    commune_code = known.hamlets.get(hamlet_id)
    if commune_code is None or not known.may_record(commune_code, hamlet_id):
        return NOT_ASSIGNED
    return None


def _household(household_id: UUID, body: Any, known: Known) -> Held | Problem | None:
    household = known.households.get(household_id)
    if household is None:
        return ERASED if household_id in known.erased else Held(household_id)
    commune_code, hamlet_id = known.recorded_in(household_id)
    if not known.may_record(commune_code, hamlet_id):
        # Another commune's household is *not found*: the same answer as for one that does not exist.
        is_ours = known.commune_code in (None, commune_code)
        return NOT_ASSIGNED if is_ours else Held(household_id)
    return None


def _member(member_id: UUID, body: Any, known: Known) -> Held | None:
    member = known.members.get(member_id)
    is_theirs = member is not None and member.household_id == known.households[body.household_id].id
    return None if is_theirs else Held(member_id)


def _visit(visit_id: UUID, body: Any, known: Known) -> Held | None:
    is_theirs = known.visits.get(visit_id) == known.households[body.household_id].id
    return None if is_theirs else Held(visit_id)


def _return(return_id: UUID, body: Any, known: Known) -> Held | None:
    is_theirs = known.returns.get(return_id) == known.households[body.household_id].id
    return None if is_theirs else Held(return_id)


def _dossier(dossier_id: UUID, body: Any, known: Known) -> Held | None:
    is_theirs = known.dossiers.get(dossier_id) == known.households[body.household_id].id
    return None if is_theirs else Held(dossier_id)


def _note(note_id: UUID, body: Any, known: Known) -> Problem | None:
    """A leader's note never comes from a phone: nothing is to be waited for."""
    is_theirs = known.notes.get(note_id) == known.households[body.household_id].id
    return None if is_theirs else NOT_THEIRS


def _request(request_id: UUID, body: Any, known: Known) -> Problem | None:
    """Whoever is sent says what came of it, nobody else."""
    return None if known.requests.get(request_id) == known.person_id else GIVEN_ON


def _record(record_id: UUID, body: Any, known: Known) -> Held | Problem | None:
    """Whoever tapped takes back, nobody else."""
    household_id, person_id = known.records.get(record_id, (None, None))
    if household_id != known.households[body.household_id].id:
        return Held(record_id)
    return None if person_id == known.person_id else NOT_THEIRS


def _not_judged(id_: UUID, body: Any, known: Known) -> None:
    """Whoever came along does not decide about a visit: who is not of the commune is left out of it. An id that is made
    here must be free; the table's key sees to that."""


TIES: dict[Thing, Callable[[UUID, Any, Known], Held | Problem | None]] = {
    Thing.HAMLET: _hamlet,
    Thing.HOUSEHOLD: _household,
    Thing.MEMBER: _member,
    Thing.VISIT: _visit,
    Thing.RETURN: _return,
    Thing.DOSSIER: _dossier,
    Thing.NOTE: _note,
    Thing.REQUEST: _request,
    Thing.RECORD: _record,
    Thing.PERSON: _not_judged,
    Thing.NEW: _not_judged,
}
