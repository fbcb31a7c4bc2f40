"""What every test may ask for: real databases with every migration applied, and the shared real data."""

import asyncio
import shutil
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import asynccontextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest

from tests import people
from tests.once import made_once
from tests.postgres import Postgres
from volunteer_app.domain.calendar import local_day
from volunteer_app.domain.people import Role
from volunteer_app.storage.assignments import AssignmentRow
from volunteer_app.storage.database import Database
from volunteer_app.storage.migrations import bring_up_to_date
from volunteer_app.storage.people import MembershipRow, PersonRow
from volunteer_app.storage.places import CommuneRow, HamletRow, ProvinceRow

ROOT = Path(__file__).parent.parent
SHARED = ROOT.parent / "shared" / "data"

WITHOUT_END = 600
"""Seconds after which a test in a browser counts as hanging: a script in a page may wait for ever, and no driver
gives up on it. The process of that test ends, its neighbours go on in another."""


def pytest_addoption(parser: pytest.Parser) -> None:
    """`--steps`: how long the long runs are (`-m long`, docs/reliability.md)."""
    parser.addoption("--steps", type=int, default=100_000, help="steps of the model in the long runs")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Browser tests come last: Playwright keeps an event loop running, beside which `asyncio.run` refuses to work."""
    items.sort(key=lambda item: "browser" in item.path.parts)
    for item in items:
        if "browser" in item.path.parts:
            item.add_marker(pytest.mark.timeout(WITHOUT_END))


@pytest.fixture(scope="session")
def migrated(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An empty SQLite database with every migration applied and the people of `people.py`; tests work on copies."""
    return made_once(tmp_path_factory, "migrated.db", lambda path: asyncio.run(_prepare(f"sqlite:///{path}")))


async def _prepare(url: str) -> None:
    database = Database(url)
    await bring_up_to_date(database)
    async with database.writing() as db:
        await _add_people(db)
    await database.close()


async def _add_people(db: Any) -> None:
    today = local_day(people.NOW)
    db.add(ProvinceRow(code=people.PROVINCE, name="Tuyên Quang", kind="Tỉnh", full_name="Tỉnh Tuyên Quang"))
    await db.flush()
    for code, name in ((people.COMMUNE, "Minh Tân"), (people.OTHER_COMMUNE, "Bình Xa")):
        db.add(
            CommuneRow(code=code, name=name, kind="Xã", full_name=f"Xã {name}", province_code=people.PROVINCE)
        )
    await db.flush()
    for position, (id_, commune, name, count) in enumerate(
        (
            (people.HAMLET, people.COMMUNE, "Nà Thử", 40),
            (people.NEXT_HAMLET, people.COMMUNE, "Khuổi Mẫu", 30),
            (people.FAR_HAMLET, people.OTHER_COMMUNE, "Bản Mẫu", 20),
        )
    ):
        db.add(
            HamletRow(
                province_code=people.PROVINCE,
                id=id_,
                commune_code=commune,
                name=name,
                kind="thôn",
                position=position,
                household_count=count,
                household_count_source="danh sách thử",
                household_count_date=today,
            )
        )
    for id_, scope in people.SCOPES.items():
        db.add(PersonRow(province_code=people.PROVINCE, id=id_, name=f"Người mẫu {str(id_)[:4]}"))
        db.add(
            MembershipRow(
                province_code=people.PROVINCE,
                id=id_,
                person_id=id_,
                role=scope.role,
                commune_code=scope.commune_code,
                first_day=today - timedelta(days=90),
            )
        )
        if scope.role is Role.VOLUNTEER:
            for hamlet_id in scope.hamlet_ids or ():
                db.add(
                    AssignmentRow(
                        province_code=people.PROVINCE,
                        id=people.id_of(f"assignment {id_}"),
                        commune_code=scope.commune_code or "",
                        hamlet_id=hamlet_id,
                        person_id=id_,
                        first_day=today - timedelta(days=30),
                        last_day=today + timedelta(days=365),
                    )
                )


@pytest.fixture(scope="session")
def postgres() -> Iterator[Postgres]:
    """A PostgreSQL cluster for this run, with a migrated database that tests copy."""
    cluster = Postgres()
    cluster.start()
    asyncio.run(_prepare(cluster.database("migrated")))
    yield cluster
    cluster.stop()


@pytest.fixture
def sqlite_url(migrated: Path, tmp_path: Path) -> str:
    """A SQLite database of one's own."""
    shutil.copy(migrated, tmp_path / "test.db")
    return f"sqlite:///{tmp_path}/test.db"


@pytest.fixture(params=["sqlite", "postgresql"])
def database_url(request: pytest.FixtureRequest) -> Iterator[str]:
    """A database of one's own, on each engine in turn: the same tests hold on both."""
    if request.param == "sqlite":
        yield request.getfixturevalue("sqlite_url")
        return
    cluster: Postgres = request.getfixturevalue("postgres")
    name = f"test_{uuid4().hex[:12]}"
    yield cluster.database(name, template="migrated")
    cluster.drop(name)


@pytest.fixture
def in_database(database_url: str) -> Iterator[Callable[[Callable[[Any], Awaitable[Any]]], Any]]:
    """Run an async piece of work with the test's database open: `in_database(lambda database: …)`."""

    def run(work: Callable[[Any], Awaitable[Any]]) -> Any:
        async def with_open() -> Any:
            async with opened(database_url) as database:
                return await work(database)

        return asyncio.run(with_open())

    return run


@asynccontextmanager
async def opened(url: str, register_folder: Path | None = None) -> AsyncIterator[Database]:
    """A database, closed afterwards."""
    database = Database(url, register_folder)
    try:
        yield database
    finally:
        await database.close()
