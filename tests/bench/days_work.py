"""A day's work, as phones deliver it, on households that are new and on those that have lived through much.

`python -m tests.bench.days_work [sqlite] [postgresql] [--phones 1 8 32] [--sizes 1 50] [--rounds 4] [--operations 800]
[--records 100] [--households 40] [--beside FOLDER]` (Linux, for the kernel's counters). Small unless told: two rounds,
1 and 8 phones, both engines.

Of 50 operations 25 are visits with notes, 15 walk-throughs (each brings what was seen, and mostly a return) and 10
observations; each phone has its own key and signs each delivery. *fresh*: households without a past, new in every round;
*lived*: households with so many records before. Beside them a plain server of rows (`peers/plain.py`), and with
`--beside` the same two in another checkout of this product. All take turns within a round, so that a busy minute of the
machine hits all of them; **CPU is the figure to compare by**, rates say more on a machine that does nothing else. At the
end of a round a leader looks at the commune's map again and again while most phones deliver most.
"""

import argparse
import asyncio
import os
import re
import socket
import sqlite3
import subprocess
import sys
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import count, islice
from pathlib import Path
from random import Random
from tempfile import TemporaryDirectory
from typing import Any, NamedTuple
from uuid import uuid4

import asyncpg
import msgspec

from tests.bench.ingest import PHRASES, middle
from tests.bench.load import Figures, get, post, run_lanes
from tests.bench.measured import LEADER, MeasuredServer, cpu_seconds, median, of_cluster, percentile
from tests.boxes import SigningKey
from tests.conftest import ROOT
from tests.postgres import Postgres
from volunteer_app.demo.history import uuid7
from volunteer_app.domain.public_services import PUBLIC_SERVICES

VISIT, RUN, SEEN = "visit", "walk_through", "observation"
A_DAY = (VISIT, RUN, VISIT, SEEN, VISIT, RUN, VISIT, RUN, VISIT, SEEN)
"""What comes after what, again and again."""
MEMBERS = ("bà nội", "con trai cả", "con dâu")
SERVICES = [slug for slug, service in PUBLIC_SERVICES.items() if service.guide][:6]
MOST_AT_ONCE = 50
SEEDS = count()


def parts(operations: Iterable[dict[str, Any]], size: int) -> Iterator[list[dict[str, Any]]]:
    """The operations, so many at a time."""
    left = iter(operations)
    while some := list(islice(left, size)):
        yield some


@dataclass
class Home:
    """A household that phones know."""

    id: str
    members: list[str]


@dataclass
class Server:
    """Something that takes deliveries: where it listens, what signs in, whose operations, what it costs."""

    name: str
    port: int
    cookie: str
    person_id: str
    cpu: Callable[[], float]
    forget_spending: Callable[[], None]
    page: bytes = b""
    schema: int = 0


def schema_of(tree: Path) -> int:
    """The newest shape of operations that the program of a checkout takes."""
    files = (tree / "volunteer_app" / "domain").rglob("*.py")
    found = (re.search(r"^SCHEMA = (\d+)", path.read_text(), re.MULTILINE) for path in files)
    return next(int(one[1]) for one in found if one)


class Phone:
    """A phone with a key of its own."""

    def __init__(self, server: Server) -> None:
        self.server, self.chance, self.key = server, Random(next(SEEDS)), SigningKey()
        self.device, self.seq = str(uuid4()), 0

    def operation(self, kind: str, body: dict[str, Any], at: datetime) -> dict[str, Any]:
        """One thing done on it."""
        self.seq += 1
        return {
            "id": str(uuid7(at, self.chance)),
            "seq": self.seq,
            "kind": kind,
            "schema": self.server.schema,
            "recorded_at": at.isoformat(),
            "body": body,
        }

    def delivery(self, operations: list[dict[str, Any]]) -> bytes:
        """A signed request that carries these."""
        said = {"device_id": self.device, "app_build": "bench", "ops": operations}
        body = msgspec.json.encode(said | {"person_id": self.server.person_id})
        return post("/api/v1/ops", self.server.port, self.server.cookie, body, self.key.over(body))

    def registered(self, hamlet_id: str, number: int, at: datetime) -> tuple[Home, list[dict[str, Any]]]:
        """A new household with its members."""
        said = {"hamlet_id": hamlet_id, "code": f"DW-{number}", "consent": "given", "label": "Nông Văn Mẫu"}
        home = self.operation("household", said, at)
        members = [
            self.operation("member", {"household_id": home["id"], "label": label}, at) for label in MEMBERS
        ]
        return Home(home["id"], [one["id"] for one in members]), [home, *members]

    def days_work(self, homes: list[Home], wanted: int, begun: datetime) -> Iterator[dict[str, Any]]:
        """So many operations from that moment on, a second apart, in the mix of a day."""
        last_visits: list[tuple[Home, str]] = []
        for number in range(wanted):
            kind, at = A_DAY[number % len(A_DAY)], begun + timedelta(seconds=number)
            home = self.chance.choice(homes)
            if kind == VISIT:
                made = self.operation(kind, self._visit(home), at)
                last_visits.append((home, made["id"]))
            elif kind == RUN:
                made = self.operation(kind, self._walk_through(*self.chance.choice(last_visits)), at)
            else:
                made = self.operation(kind, self._observation(home), at)
            yield made

    def _visit(self, home: Home) -> dict[str, Any]:
        outcome = self.chance.choice(["met", "met", "met", "nobody_home"])
        note = " ".join(self.chance.sample(PHRASES, 2))
        return {"household_id": home.id, "outcome": outcome, "note": note, "return_on": None}

    def _walk_through(self, home: Home, visit_id: str) -> dict[str, Any]:
        service = self.chance.choice(SERVICES)
        said: dict[str, Any] = {
            "marks": {"open-app": "alone", "log-in": "help", "send": "alone"},
            "teach_back": self.chance.choice(["alone", "help", "skipped"]),
        }
        if self.chance.random() < 0.2:
            said = {
                "marks": {"open-app": "alone", "log-in": "stuck"},
                "teach_back": "skipped",
                "stuck_step": "log-in",
                "blocker": self.chance.choice(["no_signal", "sim_not_own"]),
            }
        guide = PUBLIC_SERVICES[service].guide
        of_run = {"guide": guide, "guide_version": 1, "service": service, "minutes": 12}
        who = {"household_id": home.id, "visit_id": visit_id, "member_id": self.chance.choice(home.members)}
        return who | of_run | said

    def _observation(self, home: Home) -> dict[str, Any]:
        return {
            "household_id": home.id,
            "member_id": self.chance.choice(home.members),
            "service": self.chance.choice(SERVICES),
            "level": self.chance.choice([1, 2, 3]),
            "basis": "observed",
            "reason": "Bà tự làm trước mặt tôi",
        }


class Sizes(NamedTuple):
    """How much is sent."""

    phones: list[int]
    sizes: list[int]
    rounds: int
    operations: int
    records: int
    households: int
    beside: Path | None = None


def send(
    server: Server, lanes: list[list[bytes]], in_each: int, looked: list[float] | None = None
) -> Figures:
    """Deliver, a connection for each phone; every operation must be accepted."""
    server.forget_spending()
    page = server.page if looked is not None else b""
    return run_lanes(
        server.port, server.cpu, lanes, wanted=b'"accepted"', in_each=in_each, page=page, looked=looked
    )


class Ours:
    """A server of this product, with households that are fresh and that have lived."""

    def __init__(self, server: Server, hamlet_id: str, wanted: Sizes) -> None:
        self.server, self._hamlet_id, self._wanted = server, hamlet_id, wanted
        self._registrar, self._number = Phone(server), 0
        self.lived = self.homes(datetime.now(UTC) - timedelta(days=300))
        self._live_through(wanted.records)

    def homes(self, since: datetime) -> list[Home]:
        """New households."""
        homes, operations = [], []
        for _ in range(self._wanted.households):
            self._number += 1
            home, made = self._registrar.registered(self._hamlet_id, self._number, since)
            homes.append(home)
            operations += made
        self._deliver(operations)
        return homes

    def _live_through(self, records: int) -> None:
        """The past of those that have one: some visits, walk-throughs and observations on each of their days."""
        days, a_day = max(1, records // 5), min(5, records)
        for day in range(days):
            begun = datetime.now(UTC) - timedelta(days=1 + 280 * (days - day) // days)
            for home in self.lived:
                self._deliver([*self._registrar.days_work([home], a_day, begun)])

    def _deliver(self, operations: list[dict[str, Any]]) -> None:
        for some in parts(operations, MOST_AT_ONCE):
            send(self.server, [[self._registrar.delivery(some)]], len(some))


def contenders(stack: ExitStack, engine: str, wanted: Sizes) -> tuple[list[Ours], Server]:
    """Ours, perhaps of another checkout too, and the plain one, on this engine."""
    cluster = None
    if engine == "postgresql":
        cluster = Postgres(options=())
        cluster.start()
        stack.callback(cluster.stop)
    found = []
    trees = {"ours": ROOT} | ({"beside": wanted.beside} if wanted.beside else {})
    for name, tree in trees.items():
        measured = stack.enter_context(MeasuredServer(cluster, tree, name))
        cookie = measured.sign_in(LEADER)
        pack = measured.field_pack(cookie)
        hamlet = pack["hamlets"][0]
        me = pack["me"]["person_id"]
        place = next(path for path in measured.ways(cookie) if path.startswith("/vi/coverage/"))
        page = get(place, measured.port, cookie)
        forget = spending_of(measured.server.url)
        server = Server(name, measured.port, cookie, me, measured.cpu_seconds, forget, page, schema_of(tree))
        found.append(Ours(server, hamlet["id"], wanted))
    plain = stack.enter_context(plain_server(cluster))
    return found, plain


def spending_of(url: str) -> Callable[[], None]:
    """Forgets what each sender has had kept today: one bench sends what many people do."""

    async def in_postgresql() -> None:
        connection = await asyncpg.connect(url)
        await connection.execute("DELETE FROM spending")
        await connection.close()

    def forget() -> None:
        with suppress(sqlite3.OperationalError, asyncpg.UndefinedTableError):  # an old version counts nothing
            if url.startswith("postgresql"):
                asyncio.run(in_postgresql())
            else:
                with sqlite3.connect(url.removeprefix("sqlite:///"), timeout=30) as connection:
                    connection.execute("DELETE FROM spending")

    return forget


@contextmanager
def plain_server(cluster: Postgres | None) -> Iterator[Server]:
    """The peer, in a process of its own."""
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        port = found.getsockname()[1]
    with TemporaryDirectory(prefix="bench-plain-") as folder:
        url = cluster.database("plain") if cluster else f"sqlite:///{folder}/plain.db"
        command = [sys.executable, "-m", "tests.bench.peers.plain", str(port), url, "session=bench"]
        process = subprocess.Popen(command, cwd=ROOT)
        try:
            for _ in range(300):
                with socket.socket() as trying:
                    if not trying.connect_ex(("127.0.0.1", port)):
                        break
                time.sleep(0.1)

            def cpu() -> float:
                return cpu_seconds(process.pid) + (of_cluster(cluster) if cluster else 0)

            yield Server("plain", port, "session=bench", str(uuid4()), cpu, lambda: None)
        finally:
            process.terminate()
            process.wait()


Key = tuple[str, int, int]
"""Who, how many phones, how many operations a delivery."""


@dataclass
class Found:
    """Figures of every round; and how long a look at the map took meanwhile."""

    figures: dict[Key, list[Figures]]
    looks: dict[str, list[float]]


def measure(ours: list[Ours], plain: Server, wanted: Sizes) -> Found:
    """Rounds in which all take turns."""
    found = Found({}, {})
    for number in range(wanted.rounds):
        begun = datetime.now(UTC) - timedelta(hours=9)
        turns = [(f"{one.server.name} fresh", one.server, one.homes(begun)) for one in ours]
        turns += [(f"{one.server.name} lived", one.server, one.lived) for one in ours]
        turns.append(("plain", plain, ours[0].lived))
        if number % 2:
            turns.reverse()

        def lanes(server: Server, homes: list[Home], phones: int, size: int) -> list[list[bytes]]:
            each = wanted.operations // phones
            return [_requests(Phone(server), homes, each, size) for _ in range(phones)]

        for size in wanted.sizes:
            for phones in wanted.phones:
                for name, server, homes in turns:
                    figures = send(server, lanes(server, homes, phones, size), size)
                    found.figures.setdefault((name, phones, size), []).append(figures.each(size))
        most = max(wanted.phones), max(wanted.sizes)
        for name, server, homes in turns:
            if server.page:
                looked = found.looks.setdefault(name, [])
                send(server, lanes(server, homes, *most), most[1], looked)
    return found


def _requests(phone: Phone, homes: list[Home], wanted: int, size: int) -> list[bytes]:
    """A phone's deliveries: whole ones, at least one."""
    begun = datetime.now(UTC) - timedelta(hours=8)
    operations = phone.days_work(homes, max(1, wanted // size) * size, begun)
    return [phone.delivery(some) for some in parts(operations, size)]


def report(found: Found) -> None:
    """The table: medians, and the ratios round by round: median (spread)."""
    print(
        f"{'':36} {'op/s':>7} {'p50':>7} {'p95':>7} ms {'CPU ms/op':>10}   rate : plain's       CPU : plain's"
    )
    for (name, phones, size), rounds in found.figures.items():
        figures, plain = middle(rounds), found.figures["plain", phones, size]
        rate = spread([(one.per_second, peer.per_second) for one, peer in zip(rounds, plain, strict=True)])
        cpu = spread([(one.cpu_ms, peer.cpu_ms) for one, peer in zip(rounds, plain, strict=True)])
        print(
            f"{f'{name}, {phones} phones, {size} a delivery':36} {figures.per_second:7,.0f} {figures.p50:7.1f}"
            f" {figures.p95:7.1f}    {figures.cpu_ms:10.3f}   {rate:18}  {cpu}"
        )
    for name, times in found.looks.items():
        print(
            f"{name}: a look at the map meanwhile p50 {percentile(times, 0.5):.0f}, p95 {percentile(times, 0.95):.0f} ms"
        )
    for (name, phones, size), rounds in found.figures.items():
        if name.endswith(" lived"):
            fresh = found.figures[name.replace("lived", "fresh"), phones, size]
            cpu = spread([(one.cpu_ms, other.cpu_ms) for one, other in zip(rounds, fresh, strict=True)])
            print(
                f"CPU of {name} : fresh, {phones} phones, {size} a delivery: {cpu} (1.05 at most is wanted)"
            )


def spread(pairs: list[tuple[float, float]]) -> str:
    """The ratios of these: the middle one and the outermost. A short round may use no tick of the kernel's clock."""
    ratios = sorted(one / other for one, other in pairs if other)
    return f"{median(ratios):.2f} ({ratios[0]:.2f}–{ratios[-1]:.2f})" if ratios else "–"


def sizes_from(words: list[str]) -> tuple[list[str], Sizes]:
    """What was asked for on the command line."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("engines", nargs="*", default=["sqlite", "postgresql"])
    parser.add_argument("--phones", type=int, nargs="+", default=[1, 8])
    parser.add_argument("--sizes", type=int, nargs="+", default=[1, 50])
    for name, value in (("rounds", 2), ("operations", 800), ("records", 100), ("households", 40)):
        parser.add_argument(f"--{name}", type=int, default=value)
    parser.add_argument("--beside", type=Path)
    said = vars(parser.parse_args(words))
    return said.pop("engines"), Sizes(**said)


def main(words: list[str]) -> None:
    """One engine after the other."""
    engines, wanted = sizes_from(words)
    for engine in engines:
        print(f"\n== {engine}; load before: {os.getloadavg()[0]:.1f} on {os.cpu_count()} cores; {wanted}")
        with ExitStack() as stack:
            report(measure(*contenders(stack, engine, wanted), wanted))
        print(f"load after: {os.getloadavg()[0]:.1f}")


if __name__ == "__main__":
    main(sys.argv[1:])
