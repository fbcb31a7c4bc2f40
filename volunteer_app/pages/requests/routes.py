"""Requests for a visit: the citizen's form, without scripts or an account, and the leader's queue."""

from collections.abc import Mapping
from datetime import UTC, date, datetime, timedelta
from types import MappingProxyType
from typing import Annotated, Any
from uuid import UUID

import msgspec
from litestar import Request, Response, get, post
from litestar.datastructures import State
from litestar.exceptions import NotFoundException
from litestar.params import FromPath, FromQuery, URLEncodedBody
from litestar.response import Redirect, Template
from sqlmodel.ext.asyncio.session import AsyncSession

from volunteer_app.dependencies import CurrentPerson, CurrentScope, Db, require
from volunteer_app.domain.calendar import local_day
from volunteer_app.domain.ids import new_id
from volunteer_app.domain.names import sort_key, tidy
from volunteer_app.domain.permissions import Scope, may_answer_requests
from volunteer_app.domain.problems import N_, Problem
from volunteer_app.domain.visit_requests import (
    CLOSED,
    LONGEST_AHEAD,
    STATUS_NAMES,
    RequestStatus,
    VisitRequest,
    needs_somebody,
    problem_with_day,
    problems_with,
    shown_phone,
    tidy_phone,
)
from volunteer_app.i18n import language_now
from volunteer_app.pages.answers import desk_page, go_to, sentences_of
from volunteer_app.pages.guides.packs import all_guides, translated
from volunteer_app.pages.public.answering import FRESH_FOR, NEVER_KEPT, PublicPages, public_answer
from volunteer_app.pages.public.frame import frame
from volunteer_app.pages.public.place_choice import place_choice
from volunteer_app.pages.seen import note_seen
from volunteer_app.storage import assignments, hands, people, places, visit_requests

PATH = "/yeu-cau-tham"
REQUEST_ICONS = ("map", "search", "check")
SHOWN_SETTLED = 30
SHOWN_TO_CHECK = 200
NOBODY_CHOSEN = Problem("request.nobody", N_("Please choose who goes."))

ShortText = Annotated[str, msgspec.Meta(max_length=200)]


class VisitRequestForm(msgspec.Struct):
    """What the form sends. website: a field that people do not see and robots fill in."""

    name: ShortText = ""
    phone: ShortText = ""
    hamlet: ShortText = ""
    xa: ShortText = ""
    so: ShortText = ""
    website: ShortText = ""


class VisitForm(msgspec.Struct):
    """Who goes, and on which day."""

    person: ShortText = ""
    day: ShortText = ""


@get(PATH)
async def request_form(
    request: Request,
    db: Db,
    state: State,
    xa: FromQuery[str] = "",
    thon: FromQuery[str] = "",
    tim: FromQuery[str] = "",
    so: FromQuery[str] = "",
) -> Response[bytes]:
    """First the commune, then name, hamlet and telephone. so: the number of the guide that led here."""
    form = VisitRequestForm(hamlet=thon, xa=xa, so=so)
    return await _form_page(request, db, state, form, tim, {}, status_code=200)


@post(PATH, status_code=303)
async def ask_for_visit(
    request: Request, db: Db, state: State, data: URLEncodedBody[VisitRequestForm]
) -> Response[Any]:
    """Into the queue of the commune's leader. New, asked before or sent by a robot: the answer is the same."""
    choice = await place_choice(db, data.xa, "")
    if choice.commune is None:
        return await _form_page(request, db, state, data, "", {}, status_code=422)
    now = datetime.now(UTC)
    hamlets = await places.hamlets_of(db, choice.commune.code, local_day(now))
    asked = VisitRequest(
        province_code=choice.commune.province_code,
        id=new_id(now),
        commune_code=choice.commune.code,
        hamlet_id=next((hamlet.id for hamlet in hamlets if str(hamlet.id) == data.hamlet), None),
        name=tidy(data.name),
        phone=tidy_phone(data.phone),
        guide_number=next((guide.number for guide in all_guides() if str(guide.number) == data.so), None),
        received_at=now,
    )
    if problems := problems_with(asked):
        return await _form_page(request, db, state, data, "", problems, status_code=422)
    if not data.website and not await visit_requests.take(db, asked):
        return _told(request, state, "requests/too_many.html", status_code=429)
    return go_to(f"{PATH}/da-nhan")


@get(f"{PATH}/da-nhan")
async def request_received(request: Request, state: State) -> Response[bytes]:
    """The same words for everybody."""
    return _told(request, state, "requests/received.html", status_code=200)


@get("/requests")
async def requests_desk(request: Request, db: Db, me: CurrentPerson, my_scope: CurrentScope) -> Template:
    """Who asked, the oldest first; and what became of the last ones."""
    require(may_answer_requests(my_scope))
    await note_seen(request, my_scope, "requests")
    return await _desk(request, db, me, my_scope)


def _day(text: str) -> date | None:
    try:
        return date.fromisoformat(text.strip())
    except ValueError:
        return None


async def _team(db: AsyncSession, scope: Scope, commune_code: str) -> list[hands.Volunteer]:
    """Who can be sent in a commune: the volunteers, and whoever leads; by given name."""
    day = local_day(datetime.now(UTC))
    found = await hands.who_can_go(db, scope.within(commune_code), day)
    return sorted(found, key=lambda one: sort_key(one.name))


async def _desk(
    request: Request,
    db: AsyncSession,
    me: Any,
    my_scope: Scope,
    *,
    sent: VisitForm | None = None,
    problems: Mapping[str, Problem] = MappingProxyType({}),
    status_code: int = 200,
) -> Template:
    today = local_day(datetime.now(UTC))
    found = await visit_requests.waiting(db, my_scope)
    to_check = await visit_requests.waiting(db, my_scope, to_check=True, most=SHOWN_TO_CHECK)
    communes = {one.request.commune_code for one in [*found, *to_check]}
    teams = {code: await _team(db, my_scope, code) for code in communes}
    settled = await visit_requests.settled_lately(db, my_scope, SHOWN_SETTLED)
    named = {one.request.person_id for one in found} | {one.request.settled_by for one in settled}
    holders: dict[UUID, set[UUID]] = {}
    for lease in await assignments.running(db, my_scope, today):
        holders.setdefault(lease.hamlet_id, set()).add(lease.person_id)
    ids = {code: {one.id for one in team} for code, team in teams.items()}
    open_ = [(one, needs_somebody(one.request, ids[one.request.commune_code], today)) for one in found]
    return desk_page(
        request,
        me,
        "requests/list.html",
        status_code=status_code,
        waiting=sorted(open_, key=lambda pair: not pair[1]),
        to_check=to_check,
        settled=settled,
        teams=teams,
        holders=holders,
        names=await people.names_of(db, my_scope, {one for one in named if one}),
        tomorrow=today + timedelta(days=1),
        today=today,
        last_day=today + LONGEST_AHEAD,
        sent=sent,
        problems=sentences_of(problems),
        status_names=STATUS_NAMES,
        shown_phone=shown_phone,
        titles={
            guide.number: translated(language_now.get(), guide.title) or guide.title for guide in all_guides()
        },
    )


@post("/requests/{request_id:uuid}/person", status_code=303)
async def send_on_visit(
    request: Request,
    db: Db,
    me: CurrentPerson,
    my_scope: CurrentScope,
    request_id: FromPath[UUID],
    data: URLEncodedBody[VisitForm],
) -> Template | Redirect:
    """Send somebody of the team on a day: it stands on their phone at its next contact."""
    require(may_answer_requests(my_scope))
    asked = await visit_requests.of_id(db, my_scope, request_id)
    if asked is None:
        raise NotFoundException
    now = datetime.now(UTC)
    team = await _team(db, my_scope, asked.commune_code)
    person = next((one for one in team if str(one.id) == data.person), None)
    day = _day(data.day)
    problems = {} if person else {f"person-{request_id}": NOBODY_CHOSEN}
    if problem := problem_with_day(day, local_day(now)):
        problems[f"day-{request_id}"] = problem
    if person is None or day is None or problems:
        return await _desk(request, db, me, my_scope, sent=data, problems=problems, status_code=422)
    done = await visit_requests.give(db, my_scope, request_id, person.id, day, now)
    return go_to(f"/requests#{request_id}" if done else "/requests", "visit_given" if done else "already")


class RequestSettlement(msgspec.Struct):
    """What became of a request."""

    status: RequestStatus


@post("/requests/{request_id:uuid}/status", status_code=303)
async def settle_request(
    db: Db, my_scope: CurrentScope, request_id: FromPath[UUID], data: URLEncodedBody[RequestSettlement]
) -> Redirect:
    """Visited, or not needed: both erase name and telephone."""
    require(may_answer_requests(my_scope))
    require(data.status in CLOSED and await visit_requests.of_id(db, my_scope, request_id) is not None)
    done = await visit_requests.settle(db, my_scope, request_id, data.status, datetime.now(UTC))
    return go_to("/requests", "visit_closed" if done else "already")


async def _form_page(
    request: Request,
    db: Db,
    state: State,
    form: VisitRequestForm,
    typed: str,
    problems: dict[str, Problem],
    *,
    status_code: int,
) -> Response[bytes]:
    choice = await place_choice(db, form.xa, typed)
    day = local_day(datetime.now(UTC))
    hamlets = await places.hamlets_of(db, choice.commune.code, day) if choice.commune else []
    context = {
        **frame(state, PATH, icons=REQUEST_ICONS),
        "choice": choice,
        "keep": {"so": form.so} if form.so.isdecimal() else {},
        "hamlets": hamlets,
        "form": form,
        "problems": sentences_of(problems),
    }
    pages: PublicPages = state.public_pages
    page = pages.page(request, "requests/form.html", context)
    keep = FRESH_FOR if status_code == 200 else NEVER_KEPT
    return public_answer(request, page, status_code=status_code, keep=keep)


def _told(request: Request, state: State, template: str, *, status_code: int) -> Response[bytes]:
    pages: PublicPages = state.public_pages
    page = pages.page(request, template, frame(state, PATH, icons=REQUEST_ICONS))
    return public_answer(request, page, status_code=status_code, keep=NEVER_KEPT)
