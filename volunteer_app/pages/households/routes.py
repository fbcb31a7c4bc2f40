"""Households at the leader's desk: found by name, and each with its whole history: who, when, on what basis, and why a
level is what it is. These are the records behind a total."""

from datetime import UTC, datetime
from typing import Annotated, Any
from uuid import UUID

import msgspec
from litestar import Request, get, post
from litestar.exceptions import NotFoundException
from litestar.params import FromPath, URLEncodedBody
from litestar.response import Redirect, Template

from volunteer_app.dependencies import CurrentPerson, CurrentScope, Db, Me, engine_of, require
from volunteer_app.domain import notes as note_rules
from volunteer_app.domain import observations as observation_rules
from volunteer_app.domain.blockers import BLOCKER_NAMES
from volunteer_app.domain.calendar import local_day
from volunteer_app.domain.dossiers import RESULT_NAMES
from volunteer_app.domain.follow_ups import REASON_NAMES
from volunteer_app.domain.history import Seen
from volunteer_app.domain.households import FIELD_NAMES, PREREQUISITES, Consent, shown_name
from volunteer_app.domain.ids import sent_id
from volunteer_app.domain.independence import BASIS_NAMES, Basis, household_level, is_independent
from volunteer_app.domain.notes import Note
from volunteer_app.domain.observations import Observation
from volunteer_app.domain.operations.envelope import Operation
from volunteer_app.domain.permissions import Scope, may_lead
from volunteer_app.domain.public_services import PUBLIC_SERVICES, core_slugs
from volunteer_app.domain.visits import OUTCOME_NAMES
from volunteer_app.pages.answers import desk_page, go_to, sentences_of
from volunteer_app.pages.households.named import names_of_members
from volunteer_app.pages.households.timeline import timeline_of
from volunteer_app.storage import (
    audit,
    follow_ups,
    households,
    late_work,
    notes,
    people,
    places,
)
from volunteer_app.storage.database import is_kept
from volunteer_app.storage.households import HouseholdRow
from volunteer_app.storage.notes import NoteRow
from volunteer_app.storage.operations import taking
from volunteer_app.storage.operations.senders import Sender
from volunteer_app.storage.visits import ObservationRow

LongText = Annotated[str, msgspec.Meta(max_length=1000)]


class NoteForm(msgspec.Struct):
    """What the note's form sends."""

    text: LongText = ""
    fresh: LongText = ""


class LevelForm(msgspec.Struct):
    """What the form sends with which a leader overrules a level."""

    member: LongText = ""
    service: LongText = ""
    level: LongText = ""
    reason: LongText = ""
    fresh: LongText = ""


@get("/households/{household_id:uuid}")
async def household_history(
    request: Request, db: Db, me: CurrentPerson, my_scope: CurrentScope, household_id: FromPath[UUID]
) -> Template:
    """Everything about one household, the newest first. That it was opened is written down first."""
    require(may_lead(my_scope))
    household = await _found(db, my_scope, household_id)
    async with engine_of(request.app.state).writing() as log:  # the request itself only reads
        await audit.note(log, my_scope, "household.opened", household_id, now=datetime.now(UTC))
    return await _page(request, db, me, my_scope, household, {}, {})


@post("/households/{household_id:uuid}/notes", status_code=303)
async def write_note(
    request: Request,
    db: Db,
    me: CurrentPerson,
    my_scope: CurrentScope,
    household_id: FromPath[UUID],
    data: URLEncodedBody[NoteForm],
) -> Template | Redirect:
    """Leave a note for whoever goes there next."""
    require(may_lead(my_scope))
    household = await _found(db, my_scope, household_id)
    if problems := note_rules.problems_with(data.text, household.consent):
        said = sentences_of(problems)
        return await _page(request, db, me, my_scope, household, {"text": data.text}, said, status_code=422)
    now = datetime.now(UTC)
    note_id = sent_id(data.fresh, now)
    if await is_kept(db, NoteRow, household.province_code, note_id):
        return _back(household_id, "#notes", "already")
    note = Note(
        province_code=household.province_code,
        id=note_id,
        commune_code=household.commune_code,
        hamlet_id=household.hamlet_id,
        household_id=household.id,
        text=data.text.strip(),
        person_id=my_scope.person_id,
        written_at=now,
    )
    await notes.write(db, note)
    return _back(household_id, "#notes", "note")


@post("/households/{household_id:uuid}/levels", status_code=303)
async def overrule_level(
    request: Request,
    db: Db,
    me: CurrentPerson,
    my_scope: CurrentScope,
    household_id: FromPath[UUID],
    data: URLEncodedBody[LevelForm],
) -> Template | Redirect:
    """Say that somebody stands elsewhere on the ladder than the guides showed, and why."""
    require(may_lead(my_scope))
    household = await _found(db, my_scope, household_id)
    members = {str(row.id) for row in await households.members_of(db, my_scope, [household_id])}
    require(data.member in members and data.service in PUBLIC_SERVICES and data.level in LEVELS_TO_CHOOSE)
    seen = Observation.model_construct(basis=Basis.OBSERVED, reason=data.reason)
    if problems := observation_rules.problems_with(seen):
        said = sentences_of(problems)
        return await _page(
            request, db, me, my_scope, household, msgspec.to_builtins(data), said, status_code=422
        )
    now = datetime.now(UTC)
    level_id = sent_id(data.fresh, now)
    if await is_kept(db, ObservationRow, household.province_code, level_id):
        return _back(household_id, "#levels", "already")
    body = {
        "household_id": str(household_id),
        "member_id": data.member,
        "service": data.service,
        "level": int(data.level),
        "basis": "observed",
        "reason": data.reason.strip(),
    }
    operation = Operation(id=level_id, seq=1, kind="observation", schema=1, recorded_at=now, body=body)
    # The desk is nobody's phone: its records carry the leader's own id in place of a phone's.
    await taking.take_all(db, Sender(my_scope, my_scope.person_id, "desk"), [operation], now)
    await audit.note(db, my_scope, "level.decided", household_id, now=now, reason=data.service)
    return _back(household_id, "#levels", "level")


LEVELS_TO_CHOOSE = ("-1", "0", "1", "2", "3")


async def _found(db: Any, scope: Scope, household_id: UUID) -> HouseholdRow:
    row = await households.household_of(db, scope, household_id)
    if row is None:
        raise NotFoundException
    return row


async def _page(
    request: Request,
    db: Any,
    me: Me | None,
    scope: Scope,
    household: HouseholdRow,
    values: dict[str, Any],
    problems: dict[str, str],
    *,
    status_code: int = 200,
) -> Template:
    members = await households.members_of(db, scope, [household.id])
    told = await timeline_of(db, scope, household.id)
    named = told.persons | ({household.person_id} if household.person_id else set())
    hamlets = await places.hamlets_by_id(db, scope.province_code, [household.hamlet_id])
    levels = levels_now(told.steps)
    marks = await late_work.marks_of(db, scope, [household.id, *(one.record_id for one in told.events)])
    names = await people.names_of(db, scope, named)
    return desk_page(
        request,
        me,
        "households/history.html",
        status_code=status_code,
        household=household,
        name=shown_name(household),
        hamlet=hamlets[0].name if hamlets else "",
        members={row.id: row for row in members},
        named=names_of_members(members),
        may_write=household.consent is Consent.GIVEN,
        without_consent=note_rules.WITHOUT_CONSENT,
        prerequisites=PREREQUISITES,
        levels=levels,
        household_levels={service: household_level(by.values()) for service, by in levels.items()},
        is_independent=is_independent(
            {service: household_level(by.values()) for service, by in levels.items()}, core_slugs()
        ),
        core=core_slugs(),
        services=PUBLIC_SERVICES,
        events=told.events,
        marks=marks,
        open_returns=await follow_ups.open_of(db, scope, [household.id]),
        returns=told.returns,
        notes=told.notes,
        ratings=told.smileys,
        people=names,
        companions={str(id_): name for id_, name in names.items()},
        field_names=FIELD_NAMES,
        today=local_day(datetime.now(UTC)),
        values=values,
        problems=problems,
        levels_to_choose=LEVELS_TO_CHOOSE,
        outcomes=OUTCOME_NAMES,
        reasons=REASON_NAMES,
        blockers=BLOCKER_NAMES,
        bases=BASIS_NAMES,
        results=RESULT_NAMES,
    )


def levels_now(steps: list[Seen]) -> dict[str, dict[UUID, Any]]:
    """Service → member → where they stand after the last step."""
    found: dict[str, dict[UUID, Any]] = {}
    for step in steps:
        found.setdefault(step.service, {})[step.member_id] = step.after
    return found


def _back(household_id: UUID, anchor: str, done: str) -> Redirect:
    return go_to(f"/households/{household_id}" + anchor, done)
