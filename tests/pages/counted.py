"""What plain SQL counts (`tests/recount.py`), by place and period, for comparing with what screens and exports say."""

import re
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Any
from uuid import UUID

from tests import recount
from tests.field_work import a_campaign, deliver
from tests.people import COMMUNE, FAR_HAMLET, HAMLET, HOA, MINH, NEXT_HAMLET, PROVINCE, THE_FRONT
from volunteer_app.domain.calendar import local_day
from volunteer_app.domain.periods import BEGINNING, Span, end_of, start_of
from volunteer_app.domain.public_services import core_slugs

NOW = datetime.now(UTC)
TODAY = local_day(NOW)
OF_COMMUNE, OF_PROVINCE = f"{PROVINCE}/{COMMUNE}", PROVINCE
HAMLETS = {"Nà Thử": [HAMLET], "Khuổi Mẫu": [NEXT_HAMLET]}
COMMUNES = {"Minh Tân": [HAMLET, NEXT_HAMLET], "Bình Xa": [FAR_HAMLET]}
OFFICIAL = {HAMLET: 40, NEXT_HAMLET: 30, FAR_HAMLET: 20}
SERVICE = core_slugs()[0]
HIDDEN = ("•", "hidden", None)
READERS = [(MINH, OF_COMMUNE, HAMLETS), (THE_FRONT, OF_COMMUNE, HAMLETS), (THE_FRONT, OF_PROVINCE, COMMUNES)]


async def two_communes(database: Any, seed: int) -> None:
    """Deliver a random history of two communes."""
    await deliver(database, a_campaign(seed, now=NOW, households=24), now=NOW)
    far = a_campaign(seed + 50, now=NOW, households=16, hamlets=(FAR_HAMLET,))
    await deliver(database, far, of=HOA, now=NOW)


@dataclass
class Counted:
    """Everything that plain SQL counts for a period, by hamlet."""

    first_day: date
    last_day: date
    now: dict[UUID, Any]
    then: dict[UUID, Any]
    so_far: dict[UUID, Any]
    stands: dict[UUID, Any]
    stood: dict[UUID, Any]
    services: dict[UUID, Any]
    blockers: dict[UUID, Any]
    waits: dict[UUID, Any]
    waits_then: dict[UUID, Any]
    last_visit: dict[UUID, date]

    def sum(self, of: dict[UUID, Any], hamlets: list[UUID], name: Any) -> int:
        """A count of these hamlets together."""
        return sum(of.get(id_, {}).get(name, 0) for id_ in hamlets)

    def at(self, hamlets: list[UUID], service: str, *levels: int) -> int:
        """Households at these levels of a service."""
        return sum(self.sum(self.stands, hamlets, (service, level)) for level in levels)

    def last(self, hamlets: list[UUID]) -> date | None:
        """The day of the last visit."""
        return max((self.last_visit[id_] for id_ in hamlets if id_ in self.last_visit), default=None)


async def count(database: Any, span: Span, day: date = TODAY) -> Counted:
    """Ask the database in plain SQL."""
    first_day = BEGINNING if span is Span.ALL else start_of(span, day)
    last_day = TODAY if span is Span.ALL else min(end_of(span, day), TODAY)
    until = first_day - timedelta(days=1)
    then = (BEGINNING, until) if span is Span.ALL else (start_of(span, until), until)
    return Counted(
        first_day,
        last_day,
        await recount.in_plain_sql(database, first_day, last_day),
        await recount.in_plain_sql(database, *then),
        await recount.in_plain_sql(database, BEGINNING, last_day),
        await recount.standing_in_plain_sql(database, last_day),
        await recount.standing_in_plain_sql(database, until),
        await recount.services_in_plain_sql(database, first_day, last_day),
        await recount.blockers_in_plain_sql(database, first_day, last_day),
        await recount.waits_in_plain_sql(database, first_day, last_day),
        await recount.waits_in_plain_sql(database, *then),
        await recount.last_visits_in_plain_sql(database, last_day),
    )


def assert_says(shown: Any, right: Any, where: Any, *, hides: bool) -> bool:
    """What is read is right; what must not be read is not. Is it hidden?"""
    text = shown.replace(",", "").removeprefix("+").strip() if isinstance(shown, str) else shown
    if text in HIDDEN:
        assert hides, where
        return True
    assert str(text) == str(right), where
    assert not hides or not isinstance(right, int) or not 0 < abs(right) < 5, where
    return False


def as_text(value: Any) -> Any:
    """Days in one writing, whatever the file's."""
    if isinstance(value, datetime):
        value = value.date()
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, str) and re.fullmatch(r"\d\d/\d\d/\d{4}", value):
        return "-".join(reversed(value.split("/")))
    return f"{value:g}" if isinstance(value, float) else value
