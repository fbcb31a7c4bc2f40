"""Two months of plausible field work, as the operations that the volunteers' phones would have delivered."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime, time, timedelta
from random import Random
from typing import Any
from uuid import UUID

from volunteer_app.demo.invented import MEMBERS, NOTES
from volunteer_app.domain.calendar import VIETNAM, local_day
from volunteer_app.domain.guides.guide import Guide, paths
from volunteer_app.domain.operations.envelope import Operation

DEMO_DAYS = 60
FIRST_DAY_AGO = 1


def uuid7(moment: datetime, chance: Random) -> UUID:
    """A UUIDv7 of that moment, from the given chance."""
    bits = (int(moment.timestamp() * 1000) << 80) | chance.getrandbits(80)
    bits = (bits & ~(0xF << 76)) | (7 << 76)
    return UUID(int=(bits & ~(0x3 << 62)) | (0x2 << 62))


@dataclass
class InventedPhone:
    """One volunteer's phone and what it has recorded so far."""

    chance: Random
    device_id: UUID
    operations: list[Operation] = field(default_factory=list)

    def record(self, at: datetime, kind: str, body: dict[str, Any]) -> UUID:
        """Number an operation and keep it."""
        operation = Operation(
            id=uuid7(at, self.chance),
            seq=len(self.operations) + 1,
            kind=kind,
            schema=1,
            recorded_at=at,
            body={k: str(v) if isinstance(v, UUID) else v for k, v in body.items()},
        )
        self.operations.append(operation)
        return operation.id


def field_work(
    phone: InventedPhone, households: list[UUID], guides: list[Guide], reach: float, now: datetime
) -> None:
    """Fill a phone with two months of visits to the given households; `reach` of them get a first visit."""
    chance = phone.chance
    order = households[:]
    chance.shuffle(order)
    to_visit = order[: int(len(order) * reach)]
    for day, of_day in _spread(to_visit, chance):
        at = _morning(now, day, chance)
        for household in of_day:
            at = _at_the_door(phone, household, guides, at, now)


def _spread(households: list[UUID], chance: Random) -> Iterator[tuple[int, list[UUID]]]:
    """First visits over the days before today, more at week-ends (days are counted back from today)."""
    days = sorted(
        chance.sample(
            range(FIRST_DAY_AGO, DEMO_DAYS), k=min(DEMO_DAYS - FIRST_DAY_AGO, max(1, len(households) // 4))
        ),
        reverse=True,
    )
    per_day: dict[int, list[UUID]] = {day: [] for day in days}
    for household in households:
        per_day[chance.choice(days)].append(household)
    yield from per_day.items()


def _morning(now: datetime, days_ago: int, chance: Random) -> datetime:
    day = local_day(now) - timedelta(days=days_ago)
    return datetime.combine(day, time(7, chance.randrange(20, 59)), VIETNAM)


def _at_the_door(
    phone: InventedPhone, household: UUID, guides: list[Guide], at: datetime, now: datetime
) -> datetime:
    """A first visit, and what came of it in the weeks after."""
    chance = phone.chance
    outcome = chance.choices(
        ["met", "nobody_home", "refused", "moved", "away_working", "later"], [72, 12, 3, 2, 6, 5]
    )[0]
    visit = _visit(phone, household, outcome, at)
    at += timedelta(minutes=chance.randrange(12, 35))
    if outcome != "met":
        later = at + timedelta(days=chance.randrange(2, 6))
        if outcome != "moved" and later < now and chance.random() < 0.6:
            _help(phone, household, _visit(phone, household, "met", later), guides, later, now)
        return at
    return _help(phone, household, visit, guides, at, now)


def _visit(phone: InventedPhone, household: UUID, outcome: str, at: datetime) -> UUID:
    note = phone.chance.choice(NOTES) if outcome == "met" else ""
    return phone.record(at, "visit", {"household_id": household, "outcome": outcome, "note": note})


def _help(
    phone: InventedPhone, household: UUID, visit: UUID, guides: list[Guide], at: datetime, now: datetime
) -> datetime:
    """Walk one member through the guides, two or three a visit, and return until all are learnt or it peters out."""
    chance = phone.chance
    member = _member(phone, household, at)
    learns = chance.betavariate(2.2, 1.4)
    to_learn = [guide for guide in guides if chance.random() < 0.85]
    first_visit_ends = at
    learnt: dict[str, tuple[Guide, datetime]] = {}
    while to_learn:
        for guide in to_learn[: chance.choice([1, 2, 2, 3])]:
            at += timedelta(minutes=guide.minutes + chance.randrange(0, 10))
            if _walk(phone, household, visit, member, guide, at, learns):
                to_learn.remove(guide)
                learnt[guide.slug] = (guide, at)
        for guide, since in list(learnt.values()):
            if at - since >= timedelta(days=14) and chance.random() < 0.5:
                at += timedelta(minutes=6)
                _walk(phone, household, visit, member, guide, at, 0.85)
                del learnt[guide.slug]
        back = at + timedelta(days=chance.randrange(4, 16), minutes=chance.randrange(-60, 240))
        if back >= now or chance.random() > 0.45 + learns / 2:
            break
        at = back
        visit = _visit(phone, household, "met", at)
    return first_visit_ends + timedelta(minutes=25)


def _member(phone: InventedPhone, household: UUID, at: datetime) -> UUID:
    chance = phone.chance
    has_phone = chance.random() < 0.82
    return phone.record(
        at,
        "member",
        {
            "household_id": household,
            "label": chance.choice(MEMBERS),
            "own_phone": has_phone,
            "own_sim": has_phone and chance.random() < 0.85,
            "chip_card": chance.random() < 0.93,
            "vneid_level": chance.choices([0, 1, 2, None], [25, 20, 40, 15])[0],
            "signal_at_home": chance.choice([True, True, False, None]),
        },
    )


def _walk(
    phone: InventedPhone,
    household: UUID,
    visit: UUID,
    member: UUID,
    guide: Guide,
    at: datetime,
    alone: float,
) -> bool:
    """One run of a guide; True when it ended alone."""
    chance = phone.chance
    steps = [step.key for step in chance.choice(list(paths(guide))).steps]
    how = chance.random()
    body: dict[str, Any] = {
        "household_id": household,
        "visit_id": visit,
        "member_id": member,
        "guide": guide.slug,
        "guide_version": guide.version,
        "service": guide.service,
        "teach_back": "skipped",
        "minutes": guide.minutes + chance.randrange(-4, 12),
    }
    if how < alone:
        body |= {
            "marks": {s: chance.choice(["alone", "alone", "help"]) for s in steps},
            "teach_back": "alone",
        }
    elif how < alone + 0.5 * (1 - alone):
        body |= {"marks": {s: chance.choice(["alone", "help"]) for s in steps}, "teach_back": "help"}
    elif how < alone + 0.75 * (1 - alone):
        body |= {"marks": {s: chance.choice(["help", "did"]) for s in steps[:-1]} | {steps[-1]: "did"}}
    else:
        reached = steps[: chance.randrange(1, len(steps) + 1)]
        marks = dict.fromkeys(reached, "help") | {reached[-1]: "stuck"}
        blocker = chance.choice(
            ["no_signal", "sim_not_own", "level_2_not_issued", "system_down", "no_smartphone"]
        )
        body |= {"marks": marks, "stuck_step": reached[-1], "blocker": blocker}
    phone.record(at, "walk_through", body)
    return body["teach_back"] == "alone"
