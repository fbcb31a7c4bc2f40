"""Signing in: by passkey, by the PIN of this phone, or (demo servers only) as an invented person; and signing out."""

import logging
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import msgspec
from litestar import Request, Response, get, post
from litestar.datastructures import State
from litestar.exceptions import NotFoundException
from litestar.params import FromQuery, JSONBody, URLEncodedBody
from litestar.response import Redirect, Template
from sqlmodel.ext.asyncio.session import AsyncSession

from volunteer_app import passkeys
from volunteer_app.dependencies import CurrentPerson, Db, engine_of, session_token
from volunteer_app.domain.calendar import local_day
from volunteer_app.domain.invites import in_app_browser, may_use_pin
from volunteer_app.domain.people import ROLE_NAMES
from volunteer_app.domain.problems import N_, Problem
from volunteer_app.i18n import language_now, sentence_of
from volunteer_app.pages.sign_in.again import way_back
from volunteer_app.pages.sign_in.sessions import (
    after_sign_in,
    cookie,
    open_for,
    phone_token,
    session_cookies,
    signed_in,
)
from volunteer_app.settings import Settings
from volunteer_app.shell import prefixed
from volunteer_app.storage import audit, people, sign_in_keys, sign_ins
from volunteer_app.storage.people import MembershipRow, PersonRow
from volunteer_app.storage.sign_in_keys import PinRow, slowly_hashed

log = logging.getLogger(__name__)

WRONG_PIN = Problem(
    "pin.wrong",
    N_("This PIN is not right. After five wrong tries only your team leader can let you in again."),
)
NOT_KNOWN = Problem(
    "passkey.unknown",
    N_("This passkey does not open anything here. Please try another one, or ask your team leader."),
)


@get("/sign-in")
async def sign_in_page(
    request: Request, state: State, db: Db, me: CurrentPerson, back: FromQuery[str] = ""
) -> Template:
    """Choose who to be (demo), or how to sign in. back: where one was."""
    return await _page(request, state, db, me, back=back)


async def _page(
    request: Request,
    state: State,
    db: AsyncSession,
    me: Any = None,
    problem: Problem | None = None,
    *,
    back: str = "",
) -> Template:
    settings: Settings = state.settings
    context = {
        "demo_people": await sign_in_keys.of_the_demo(db) if settings.is_demo else [],
        "role_names": ROLE_NAMES,
        "me": me,
        "path": "/sign-in",
        "pins": await _who_uses_this_phone(db, phone_token(request)),
        "in_app": in_app_browser(request.headers.get("user-agent", "")),
        "problem": sentence_of(problem) if problem else "",
        "back": way_back(back),
    }
    return Template("sign_in/list.html", context=context, status_code=422 if problem else 200)


async def _who_uses_this_phone(db: AsyncSession, token: str) -> list[tuple[PinRow, PersonRow]]:
    found = []
    for pin in await sign_in_keys.pins_on(db, token):
        person = await db.get(PersonRow, (pin.province_code, pin.person_id))
        if person is not None:
            found.append((pin, person))
    return found


class DemoChoice(msgspec.Struct):
    """Which invented person to be. back: where one was."""

    membership_id: UUID
    back: str = ""


@post("/sign-in/demo", status_code=303)
async def sign_in_as_demo_person(
    request: Request, state: State, db: Db, data: URLEncodedBody[DemoChoice]
) -> Response[None]:
    """Sign in as an invented person. On any server that is not a demo this address does not exist."""
    settings: Settings = state.settings
    if not settings.is_demo:
        raise NotFoundException
    membership = await sign_in_keys.demo_membership(db, data.membership_id)
    if membership is None:
        raise NotFoundException
    return await signed_in(request, state, db, membership, "demo", back=data.back)


class PinSignIn(msgspec.Struct):
    """Whose PIN on this phone, and the PIN. back: where one was."""

    pin_id: UUID
    pin: str = ""
    back: str = ""


@post("/sign-in/pin", status_code=303)
async def sign_in_with_pin(
    request: Request, state: State, data: URLEncodedBody[PinSignIn]
) -> Response[None] | Template:
    """Sign in with the PIN of this phone. Only tries on a phone that has one are counted: its secret cannot be guessed.
    The slow part is done between two transactions; the tries are counted in the one that writes."""
    database, phone = engine_of(state), phone_token(request)
    async with database.reading() as db:
        found = [row for row in await sign_in_keys.pins_on(db, phone) if row.id == data.pin_id]
        if not found:
            return await _page(request, state, db, problem=WRONG_PIN, back=data.back)
    given = await slowly_hashed(data.pin[:20], found[0].salt)
    async with database.writing() as db:
        row = await sign_in_keys.pin_tried(db, found[0], given, datetime.now(UTC))
        if row is None:
            return await _page(request, state, db, problem=WRONG_PIN, back=data.back)
        membership = await _place_of_duty(db, row.province_code, row.person_id, datetime.now(UTC))
        if membership is None or not may_use_pin(membership.role):
            return await _page(request, state, db, problem=NOT_KNOWN)
        return await signed_in(request, state, db, membership, "pin", back=data.back)


@post("/api/v1/sign-in/options", status_code=200)
async def offer_sign_in(state: State) -> dict[str, Any]:
    """A challenge for any passkey of ours; says nothing about who exists, and leaves nothing behind."""
    challenge = sign_in_keys.new_challenge(state.server.secret, None, datetime.now(UTC))
    return passkeys.request_options(state.settings.origin, challenge)


@post("/api/v1/sign-in", status_code=200, request_max_body_size=16 * 1024)
async def sign_in_with_passkey(
    request: Request, state: State, data: JSONBody[dict[str, Any]], back: FromQuery[str] = ""
) -> Response[dict[str, str]]:
    """Sign in with a passkey. Every refusal says the same, and none is counted: a signature cannot be guessed."""
    database, now = engine_of(state), datetime.now(UTC)
    try:
        challenge = passkeys.challenge_in(data)
        if not sign_in_keys.is_our_challenge(state.server.secret, challenge, None, now):
            raise passkeys.PasskeyRefused("challenge")
        credential_id, person_id = passkeys.credential_id_in(data)
        async with database.reading() as db:
            row = await sign_in_keys.passkey_of(db, credential_id)
        if row is None or row.person_id != person_id:
            raise passkeys.PasskeyRefused("unknown")
        proof = passkeys.read_proof(
            state.settings.origin, data, challenge, public_key=row.public_key, sign_count=row.sign_count
        )
        async with database.writing() as db:
            membership = await _proven(db, credential_id, challenge, proof, now)
            began = await session_cookies(request, state, db, membership, "passkey")
    except passkeys.PasskeyRefused as refused:
        log.warning("sign_in.refused why=%s", type(refused.__cause__).__name__)
        return Response({"problem": sentence_of(NOT_KNOWN)}, status_code=422)
    return Response({"next": after_sign_in(request, membership, back)}, cookies=began)


async def _proven(
    db: AsyncSession, credential_id: bytes, challenge: bytes, proof: passkeys.Proof, now: datetime
) -> MembershipRow:
    """The place of duty of whoever signed the challenge. Raises passkeys.PasskeyRefused."""
    row = await sign_in_keys.passkey_of(db, credential_id)
    if row is None or not await sign_in_keys.use_challenge(db, challenge, None, now):
        raise passkeys.PasskeyRefused("used")
    if proof.counter_went_back:
        log.warning("passkey.counter_went_back passkey=%s", row.id)
    if proof.is_backed_up != row.is_backed_up:
        log.info("passkey.backup_changed passkey=%s backed_up=%s", row.id, proof.is_backed_up)
    row.sign_count, row.is_backed_up, row.last_used_at = proof.sign_count, proof.is_backed_up, now
    membership = await _place_of_duty(db, row.province_code, row.person_id, now)
    if membership is None:
        raise passkeys.PasskeyRefused("no membership")
    return membership


async def _place_of_duty(
    db: AsyncSession, province_code: str, person_id: UUID, now: datetime
) -> MembershipRow | None:
    """The newest membership that the person holds today."""
    found = await people.memberships_of(db, province_code, person_id, local_day(now))
    if not found:
        return None
    await audit.note_for(
        db, province_code, person_id, "sign_in.began", now=now, commune_code=found[0].commune_code
    )
    return found[0]


CLEAR_PAGES = {"clear-site-data": '"cache"'}
CLEAR_ALL = {"clear-site-data": '"cache", "storage"'}
"""What a browser throws away at a sign-out: pages always, the phone's store only when the phone says that nothing is in
it that only it has (`static/js/session.js`)."""


@post("/sign-out", status_code=303)
async def sign_out(request: Request, db: Db, state: State) -> Response[None]:
    """End this session. What the browser keeps of pages goes; a phone's screens in the same browser find out that
    nobody is there, and forget."""
    await sign_ins.end_sign_in(db, session_token(request))
    address = prefixed(language_now.get(), "/sign-in")
    gone = [cookie(state, ""), open_for(state, "nobody")]
    return Redirect(address, status_code=303, cookies=gone, headers=CLEAR_PAGES)


class SignOut(msgspec.Struct):
    """Which session a phone wants to end; empty: the present one. clear: nothing is left on it that it must keep."""

    session: str = ""
    clear: bool = False


@post("/api/v1/sign-out", status_code=204)
async def sign_out_phone(request: Request, db: Db, state: State) -> Response[None]:
    """End this phone's session; the phone wipes its own store. A sign-out that comes late, because there was no
    network, names the session that it meant: one begun since then goes on."""
    said = msgspec.json.decode(await request.body() or b"{}", type=SignOut)
    token = session_token(request)
    if said.session and token and said.session != sign_ins.session_mark(token):
        return Response(None, status_code=204)
    await sign_ins.end_sign_in(db, token)
    headers = CLEAR_ALL if said.clear else CLEAR_PAGES
    return Response(None, status_code=204, cookies=[cookie(state, "")], headers=headers)
