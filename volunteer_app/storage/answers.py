"""What is changed about households is written here, whoever changes it: a phone, the leader, a merger.

One rule writes the fields and the register of consents, so that they never disagree; and a "no" takes along everything
personal that is written elsewhere (`personal.py`). It never comes back.
"""

from typing import Any

import sqlalchemy as sa

from volunteer_app.domain.households import Consent
from volunteer_app.storage import personal, privacy, register
from volunteer_app.storage.changes import set_fields


def note(
    connection: sa.Connection,
    province_code: str,
    changes: list[dict[str, Any]],
    households: list[dict[str, Any]] | None = None,
) -> None:
    """Let households have what changes say, and keep every answer about consent.

    changes: rows of `changes`, kept already; households: rows of households that were registered with them.
    """
    set_fields(connection, province_code, changes)
    said = [change | {"fields": change.get("outdated", {}) | change["fields"]} for change in changes]
    privacy.note_consents(connection, households or [], said)
    answered = [change for change in changes if change["member_id"] is None and "consent" in change["fields"]]
    for change in answered:
        answer = str(change["fields"]["consent"])
        if is_no(answer):
            ids = [change["household_id"]]
            register.note(connection, register.SAID_NO, province_code, ids, change["recorded_at"], answer)
    personal.forget_without_consent(
        connection, province_code, {change["household_id"] for change in answered}
    )


def is_no(consent: str | None) -> bool:
    """Has the family refused, or taken their consent back?"""
    return consent in (Consent.REFUSED, Consent.WITHDRAWN)


def weight(consent: str) -> int:
    """Which of two answers for one door stands: the weightier one."""
    return 2 if is_no(consent) else 1 if consent == Consent.GIVEN else 0
