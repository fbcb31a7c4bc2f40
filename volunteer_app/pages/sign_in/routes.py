"""The seam where people sign in. Here: invented people of the demo, one tap away, on a demo server only."""

import secrets
from datetime import UTC, datetime, timedelta
from uuid import UUID

import msgspec
from litestar import Request, Response, get, post
from litestar.datastructures import Cookie, State
from litestar.exceptions import NotFoundException
from litestar.params import URLEncodedBody
from litestar.response import Redirect, Template

from volunteer_app.dependencies import CurrentPerson, Db, session_token
from volunteer_app.domain.people import ROLE_NAMES, Role
from volunteer_app.i18n import language_now
from volunteer_app.settings import Settings
from volunteer_app.shell import prefixed
from volunteer_app.storage import people
from volunteer_app.storage.people import MembershipRow, SignInRow

SESSION_LENGTH = timedelta(days=30)

HOME = {
    Role.VOLUNTEER: "/field/today",
    Role.LEADER: "/coverage",
    Role.REVIEWER: "/coverage",
    Role.EDITOR: "/guides",
    Role.ADMIN: "/coverage",
}
"""Where each role's day begins."""


@get("/sign-in")
async def sign_in_page(request: Request, state: State, db: Db, me: CurrentPerson) -> Template:
    """Choose who to be (demo), or how to sign in."""
    settings: Settings = state.settings
    demo_people = await people.of_the_demo(db) if settings.is_demo else []
    context = {
        "demo_people": demo_people,
        "role_names": ROLE_NAMES,
        "me": me,
        "path": request.scope["path"],
    }
    return Template("sign_in/list.html", context=context)


class Choice(msgspec.Struct):
    """Which invented person to be."""

    membership_id: UUID


@post("/sign-in/demo", status_code=303)
async def sign_in_as_demo_person(
    request: Request, state: State, db: Db, data: URLEncodedBody[Choice]
) -> Response[None]:
    """Sign in as an invented person. On any server that is not a demo this address does not exist."""
    settings: Settings = state.settings
    if not settings.is_demo:
        raise NotFoundException
    membership = await people.demo_membership(db, data.membership_id)
    if membership is None:
        raise NotFoundException
    return await _signed_in(request, state, db, membership)


@post("/sign-out", status_code=303)
async def sign_out(request: Request, db: Db, state: State) -> Response[None]:
    """End this session."""
    await people.end_sign_in(db, session_token(request))
    return _leave(prefixed(language_now.get(), "/sign-in"), state, token=None)


@post("/api/v1/sign-out", status_code=204)
async def sign_out_phone(request: Request, db: Db, state: State) -> Response[None]:
    """End this phone's session; the phone wipes its own store."""
    await people.end_sign_in(db, session_token(request))
    return Response(None, status_code=204, cookies=[_cookie(state, "", max_age=0)])


async def _signed_in(request: Request, state: State, db: Db, membership: MembershipRow) -> Response[None]:
    """A new token at every sign-in; the old one ends."""
    await people.end_sign_in(db, session_token(request))
    token, now = secrets.token_urlsafe(32), datetime.now(UTC)
    db.add(
        SignInRow(
            token_hash=people.hash_of(token),
            province_code=membership.province_code,
            person_id=membership.person_id,
            membership_id=membership.id,
            created_at=now,
            expires_at=now + SESSION_LENGTH,
        )
    )
    return _leave(prefixed(language_now.get(), HOME[membership.role]), state, token=token)


def _leave(address: str, state: State, *, token: str | None) -> Response[None]:
    cookie = _cookie(state, token or "", max_age=int(SESSION_LENGTH.total_seconds()) if token else 0)
    return Redirect(address, status_code=303, cookies=[cookie])


def _cookie(state: State, token: str, *, max_age: int) -> Cookie:
    settings: Settings = state.settings
    return Cookie(
        key=state.cookie_name,
        value=token,
        max_age=max_age,
        path="/",
        httponly=True,
        secure=settings.is_https,
        samesite="lax",
    )
