"""How a session begins and ends in a browser: its cookies, and the page that a role's day begins with."""

from datetime import UTC, datetime

from litestar import Request, Response
from litestar.datastructures import Cookie, State
from litestar.response import Redirect
from sqlmodel.ext.asyncio.session import AsyncSession

from volunteer_app.dependencies import OPEN_FOR, session_token
from volunteer_app.domain.invites import phone_name
from volunteer_app.domain.people import Role
from volunteer_app.i18n import language_now
from volunteer_app.pages.sign_in.again import was_here, way_back
from volunteer_app.settings import Settings
from volunteer_app.shell import prefixed
from volunteer_app.storage import sign_ins
from volunteer_app.storage.people import MembershipRow
from volunteer_app.storage.sign_ins import SESSION_LENGTH

PHONE_KNOWN_SECONDS = 400 * 24 * 3600
"""How long a browser keeps the secret that a PIN is bound to: the longest that browsers allow."""

HOME = {
    Role.VOLUNTEER: "/field/today",
    Role.LEADER: "/coverage",
    Role.REVIEWER: "/coverage",
    Role.EDITOR: "/guides",
    Role.ADMIN: "/coverage",
}
"""Where each role's day begins."""


def home_of(role: Role) -> str:
    """The first page of a role's day, in the language of the request."""
    return prefixed(language_now.get(), HOME[role])


def phone_of(request: Request) -> str:
    """The browser in two words."""
    return phone_name(request.headers.get("user-agent", ""))


def phone_token(request: Request) -> str:
    """The secret of this browser that PINs are bound to, or an empty text."""
    return request.cookies.get(request.app.state.phone_cookie_name, "")


async def session_cookies(
    request: Request, state: State, db: AsyncSession, membership: MembershipRow, method: str
) -> list[Cookie]:
    """Begin a session in this membership. A new token every time; the browser's old one ends."""
    half = sign_ins.new_half()
    token = await sign_ins.begin_sign_in(
        db,
        province_code=membership.province_code,
        person_id=membership.person_id,
        membership_id=membership.id,
        method=method,
        phone=phone_of(request),
        now=datetime.now(UTC),
        before=session_token(request),
        half=half,
    )
    return [cookie(state, token), open_for(state, f"{membership.person_id}.{half}")]


async def signed_in(
    request: Request, state: State, db: AsyncSession, membership: MembershipRow, method: str, back: str = ""
) -> Response[None]:
    """Begin a session and lead to where they were, or to the role's day."""
    began = await session_cookies(request, state, db, membership, method)
    return Redirect(after_sign_in(request, membership, back), status_code=303, cookies=began)


def after_sign_in(request: Request, membership: MembershipRow, back: str) -> str:
    """Where a sign-in leads: back to where this person was in this browser, else to their role's day."""
    return (way_back(back) if was_here(request, membership.person_id) else "") or home_of(membership.role)


def cookie(state: State, token: str) -> Cookie:
    """The session's cookie; an empty token takes it away."""
    return _cookie(
        state, state.cookie_name, token, max_age=int(SESSION_LENGTH.total_seconds()) if token else 0
    )


def open_for(state: State, whose: str) -> Cookie:
    """Whose screens this browser shows from now on: a phone's own code changes it when it is locked or opened."""
    return _cookie(state, OPEN_FOR, whose, max_age=PHONE_KNOWN_SECONDS, httponly=False)


def phone_cookie(state: State, token: str) -> Cookie:
    """The cookie that makes this browser the one phone of a PIN."""
    return _cookie(state, state.phone_cookie_name, token, max_age=PHONE_KNOWN_SECONDS)


def _cookie(state: State, key: str, value: str, *, max_age: int, httponly: bool = True) -> Cookie:
    settings: Settings = state.settings
    return Cookie(
        key=key,
        value=value,
        max_age=max_age,
        path="/",
        httponly=httponly,
        secure=settings.is_https,
        samesite="lax",
    )
