"""The review queue: what the server could not take, and edits that did not know of each other. Nothing is refused
in silence: each entry shows why it waits, and what a leader may decide."""

from datetime import UTC, datetime
from typing import Annotated, Any, NamedTuple
from uuid import UUID

import msgspec
from litestar import Request, get, post
from litestar.exceptions import NotFoundException
from litestar.params import FromPath, URLEncodedBody
from litestar.response import Redirect, Template

from volunteer_app.dependencies import CurrentPerson, CurrentScope, Db, require
from volunteer_app.domain.all_problems import PROBLEMS
from volunteer_app.domain.blockers import BLOCKER_NAMES
from volunteer_app.domain.calendar import local_day
from volunteer_app.domain.households import FIELD_NAMES, Consent, shown_name
from volunteer_app.domain.operations.envelope import (
    NOT_ASSIGNED,
    NOT_PROVEN,
    OTHER_CONTENT,
    UNREADABLE,
    WAITS,
    OperationOutcome,
)
from volunteer_app.domain.operations.kinds import KINDS
from volunteer_app.domain.operations.ways_on import LEFT_OUT_NAMES, WRITTEN, LeftOut, may_help
from volunteer_app.domain.permissions import Scope, may_lead
from volunteer_app.domain.problems import N_, Problem
from volunteer_app.domain.public_services import PUBLIC_SERVICES
from volunteer_app.domain.visits import OUTCOME_NAMES, Outcome
from volunteer_app.i18n import gettext as _
from volunteer_app.i18n import sentence_of
from volunteer_app.pages.answers import desk_page, go_to
from volunteer_app.pages.households.named import names_of_members
from volunteer_app.phone_facts import limits
from volunteer_app.storage import audit, clashes, households, late_work, people, settling, team
from volunteer_app.storage.clashes import ClashRow
from volunteer_app.storage.operations import parked
from volunteer_app.storage.operations.log import OperationRow

MOST_ENTRIES = 100
CONSENT_NAMES = {
    Consent.NOT_ASKED: N_("Consent not asked yet"),
    Consent.GIVEN: N_("Consent given"),
    Consent.REFUSED: N_("Consent refused"),
    Consent.WITHDRAWN: N_("Consent withdrawn"),
}

ShortText = Annotated[str, msgspec.Meta(max_length=400)]


class ClashForm(msgspec.Struct):
    """Which value stands: the one that stood, or the one that was said later."""

    keep: ShortText = ""


class EntryForm(msgspec.Struct):
    """What becomes of an entry; leaving it out for good needs a reason. said: its field, put right."""

    what: ShortText = ""
    why: ShortText = ""
    said: Annotated[str, msgspec.Meta(max_length=1000)] = ""


TOLD_LEADERS = {
    UNREADABLE.code: N_("The server could not read this entry. It is kept on the phone."),
    NOT_ASSIGNED.code: N_("The hamlet was never assigned to the person who recorded this."),
    NOT_PROVEN.code: N_("It is not clear who recorded this: the person named has not signed it."),
}
"""Reasons that are said to the volunteer, as the leader reads them."""


class ParkedEntry(NamedTuple):
    """An operation that waits, as a leader reads it."""

    row: OperationRow
    kind: str
    reason: str
    may_be_taken: bool
    household_id: UUID | None
    about: list[str]
    is_unproven: bool
    at_fault: "AtFault | None"


class AtFault(NamedTuple):
    """The one field that a leader can put right. type: of its input; `select`: one of the blockers."""

    name: str
    type: str
    value: str


@get("/review")
async def review_desk(request: Request, db: Db, me: CurrentPerson, my_scope: CurrentScope) -> Template:
    """Everything that waits for the leader's decision, oldest first."""
    require(may_lead(my_scope))
    return await _page(request, db, me, my_scope, {})


@post("/review/clashes/{clash_id:uuid}/{field:str}", status_code=303)
async def settle_clash(
    db: Db,
    my_scope: CurrentScope,
    clash_id: FromPath[UUID],
    field: FromPath[str],
    data: URLEncodedBody[ClashForm],
) -> Redirect:
    """Let one of two values stand; the phones hear of it."""
    require(may_lead(my_scope) and data.keep in ("stood", "said"))
    now = datetime.now(UTC)
    if await clashes.was_decided(db, my_scope, clash_id, field):
        return _back(done="already")
    is_settled = await settling.settle_clash(
        db, my_scope, clash_id, field, keep_said=data.keep == "said", now=now
    )
    require(is_settled)
    await audit.note(db, my_scope, "clash.settled", clash_id, now=now, reason=data.keep)
    return _back(done="clash")


@post("/review/entries/{operation_id:uuid}", status_code=303)
async def settle_entry(
    request: Request,
    db: Db,
    me: CurrentPerson,
    my_scope: CurrentScope,
    operation_id: FromPath[UUID],
    data: URLEncodedBody[EntryForm],
) -> Template | Redirect:
    """Try to take an entry again, also with its field put right, or leave it out for good with a reason."""
    require(may_lead(my_scope) and data.what in ("again", "mend", "discard"))
    found = [row for row in await parked.parked_in(db, my_scope) if row.id == operation_id]
    if not found:
        require(await parked.is_known(db, my_scope, operation_id))
        return _back(done="already")
    now = datetime.now(UTC)
    if data.what == "mend":
        at_fault = _at_fault(found[0])
        if at_fault is None:
            raise NotFoundException
        said = _body_of(found[0]) | {str(found[0].field): _as_said(at_fault, data.said)}
        answer = await parked.replay(db, my_scope, operation_id, now, mended=said, reason=str(found[0].field))
        if answer and answer.problem and answer.outcome is not OperationOutcome.ACCEPTED:
            problems = {f"said-{operation_id}": _reason_of(answer.problem)}
            return await _page(request, db, me, my_scope, problems, status_code=422)
        return _back(done="taken")
    if data.what == "again":
        await parked.replay(db, my_scope, operation_id, now)
        still = any(row.id == operation_id for row in await parked.parked_in(db, my_scope))
        return _back(f"#entry-{operation_id}" if still else "", "still_waits" if still else "taken")
    if data.why not in list(LeftOut):
        problems = {f"why-{operation_id}": _("Please say why it is left out.")}
        return await _page(request, db, me, my_scope, problems, status_code=422)
    require(await parked.discard(db, my_scope, operation_id, now, reason=LeftOut(data.why)))
    return _back(done="discarded")


async def _page(
    request: Request,
    db: Db,
    me: CurrentPerson,
    scope: Scope,
    problems: dict[str, str],
    *,
    status_code: int = 200,
) -> Template:
    now = datetime.now(UTC)
    waiting = await parked.parked_in(db, scope)
    open_ones = await clashes.open_clashes(db, scope)
    shown = open_ones[:MOST_ENTRIES]
    late = await late_work.visits_after_lease(db, scope, now - late_work.LISTED_FOR)
    late, late_count = late[:MOST_ENTRIES], len(late)
    doors = await households.households_in(db, scope) if waiting or shown or late else []
    names = {row.id: shown_name(row) for row in doors}
    members = names_of_members(await households.members_of(db, scope, {c.household_id for c in shown}))
    people_ids = {row.person_id for row in [*waiting[:MOST_ENTRIES], *shown, *late]}
    people_ids |= {row.delivered_by for row in waiting[:MOST_ENTRIES] if row.delivered_by}
    return desk_page(
        request,
        me,
        "review/to_be_decided.html",
        status_code=status_code,
        entries=[entry_of(row) for row in waiting[:MOST_ENTRIES]],
        count=len(waiting),
        clashes=shown,
        clash_count=len(open_ones),
        of_clash=said_in,
        may_stand=settling.may_stand,
        field_names=FIELD_NAMES,
        households=names,
        members=members,
        people=await people.names_of(db, scope, people_ids),
        late=late,
        late_count=late_count,
        outcomes=OUTCOME_NAMES,
        blockers=BLOCKER_NAMES,
        now_with=await team.holders(db, scope.province_code, {one.hamlet_id for one in late}, local_day(now)),
        problems=problems,
        reasons=LEFT_OUT_NAMES,
    )


def entry_of(row: OperationRow) -> ParkedEntry:
    """An operation with its kind and reason in words. Other content under a known number cannot be taken."""
    problem = WAITS if row.outcome is OperationOutcome.HELD else PROBLEMS.get(row.reason or "")
    if row.outcome is OperationOutcome.MISMATCH:
        problem = OTHER_CONTENT
    said = _body_of(row)
    kind = _(KINDS[row.kind].words) if row.kind in KINDS else _("Unreadable entry")
    return ParkedEntry(
        row,
        kind,
        _reason_of(problem),
        row.outcome is not OperationOutcome.MISMATCH
        and row.kind in KINDS
        and row.body is not None
        and may_help(row.reason),
        _id_in(said),
        _about(said),
        row.reason == NOT_PROVEN.code,
        _at_fault(row),
    )


INPUTS = {"text": "textarea", "number": "number", "day": "date", "choice": "select"}


def _at_fault(row: OperationRow) -> AtFault | None:
    """The field that its refusal is about, if somebody wrote it; a time is said by who was there."""
    limit = limits().get(row.kind, {}).get(row.field or "")
    if limit is None or row.field not in WRITTEN or row.outcome is not OperationOutcome.PARKED:
        return None
    value = _body_of(row).get(row.field)
    return AtFault(_(WRITTEN[row.field]), INPUTS[limit["type"]], "" if value is None else str(value))


def _as_said(at_fault: AtFault, said: str) -> Any:
    """What a leader typed, as a body has it; what is no number stays as it is, and is refused."""
    said = said.strip()
    if at_fault.type == "textarea":
        return said
    if not said:
        return None
    return int(said) if at_fault.type == "number" and said.isdecimal() else said


def _reason_of(problem: Problem | None) -> str:
    if problem is None:
        return ""
    return _(TOLD_LEADERS[problem.code]) if problem.code in TOLD_LEADERS else sentence_of(problem)


def _body_of(row: OperationRow) -> dict[str, Any]:
    """What the entry says, as far as it can be read."""
    try:
        said = msgspec.json.decode(row.body or "{}")
    except msgspec.DecodeError:
        return {}
    return said if isinstance(said, dict) else {}


def _id_in(said: dict[str, Any]) -> UUID | None:
    try:
        return UUID(str(said.get("household_id")))
    except ValueError:
        return None


def _about(said: dict[str, Any]) -> list[str]:
    """What a leader needs to decide: how the call went, which service, the name, the note."""
    outcome, service = str(said.get("outcome")), str(said.get("service"))
    found = [_(OUTCOME_NAMES[Outcome(outcome)])] if outcome in list(Outcome) else []
    found += [_(PUBLIC_SERVICES[service].name)] if service in PUBLIC_SERVICES else []
    return found + [said[key] for key in ("label", "note") if isinstance(said.get(key), str) and said[key]]


def said_in(clash: ClashRow, value: Any) -> str:
    """A value of a clashing field in words."""
    if value is None or value == "":
        return _("not known")
    if isinstance(value, bool):
        return _("yes") if value else _("no")
    return _(CONSENT_NAMES[Consent(value)]) if clash.field == "consent" else str(value)


def _back(anchor: str = "", done: str = "") -> Redirect:
    return go_to("/review" + anchor, done)
