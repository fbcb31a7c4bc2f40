"""The leader settles a field that two people changed at once: as a change of its own, with who and when."""

from datetime import datetime
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from volunteer_app.domain.households import Consent
from volunteer_app.domain.ids import new_id
from volunteer_app.domain.permissions import Scope
from volunteer_app.storage import answers, feeds
from volunteer_app.storage.changes import ChangeRow
from volunteer_app.storage.clashes import ClashRow
from volunteer_app.storage.database import at_once
from volunteer_app.storage.households import in_scope


def may_stand(clash: ClashRow) -> tuple[bool, bool]:
    """May the value that stood before stand, may the value that was said? Of a "yes" and a "no" about consent only the
    "no" may: it holds until the family is asked again."""
    if clash.field != "consent":
        return True, True
    before, now = answers.is_no(clash.stood), answers.is_no(clash.said)
    return (before or not now), (now or not before)


async def settle_clash(
    db: AsyncSession, scope: Scope, clash_id: UUID, field: str, *, keep_said: bool, now: datetime
) -> bool:
    """Let one of the two values stand; phones hear of it. False when the scope has no such open clash."""
    query = select(ClashRow).where(
        ClashRow.id == clash_id, ClashRow.field == field, col(ClashRow.settled_at).is_(None)
    )
    row = (await db.exec(in_scope(query, ClashRow, scope))).first()
    if row is None:
        return False
    before_may, said_may = may_stand(row)
    value = row.said if (keep_said and said_may) or not before_may else row.stood
    row.settled_at, row.settled_by = now, scope.person_id
    await db.flush()
    await at_once(db, _change, scope, row, _fields(field, value, now), now)
    return True


def _fields(field: str, value: Any, now: datetime) -> dict[str, Any]:
    if field != "consent":
        return {field: value}
    answer = {"consent": Consent(value), "consent_at": now}
    return answer if value == Consent.GIVEN else answer | {"label": ""}


def _change(
    connection: sa.Connection, scope: Scope, clash: ClashRow, fields: dict[str, Any], now: datetime
) -> None:
    change = {
        "province_code": scope.province_code,
        "id": new_id(now),
        "household_id": clash.household_id,
        "member_id": clash.member_id,
        "fields": fields,
        "person_id": scope.person_id,
        "recorded_at": now,
        "received_at": now,
    }
    connection.execute(sa.insert(ChangeRow), [change])
    answers.note(connection, scope.province_code, [change])
    feeds.note_changes(connection, scope.province_code, {clash.household_id: clash.hamlet_id})
