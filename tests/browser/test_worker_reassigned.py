"""A hamlet goes to somebody else while a phone is offline: it is told, lets go of the doors, and no visit is lost."""

import sqlite3
from collections.abc import Callable, Iterator

import pytest
from playwright.sync_api import expect

from tests.browser.conftest import Server
from tests.browser.phones import G3, LAN, Phone, offline
from tests.browser.storages import everything_kept

VI = "Hoàng Văn Ví (mẫu)"
CANARY = "Chim Sẻ Mẫu"


@pytest.fixture
def hand_over(busy_server: Server) -> Iterator[Callable[[str, str, str], None]]:
    """Gives a hamlet of one person to another from today on; every lease is as before after the test."""
    with sqlite3.connect(busy_server.database, timeout=20) as connection:
        before = connection.execute("SELECT * FROM assignments").fetchall()

    def give(hamlet: str, giver: str, heir: str) -> None:
        place = bytes.fromhex(hamlet.replace("-", ""))
        with sqlite3.connect(busy_server.database, timeout=20) as connection:
            ids = dict(connection.execute("SELECT name, id FROM people WHERE name IN (?, ?)", [giver, heir]))
            running = "hamlet_id = ? AND person_id = ? AND last_day >= date('now')"
            columns = "province_code, commune_code, hamlet_id, target"
            connection.execute(
                f"INSERT INTO assignments ({columns}, id, person_id, first_day, last_day)"
                f" SELECT {columns}, randomblob(16), ?, date('now'), last_day FROM assignments WHERE {running}",
                [ids[heir], place, ids[giver]],
            )
            ended = f"UPDATE assignments SET last_day = date('now', '-1 day') WHERE {running}"
            assert connection.execute(ended, [place, ids[giver]]).rowcount == 1

    yield give
    with sqlite3.connect(busy_server.database, timeout=20) as connection:
        connection.execute("DELETE FROM assignments")
        connection.executemany(f"INSERT INTO assignments VALUES ({', '.join('?' * len(before[0]))})", before)


def test_a2_e12_a_hamlet_given_away_meanwhile_is_told_and_late_visits_arrive(
    new_phone, network, busy_server: Server, hand_over
):
    phone: Phone = new_phone(network)
    phone.sign_in(VI)
    phone.wait_for_the_worker()
    household = phone.register(CANARY)
    member = phone.add_member(household["id"], f"em {CANARY}")
    phone.send()
    hamlet = next(row for row in phone.rows("hamlets") if row["id"] == household["hamlet_id"])
    with offline(phone):
        early = phone.module("records", "recordVisit", {"household_id": household["id"], "outcome": "later"})
        page = phone.open("visit", household["id"])  # half way through a call when the network comes back
        page.locator("[data-note] summary").click()
        page.locator("#note").fill("đang ghi dở")
        hand_over(hamlet["id"], VI, LAN)

    page.evaluate("dispatchEvent(new Event('online'))")
    phone.wait_until("received", [early["id"]])
    page.evaluate("navigator.locks.request('outbox', () => undefined)")
    assert phone.rows("households", id=household["id"]) == [], "the old hamlet's doors leave the phone"
    page.get_by_role("button", name="Chỉ lưu lượt thăm").click()

    # What was begun is saved; nothing new can begin, and the phone says who has the hamlet now.
    expect(page.locator("body")).to_have_attribute("data-screen", "household")
    told = f"{hamlet['name']} nay do {LAN} phụ trách"
    expect(page.locator("#main[data-state=missing]")).to_contain_text(told)
    late = next(id_ for id_ in phone.outbox() if id_ not in (household["id"], member["id"], early["id"]))
    phone.wait_until("received", [late])
    for screen, behind in (
        ("visit", household["id"]),
        ("guide", f"{household['id']}/{member['id']}/{G3}/{late}"),
    ):
        expect(phone.open(screen, behind).locator("#main[data-state=missing]")).to_contain_text(told)
    expect(phone.open("today").locator("[data-list=moved]:visible")).to_contain_text(told)
    assert CANARY not in everything_kept(page), "nothing of the family is left"

    ids = ", ".join(f"x'{id_.replace('-', '')}'" for id_ in (early["id"], late))
    author = (
        f"SELECT outcome, p.name FROM visits JOIN people p ON p.id = person_id WHERE visits.id IN ({ids})"
    )
    assert sorted(busy_server.rows(author)) == [("later", VI), ("met", VI)]

    # Both are told: she that it was taken and counts as hers, whoever has the hamlet now that it has come.
    item = phone.open("outbox").locator("li.item", has_text="vẫn tính là công việc của anh chị")
    expect(item.first).to_contain_text("Máy chủ đã nhận")
    heir: Phone = new_phone(network)
    heir.sign_in(LAN)
    notice = heir.page.locator("[data-list=late] a", has_text=CANARY)
    expect(notice).to_have_count(2)
    expect(notice.first).to_contain_text(f"{VI} đã ghi một lượt thăm ở đây")
    heir.open("household", household["id"])
    heir.page.locator("[data-past] > summary").click()
    expect(heir.page.locator("[data-late]:visible")).to_have_count(2)

    hand_over(hamlet["id"], LAN, VI)
    phone.send()
    expect(phone.open("today").locator("[data-list=moved]:visible")).to_have_count(0)
    assert phone.rows("households", id=household["id"]) != []
