"""One's own phones and keys: see them, add another phone, end a session, forget a key, change to another duty."""

from datetime import UTC, datetime
from uuid import UUID

import msgspec
from litestar import Request, Response, get, post
from litestar.datastructures import State
from litestar.params import FromPath, URLEncodedBody
from litestar.response import Redirect, Template

from volunteer_app.dependencies import CurrentPerson, CurrentScope, Db, require, session_token
from volunteer_app.domain.calendar import local_day
from volunteer_app.domain.ids import sent_seed
from volunteer_app.domain.invites import InviteKind, may_use_pin
from volunteer_app.domain.people import ROLE_NAMES
from volunteer_app.pages.answers import go_to
from volunteer_app.pages.sign_in.sessions import signed_in
from volunteer_app.pages.team.invitation import code_letters, may_be_shown_again, shown_once
from volunteer_app.storage import audit, invites, people, sign_in_keys, sign_ins
from volunteer_app.storage.stopping import refuse_seat


@get("/account")
async def account_page(request: Request, db: Db, me: CurrentPerson, my_scope: CurrentScope) -> Template:
    """Everything that lets one in."""
    now = datetime.now(UTC)
    key = (my_scope.province_code, my_scope.person_id)
    current = await sign_ins.sign_in_of(db, session_token(request), now)
    waiting = [
        one
        for one in await invites.waiting(db, my_scope, now)
        if one.kind is InviteKind.DEVICE and one.person_id == my_scope.person_id
    ]
    context = {
        "me": me,
        "path": request.scope["path"],
        "sessions": [
            one for one in await sign_ins.sign_ins_of(db, *key, now) if current and one.id != current.id
        ],
        "current": current,
        "passkeys": await sign_in_keys.passkeys_of(db, *key),
        "pins": await sign_in_keys.pins_of(db, *key),
        "memberships": await people.memberships_of(db, *key, local_day(now)),
        "role_names": ROLE_NAMES,
        "waiting": waiting,
    }
    return Template("account/list.html", context=context)


class PhoneForm(msgspec.Struct):
    """What the form brings, so that it makes one code however often it is sent."""

    fresh: str = ""


@post("/account/phones", status_code=200)
async def invite_phone(
    request: Request,
    state: State,
    db: Db,
    me: CurrentPerson,
    my_scope: CurrentScope,
    data: URLEncodedBody[PhoneForm],
) -> Template | Redirect:
    """A code for another phone of one's own; one compares the two digits oneself."""
    now = datetime.now(UTC)
    current = await sign_ins.sign_in_of(db, session_token(request), now)
    require(current is not None and me is not None)
    assert current is not None  # noqa: S101 - said by require
    assert me is not None  # noqa: S101 - said by require
    made = await invites.make(
        db,
        letters=code_letters(state),
        kind=InviteKind.DEVICE,
        province_code=my_scope.province_code,
        role=my_scope.role,
        now=now,
        issued_by=my_scope.person_id,
        commune_code=my_scope.commune_code,
        person_id=my_scope.person_id,
        membership_id=current.membership_id,
        seed=sent_seed(data.fresh),
    )
    if not made.is_repeat:
        await audit.note(db, my_scope, "invite.made", made.invite.id, now=now, reason="device")
    elif not may_be_shown_again(made, my_scope, now):
        return go_to("/account", "already")
    return shown_once(state, me, made, me.person.name, back="/account")


class PhoneAnswer(msgspec.Struct):
    """Are the two digits on one's own new phone the same?"""

    answer: str = ""


@post("/account/phones/{invite_id:uuid}", status_code=303)
async def settle_phone(
    db: Db, my_scope: CurrentScope, invite_id: FromPath[UUID], data: URLEncodedBody[PhoneAnswer]
) -> Redirect:
    """Let one's own new phone in, or not."""
    now = datetime.now(UTC)
    invite = await invites.in_scope(db, my_scope, invite_id)
    require(
        invite is not None and invite.kind is InviteKind.DEVICE and invite.person_id == my_scope.person_id
    )
    assert invite is not None  # noqa: S101 - said by require
    if invite.settled_at is not None:
        return _back("already")
    if data.answer == "same":
        require(await invites.confirm(db, my_scope, invite, now))
    else:
        await refuse_seat(db, invite, now)
    action = "seat.refused" if invite.is_refused else "seat.confirmed"
    await audit.note(db, my_scope, action, invite.id, now=now, reason=invite.kind)
    return _back("refused" if invite.is_refused else "let_in")


@post("/account/keys/{key_id:uuid}/removal", status_code=303)
async def forget_key(db: Db, my_scope: CurrentScope, key_id: FromPath[UUID]) -> Redirect:
    """A passkey or PIN of one's own is no good any more."""
    require(await sign_in_keys.forget_key(db, my_scope.province_code, my_scope.person_id, key_id))
    await audit.note(db, my_scope, "key.forgotten", key_id, now=datetime.now(UTC))
    return _back("ended")


@post("/account/sessions/{session_id:uuid}/end", status_code=303)
async def end_session(db: Db, my_scope: CurrentScope, session_id: FromPath[UUID]) -> Redirect:
    """Sign another phone of one's own out, from here."""
    now = datetime.now(UTC)
    ended = await sign_ins.revoke_sign_ins(
        db, my_scope.province_code, my_scope.person_id, now, only=session_id
    )
    require(ended == 1)
    await audit.note(db, my_scope, "session.ended", session_id, now=now)
    return _back("ended")


class MembershipChoice(msgspec.Struct):
    """In which of one's duties to go on."""

    membership_id: UUID


@post("/account/membership", status_code=303)
async def choose_membership(
    request: Request, state: State, db: Db, my_scope: CurrentScope, data: URLEncodedBody[MembershipChoice]
) -> Response[None]:
    """Go on in another of one's duties, with a new token."""
    today = local_day(datetime.now(UTC))
    mine = await people.memberships_of(db, my_scope.province_code, my_scope.person_id, today)
    chosen = next((one for one in mine if one.id == data.membership_id), None)
    require(chosen is not None)
    assert chosen is not None  # noqa: S101 - said by require
    session = await sign_ins.sign_in_of(db, session_token(request), datetime.now(UTC))
    require(session is not None)
    assert session is not None  # noqa: S101 - said by require
    require(session.method != "pin" or may_use_pin(chosen.role))
    return await signed_in(request, state, db, chosen, session.method)


def _back(done: str) -> Redirect:
    return go_to("/account", done)
