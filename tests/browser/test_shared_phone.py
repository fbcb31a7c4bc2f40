"""Two people share a phone: each behind a PIN, also without a network; what is put away cannot be read."""

import sqlite3
from datetime import UTC, datetime

from playwright.sync_api import Page, expect

from tests.browser.phones import LAN, OPEN, Phone, offline, until
from tests.browser.storages import everything_kept
from tests.browser.test_worker_leaving import (
    CANARY,
    NOTE,
    OTHER,
    PHOTO,
    sign_in_as_the_other,
    work_with_canaries,
)
from volunteer_app.storage.moments import microseconds

PIN_OF_LAN, PIN_OF_MINH, WRONG = "271828", "314159", "161803"
CHANGE = """async ([store, key, changed]) => {
    const db = await new Promise(done => { const o = indexedDB.open("tung-nha"); o.onsuccess = () => done(o.result) })
    await new Promise(done => {
        const inside = db.transaction(store, "readwrite"), all = inside.objectStore(store)
        if (store === "facts") all.put(changed, key)
        else all.get(key).onsuccess = event => all.put({ ...event.target.result, ...changed })
        inside.oncomplete = done
    })
    db.close()
}"""

PHOTOS = f"""async () => {{ {OPEN}
    const rows = await asked(db => db.transaction("photos").objectStore("photos").getAll())
    return rows.map(row => new TextDecoder().decode(row.body))
}}"""


def set_pin(phone: Phone, pin: str) -> Page:
    page = phone.open("me")
    page.get_by_text("Đặt mã PIN", exact=True).click()
    page.get_by_label("Mã PIN, sáu chữ số").fill(pin)
    page.get_by_label("Nhập lại mã PIN").fill(pin)
    page.get_by_role("button", name="Đặt mã PIN này").click()
    expect(page.locator("[data-lock-now]")).to_be_visible()
    return page


def lock(phone: Phone) -> Page:
    phone.open("me").locator("[data-lock-now]").click()
    return is_locked(phone)


def is_locked(phone: Phone) -> Page:
    expect(phone.page.locator("body")).to_have_attribute("data-screen", "lock")
    expect(phone.page.locator("main")).to_have_attribute("data-state", "ready")
    return phone.page


def type_pin(page: Page, name: str, pin: str) -> None:
    page.get_by_role("radio", name=name).check()
    page.locator("#pin").fill(pin)
    page.get_by_role("button", name="Mở", exact=True).click()


def unlock(phone: Phone, name: str, pin: str) -> Page:
    type_pin(phone.page, name, pin)
    expect(phone.page.locator("body")).not_to_have_attribute("data-screen", "lock")
    expect(phone.page.locator("main")).to_have_attribute("data-state", "ready")
    return phone.page


def readable(phone: Phone) -> list[str]:
    kept = everything_kept(phone.page)
    return [word for word in (CANARY, NOTE, '"household_id":') if word in kept]


def test_i3_a8_p4_two_people_share_a_phone_without_a_network_and_neither_sees_the_others(
    new_lan: Phone, busy_server
):
    set_pin(new_lan, PIN_OF_LAN)
    with offline(new_lan):
        made = work_with_canaries(new_lan)
        hers = {row["id"] for row in new_lan.rows("households")}
        assert readable(new_lan) == [CANARY, NOTE, '"household_id":'], "before the lock all of it is found"
        lock(new_lan)
        assert readable(new_lan) == [] and new_lan.page.evaluate(PHOTOS) == []
        page = new_lan.open("household", made[0])
        assert CANARY not in is_locked(new_lan).content()

    page = sign_in_as_the_other(new_lan)
    assert new_lan.fact("me")["name"] == OTHER
    theirs = {row["id"] for row in new_lan.rows("households")}
    assert theirs - hers
    set_pin(new_lan, PIN_OF_MINH)
    with offline(new_lan):
        lock(new_lan)
        type_pin(new_lan.page, LAN, WRONG)
        expect(new_lan.page.get_by_role("status")).to_contain_text("chưa đúng")
        page = unlock(new_lan, LAN, PIN_OF_LAN)
        assert {row["id"] for row in new_lan.rows("households")} == hers
        assert new_lan.rows("households", label=CANARY)
        assert page.evaluate(PHOTOS) == [PHOTO], "a photo that waits lies in the drawer too"
        expect(new_lan.open("households", "new").locator("#label")).to_have_value(f"{CANARY} viết dở")
        made.append(new_lan.register()["id"])

    page.reload()
    new_lan.wait_until("received", made)
    author = "SELECT p.name FROM operations o JOIN people p ON p.id = o.person_id WHERE o.id = x'{}'"
    assert {busy_server.rows(author.format(id_.replace("-", "")))[0][0] for id_ in made} == {LAN}
    assert new_lan.fact("me")["name"] == LAN, "the session is still the other's, whose list does not come in"
    address = f"{new_lan.network.origin}/api/v1/field-pack"
    assert page.evaluate("async address => (await fetch(address)).status", address) == 401


def test_p4_a_phone_left_lying_locks_itself_and_wrong_pins_empty_the_drawer_but_lose_no_work(
    new_lan: Phone, busy_server
):
    set_pin(new_lan, PIN_OF_LAN)
    with offline(new_lan):
        made = work_with_canaries(new_lan)
        new_lan.page.evaluate(CHANGE, ["facts", "used_at", 1_000])
        new_lan.page.reload()
        page = is_locked(new_lan)
        assert readable(new_lan) == []

        page.evaluate(CHANGE, ["drawers", new_lan.rows("drawers")[0]["person_id"], {"tries": 4}])
        type_pin(page, LAN, WRONG)
        expect(page.get_by_role("status")).to_contain_text("Còn 5 lần")
        type_pin(page, LAN, PIN_OF_LAN)
        expect(page.get_by_role("status")).to_contain_text("Xin chờ 1 phút")
        page.evaluate(
            CHANGE, ["drawers", new_lan.rows("drawers")[0]["person_id"], {"tries": 9, "wait_until": 0}]
        )
        type_pin(page, LAN, WRONG)
        expect(page.locator("[data-sign-in-again]")).to_be_visible()
        assert [row["box"] for row in new_lan.rows("drawers")] == [None]

    page.reload()
    new_lan.wait_until("received", made)
    page.locator("summary").click()
    page.get_by_role("link", name="Đăng nhập").click()
    page.get_by_role("button", name=LAN).click()
    page.wait_for_url("**/field/today")
    until(page, lambda: new_lan.fact("is_complete"), "the whole pack")
    assert new_lan.rows("households", label=CANARY), "it comes back from the server"


def test_i5_a_revoked_phone_empties_its_drawers_too(new_lan: Phone, busy_server):
    set_pin(new_lan, PIN_OF_LAN)
    mark = new_lan.fact("session")
    lock(new_lan)
    with sqlite3.connect(busy_server.database, timeout=20) as connection:
        connection.execute(
            "UPDATE sign_ins SET revoked_at = ? WHERE substr(token_hash, 1, 16) = ?",
            [microseconds(datetime.now(UTC)), mark],
        )

    new_lan.page.reload()

    expect(new_lan.page.locator("body")).to_have_attribute("data-screen", "today")
    expect(new_lan.page.locator("main")).to_have_attribute("data-state", "empty")
    assert new_lan.rows("drawers") == []


def test_i3_p4_a_lock_is_asked_for_with_the_first_pack_and_refused_only_on_purpose(
    new_lan: Phone, busy_server
):
    """With a reason, by whoever holds the phone; a refusal takes two taps, is kept, and is told to the team leader."""

    def until_the_server_says(how: str) -> None:
        until(new_lan.page, lambda: busy_server.rows(kept) == [(how,)], f"the server to know of {how}")

    kept = f"SELECT lock FROM devices WHERE id = x'{new_lan.fact('device')['id'].replace('-', '')}'"
    page = new_lan.open("today")
    asked = page.locator("[data-ask-lock]")
    expect(asked).to_contain_text("ai nhặt được máy đều đọc được hết")
    page.reload()
    expect(asked).to_be_visible(), "it stays until it is answered"
    new_lan.register()
    new_lan.send()
    assert busy_server.rows(kept) == [("none",)]
    new_lan.open("today")

    expect(asked.locator("[data-no-lock]")).to_be_hidden()
    asked.locator("summary").click()
    asked.locator("[data-no-lock]").click()
    expect(asked).to_be_hidden()
    until_the_server_says("refused")
    expect(new_lan.open("today").locator("[data-ask-lock]")).to_be_hidden()

    sign_in_as_the_other(new_lan)
    page = new_lan.open("today")
    expect(asked).to_be_visible(), "the next person is asked too"
    asked.get_by_role("link", name="Đặt mã PIN").click()
    page.get_by_label("Mã PIN, sáu chữ số").fill(PIN_OF_MINH)
    page.get_by_label("Nhập lại mã PIN").fill(PIN_OF_MINH)
    page.get_by_role("button", name="Đặt mã PIN này").click()
    expect(page.locator("[data-lock-now]")).to_be_visible()
    expect(new_lan.open("today").locator("[data-ask-lock]")).to_be_hidden()
    until_the_server_says("pin")


MAKE_PASSKEY = """async () => { await navigator.credentials.create({ publicKey: {
    rp: { name: "Từng Nhà" }, user: { id: new Uint8Array(16), name: "lan", displayName: "Lan" },
    challenge: new Uint8Array(32), pubKeyCredParams: [{ type: "public-key", alg: -7 }],
    authenticatorSelection: { residentKey: "required", userVerification: "required" }, extensions: { prf: {} },
} }) }"""
"""As `static/js/passkeys.js` makes one, without a server."""


def test_i3_p4_where_the_phones_own_lock_can_it_opens_the_drawer_and_no_number_does(new_lan: Phone):
    """The key comes out of the phone's passkey (PRF), also without a network; there is no PIN to try out."""
    cdp = new_lan.context.new_cdp_session(new_lan.page)
    cdp.send("WebAuthn.enable")
    wanted = {"protocol": "ctap2", "ctap2Version": "ctap2_1", "transport": "internal", "hasResidentKey": True}
    wanted |= {"hasUserVerification": True, "isUserVerified": True, "hasPrf": True}
    of_phone = cdp.send("WebAuthn.addVirtualAuthenticator", {"options": wanted})["authenticatorId"]
    page = new_lan.open("me")
    page.evaluate(MAKE_PASSKEY)
    page.locator("[data-set-own-lock]").click()
    expect(page.locator("[data-lock-now]")).to_be_visible()
    expect(page.locator("[data-own-lock]")).to_be_hidden()
    (drawer,) = new_lan.rows("drawers")
    assert drawer["passkey"] and "rounds" not in drawer

    with offline(new_lan):
        work_with_canaries(new_lan)
        lock(new_lan)
        assert readable(new_lan) == []
        expect(page.locator("[data-pin]")).to_be_hidden()
        page.locator("[data-use-passkey]").click()
        expect(page.locator("body")).not_to_have_attribute("data-screen", "lock")
        assert new_lan.rows("households", label=CANARY)

        lock(new_lan)
        cdp.send("WebAuthn.setUserVerified", {"authenticatorId": of_phone, "isUserVerified": False})
        page.locator("[data-use-passkey]").click()
        expect(page.locator("[data-with-passkey]")).to_contain_text("Chưa mở được")
        assert readable(new_lan) == []
