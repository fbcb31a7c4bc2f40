"""What takes a phone's storage away, in part or whole: killed processes, cleared data, dead connections. All is seen and said."""

import time
from pathlib import Path

from playwright.sync_api import Page, expect

from tests.browser.conftest import Server, sign_in
from tests.browser.phones import LAN, ROWS, Phone, until, who_learns
from tests.browser.test_the_road import kill_browser, profile, wait_until_kept  # noqa: F401 - a fixture
from tests.browser.test_worker_delivery import is_delivery, on_the_server, record_without_network

NOTE = "ghi dở trước khi máy tắt"


def fill_new_household(page: Page, name: str) -> None:
    page.get_by_role("radio", name="Đồng ý", exact=True).check()
    page.locator("#label").fill(name)
    page.evaluate(
        ROWS, "drafts"
    )  # asked behind the last letter: when it is answered, that letter is on the disk


def test_f2_e18_killed_while_saving_it_is_saved_or_still_in_the_form(
    busy_server: Server,
    profile,  # noqa: F811
    tmp_path: Path,
):
    page = profile()
    sign_in(page, busy_server.origin, LAN)
    wait_until_kept(page)
    field = f"{busy_server.origin}/vi/field"
    for pause in (0, 0.01, 0.05):
        name = f"Nông Văn Tắt Máy {pause}"
        page.route("**/api/v1/ops", lambda route: route.abort())
        page.goto(f"{field}/households#new")
        page.reload()
        fill_new_household(page, name)
        page.evaluate("setTimeout(() => document.querySelector('form[data-when=new]').requestSubmit())")
        time.sleep(pause)
        kill_browser(tmp_path / "phone")

        page = profile()
        page.goto(f"{field}/outbox")
        is_saved = any((row.get("body") or {}).get("label") == name for row in page.evaluate(ROWS, "outbox"))
        is_saved = is_saved or any(row["label"] == name for row in page.evaluate(ROWS, "households"))
        page.goto(f"{field}/households#new")
        page.reload()
        expect(page.locator("main")).to_have_attribute("data-state", "new")
        is_in_the_form = page.locator("#label").input_value() == name
        assert is_saved != is_in_the_form, f"{pause}: saved {is_saved}, in the form {is_in_the_form}"

    said_yes = [row["id"] for row in page.evaluate(ROWS, "households") if row["consent"] == "given"]
    household = said_yes[0]  # else consent is asked first
    page.goto(f"{field}/visit#{household}")
    who_learns(page, "bà nội")
    page.locator("[data-note] summary").click()
    page.locator("#note").fill(NOTE)
    page.evaluate(ROWS, "drafts")
    kill_browser(tmp_path / "phone")

    page = profile()
    page.goto(f"{field}/today")
    page.locator("[data-unfinished]").click()
    expect(page.locator("#note")).to_be_focused()
    expect(page.locator("#note")).to_have_value(NOTE)


def test_e18_a_worker_stopped_half_way_through_a_delivery_loses_nothing(new_lan: Phone, busy_server: Server):
    made = record_without_network(new_lan)
    new_lan.page.goto(f"{new_lan.network.origin}/vi/sign-in")  # no screen of the app sends
    session = new_lan.context.new_cdp_session(new_lan.page)
    found: list[dict] = []
    session.on("ServiceWorker.workerRegistrationUpdated", lambda said: found.extend(said["registrations"]))
    session.send("ServiceWorker.enable")
    until(new_lan.page, lambda: found, "the worker's registration")
    event = {"origin": new_lan.network.origin, "registrationId": found[-1]["registrationId"]}
    new_lan.network.delay = 60
    new_lan.network.asked.clear()
    session.send("ServiceWorker.dispatchSyncEvent", event | {"tag": "outbox", "lastChance": False})
    until(new_lan.page, lambda: any(map(is_delivery, new_lan.network.asked)), "a delivery")
    until(
        new_lan.page, lambda: on_the_server(busy_server, made) == [(1, 1)] * 3, "three entries at the server"
    )

    session.send("ServiceWorker.stopAllWorkers")
    assert set(new_lan.outbox().values()) == {"ready"}, "no answer has come"
    new_lan.network.restore()
    new_lan.send()

    assert new_lan.outbox() == dict.fromkeys(made, "received")
    assert on_the_server(busy_server, made) == [(1, 1)] * 3


def test_e20_cleared_storage_is_seen_said_and_counted(new_lan: Phone, busy_server: Server):
    sent = new_lan.register("Nông Văn Đã Gửi")
    new_lan.send()
    new_lan.network.is_up = False
    new_lan.register("Nông Văn Mất Rồi")
    device = new_lan.fact("device")
    new_lan.page.goto("about:blank")
    evicted = {"origin": new_lan.network.origin, "storageTypes": "indexeddb,cache_storage,service_workers"}
    new_lan.context.new_cdp_session(new_lan.page).send("Storage.clearDataForOrigin", evicted)
    new_lan.network.restore()

    page = new_lan.open("outbox")
    expect(page.locator("[data-cleared]")).to_contain_text(f"{device['seq']}")
    expect(new_lan.open("today").locator("[data-cleared]")).to_be_visible()
    after = new_lan.register("Nông Văn Làm Tiếp")
    new_lan.wait_until("received", [after["id"]])

    assert new_lan.fact("device") == {"id": device["id"], "seq": device["seq"] + 1}, "it counts on"
    numbers = busy_server.rows(
        f"SELECT seq FROM operations WHERE device_id = x'{device['id'].replace('-', '')}' ORDER BY seq"
    )
    assert [seq for (seq,) in numbers] == [device["seq"] - 1, device["seq"] + 1], "the server sees the gap"
    assert on_the_server(busy_server, [sent["id"], after["id"]]) == [(1, 1)] * 2


CONNECTIONS = """(() => {
    const open = IDBFactory.prototype.open
    globalThis.connections = []
    IDBFactory.prototype.open = function (...said) {
        const asked = open.apply(this, said)
        asked.addEventListener("success", () => connections.push(asked.result))
        return asked
    }
    const transaction = IDBDatabase.prototype.transaction
    IDBDatabase.prototype.transaction = function (...said) {
        if (globalThis.isLost) throw new DOMException("Connection to Indexed Database server lost", "UnknownError")
        return transaction.apply(this, said)
    }
})()"""


def test_e21_a_dead_connection_is_opened_again_and_the_form_is_kept(new_lan: Phone):
    new_lan.context.add_init_script(CONNECTIONS)
    for is_lost in (False, True):
        name = "Nông Văn Mất Kết Nối" if is_lost else "Nông Văn Nối Lại"
        page = new_lan.open("households", "new")
        fill_new_household(page, name)
        page.evaluate("lost => { for (const db of connections) db.close(); isLost = lost }", is_lost)

        page.get_by_role("button", name="Lưu hộ").click()

        if is_lost:
            expect(page.locator("form [data-text=not_saved]")).to_contain_text("CHƯA lưu được")
            expect(page.locator("#label")).to_have_value(name)
            page.evaluate("isLost = false")
            page.get_by_role("button", name="Lưu hộ").click()
        expect(page.get_by_role("heading", level=1)).to_have_text(name)
        assert len([row for row in new_lan.rows("households") if row["label"] == name]) == 1


SHUT = """Object.defineProperty(IDBFactory.prototype, "open", { value() {
    if (!globalThis.isShut?.()) return Object.getPrototypeOf(this).constructor
    const request = new EventTarget()
    Object.assign(request, { error: new DOMException("no", "UnknownError") })
    setTimeout(() => request.onerror?.())
    return request
} })
globalThis.isShut = () => true"""


def test_e21_a_store_that_cannot_be_opened_is_never_said_to_hold_the_work(new_lan: Phone):
    """One state, one sentence: what nobody can read may be gone. As soon as it opens again everything is there."""
    label = new_lan.register("Nông Văn Còn Đó")["label"]
    shut = new_lan.context.new_page()
    shut.add_init_script(SHUT)
    shut.goto(f"{new_lan.network.origin}/vi/field/households")
    main = shut.locator("main")
    expect(main).to_have_attribute("data-state", "shut")
    expect(main).to_contain_text("xin đừng xoá dữ liệu")
    expect(main).not_to_contain_text("vẫn còn trong máy", use_inner_text=True)
    expect(shut.locator("[data-rescue]")).to_be_hidden()
    shut.close()
    assert new_lan.rows("households", label=label)
