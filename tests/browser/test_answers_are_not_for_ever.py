"""O17, E8, E14: the phone learns what became of what was set aside; a wrong clock makes nothing unsendable; who has left
this phone has left it."""

import sqlite3
import time

import pytest
from playwright.sync_api import expect

from tests.browser.phones import Phone, offline
from tests.browser.test_worker_delivery import on_the_server
from tests.browser.test_worker_leaving import CANARY, found_in, work_with_canaries

AHEAD = """hours => { const real = Date.now; Date.now = () => real() + hours * 3600000
    const Real = Date; globalThis.Date = class extends Real { constructor(...said) { said.length ? super(...said) : super(Date.now()) } }
    Date.now = () => real() + hours * 3600000 }"""


def settle_as_received(server, id_: str) -> None:
    """As if the leader had left this entry out, with a reason."""
    with sqlite3.connect(server.database, timeout=20) as connection:
        connection.execute(
            "UPDATE operations SET outcome = 'discarded', body = NULL WHERE id = ?",
            [bytes.fromhex(id_.replace("-", ""))],
        )


def a_parked_visit(phone: Phone, household_id: str) -> str:
    """A visit with a number that no note may hold, past the form's own check."""
    said = {"household_id": household_id, "outcome": "met", "note": "001 234 567 890"}
    phone.module("outbox", "record", {"kind": "visit", "body": said})
    (parked,) = [id_ for id_, state in phone.outbox().items() if state == "ready"]
    return parked


def test_o17_the_phone_learns_by_itself_that_an_entry_was_settled_and_it_froze_nothing(
    new_lan: Phone, busy_server
):
    home = new_lan.register("Nhà Mẫu")
    new_lan.send()
    parked = a_parked_visit(new_lan, home["id"])
    page = new_lan.open("outbox")
    page.get_by_role("button", name="Gửi ngay").click()
    new_lan.wait_until("parked", [parked])
    with sqlite3.connect(busy_server.database, timeout=20) as connection:
        key = [bytes.fromhex(home["id"].replace("-", ""))]
        connection.execute(
            "UPDATE households SET people_count = 9, feed_seq = feed_seq + 1000000 WHERE id = ?", key
        )
        connection.execute("UPDATE feeds SET head = head + 1000001")

    page.get_by_role("button", name="Gửi ngay").click()
    new_lan.wait_for_row("households", id=home["id"], people_count=9)
    assert new_lan.outbox()[parked] == "parked"

    settle_as_received(busy_server, parked)
    page.get_by_role("button", name="Gửi ngay").click()
    new_lan.wait_until("received", [parked])


def test_e8_a_visit_of_a_phone_whose_clock_runs_three_hours_ahead_is_received(new_lan: Phone, busy_server):
    home = new_lan.register("Nhà Mẫu")
    new_lan.send()
    with offline(new_lan):
        new_lan.page.add_init_script(f"({AHEAD})(3)")
        new_lan.open("household", home["id"])
        new_lan.module("records", "recordVisit", {"household_id": home["id"], "outcome": "met", "note": ""})
        (visit,) = [id_ for id_, state in new_lan.outbox().items() if state == "ready"]

    new_lan.open("outbox")
    new_lan.wait_until("received", [visit])

    assert on_the_server(busy_server, [visit])[0][0] == 1


def test_e14_signing_out_is_done_when_it_is_pressed_while_answers_hang(new_lan: Phone, busy_server):
    with offline(new_lan):
        made = work_with_canaries(new_lan)
        page = new_lan.open("me")
    new_lan.network.delay = 20
    page.locator("[data-sign-out]").click()
    until = time.monotonic() + 4
    while CANARY in found_in(new_lan) and time.monotonic() < until:
        page.wait_for_timeout(50)

    assert found_in(new_lan) == []
    assert new_lan.fact("me") is None and new_lan.fact("session_to_end") is not None
    page.close()  # as a killed browser: nothing of the tap is undone
    new_lan.network.delay = 0
    new_lan.page = new_lan.tab()
    page = new_lan.open("today")
    expect(page.locator("main")).not_to_have_attribute("data-state", "ready")
    new_lan.wait_until("received", made)
    assert found_in(new_lan) == []


@pytest.mark.parametrize(
    "waited", [1_000, 3_500], ids=["before the pack is asked for", "while it is under way"]
)
def test_p4_an_exchange_under_way_does_not_refill_a_phone_that_was_left(new_lan: Phone, busy_server, waited):
    """Checked against what was true when it was asked for, not when the answer came; and nothing is asked for with the
    session of somebody who has left."""
    page = new_lan.open("me")
    second = new_lan.tab()
    second.goto(f"{new_lan.network.origin}/vi/field/outbox")
    with sqlite3.connect(busy_server.database, timeout=20) as connection:
        connection.execute("UPDATE households SET feed_seq = feed_seq + 1000000")
        connection.execute("UPDATE feeds SET head = head + 1000001")
    new_lan.network.delay = 3
    if waited < 3_000:
        new_lan.register()  # something to send first
    second.get_by_role("button", name="Gửi ngay").click()
    second.wait_for_timeout(waited)
    page.locator("[data-sign-out]").click()
    second.wait_for_timeout(14_000 - waited)
    new_lan.network.delay = 0

    assert new_lan.fact("me") is None
    assert new_lan.rows("households") == []
