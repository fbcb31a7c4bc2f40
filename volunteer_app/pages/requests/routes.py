"""Requests for a visit: the citizen's form, without scripts or an account, and the leader's queue."""

from datetime import UTC, datetime
from typing import Annotated, Any
from uuid import UUID

import msgspec
from litestar import Request, Response, get, post
from litestar.datastructures import State
from litestar.params import FromPath, FromQuery, URLEncodedBody
from litestar.response import Redirect, Template

from volunteer_app.dependencies import CurrentPerson, CurrentScope, Db, require
from volunteer_app.domain.calendar import local_day
from volunteer_app.domain.ids import new_id
from volunteer_app.domain.names import tidy
from volunteer_app.domain.permissions import may_answer_requests
from volunteer_app.domain.problems import Problem
from volunteer_app.domain.visit_requests import (
    CLOSED,
    STATUS_NAMES,
    RequestStatus,
    VisitRequest,
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
from volunteer_app.storage import places, visit_requests

PATH = "/yeu-cau-tham"
REQUEST_ICONS = ("map", "search", "check")
SHOWN_SETTLED = 30
SHOWN_TO_CHECK = 200

ShortText = Annotated[str, msgspec.Meta(max_length=200)]


class VisitRequestForm(msgspec.Struct):
    """What the form sends. website: a field that people do not see and robots fill in."""

    name: ShortText = ""
    phone: ShortText = ""
    hamlet: ShortText = ""
    xa: ShortText = ""
    so: ShortText = ""
    website: ShortText = ""


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
    return desk_page(
        request,
        me,
        "requests/list.html",
        waiting=await visit_requests.waiting(db, my_scope),
        to_check=await visit_requests.waiting(db, my_scope, to_check=True, most=SHOWN_TO_CHECK),
        settled=await visit_requests.settled_lately(db, my_scope, SHOWN_SETTLED),
        statuses=RequestStatus,
        status_names=STATUS_NAMES,
        shown_phone=shown_phone,
        titles={
            guide.number: translated(language_now.get(), guide.title) or guide.title for guide in all_guides()
        },
    )


class RequestSettlement(msgspec.Struct):
    """What became of a request."""

    status: RequestStatus


@post("/requests/{request_id:uuid}/status", status_code=303)
async def settle_request(
    db: Db, my_scope: CurrentScope, request_id: FromPath[UUID], data: URLEncodedBody[RequestSettlement]
) -> Redirect:
    """Planned, visited, or not needed. The last two erase name and telephone."""
    require(may_answer_requests(my_scope))
    status = await visit_requests.status_of(db, my_scope, request_id)
    require(status is not None)
    if status is data.status or status in CLOSED:
        return go_to("/requests", "already")
    require(await visit_requests.settle(db, my_scope, request_id, data.status, datetime.now(UTC)))
    return go_to("/requests", "visit_closed" if data.status in CLOSED else "visit_planned")


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
