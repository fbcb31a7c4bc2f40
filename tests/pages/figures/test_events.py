"""Programs are told when figures change (X3): pushed over a line that the program itself has opened."""

import asyncio
import re
from datetime import UTC, datetime
from threading import Timer

import msgspec
import pytest
import sqlalchemy as sa

from tests.field_work import deliver
from tests.pages.coverage.test_routes import met_households
from tests.pages.figures.test_programs import PLACE, let_in
from tests.people import MINH, OTHER_COMMUNE, PROVINCE, SCOPES
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
        found = re.findall(r"^event: changed\nid: (\d+)\ndata: (.+)$", said.text, re.MULTILINE)
        assert all(int(id_) == msgspec.json.decode(data)["mark"] for id_, data in found)
        return said, [int(id_) for id_, _ in found]

    return run


def test_x3_a_program_is_told_of_a_delivery_as_it_comes_and_of_nothing_else(signed_in, listen, in_database):
    secret = let_in(signed_in(MINH))
    coming = Timer(0.7, lambda: in_database(lambda db: deliver(db, met_households(3), now=NOW)))
    coming.start()

    said, marks = listen(secret)
    coming.join()

    assert said.headers["content-type"].startswith("text/event-stream")
    assert "content-encoding" not in said.headers, "packed, it would wait for more"
    assert len(marks) == 2 and marks[0] < marks[1]
    assert "Nông Văn Mẫu" not in said.text
    assert listen(secret)[1] == [marks[1]], "the same mark as before: nothing to fetch"


def test_x3_a_program_that_is_stopped_hears_no_more(signed_in, listen, in_database):
    secret = let_in(signed_in(MINH))

    async def stop(database) -> None:
        async with database.writing() as db:
            await (await db.connection()).execute(sa.update(ProgramRow).values(stopped_at=NOW))

    later = [
        Timer(0.4, lambda: in_database(stop)),
        Timer(1.0, lambda: in_database(lambda db: deliver(db, met_households(3), now=NOW))),
    ]
    for timer in later:
        timer.start()

    _, marks = listen(secret)
    for timer in later:
        timer.join()

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
