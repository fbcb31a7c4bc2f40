"""Programs are told when figures change (X3): pushed over a line that the program itself has opened."""

import asyncio
import re
import time
from datetime import UTC, date, datetime, timedelta
from threading import Timer

import msgspec
import pytest
import sqlalchemy as sa

from tests.field_work import deliver
from tests.pages.coverage.test_routes import met_households
from tests.pages.figures.test_programs import PLACE, let_in
from tests.people import MINH, OTHER_COMMUNE, PROVINCE, SCOPES
from volunteer_app.domain.calendar import local_day
from volunteer_app.pages.figures import events
from volunteer_app.storage.programs import ProgramRow

PATH = "/api/v1/figures/events"
NOW = datetime.now(UTC)


@pytest.fixture
def listen(another_phone, monkeypatch):
    """Listen as a program for two seconds: `listen(secret)`; the events that came, each with its mark."""
    monkeypatch.setattr(events, "LOOKS_EVERY_SECONDS", 0.05)
    monkeypatch.setattr(events, "LASTS_SECONDS", 2.0)
    program = another_phone()

    def run(secret: str, query=PLACE):
        said = program.get(PATH, params=query, headers={"authorization": f"Bearer {secret}"})
        found = re.findall(r"^event: changed\nid: (\S+)\ndata: (.+)$", said.text, re.MULTILINE)
        assert all(id_ == msgspec.json.decode(data)["mark"] for id_, data in found)
        return said, [id_ for id_, _ in found]

    return run


def test_x3_m6_a_program_is_told_of_each_day_and_never_of_a_visit(signed_in, listen, in_database):
    secret = let_in(signed_in(MINH))
    coming = Timer(0.7, lambda: in_database(lambda db: deliver(db, met_households(3), now=NOW)))
    coming.start()

    said, marks = listen(secret)
    coming.join()

    assert said.headers["content-type"].startswith("text/event-stream")
    assert "content-encoding" not in said.headers, "packed, it would wait for more"
    assert said.headers["x-accel-buffering"] == "no", "and a proxy would wait too"
    assert marks == [local_day(NOW).isoformat()], "the delivery is not told"
    assert listen(secret)[1] == marks, "the same mark as before: nothing to fetch"


def test_x3_a_new_day_is_told(signed_in, listen, monkeypatch):
    secret, begins = let_in(signed_in(MINH)), time.monotonic()
    days = [date(2026, 11, 29), date(2026, 11, 30)]
    monkeypatch.setattr(events, "local_day", lambda _: days[time.monotonic() - begins > 1])

    assert listen(secret)[1] == ["2026-11-29", "2026-11-30"]


def test_x3_a_program_that_is_stopped_hears_no_more(signed_in, listen, in_database, monkeypatch):
    secret, begins = let_in(signed_in(MINH)), time.monotonic()
    days = [local_day(NOW), local_day(NOW) + timedelta(days=1)]
    monkeypatch.setattr(events, "local_day", lambda _: days[time.monotonic() - begins > 1])

    async def stop(database) -> None:
        async with database.writing() as db:
            await (await db.connection()).execute(sa.update(ProgramRow).values(stopped_at=NOW))

    later = Timer(0.4, lambda: in_database(stop))
    later.start()

    _, marks = listen(secret)
    later.join()

    assert len(marks) == 1, "what came after it was stopped is not told"
    assert listen(secret)[0].status_code == 401


def test_x3_events_of_other_places_and_without_a_secret_are_not_given(signed_in, listen):
    leader = signed_in(MINH)
    secret = let_in(leader)

    assert listen(secret, {"province": PROVINCE})[0].status_code == 404
    assert listen(secret, PLACE | {"commune": OTHER_COMMUNE})[0].status_code == 404
    assert listen("invented")[0].status_code == 401
    assert leader.get(PATH, params=PLACE).status_code == 404, "for programs only"


def test_x3_too_many_lines_of_a_program_are_refused_and_closed_ones_are_forgotten(
    signed_in, listen, monkeypatch
):
    secret = let_in(signed_in(MINH))
    monkeypatch.setattr(events, "MOST_STREAMS", 0)

    assert listen(secret)[0].status_code == 429

    async def open_and_close() -> list[dict]:
        async def one():
            yield b"event"

        open_now: dict = {}
        line = events._counted(open_now, SCOPES[MINH], one())
        await anext(line)
        counted = [dict(open_now)]
        await line.aclose()
        return [*counted, open_now]

    assert asyncio.run(open_and_close()) == [{MINH: 1}, {}]
