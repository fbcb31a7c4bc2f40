"""What a map costs after 10 thousand, 1 million and 10 million visits, and a list of 100,000 visits as CSV.

`.venv/bin/python -m tests.bench.maps [--visits 10000 1000000] [--postgres]`: the real communes and outlines, 30 invented
hamlets in each commune of Tuyên Quang and Lạng Sơn and one in every other; visits and their tallies are bulk-loaded in
SQL (as many rows as real work would have made), then pages are fetched from the application itself, without a network.
Beside each stands a bare Litestar route that hands out the same page, ready-made, packed the same way.
"""

import argparse
import asyncio
import gc
import resource
import time
from collections.abc import Callable
from contextlib import AsyncExitStack, ExitStack
from datetime import UTC, datetime, timedelta
from http.cookies import SimpleCookie
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any
from uuid import UUID

import brotli
import sqlalchemy as sa
from litestar import Litestar, get
from litestar.config.compression import CompressionConfig

from tests.bench.measured import children_of, cpu_seconds, percentile
from tests.places import HAMLETS, UNITS, shared
from tests.postgres import Postgres
from volunteer_app.app import create_app
from volunteer_app.cli import look_for_garbage_seldom
from volunteer_app.domain.calendar import local_day
from volunteer_app.domain.people import Role
from volunteer_app.domain.periods import CALENDAR, Span, start_of
from volunteer_app.importing.run import run_import
from volunteer_app.settings import Settings
from volunteer_app.storage.database import Database
from volunteer_app.storage.figures.tally_rows import LevelTallyRow, TallyRow
from volunteer_app.storage.households import HouseholdRow
from volunteer_app.storage.migrations import bring_up_to_date
from volunteer_app.storage.people import MembershipRow, PersonRow
from volunteer_app.storage.places import CommuneRow, HamletRow
from volunteer_app.storage.sign_ins import SignInRow, hash_of

PILOTS = {"08": "Tuyên Quang", "20": "Lạng Sơn"}
COMMUNE = "00919"
DAYS, ROUNDS, OF_CSV = 60, 41, 100_000
NOW = datetime.now(UTC)
TODAY = local_day(NOW)
BOUNDARIES = "vietnam-communes.geojson"

LOAD = {
    "sqlite": """
        with recursive n(i) as (select :first union all select i + 1 from n where i + 1 < :last)
        insert into visits (province_code, id, commune_code, hamlet_id, household_id, person_id, outcome, note,
          visited_on, companions, recorded_at, received_at)
        select h.province_code, unhex(printf('%032x', n.i + 1)), h.commune_code, h.hamlet_id,
          unhex(printf('%032x', h.n * 1000 + n.i / :hamlets % 100 + 1)), unhex(printf('%032x', 7)), 'met', '',
          date(:today, '-' || (n.i * 7919 % :days) || ' days'), '[]', :now, :now
        from n join some_hamlets h on h.n = n.i % :hamlets
    """,
    "postgresql": """
        insert into visits (province_code, id, commune_code, hamlet_id, household_id, person_id, outcome, note,
          visited_on, companions, recorded_at, received_at)
        select h.province_code, lpad(to_hex(i + 1), 32, '0')::uuid, h.commune_code, h.hamlet_id,
          lpad(to_hex(h.n * 1000 + i / :hamlets % 100 + 1), 32, '0')::uuid, lpad('7', 32, '0')::uuid, 'met', '',
          cast(:today as date) - cast(i * 7919 % :days as integer), '[]', :now, :now
        from generate_series(cast(:first as bigint), cast(:last as bigint) - 1) i
        join some_hamlets h on h.n = i % :hamlets
    """,
}
INDEXES = ("ix_visits_place", "ix_visits_household")


async def prepare(url: str, visits: int) -> None:
    """Places, one officer for each province, and this many visits with their tallies."""
    database = Database(url)
    await bring_up_to_date(database)
    options: dict[str, Any] = {"kind": None, "preview": False, "now": NOW, "by": None, "largest_mb": 50}
    async with database.writing() as db:
        for name in (UNITS, BOUNDARIES, HAMLETS):
            await run_import(db, path=shared(name), **options)
    async with database.writing() as db:
        connection = await db.connection()
        codes = (
            await connection.execute(sa.select(CommuneRow.province_code, CommuneRow.code).order_by(CommuneRow.code))
        ).all()  # fmt: skip
        await connection.execute(sa.delete(HamletRow))
        hamlets = [
            {
                "province_code": province, "id": UUID(int=10**9 + number * 100 + place), "commune_code": code,
                "name": f"Thôn Mẫu {place + 1}", "position": place, "household_count": 100,
                "household_count_source": "giả định", "household_count_date": TODAY, "languages": [],
                "signal": "unknown", "search": "",
            }
            for number, (province, code) in enumerate(codes)
            for place in range(30 if province in PILOTS else 1)
        ]  # fmt: skip
        hamlets = [{k: v for k, v in row.items() if k in HamletRow.__table__.c} for row in hamlets]  # type: ignore[attr-defined]
        await connection.execute(sa.insert(HamletRow), hamlets)
        await _people(db, sorted({province for province, _ in codes}))
        await connection.execute(
            sa.text("create table some_hamlets (n integer primary key, province_code text, commune_code text, hamlet_id "
                    + ("uuid)" if connection.dialect.name == "postgresql" else "blob)"))
        )  # fmt: skip
        some = sa.table(
            "some_hamlets", *(sa.column(name) for name in ("n", "province_code", "commune_code")),
            sa.column("hamlet_id", HamletRow.__table__.c.id.type),  # type: ignore[attr-defined]
        )  # fmt: skip
        await connection.execute(
            sa.insert(some),
            [
                {"n": n, "province_code": row["province_code"], "commune_code": row["commune_code"], "hamlet_id": row["id"]}
                for n, row in enumerate(hamlets)
            ],
        )  # fmt: skip
        await _visits(connection, visits, len(hamlets))
        await _tallies(connection)
        await connection.execute(sa.text("analyze"))
    await database.close()


async def _people(db: Any, provinces: list[str]) -> None:
    """An officer of the Front for each province and a leader of the measured commune; who is signed in by its code."""
    scopes = [(province, province, None, Role.REVIEWER) for province in provinces]
    for token, province, commune, role in [*scopes, (COMMUNE, "08", COMMUNE, Role.LEADER)]:
        who = UUID(int=5_000_000 + int(token))
        db.add(PersonRow(province_code=province, id=who, name="Người mẫu"))
        db.add(MembershipRow(province_code=province, id=who, person_id=who, role=role, commune_code=commune, first_day=TODAY))  # fmt: skip
        db.add(SignInRow(token_hash=hash_of(token), province_code=province, person_id=who, membership_id=who,
                         created_at=NOW, expires_at=NOW + timedelta(days=1)))  # fmt: skip
    await db.flush()


async def _visits(connection: Any, visits: int, hamlets: int) -> None:
    for name in INDEXES:
        await connection.execute(sa.text(f"drop index {name}"))
    text = sa.text(LOAD[connection.dialect.name]).bindparams(
        sa.bindparam("now", NOW, sa.DateTime(timezone=True))
    )
    given = {"hamlets": hamlets, "days": DAYS}
    given["today"] = TODAY if connection.dialect.name == "postgresql" else TODAY.isoformat()
    for first in range(0, visits, 1_000_000):
        await connection.execute(text, given | {"first": first, "last": min(visits, first + 1_000_000)})
    await connection.execute(
        sa.text(f"create index {INDEXES[0]} on visits (province_code, commune_code, visited_on)")
    )
    await connection.execute(sa.text(f"create index {INDEXES[1]} on visits (province_code, household_id)"))


async def _tallies(connection: Any) -> None:
    """A row for each place and span with a visit, of hamlets and of communes; households are at most 100 a hamlet."""
    visit = HouseholdRow.metadata.tables["visits"].c
    of_day = (visit.province_code, visit.commune_code, visit.hamlet_id, visit.visited_on)
    query = sa.select(*of_day, sa.func.count()).group_by(*of_day)
    counts: dict[tuple[str, str, str, Span, Any], int] = {}
    for province, commune, hamlet_id, day, turns in await connection.execute(query):
        for area, place in ((commune, hamlet_id.hex), ("", commune)):
            for span in (Span.ALL, *CALENDAR):
                key = (province, area, place, span, start_of(span, day))
                counts[key] = counts.get(key, 0) + turns
    rows, levels = [], []
    for (province, area, place, span, start), turns in counts.items():
        households = min(turns, 100 if area else 3000)
        key = {"province_code": province, "area": area, "place": place, "span": span, "start": start}
        rows.append(key | {"turns": turns, "attempted": households, "met": households, "first_attempted": households,
                           "first_met": households, "independent": households // 5, "last_on": TODAY})  # fmt: skip
        if span is not Span.WEEK:
            levels.append(key | {"service": "activate-level-2", "alone_watched": households // 2})
    for table, some in ((TallyRow, rows), (LevelTallyRow, levels)):
        for first in range(0, len(some), 50_000):
            await connection.execute(sa.insert(table), some[first : first + 50_000])


async def add_a_full_commune(url: str) -> None:
    """The measured commune's list: 3,000 households and 100,000 visits with short notes."""
    database = Database(url)
    async with database.writing() as db:
        connection = await db.connection()
        (hamlet,) = (await connection.execute(sa.select(HamletRow.id).where(HamletRow.commune_code == COMMUNE).limit(1))).one()  # fmt: skip
        homes = [
            {"province_code": "08", "id": UUID(int=10**20 + n), "commune_code": COMMUNE, "hamlet_id": hamlet, "code": f"TM-{n}",
             "label": "Nông Văn Mẫu", "consent": "given", "feed_seq": 0, "recorded_at": NOW, "received_at": NOW}
            for n in range(3000)
        ]  # fmt: skip
        await connection.execute(sa.insert(HouseholdRow), homes)
        await connection.execute(sa.text("delete from visits where commune_code = :one"), {"one": COMMUNE})
        visit = HouseholdRow.metadata.tables["visits"]
        for first in range(0, OF_CSV, 10_000):
            rows = [
                {"province_code": "08", "id": UUID(int=10**25 + n), "commune_code": COMMUNE, "hamlet_id": hamlet,
                 "household_id": UUID(int=10**20 + n % 3000), "person_id": UUID(int=5_000_000 + int(COMMUNE)),
                 "outcome": "met", "note": "Bà cụ hẹn chiều mai, nhớ mang thẻ căn cước",
                 "visited_on": TODAY - timedelta(days=n % DAYS), "companions": [], "recorded_at": NOW, "received_at": NOW}
                for n in range(first, first + 10_000)
            ]  # fmt: skip
            await connection.execute(sa.insert(visit), rows)
    await database.close()


def made_for(url: str, folder: Path) -> "App":
    """Our application with this database."""
    keys = str(folder / "keys")
    settings = Settings(mode="demo", database_url=url, origin="http://localhost", keys_folder=keys,
                        media_folder=str(folder / "media"), asset_archive=str(folder / "assets"))  # fmt: skip
    return App(create_app(settings))


def bare_with(body: bytes) -> "App":
    """The floor: a Litestar application that only hands out this page."""

    @get("/", media_type="text/html")
    async def page() -> bytes:
        return body

    packed = CompressionConfig(backend="brotli", brotli_quality=4)
    return App(Litestar([page], compression_config=packed, openapi_config=None))


class App:
    """An application, called as a server calls it, without a network in between."""

    def __init__(self, app: Any) -> None:
        self.app = app

    async def get(self, path: str, token: str) -> tuple[int, bytes]:
        """One request as a browser makes it, brotli accepted: status and body as it goes over the wire."""
        cookie = SimpleCookie({"session": token}).output(header="", sep=";").strip()
        address, _, query = path.partition("?")
        headers = {"host": "localhost", "cookie": cookie, "accept-encoding": "br", "accept": "text/html"}
        scope = {
            "type": "http", "asgi": {"version": "3.0"}, "http_version": "1.1", "method": "GET", "scheme": "http",
            "path": address, "raw_path": address.encode(), "query_string": query.encode(), "root_path": "",
            "headers": [(k.encode(), v.encode()) for k, v in headers.items()],
            "client": ("127.0.0.1", 1), "server": ("localhost", 80), "state": {},
        }  # fmt: skip
        status, parts = 0, []
        asked, sent = iter([{"type": "http.request", "body": b"", "more_body": False}]), asyncio.Event()

        async def receive() -> dict[str, Any]:
            if (message := next(asked, None)) is None:
                await sent.wait()
            return message or {"type": "http.disconnect"}

        async def send(message: dict[str, Any]) -> None:
            nonlocal status
            status = message.get("status", status)
            parts.append(message.get("body", b""))
            if message["type"] == "http.response.body" and not message.get("more_body"):
                sent.set()

        await self.app(scope, receive, send)
        return status, b"".join(parts)


PAGES = {
    "commune (30 hamlets)": [(f"/vi/coverage/08/{COMMUNE}", "08")],
    "Tuyên Quang (124)": [("/vi/coverage/08", "08")],
    "Lạng Sơn (65)": [("/vi/coverage/20", "20")],
    "Tuyên Quang, this week": [("/vi/coverage/08?span=week", "08")],
    "Tuyên Quang, who is left behind": [("/vi/left-behind/08", "08")],
    "Tuyên Quang, report of the week": [("/vi/reports/08", "08")],
}


class Measured:
    """What fetching some pages cost, turn by turn."""

    def __init__(self) -> None:
        self.times: list[float] = []
        """ms."""
        self.cpu: list[float] = []
        """ms of CPU of this process."""
        self.of_database = 0.0
        """Seconds of CPU of the database's own processes, all turns together; 0 for SQLite, which has none."""
        self.size = 0
        """Bytes over the wire."""
        self.body = b""
        """The last page."""

    async def turn(self, app: App, pages: list[tuple[str, str]], database: Callable[[], float]) -> None:
        """Fetch the pages after one another. database: CPU seconds that it has used so far."""
        size, before = 0, database()
        begun, cpu = time.perf_counter(), time.process_time()
        for path, token in pages:
            status, self.body = await app.get(path, token)
            assert status == 200, (path, status, self.body[:300])
            size += len(self.body)
        self.times.append((time.perf_counter() - begun) * 1000)
        self.cpu.append((time.process_time() - cpu) * 1000)
        self.of_database += database() - before
        self.size = size


async def measure(
    apps: list[App], pages: list[tuple[str, str]], rounds: int, database: Callable[[], float]
) -> tuple[list[Measured], Measured]:
    """The same pages from each application in turns, so that all meet the machine in the same mood; and the floor."""
    found = [Measured() for _ in apps]
    floor, nothing = Measured(), float
    for app, one in zip(apps, found, strict=True):
        await one.turn(app, pages, nothing)
    bare = bare_with(brotli.decompress(found[0].body))
    found = [Measured() for _ in apps]
    for _ in range(rounds):
        for app, one in zip(apps, found, strict=True):
            await one.turn(app, pages, database)
        await floor.turn(bare, [("/", "")] * len(pages), nothing)
    return found, floor


async def measure_all(urls: dict[int, str], folder: Path, database: Callable[[], float]) -> None:
    """Every page of `PAGES` and all provinces after one another: a line for each size, and how much the largest takes
    of what the smallest takes. urls: a database for each number of visits."""
    apps = [made_for(url, folder) for url in urls.values()]
    provinces = await _provinces(next(iter(urls.values())))
    async with AsyncExitStack() as stack:
        for app in apps:
            await stack.enter_async_context(app.app.app.lifespan())
        gc.collect()
        gc.freeze()  # as `serve` does: what is made by now is not looked through again
        gc.set_threshold(50_000, 20, 50)
        pages = PAGES | {
            f"all 3,321 communes ({len(provinces)} maps)": [(f"/vi/coverage/{one}", one) for one in provinces]
        }
        for name, some in pages.items():
            rounds = ROUNDS if len(some) == 1 else 3
            found, floor = await measure(apps, some, rounds, database)
            for visits, one in zip(urls, found, strict=True):
                print(
                    f"{visits:>10,}  {name:34} {percentile(one.times, 0.5):8.1f} ms"
                    f"  p95 {percentile(one.times, 0.95):8.1f}  CPU {min(one.cpu):7.1f} ms"
                    f"  of the database {one.of_database * 1000 / rounds:6.1f} ms  {one.size:>9,} B"
                    f"  {percentile(one.times, 0.5) / percentile(floor.times, 0.5):5.1f} × bare",
                    flush=True,
                )
            first, last = found[0], found[-1]
            print(
                f"{'':12}{max(urls):,} visits take {percentile(last.times, 0.5) / percentile(first.times, 0.5):.2f}"
                f" times the time and {min(last.cpu) / min(first.cpu):.2f} times the CPU of {min(urls):,}",
                flush=True,
            )


async def measure_csv(url: str, folder: Path) -> None:
    """The list of 100,000 visits as CSV, best of three."""
    await add_a_full_commune(url)
    app = made_for(url, folder)
    look_for_garbage_seldom()  # as `serve` does
    async with app.app.app.lifespan():
        times = []
        for _ in range(3):
            begun = time.perf_counter()
            status, body = await app.get(f"/api/v1/figures/visits.csv?province=08&commune={COMMUNE}", COMMUNE)
            times.append(time.perf_counter() - begun)
            assert status == 200, body[:200]
            assert brotli.decompress(body).count(b"\r\n") == OF_CSV + 1
        print(
            f"CSV of {OF_CSV:,} visits: {min(times):.2f} s (of 3: {', '.join(f'{t:.2f}' for t in times)}), {len(body):,} B compressed"
        )


async def _provinces(url: str) -> list[str]:
    database = Database(url)
    async with database.reading() as db:
        query = sa.select(CommuneRow.province_code).distinct().order_by(CommuneRow.province_code)
        found = list((await (await db.connection()).execute(query)).scalars())
    await database.close()
    return found


def main() -> None:
    """Every size on one engine."""
    words = argparse.ArgumentParser(description=__doc__)
    words.add_argument("--visits", type=int, nargs="+", default=[10_000, 1_000_000])
    words.add_argument("--postgres", action="store_true")
    words.add_argument("--folder", help="where the databases lie meanwhile; 10 million visits take 5 GB")
    given = words.parse_args()
    urls: dict[int, str] = {}
    with ExitStack() as stack:
        folder = Path(stack.enter_context(TemporaryDirectory(prefix="bench-maps-", dir=given.folder)))
        cluster = None

        def database() -> float:
            return sum(map(cpu_seconds, children_of(cluster.server_process()))) if cluster else 0.0

        if given.postgres:
            cluster = Postgres()
            cluster.start()
            stack.callback(cluster.stop)
        for size in sorted(given.visits):
            name = f"maps_{size}"
            urls[size] = cluster.database(name) if cluster else f"sqlite:///{folder / name}.db"
            begun = time.perf_counter()
            asyncio.run(prepare(urls[size], size))
            print(f"-- {size:,} visits loaded in {time.perf_counter() - begun:.0f} s", flush=True)
        asyncio.run(measure_all(urls, folder, database))
        asyncio.run(measure_csv(urls[max(urls)], folder))
    print(f"most memory: {resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024:.0f} MB")


if __name__ == "__main__":
    main()
