"""Coming in by an invitation: name, passkey or PIN, and two digits that somebody who is already in compares.

Opening the page uses nothing: the secret stands behind `#`, which no server and no preview robot ever sees; only
sending the form uses it. Until it is confirmed the seat opens nothing.
"""

import asyncio
import logging
import secrets
import time
from datetime import UTC, datetime
from typing import Any

import msgspec
from litestar import Request, Response, get, post
from litestar.datastructures import State
from litestar.exceptions import NotAuthorizedException
from litestar.params import JSONBody, URLEncodedBody
from litestar.response import Redirect, Template
from sqlmodel.ext.asyncio.session import AsyncSession

from volunteer_app import passkeys
from volunteer_app.dependencies import Db, address_of, engine_of, session_token
from volunteer_app.domain import invites as rules
from volunteer_app.domain.ids import new_id
from volunteer_app.domain.invites import InviteKind, in_app_browser
from volunteer_app.domain.names import tidy
from volunteer_app.domain.people import ROLE_NAMES
from volunteer_app.domain.problems import N_, Problem
from volunteer_app.domain.short_links import JOIN_PATH
from volunteer_app.i18n import language_now, sentence_of
from volunteer_app.limits import MOST_HELD, WrongCodes
from volunteer_app.pages.sign_in.sessions import cookie, phone_cookie, phone_of, phone_token, signed_in
from volunteer_app.shell import prefixed
from volunteer_app.storage import audit, invites, sign_in_keys, sign_ins
from volunteer_app.storage.invites import InviteRow
from volunteer_app.storage.people import MembershipRow, PersonRow
from volunteer_app.storage.sign_in_keys import PinRow, hash_of_phone, slowly_hashed
from volunteer_app.storage.sign_ins import SignInRow

log = logging.getLogger(__name__)

NOT_MADE = Problem(
    "passkey.not_made",
    N_("The passkey could not be made. Nothing has happened; please try again, or choose a PIN instead."),
)


class JoinForm(msgspec.Struct):
    """What the form sends. secret: from behind `#`; code: what was read out."""

    name: str = ""
    secret: str = ""
    code: str = ""


@get(JOIN_PATH)
async def join_page(request: Request) -> Template:
    """The form. Who reads this in Zalo's window is sent to a real browser first."""
    return _form(request, JoinForm())


def _form(request: Request, form: JoinForm, problems: dict[str, Problem] | None = None) -> Template:
    context = {
        "me": None,
        "path": JOIN_PATH,
        "form": form,
        "problems": {field: sentence_of(problem) for field, problem in (problems or {}).items()},
        "in_app": in_app_browser(request.headers.get("user-agent", "")),
    }
    return Template("join/form.html", context=context, status_code=422 if problems else 200)


@post("/join", status_code=303)
async def use_invite(
    request: Request, state: State, data: URLEncodedBody[JoinForm]
) -> Response[None] | Template:
    """Use an invitation. Wrong, used and expired ones get the same answer. A right one enters whoever else guesses: it
    is looked up first, and only a wrong one is answered late."""
    database, now = engine_of(state), datetime.now(UTC)
    typed = rules.read_typed(data.secret or data.code)
    async with database.reading() as db:
        invite = await invites.of_secret(db, typed)
        known = await _known_name(db, invite)
    if invite is None or not invites.can_be_used(invite, now):
        return await _wrong(request, state, data)
    name = known or tidy(data.name)
    if not known and (problem := rules.problems_with_name(name)):
        return _form(request, data, {"name": problem})
    async with database.writing() as db:
        invite = await invites.of_secret(db, typed)
        if invite is None or not await invites.claim(db, invite, name, now):
            return _form(request, JoinForm(name=data.name), {"code": rules.WRONG_CODE})
        await audit.note_for(
            db,
            invite.province_code,
            None,
            "invite.used",
            invite.id,
            now=now,
            commune_code=invite.commune_code,
            reason=invite.kind,
        )
        token = await sign_ins.begin_sign_in(
            db,
            province_code=invite.province_code,
            person_id=invite.person_id,
            membership_id=invite.membership_id,
            method="code",
            phone=phone_of(request),
            now=now,
            before=session_token(request),
            invite_id=invite.id,
        )
    return Redirect(_address("/join/key"), status_code=303, cookies=[cookie(state, token)])


async def _wrong(request: Request, state: State, data: JoinForm) -> Template:
    """The answer to a wrong code, later each time for one address. Only so many are held back at once."""
    wrong_codes: WrongCodes = state.wrong_codes
    delay = wrong_codes.delay_after(address_of(request), time.monotonic())
    if delay and wrong_codes.held < MOST_HELD:
        wrong_codes.held += 1
        try:
            await asyncio.sleep(delay)
        finally:
            wrong_codes.held -= 1
    return _form(request, JoinForm(name=data.name), {"code": rules.WRONG_CODE})


async def _known_name(db: AsyncSession, invite: InviteRow | None) -> str:
    """Who comes in again needs no new name."""
    if invite is None or invite.kind in (InviteKind.JOIN, InviteKind.FIRST):
        return ""
    person = await db.get(PersonRow, (invite.province_code, invite.person_id))
    return person.name if person else ""


@get("/join/key")
async def key_page(request: Request, db: Db) -> Template:
    """With what to sign in from now on: a passkey where the phone knows them, else a PIN."""
    _, invite = await _open_seat(request, db)
    return _key_page(invite)


def _key_page(invite: InviteRow, problem: Problem | None = None) -> Template:
    context = {
        "me": None,
        "path": "/join/key",
        "name": invite.name,
        "may_use_pin": rules.may_use_pin(invite.role),
        "problems": {"pin": sentence_of(problem)} if problem else {},
        "not_made": sentence_of(NOT_MADE),
    }
    return Template("join/key.html", context=context, status_code=422 if problem else 200)


class PinForm(msgspec.Struct):
    """A PIN, twice."""

    pin: str = ""
    again: str = ""


@post("/join/pin", status_code=303)
async def keep_pin(
    request: Request, state: State, data: URLEncodedBody[PinForm]
) -> Response[None] | Template:
    """A PIN for this phone. It is bound to a secret that only this browser holds."""
    database = engine_of(state)
    async with database.reading() as db:
        _, invite = await _open_seat(request, db)
    if not rules.may_use_pin(invite.role):
        raise NotAuthorizedException
    if problem := rules.problems_with_pin(data.pin, data.again):
        return _key_page(invite, problem)
    now, salt = datetime.now(UTC), secrets.token_bytes(16)
    pin_hash = await slowly_hashed(data.pin, salt)
    token = phone_token(request) or secrets.token_urlsafe(32)
    async with database.writing() as db:
        session, _ = await _open_seat(request, db)
        db.add(
            PinRow(
                province_code=session.province_code,
                id=new_id(now),
                person_id=session.person_id,
                phone_hash=hash_of_phone(token),
                salt=salt,
                pin_hash=pin_hash,
                phone=phone_of(request),
                created_at=now,
                last_used_at=now,
                invite_id=invite.id,
            )
        )
    return Redirect(_address("/join/waiting"), status_code=303, cookies=[phone_cookie(state, token)])


@post("/api/v1/passkeys/options", status_code=200)
async def offer_passkey(request: Request, state: State, db: Db) -> dict[str, Any]:
    """What the browser needs to make a passkey for the person of this session, confirmed or not."""
    session = await _session(request, db)
    now = datetime.now(UTC)
    person = await db.get(PersonRow, (session.province_code, session.person_id))
    invite = await invites.of_seat(db, session.province_code, session.invite_id)
    name = person.name if person else invite.name if invite else ""
    known = await sign_in_keys.passkeys_of(db, session.province_code, session.person_id)
    challenge = sign_in_keys.new_challenge(state.server.secret, session.person_id, now)
    return passkeys.creation_options(
        state.settings.origin, challenge, session.person_id, name, [one.credential_id for one in known]
    )


@post("/api/v1/passkeys", status_code=200, request_max_body_size=64 * 1024)
async def keep_passkey(
    request: Request, state: State, db: Db, data: JSONBody[dict[str, Any]]
) -> Response[dict[str, str]]:
    """Keep the passkey that the browser made. Every refusal says the same."""
    session = await _session(request, db)
    now = datetime.now(UTC)
    try:
        challenge = passkeys.challenge_in(data)
        if not sign_in_keys.is_our_challenge(state.server.secret, challenge, session.person_id, now):
            raise passkeys.PasskeyRefused("challenge")
        made = passkeys.read_creation(state.settings.origin, data, challenge)
        if not await sign_in_keys.use_challenge(db, challenge, session.person_id, now):
            raise passkeys.PasskeyRefused("used")
        if await sign_in_keys.is_credential_known(db, made.credential_id):
            raise passkeys.PasskeyRefused("known")
    except passkeys.PasskeyRefused as refused:
        log.warning("passkey.refused why=%s", type(refused.__cause__).__name__)
        return Response({"problem": sentence_of(NOT_MADE)}, status_code=422)
    id_ = new_id(now)
    key = sign_in_keys.new_passkey(
        session.province_code, id_, session.person_id, made, phone_of(request), now, session.invite_id
    )
    db.add(key)
    await audit.note_for(db, session.province_code, session.person_id, "passkey.made", id_, now=now)
    return Response({"next": _address("/join/waiting" if session.is_pending else "/account")})


@get("/join/waiting")
async def waiting_page(request: Request, db: Db) -> Template:
    """The two digits, until they are compared; then the way in."""
    _, invite = await _seat(request, db)
    needed = rules.CONFIRMATIONS[invite.kind] - sum(
        one is not None for one in (invite.confirmed_by, invite.seconded_by)
    )
    context = {
        "me": None,
        "path": "/join/waiting",
        "invite": invite,
        "is_confirmed": bool(invite.settled_at) and not invite.is_refused,
        "needed": needed,
        "role": ROLE_NAMES[invite.role],
        "by_myself": invite.kind is InviteKind.DEVICE,
    }
    return Template("join/_waiting.html" if request.htmx else "join/waiting.html", context=context)  # type: ignore[attr-defined]


@post("/join/entry", status_code=303)
async def enter(request: Request, state: State, db: Db) -> Response[None]:
    """The seat is confirmed: in, with a new token. A first administrator needs nobody to confirm."""
    session, invite = await _seat(request, db)
    now = datetime.now(UTC)
    if not invites.is_alive(invite, now):
        return Redirect(_address("/join/waiting"), status_code=303)
    if not await sign_in_keys.seat_has_key(db, session.province_code, session.person_id, invite.id):
        return Redirect(_address("/join/key"), status_code=303)
    if invite.kind is InviteKind.FIRST and invite.settled_at is None:
        await invites.give_seat(db, invite, now)
    if invite.settled_at is None:
        return Redirect(_address("/join/waiting"), status_code=303)
    membership = await db.get(MembershipRow, (session.province_code, session.membership_id))
    if membership is None:
        raise NotAuthorizedException
    await audit.note_for(
        db,
        session.province_code,
        session.person_id,
        "seat.entered",
        invite.id,
        now=now,
        commune_code=invite.commune_code,
    )
    return await signed_in(request, state, db, membership, session.method)


async def _session(request: Request, db: AsyncSession) -> SignInRow:
    """The session of this browser, confirmed or not. Raises NotAuthorizedException."""
    session = await sign_ins.sign_in_of(db, session_token(request), datetime.now(UTC))
    if session is None:
        raise NotAuthorizedException
    now = datetime.now(UTC)
    if session.is_pending:
        await _open_seat(request, db)
    elif await sign_ins.signed_in(db, session_token(request), now) is None:
        raise NotAuthorizedException
    return session


async def _seat(request: Request, db: AsyncSession) -> tuple[SignInRow, InviteRow]:
    """The pending session of this browser with its invitation, whatever became of it. Raises NotAuthorizedException."""
    session = await sign_ins.sign_in_of(db, session_token(request), datetime.now(UTC))
    invite = await invites.of_seat(db, session.province_code, session.invite_id) if session else None
    if session is None or invite is None or not session.is_pending:
        raise NotAuthorizedException
    return session, invite


async def _open_seat(request: Request, db: AsyncSession) -> tuple[SignInRow, InviteRow]:
    """The same while it waits or is given; nothing is made on a seat that was refused or is over. Raises
    NotAuthorizedException."""
    session, invite = await _seat(request, db)
    if not invites.is_alive(invite, datetime.now(UTC)):
        raise NotAuthorizedException
    return session, invite


def _address(path: str) -> str:
    return prefixed(language_now.get(), path)
