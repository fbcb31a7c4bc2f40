"""What plain SQL counts (`tests/recount.py`), by place and period, for comparing with what screens and exports say."""

import re
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from math import inf
from random import Random
from typing import Any
from uuid import UUID

from tests import recount
from tests.field_work import a_campaign, deliver
from tests.people import (
    COMMUNE,
    FAR_HAMLET,
    HAMLET,
    HOA,
    LAN,
    MINH,
    NEXT_HAMLET,
    OTHER_COMMUNE,
    PROVINCE,
    THE_FRONT,
    a_household,
    a_visit,
    id_of,
)
from volunteer_app.domain.calendar import local_day
from volunteer_app.domain.operations.envelope import Operation
from volunteer_app.domain.people import Role
from volunteer_app.domain.periods import BEGINNING, Span, end_of, start_of
from volunteer_app.domain.places import Signal
from volunteer_app.domain.public_services import core_slugs
from volunteer_app.storage.devices import DeviceRow
from volunteer_app.storage.people import MembershipRow, PersonRow
from volunteer_app.storage.places import HamletRow

NOW = datetime.now(UTC)
TODAY = local_day(NOW)
OF_COMMUNE, OF_PROVINCE = f"{PROVINCE}/{COMMUNE}", PROVINCE
LAST_HAMLET = id_of("Pác Mẫu")
HAMLETS = {"Nà Thử": [HAMLET], "Khuổi Mẫu": [NEXT_HAMLET], "Pác Mẫu": [LAST_HAMLET]}
COMMUNES = {"Minh Tân": [HAMLET, NEXT_HAMLET, LAST_HAMLET], "Bình Xa": [FAR_HAMLET]}
OFFICIAL = {HAMLET: 40, NEXT_HAMLET: 30, LAST_HAMLET: 25, FAR_HAMLET: 20}
SPOKEN = ("hmn", "tyz")
SERVICE = core_slugs()[0]
HIDDEN = ("•", "hidden", None)
READERS = [(MINH, OF_COMMUNE, HAMLETS), (THE_FRONT, OF_COMMUNE, HAMLETS), (THE_FRONT, OF_PROVINCE, COMMUNES)]


async def two_communes(database: Any, seed: int) -> None:
    """Deliver a random history of two communes: one of three hamlets, of which two have no signal, and one of one."""
    chance = Random(seed)
    async with database.writing() as db:
        await _add_places(db, chance)
        await _add_phones(db, chance)
    near = a_campaign(seed, now=NOW, households=24, hamlets=(HAMLET, NEXT_HAMLET))
    await deliver(database, near + _until(NOW - timedelta(days=14), seed + 25, 10, LAST_HAMLET), now=NOW)
    await deliver(database, _until(NOW - timedelta(days=7), seed + 50, 16, FAR_HAMLET), of=HOA, now=NOW)


def _until(last: datetime, seed: int, households: int, hamlet_id: UUID) -> list[Operation]:
    """The history of a hamlet where nobody has been since; so many days are told to be long ago."""
    home = a_household(hamlet_id=hamlet_id, code="NT-777", recorded_at=last)
    before = a_campaign(seed, now=last, households=households, hamlets=(hamlet_id,))
    return [*before, home, a_visit(home.id, outcome="nobody_home", recorded_at=last)]


async def _add_places(db: Any, chance: Random) -> None:
    next_one = await db.get(HamletRow, (PROVINCE, NEXT_HAMLET))
    of_commune = next_one.model_dump() | {"id": LAST_HAMLET, "name": "Pác Mẫu", "position": 3}
    db.add(HamletRow(**of_commune | {"household_count": OFFICIAL[LAST_HAMLET]}))
    await db.flush()
    signals = chance.sample([Signal.NONE, Signal.NONE, Signal.WEAK], k=3)
    spoken = chance.sample([["hmn"], ["hmn", "tyz"], []], k=3)
    signals.append(chance.choice(list(Signal)))
    spoken.append(chance.sample(SPOKEN, k=1))
    for hamlet_id, signal, languages in zip(OFFICIAL, signals, spoken, strict=True):
        hamlet = await db.get(HamletRow, (PROVINCE, hamlet_id))
        hamlet.signal, hamlet.languages = signal, languages


async def _add_phones(db: Any, chance: Random) -> None:
    """Phones that called just now or long ago; some of people who no longer work here, or in both communes."""
    people = [LAN, MINH, HOA]
    for number in range(12):
        person_id = id_of(f"carries phone {number}")
        people.append(person_id)
        db.add(PersonRow(province_code=PROVINCE, id=person_id, name=f"Người mẫu {number:02}"))
        for commune_code in chance.choice([[COMMUNE], [COMMUNE], [OTHER_COMMUNE], [COMMUNE, OTHER_COMMUNE]]):
            db.add(
                MembershipRow(
                    province_code=PROVINCE,
                    id=id_of(f"{person_id} in {commune_code}"),
                    person_id=person_id,
                    role=chance.choice([Role.VOLUNTEER, Role.VOLUNTEER, Role.LEADER, Role.REVIEWER]),
                    commune_code=commune_code,
                    first_day=TODAY - timedelta(days=90),
                    last_day=chance.choice([None, None, TODAY, TODAY - timedelta(days=1)]),
                )
            )
    await db.flush()
    for person_id in people:
        for number in range(chance.choice([1, 1, 2])):
            called = NOW - timedelta(days=chance.choice([0, 2, 2, 3, 3, 9]), hours=chance.uniform(1, 23))
            phone = {"province_code": PROVINCE, "id": id_of(f"phone {number} of {person_id}")}
            db.add(DeviceRow(**phone, person_id=person_id, first_contact_at=called, last_contact_at=called))


def tight(markup: str) -> str:
    """Markup on one line, without the white space that only sets templates out."""
    return re.sub(r" ?(<[^>]*?) ?(/?>) ?", r"\1\2", re.sub(r"\s+", " ", markup))


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


async def count(database: Any, span: Span, day: date = TODAY, since: date = BEGINNING) -> Counted:
    """Ask the database in plain SQL. day: in the span; the last one of all and of chosen days, these from `since`."""
    in_calendar = span not in (Span.ALL, Span.DATES)
    first_day = start_of(span, day) if in_calendar else since
    last_day = min(end_of(span, day), TODAY) if in_calendar else day
    until = first_day - timedelta(days=1)
    then = (start_of(span, until) if in_calendar else BEGINNING, until)
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


def told(count: int) -> Any:
    """A count as it is told outside the commune."""
    return "•" if 0 < count < 5 else count - count % 5


def when_last(last: date | None, day: date) -> str:
    """How a last visit is told outside the commune, seen from a day."""
    if last is None:
        return "never"
    months = day.year * 12 + day.month - last.year * 12 - last.month
    return "this month" if months < 1 else "1–3 months ago" if months < 4 else "longer ago"


def assert_says(shown: Any, right: Any, where: Any, *, hides: bool, is_whole: bool = False) -> bool:
    """What is read is right; what must not be read is not. Is it hidden?

    right: exact inside the commune; outside a count is told by fives, and of a whole up to one step off.
    """
    text = shown.replace(",", "").removeprefix("+").strip() if isinstance(shown, str) else shown
    if text in HIDDEN:
        assert hides, where
        return True
    if hides and isinstance(right, int):
        right = told(right)
        assert right != "•" or is_whole, where
    if hides and is_whole and str(text) != str(right):
        assert int(text) % 5 == 0 and abs(int(text) - (0 if right == "•" else right)) <= 5, where
        return False
    assert str(text) == str(right), where
    return False


STARTS = {"gap": (10, 20, 40, 80), "staleness": (8, 15, 31, 61)}
STARTS_OF_COMMUNES = {"gap": (250, 500, 1000, 2000)}


def weave_of(measure: str, figure: str, *, of_communes: bool = False) -> str:
    """How strongly a place with this figure is woven: "1" to "5", "hidden", or "" where there is no figure."""
    if figure in HIDDEN:
        return "hidden"
    if figure in ("?", "–"):
        return ""
    starts = (STARTS_OF_COMMUNES if of_communes else {}).get(measure) or STARTS.get(measure, (20, 40, 60, 80))
    by_month = {"this month": 0, "1–3 months ago": 31, "longer ago": 92, "never": inf}
    if figure in by_month:
        return str(1 + sum(by_month[figure] >= start for start in starts))
    number = int(figure.removesuffix(" %").replace(",", ""))
    return str(1 + sum(number >= start for start in starts))


def as_text(value: Any) -> Any:
    """Days in one writing, whatever the file's."""
    if isinstance(value, datetime):
        value = value.date()
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, str) and re.fullmatch(r"\d\d/\d\d/\d{4}", value):
        return "-".join(reversed(value.split("/")))
    return f"{value:g}" if isinstance(value, float) else value


def places_json(
    c: Counted, hamlets: list[UUID], service: str = SERVICE, blocker: str = "any"
) -> dict[str, Any]:
    """A row of the figures by place."""
    official, so_far = sum(OFFICIAL[id_] for id_ in hamlets), c.sum(c.so_far, hamlets, "first_met")
    last, needing = c.last(hamlets), so_far - c.at(hamlets, service, -1)
    return {
        "official_households": official, "turns": c.sum(c.now, hamlets, "turns"),
        "households_visited": c.sum(c.now, hamlets, "attempted"), "households_met": c.sum(c.now, hamlets, "met"),
        "households_met_so_far": so_far, "independent_households": c.sum(c.stands, hamlets, "independent"),
        "gap": official - c.sum(c.stands, hamlets, "independent"), "households_needing": needing,
        "households_alone": c.at(hamlets, service, 3, 4), "households_with_help": c.at(hamlets, service, 2),
        "households_done_for": c.at(hamlets, service, 1),
        "households_blocked": c.sum(c.blockers, hamlets, (blocker, "standing")),
        "households_relapsed": c.sum(c.stands, hamlets, "relapsed"), "last_visit": last.isoformat() if last else None,
        "days_without_visit": (c.last_day - last).days if last else None, "last_visit_when": when_last(last, c.last_day),
    }  # fmt: skip


NOT_COUNTED = ("official_households", "gap", "last_visit", "days_without_visit", "last_visit_when")


def from_outside(counted: Counted, hamlets: list[UUID], *named: str, adds_up: bool) -> dict[str, Any]:
    """The same as it is told outside the commune. adds_up: what is told of each hamlet, added up?"""
    right = places_json(counted, hamlets, *named)
    parts = [places_json(counted, [one], *named) for one in hamlets] if adds_up else [dict(right)]
    for part in parts:
        ladder = [part[f"households_{one}"] for one in ("alone", "with_help", "done_for")]
        part["not_started"] = part["households_needing"] - sum(ladder)
    for name in right.keys() - set(NOT_COUNTED) | {"not_started"}:
        said = [told(part[name]) for part in parts]
        if name == "turns":
            said = ["•" if told(part["households_visited"]) == "•" else told(part[name]) for part in parts]
        right[name] = "•" if "•" in said else sum(said)
    independent = right["independent_households"]
    right["gap"] = "•" if independent == "•" else right["official_households"] - independent
    return right | {"last_visit": None, "days_without_visit": None}
