"""Follow the register after a restore: what was erased, refused or taken away since the copy is so again."""

from collections.abc import Awaitable, Callable, Iterable
from datetime import date, datetime
from itertools import groupby
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from volunteer_app.domain.households import Consent
from volunteer_app.domain.ids import new_id
from volunteer_app.domain.people import Role
from volunteer_app.domain.privacy_requests import RequestEnding, RequestKind
from volunteer_app.domain.recordings import Review
from volunteer_app.storage import answers, audit, feeds, privacy, register
from volunteer_app.storage.changes import ChangeRow
from volunteer_app.storage.database import Database
from volunteer_app.storage.devices import DevicePersonRow
from volunteer_app.storage.households import HouseholdRow
from volunteer_app.storage.people import MembershipRow
from volunteer_app.storage.privacy import PrivacyRequestRow
from volunteer_app.storage.programs import ProgramRow
from volunteer_app.storage.recordings import RecordingRow
from volunteer_app.storage.register import RegisterEntry
from volunteer_app.storage.sign_in_keys import PasskeyRow, PinRow
from volunteer_app.storage.sign_ins import SignInRow
from volunteer_app.storage.signing_keys import SigningKeyRow, kept_key


async def follow(database: Database, entries: Iterable[RegisterEntry], now: datetime) -> dict[str, int]:
    """Do again what these lines say, in their order; by kind, how many things were not so yet."""
    done: dict[str, int] = {}
    for (what, province), some in groupby(entries, key=lambda entry: (entry.what, entry.province)):
        changed = 0
        for entry in some:
            if step := STEPS.get(what):
                async with database.writing() as db:
                    count = await step(db, entry, now)
                    if count:
                        await audit.note_for(db, province, None, "register.followed", what, now=now)
                changed += count
        if changed:
            done[what] = done.get(what, 0) + changed
    return done


async def _erase(db: AsyncSession, entry: RegisterEntry, now: datetime) -> int:
    found = await db.exec(_these(HouseholdRow, entry))
    households = list(found)
    for household in households:
        settled = {"settled": RequestEnding.DONE, "settled_at": entry.at, "note": ""}
        asked = sa.update(PrivacyRequestRow).where(
            col(PrivacyRequestRow.province_code) == entry.province,
            col(PrivacyRequestRow.household_id) == household.id,
            col(PrivacyRequestRow.kind) == RequestKind.ERASE,
        )
        await _count(db, asked.values(**settled, household_id=None, house_code=""))
        await privacy.erase(db, household)
    return len(households)


async def _say_no(db: AsyncSession, entry: RegisterEntry, now: datetime) -> int:
    changed = 0
    for household in await db.exec(_these(HouseholdRow, entry)):
        if household.consent_at is not None and household.consent_at >= entry.at:
            continue  # this very answer, or a later one
        fields = {"consent": Consent(entry.value), "consent_at": entry.at, "label": ""}
        await db.flush()
        await (await db.connection()).run_sync(_change, household.id, household.hamlet_id, fields, entry, now)
        changed += 1
    return changed


def _change(
    connection: sa.Connection,
    household_id: UUID,
    hamlet_id: UUID,
    fields: dict[str, Any],
    entry: RegisterEntry,
    now: datetime,
) -> None:
    change = {
        "province_code": entry.province,
        "id": new_id(now),
        "household_id": household_id,
        "member_id": None,
        "fields": fields,
        "person_id": UUID(int=0),
        "recorded_at": entry.at,
        "received_at": now,
    }
    connection.execute(sa.insert(ChangeRow), [change])
    answers.note(connection, entry.province, [change])
    feeds.note_changes(connection, entry.province, {household_id: hamlet_id})


async def _end_sessions(db: AsyncSession, entry: RegisterEntry, now: datetime) -> int:
    await _count(db, _keys_over(entry).where(col(SigningKeyRow.sign_in_id).in_(entry.ids)))
    query = _update(SignInRow, entry).where(col(SignInRow.revoked_at).is_(None)).values(revoked_at=entry.at)
    return await _count(db, query)


async def _keep_signing_key(db: AsyncSession, entry: RegisterEntry, now: datetime) -> int:
    return await _count(db, kept_key(db, entry.province, entry.ids, entry.at))


def _keys_over(entry: RegisterEntry) -> Any:
    query = sa.update(SigningKeyRow).where(
        col(SigningKeyRow.province_code) == entry.province, col(SigningKeyRow.ended_at).is_(None)
    )
    return query.values(ended_at=entry.at)


async def _forget_keys(db: AsyncSession, entry: RegisterEntry, now: datetime) -> int:
    count = 0
    for table in (PasskeyRow, PinRow):
        theirs = sa.and_(col(table.province_code) == entry.province, col(table.id).in_(entry.ids))
        count += await _count(db, sa.delete(table).where(theirs))
    return count


async def _end_phones(db: AsyncSession, entry: RegisterEntry, now: datetime) -> int:
    await _count(db, _keys_over(entry).where(col(SigningKeyRow.person_id).in_(entry.ids)))
    query = sa.update(DevicePersonRow).where(
        col(DevicePersonRow.province_code) == entry.province,
        col(DevicePersonRow.person_id).in_(entry.ids),
        col(DevicePersonRow.ended_at).is_(None),
    )
    return await _count(db, query.values(ended_at=entry.at))


async def _stop_program(db: AsyncSession, entry: RegisterEntry, now: datetime) -> int:
    query = _update(ProgramRow, entry).where(col(ProgramRow.stopped_at).is_(None))
    return await _count(db, query.values(stopped_at=entry.at))


async def _take_down(db: AsyncSession, entry: RegisterEntry, now: datetime) -> int:
    query = _update(RecordingRow, entry).where(col(RecordingRow.review) == Review.APPROVED)
    return await _count(db, query.values(review=Review.SENT_BACK, reviewed_at=entry.at))


async def _last_day(db: AsyncSession, entry: RegisterEntry, now: datetime) -> int:
    day = date.fromisoformat(entry.value) if entry.value else None
    is_other = col(MembershipRow.last_day).is_distinct_from(day)
    return await _count(db, _update(MembershipRow, entry).where(is_other).values(last_day=day))


async def _role(db: AsyncSession, entry: RegisterEntry, now: datetime) -> int:
    query = _update(MembershipRow, entry).where(col(MembershipRow.role) != Role(entry.value))
    return await _count(db, query.values(role=Role(entry.value)))


STEPS: dict[str, Callable[[AsyncSession, RegisterEntry, datetime], Awaitable[int]]] = {
    register.ERASED: _erase,
    register.SAID_NO: _say_no,
    register.SESSION_ENDED: _end_sessions,
    register.KEY_FORGOTTEN: _forget_keys,
    register.PHONES_ENDED: _end_phones,
    register.SIGNING_KEY: _keep_signing_key,
    register.PROGRAM_STOPPED: _stop_program,
    register.VOICE_TAKEN_DOWN: _take_down,
    register.LAST_DAY: _last_day,
    register.ROLE: _role,
}


def _these(table: Any, entry: RegisterEntry) -> Any:
    return select(table).where(table.province_code == entry.province, col(table.id).in_(entry.ids))


def _update(table: Any, entry: RegisterEntry) -> Any:
    return sa.update(table).where(table.province_code == entry.province, col(table.id).in_(entry.ids))


async def _count(db: AsyncSession, query: Any) -> int:
    return (await (await db.connection()).execute(query)).rowcount
