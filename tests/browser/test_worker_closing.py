"""Households that nobody needs any more leave the phone by themselves, and nothing that is unsent or begun goes with them."""

import sqlite3
from datetime import UTC, datetime, timedelta

from playwright.sync_api import expect

from tests.browser.phones import Phone, offline, who_learns
from tests.browser.storages import everything_kept
from tests.browser.test_shared_phone import CHANGE
from volunteer_app.domain.visits import CLOSED_STAYS_DAYS
from volunteer_app.storage.moments import microseconds

GONE, BEGUN, UNSENT, STAYS = "Chim Cút Mẫu", "Chim Ri Mẫu", "Chim Khướu Mẫu", "Chim Gáy Mẫu"
DAY_MS = 86_400_000


def go_to(phone: Phone, days: int) -> None:
    """So many days later, as this phone knows the time; it has looked at what it carries once."""
    phone.page.evaluate(CHANGE, ["facts", "clock_offset", days * DAY_MS])
    phone.open("today")
    phone.page.evaluate("navigator.locks.request('outbox', () => undefined)")


def labels(phone: Phone) -> set[str]:
    return {row["label"] for row in phone.rows("households")} & {GONE, BEGUN, UNSENT, STAYS}


def test_p4_closed_households_leave_the_phone_by_themselves_but_nothing_unsent_or_begun(
    new_lan: Phone, busy_server
):
    doors = {label: new_lan.register(label) for label in (GONE, BEGUN, UNSENT, STAYS)}
    new_lan.add_member(doors[GONE]["id"], f"em {GONE}")
    for label in (GONE, BEGUN, UNSENT):
        said = {"household_id": doors[label]["id"], "outcome": "refused", "note": f"gặp {label}"}
        new_lan.module("records", "recordVisit", said)
    new_lan.send()
    met = new_lan.open("today").locator("[data-list=hamlets]").text_content()

    with offline(new_lan):
        page = new_lan.open("visit", doors[BEGUN]["id"])
        who_learns(page, "bà nội")
        page.locator("[data-note] summary").click()
        page.locator("#note").fill("đang ghi dở")
        new_lan.module("records", "recordVisit", {"household_id": doors[UNSENT]["id"], "outcome": "later"})
        go_to(new_lan, CLOSED_STAYS_DAYS - 1)
        assert labels(new_lan) == {GONE, BEGUN, UNSENT, STAYS}

        go_to(new_lan, CLOSED_STAYS_DAYS)
        assert labels(new_lan) == {BEGUN, UNSENT, STAYS}
        assert [row for row in new_lan.rows("members") if row["household_id"] == doors[GONE]["id"]] == []
        assert new_lan.page.locator("[data-list=hamlets]").text_content() == met, "figures count it still"
        told = new_lan.open("households").locator("[data-text=left]")
        expect(told).to_contain_text("Số hộ đã rời khỏi máy này:")

        go_to(new_lan, 400)  # nobody's days in a hamlet are that long
        assert labels(new_lan) == {BEGUN, UNSENT}

    # It was the clock: what the server did not mean to close comes back.
    new_lan.send()
    new_lan.open("today")
    new_lan.page.wait_for_function("() => navigator.locks.request('outbox', () => true)")
    new_lan.send()
    assert labels(new_lan) == {GONE, BEGUN, UNSENT, STAYS}

    with sqlite3.connect(busy_server.database, timeout=20) as connection:
        day = datetime.now(UTC) - timedelta(days=CLOSED_STAYS_DAYS + 5)
        of_it = "household_id = ?", [bytes.fromhex(doors[GONE]["id"].replace("-", ""))]
        connection.execute(
            f"UPDATE visits SET recorded_at = ?, visited_on = ? WHERE {of_it[0]}",
            [microseconds(day), str(day.date()), *of_it[1]],
        )
        connection.execute(
            f"UPDATE standings SET last_visit_on = ? WHERE {of_it[0]}", [str(day.date()), *of_it[1]]
        )
    new_lan.send()
    assert labels(new_lan) == {BEGUN, UNSENT, STAYS}
    kept = everything_kept(new_lan.page)
    assert [word for word in (GONE, f"em {GONE}", f"gặp {GONE}") if word in kept] == []
