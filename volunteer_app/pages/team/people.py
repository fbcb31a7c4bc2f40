"""Who comes in, comes in again after losing a phone, changes role, and goes."""

from datetime import UTC, date, datetime
from typing import Any
from uuid import UUID

import msgspec
from litestar import Request, get, post
from litestar.datastructures import State
from litestar.params import FromPath, URLEncodedBody
from litestar.response import Redirect, Template
from sqlmodel.ext.asyncio.session import AsyncSession

from volunteer_app.dependencies import CurrentPerson, CurrentScope, Db, Me, require
from volunteer_app.domain.calendar import local_day
from volunteer_app.domain.ids import sent_seed
from volunteer_app.domain.invites import InviteKind, may_use_pin
from volunteer_app.domain.people import ROLE_NAMES, Role, is_active
from volunteer_app.domain.permissions import Scope, may_invite, may_lead, may_second_recovery, may_see_team
from volunteer_app.i18n import gettext as _
from volunteer_app.pages.answers import desk_page, go_to
from volunteer_app.pages.team.invitation import code_letters, may_be_shown_again, shown_once
from volunteer_app.storage import audit, endings, hands, invites, people, places, sign_in_keys, sign_ins, team
from volunteer_app.storage.people import MembershipRow, PersonRow
from volunteer_app.storage.sign_in_keys import PinRow
from volunteer_app.storage.stopping import Stays, refuse_seat, stop_everything


class InviteForm(msgspec.Struct):
    """Whom to invite. last_day: empty for a membership without an end."""

    role: Role = Role.VOLUNTEER
    commune_code: str = ""
    last_day: str = ""
    fresh: str = ""


@get("/team/invites/new")
async def invite_page(request: Request, db: Db, me: CurrentPerson, my_scope: CurrentScope) -> Template:
    """As what, and until when."""
    require(may_invite(my_scope, Role.VOLUNTEER))
    return await _invite_page(request, db, me, my_scope, InviteForm(), {})


async def _invite_page(
    request: Request,
    db: AsyncSession,
    me: Me | None,
    my_scope: Scope,
    form: InviteForm,
    problems: dict[str, str],
) -> Template:
    context = {
        "form": form,
        "problems": problems,
        "roles": {role: ROLE_NAMES[role] for role in Role if may_invite(my_scope, role)},
        "communes": [] if my_scope.commune_code else await places.communes_of(db, my_scope.province_code),
        "today": local_day(datetime.now(UTC)),
    }
    return desk_page(request, me, "team/invite.html", at="/team/invites/new", **context)


@post("/team/invites", status_code=200)
async def make_invite(
    request: Request,
    state: State,
    db: Db,
    me: CurrentPerson,
    my_scope: CurrentScope,
    data: URLEncodedBody[InviteForm],
) -> Template | Redirect:
    """An invitation: a QR code and a code to read out. Loaded again, it is the same one."""
    require(may_invite(my_scope, data.role))
    now = datetime.now(UTC)
    commune_code = my_scope.commune_code or await _commune(db, my_scope, data.commune_code)
    problems: dict[str, str] = {}
    if data.role in (Role.VOLUNTEER, Role.LEADER) and commune_code is None:
        problems["commune_code"] = _("Please choose the commune: volunteers and leaders belong to one.")
    last_day = _day(data.last_day, problems)
    if last_day is not None and last_day < local_day(now):
        problems["last_day"] = _("This day has passed. Please choose one from today on, or leave it empty.")
    if problems:
        return await _invite_page(request, db, me, my_scope, data, problems)
    made = await invites.make(
        db,
        letters=code_letters(state),
        kind=InviteKind.JOIN,
        province_code=my_scope.province_code,
        role=data.role,
        now=now,
        issued_by=my_scope.person_id,
        commune_code=commune_code,
        team_id=await team.team_of(db, my_scope, commune_code),
        last_day=last_day,
        seed=sent_seed(data.fresh),
    )
    if not made.is_repeat:
        await _note(db, my_scope, "invite.made", made.invite.id, now, reason=data.role)
    elif not may_be_shown_again(made, my_scope, now):
        return go_to("/team", "already")
    return shown_once(state, me, made, ROLE_NAMES[data.role])


class SeatAnswer(msgspec.Struct):
    """Are the two digits the same?"""

    answer: str = ""


@post("/team/seats/{invite_id:uuid}", status_code=303)
async def settle_seat(
    db: Db, my_scope: CurrentScope, invite_id: FromPath[UUID], data: URLEncodedBody[SeatAnswer]
) -> Redirect:
    """Let somebody in, or not."""
    invite = await invites.in_scope(db, my_scope, invite_id)
    require(invite is not None)
    assert invite is not None  # noqa: S101 - said by require
    is_recovery = invite.kind is InviteKind.RECOVERY
    require(may_second_recovery(my_scope) if is_recovery else may_invite(my_scope, invite.role))
    require(invite.kind is not InviteKind.DEVICE)
    now = datetime.now(UTC)
    said_so = data.answer == "same" and invite.confirmed_by == my_scope.person_id
    if invite.settled_at is not None or said_so:
        return _to_team(my_scope, "already")
    if data.answer == "same":
        require(await invites.confirm(db, my_scope, invite, now))
        await _note(db, my_scope, "seat.confirmed", invite.id, now, reason=invite.kind)
    else:
        await refuse_seat(db, invite, now)
        await _note(db, my_scope, "seat.refused", invite.id, now, reason=invite.kind)
    return _to_team(my_scope, "refused" if invite.is_refused else "let_in")


@get("/recoveries")
async def recoveries_page(request: Request, db: Db, me: CurrentPerson, my_scope: CurrentScope) -> Template:
    """Who lost a phone and waits for a second person to recognise them: for the Front's officer too."""
    require(may_second_recovery(my_scope))
    waiting = await invites.waiting(db, my_scope, datetime.now(UTC))
    context = {
        "me": me,
        "path": request.scope["path"],
        "waiting": [one for one in waiting if one.kind is InviteKind.RECOVERY],
        "role_names": ROLE_NAMES,
        "my_id": my_scope.person_id,
    } | await endings_in(db, my_scope, datetime.now(UTC))
    return Template("team/lost_phones.html", context=context)


@get("/team/members/{membership_id:uuid}")
async def member_page(
    request: Request, db: Db, me: CurrentPerson, my_scope: CurrentScope, membership_id: FromPath[UUID]
) -> Template:
    """Somebody on the team: until when, with which phones, and what to do when one is lost."""
    return await _member_page(request, db, me, my_scope, *await member_of(db, my_scope, membership_id), {})


async def _member_page(
    request: Request,
    db: AsyncSession,
    me: Me | None,
    my_scope: Scope,
    person: PersonRow,
    membership: MembershipRow,
    problems: dict[str, str],
) -> Template:
    now = datetime.now(UTC)
    keys = (my_scope.province_code, person.id)
    context = {
        "problems": problems,
        "person": person,
        "membership": membership,
        "role_names": ROLE_NAMES,
        "sessions": await sign_ins.sign_ins_of(db, *keys, now),
        "passkeys": await sign_in_keys.passkeys_of(db, *keys),
        "pins": await sign_in_keys.pins_of(db, *keys),
        "today": local_day(now),
        "is_me": person.id == my_scope.person_id,
        "may_lead": may_lead(my_scope),
        "needs_a_second": my_scope.role is not Role.ADMIN and membership.role is Role.LEADER,
        "roles": [role for role in Role if may_invite(my_scope, role)] if my_scope.role is Role.ADMIN else [],
    }
    return desk_page(request, me, "team/member.html", at=f"/team/members/{membership.id}", **context)


class MemberChange(msgspec.Struct):
    """What becomes of a membership. last_day: the new end ("" for none); role: the new role."""

    last_day: str | None = None
    role: Role | None = None


@post("/team/members/{membership_id:uuid}", status_code=303)
async def change_member(
    request: Request,
    db: Db,
    me: CurrentPerson,
    my_scope: CurrentScope,
    membership_id: FromPath[UUID],
    data: URLEncodedBody[MemberChange],
) -> Template | Redirect:
    """A new last day, or a new role. Both act at the next request; after a change of role one signs in anew."""
    person, membership = await member_of(db, my_scope, membership_id)
    require(person.id != my_scope.person_id)
    now = datetime.now(UTC)
    problems: dict[str, str] = {}
    last_day = _day(data.last_day or "", problems)
    if problems:
        return await _member_page(request, db, me, my_scope, person, membership, problems)
    if data.role is not None and data.role is not membership.role:
        require(my_scope.role is Role.ADMIN and may_invite(my_scope, data.role))
        await people.give_role(db, membership, data.role)
        await stop_everything(db, membership.province_code, person.id, now, stays=Stays.KEYS)
        if not may_use_pin(data.role):
            await sign_in_keys.forget_keys(db, membership.province_code, person.id, only=(PinRow,))
        await _note(db, my_scope, "member.role", membership.id, now, reason=data.role)
    if data.last_day is not None and _needs_a_second(my_scope, membership, last_day):
        assert last_day is not None  # noqa: S101 - an ending has a day
        if await endings.is_asked(db, my_scope, membership, last_day, now):
            return go_to("/team", "already")
        asked = await endings.ask(db, my_scope, membership, last_day, now)
        await _note(db, my_scope, "ending.asked", asked.id, now, reason=data.last_day[:10])
        return go_to("/team", "saved")
    if data.last_day is not None:
        await people.end_on(db, membership, last_day)
        await end_if_over(db, membership, now)
        await _note(db, my_scope, "member.last_day", membership.id, now, reason=data.last_day[:10])
    left = data.last_day is not None and await hands.hamlets_left(db, membership, local_day(now))
    return go_to(f"/team/members/{membership.id}", "member_left" if left else "member")


@post("/team/members/{membership_id:uuid}/sessions/{session_id:uuid}/end", status_code=303)
async def end_member_session(
    db: Db, my_scope: CurrentScope, membership_id: FromPath[UUID], session_id: FromPath[UUID]
) -> Redirect:
    """This phone is signed out at its next request and forgets what it holds."""
    person, membership = await member_of(db, my_scope, membership_id)
    now = datetime.now(UTC)
    ended = await sign_ins.revoke_sign_ins(db, membership.province_code, person.id, now, only=session_id)
    require(ended == 1)
    await _note(db, my_scope, "session.ended", session_id, now)
    return go_to(f"/team/members/{membership.id}", "ended")


class RecoveryForm(msgspec.Struct):
    """What the form brings, so that it makes one code however often it is sent."""

    fresh: str = ""


@post("/team/members/{membership_id:uuid}/recovery", status_code=200)
async def restore_member(
    state: State,
    db: Db,
    me: CurrentPerson,
    my_scope: CurrentScope,
    membership_id: FromPath[UUID],
    data: URLEncodedBody[RecoveryForm],
) -> Template | Redirect:
    """A phone was lost: every key and session of the person ends now; a new phone needs two people to confirm."""
    person, membership = await member_of(db, my_scope, membership_id)
    require(person.id != my_scope.person_id)
    now, seed = datetime.now(UTC), sent_seed(data.fresh)
    if not await invites.was_made(db, membership.province_code, seed):
        await stop_everything(db, membership.province_code, person.id, now)
        await _note(db, my_scope, "member.recovery", membership.id, now)
    made = await invites.make(
        db,
        letters=code_letters(state),
        kind=InviteKind.RECOVERY,
        province_code=membership.province_code,
        role=membership.role,
        now=now,
        issued_by=my_scope.person_id,
        commune_code=membership.commune_code,
        person_id=person.id,
        membership_id=membership.id,
        seed=seed,
    )
    if made.is_repeat and not may_be_shown_again(made, my_scope, now):
        return go_to(f"/team/members/{membership.id}", "already")
    return shown_once(state, me, made, person.name, back=f"/team/members/{membership.id}")


def _needs_a_second(scope: Scope, membership: MembershipRow, day: date | None) -> bool:
    """One leader does not end another alone; to let somebody stay longer, one is enough."""
    if scope.role is Role.ADMIN or membership.role is not Role.LEADER or day is None:
        return False
    return membership.last_day is None or day < membership.last_day


class EndingAnswer(msgspec.Struct):
    """Is somebody else of the same mind?"""

    answer: str = ""


@post("/team/endings/{ending_id:uuid}", status_code=303)
async def settle_ending(
    db: Db, my_scope: CurrentScope, ending_id: FromPath[UUID], data: URLEncodedBody[EndingAnswer]
) -> Redirect:
    """Agree that another leader's duty ends, or not."""
    require(may_second_recovery(my_scope))
    now, agreed = datetime.now(UTC), data.answer == "agree"
    if await endings.is_answered(db, my_scope, ending_id, now):
        return _to_team(my_scope, "already")
    row = await endings.settle(db, my_scope, ending_id, now, agreed=agreed)
    require(row is not None)
    assert row is not None  # noqa: S101 - said by require
    if agreed:
        membership = await db.get(MembershipRow, (row.province_code, row.membership_id))
        require(membership is not None)
        assert membership is not None  # noqa: S101 - said by require
        await people.end_on(db, membership, row.last_day)
        await end_if_over(db, membership, now)
    await _note(db, my_scope, "ending.agreed" if agreed else "ending.refused", row.id, now)
    return _to_team(my_scope, "saved")


async def endings_in(db: AsyncSession, scope: Scope, now: datetime) -> dict[str, Any]:
    """What a page tells of leaders whose duty is to end: to leaders, to the concerned, to officers."""
    rows = await endings.lately(db, scope, now)
    ids = {one for row in rows for one in (row.person_id, row.asked_by, row.settled_by) if one}
    return {"endings": rows, "ending_names": await people.names_of(db, scope, ids)}


async def end_if_over(db: AsyncSession, membership: MembershipRow, now: datetime) -> None:
    """A membership whose last day has passed opens nothing; who has no other keeps nothing that opens anything."""
    today = local_day(now)
    if is_active(membership, today):
        return
    key = (membership.province_code, membership.person_id)
    await db.flush()
    if await people.memberships_of(db, *key, today):
        await sign_ins.revoke_sign_ins(db, *key, now, membership_id=membership.id)
    else:
        await stop_everything(db, *key, now)


async def member_of(db: AsyncSession, scope: Scope, membership_id: UUID) -> tuple[PersonRow, MembershipRow]:
    """Somebody whom this leader or administrator answers for. Raises NotFoundException."""
    require(may_see_team(scope))
    found = await people.member(db, scope, membership_id)
    require(found is not None)
    assert found is not None  # noqa: S101 - said by require
    return found


async def _commune(db: AsyncSession, scope: Scope, code: str) -> str | None:
    if not code:
        return None
    known = {commune.code for commune in await places.communes_of(db, scope.province_code)}
    require(code in known)  # no form of ours offers another one
    return code


async def _note(
    db: AsyncSession, scope: Scope, action: str, object_id: UUID, now: datetime, reason: str = ""
) -> None:
    await audit.note(db, scope, action, object_id, now=now, reason=str(reason))


def _day(text: str, problems: dict[str, str]) -> date | None:
    """A day as the date field sends it; None when it is empty or none at all."""
    try:
        return date.fromisoformat(text) if text else None
    except ValueError:
        problems["last_day"] = _("Please write the day as day/month/year.")
        return None


def _to_team(scope: Scope, done: str) -> Redirect:
    return go_to("/team" if may_see_team(scope) else "/recoveries", done)
