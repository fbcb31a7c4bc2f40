"""What a handler may ask for: the request's transaction, the signed-in person, their scope."""

import time
from collections.abc import AsyncGenerator
from dataclasses import dataclass
from datetime import UTC, datetime

from litestar import Request
from litestar.datastructures import State
from litestar.di import NamedDependency
from litestar.exceptions import NotAuthorizedException, NotFoundException, TooManyRequestsException
from sqlmodel.ext.asyncio.session import AsyncSession

from volunteer_app.domain.calendar import local_day
from volunteer_app.domain.people import Role
from volunteer_app.domain.permissions import Scope
from volunteer_app.storage import people, programs, sign_ins
from volunteer_app.storage.database import Database as DatabaseEngine
from volunteer_app.storage.people import PersonRow

OPEN_FOR = "open_for"
"""The cookie in which a phone says whose screens it shows now, with the other half of their session (`person.half`), or
that it is locked (`drawers.js`). Without that half a session answers nothing, except that deliveries are taken."""


@dataclass(frozen=True)
class Me:
    """The signed-in person, in the membership they chose."""

    person: PersonRow
    scope: Scope

    @property
    def role(self) -> Role:
        """What they came for."""
        return self.scope.role


def require(allowed: bool) -> None:
    """What is out of scope is *not found*. Raises NotFoundException."""
    if not allowed:
        raise NotFoundException


def engine_of(state: State) -> DatabaseEngine:
    """The installation's database."""
    return state.database


async def provide_db(state: State, request: Request) -> AsyncGenerator[AsyncSession, None]:
    """One transaction for the request: a reading one for GET, a writing one for the rest. Committed before the
    answer leaves; rolled back on any exception."""
    engine = engine_of(state)
    opened = engine.reading() if request.method == "GET" else engine.writing()
    async with opened as session:
        yield session


def session_token(request: Request) -> str:
    """The session token that the browser sent, or an empty text."""
    return request.cookies.get(request.app.state.cookie_name, "")


def address_of(request: Request) -> str:
    """The network address that the request came from; many people may share one."""
    return request.client.host if request.client else ""


async def provide_me(db: NamedDependency[AsyncSession], request: Request) -> Me | None:
    """Who is signed in, or None; also None while the phone is locked or shows somebody else's screens."""
    token = session_token(request)
    if not token:
        return None
    now = datetime.now(UTC)
    found = await sign_ins.signed_in(db, token, now)
    if found is None:
        request.state.is_revoked = await sign_ins.is_revoked(db, token, now)
        return None
    person, membership, session = found
    whose, _, half = request.cookies.get(OPEN_FOR, str(person.id)).partition(".")
    if whose != str(person.id) or not sign_ins.is_whole(session, half):
        return None
    return Me(person, await people.scope_of(db, membership, local_day(now)))


async def provide_scope(me: NamedDependency[Me | None]) -> Scope:
    """The scope of the signed-in person. Raises NotAuthorizedException when nobody is."""
    if me is None:
        raise NotAuthorizedException
    return me.scope


async def provide_reader(
    db: NamedDependency[AsyncSession], request: Request, me: NamedDependency[Me | None]
) -> Scope:
    """Who reads figures: a program by its secret (`Authorization: Bearer …`), else the signed-in person.

    Raises NotAuthorizedException for neither, and TooManyRequestsException for a program that asks too often. Wrong
    secrets are not counted: 256 bits are not guessed, and a right one must open in any flood of them.
    """
    scheme, _, secret = request.headers.get("authorization", "").partition(" ")
    if not scheme:
        if me is None:
            raise NotAuthorizedException
        return me.scope
    today = local_day(datetime.now(UTC))
    scope = await programs.scope_with(db, secret.strip(), today) if scheme.lower() == "bearer" else None
    if scope is None:
        raise NotAuthorizedException
    if not request.app.state.readings.may(str(scope.person_id), time.monotonic()):
        raise TooManyRequestsException(headers=TRY_LATER)
    return scope


TRY_LATER = {"retry-after": "900"}

Db = NamedDependency[AsyncSession]
CurrentScope = NamedDependency[Scope]
Reader = NamedDependency[Scope]
CurrentPerson = NamedDependency[Me | None]
