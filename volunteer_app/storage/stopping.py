"""Everything that lets one person in, ended by one act: a phone was lost, somebody leaves, a duty changes.

What is ended: sessions, also pending ones; keys; invitations that they made or that were made for them, with the seats
on them; what they have said about other seats; their phones' word for them, and the keys that these sign with; the
programs that they let in.
"""

from datetime import date, datetime
from enum import StrEnum
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlmodel import col
from sqlmodel.ext.asyncio.session import AsyncSession

from volunteer_app.storage import audit, register, sign_in_keys, sign_ins, signing_keys
from volunteer_app.storage.devices import DevicePersonRow
from volunteer_app.storage.invites import InviteRow, refuse
from volunteer_app.storage.people import MembershipRow
from volunteer_app.storage.programs import ProgramRow
from volunteer_app.storage.sign_ins import SignInRow
from volunteer_app.storage.signing_keys import SigningKeyRow


class Stays(StrEnum):
    """What of it goes on."""

    NOTHING = "nothing"
    KEYS = "keys"  # a changed duty: the same person signs in anew with the same key, on the same phones


async def stop_everything(
    db: AsyncSession, province_code: str, person_id: UUID, now: datetime, *, stays: Stays = Stays.NOTHING
) -> None:
    """From now on nothing that this person ever got opens anything. What their phones still deliver is kept for the
    leader to look at."""
    connection = await db.connection()
    await db.flush()
    unsettled = (col(InviteRow.province_code) == province_code, col(InviteRow.settled_at).is_(None))
    mine = sa.or_(col(InviteRow.person_id) == person_id, col(InviteRow.issued_by) == person_id)
    for query in (
        sa.update(InviteRow).where(*unsettled, mine).values(settled_at=now, is_refused=True),
        sa.update(InviteRow)
        .where(*unsettled, col(InviteRow.confirmed_by) == person_id)
        .values(confirmed_by=None),
    ):
        await connection.execute(query)
    await _stop_programs(db, province_code, person_id, now)
    if stays is Stays.KEYS:
        await sign_ins.end_sign_ins(db, province_code, person_id)
        return
    await sign_ins.revoke_sign_ins(db, province_code, person_id, now)
    await sign_in_keys.forget_keys(db, province_code, person_id)
    await signing_keys.end_keys(db, province_code, person_id, now)
    await register.note_in(db, register.PHONES_ENDED, province_code, [person_id])
    await connection.execute(
        sa.update(DevicePersonRow)
        .where(
            col(DevicePersonRow.province_code) == province_code, col(DevicePersonRow.person_id) == person_id
        )
        .values(ended_at=now)
    )


async def refuse_seat(db: AsyncSession, invite: InviteRow, now: datetime) -> None:
    """The digits differ: this seat is never given, and what was made on it is gone."""
    refuse(invite, now)
    await sign_in_keys.forget_keys_of_seat(db, invite.province_code, invite.id)


async def stop_who_left(db: AsyncSession, now: datetime, today: date) -> int:
    """Every night: whose last day has passed, and who still has something that once let them in. Returns how many."""
    connection = await db.connection()
    is_active = sa.exists().where(
        col(MembershipRow.province_code) == sa.literal_column("held.province_code"),
        col(MembershipRow.person_id) == sa.literal_column("held.person_id"),
        sa.or_(col(MembershipRow.last_day).is_(None), col(MembershipRow.last_day) >= today),
    )
    was_active = sa.exists().where(
        col(MembershipRow.province_code) == sa.literal_column("held.province_code"),
        col(MembershipRow.person_id) == sa.literal_column("held.person_id"),
    )
    tables: tuple[Any, ...] = (*sign_in_keys.KEYS, DevicePersonRow, SigningKeyRow, SignInRow)
    found: set[tuple[str, UUID]] = set()
    for table in tables:
        over = {DevicePersonRow: "ended_at", SigningKeyRow: "ended_at", SignInRow: "revoked_at"}.get(table)
        held = sa.select(table.province_code, table.person_id)
        if over:
            held = held.where(getattr(table, over).is_(None))
        query = sa.select(sa.text("held.province_code"), held.subquery("held").c.person_id)
        rows = await connection.execute(query.where(was_active, ~is_active).distinct())
        found |= {(row[0], row[1]) for row in rows}
    for province_code, person_id in found:
        await stop_everything(db, province_code, person_id, now)
    return len(found)


async def _stop_programs(db: AsyncSession, province_code: str, person_id: UUID, now: datetime) -> None:
    query = (
        sa.update(ProgramRow)
        .where(
            col(ProgramRow.province_code) == province_code,
            col(ProgramRow.made_by) == person_id,
            col(ProgramRow.stopped_at).is_(None),
        )
        .values(stopped_at=now)
        .returning(col(ProgramRow.id), col(ProgramRow.commune_code))
    )
    for program_id, commune_code in (await (await db.connection()).execute(query)).all():
        await register.note_in(db, register.PROGRAM_STOPPED, province_code, [program_id])
        await audit.note_for(
            db, province_code, None, "program.stopped", program_id, now=now, commune_code=commune_code
        )
