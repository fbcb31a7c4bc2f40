"""Upgrades and the way back: what older releases have left is brought up to date whole; a release goes on with the tables
of the next one where that only adds to them, beside it and after it; where it does more, it is refused in words."""

import asyncio
import shutil
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, NamedTuple
from uuid import uuid4

import pytest
import sqlalchemy as sa

from tests.conftest import ROOT, opened
from tests.field_work import deliver
from tests.installations import an_installation
from tests.people import HAMLET, NOW, a_household, a_visit
from tests.storage.older import RELEASES, leave, rows_of
from tests.watch.machine import Machine, counted
from tests.watch.test_runbook import LOST, Place, installed
from tests.watch.test_watch import empty_url  # noqa: F401
from volunteer_app.copies.engines import engine_of
from volunteer_app.copies.trial import try_out
from volunteer_app.storage.migrations import bring_up_to_date, newest

MADE_BY_MIGRATIONS = {"installation", "standings", "tallies", "level_tallies", "blocker_tallies", "consents"}
"""Tables to which an upgrade may add rows: it counts again, and writes down facts."""


@pytest.mark.parametrize("release", RELEASES)
def test_x7_what_an_older_release_has_left_is_brought_up_to_date_whole(empty_url, release, tmp_path):  # noqa: F811
    """As many rows in every table, the same visits and words; recount, audit and a phone's pull find nothing wrong, and
    the next delivery is taken."""
    before = rows_of(release)

    async def left() -> None:
        async with opened(empty_url) as database:
            await leave(database, release)

    async def upgraded() -> set[tuple[Any, ...]]:
        async with opened(empty_url) as database:
            await bring_up_to_date(database)
            async with database.reading() as db:
                rows = await (await db.connection()).execute(sa.text("SELECT outcome, note FROM visits"))
                return {tuple(row) for row in rows}

    asyncio.run(left())
    assert engine_of(empty_url).schema() == RELEASES[release]
    visits = asyncio.run(upgraded())
    counts = engine_of(empty_url).counts()

    for table, rows in before.items():
        assert counts[table] == len(rows) or table in MADE_BY_MIGRATIONS, table
    assert {(row["outcome"], row["note"]) for row in before["visits"]} == visits
    assert engine_of(empty_url).schema() == newest()
    settings = an_installation(empty_url, tmp_path)
    assert try_out(settings, datetime.now(UTC)) == []

    async def goes_on() -> None:
        async with opened(empty_url) as database:
            home = a_household(id=uuid4(), hamlet_id=HAMLET, recorded_at=NOW - timedelta(minutes=5))
            await deliver(database, [home, a_visit(home.id, id=uuid4(), recorded_at=NOW)])

    asyncio.run(goes_on())
    assert engine_of(empty_url).counts()["visits"] == len(before["visits"]) + 1
    assert try_out(settings, datetime.now(UTC)) == []


EXPANDS = '''
"""The next release only adds."""
import sqlalchemy as sa
from alembic import op

revision, down_revision, branch_labels, depends_on = "9001", "{before}", None, None
older_programs_go_on = True


def upgrade() -> None:
    op.create_table("of_the_next_release", sa.Column("id", sa.Integer, primary_key=True))
    op.add_column("visits", sa.Column("weather", sa.String(20), nullable=True))
    op.add_column("households", sa.Column("road", sa.Integer, nullable=False, server_default="0"))
    op.create_index("ix_visits_weather", "visits", ["province_code", "weather"])
    op.execute("UPDATE visits SET weather = 'rain'")
'''
CONTRACTS = '''
"""The one after it takes away what nobody needs any more."""
from alembic import op

revision, down_revision, branch_labels, depends_on = "9002", "9001", None, None


def upgrade() -> None:
    op.drop_table("of_the_next_release")
    op.drop_index("ix_visits_weather", "visits")
'''


class Releases(NamedTuple):
    """Trees of programs. next: it only adds to the tables. after: it does more."""

    ours: Path
    next: Path
    after: Path


@pytest.fixture(scope="module")
def releases(tmp_path_factory) -> Releases:
    """This program, and two that nobody has written yet."""
    return Releases(
        ROOT,
        a_release(tmp_path_factory.mktemp("next"), EXPANDS),
        a_release(tmp_path_factory.mktemp("after"), EXPANDS, CONTRACTS),
    )


def a_release(folder: Path, *migrations: str) -> Path:
    """A tree of this program with more migrations."""
    for name in ("volunteer_app", "static", "service_worker"):
        shutil.copytree(ROOT / name, folder / name, ignore=shutil.ignore_patterns("__pycache__"))
    versions = folder / "volunteer_app/storage/migrations/versions"
    for number, text in enumerate(migrations, 9001):
        (versions / f"{number}_of_the_future.py").write_text(text.replace("{before}", newest()))
    return folder


@pytest.fixture(params=["sqlite", "postgresql"])
def place(request, tmp_path) -> Iterator[Place]:
    """A machine with people, and a phone that has delivered."""
    (tmp_path / "copies").mkdir()
    machine = Machine(request.param, tmp_path / "machine", tmp_path / "copies")
    try:
        yield installed(machine)
    finally:
        machine.destroy()


def test_x7_r3_a_release_goes_on_with_the_tables_of_the_next_one_beside_it_and_after_it(place, releases):
    """The next release migrates while this one serves; it takes over; it is taken back. Phones deliver all the while,
    a night's copy counts, and forward again nothing is lost. Then a release that does more: this one refuses."""
    machine, phone = place
    machine.of_release(releases.next)
    machine.run("migrate")
    assert machine.problems() == {}, "the server of before goes on"
    phone.records()
    assert phone.calls() == ["accepted"] * 2

    machine.follow("An upgrade")
    assert machine.problems() == {}
    phone.records(sealed=True)
    assert phone.calls() == ["accepted"] * 2

    machine.of_release(releases.ours)
    said = machine.follow("Back from a release")
    assert "MEND" not in said and "9001, of a newer release" in said, said
    assert machine.problems() == {}
    phone.records()
    assert phone.calls() == ["accepted"] * 2
    counts = counted(machine)
    assert counts["visits"] == 6 and "of_the_next_release" in counts, "nothing was taken back with it"
    for words in (("recount",), ("audit", "verify"), ("nightly", "--copies", "/srv/copies")):
        machine.run(*words)
    machine.follow(LOST)
    phone.finds_all_once()

    machine.of_release(releases.next)
    machine.follow("An upgrade")
    phone.records()
    phone.finds_all_once()

    machine.of_release(releases.after)
    machine.run("migrate")
    machine.run("backup", "/srv/copies")
    of_after = machine.newest()
    machine.of_release(releases.ours)
    machine.stop()
    for words in ("serve", f"confirm /srv/copies/{of_after}", "recount", "take-over"):
        said, failed = machine.shell(f"tungnha {words}")
        assert failed and "newer release" in said and "Traceback" not in said, said
    assert counted(machine)["visits"] == 7
