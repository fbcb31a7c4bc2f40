"""Phones and a desk that do everything at once, and an oracle of its own: it reads the raw operations by the words of
`product.md`, and knows none of the product's rules.

A wave is some families; what two phones said of them arrives in any order, in deliveries of any size, some twice, while
the leader merges, takes that back, erases, puts right and leaves out. Copies are restored, twice too. In the end every
phone is in touch five times. *Lost*: what was said and is nowhere; *doubled*: what is there twice; *stuck*: what five
rounds do not bring on, unless the leader was told; *differing*: figures that are not the oracle's.
"""

import re
from collections import Counter
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from random import Random
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlmodel import SQLModel, col, select

from tests.people import (
    HAMLET,
    LAN,
    LANS_PHONE,
    MINH,
    NOW,
    PROVINCE,
    SCOPES,
    a_household,
    a_member,
    a_visit,
    an_operation,
    id_of,
)
from volunteer_app.domain.operations.envelope import Operation
from volunteer_app.domain.operations.kinds import SCHEMA
from volunteer_app.domain.operations.ways_on import LeftOut
from volunteer_app.storage import merging, privacy, standings
from volunteer_app.storage.database import Database
from volunteer_app.storage.figures import tallies
from volunteer_app.storage.households import HouseholdRow
from volunteer_app.storage.operations import parked, taking
from volunteer_app.storage.operations.log import Sent
from volunteer_app.storage.operations.senders import Sender

PHONES = (Sender(SCOPES[LAN], LANS_PHONE, "chaos"), Sender(SCOPES[MINH], id_of("Minh's phone"), "chaos"))
CANARY = re.compile(r"Mẫu(\d+)x")
TOLD_LEADER = {"operation.taken_first"}
SERVICES = ("activate-level-2", "register-birth")
ROUNDS = 5
ID_NUMBER = "001 234 567 890"


@dataclass
class Family:
    """One door: what was said of it, by which phone, and what became of it at the desk."""

    number: int
    said: list[tuple[Operation, Sender]] = field(default_factory=list)
    is_erased: bool = False
    says_no: bool = False
    merged_into: "Family | None" = None
    was_merged: bool = False

    @property
    def id(self) -> UUID:
        """The household's, whatever entry brought it."""
        return self.said[0][0].id

    @property
    def name(self) -> str:
        """A word that stands in everything that is said about persons here, and nowhere else."""
        return f"Mẫu{self.number}x"

    def of(self, *kinds: str) -> list[Operation]:
        """What was said of these kinds, the newest last; a corrected entry as it was corrected."""
        found: dict[UUID, Operation] = {}
        for one, _ in self.said:
            if one.kind in kinds:
                found[one.mends or one.id] = one
        return list(found.values())


@dataclass
class Totals:
    """What was tried, and how it ended."""

    sequences: int = 0
    operations: int = 0
    sent: int = 0
    deeds: Counter = field(default_factory=Counter)
    faults: list[str] = field(default_factory=list)

    def __str__(self) -> str:
        kinds = Counter(fault.partition(":")[0] for fault in self.faults)
        ends = ", ".join(
            f"{kinds[kind]} {kind}" for kind in ("lost", "doubled", "stuck", "differing", "readable")
        )
        return (
            f"{self.sequences:,} sequences, {self.operations:,} operations sent {self.sent:,} times,"
            f" {self.deeds.total():,} deeds at the desk {dict(self.deeds)}: {ends}"
        )


def a_family(chance: Random, number: int) -> Family:
    """A household that somebody registers, two people, visits, levels, edits; some of it wrong at first."""
    family, seqs = Family(number), [number * 100 % 10**8] * 2
    at = NOW - timedelta(days=chance.randint(1, 300), minutes=number % 1000)

    def say(kind: str, body: dict[str, Any], phone: int = 0, **more: Any) -> Operation:
        seqs[phone] += 1
        moment = more.pop("recorded_at", at + timedelta(minutes=len(family.said)))
        one = an_operation(kind, body, schema=SCHEMA, seq=seqs[phone] + 1, recorded_at=moment, **more)
        family.said.append((one, PHONES[phone]))
        return one

    def mend(first: Operation, **fields: Any) -> None:
        phone = PHONES.index(next(by for one, by in family.said if one is first))
        say(
            first.kind,
            first.body | fields,
            phone,
            recorded_at=first.recorded_at,
            mends=first.mends or first.id,
        )

    house = a_household(hamlet_id=HAMLET, code=f"C-{number}", label=f"Nhà {family.name}").body
    people = chance.randint(1, 9)
    is_wrong = chance.random() < 0.15
    home = say("household", house | {"people_count": 99 if is_wrong else people})
    if is_wrong:
        mend(home, people_count=people)
    members = [
        say("member", a_member(home.id, label=f"bà {family.name}").body | {"household_id": str(home.id)})
        for _ in range(chance.randint(1, 2))
    ]
    visits = []
    for _ in range(chance.randint(1, 4)):
        outcome = chance.choice(("met", "met", "nobody_home", "later"))
        phone = chance.randrange(2)
        note = chance.choice(("", f"gặp {family.name}", ID_NUMBER if chance.random() < 0.3 else ""))
        visits.append((say("visit", a_visit(home.id, outcome=outcome, note=note).body, phone), phone))
        if note == ID_NUMBER:
            if chance.random() < 0.3:  # not well enough
                mend(visits[-1][0], note=f"số {ID_NUMBER}")
            mend(visits[-1][0], note=f"gặp {family.name}")
    if chance.random() < 0.3:
        wrong, phone = chance.choice(visits)
        say("taken_back", {"household_id": home.id, "record_id": wrong.id}, phone)
    for _ in range(chance.randint(0, 4)):
        body = {
            "household_id": home.id,
            "member_id": chance.choice(members).id,
            "level": chance.randint(1, 3),
        }
        body |= {"service": chance.choice(SERVICES), "basis": chance.choice(("observed", "self_said"))}
        say("observation", body | {"reason": f"thấy {family.name}"}, chance.randrange(2))
    owner = chance.randrange(2)
    for _ in range(chance.randint(0, 3)):
        new = chance.randint(1, 9)
        say(
            "household_change",
            {"household_id": home.id, "people_count": new, "base": {"people_count": people}},
            owner,
        )
        people = new
    if chance.random() < 0.1:
        family.says_no = True
        body = {"household_id": home.id, "consent": "withdrawn", "label": "", "base": {"consent": "given"}}
        say("household_change", body, 0)
    if chance.random() < 0.05:  # a clock that ran ahead
        ahead = datetime.now(UTC) + timedelta(hours=chance.randint(1, 9000))
        say("visit", a_visit(home.id, outcome="nobody_home").body, 1, recorded_at=ahead)
    return family


class Chaos:
    """Waves of families on one server."""

    def __init__(self, database: Database, seed: int, totals: Totals, first: int = 0) -> None:
        self.database, self.chance, self.totals, self.first = database, Random(seed), totals, first
        self.families: list[Family] = []

    async def deliver(self, some: list[tuple[Operation, Sender]]) -> list[Any]:
        """One delivery of both phones; as it was sent, so it comes."""
        sent = [Sent(by, one) for one, by in some]
        self.totals.sent += len(sent)
        return await self.database.writing_at_once(lambda c: taking.take(c, PROVINCE, sent, NOW))

    async def wave(self, count: int, *, with_desk: bool) -> None:
        """Some families, all that is said of them in any order, and the desk in between."""
        first = self.first + len(self.families)
        families = [a_family(self.chance, first + n) for n in range(count)]
        self.families += families
        said = [one for family in families for one in family.said]
        self.totals.sequences += count
        self.totals.operations += len(said)
        sent = [*said, *self.chance.sample(said, len(said) // 5)]
        self.chance.shuffle(sent)
        while sent:
            size = self.chance.randint(1, 200)
            await self.deliver(sent[:size])
            del sent[:size]
            if with_desk and self.chance.random() < 0.7:
                await self.at_the_desk(families)

    async def at_the_desk(self, families: list[Family]) -> None:
        """Something that a leader does, with somebody who is there already."""
        deed = self.chance.choice(("merge", "undo", "erase", "leave", "again", "nothing"))
        async with self.database.writing() as db:
            if deed in ("leave", "again"):
                waiting = await parked.parked_in(db, SCOPES[MINH])
                mine = [row for row in waiting if row.reason in TOLD_LEADER]
                if not mine and deed == "leave":
                    return
                if deed == "leave":
                    await parked.discard(db, SCOPES[MINH], mine[0].id, NOW, reason=LeftOut.TRIAL)
                elif waiting:
                    await parked.replay(db, SCOPES[MINH], self.chance.choice(waiting).id, NOW)
                self.totals.deeds[deed] += 1
                return
            ids = {family.id: family for family in families}
            rows = (await db.exec(select(HouseholdRow).where(col(HouseholdRow.id).in_(list(ids))))).all()
            free = [row for row in rows if not ids[row.id].was_merged]
            if deed == "merge" and len(free) > 1:
                kept, lost = self.chance.sample(free, 2)
                await merging.merge(db, SCOPES[MINH], kept, lost, NOW)
                ids[kept.id].was_merged = ids[lost.id].was_merged = True
                ids[lost.id].merged_into = ids[kept.id]
            elif deed == "undo":
                stand = [
                    one for one in await merging.mergers_in(db, SCOPES[MINH], 999) if one.undone_at is None
                ]
                stand = [one for one in stand if one.lost_id in ids]
                if not stand or await merging.undo(db, SCOPES[MINH], stand[0], NOW):
                    return
                ids[stand[0].lost_id].merged_into = None
            elif deed == "erase" and free and self.chance.random() < 0.3:
                row = self.chance.choice(free)
                ids[row.id].is_erased = ids[row.id].was_merged = True
                await privacy.erase(db, row)
            else:
                return
            self.totals.deeds[deed] += 1

    async def send_all_again(self, families: list[Family]) -> dict[UUID, Any]:
        """Everything that the phones still hold, in their order."""
        answers = {}
        said = [one for family in families for one in family.said]
        for start in range(0, len(said), 200):
            for answer in await self.deliver(said[start : start + 200]):
                answers[answer.id] = answer
        return answers

    async def judge(self) -> None:
        """Five rounds of contact, then what every operation came to."""
        waiting = {one.id for family in self.families for one, _ in family.said}
        for _ in range(ROUNDS):
            held = [family for family in self.families if any(one.id in waiting for one, _ in family.said)]
            for id_, answer in (await self.send_all_again(held)).items():
                told = answer.problem.code if answer.problem else ""
                if answer.outcome in ("accepted", "duplicate") or told in TOLD_LEADER:
                    waiting.discard(id_)
            if not waiting:
                break
        self.totals.faults += [f"stuck: {id_}" for id_ in waiting]
        await self.compare()

    async def compare(self) -> None:
        """The server's tables and figures, beside what was said."""
        fault = self.totals.faults.append
        async with self.database.reading() as db:
            connection = await db.connection()
            for line in await standings.differences(db, PROVINCE):
                fault(f"differing: {line}")
            for line in await connection.run_sync(tallies.differences, PROVINCE):
                fault(f"differing: {line}")
            by_home = indexed({name: await _all(connection, name) for name in TABLES})
            words: dict[str, set[int]] = {}
            for name in SQLModel.metadata.tables:
                if name not in NOT_ABOUT_FAMILIES:
                    found = CANARY.findall(str([tuple(row) for row in await _all(connection, name)]))
                    words[name] = set(map(int, found))
        for family in self.families:
            for line in faults_of(family, self.families, by_home):
                fault(line)
            if family.is_erased or family.says_no:
                for name in (name for name, numbers in words.items() if family.number in numbers):
                    fault(f"readable: family {family.number} in {name}")


TABLES = ("households", "members", "visits", "observations", "standings", "changes")
NOT_ABOUT_FAMILIES = {"audit"}


async def _all(connection: Any, name: str) -> list[Any]:
    return list((await connection.execute(sa.select(SQLModel.metadata.tables[name]))).all())


def faults_of(family: Family, families: list[Family], by_home: dict[str, dict[UUID, list[Any]]]) -> list[str]:
    """What of one family is not as was said, by the words of the product: visits append, a tap taken back counts nowhere,
    the newest word of a phone stands, a level is what was last seen, the best of the house."""
    here = families_there(family, families)
    if family.is_erased or family.merged_into:
        row = by_home["households"].get(family.id)
        return [f"doubled: family {family.number} is there"] if row else []
    found = []
    rows = by_home["households"].get(family.id, [])
    if len(rows) != 1:
        return [f"lost: household {family.number}"]
    said_visits = {one.mends or one.id for each in here for one in each.of("visit")}
    taken_back = {UUID(one.body["record_id"]) for each in here for one in each.of("taken_back")}
    ids = Counter(row.id for row in by_home["visits"].get(family.id, []))
    found += [f"lost: visit {id_}" for id_ in said_visits - taken_back - ids.keys()]
    found += [f"doubled: visit {id_}" for id_ in ids.keys() - (said_visits - taken_back)]
    for kind, table in (
        ("member", "members"),
        ("observation", "observations"),
        ("household_change", "changes"),
    ):
        wanted = {one.mends or one.id for each in here for one in each.of(kind)}
        there = {row.id for row in by_home[table].get(family.id, [])}
        found += [f"lost: {kind} {id_}" for id_ in wanted - there]
    stood = by_home["standings"].get(family.id)
    if stood and stood[0].visit_count != len(said_visits - taken_back):
        found.append(f"differing: family {family.number} has {stood[0].visit_count} visits")
    levels = levels_said(here)
    if stood and {k: int(v) for k, v in stood[0].levels.items()} != levels:
        found.append(f"differing: family {family.number} stands at {stood[0].levels}, said was {levels}")
    if not family.was_merged:
        people = [
            one.body["people_count"]
            for one in family.of("household", "household_change")
            if "people_count" in one.body
        ]
        if rows[0].people_count != people[-1]:
            found.append(
                f"differing: family {family.number} has {rows[0].people_count} people, said was {people[-1]}"
            )
        if family.says_no != (rows[0].consent == "withdrawn") or (family.says_no and rows[0].label):
            found.append(f"differing: family {family.number} said no {family.says_no}: {rows[0].consent}")
    return found


def families_there(family: Family, families: list[Family]) -> list[Family]:
    """The family, and those that were united with it."""
    return [family, *(one for one in families if one.merged_into is family)]


def levels_said(here: list[Family]) -> dict[str, int]:
    """Service → level: what was seen last of each person outweighs what they say; the best of the house counts."""
    seen: dict[tuple[str, str], tuple[bool, datetime, bytes, int]] = {}
    for one in (one for each in here for one in each.of("observation")):
        key = (one.body["service"], one.body["member_id"])
        is_seen = one.body["basis"] == "observed"
        level = one.body["level"] if is_seen else 0
        seen[key] = max(
            seen.get(key, (False, datetime.min.replace(tzinfo=UTC), b"", 0)),
            (is_seen, one.recorded_at, one.id.bytes, level),
        )
    best: dict[str, int] = {}
    for (service, _), (*_, level) in seen.items():
        best[service] = max(best.get(service, 0), level)
    return best


def indexed(tables: dict[str, list[Any]]) -> dict[str, dict[UUID, list[Any]]]:
    """Rows by their household."""
    made: dict[str, dict[UUID, list[Any]]] = {name: {} for name in tables}
    for name, rows in tables.items():
        key = "id" if name == "households" else "household_id"
        for row in rows:
            made[name].setdefault(getattr(row, key), []).append(row)
    return made
