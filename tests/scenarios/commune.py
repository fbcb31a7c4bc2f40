"""A commune that tests live through for months: real leases, deliveries and mergers, beside a ledger kept by hand.

The ledger knows only what happened at the doors. It counts in its own plain way, so that what the application keeps up
to date from day to day can be held against it at every step.
"""

from collections import defaultdict
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from random import Random
from typing import Any
from uuid import UUID

from tests.people import (
    COMMUNE,
    HAMLET,
    LAN,
    MINH,
    NEXT_HAMLET,
    PROVINCE,
    SCOPES,
    a_household,
    a_member,
    a_visit,
    a_walk_through,
    an_operation,
    id_of,
)
from volunteer_app.domain.assignments import Assignment
from volunteer_app.domain.calendar import VIETNAM, local_day
from volunteer_app.domain.follow_ups import STUCK_WINDOWS, WINDOWS, Reason
from volunteer_app.domain.operations.envelope import Operation
from volunteer_app.domain.people import Role
from volunteer_app.domain.periods import Period, Span, start_of
from volunteer_app.domain.permissions import Scope
from volunteer_app.domain.public_services import core_slugs
from volunteer_app.storage import assignments, follow_ups, households, merging, standings
from volunteer_app.storage.database import Database, at_once
from volunteer_app.storage.figures import coverage, tallies
from volunteer_app.storage.mergers import MergerRow
from volunteer_app.storage.operations.senders import Sender
from volunteer_app.storage.operations.taking import take_all
from volunteer_app.storage.people import MembershipRow, PersonRow
from volunteer_app.storage.places import HamletPredecessorRow, HamletRow

FIRST_DAY = date(2026, 3, 2)
DUNG, THAO = id_of("Dũng"), id_of("Thảo")
OLD_HAMLET, NEW_HAMLET = id_of("Bản Cũ"), id_of("Bản Mới")
MINHS = SCOPES[MINH]
AWAY = ("nobody_home", "later", "away_working")


@dataclass
class Door:
    """What the ledger knows of a household. runs: (moment, id, member, service, level or None, blocker)."""

    hamlet: UUID
    member: UUID
    visits: dict[UUID, tuple[datetime, str]] = field(default_factory=dict)
    runs: list[tuple[datetime, UUID, UUID, str, int | None, str | None]] = field(default_factory=list)


class Commune:
    """Three months of a commune. Days are counted from FIRST_DAY."""

    def __init__(self, database: Database, seed: int) -> None:
        self.database = database
        self.chance = Random(seed)
        self.day = FIRST_DAY
        self.doors: dict[UUID, Door] = {}
        self.kept_by: dict[UUID, UUID] = {}  # duplicate → the door that it was merged into
        self.taken: list[Operation] = []
        self.is_united = False

    async def begin(self) -> None:
        """Two more volunteers, a third hamlet; the leases of the fixture are set to the story's days."""
        async with self.database.writing() as db:
            for person in (DUNG, THAO):
                db.add(PersonRow(province_code=PROVINCE, id=person, name="Người mẫu"))
                row = {"province_code": PROVINCE, "id": person, "person_id": person, "role": Role.VOLUNTEER}
                db.add(MembershipRow(**row, commune_code=COMMUNE, first_day=FIRST_DAY))
            await self._hamlet(db, OLD_HAMLET, "Bản Cũ")
        for person, hamlet in ((LAN, HAMLET), (DUNG, NEXT_HAMLET), (THAO, OLD_HAMLET)):
            await self.give(person, hamlet, days=120)

    async def _hamlet(self, db: Any, id_: UUID, name: str, **more: Any) -> None:
        place = {"province_code": PROVINCE, "id": id_, "commune_code": COMMUNE, "name": name, "kind": "thôn"}
        db.add(HamletRow(**place, position=9, household_count=25, **more))
        await db.flush()

    def at(self, hour: int = 8, minute: int = 0) -> datetime:
        """A moment of today."""
        return datetime.combine(self.day, time(hour, minute), VIETNAM)

    # What the team does

    async def give(self, person: UUID, hamlet: UUID, days: int = 30) -> None:
        """Give a hamlet to somebody, as the leader's desk does."""
        lease = Assignment(
            province_code=PROVINCE,
            id=UUID(int=self.chance.getrandbits(128), version=4),
            commune_code=COMMUNE,
            hamlet_id=hamlet,
            person_id=person,
            first_day=self.day,
            last_day=self.day + timedelta(days=days),
        )
        async with self.database.writing() as db:
            await assignments.give(db, MINHS, [lease])

    async def take_back(self, person: UUID, hamlet: UUID) -> None:
        """End somebody's lease of a hamlet today."""
        async with self.database.writing() as db:
            for lease in await assignments.since(db, MINHS, self.day):
                if (lease.person_id, lease.hamlet_id) == (person, hamlet):
                    await assignments.end(db, lease, self.day)

    async def deliver(self, operations: list[Operation], of: UUID) -> None:
        """Somebody's phone delivers in whatever order, and once more because the answer was lost. All must be taken."""
        scope = Scope(of, Role.VOLUNTEER, PROVINCE, COMMUNE, frozenset())
        sender = Sender(scope, id_of(f"phone of {of}"), "test")
        operations = self.chance.sample(operations, len(operations))
        async with self.database.writing() as db:
            await take_all(db, sender, operations, self.at(20))
            again = await take_all(db, sender, operations, self.at(20))
        assert {answer.outcome for answer in again} <= {"duplicate"}, again
        self.taken += operations

    def register(self, hamlet: UUID, number: int, label: str = "") -> tuple[UUID, list[Operation]]:
        """A new household with its grandmother; delivered by whoever calls."""
        home = a_household(hamlet_id=hamlet, code=f"SC-{number:03}", label=label, recorded_at=self.at(7))
        member = a_member(home.id, recorded_at=self.at(7))
        self.doors[home.id] = Door(hamlet, member.id)
        return home.id, [home, member]

    def call(self, home: UUID, outcome: str, at: datetime) -> Operation:
        """A visit, written into the ledger; `home` may be the id of a door that was merged meanwhile."""
        visit = a_visit(home, outcome=outcome, recorded_at=at)
        self._door(home).visits[visit.id] = (at, outcome)
        return visit

    def learn(
        self, home: UUID, visit: UUID, service: str, at: datetime, *, how: str, member: UUID | None = None
    ) -> Operation:
        """A guide in a visit. how: alone, help, did, stuck."""
        door = self._door(home)
        ends: dict[str, dict[str, Any]] = {
            "alone": {"marks": {"open-app": "help"}, "teach_back": "alone"},
            "help": {"marks": {"open-app": "help"}, "teach_back": "help"},
            "did": {"marks": {"open-app": "did"}, "teach_back": "skipped"},
            "stuck": {"marks": {"open-app": "stuck"}, "teach_back": "skipped", "stuck_step": "open-app"},
        }
        blocker = self.chance.choice(["no_signal", "sim_not_own", "other"]) if how == "stuck" else None
        member = member or door.member
        run = a_walk_through(
            home, visit, member, guide=service, service=service, blocker=blocker, recorded_at=at, **ends[how]
        )
        level = {"alone": 3, "help": 2, "did": 1, "stuck": None}[how]
        door.runs.append((at, run.id, member, service, level, blocker))
        return run

    def _door(self, home: UUID) -> Door:
        while home in self.kept_by:
            home = self.kept_by[home]
        return self.doors[home]

    def a_week(self, hamlet: UUID, first_number: int) -> list[Operation]:
        """What chance brings to a hamlet in a week: new doors, calls, guides, relapses."""
        found: list[Operation] = []
        for number in range(self.chance.randrange(0, 3)):
            found += self.register(hamlet, first_number + number)[1]
        homes = [id_ for id_, door in self.doors.items() if door.hamlet == hamlet and id_ not in self.kept_by]
        for hour, home in enumerate(self.chance.sample(homes, min(len(homes), 4))):
            outcome = self.chance.choice(["met", "met", "met", *AWAY])
            at = self.at(8 + hour, self.chance.randrange(20))
            visit = self.call(home, outcome, at)
            found.append(visit)
            if outcome == "met":
                for step, service in enumerate(self.chance.sample(core_slugs(), 2)):
                    how = self.chance.choice(["alone", "alone", "alone", "help", "did", "stuck"])
                    found.append(
                        self.learn(home, visit.id, service, at + timedelta(minutes=9 + step), how=how)
                    )
        return found

    async def merge(self, kept: UUID, lost: UUID) -> UUID:
        """The leader finds that two households are one door."""
        async with self.database.writing() as db:
            rows = [await households.household_of(db, MINHS, id_) for id_ in (kept, lost)]
            merger = await merging.merge(db, MINHS, *rows, self.at(21))  # type: ignore[arg-type]
        self._door(kept).visits |= self.doors[lost].visits
        self._door(kept).runs += self.doors[lost].runs
        self.kept_by[lost] = kept
        return merger

    async def unmerge(self, merger: UUID) -> None:
        """… and later that they are two after all."""
        async with self.database.writing() as db:
            row = await merging.merger_of(db, MINHS, merger)
            assert isinstance(row, MergerRow)
            assert await merging.undo(db, MINHS, row, self.at(21)) is None
        del self.kept_by[row.lost_id]
        lost, kept = self.doors[row.lost_id], self.doors[row.kept_id]
        of_lost = {op.id for op in self.taken if op.body.get("household_id") == str(row.lost_id)}
        moved = {id_: call for id_, call in kept.visits.items() if id_ in of_lost}
        lost.visits |= moved
        kept.visits = {id_: call for id_, call in kept.visits.items() if id_ not in moved}
        lost.runs = [run for run in {*lost.runs, *kept.runs} if run[1] in of_lost]
        kept.runs = [run for run in kept.runs if run[1] not in of_lost]

    async def unite_hamlets(self) -> None:
        """From today the old hamlet is part of a new one."""
        self.is_united = True
        async with self.database.writing() as db:
            await self._hamlet(db, NEW_HAMLET, "Bản Mới", valid_from=self.day)
            old = await db.get(HamletRow, (PROVINCE, OLD_HAMLET))
            assert old is not None
            old.valid_to = self.day - timedelta(days=1)
            link = {"hamlet_id": NEW_HAMLET, "predecessor_id": OLD_HAMLET}
            db.add(HamletPredecessorRow(province_code=PROVINCE, **link))

    def decided(self, home: UUID, service: str, level: int, reason: str, at: datetime) -> Operation:
        """A level decided by a person who was there, with a reason."""
        door = self._door(home)
        body = {"household_id": home, "member_id": door.member, "service": service, "level": level}
        said = an_operation("observation", body | {"basis": "observed", "reason": reason}, schema=3)
        said = Operation(said.id, said.seq, said.kind, 3, at, said.body)
        door.runs.append((at, said.id, door.member, service, level, "decided"))
        return said

    # What the ledger counts

    def levels(self, door: Door) -> dict[str, int]:
        """The best level that somebody of the house has in each service."""
        of: dict[tuple[str, UUID], list[tuple[datetime, int]]] = defaultdict(list)
        for at, _id, member, service, level, _blocker in sorted(
            door.runs, key=lambda run: (run[0], run[1].bytes)
        ):
            if level is not None:
                of[service, member].append((at, level))
        best: dict[str, int] = {}
        for (service, _), seen in of.items():
            stands, since = 0, None
            for at, level in seen:
                if level < 3:
                    stands, since = level, None
                elif since is None:
                    stands, since = 3, at
                elif (at - since).total_seconds() >= 14 * 86_400:
                    stands = 4
            best[service] = max(stands, best.get(service, -1))
        return best

    def counted(self, service: str, first_day: date | None) -> dict[UUID, dict[str, Any]]:
        """By hamlet as it stands today: what `coverage.Figures` says of the doors there."""
        sums: dict[UUID, dict[str, Any]] = defaultdict(lambda: defaultdict(int))
        for id_, door in self.doors.items():
            if id_ in self.kept_by or not door.visits:
                continue
            of = sums[NEW_HAMLET if door.hamlet == OLD_HAMLET and self.is_united else door.hamlet]
            within = [
                outcome for at, outcome in door.visits.values() if not first_day or local_day(at) >= first_day
            ]
            is_met = any(outcome == "met" for _, outcome in door.visits.values())
            levels = self.levels(door)
            of["turns"] += len(within)
            of["attempted"] += bool(within)
            of["met"] += "met" in within
            of["met_so_far"] += is_met
            of["independent"] += all(levels.get(slug, 0) >= 3 for slug in core_slugs())
            of["alone"] += is_met and levels.get(service, 0) >= 3
            of["done_for"] += is_met and levels.get(service, 0) == 1
        return sums

    @staticmethod
    def confirms(door: Door, at: datetime, member: UUID, service: str, level: int | None) -> bool:
        """Was somebody seen alone again at least 14 days of the calendar after they began, with nothing lost in between?"""
        before = sorted(
            (run[0], run[4])
            for run in door.runs
            if run[2:4] == (member, service) and run[0] < at and run[4] is not None
        )
        since = None
        for when, stood in before:
            since = (since or when) if stood >= 3 else None
        return level == 3 and since is not None and (local_day(at) - local_day(since)).days >= 14

    def open_returns(self) -> set[UUID]:
        """Ids of the returns still to make, by the rule as `product.md` tells it."""
        found = set()
        for id_, door in self.doors.items():
            if id_ in self.kept_by:
                continue
            met = [at for at, outcome in door.visits.values() if outcome == "met"]
            made = [
                (visit, at, outcome, 1) for visit, (at, outcome) in door.visits.items() if outcome in AWAY
            ]
            for at, run, member, service, level, blocker in door.runs:
                if blocker == "decided" or self.confirms(door, at, member, service, level):
                    continue
                if level is None:
                    first, _ = STUCK_WINDOWS.get(blocker, WINDOWS[Reason.STUCK])  # type: ignore[call-overload]
                    made.append((run, at, "stuck", first))
                elif level == 3:
                    made.append((run, at, "recheck", 14))
                elif service in core_slugs():
                    made.append((run, at, "practise", 7))
            for return_id, at, why, first in made:
                waits = local_day(at) + timedelta(days=first) if why == "recheck" else date.min
                if not any(later > at and local_day(later) >= waits for later in met):
                    found.add(return_id)
        return found

    # … and what the application says

    async def must_agree(self) -> None:
        """Everything that the application keeps or shows equals the ledger, today."""
        service = "activate-level-2"
        periods = [Period(None, self.day)]
        periods += [Period(start_of(span, self.day), self.day) for span in (Span.WEEK, Span.MONTH)]
        async with self.database.reading() as db:
            wrong = await standings.differences(db, PROVINCE)
            wrong += await at_once(db, tallies.differences, PROVINCE)
            assert wrong == [], self.day
            for period in periods:
                shown = {
                    UUID(one.key): one.figures
                    for one in await coverage.hamlets_with_figures(
                        db, MINHS, COMMUNE, service, period, self.day
                    )
                }
                for hamlet, sums in self.counted(service, period.first_day).items():
                    figures = shown[hamlet]
                    said = {name: getattr(figures, name) for name in NAMES}
                    said["alone"] = sum(figures.levels.get((service, level), 0) for level in (3, 4))
                    said["done_for"] = figures.levels.get((service, 1), 0)
                    assert said == {name: sums[name] for name in said}, (self.day, period, hamlet)
            due, count = await follow_ups.due_in(db, MINHS, self.day + timedelta(days=400), 10_000)
        assert {one.follow_up.id for one in due} == self.open_returns(), self.day
        assert count == len(due)


NAMES = ("turns", "attempted", "met", "met_so_far", "independent")
