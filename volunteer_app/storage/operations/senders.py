"""Who delivers: the sign-ins behind a delivery, the people who have held a phone, and when each phone last called.

Synchronous statements, for many deliveries at once (`storage/deliveries.py`).
"""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from typing import Any, NamedTuple
from uuid import UUID

import sqlalchemy as sa
from sqlmodel import col

from volunteer_app.domain.permissions import Scope, member_scope
from volunteer_app.storage.database import upsert
from volunteer_app.storage.devices import DevicePersonRow, DeviceRow
from volunteer_app.storage.many import Many
from volunteer_app.storage.people import MembershipRow
from volunteer_app.storage.sign_ins import HOLDERS, SignInRow, held


@dataclass(frozen=True)
class Sender:
    """Who recorded something, from which phone it comes, with which build of the app."""

    scope: Scope
    device_id: UUID
    app_build: str


class Contact(NamedTuple):
    """A phone called: who held it, the highest number among the operations it brought, how many it has made, how
    much room it says it has (megabytes), and up to which set its person went through the training cards."""

    sender: Sender
    last_seq: int
    made: int
    free_mb: int | None = None
    is_signed_in: bool = True
    lock: str | None = None
    cards: int | None = None


class Session(NamedTuple):
    """A sign-in. The scope names no hamlet: what somebody may record is judged when it is taken."""

    id: UUID
    scope: Scope


def signed_in(connection: sa.Connection, token_hashes: Collection[str], now: datetime) -> dict[str, Session]:
    """Whose sign-ins these are."""
    rows = connection.execute(SIGNED_IN, held(token_hashes, now))
    return {token_hash: Session(id_, member_scope(*rest)) for token_hash, id_, *rest in rows}


def scopes_of(
    connection: sa.Connection, province_code: str, person_ids: Collection[UUID]
) -> dict[UUID, Scope]:
    """The scopes of people by their latest membership. An ended one still counts: work done in good faith is never
    thrown away."""
    if not person_ids:
        return {}
    query = (
        sa.select(*MEMBERSHIP)
        .where(
            col(MembershipRow.province_code) == province_code, col(MembershipRow.person_id).in_(person_ids)
        )
        .order_by(col(MembershipRow.first_day))
    )
    return {row.person_id: member_scope(*row) for row in connection.execute(query)}


MEMBERSHIP = (
    col(MembershipRow.person_id),
    col(MembershipRow.role),
    col(MembershipRow.province_code),
    col(MembershipRow.commune_code),
)


SIGNED_IN: Any = HOLDERS.with_only_columns(
    col(SignInRow.token_hash), col(SignInRow.id), *MEMBERSHIP, maintain_column_froms=True
)


def last_holders(connection: sa.Connection, device_ids: Collection[UUID]) -> dict[UUID, Scope]:
    """Who was last signed in on these phones: whose province and commune their deposits belong to."""
    if not device_ids:
        return {}
    query: Any = sa.select(col(DeviceRow.id), *MEMBERSHIP).join(
        MembershipRow,
        (col(MembershipRow.province_code) == DeviceRow.province_code)
        & (col(MembershipRow.person_id) == DeviceRow.person_id),
    )
    rows = connection.execute(
        query.where(col(DeviceRow.id).in_(device_ids)).order_by(col(MembershipRow.first_day))
    )
    return {device_id: member_scope(*rest) for device_id, *rest in rows}


def held_by(
    connection: sa.Connection, province_code: str, wanted: Collection[tuple[UUID, UUID]]
) -> set[tuple[UUID, UUID]]:
    """Which of these (phone, person) pairs are known: that person was once signed in on that phone, and nothing has
    ended it (`stopping.py`)."""
    if not wanted:
        return set()
    query = sa.select(col(DevicePersonRow.device_id), col(DevicePersonRow.person_id)).where(
        col(DevicePersonRow.province_code) == province_code,
        col(DevicePersonRow.device_id).in_({device_id for device_id, _ in wanted}),
        col(DevicePersonRow.person_id).in_({person_id for _, person_id in wanted}),
        col(DevicePersonRow.ended_at).is_(None),
    )
    return {(row.device_id, row.person_id) for row in connection.execute(query)} & set(wanted)


def note_contacts(connection: sa.Connection, contacts: Collection[Contact], now: datetime) -> None:
    """Phones have called: remember when, with whom, with which build, and their highest operation number."""
    last: dict[tuple[str, UUID], Contact] = {}
    for contact in sorted(contacts, key=lambda contact: contact.sender.device_id):
        key = contact.sender.scope.province_code, contact.sender.device_id
        last[key] = _later(last[key], contact) if key in last else contact
    dialect = connection.dialect.name
    _devices(dialect).run(
        connection,
        [
            _called(sender, now)
            | {"id": sender.device_id, "app_build": sender.app_build}
            | {"last_seq": last_seq, "made": made, "free_mb": free_mb, "lock": lock, "last_contact_at": now}
            for sender, last_seq, made, free_mb, _, lock, _ in last.values()
        ],
    )
    for is_signed_in in (True, False):
        who: dict[tuple[UUID, UUID], Contact] = {}
        for one in sorted(contacts, key=lambda contact: contact.sender.device_id):
            if one.is_signed_in is is_signed_in:
                key = one.sender.device_id, one.sender.scope.person_id
                who[key] = one._replace(cards=_furthest(who[key].cards if key in who else None, one.cards))
        _device_people(dialect, is_signed_in).run(
            connection,
            [
                _called(one.sender, now) | {"device_id": device_id, "cards": one.cards}
                for (device_id, _), one in who.items()
            ],
        )


def _later(first: Contact, then: Contact) -> Contact:
    """What two calls of one phone say together: the second holds, the highest numbers, and what only the first said."""
    return then._replace(
        last_seq=max(first.last_seq, then.last_seq),
        made=max(first.made, then.made),
        free_mb=first.free_mb if then.free_mb is None else then.free_mb,
        lock=then.lock or first.lock,
    )


def _furthest(*sets: int | None) -> int | None:
    """Who went through a set of cards once has done so for good."""
    return max((one for one in sets if one is not None), default=None)


@cache
def _devices(dialect: str) -> Many:
    fresh = upsert(dialect, DeviceRow)
    kept, new = DeviceRow.__table__.c, fresh.excluded  # type: ignore[attr-defined]
    update = fresh.on_conflict_do_update(
        index_elements=["province_code", "id"],
        set_={
            "person_id": new.person_id,
            "app_build": new.app_build,
            "last_contact_at": new.last_contact_at,
            "last_seq": sa.case((new.last_seq > kept.last_seq, new.last_seq), else_=kept.last_seq),
            "made": sa.case((new.made > kept.made, new.made), else_=kept.made),
            "free_mb": sa.func.coalesce(new.free_mb, kept.free_mb),
            "lock": sa.func.coalesce(new.lock, kept.lock),
        },
    )
    return Many(update)


@cache
def _device_people(dialect: str, is_signed_in: bool) -> Many:
    """Who signs in on a phone again is known there again, and what they have learned there only grows; a deposit says
    nothing of who holds it."""
    fresh = upsert(dialect, DevicePersonRow)
    if not is_signed_in:
        return Many(fresh.on_conflict_do_nothing())
    kept, new = DevicePersonRow.__table__.c, fresh.excluded  # type: ignore[attr-defined]
    is_further = sa.func.coalesce(
        new.cards > kept.cards, sa.and_(kept.cards.is_(None), new.cards.is_not(None))
    )
    again = fresh.on_conflict_do_update(
        index_elements=["province_code", "device_id", "person_id"],
        set_={"ended_at": sa.null(), "cards": sa.case((is_further, new.cards), else_=kept.cards)},
        where=sa.or_(kept.ended_at.is_not(None), is_further),
    )
    return Many(again)


def _called(sender: Sender, now: datetime) -> dict[str, Any]:
    scope = sender.scope
    return {"province_code": scope.province_code, "person_id": scope.person_id, "first_contact_at": now}
