"""The desk for what people ask about their data: deadlines by law, one household shown or erased whole; breaches."""

from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import msgspec
from litestar import Request, Response, get, post
from litestar.background_tasks import BackgroundTask
from litestar.datastructures import State
from litestar.params import FromPath, URLEncodedBody
from litestar.response import Redirect, Template
from sqlmodel.ext.asyncio.session import AsyncSession

from volunteer_app.dependencies import CurrentPerson, CurrentScope, Db, Me, engine_of, require
from volunteer_app.domain import privacy_requests as rules
from volunteer_app.domain.calendar import local_day
from volunteer_app.domain.households import Consent
from volunteer_app.domain.ids import sent_id
from volunteer_app.domain.names import tidy
from volunteer_app.domain.permissions import Scope, may_answer_privacy_requests
from volunteer_app.domain.privacy_requests import RequestEnding, RequestKind
from volunteer_app.domain.problems import Problem
from volunteer_app.pages.answers import desk_page, go_to, sentences_of
from volunteer_app.pages.seen import note_seen
from volunteer_app.storage import audit, privacy
from volunteer_app.storage.database import is_kept
from volunteer_app.storage.households import HouseholdRow
from volunteer_app.storage.privacy import BreachRow, PrivacyRequestRow


class PrivacyRequestForm(msgspec.Struct):
    """What the form sends."""

    kind: RequestKind = RequestKind.SEE
    house_code: str = ""
    note: str = ""
    fresh: str = ""


@get("/privacy-requests")
async def privacy_desk(request: Request, db: Db, me: CurrentPerson, my_scope: CurrentScope) -> Template:
    """Every request with its next deadline, and a form for one more."""
    require(may_answer_privacy_requests(my_scope))
    return await _desk(request, db, me, my_scope, PrivacyRequestForm(), {})


async def _desk(
    request: Request,
    db: AsyncSession,
    me: Me | None,
    scope: Scope,
    form: PrivacyRequestForm,
    problems: dict[str, Problem],
) -> Template:
    return desk_page(
        request,
        me,
        "privacy/list.html",
        at="/privacy-requests",
        requests=await privacy.requests_in(db, scope),
        form=form,
        problems=sentences_of(problems),
        kinds=rules.REQUEST_KIND_NAMES,
        endings=rules.SETTLED_NAMES,
        acknowledge_by=rules.acknowledge_by,
        due_on=rules.due_on,
        today=local_day(datetime.now(UTC)),
        may_write=scope.commune_code is not None,
    )


@post("/privacy-requests", status_code=303)
async def keep_privacy_request(
    request: Request,
    db: Db,
    me: CurrentPerson,
    my_scope: CurrentScope,
    data: URLEncodedBody[PrivacyRequestForm],
) -> Template | Redirect:
    """Write down that somebody asked; the clock runs from now."""
    require(may_answer_privacy_requests(my_scope) and my_scope.commune_code is not None)
    now, code, note = datetime.now(UTC), tidy(data.house_code).upper(), tidy(data.note)[: rules.LONGEST_NOTE]
    household = await privacy.household_with_code(db, my_scope, code) if code else None
    problems: dict[str, Problem] = {}
    if code and household is None:
        problems["house_code"] = rules.UNKNOWN_HOUSE
    if problem := rules.problems_with_note(note, household.consent if household else Consent.GIVEN):
        problems["note"] = problem
    if problems:
        return await _desk(request, db, me, my_scope, data, problems)
    id_ = sent_id(data.fresh, now)
    if await is_kept(db, PrivacyRequestRow, my_scope.province_code, id_):
        return go_to("/privacy-requests", "already")
    row = PrivacyRequestRow(
        province_code=my_scope.province_code,
        id=id_,
        commune_code=my_scope.commune_code or "",
        kind=data.kind,
        house_code=code[:20],
        household_id=household.id if household else None,
        note=note,
        received_at=now,
        person_id=my_scope.person_id,
    )
    db.add(row)
    await audit.note(db, my_scope, "privacy.asked", row.id, now=now, reason=data.kind)
    return go_to("/privacy-requests", "saved")


class RequestStep(msgspec.Struct):
    """What was done about a request: acknowledged, extended, or settled in one of the ways."""

    step: str = ""


@post("/privacy-requests/{request_id:uuid}", status_code=303)
async def go_on_with_request(
    db: Db, my_scope: CurrentScope, request_id: FromPath[UUID], data: URLEncodedBody[RequestStep]
) -> Redirect:
    """Acknowledge, extend once, or settle."""
    row = await _request(db, my_scope, request_id)
    now = datetime.now(UTC)
    if row.settled_at is not None:
        return go_to("/privacy-requests", "already")
    if data.step == "acknowledge":
        row.acknowledged_at = row.acknowledged_at or now
    elif data.step == "extend":
        row.extended_at = row.extended_at or now
    else:
        require(data.step in list(RequestEnding))
        row.settled, row.settled_at = RequestEnding(data.step), now
    await audit.note(db, my_scope, "privacy.step", row.id, now=now, reason=data.step)
    return go_to("/privacy-requests", "saved")


@get("/privacy-requests/{request_id:uuid}/paper")
async def privacy_paper(
    request: Request, db: Db, me: CurrentPerson, my_scope: CurrentScope, request_id: FromPath[UUID]
) -> Template:
    """Everything that is kept about the household, to print and hand over."""
    row, household = await _household(db, my_scope, request_id)
    await note_seen(request, my_scope, "paper", household.id)
    return desk_page(
        request,
        me,
        "privacy/paper.html",
        at="/privacy-requests",
        request=row,
        household=household,
        tables={name: rows for name, rows in (await privacy.everything_about(db, household)).items() if rows},
        now=datetime.now(UTC),
        shown=_shown,
    )


@post("/privacy-requests/{request_id:uuid}/export", status_code=200)
async def privacy_export(db: Db, my_scope: CurrentScope, request_id: FromPath[UUID]) -> Response[bytes]:
    """The same as a file for machines; that it was taken is written down."""
    _, household = await _household(db, my_scope, request_id)
    now = datetime.now(UTC)
    await audit.note(db, my_scope, "household.exported", household.id, now=now)
    said = {"as_of": now, "tables": await privacy.everything_about(db, household)}
    body = msgspec.json.encode(said, enc_hook=str)
    name = f'attachment; filename="household-{household.id.hex[-6:]}.json"'
    headers = {"content-disposition": name, "cache-control": "no-store"}
    return Response(body, media_type="application/json", headers=headers)


class Erasure(msgspec.Struct):
    """The house code, typed once more by whoever erases."""

    house_code: str = ""


@post("/privacy-requests/{request_id:uuid}/erasure", status_code=303)
async def erase_household(
    request: Request,
    db: Db,
    state: State,
    me: CurrentPerson,
    my_scope: CurrentScope,
    request_id: FromPath[UUID],
    data: URLEncodedBody[Erasure],
) -> Redirect | Template:
    """Erase the household across everything, once its code was typed again."""
    row, household = await _household(db, my_scope, request_id)
    if tidy(data.house_code).upper() != household.code.upper():
        return await _desk(
            request, db, me, my_scope, PrivacyRequestForm(), {"house_code": rules.UNKNOWN_HOUSE}
        )
    now = datetime.now(UTC)
    row.settled, row.settled_at, row.note = RequestEnding.DONE, now, ""
    row.acknowledged_at = row.acknowledged_at or now
    await audit.note(db, my_scope, "household.erased", household.id, now=now)
    row.household_id, row.house_code = None, ""
    await privacy.erase(db, household)
    answer = go_to("/privacy-requests", "erased")
    answer.background = BackgroundTask(engine_of(state).forget_traces)  # once this is committed
    return answer


async def _request(db: AsyncSession, scope: Scope, request_id: UUID) -> PrivacyRequestRow:
    """A request that this person answers. Raises NotFoundException."""
    require(may_answer_privacy_requests(scope))
    row = await privacy.request_of(db, scope, request_id)
    require(row is not None)
    assert row is not None  # noqa: S101 - said by require
    return row


async def _household(
    db: AsyncSession, scope: Scope, request_id: UUID
) -> tuple[PrivacyRequestRow, HouseholdRow]:
    """The request and its household. Raises NotFoundException."""
    row = await _request(db, scope, request_id)
    household = await privacy.household_of(db, scope, row.household_id)
    require(household is not None)
    assert household is not None  # noqa: S101 - said by require
    return row, household


class BreachForm(msgspec.Struct):
    """What happened, and what was done at once."""

    what: str = ""
    measures: str = ""
    fresh: str = ""


@get("/breaches")
async def breaches_page(request: Request, db: Db, me: CurrentPerson, my_scope: CurrentScope) -> Template:
    """The register, with the hours left to report."""
    require(may_answer_privacy_requests(my_scope))
    return await _breaches(request, db, me, my_scope, BreachForm(), {})


async def _breaches(
    request: Request,
    db: AsyncSession,
    me: Me | None,
    scope: Scope,
    form: BreachForm,
    problems: dict[str, Problem],
) -> Template:
    return desk_page(
        request,
        me,
        "privacy/breaches.html",
        at="/breaches",
        breaches=await privacy.breaches_in(db, scope),
        hours_left=lambda row: rules.hours_left(row, datetime.now(UTC)),
        form=form,
        problems=sentences_of(problems),
    )


@post("/breaches", status_code=303)
async def keep_breach(
    request: Request, db: Db, me: CurrentPerson, my_scope: CurrentScope, data: URLEncodedBody[BreachForm]
) -> Template | Redirect:
    """Write a breach down; the 72 hours run from now."""
    require(may_answer_privacy_requests(my_scope))
    now, what, measures = datetime.now(UTC), tidy(data.what)[:300], tidy(data.measures)[:300]
    problem = rules.problems_with_note(f"{what} | {measures}") or (None if what else rules.NOTHING_WRITTEN)
    if problem:
        return await _breaches(request, db, me, my_scope, data, {"what": problem})
    id_ = sent_id(data.fresh, now)
    if await is_kept(db, BreachRow, my_scope.province_code, id_):
        return go_to("/breaches", "already")
    row = BreachRow(
        province_code=my_scope.province_code,
        id=id_,
        commune_code=my_scope.commune_code,
        discovered_at=now,
        what=what,
        measures=measures,
        person_id=my_scope.person_id,
    )
    db.add(row)
    await audit.note(db, my_scope, "breach.found", row.id, now=now)
    return go_to("/breaches", "saved")


@post("/breaches/{breach_id:uuid}/report", status_code=303)
async def report_breach(db: Db, my_scope: CurrentScope, breach_id: FromPath[UUID]) -> Redirect:
    """The authority was told."""
    require(may_answer_privacy_requests(my_scope))
    row = await privacy.breach_of(db, my_scope, breach_id)
    require(row is not None)
    now = datetime.now(UTC)
    if row is not None:
        row.reported_at = row.reported_at or now
        await audit.note(db, my_scope, "breach.reported", row.id, now=now)
    return go_to("/breaches", "reported")


def _shown(value: Any) -> str:
    """A value of the paper as people read it."""
    return "–" if value is None or value == "" else str(getattr(value, "value", value))
