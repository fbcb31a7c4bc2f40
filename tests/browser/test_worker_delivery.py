"""What was recorded reaches the server once, over every kind of network; nothing counts as sent without its receipt."""

import json
import re

from playwright.sync_api import Page, expect

from tests.browser.conftest import Server
from tests.browser.phones import Phone, offline
from tests.browser.slow_network import Asked, Said
from tests.browser.test_field_readiness import KEEP_FACT

ANSWER = "[data-answer]"
RESTS = """async chance => {
    const said = async address => (await fetch(address)).text()
    const deliver = (await said("/vi/field/outbox")).match(/\\/assets\\/[\\w/]*deliver\\.\\w+\\.js/)[0]
    const [, address] = (await said(deliver)).match(/import\\("([^"]*sync\\.\\w+\\.js)"/)
    const { sync } = await import(new URL(address, new URL(deliver, location)))
    Math.random = () => chance
    return (await sync({ eager: true })).wait
}"""
"""How many milliseconds a phone rests after a try to deliver."""


def is_delivery(asked: Asked) -> bool:
    return asked.path == "/api/v1/ops"


def record_without_network(phone: Phone, count: int = 3) -> list[str]:
    """Households registered where there is no signal; ids in the order of their making."""
    with offline(phone):
        made = [phone.register() for _ in range(count)]
    return [household["id"] for household in made]


def on_the_server(server: Server, ids: list[str]) -> list[tuple[int, int]]:
    """How many operations and how many households the database holds of each."""

    def count(table: str, id_: str) -> int:
        return server.rows(f"SELECT count(*) FROM {table} WHERE id = x'{id_.replace('-', '')}'")[0][0]

    return [(count("operations", id_), count("households", id_)) for id_ in ids]


def packs(phone: Phone) -> list[Asked]:
    """How often it has asked for its field pack."""
    return [asked for asked in phone.network.asked if asked.path.startswith("/api/v1/field-pack")]


def press_send(phone: Phone) -> Page:
    page = phone.open("outbox")
    page.get_by_role("button", name="Gửi ngay").click()
    return page


def test_o4_e10_two_tabs_that_send_at_once_give_one_record_each(new_lan: Phone, busy_server):
    made = record_without_network(new_lan)
    tabs = [new_lan.open("outbox"), new_lan.tab()]
    tabs[1].goto(f"{new_lan.network.origin}/vi/field/outbox")

    for tab in tabs:
        tab.evaluate("document.querySelector('[data-send]').click()")

    new_lan.wait_until("received", made)
    assert on_the_server(busy_server, made) == [(1, 1)] * 3
    for tab in tabs:
        expect(tab.locator("[data-list=items] > li").filter(has_text="Biên nhận")).to_have_count(3)


def test_o4_a_lost_answer_is_asked_for_again_and_gives_one_record(new_lan: Phone, busy_server):
    made = record_without_network(new_lan)

    new_lan.network.loses_answer = is_delivery
    expect(press_send(new_lan).locator(ANSWER)).to_contain_text("chưa có mạng")
    assert on_the_server(busy_server, made) == [(1, 1)] * 3
    assert new_lan.outbox() == dict.fromkeys(made, "ready")

    new_lan.network.restore()
    new_lan.send()
    assert on_the_server(busy_server, made) == [(1, 1)] * 3
    assert new_lan.outbox() == dict.fromkeys(made, "received")


def test_o7_what_one_short_window_brought_over_stays_received(new_lan: Phone, busy_server):
    made = record_without_network(new_lan, 30)
    deliveries: list[Asked] = []

    def lets_one_delivery_through(asked: Asked) -> bool:
        if is_delivery(asked):
            deliveries.append(asked)
        return len(deliveries) > 1

    new_lan.network.bytes_per_second, new_lan.network.delay = 20_000, 0.1
    new_lan.network.loses_answer = lets_one_delivery_through
    received: list[str] = []
    for _window in range(3):  # on a busy machine a phone may give up before the one answer is there
        deliveries.clear()
        expect(press_send(new_lan).locator(ANSWER)).to_contain_text("chưa có mạng")
        states = new_lan.outbox()
        if received := [id_ for id_ in made if states[id_] == "received"]:
            break
    assert 0 < len(received) < 30
    assert received == made[: len(received)], "oldest first"
    assert new_lan.rows("households", id=received[0])[0]["received_at"]

    new_lan.network.restore()
    new_lan.send()
    assert on_the_server(busy_server, made) == [(1, 1)] * 30
    assert new_lan.outbox() == dict.fromkeys(made, "received")


TRIGGERS = {
    "open": lambda phone: phone.open("today"),
    "focus": lambda phone: phone.page.evaluate("dispatchEvent(new Event('focus'))"),
    "visible": lambda phone: phone.page.evaluate("document.dispatchEvent(new Event('visibilitychange'))"),
    "reconnect": lambda phone: phone.context.set_offline(False),
    "timer": lambda phone: phone.page.clock.run_for(80_000),
    "button": lambda phone: phone.page.get_by_role("button", name="Gửi ngay").click(),
}


def test_o8_sync_runs_by_itself_without_background_sync(new_lan: Phone, busy_server):
    new_lan.context.add_init_script(
        "delete globalThis.SyncManager; delete globalThis.ServiceWorkerRegistration?.prototype.sync"
    )
    for trigger, happens in TRIGGERS.items():
        if trigger == "timer":
            new_lan.page.clock.install()
        page = new_lan.open("outbox")
        assert not page.evaluate(
            "'SyncManager' in globalThis || 'sync' in ServiceWorkerRegistration.prototype"
        )
        new_lan.context.set_offline(trigger == "reconnect")
        made = record_without_network(new_lan, 1)
        assert new_lan.outbox()[made[0]] == "ready"

        happens(new_lan)

        new_lan.wait_until("received", made)
        assert on_the_server(busy_server, made) == [(1, 1)], trigger


def test_o15_each_record_shows_that_the_server_has_it_since_when_and_under_which_code(
    new_lan: Phone, busy_server
):
    household = new_lan.register("Nông Văn Mẫu")
    code = household["id"].replace("-", "")[-6:].upper()
    new_lan.wait_until("received", [household["id"]])
    (received_at,) = busy_server.rows(
        f"SELECT strftime('%H:%M', received_at / 1000000, 'unixepoch', '+7 hours') FROM operations WHERE id = x'{household['id'].replace('-', '')}'"
    )[0]

    page = new_lan.open("outbox")
    expect(page.locator("[data-list=items] > li")).to_contain_text(f"Biên nhận: {received_at} · mã {code}")
    page = new_lan.open("household", household["id"])
    expect(page.locator("[data-receipt]")).to_contain_text(f"Máy chủ đã nhận {received_at} · mã {code}")


CAPTIVE = {
    "its own page": Said("200 OK", b"<!doctype html><title>Wi-Fi</title><form>accept our terms</form>"),
    "a redirect": Said("302 Found", headers=("Location: /vi/sign-in",)),
    "other JSON": Said("200 OK", b'{"ok": true, "answers": []}', ("Content-Type: application/json",)),
    "no object": Said("200 OK", b"null", ("Content-Type: application/json",)),
    "another server": Said(
        "200 OK",
        json.dumps({"server_id": "00000000-0000-7000-8000-000000000000", "answers": []}).encode(),
        ("Content-Type: application/json",),
    ),
    "asks for sign-in": Said("511 Network Authentication Required", b"<p>sign in to this network"),
}


def test_e7_a_captive_portal_never_counts_as_success(new_lan: Phone, busy_server):
    made = record_without_network(new_lan)
    last_success = new_lan.fact("last_success_at")

    for portal, answer in CAPTIVE.items():
        new_lan.network.instead = lambda asked, answer=answer: answer
        page = press_send(new_lan)

        expect(page.locator("[data-send]")).to_be_enabled()
        expect(page.locator(ANSWER)).to_contain_text(
            re.compile("Mạng Wi-Fi này|chưa có mạng|Máy chủ đang bận")
        )
        assert page.locator(ANSWER).get_attribute("data-tone") == "sun", portal
        assert new_lan.outbox() == dict.fromkeys(made, "ready"), portal
        assert new_lan.fact("last_success_at") == last_success, portal

    new_lan.network.restore()
    new_lan.send()
    assert on_the_server(busy_server, made) == [(1, 1)] * 3


def test_a_server_in_trouble_loses_nothing_and_is_tried_again(new_lan: Phone, busy_server):
    new_lan.context.add_init_script("Math.random = () => 0.02")  # how long a phone rests is chance
    for status in ("500 Internal Server Error", "503 Service Unavailable", "429 Too Many Requests"):
        made = record_without_network(new_lan)

        new_lan.network.instead = lambda asked, status=status: Said(status, b"<h1>Oops</h1>")
        page = press_send(new_lan)
        expect(page.locator(ANSWER)).to_contain_text("Máy chủ đang bận")
        assert {new_lan.outbox()[id_] for id_ in made} == {"ready"}, status

        new_lan.network.restore()
        new_lan.wait_until("received", made)  # nobody does anything: it tries again by itself
        assert on_the_server(busy_server, made) == [(1, 1)] * 3, status


def test_phones_rest_by_chance_and_longer_each_time_or_as_long_as_the_server_asks(new_lan: Phone):
    """So that two thousand phones do not come back in the same second."""
    asked = []

    def wait(answer: Said, chance: float) -> float:
        new_lan.network.instead = lambda request: asked.append(request) or answer
        return new_lan.page.evaluate(RESTS, chance)

    tries = []
    for chance in (0.5, 0.5, 0.1):
        rested = wait(Said("503 Service Unavailable"), chance)
        tries.append(new_lan.fact("pause")["tries"])
        assert rested == chance * 2000 * 2 ** (tries[-1] - 1)
    assert tries == sorted(set(tries))

    told = wait(Said("503 Service Unavailable", headers=("Retry-After: 7",)), 0.5)
    assert told == 7 * 1000 * 1.125
    before = len(asked)
    assert 0 < wait(Said("503 Service Unavailable"), 0.5) <= told
    assert len(asked) == before, "who was asked to wait does not ask again"


def test_i2_an_expired_session_keeps_everything_and_asks_to_sign_in(new_lan: Phone, busy_server):
    new_lan.context.clear_cookies()
    household = new_lan.register()
    page = press_send(new_lan)
    expect(page.locator(ANSWER)).to_contain_text("Xin đăng nhập lại")
    assert new_lan.outbox() == {household["id"]: "ready"}
    assert on_the_server(busy_server, [household["id"]]) == [(0, 0)]

    page.get_by_role("link", name="Đăng nhập lại").click()
    page.get_by_role("button", name="Vàng Thị Lan").click()
    expect(page.locator("#main")).to_have_attribute("data-state", "ready")

    new_lan.wait_until("received", [household["id"]])
    assert on_the_server(busy_server, [household["id"]]) == [(1, 1)]


def test_d4_a_phone_with_nothing_to_send_says_that_it_is_there_and_how_much_room_it_has(
    new_lan: Phone, busy_server
):
    device = f"x'{new_lan.fact('device')['id'].replace('-', '')}'"
    said = f"SELECT free_mb, last_contact_at FROM devices WHERE id = {device}"
    [(room, first)] = busy_server.rows(said)
    assert room and room % 10 == 0, "rounded"
    new_lan.send()
    assert busy_server.rows(said) == [(room, first)], "said once, not at every contact"

    new_lan.page.evaluate(KEEP_FACT, ["reported", 0])
    new_lan.send()

    [(_, later)] = busy_server.rows(said)
    assert later > first


def test_o16_e5_what_the_server_will_not_look_at_is_set_aside_and_all_else_goes(new_lan: Phone, busy_server):
    made = record_without_network(new_lan, 5)
    bad, *good = made[2], *made[:2], *made[3:]

    def judge(route):
        is_bad = bad in (route.request.post_data or "")
        route.fulfill(status=400, json={}) if is_bad else route.continue_()

    new_lan.page.route("**/api/v1/ops", judge)
    before = len(packs(new_lan))
    page = press_send(new_lan)

    new_lan.wait_until("received", good)
    assert new_lan.outbox()[bad] == "parked"
    assert on_the_server(busy_server, good) == [(1, 1)] * 4
    expect(page.locator(ANSWER)).to_contain_text("1 mục máy chủ chưa nhận")
    assert len(packs(new_lan)) > before, "the field pack is fetched all the same"
    expect(page.locator("[data-list=items] [data-state=parked]")).to_contain_text(
        "Máy chủ không nhận được mục này"
    )
    pill = new_lan.open("today").locator("[data-waiting]")
    expect(pill).to_have_text("1")
    expect(pill).to_have_accessible_name(re.compile("^1 mục"))
