"""Doors on the phone without a network: registered, found, ordered, remembered."""

import re
from datetime import UTC, datetime, timedelta
from random import Random

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import sign_in
from tests.browser.phones import (
    G3,
    Phone,
    offline,
    to_a_new_house,
    to_the_list,
    to_the_visit,
    unfold,
    who_learns,
)
from tests.browser.slow_network import Network
from tests.browser.test_field_visits import PUT
from volunteer_app.demo.invented import FAMILY_NAMES, GIVEN_NAMES, MIDDLE_NAMES
from volunteer_app.domain.calendar import local_day
from volunteer_app.domain.operations.kinds import SCHEMA

ROWS = "[data-list=households] > li"


def choose_order(page: Page, order: str) -> None:
    """Open what narrows and orders the list, and tap one order."""
    fold = page.locator("[data-filter]")
    if fold.get_attribute("open") is None:
        fold.locator("summary").click()
    page.get_by_role("radio", name=order).check()


def ordered(page: Page, order: str) -> list[str]:
    """Ids of every household, as the screen orders them."""
    choose_order(page, order)
    while page.locator("[data-more]").is_visible():
        page.locator("[data-more]").click()
    return [
        href.split("#")[1]
        for href in page.locator(f"{ROWS} a").evaluate_all("links => links.map(a => a.href)")
    ]


def fill_new_household(page: Page, name: str, people: str = "") -> None:
    page.get_by_role("radio", name="Đồng ý", exact=True).check()
    page.locator("#label").fill(name)
    page.locator("#people").fill(people)


def test_f1_a_household_and_its_members_appear_at_once_without_a_network(lan: Phone, busy_server):
    with offline(lan):
        page = to_a_new_house(lan)
        fill_new_household(page, "Nông Thị Mẫu Một", "3")
        page.get_by_role("button", name="Lưu hộ").click()
        expect(page.get_by_role("heading", level=1)).to_have_text("Nông Thị Mẫu Một")
        unfold(page, "members")
        for label in ("bà nội", "con trai cả"):
            page.locator("#member-label").fill(label)
            page.get_by_role("button", name="Thêm").click()
            expect(page.locator("[data-list=members] > li").filter(has_text=label)).to_have_count(1)
        household_id = page.url.split("#")[1]
        page.get_by_role("navigation").get_by_role("link", name="Hộ", exact=True).click()
        page.locator("#search").fill("Nông Thị Mẫu Một")
        expect(page.locator(ROWS)).to_have_count(1)
        expect(page.locator(ROWS)).to_contain_text("Đã lưu trong máy này")
        page.locator(ROWS).get_by_role("link").click()
        expect(page.locator("[data-list=members] > li")).to_have_count(2)

    lan.send()
    blob = household_id.replace("-", "")
    assert busy_server.rows(f"SELECT label, people_count FROM households WHERE id = x'{blob}'") == [
        ("Nông Thị Mẫu Một", 3)
    ]
    assert busy_server.rows(f"SELECT label FROM members WHERE household_id = x'{blob}' ORDER BY label") == [
        ("bà nội",),
        ("con trai cả",),
    ]


def test_p2_a_family_that_declines_is_registered_without_its_name(lan: Phone):
    with offline(lan):
        page = lan.open("households", "new")
        expect(page.locator("[data-spoken]")).to_contain_text(re.compile("theo việc (xã|phường) [A-ZĐÀ-Ỹ]"))
        fill_new_household(page, "Nông Văn Không Nói")
        page.get_by_role("radio", name="Không đồng ý").check()
        expect(page.locator("#label")).to_be_hidden()
        page.get_by_role("button", name="Lưu hộ").click()
        expect(page.locator("body")).to_have_attribute("data-screen", "household")
        household_id = page.url.split("#")[1]

        kept = lan.rows("households", id=household_id)[0]
        sent = lan.rows("outbox", id=household_id)[0]["body"]

    assert (kept["label"], kept["consent"], sent["label"]) == ("", "refused", "")
    assert "Không Nói" not in str(lan.rows("households")) + str(sent)


def test_f5_a_likely_duplicate_is_shown_before_saving(lan: Phone):
    with offline(lan):
        there = lan.register("Lý Thị Trùng")
        lan.register("Lý Thị Trùng", hamlet=1)
        recorded = len(lan.outbox())
        page = lan.open("households", "new")
        fill_new_household(page, "Ly thi tru")
        expect(page.locator("[data-alike]")).to_be_hidden()

        page.locator("#label").fill("ly thi trung")

        alike = page.locator("[data-list=alike] > li")
        expect(alike).to_have_count(1)
        expect(alike).to_contain_text("Lý Thị Trùng")
        expect(alike).to_contain_text(there["code"])
        assert len(lan.outbox()) == recorded, "saved before it was asked"
        alike.get_by_role("link").click()
        expect(page.get_by_role("heading", level=1)).to_have_text("Lý Thị Trùng")


def test_o13_e9_two_phones_that_change_one_household_lose_no_word(
    new_phone, network, lan: Phone, busy_server
):
    home = lan.register("Nông Văn Hai Máy")
    lan.send()
    other: Phone = new_phone(network)
    other.sign_in()
    other.wait_for_the_worker()
    other.send()
    called = {"household_id": home["id"], "outcome": "later"}
    with offline(other):
        changed = {"label": "Nông Văn Máy Hai", "people_count": 7}
        other.module("records", "changeHousehold", home["id"], changed)
        other.module("records", "recordVisit", called)
        lan.module("records", "changeHousehold", home["id"], {"label": "Nông Văn Máy Một"})
        lan.module("records", "recordVisit", called)
        lan.send()

    for phone in (other, lan):
        phone.send()
    blob = f"x'{home['id'].replace('-', '')}'"
    assert busy_server.rows(f"SELECT label, people_count FROM households WHERE id = {blob}") == [
        ("Nông Văn Máy Hai", 7)
    ]
    assert busy_server.rows(f"SELECT count(*) FROM visits WHERE household_id = {blob}") == [(2,)]
    for phone in (lan, other):
        (row,) = phone.rows("households", id=home["id"])
        assert (row["label"], row["people_count"]) == ("Nông Văn Máy Hai", 7)
        assert [(c["field"], c["stood"], c["said"]) for c in row["clashes"]] == [
            ("label", "Nông Văn Máy Một", "Nông Văn Máy Hai")
        ]
        assert len(phone.rows("visits", household_id=home["id"])) == 2


def test_f7_the_list_is_ordered_by_days_since_the_last_visit_and_by_open_returns(lan: Phone):
    with offline(lan):
        never = lan.register("Nông Văn Chưa Thăm")
        just_now = lan.register("Nông Văn Vừa Thăm")
        lan.module("records", "recordVisit", {"household_id": just_now["id"], "outcome": "met"})
        households = {row["id"]: row for row in lan.rows("households")}
        follow_ups = sorted(lan.rows("follow_ups"), key=lambda row: row["due_to"], reverse=True)
        due = {row["household_id"]: row["due_to"] for row in follow_ups if row["household_id"] in households}
        page = lan.open("households")
        page.locator("#search").fill("")

        longest = ordered(page, "Lâu chưa gặp")
        to_return = ordered(page, "Cần quay lại")

    last_seen = [households[id_].get("last_visit_at") or "" for id_ in longest]
    assert last_seen == sorted(last_seen)
    assert longest[-1] == just_now["id"]
    assert never["id"] in longest[: last_seen.count("")]
    assert [due[id_] for id_ in to_return] == sorted(due.values())
    assert set(to_return) == set(due)


def test_f2_the_order_chosen_last_is_still_there_after_the_list_was_closed(lan: Phone):
    with offline(lan):
        choose_order(lan.open("households"), "Lâu chưa gặp")

        page = lan.open("households")

        expect(page.locator("[data-filter]")).to_contain_text("Lâu chưa gặp")
        expect(page.locator("[name=order][value=longest]")).to_be_checked()
        choose_order(page, "Theo mã nhà")


def test_f13_the_list_keeps_its_place_its_order_and_its_search_on_the_way_back(lan: Phone):
    with offline(lan):
        page = to_the_list(lan)
        choose_order(page, "Theo mã nhà")
        page.locator("[data-filter] summary").click()
        expect(page.locator(ROWS)).to_have_count(50)
        for is_typed in (False, True):
            if is_typed:
                page.locator("#search").fill("lt")
                expect(page.locator(ROWS)).not_to_have_count(50)
            link = page.locator(f"{ROWS} a").nth(30)
            link.scroll_into_view_if_needed()
            name, place = link.locator("b").inner_text(), page.evaluate("scrollY")
            assert place > 500
            link.click()
            expect(page.get_by_role("heading", level=1)).to_have_text(name)

            page.locator("[data-back]").click()

            expect(page.locator("main")).to_have_attribute("data-state", "list")
            page.wait_for_function("place => Math.abs(scrollY - place) < 3", arg=place)
            expect(page.locator(f"{ROWS} a").nth(30).locator("b")).to_have_text(name)
            expect(page.locator("#search")).to_have_value("lt" if is_typed else "")


def test_f13_four_houses_and_more_are_seen_at_once_and_codes_are_found_as_they_are_typed(lan: Phone):
    with offline(lan):
        page = to_the_list(lan)
        choose_order(page, "Theo mã nhà")
        page.locator("[data-filter] summary").click()
        whole = """() => { const [top, low] = ["header", "nav.tabs"].map(s => document.querySelector(s).getBoundingClientRect())
            return [...document.querySelectorAll("[data-list=households] > li")].map(e => e.getBoundingClientRect())
                .filter(row => row.top >= top.bottom && row.bottom <= low.top).length }"""
        assert page.evaluate(whole) >= 4
        for typed in ("nm 12", "nm12", "NM-012", "NM-12"):
            page.locator("#search").fill(typed)
            expect(page.locator(ROWS).first).to_contain_text("NM-012")
        page.locator("#search").fill("không có ai tên thế")
        expect(page.locator("[data-none]")).to_be_visible()
        expect(page.locator("[data-everywhere]")).to_be_hidden()
        page.locator("[data-filter] summary").click()
        page.locator("#hamlet").select_option(index=1)
        expect(page.locator("[data-none]")).to_contain_text("Chỉ tìm trong")
        page.locator("[data-everywhere]").click()
        expect(page.locator("[data-everywhere]")).to_be_hidden()
        page.locator("#search").fill("")


def test_f10_what_a_member_lacks_stands_before_the_guide(lan: Phone):
    with offline(lan):
        household = lan.register("Nông Thị Cổng")
        lan.add_member(
            household["id"], "bà nội", own_phone=False, own_sim=False, chip_card=True, vneid_level=1
        )
        lan.add_member(household["id"], "con gái")
        page = to_the_visit(lan, household)
        gate = page.locator("[data-gate]")
        who_learns(page, "bà nội")
        page.get_by_role("radio", name="Đăng nhập và nộp hồ sơ").check()
        expect(gate).to_be_visible()
        assert page.locator("[data-list=missing] > li").all_inner_texts() == [
            "chưa có điện thoại thông minh riêng",
            "SIM không đứng tên mình",
            "tài khoản VNeID chưa đủ mức",
        ]
        assert lan.rows("visits", household_id=household["id"]) == [], "asked before anything begins"
        page.locator("[data-back]").click()
        page.get_by_role("radio", name="Kích hoạt tài khoản").check()
        expect(page.locator("[data-list=missing] > li")).to_have_count(2)
        page.locator("[data-back]").click()
        page.locator("[data-change-member]").click()
        who_learns(page, "con gái")
        page.get_by_role("radio", name="Kích hoạt tài khoản").click()
        expect(page.locator("[data-part=needs]")).to_be_visible()
        expect(gate).to_be_hidden()
        asked = page.locator("[data-list=asked] .need")
        assert asked.count() > 0, "what nobody knows is asked, by pictures"
        for row in asked.all():
            row.get_by_role("radio", name="Không").check()
        expect(gate).to_be_visible()
        page.get_by_role("button", name="Bắt đầu hướng dẫn").click()
        expect(page.locator("body")).to_have_attribute("data-screen", "guide")
        daughter = lan.rows("members", household_id=household["id"], label="con gái")[0]
        assert (daughter["own_phone"], daughter["chip_card"]) == (False, False)
        page = lan.open("visit", household["id"])
        page.locator("[data-change-member]").click() if page.locator(
            "[data-part=what]"
        ).is_visible() else None
        who_learns(page, "con gái")
        page.get_by_role("radio", name="Kích hoạt tài khoản").click()
        expect(gate).to_be_visible()
        expect(asked).to_have_count(0), "what was answered once is not asked again"


def test_p1_consent_asked_is_consent_answered_before_anything_about_people_is_kept(lan: Phone):
    with offline(lan):
        household = lan.register()
        before = len(lan.outbox())
        page = to_the_visit(lan, household)
        for hidden in ("who", "what", "needs"):
            expect(page.locator(f"[data-part={hidden}]")).to_be_hidden()
        expect(page.get_by_role("button", name="Chỉ lưu lượt thăm")).to_be_hidden()

        page.locator("[data-on=consent]").click()
        expect(page.locator("[data-text=not_asked]")).to_be_visible()
        page.evaluate("document.forms[0].requestSubmit()")  # Enter, whatever has the focus
        page.evaluate("document.forms[0].requestSubmit(document.querySelector('[name=then][value=guide]'))")
        page.evaluate("document.querySelector('[data-add-member]').click()")
        page.evaluate(
            """() => { document.querySelector('#member-label').value = 'bà nội'
                document.querySelector('[data-add-member]').click() }"""
        )
        page.wait_for_timeout(500)

        assert len(lan.outbox()) == before
        assert lan.rows("members", household_id=household["id"]) == []
        expect(page.locator("[data-part=consent]")).to_be_visible()


def test_p1_later_keeps_nothing_about_people_and_the_next_visit_asks_again(lan: Phone):
    with offline(lan):
        household = lan.register()
        page = to_the_visit(lan, household)
        page.get_by_role("radio", name="Để sau").check()
        page.locator("[data-on=consent]").click()
        expect(page.locator("[data-part=what]")).to_be_visible()
        page.locator("[data-note] summary").click()
        expect(page.locator("#note")).to_be_hidden()
        page.locator(f"[name=guide][value={G3}]").click()
        expect(page.locator("body")).to_have_attribute("data-screen", "guide")

        [member] = lan.rows("members", household_id=household["id"])
        assert member["label"] == "Người thứ 1"
        assert {member[name] for name in ("own_phone", "own_sim", "chip_card", "vneid_level")} == {None}
        assert lan.rows("households", id=household["id"])[0]["consent"] == "not_asked"
        assert {row["kind"] for row in lan.rows("outbox") if household["id"] in str(row.get("body"))} == {
            "member",
            "visit",
        }

        lan.page.evaluate(
            """async id => { const opened = await new Promise(done => { const o = indexedDB.open("tung-nha")
                o.onsuccess = () => done(o.result) }); const t = opened.transaction("drafts", "readwrite")
                t.objectStore("drafts").clear(); await new Promise(done => { t.oncomplete = done }); opened.close() }""",
            household["id"],
        )  # another day
        page = lan.open("visit", household["id"])
        expect(page.locator("[data-part=consent]")).to_be_visible()


def test_f11_the_last_five_visits_and_notes_are_read_without_a_network(lan: Phone):
    household = lan.register("Nông Văn Năm Lần")
    for number in range(1, 7):
        visit = {"household_id": household["id"], "outcome": "met", "note": f"Lần thứ {number}"}
        lan.module("records", "recordVisit", visit)
    lan.send()

    with offline(lan):
        page = lan.open("household", household["id"])
        visits = page.locator("[data-list=visits] > li")
        expect(visits).to_have_count(5)
        for place, number in enumerate((6, 5, 4, 3, 2)):
            expect(visits.nth(place)).to_contain_text("Gặp được")
            expect(visits.nth(place).locator("blockquote").first).to_have_text(f"Lần thứ {number}")
            expect(visits.nth(place).locator("time")).to_have_text(re.compile(r"\d\d:\d\d"))


ADD_MANY = """async ([names, hamlet_id]) => {
    const shell = await (await fetch("/vi/field/households")).text()
    const { squeezed } = await import(shell.match(/\\/assets\\/[\\w/]*names\\.\\w+\\.js/)[0])
    const opened = await new Promise(done => {
        const opening = indexedDB.open("tung-nha")
        opening.onsuccess = () => done(opening.result)
    })
    const inside = opened.transaction("households", "readwrite")
    names.forEach((label, number) => inside.objectStore("households").put({
        id: `many-${number}`, hamlet_id, label, code: `XX-${String(number).padStart(4, "0")}`, consent: "given",
        search: squeezed(`${label} XX-${String(number).padStart(4, "0")}`),
    }))
    await new Promise(done => { inside.oncomplete = done })
    opened.close()
}"""


@pytest.mark.parametrize(
    "typed", ["dang thi buoi", "Đặng Thị Bưởi", "DANG THI BUOI", "ddawngj thij buowir", "bưởi"]
)
def test_l8_one_of_two_thousand_is_found_without_tone_marks_on_a_slow_phone(crowded: Page, typed):
    crowded.locator("#search").fill("")
    expect(crowded.locator(ROWS)).to_have_count(50)

    crowded.locator("#search").press_sequentially(typed)

    expect(crowded.locator(ROWS)).to_have_count(1)
    expect(crowded.locator(f"{ROWS} b").first).to_have_text("Đặng Thị Bưởi")


@pytest.fixture(scope="module")
def crowded(chromium, busy_server):
    """A list of 2,000 households more, on a phone four times slower than this machine, without a network."""
    network = Network(busy_server.port)
    phone = Phone(chromium, network)
    phone.sign_in()
    phone.wait_for_the_worker()
    chance = Random(2000)
    names = [
        f"{chance.choice(FAMILY_NAMES)} {chance.choice(MIDDLE_NAMES)} {chance.choice(GIVEN_NAMES)}"
        for _ in range(1999)
    ]
    phone.page.evaluate(ADD_MANY, [[*names, "Đặng Thị Bưởi"], phone.rows("hamlets")[0]["id"]])
    network.is_up = False
    phone.context.new_cdp_session(phone.page).send("Emulation.setCPUThrottlingRate", {"rate": 4})
    yield phone.open("households")
    assert phone.said == []
    phone.context.close()
    network.close()


def test_a11_todays_way_goes_door_by_door_without_a_network(lan: Phone):
    """From Today: what is longest overdue first, then what is due, then a door where nobody was met; after the visit
    the door is off the list."""
    with offline(lan):
        long_ago, overdue, due, _unmet, refused = (
            lan.register(f"Nông Văn Đường {name}") for name in ("Một", "Hai", "Ba", "Bốn", "Năm")
        )
        lan.module("records", "recordVisit", {"household_id": refused["id"], "outcome": "refused"})
        today = local_day(datetime.now(UTC))
        for home, days in ((long_ago, -900), (overdue, -800), (due, 3)):
            last = today + timedelta(days=days)
            row = {
                "id": home["id"][:-1] + "f",
                "household_id": home["id"],
                "reason": "later",
                "due_to": str(last),
            }
            row |= {"due_from": str(min(last, today)), "created_at": "2024-01-01T00:00:00Z", "blocker": None}
            lan.page.evaluate(PUT, row | {"service": None})
        lan.open("today").get_by_role("link", name="Lộ trình hôm nay").click()
        page = lan.page
        expect(page.locator("main")).to_have_attribute("data-state", "list")
        expect(page.locator("[name=order][value=day]")).to_be_checked()
        page.locator("#search").fill("nong van duong")

        expect(page.locator(f"{ROWS} b")).to_have_text(
            [f"Nông Văn Đường {name}" for name in ("Một", "Hai", "Ba", "Bốn")]
        )

        lan.module("records", "recordVisit", {"household_id": long_ago["id"], "outcome": "met"})
        page = lan.open("households", "day")
        page.locator("#search").fill("nong van duong")
        expect(page.locator(f"{ROWS} b").first).to_have_text("Nông Văn Đường Hai")
        expect(page.locator(ROWS)).to_have_count(3)
        choose_order(page, "Theo mã nhà")
        page.locator("#search").fill("")


def test_a10_two_in_one_hamlet_see_after_each_sync_who_was_where(lan: Phone, new_phone, network: Network):
    """Lan's visit and Minh's: each reads the other's name at the door, without a network."""
    household = lan.register("Nông Thị Hai Người Thăm")
    lan.module("records", "recordVisit", {"household_id": household["id"], "outcome": "nobody_home"})
    lan.send()
    minh: Phone = new_phone(network)
    sign_in(minh.page, network.origin, "Hoàng Văn Minh (mẫu)")
    expect(minh.open("today").locator("#main")).to_have_attribute("data-state", "ready")
    minh.wait_for_the_worker()
    minh.send()
    with offline(minh):
        expect(minh.open("household", household["id"]).locator("[data-list=visits] > li")).to_contain_text(
            "Vàng Thị Lan"
        )
        minh.module("records", "recordVisit", {"household_id": household["id"], "outcome": "met"})
    minh.send()
    lan.send()

    with offline(lan):
        visits = lan.open("household", household["id"]).locator("[data-list=visits] > li")
        expect(visits).to_have_count(2)
        expect(visits.first).to_contain_text("Hoàng Văn Minh")


def test_f16_a_number_the_server_would_refuse_is_refused_at_the_field_and_nothing_is_kept(lan: Phone):
    before = {row["id"] for row in lan.rows("outbox")}
    page = lan.open("households", "new")
    for wrong in ("99", "0", "2.5"):
        page.locator("#people").fill(wrong)
        page.locator("#people").blur()
        expect(page.locator(".field:has(#people) .problem")).to_contain_text("từ 1 đến 60")

    page.get_by_role("button", name="Lưu hộ này").click()
    expect(page.locator("#people")).to_be_focused()
    assert {row["id"] for row in lan.rows("outbox")} == before

    page.locator("#people").fill("4")
    page.evaluate(
        "() => { const f = document.querySelector('form[data-when=new]'); f.requestSubmit(); f.requestSubmit() }"
    )
    page.wait_for_url("**/field/household#*")
    made = [row for row in lan.rows("outbox") if row["id"] not in before]
    assert len(made) == 1, "a second quick submit is no second household"
    assert made[0]["schema"] == SCHEMA
