"""People and their ways in, at every distance from who asks; gathered by `things.THINGS`."""

from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

from tests.authorisation.where import NOW, TODAY, Values, Where
from volunteer_app.domain.invites import InviteKind
from volunteer_app.domain.people import Role
from volunteer_app.storage.endings import EndingRow
from volunteer_app.storage.invites import InviteRow
from volunteer_app.storage.people import MembershipRow, PersonRow
from volunteer_app.storage.sign_in_keys import PinRow
from volunteer_app.storage.sign_ins import SignInRow


def person(db: Any, where: Where) -> tuple[UUID, UUID]:
    """A volunteer of that place, who is not the one who asks: (person, membership)."""
    person_id, membership_id = uuid4(), uuid4()
    db.add(PersonRow(province_code=where.province, id=person_id, name="Người mẫu"))
    db.add(
        MembershipRow(
            province_code=where.province,
            id=membership_id,
            person_id=person_id,
            role=Role.VOLUNTEER,
            commune_code=where.commune,
            first_day=TODAY - timedelta(days=9),
        )
    )
    return person_id, membership_id


async def membership(db: Any, where: Where) -> Values:
    """Somebody's membership."""
    person_id, membership_id = person(db, where)
    return {"membership_id": membership_id, "person_id": person_id}


def _session(db: Any, where: Where, person_id: UUID, membership_id: UUID) -> UUID:
    id_ = uuid4()
    db.add(
        SignInRow(
            token_hash=uuid4().hex,
            id=id_,
            province_code=where.province,
            person_id=person_id,
            membership_id=membership_id,
            created_at=NOW,
            expires_at=NOW + timedelta(days=1),
        )
    )
    return id_


async def member_session(db: Any, where: Where) -> Values:
    """A session of somebody on the team."""
    person_id, membership_id = person(db, where)
    return {"membership_id": membership_id, "session_id": _session(db, where, person_id, membership_id)}


async def session(db: Any, where: Where) -> Values:
    """Another session of the owner."""
    return {"session_id": _session(db, where, where.owner, where.owner)}


async def my_membership(db: Any, where: Where) -> Values:
    """A second membership of the owner."""
    id_ = uuid4()
    db.add(
        MembershipRow(
            province_code=where.province,
            id=id_,
            person_id=where.owner,
            role=Role.VOLUNTEER,
            commune_code=where.commune,
            first_day=TODAY,
        )
    )
    return {"membership_id": id_}


async def key(db: Any, where: Where) -> Values:
    """A PIN of the owner."""
    id_ = uuid4()
    db.add(
        PinRow(
            province_code=where.province,
            id=id_,
            person_id=where.owner,
            phone_hash="x",
            salt=b"x",
            pin_hash=b"x",
            created_at=NOW,
            last_used_at=NOW,
        )
    )
    return {"key_id": id_}


def _invite(db: Any, where: Where, kind: InviteKind, person_id: UUID) -> Values:
    id_ = uuid4()
    db.add(
        InviteRow(
            province_code=where.province,
            id=id_,
            kind=kind,
            secret_hash=uuid4().hex,
            code_hash=uuid4().hex,
            role=Role.VOLUNTEER,
            commune_code=where.commune,
            person_id=person_id,
            membership_id=uuid4(),
            created_at=NOW,
            expires_at=NOW + timedelta(minutes=15),
            claimed_at=NOW,
            name="Người mới (mẫu)",
            match_code="42",
        )
    )
    return {"invite_id": id_}


async def seat(db: Any, where: Where) -> Values:
    """Somebody who waits to be let in."""
    return _invite(db, where, InviteKind.JOIN, uuid4())


async def ending(db: Any, where: Where) -> Values:
    """A leader whose duty another one, of another origin, wants to end."""
    values = await membership(db, where)
    row = EndingRow(
        province_code=where.province,
        id=uuid4(),
        commune_code=where.commune,
        membership_id=values["membership_id"],
        person_id=where.owner if where.owner != where.asker else uuid4(),
        last_day=TODAY,
        asked_by=uuid4(),
        asked_at=NOW,
    )
    db.add(row)
    return {"ending_id": row.id}


async def phone_invite(db: Any, where: Where) -> Values:
    """A second phone of the owner that waits."""
    return _invite(db, where, InviteKind.DEVICE, where.owner)
