"""Invitations, as kept. Making and confirming need a scope; using one does not: its secret is the key."""

from datetime import date, datetime
from hashlib import sha256
from typing import Any, NamedTuple
from uuid import UUID, uuid4

import sqlalchemy as sa
from sqlmodel import Field, SQLModel, col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from volunteer_app.domain import invites as rules
from volunteer_app.domain.calendar import local_day
from volunteer_app.domain.ids import id_from, new_seed
from volunteer_app.domain.invites import InviteKind
from volunteer_app.domain.people import Role
from volunteer_app.domain.permissions import Scope
from volunteer_app.storage.database import Id, words
from volunteer_app.storage.people import MembershipRow, PersonRow


class InviteRow(SQLModel, table=True):
    """An invitation. Only hashes of its secrets are kept.

    person_id, membership_id: whom it makes or lets in again. last_day: when a campaign's membership ends.
    confirmed_by, seconded_by: who compared the two digits.
    """

    __tablename__ = "invites"
    __table_args__ = (
        sa.Index("ix_invites_secret", "secret_hash", unique=True),
        sa.Index("ix_invites_code", "code_hash", unique=True),
        sa.Index("ix_invites_membership", "province_code", "membership_id"),
    )
    province_code: str = Field(primary_key=True, max_length=2)
    id: UUID = Field(primary_key=True, sa_type=Id)
    kind: InviteKind = Field(sa_column=sa.Column(words(InviteKind), nullable=False))
    secret_hash: str = Field(max_length=64)
    code_hash: str = Field(max_length=64)
    role: Role = Field(sa_column=sa.Column(words(Role), nullable=False))
    commune_code: str | None = Field(default=None, max_length=5)
    team_id: UUID | None = Field(default=None, sa_type=Id)
    last_day: date | None = None
    person_id: UUID = Field(sa_type=Id)
    membership_id: UUID = Field(sa_type=Id)
    issued_by: UUID | None = Field(default=None, sa_type=Id)
    created_at: datetime
    expires_at: datetime
    claimed_at: datetime | None = None
    name: str = Field(default="", max_length=rules.LONGEST_NAME)
    match_code: str = Field(default="", max_length=2)
    confirmed_by: UUID | None = Field(default=None, sa_type=Id)
    seconded_by: UUID | None = Field(default=None, sa_type=Id)
    settled_at: datetime | None = None
    is_refused: bool = False


class Made(NamedTuple):
    """A fresh invitation with what is shown only once."""

    invite: InviteRow
    secret: str
    code: str
    is_repeat: bool = False
    """Was it made before, by the same form?"""


def _hash(secret: str) -> str:
    return sha256(secret.encode()).hexdigest()


async def make(
    db: AsyncSession,
    *,
    kind: InviteKind,
    province_code: str,
    role: Role,
    now: datetime,
    issued_by: UUID | None,
    commune_code: str | None = None,
    team_id: UUID | None = None,
    last_day: date | None = None,
    person_id: UUID | None = None,
    membership_id: UUID | None = None,
    letters: int = rules.CODE_LETTERS,
    seed: str = "",
) -> Made:
    """A fresh invitation. The caller has settled that this person may make it. letters: of the code to read out.

    seed: of the form. Its secrets follow from it, so a page that is loaded again shows the same invitation; only hashes
    of what follows are kept.
    """
    seed = seed or new_seed()
    id_, secret = id_from(seed, "invite"), rules.secret_from(seed, "secret", rules.SECRET_LETTERS)
    if (before := await db.get(InviteRow, (province_code, id_))) is not None:
        codes = [rules.secret_from(seed, "code", n) for n in (letters, *rules.LETTERS_OF_CODES)]
        code = next((one for one in codes if _hash(one) == before.code_hash), "")
        return Made(before, secret, code, is_repeat=True)
    code = rules.secret_from(seed, "code", letters)
    invite = InviteRow(
        province_code=province_code,
        id=id_,
        kind=kind,
        secret_hash=_hash(secret),
        code_hash=_hash(code),
        role=role,
        commune_code=commune_code,
        team_id=team_id,
        last_day=last_day,
        person_id=person_id or uuid4(),
        membership_id=membership_id or uuid4(),
        issued_by=issued_by,
        created_at=now,
        expires_at=now + rules.GOOD_FOR,
    )
    db.add(invite)
    return Made(invite, secret, code)


async def was_made(db: AsyncSession, province_code: str, seed: str) -> bool:
    """Was an invitation made from this seed before?"""
    return await db.get(InviteRow, (province_code, id_from(seed, "invite"))) is not None


async def of_secret(db: AsyncSession, typed: str) -> InviteRow | None:
    """The invitation with this secret or code, in whatever state it is."""
    hashed = _hash(typed)
    query = select(InviteRow).where(
        sa.or_(col(InviteRow.secret_hash) == hashed, col(InviteRow.code_hash) == hashed)
    )
    return (await db.exec(query)).first()


def can_be_used(invite: InviteRow, now: datetime) -> bool:
    """Is it neither used, nor over, nor ended?"""
    return invite.settled_at is None and rules.is_open(invite.expires_at, invite.claimed_at, now)


async def claim(db: AsyncSession, invite: InviteRow, name: str, now: datetime) -> bool:
    """Use the invitation. False: it is over, or somebody else was faster; of two at once only one wins."""
    if not can_be_used(invite, now):
        return False
    match_code = rules.new_match_code()
    query = (
        sa.update(InviteRow)
        .where(
            col(InviteRow.province_code) == invite.province_code,
            col(InviteRow.id) == invite.id,
            col(InviteRow.claimed_at).is_(None),
            col(InviteRow.settled_at).is_(None),
        )
        .values(claimed_at=now, name=name, match_code=match_code)
    )
    if (await (await db.connection()).execute(query)).rowcount != 1:
        return False
    await db.refresh(invite)
    return True


async def of_seat(db: AsyncSession, province_code: str, invite_id: UUID | None) -> InviteRow | None:
    """The invitation on which somebody waits: this one, and no other that was used for the same person since."""
    return await db.get(InviteRow, (province_code, invite_id)) if invite_id else None


async def waiting(db: AsyncSession, scope: Scope, now: datetime) -> list[InviteRow]:
    """Used invitations of the scope that nobody has settled yet, the oldest first."""
    query = _of_scope(scope).where(
        col(InviteRow.claimed_at).is_not(None),
        col(InviteRow.claimed_at) > now - rules.WAITS_FOR,
        col(InviteRow.settled_at).is_(None),
    )
    return list(await db.exec(query.order_by(col(InviteRow.claimed_at))))


async def in_scope(db: AsyncSession, scope: Scope, invite_id: UUID) -> InviteRow | None:
    """An invitation that the scope may see."""
    return (await db.exec(_of_scope(scope).where(InviteRow.id == invite_id))).first()


async def confirm(db: AsyncSession, scope: Scope, invite: InviteRow, now: datetime) -> bool:
    """The digits are the same. The seat is given when enough different people have said so.

    False: it cannot be confirmed by this person, or not any more. Two people are two origins (`are_two_origins`).
    """
    if not waits(invite, now):
        return False
    me = scope.person_id
    if invite.kind is not InviteKind.DEVICE and me == invite.person_id:
        return False
    if invite.confirmed_by is not None and not await are_two_origins(db, scope, invite.confirmed_by):
        return False
    if invite.confirmed_by is None:
        invite.confirmed_by = me
    else:
        invite.seconded_by = me
    said = sum(one is not None for one in (invite.confirmed_by, invite.seconded_by))
    if said >= rules.CONFIRMATIONS[invite.kind]:
        await give_seat(db, invite, now)
    return True


async def are_two_origins(db: AsyncSession, scope: Scope, first: UUID) -> bool:
    """Do I (scope) speak beside this first person as somebody else, not as a second seat that the same hand gave out?

    Officers of the Front and administrators speak for the commune from outside. Anybody else's seat must not go back,
    along those who gave it, to anybody from whom the first one's comes, nor the other way.
    """
    if scope.person_id == first:
        return False
    if scope.role in OUTSIDE:
        return True
    mine = await _origins(db, scope.province_code, scope.person_id)
    return not mine & await _origins(db, scope.province_code, first)


OUTSIDE = (Role.REVIEWER, Role.ADMIN)


async def _origins(db: AsyncSession, province_code: str, person_id: UUID) -> set[UUID]:
    """The person and, along the way, those who invited and let them in, up to officers and administrators."""
    found, asked = {person_id}, {person_id}
    while asked:
        query = sa.select(col(InviteRow.issued_by), col(InviteRow.confirmed_by)).where(
            col(InviteRow.province_code) == province_code,
            col(InviteRow.person_id).in_(asked),
            col(InviteRow.kind) == InviteKind.JOIN,
            col(InviteRow.settled_at).is_not(None),
            col(InviteRow.is_refused).is_(False),
        )
        givers = {
            giver for row in await (await db.connection()).execute(query) for giver in row if giver
        } - found
        outside = sa.select(col(MembershipRow.person_id)).where(
            col(MembershipRow.province_code) == province_code,
            col(MembershipRow.person_id).in_(givers),
            col(MembershipRow.role).in_(OUTSIDE),
        )
        asked = givers - {row.person_id for row in await (await db.connection()).execute(outside)}
        found |= asked
    return found


async def give_seat(db: AsyncSession, invite: InviteRow, now: datetime) -> None:
    """From now on the seat has its place and its data."""
    invite.settled_at = now
    if invite.kind not in (InviteKind.JOIN, InviteKind.FIRST):
        return
    first_day = local_day(now)
    db.add(PersonRow(province_code=invite.province_code, id=invite.person_id, name=invite.name))
    db.add(
        MembershipRow(
            province_code=invite.province_code,
            id=invite.membership_id,
            person_id=invite.person_id,
            role=invite.role,
            commune_code=invite.commune_code,
            team_id=invite.team_id,
            first_day=first_day,
            last_day=invite.last_day,
        )
    )


def waits(invite: InviteRow, now: datetime) -> bool:
    """Was it used, and can it still be settled?"""
    return (
        invite.claimed_at is not None
        and invite.settled_at is None
        and now <= invite.claimed_at + rules.WAITS_FOR
    )


def is_alive(invite: InviteRow, now: datetime) -> bool:
    """Does it wait, or was it settled for good?"""
    return waits(invite, now) or (invite.settled_at is not None and not invite.is_refused)


def refuse(invite: InviteRow, now: datetime) -> None:
    """The digits differ, or nobody knows who this is: the seat is never given."""
    invite.settled_at, invite.is_refused = now, True


def _of_scope(scope: Scope) -> Any:
    query = select(InviteRow).where(InviteRow.province_code == scope.province_code)
    if scope.commune_code is not None:
        query = query.where(InviteRow.commune_code == scope.commune_code)
    return query
