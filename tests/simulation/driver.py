"""Phones and a server, one message at a time: the phone's own modules under node, the real application in this process,
and between them a network, clocks and batteries that do what a seed says (keys and moments are real, so not each byte).

The words are those of the public tests of sync engines: *stuck* is what five rounds of contact do not bring on, unless
somebody was told who decides; *lost* what was called saved and is nowhere; *doubled* what is there twice; *divergent* what
two phones of one hamlet, or a phone and the server, tell differently.
"""

import json
import subprocess
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from random import Random
from typing import Any

from tests import javascript, leash

HERE = Path(__file__).parent
PARTITIONS = ("none", "out", "in", "both")
"""Which way is cut: what a phone says, what it is told, or both."""
OUTCOMES = ("met", "met", "nobody_home", "refused", "later", "away_working", "moved")
LABELS = ("Nông Văn Mẫu", "Lý Thị Thử", "Triệu Văn Giả Định", "Hoàng Thị Mẫu", "Ma Văn Thử")


class Realms:
    """The process that holds all phones: one line there, one line back."""

    def __init__(self, folder: Path, changed: Mapping[str, str]) -> None:
        app = javascript.assembled(folder / "app", changed)
        command = [
            str(javascript.NODE),
            "--experimental-vm-modules",
            "--no-warnings",
            str(HERE / "phones.mjs"),
            str(app),
        ]
        self.process = leash.start(
            command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, encoding="utf-8"
        )

    def __call__(self, **deed: Any) -> list[dict[str, Any]]:
        assert self.process.stdin and self.process.stdout
        self.process.stdin.write(json.dumps(deed) + "\n")
        self.process.stdin.flush()
        line = self.process.stdout.readline()
        assert line, "the phones' process has ended"
        return json.loads(line)

    def close(self) -> None:
        """End the process."""
        leash.end(self.process)


@dataclass
class Faults:
    """What was tried, by name."""

    actions: Counter = field(default_factory=Counter)
    faults: Counter = field(default_factory=Counter)

    def __str__(self) -> str:
        return f"{self.actions.total()} actions {dict(self.actions)}, {self.faults.total()} faults {dict(self.faults)}"


class Simulation:
    """Some phones of some people on one server. `send(person, method, path, headers, body)` asks the application;
    `decide(chance)` lets the leader do something at the desk and says what; `changed`: other text for some modules.
    """

    def __init__(
        self,
        folder: Path,
        send: Callable,
        people: list[Any],
        seed: int,
        now_ms: int,
        decide: Callable[[Random], str],
        changed: Mapping[str, str] | None = None,
    ) -> None:
        self.chance = Random(seed)
        self.send, self.decide = send, decide
        self.people = people
        self.realms = Realms(folder, changed or {})
        self.count = Faults()
        self.pending: list[dict[str, Any]] = []
        self.busy: set[int] = set()
        self.paused: set[int] = set()
        self.cut = ["none"] * len(people)
        self.made: dict[str, dict[str, Any]] = {}
        """Every entry that ever stood in the outbox of a phone, as it was first seen."""
        self.refused: Counter = Counter()
        self.story: list[str] = []
        self.calls = 0
        self.deeds: dict[int, str] = {}
        self.seed, self.now = seed, now_ms
        for number in range(len(people)):
            self.start(number, self.chance.choice((0, 0, 0, -40_000, 55_000)))

    def start(self, number: int, drift: int = 0) -> None:
        """A phone that nobody has used yet."""
        self.hear(self.realms(do="start", phone=number, seed=self.seed * 100 + number, now=self.now + drift))

    # what phones say

    def hear(self, events: list[dict[str, Any]]) -> None:
        for event in events:
            if "asks" in event:
                self.pending.append(event)
            elif "call" in event:
                self.busy.discard(event["phone"])
                name = self.deeds.pop(event["call"])
                if "error" in event:
                    self.refused[f"{name}: {event['error']}"] += 1
                    self.story.append(f"{event['phone']} {name} refused: {event['error']}")
                self.note(event["phone"])

    def note(self, phone: int) -> None:
        """What stands in an outbox has been called saved."""
        for id_, row in self.rows(phone, "outbox").items():
            self.made.setdefault(id_, {"phone": phone, **row})

    def call(self, phone: int, module: str, work: str, *words: Any) -> None:
        self.calls += 1
        self.deeds[self.calls] = work
        self.busy.add(phone)
        self.count.actions[work] += 1
        self.story.append(f"{phone} {work} {json.dumps(words, ensure_ascii=False)[:160]}")
        self.hear(
            self.realms(do="call", phone=phone, call=self.calls, module=module, work=work, words=list(words))
        )

    def rows(self, phone: int, store: str) -> dict[str, Any]:
        """What a phone keeps in one store."""
        return dict(self.realms(do="rows", phone=phone, store=store)[0]["rows"])

    # the network

    def carry(self, message: dict[str, Any], fate: str) -> None:
        """Bring one message to the server and its answer back, or not. fate: `none`, `out`, `in`, `busy`, `portal`."""
        self.pending.remove(message)
        phone = message["phone"]
        answer = None
        if fate == "busy":
            answer = {"status": 503, "headers": {"Retry-After": "1"}, "body": ""}
        elif fate == "portal":
            answer = {"status": 200, "headers": {"Content-Type": "text/html"}, "body": "<html>Wi-Fi</html>"}
        elif fate != "out":
            said = self.send(
                self.people[phone], message["method"], message["address"], message["headers"], message["body"]
            )
            if fate == "twice":
                said = self.send(
                    self.people[phone],
                    message["method"],
                    message["address"],
                    message["headers"],
                    message["body"],
                )
            answer = None if fate == "in" else said
        if fate != "none":
            self.count.faults[fate] += 1
        status = answer["status"] if answer else "nothing"
        ids = [op["id"] for op in json.loads(message["body"] or "{}").get("ops", [])]
        self.story.append(
            f"{phone} {message['method']} {message['address'][:40]} {fate} → {status} {' '.join(ids)}"
        )
        self.hear(self.realms(do="answer", phone=phone, asks=message["asks"], answer=answer))

    def fate(self, phone: int) -> str:
        """What becomes of a message now."""
        cut = self.cut[phone]
        if cut in ("out", "both"):
            return "out"
        if cut == "in":
            return "in"
        return self.chance.choices(("none", "in", "out", "busy", "portal", "twice"), (80, 6, 5, 4, 2, 3))[0]

    # what people do

    def act(self, phone: int) -> None:
        """Somebody does something in the field."""
        chance = self.chance
        hamlets, households = self.rows(phone, "hamlets"), self.rows(phone, "households")
        if not hamlets or not self.rows(phone, "facts").get("me"):
            return self.contact(phone)
        records = "static/js/records.js"

        deed = chance.random()
        if deed < 0.3 or not households:
            consent = chance.choice(("given", "given", "given", "refused"))
            said = {
                "hamlet_id": chance.choice(sorted(hamlets)),
                "label": chance.choice(LABELS),
                "people_count": chance.randint(1, 8),
                "consent": consent,
            }
            return self.call(phone, records, "registerHousehold", said)
        household = chance.choice(sorted(households))
        members = {
            id_: row for id_, row in self.rows(phone, "members").items() if row["household_id"] == household
        }
        visits = [id_ for id_, row in self.rows(phone, "visits").items() if row["household_id"] == household]
        if deed < 0.5:
            said = {"household_id": household, "outcome": chance.choice(OUTCOMES)}
            return self.call(phone, records, "recordVisit", said)
        if deed < 0.62:
            said = {
                "label": chance.choice(("ông", "bà", "con dâu")),
                "own_phone": chance.choice((True, None)),
            }
            return self.call(phone, records, "addMember", household, said)
        if deed < 0.72:
            changed: dict[str, Any] = {"people_count": chance.randint(1, 9)}
            return self.call(phone, records, "changeHousehold", household, changed)
        if deed < 0.76:
            answer = chance.choice(("refused", "given"))
            return self.call(phone, records, "changeHousehold", household, {"consent": answer})
        if deed < 0.84 and members:
            member = chance.choice(sorted(members))
            return self.call(
                phone, records, "changeMember", member, {"own_sim": chance.choice((True, False))}
            )
        if members and visits:
            said = {
                "household_id": household,
                "visit_id": chance.choice(sorted(visits)),
                "member_id": chance.choice(sorted(members)),
                "guide": "activate-level-2",
                "guide_version": 1,
                "service": "activate-level-2",
                "marks": {"open-app": "alone", "log-in": chance.choice(("alone", "help"))},
                "teach_back": chance.choice(("alone", "help", "skipped")),
                "minutes": 12,
            }
            return self.call(phone, records, "finishWalkThrough", said)
        return self.contact(phone)

    def contact(self, phone: int) -> None:
        """Somebody presses *send now*."""
        self.call(phone, "service_worker/sync.js", "sync", {"eager": True})

    def kill(self, phone: int, after: int = 0) -> None:
        """The page goes away, at once or after so many more commits; a new one is opened."""
        self.count.faults["killed"] += 1
        self.story.append(f"{phone} dies after {after}")
        self.hear(self.realms(do="die", phone=phone, after=after))

    def reopen(self, phone: int) -> None:
        """A page that is dead is opened anew: what it had asked is answered to nobody."""
        self.note(phone)
        self.pending = [message for message in self.pending if message["phone"] != phone]
        self.busy.discard(phone)
        self.hear(self.realms(do="begin", phone=phone))
        self.story.append(f"{phone} begins")

    def is_alive(self, phone: int) -> bool:
        return self.realms(do="alive", phone=phone)[0]["alive"]

    # time

    def step(self) -> None:
        """One thing happens."""
        chance, phone = self.chance, self.chance.randrange(len(self.people))
        if not self.is_alive(phone):
            self.reopen(phone)
            return
        what = chance.random()
        if what < 0.05:
            self.cut[phone] = chance.choice(PARTITIONS)
            self.count.faults[f"cut {self.cut[phone]}"] += self.cut[phone] != "none"
        elif what < 0.07:
            self.paused ^= {phone}
            self.count.faults["paused"] += phone in self.paused
        elif what < 0.09:
            self.kill(phone, chance.choice((0, 1, 1, 2, 3, 5)))
        elif what < 0.1:
            jump = chance.choice((-86_400_000, -3_600_000, 600_000, 90_000_000))
            self.count.faults["clock"] += 1
            self.story.append(f"{phone} clock {jump}")
            self.hear(self.realms(do="clock", phone=phone, ms=jump))
        elif what < 0.115:
            done = self.decide(chance)
            self.count.actions[done] += 1
            self.story.append(f"desk {done}")
        elif phone in self.paused:
            pass
        elif (waiting := [m for m in self.pending if m["phone"] == phone]) and what < 0.75:
            self.carry(chance.choice(waiting), self.fate(phone))
        elif phone not in self.busy:
            (self.contact if what > 0.93 else self.act)(phone)

    def quiet(self) -> None:
        """The network is whole: all that phones ask is answered until nobody asks anything more."""
        most = 10_000
        while self.pending:
            self.carry(self.pending[0], "none")
            most -= 1
            assert most, "phones and server talk for ever"

    def heal(self, rounds: int = 5) -> None:
        """Every phone is on, has a network and a right clock, and is in touch so many times."""
        self.cut, self.paused = ["none"] * len(self.people), set()
        for phone in range(len(self.people)):
            self.realms(do="die", phone=phone, after=10**9)  # its battery is charged
            if not self.is_alive(phone):
                self.reopen(phone)
        self.quiet()
        for _ in range(rounds):
            for phone in range(len(self.people)):
                self.realms(do="clock", phone=phone, ms=600_000)
                self.contact(phone)
                self.quiet()
