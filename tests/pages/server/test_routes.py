"""How the server is: all of it for an administrator, in plain words; for everybody only what is so, without a number."""

import re
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from tests.pages.facilities.test_routes import as_admin
from tests.people import MINH
from volunteer_app.i18n import format_moment
from volunteer_app.nightly import NIGHT_STEPS
from volunteer_app.pages.server import routes
from volunteer_app.storage import installation
from volunteer_app.storage.nights import Night, Step, keep
from volunteer_app.watch import health

__all__ = ["as_admin"]

NOW = datetime.now(UTC)


@pytest.fixture
def stands(in_database):
    """Write down a copy and a night: `stands(copy_at, night)`."""

    def write(copy_at: datetime, night: Night) -> None:
        async def work(database):
            async with database.writing() as db:
                await installation.keep_fact(db, "durable_through", copy_at.isoformat())
            await keep(database, night)

        in_database(work)

    return write


def told(html: str) -> list[str]:
    """The tones of the notices, from above."""
    return re.findall(r'<div class="notice"\s+data-tone="(\w+)"', html)


def test_d9_an_administrator_reads_how_the_server_is_and_what_needs_mending(as_admin, stands):
    before = as_admin.get("/en/server").text
    stands(NOW - timedelta(hours=3), Night(NOW, NOW, NOW, [Step("recount", 1.5), Step("audit", 0.1)]))
    well = as_admin.get("/en/server").text
    wrong = Night(NOW, NOW, NOW - timedelta(days=2), [Step("recount", 1.5, 3, ["household …"])])
    stands(NOW - timedelta(days=2), wrong)
    late = as_admin.get("/en/server").text

    assert told(before)[:3] == ["leaf", "clay", "clay"] and "no copy yet" in before
    assert told(well)[:3] == ["leaf", "leaf", "leaf"] and "Count every household again" in well
    assert told(late)[:3] == ["leaf", "clay", "clay"] and "found something wrong" in late
    assert "household …" not in late, "no ids: who mends reads the command's own lines"


def test_d9_why_nothing_is_taken_is_said_in_plain_words(as_admin, monkeypatch):
    async def is_wrong(_state):
        return {"keys": "lacks one", "disk": "is full"}

    monkeypatch.setattr(health, "what_is_wrong", is_wrong)
    html = as_admin.get("/vi/server").text

    assert told(html)[0] == "clay" and "Thiếu một chìa khoá" in html and "Ổ đĩa sắp đầy" in html


@pytest.mark.parametrize(("by", "way"), [(172_800, "forward"), (-172_800, "back")])
def test_d9_a_clock_that_is_set_while_it_serves_is_told_and_phones_are_not_blamed(
    as_admin, visitor, monkeypatch, by, way
):
    """Two days off, whichever way: deliveries go on, whoever answers for the server reads it, nobody else does."""
    well = as_admin.get("/en/server").text
    right = time.time
    monkeypatch.setattr(health.time, "time", lambda: right() + by)
    html = as_admin.get("/en/server").text
    said = health.warnings()["jump"]

    assert "clock was changed" not in well
    assert told(html)[:2] == ["leaf", "sun"] and "clock was changed" in html and "not at fault" in html
    assert way in said and "172800" in said
    assert "clock" not in visitor.get("/en/tinh-trang").text


def test_d9_everybody_may_know_whether_entries_are_taken_and_nothing_else(visitor, stands, monkeypatch):
    copy_at = NOW - timedelta(hours=3)
    stands(copy_at, Night(NOW, NOW, NOW, [Step("recount", 1.5, 3)]))
    well = visitor.get("/vi/tinh-trang")

    async def is_gone(_state):
        return {"database": "does not answer (ConnectionRefusedError)"}

    monkeypatch.setattr(health, "what_is_wrong", is_gone)
    gone = visitor.get("/vi/tinh-trang").text

    assert told(well.text) == ["leaf"] and format_moment(copy_at) in well.text
    assert well.headers["cache-control"] == "no-store"
    assert told(gone) == ["sun"] and format_moment(copy_at) not in gone
    for inner in ("ConnectionRefused", "Chưa đúng", "Ổ đĩa", "khoá", "volunteer-app"):
        assert inner not in gone + well.text


def test_only_who_answers_for_it_sees_how_the_server_is(signed_in):
    assert signed_in(MINH).get("/vi/server").status_code == 404


def test_the_page_has_words_for_every_reason_and_every_step():
    reasons = re.findall(r'found\["(\w+)"\]|\{"(\w+)": f"does', Path(health.__file__).read_text("utf-8"))

    assert {a or b for a, b in reasons} == routes.REASON_SENTENCES.keys()
    warned = re.findall(r'\{"(\w+)": f"the clock', Path(health.__file__).read_text("utf-8"))
    assert set(warned) == routes.WARNING_SENTENCES.keys()
    assert NIGHT_STEPS.keys() == routes.STEP_SENTENCES.keys()
