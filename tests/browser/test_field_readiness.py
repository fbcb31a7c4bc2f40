"""Ready for the field? Each check is really made: what is missing is seen, said, and said how to mend."""

import json
import re
from datetime import UTC, datetime, timedelta

from playwright.sync_api import Page, expect

from tests.browser.phones import Phone, offline, start_g3
from tests.browser.slow_network import Asked, Said
from volunteer_app.domain.follow_ups import after_visit
from volunteer_app.domain.visits import Outcome
from volunteer_app.storage.moments import moment_of

TONES = """() => Object.fromEntries(Array.from(document.querySelectorAll("[data-check]"), row => [row.dataset.check, row.dataset.tone]))"""
KEEP_FACT = """async ([key, value]) => {
    const opened = await new Promise(done => {
        const opening = indexedDB.open("tung-nha")
        opening.onsuccess = () => done(opening.result)
    })
    await new Promise(done => {
        const inside = opened.transaction("facts", "readwrite")
        inside.objectStore("facts").put(value, key)
        inside.oncomplete = done
    })
    opened.close()
}"""
DROP = """async what => {
    for (const name of await caches.keys()) {
        const cache = await caches.open(name)
        for (const request of await cache.keys()) if (request.url.includes(what)) await cache.delete(request)
    }
}"""
MUST = ("list", "map", "guides", "clock", "app")
"""What makes a phone unready when it is missing."""


def tones(phone: Phone) -> dict[str, str]:
    return phone.open("ready").evaluate(TONES)


def verdict(page: Page):
    return page.locator("[data-verdict]")


def test_o2_a_phone_that_has_everything_is_ready_without_a_network(new_lan: Phone):
    new_lan.send()
    page = new_lan.open("today")
    new_lan.wait_for_ballast()
    with offline(new_lan):
        new_lan.open("today").get_by_role("link", name="Sẵn sàng xuống thôn chưa?").click()
        expect(verdict(page)).to_contain_text("Sẵn sàng xuống thôn.")
        found = page.evaluate(TONES)
        assert {name: found[name] for name in (*MUST, "unsent")} == dict.fromkeys((*MUST, "unsent"), "leaf")
        expect(page.locator("[data-check=app]")).to_contain_text(new_lan.fact("app_build"))
        page.get_by_role("button", name="Kiểm tra lại").click()
        expect(page.locator("[data-text=advice]")).to_contain_text("Hiện không có mạng")


BROKEN = {
    "app": (DROP, "/vi/field/visit", "Ứng dụng chưa lưu đủ"),
    "guides": (DROP, "/guides/packs/pictures.json", "Còn 1 bài hướng dẫn"),
    "list": (KEEP_FACT, ["is_complete", False], "Danh sách chưa tải đủ"),
    "clock": (KEEP_FACT, ["clock_offset", 3 * 86_400_000], "lệch 3 ngày"),
}


def test_o2_what_is_missing_is_seen_and_said(new_lan: Phone):
    new_lan.send()
    with offline(new_lan):
        new_lan.register("Nông Văn Chưa Gửi")
        for name, (work, what, said) in BROKEN.items():
            assert tones(new_lan)[name] == "leaf", name
            new_lan.page.evaluate(work, what)
            assert tones(new_lan)[name] == "clay", name
            expect(new_lan.page.locator(f"[data-check={name}]")).to_contain_text(said)
        expect(verdict(new_lan.page)).to_contain_text(f"Việc cần làm trước khi đi: {len(BROKEN)}.")
        unsent = new_lan.page.locator("[data-check=unsent]")
        expect(unsent).to_have_attribute("data-tone", "sun")
        expect(unsent.get_by_role("link", name="Hộp chờ gửi")).to_be_visible()


TURNED = """(() => {
    const Real = Date
    const by = () => Number(localStorage.getItem("turned") ?? 0)
    globalThis.Date = class extends Real {
        constructor(...said) { said.length ? super(...said) : super(Real.now() + by()) }
        static now() { return Real.now() + by() }
    }
})()"""
YEAR_MS = 365 * 86_400_000
NOTICE = "Ngày giờ của máy này không đúng"


def turn_clock(phone: Phone, by_ms: int) -> None:
    phone.page.evaluate("ms => localStorage.setItem('turned', ms)", by_ms)


def test_o12_e8_a_clock_that_is_turned_loses_nothing_and_days_stay_right(new_phone, network, busy_server):
    begun = datetime.now(UTC)
    phone: Phone = new_phone(network, timezone_id="America/New_York")
    phone.context.add_init_script(TURNED)
    phone.sign_in()
    phone.wait_for_the_worker()
    phone.send()
    made: dict[str, str] = {}
    with offline(phone):
        for turned in (0, -YEAR_MS, YEAR_MS):
            page = phone.open("households", "new")
            page.get_by_role("radio", name="Không đồng ý").check()
            turn_clock(phone, turned)  # while a form is open
            page.get_by_role("button", name="Lưu hộ").click()
            expect(page.locator("body")).to_have_attribute("data-screen", "household")
            household = page.url.split("#")[1]
            said = {"household_id": household, "outcome": "later"}
            made[household] = phone.module("records", "recordVisit", said)["id"]
            if turned < 0:
                expect(phone.open("today").locator("[data-clock]")).to_contain_text(NOTICE)
                assert tones(phone)["clock"] == "clay"

    phone.send()
    assert set(phone.outbox().values()) == {"received"}
    ids = ", ".join(f"x'{id_.replace('-', '')}'" for id_ in made.values())
    rows = busy_server.rows(f"SELECT recorded_at FROM visits WHERE id IN ({ids})")
    moments = [moment_of(at) for (at,) in rows]
    slack = timedelta(seconds=5)
    assert len(moments) == 3
    assert all(begun - slack <= moment <= datetime.now(UTC) + slack for moment in moments), moments
    words = dict(busy_server.rows(f"SELECT lower(hex(id)), time_quality FROM operations WHERE id IN ({ids})"))
    assert [words[id_.replace("-", "")] for id_ in made.values()] == ["device", "corrected", "corrected"]
    due = after_visit(Outcome.LATER, datetime.now(UTC), None)
    assert due is not None
    days = busy_server.rows(f"SELECT DISTINCT due_from, due_to FROM follow_ups WHERE id IN ({ids})")
    assert days == [(str(due.due_from), str(due.due_to))]

    # A year ahead still, but the phone knows by how much: today is today, and what is due is right.
    household = phone.register("Nông Văn Sai Giờ")
    visit = phone.module("records", "recordVisit", {"household_id": household["id"], "outcome": "later"})
    rows = phone.rows("follow_ups", household_id=household["id"])
    assert [(row["due_from"], row["due_to"]) for row in rows] == days
    assert phone.open("today").locator("[data-clock]").is_visible()
    phone.send()
    assert phone.outbox()[visit["id"]] == "received"


def test_the_first_download_says_how_far_it_is_and_goes_on_where_it_was_cut(new_phone, network):
    phone: Phone = new_phone(network)
    network.instead = lambda asked: Said("503 Busy") if is_a_later_page(asked) else None
    phone.sign_in()

    page = phone.open("today")
    told = page.locator("[data-download]:visible")
    expect(told).to_contain_text(re.compile(r"mới có 100 trên \d+.*\d (kB|KB), sẽ tự tải tiếp khi có mạng"))
    assert phone.fact("is_complete") is None
    assert len(phone.rows("households")) == 100
    total = phone.fact("download")["total"]

    network.restore()
    network.asked.clear()
    page.evaluate("dispatchEvent(new Event('online'))")
    expect(told).to_be_hidden()
    assert phone.fact("is_complete") is True
    assert len(phone.rows("households")) == total
    pages = [asked for asked in network.asked if "/api/v1/field-pack" in asked.path]
    assert pages and all(is_a_later_page(asked) for asked in pages), "nothing is fetched twice"


def is_a_later_page(asked: Asked) -> bool:
    return "/api/v1/field-pack?since=" in asked.path and not asked.path.endswith("since=")


def test_o1_o10_after_fourteen_days_without_a_network_all_opens_and_a_copy_is_asked_for(new_phone, network):
    phone: Phone = new_phone(network)
    phone.context.add_init_script(TURNED)
    phone.sign_in()
    phone.wait_for_the_worker()
    phone.send()
    closed = ("refused", "moved")  # these leave the phone by themselves (P4)
    known = {row["id"] for row in phone.rows("households") if row["last_outcome"] not in closed}
    with offline(phone):
        household = phone.register("Nông Văn Mười Bốn")
        member = phone.add_member(household["id"])
        turn_clock(phone, 14 * 86_400_000)
        phone.page.close()
        phone.page = phone.tab()  # from the home icon, two weeks later

        page = phone.open("today")
        expect(page.locator("[data-list=progress] > li").first).to_be_visible()
        strip = page.locator("[data-strip]")
        expect(strip).to_have_attribute("data-tone", "clay")
        expect(strip).to_contain_text("lâu nhất từ 14 ngày trước")
        assert known | {household["id"]} <= {row["id"] for row in phone.rows("households")}
        page = phone.open("households")
        expect(page.locator("[data-list=households] > li").first).to_be_visible()
        expect(phone.open("household", household["id"]).locator("main")).to_contain_text("bà nội")
        assert member["id"] in {row["id"] for row in phone.rows("members")}
        expect(start_g3(phone, household["id"]).locator("main")).to_have_attribute("data-state", "prepare")

        copy = phone.open("outbox").locator("[data-copy]")
        expect(copy).to_have_attribute("data-tone", "sun")
        with phone.page.expect_download() as saved:
            copy.get_by_role("button", name="Lưu ra tệp").click()
        boxes = json.loads(saved.value.path().read_text("utf-8"))["boxes"]
        assert {box["id"] for box in boxes} == set(phone.outbox())
        assert "Mười Bốn" not in json.dumps(boxes, ensure_ascii=False)
