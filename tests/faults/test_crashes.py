"""What was acknowledged is there after any crash, and counts once (reliability E2, E22–E25, E28, E37; I1, I2).

Each guard has its mutation check: a parameter switches it off and the test expects the loss.
"""

import asyncio
import multiprocessing
import os
import signal
import sqlite3
from datetime import UTC, datetime
from pathlib import Path
from random import Random
from uuid import uuid4

import pytest
from sqlalchemy.exc import OperationalError

from tests.conftest import opened
from tests.faults.power import recorded
from tests.people import LAN, LANS_PHONE, NOW, SCOPES, a_household
from volunteer_app.storage import database
from volunteer_app.storage.operations import deliveries, taking
from volunteer_app.storage.operations.deliveries import Arrival, Busy, Deliveries
from volunteer_app.storage.operations.log import Sent
from volunteer_app.storage.operations.senders import Sender

LANS = Sender(SCOPES[LAN], LANS_PHONE, "test")


def taken(connection, sent):
    return taking.take(connection, "08", [Sent(LANS, one) for one in sent], NOW)


def households_in(path: Path) -> set[bytes]:
    connection = sqlite3.connect(path)
    try:
        return {row[0] for row in connection.execute("SELECT id FROM households")}
    finally:
        connection.close()


def _writer(url: str, told, wait_before_reply: float, tells_first: bool) -> None:
    """A server's writer, until it is killed: tells of each household only after its commit (or before it)."""

    async def work():
        async with opened(url) as database:
            while True:
                household = a_household(id=uuid4())
                if tells_first:
                    told.send(household.id.bytes)
                    await asyncio.sleep(wait_before_reply)
                await database.writing_at_once(lambda c, h=household: taken(c, [h]))
                if not tells_first:
                    await asyncio.sleep(wait_before_reply)
                    told.send(household.id.bytes)

    asyncio.run(work())


def killed(
    url: str, kills: int, each: int, wait_before_reply: float, *, tells_first: bool = False
) -> tuple[set[bytes], set[bytes]]:
    """Kill a writer so often, each time after it has told of some households: those told of, and those kept."""
    told, tells = multiprocessing.Pipe(duplex=False)
    acknowledged: set[bytes] = set()
    for _ in range(kills):
        process = multiprocessing.get_context("spawn").Process(
            target=_writer, args=(url, tells, wait_before_reply, tells_first)
        )
        process.start()
        for _ in range(each):
            assert told.poll(60)
            acknowledged.add(told.recv())
        os.kill(process.pid, signal.SIGKILL)
        process.join()
        while told.poll():
            acknowledged.add(told.recv())
    return acknowledged, households_in(Path(url.removeprefix("sqlite:///")))


@pytest.mark.parametrize(("wait_before_reply", "tells_first"), [(0, False), (0.002, False), (0.02, True)])
def test_e24_i1_kill_9_loses_nothing_that_was_acknowledged(sqlite_url, wait_before_reply, tells_first):
    """The mutation check: a server that tells of a household before its commit has told of some that are gone."""
    acknowledged, kept = killed(sqlite_url, 3, 20, wait_before_reply, tells_first=tells_first)

    assert len(acknowledged) >= 60
    assert (acknowledged <= kept) is not tells_first


def test_e2_a_commit_whose_answer_was_lost_is_a_duplicate_when_it_is_sent_again(in_database):
    household = a_household()

    async def work(database):
        await database.writing_at_once(lambda c: taken(c, [household]))  # the answer never leaves
        return await database.writing_at_once(lambda c: taken(c, [household]))

    assert [answer.outcome for answer in in_database(work)] == ["duplicate"]


COMMITS, CUTS = 400, 20


@pytest.mark.parametrize("synchronous", ["FULL", "NORMAL"])
def test_e25_a_power_cut_takes_nothing_that_was_acknowledged(sqlite_url, tmp_path, monkeypatch, synchronous):
    """The mutation check: with NORMAL, commits since the last checkpoint are gone."""
    monkeypatch.setattr(database, "SYNCHRONOUS", synchronous)
    chance = Random(25)

    async def work(disk):
        async with opened(sqlite_url) as opened_database:
            for number in range(COMMITS):
                household = a_household(id=uuid4())
                if number % 2:
                    answers = await opened_database.writing_at_once(lambda c, h=household: taken(c, [h]))
                else:
                    async with opened_database.writing() as db:
                        answers = await taking.take_all(db, LANS, [household], NOW)
                assert answers[0].outcome == "accepted"
                disk.told(household.id.bytes)

    with recorded(tmp_path) as disk:
        asyncio.run(work(disk))
    lost = 0
    for number in range(CUTS):
        folder = tmp_path / f"after-{number}"
        folder.mkdir()
        told = disk.cut_at(chance.randrange(len(disk.log)), folder, chance)
        with sqlite3.connect(folder / "test.db") as connection:
            assert connection.execute("PRAGMA integrity_check").fetchone() == ("ok",)
        lost += len(told - households_in(folder / "test.db"))

    assert sum(what == "told" for what, *_ in disk.log) == COMMITS
    assert any(event[:2] == ("sync", "test.db") for event in disk.log), "checkpoints are among what is cut"
    assert (lost == 0) is (synchronous == "FULL")


def an_arrival(*sent, token_hash="nobody"):
    return Arrival(token_hash, LANS_PHONE, "test", datetime.now(UTC), 0, list(sent))


def test_e23_a_full_disk_acknowledges_nothing_and_recovers(sqlite_url):
    def fill(connection):
        pages = connection.exec_driver_sql("PRAGMA page_count").scalar()
        connection.exec_driver_sql(f"PRAGMA max_page_count={pages + 2}")

    async def work():
        async with opened(sqlite_url) as database:
            await database.writing_at_once(fill)
            acknowledged = set()
            with pytest.raises(OperationalError):
                for _ in range(200):
                    household = a_household()
                    answers = await database.writing_at_once(lambda c, h=household: taken(c, [h]))
                    acknowledged |= {a.id.bytes for a in answers if a.outcome == "accepted"}
            async with database.reading() as db:
                from volunteer_app.storage.households import households_in as read

                readable = {row.id.bytes for row in await read(db, SCOPES[LAN])}
            await database.writing_at_once(lambda c: c.exec_driver_sql("PRAGMA max_page_count=100000"))
            after = await database.writing_at_once(lambda c: taken(c, [a_household()]))
            return acknowledged, readable, after[0].outcome

    acknowledged, readable, after = asyncio.run(work())

    assert acknowledged == readable
    assert after == "accepted"


@pytest.mark.parametrize("least_free_percent", [101, 1])
def test_e23_below_the_least_free_share_nothing_is_begun(sqlite_url, least_free_percent):
    async def work():
        async with opened(sqlite_url) as database:
            return await Deliveries(database, least_free_percent).take(an_arrival())

    if least_free_percent == 101:
        with pytest.raises(Busy):
            asyncio.run(work())
    else:
        assert asyncio.run(work()) == deliveries.NOT_SIGNED_IN


@pytest.mark.parametrize("guard", [True, False])
def test_e38_a_herd_is_answered_or_asked_to_come_back_and_the_queue_stays_bounded(
    in_database, monkeypatch, guard
):
    """The mutation check: without a limit all 2,000 wait in memory."""
    if not guard:
        monkeypatch.setattr(deliveries, "MOST_WAITING", 10**6)

    async def work(database):
        queue = Deliveries(database, 1)

        async def one():
            try:
                return await queue.take(an_arrival(a_household()))
            except Busy:
                return "busy"

        herd = [asyncio.create_task(one()) for _ in range(2_000)]
        await asyncio.sleep(0)  # each has come in, nothing is written yet
        return len(queue._waiting), set(await asyncio.gather(*herd))

    longest, answers = in_database(work)

    assert longest == (400 if guard else 2_000)
    assert answers == {deliveries.NOT_SIGNED_IN} | ({"busy"} if guard else set())


def test_e5_one_poison_of_twenty_blocks_none_even_when_the_database_itself_refuses_it(
    in_database, monkeypatch
):
    batch = [a_household() for _ in range(20)]
    poison = batch[7].id

    def unkeepable(record, kept):
        row = original.row_of(record, kept)
        return row | ({"code": None} if record.id == poison else {})

    from volunteer_app.domain.households import Household
    from volunteer_app.storage.operations import records

    original = records.HOMES[Household]
    monkeypatch.setitem(records.HOMES, Household, original._replace(row_of=unkeepable))

    answers = in_database(lambda database: database.writing_at_once(lambda c: taken(c, batch)))

    assert [a.outcome for a in answers].count("accepted") == 19
    assert [a.id for a in answers if a.outcome == "retry"] == [poison]
