"""Visits taken by the real server over HTTP, beside a bare route and a plain insert loop in the same minute.

`python -m tests.bench.ingest [sqlite] [postgresql]` (both unless told; about two minutes; Linux, for the kernel's
counters). The visits go to all households of the demo commune, which has about 900; CPU on PostgreSQL is the server's
and the database's together.
"""

import os
import socket
import sqlite3
import subprocess
import sys
import time
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from random import Random
from tempfile import TemporaryDirectory
from typing import Any
from uuid import uuid4

import msgspec

from tests.bench.load import Figures, post, run
from tests.bench.measured import LEADER, MeasuredServer, cpu_seconds, median
from tests.boxes import SigningKey
from tests.conftest import ROOT
from tests.postgres import Postgres
from volunteer_app.demo.history import uuid7

ROUNDS = 3
PLANS = {1: {1: 200, 8: 600, 32: 1200}, 25: {1: 20, 8: 40, 32: 64}, 50: {1: 20, 8: 40, 32: 64}}
"""Visits in a delivery → connections → deliveries sent in a round."""
PHRASES = (
    "Bác đã tự đăng nhập được, còn quên chỗ bấm nút gửi mã.",
    "Nhà cuối đường, qua cầu treo, nên gọi trước khi đến.",
    "Máy cũ pin yếu, lần sau mang theo sạc và chữ to hơn.",
    "Cả nhà đi nương, tối mới về, hẹn chiều thứ Bảy tuần sau.",
    "Con gái sẽ giúp ôn lại bước nhận mã trên điện thoại.",
    "Bác nghe rõ, làm chậm, cần nhắc lại phần mật khẩu.",
)
COLUMNS = "id BLOB PRIMARY KEY, household BLOB, hamlet BLOB, person BLOB, outcome TEXT, note TEXT, at TEXT"


class Visits:
    """Visits of one phone, each another one."""

    def __init__(
        self, port: int, cookie: str, households: list[str], person_id: str, *, signs: bool = True
    ) -> None:
        self.port, self.cookie, self.households = port, cookie, households
        self.chance, self.seq, self.device = Random(50), 0, str(uuid4())
        self.person_id, self.key = person_id, SigningKey() if signs else None

    def operation(self) -> dict[str, Any]:
        """One visit, as a phone words it; the note is 100 to 110 characters of real Vietnamese."""
        self.seq += 1
        now = datetime.now(UTC)
        body = {
            "household_id": self.chance.choice(self.households),
            "outcome": self.chance.choice(["met", "met", "nobody_home"]),
            "note": " ".join(self.chance.sample(PHRASES, 2)),
            "return_on": None,
        }
        return {
            "id": str(uuid7(now, self.chance)),
            "seq": self.seq,
            "kind": "visit",
            "schema": 1,
            "recorded_at": now.isoformat(),
            "depends_on": [body["household_id"]],
            "body": body,
        }

    def requests(self, count: int, size: int) -> list[bytes]:
        """So many deliveries of so many visits each, signed as phones sign them."""
        made = []
        for _ in range(count):
            body = msgspec.json.encode(
                {
                    "device_id": self.device,
                    "app_build": "bench",
                    "person_id": self.person_id,
                    "ops": [self.operation() for _ in range(size)],
                }
            )
            signed = self.key.over(body) if self.key else {}
            made.append(post("/api/v1/ops", self.port, self.cookie, body, signed))
        return made


@contextmanager
def bare_route():
    """The floor's process: its port and pid."""
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        port = found.getsockname()[1]
    process = subprocess.Popen([sys.executable, "-m", "tests.bench.bare_route", str(port)], cwd=ROOT)
    try:
        for _ in range(100):
            with socket.socket() as trying:
                if not trying.connect_ex(("127.0.0.1", port)):
                    break
            time.sleep(0.1)
        yield port, process.pid
    finally:
        process.terminate()
        process.wait()


def insert_loop(folder: Path, count: int, size: int) -> Figures:
    """Plain inserts, WAL, synchronous FULL, two indexes; a transaction for every `size` rows."""
    database = sqlite3.connect(folder / f"floor{size}.db", isolation_level=None)
    database.execute("PRAGMA journal_mode=WAL")
    database.execute("PRAGMA synchronous=FULL")
    database.execute(f"CREATE TABLE IF NOT EXISTS visits ({COLUMNS}) WITHOUT ROWID")
    database.execute("CREATE INDEX IF NOT EXISTS by_household ON visits (household, at)")
    database.execute("CREATE INDEX IF NOT EXISTS by_hamlet ON visits (hamlet, at)")
    other = uuid4().bytes
    rows = [
        (uuid4().bytes, other, other, other, "met", " ".join(PHRASES[:2]), "2026-11-22")
        for _ in range(count * size)
    ]
    cpu, begun = time.process_time(), time.perf_counter()
    for start in range(0, count * size, size):
        database.execute("BEGIN IMMEDIATE")
        database.executemany("INSERT INTO visits VALUES (?,?,?,?,?,?,?)", rows[start : start + size])
        database.execute("COMMIT")
    seconds, used = time.perf_counter() - begun, time.process_time() - cpu
    database.close()
    per_second, cpu_ms = count * size / seconds, used * 1000 / (count * size)
    return Figures(per_second, *[1000 * size / per_second] * 3, cpu_ms, 0, 0)


def middle(rounds: list[Figures]) -> Figures:
    """Each figure's median over the rounds."""
    return Figures(*(median([getattr(f, name) for f in rounds]) for name in Figures.__dataclass_fields__))


def show(title: str, figures: Figures, beside: Figures | None = None) -> None:
    """One line of the table."""
    ratio = (
        f"   {figures.per_second / beside.per_second:5.2f} × its rate, {figures.cpu_ms / beside.cpu_ms:5.2f} × its CPU"
        if beside and beside.cpu_ms  # a short round may use less than a tick of the kernel's clock
        else ""
    )
    print(
        f"{title:34} {figures.per_second:8,.0f} visits/s   p50 {figures.p50:6.1f}  p95 {figures.p95:6.1f}"
        f"  p99 {figures.p99:6.1f} ms   {figures.cpu_ms:6.3f} ms CPU/visit{ratio}"
    )


def measure(measured: MeasuredServer, bare_port: int, bare_pid: int) -> dict[tuple[str, int, int], Figures]:
    """Measure in turns, so that a busy minute of the machine hits all of them."""
    found: dict[tuple[str, int, int], list[Figures]] = {}
    cookie = measured.sign_in(LEADER)
    households, me = measured.households(cookie), measured.person_id(cookie)
    ours = (Visits(measured.port, cookie, households, me), measured.cpu_seconds)
    floor = (Visits(bare_port, cookie, households, me), lambda: cpu_seconds(bare_pid))
    with TemporaryDirectory() as folder:
        for _ in range(ROUNDS):
            for size, plan in PLANS.items():
                found.setdefault(("insert", 1, size), []).append(
                    insert_loop(Path(folder), 20 if size > 1 else 400, size)
                )
                for connections, count in plan.items():
                    for name, (visits, used) in (("bare", floor), ("ours", ours)):
                        figures = run(
                            visits.port,
                            used,
                            visits.requests(count, size),
                            connections=connections,
                            wanted=b'"accepted"',
                        )
                        found.setdefault((name, connections, size), []).append(figures.each(size))
    return {key: middle(rounds) for key, rounds in found.items()}


def report(result: dict[tuple[str, int, int], Figures]) -> None:
    """The table."""
    for size, plan in PLANS.items():
        print(f"\n{'single visits' if size == 1 else f'batches of {size}'} (median of {ROUNDS} rounds)")
        show("plain insert loop, SQLite, WAL FULL", result["insert", 1, size])
        for connections in plan:
            show(f"bare Litestar route, c={connections}", result["bare", connections, size])
            show(
                f"Từng Nhà, c={connections}",
                result["ours", connections, size],
                result["bare", connections, size],
            )
        one = result["ours", 1, size]
        print(
            f"over the wire: {one.bytes_up:.0f} B up + {one.bytes_down:.0f} B down a visit (HTTP, without TLS)"
        )


def on_sqlite() -> None:
    """The default: a file, WAL, synchronous FULL."""
    with MeasuredServer() as measured, bare_route() as (bare_port, bare_pid):
        database = measured.server.database
        before = database.stat().st_size
        report(measure(measured, bare_port, bare_pid))
        taken = measured.server.rows(
            "SELECT count(*) FROM visits WHERE recorded_at > 1000000 * (strftime('%s', 'now') - 3600)"
        )[0][0]
        rss, pss = measured.megabytes()
        measured.server.stop()
        with sqlite3.connect(database) as connection:
            connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        grown = (database.stat().st_size - before) / taken
    print(
        f"\n{taken:,} visits kept; the database grew by {grown:.0f} B a visit; memory after it: {rss:.0f} MB RSS, {pss:.0f} MB PSS"
    )


def on_postgresql() -> None:
    """A cluster of its own with its usual settings: every commit reaches the disk."""
    cluster = Postgres(options=())
    cluster.start()
    try:
        with MeasuredServer(cluster) as measured, bare_route() as (bare_port, bare_pid):
            report(measure(measured, bare_port, bare_pid))
    finally:
        cluster.stop()


def main() -> None:
    """One engine after the other."""
    engines = {"sqlite": on_sqlite, "postgresql": on_postgresql}
    for name in sys.argv[1:] or engines:
        print(f"\n== {name}; load of the machine before: {os.getloadavg()[0]:.1f} on {os.cpu_count()} cores")
        engines[name]()
        print(f"load of the machine after: {os.getloadavg()[0]:.1f}")


if __name__ == "__main__":
    main()
