"""The first sentences that a new volunteer reads are true: each state has its own, and none is shown before it is known."""

import sqlite3

import pytest
from playwright.sync_api import expect

from tests.browser.conftest import Server
from tests.browser.phones import LAN, Phone, until
from tests.browser.slow_network import Network, Said

NOTE_ALL = """globalThis.told = []
const look = () => {
    const said = document.querySelector("[data-when=empty]:not([hidden]) [data-text=nothing]")?.textContent
    if (said && told.at(-1) !== said) told.push(said)
}
new MutationObserver(look).observe(document, { subtree: true, childList: true, attributes: true, characterData: true })"""
WHO = "đang hỏi máy chủ"


@pytest.fixture
def at_own(chromium, own_server: Server):
    network = Network(own_server.port)
    phone = Phone(chromium, network)
    phone.page.add_init_script(NOTE_ALL)
    yield phone
    phone.context.close()
    network.close()


def come_in(phone: Phone) -> None:
    """Sign in; what stands on the screen is left to the test."""
    phone.page.goto(f"{phone.network.origin}/vi/sign-in")
    phone.page.get_by_role("button", name=LAN).click()
    phone.page.wait_for_url("**/field/today")


def all_told(phone: Phone) -> list[str]:
    return phone.page.evaluate("told")


def test_f17_until_the_server_has_answered_nothing_is_claimed(at_own: Phone):
    at_own.network.instead = lambda asked: (
        Said("503 Service Unavailable", b"") if asked.path.startswith("/api/v1/") else None
    )
    come_in(at_own)
    expect(at_own.page.locator("[data-text=nothing]")).to_contain_text("Máy chủ chưa trả lời được")
    assert [WHO in said for said in all_told(at_own)] == [True, False], all_told(at_own)
    at_own.page.get_by_role("link", name="Tôi", exact=True).click()
    expect(at_own.page.locator("[data-text=nothing]")).to_contain_text("Máy chủ chưa trả lời được")
    at_own.page.get_by_role("link", name="Hôm nay", exact=True).click()

    at_own.network.instead = lambda asked: None
    at_own.page.get_by_role("button", name="Xem lại").click()
    expect(at_own.page.locator("main")).to_have_attribute("data-state", "ready")
    expect(at_own.page.locator("[data-next-door]")).to_be_visible()


def test_f17_on_a_good_line_nothing_false_is_ever_shown(at_own: Phone):
    come_in(at_own)
    expect(at_own.page.locator("main")).to_have_attribute("data-state", "ready")

    assert all(WHO in said for said in all_told(at_own)), all_told(at_own)


def test_f17_whose_time_is_over_reads_since_when_and_whom_to_ask(at_own: Phone, own_server: Server):
    with sqlite3.connect(own_server.database) as connection:
        connection.execute("UPDATE assignments SET first_day = '2026-01-01', last_day = '2026-06-30'")
    come_in(at_own)

    nothing = at_own.page.locator("[data-when=empty]")
    expect(nothing).to_contain_text("đã hết ngày 30/06/2026")
    expect(nothing).to_contain_text("Hoàng Văn Minh (mẫu)")
    assert [WHO in said for said in all_told(at_own)][1:] == [False]
    at_own.page.get_by_role("link", name="Hộ", exact=True).click()
    expect(nothing).to_contain_text("đã hết ngày 30/06/2026")


def test_f17_who_has_no_hamlet_yet_is_welcomed_by_name_and_may_practise(at_own: Phone, own_server: Server):
    with sqlite3.connect(own_server.database) as connection:
        connection.execute("DELETE FROM assignments")
    come_in(at_own)

    nothing = at_own.page.locator("[data-when=empty]")
    expect(nothing).to_contain_text(f"Chào {LAN}. Anh chị chưa được giao thôn nào.")
    expect(nothing).to_contain_text("Hoàng Văn Minh (mẫu)")
    at_own.page.get_by_role("link", name="Luyện tập một hướng dẫn").click()
    expect(at_own.page.locator("[data-list=guides] a").first).to_be_visible()


def test_f17_where_nobody_is_signed_in_that_is_said(at_own: Phone):
    at_own.page.goto(f"{at_own.network.origin}/vi/field/today")

    nothing = at_own.page.locator("[data-when=empty]")
    expect(nothing).to_contain_text("Máy này chưa có ai đăng nhập")
    expect(nothing.get_by_role("link", name="Đăng nhập")).to_be_visible()
    expect(nothing.get_by_role("button", name="Xem lại")).to_be_hidden()


ANDROID = "Mozilla/5.0 (Android 14; Mobile; rv:140.0) Gecko/140.0 Firefox/140.0"
IPHONE = (
    "Mozilla/5.0 (iPhone; CPU iPhone OS 18_5 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) "
    "Version/18.5 Mobile/15E148 Safari/604.1"
)
COMPUTER = (
    "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0.0.0 Safari/537.36"
)
THE_QUESTION = """() => {
    const event = new Event("beforeinstallprompt", { cancelable: true })
    event.prompt = async () => { globalThis.asked = (globalThis.asked ?? 0) + 1 }
    dispatchEvent(event)
}"""
ON_THE_HOME_SCREEN = "Object.defineProperty(navigator, 'standalone', { value: true })"


def to_me(phone: Phone) -> None:
    phone.page.locator(".tabs a[href$='/field/me']").click()
    expect(phone.page.locator("body")).to_have_attribute("data-screen", "me")
    expect(phone.page.locator("main")).to_have_attribute("data-state", "ready")


@pytest.mark.parametrize(
    ("agent", "words"),
    [(ANDROID, "Mở trình đơn của trình duyệt"), (IPHONE, "Chạm nút Chia sẻ"), (COMPUTER, None)],
)
def test_f17_each_kind_of_phone_is_told_how_the_app_comes_to_its_home_screen(
    new_phone, network, agent: str, words: str | None
):
    phone: Phone = new_phone(network, user_agent=agent)
    offer = phone.page.locator("[data-install]")
    phone.sign_in()
    expect(offer).to_be_hidden(), "nobody is asked before they have done anything"
    to_me(phone)
    if words:
        expect(offer).to_contain_text(words)
        expect(offer.locator("[data-way]:visible")).to_have_count(1)
    else:
        expect(offer).to_be_hidden()

    phone.page.evaluate(THE_QUESTION)
    expect(offer.locator("[data-way]:visible")).to_have_count(1)
    offer.get_by_role("button", name="Cài đặt").click()
    assert phone.page.evaluate("asked") == 1
    expect(offer.get_by_role("button", name="Cài đặt")).to_be_hidden(), "a browser asks once"

    phone.page.add_init_script(ON_THE_HOME_SCREEN)
    phone.page.reload()
    expect(phone.page.locator("main")).to_have_attribute("data-state", "ready")
    expect(offer).to_be_hidden()


def test_f17_the_home_screen_is_offered_when_the_first_work_has_come_to_the_server_and_not_again_that_week(
    new_phone, network
):
    phone: Phone = new_phone(network, user_agent=IPHONE)
    page, offer = phone.page, phone.page.locator("[data-install]")
    phone.sign_in()
    phone.wait_for_the_worker()
    phone.register()
    phone.send()
    today = page.locator(".tabs a[href$='/field/today']")
    today.click()
    expect(page.locator("[data-first-cards]")).to_be_visible()
    expect(offer).to_be_hidden(), "one thing at a time"
    page.locator("[data-first-cards]").click()
    while page.locator("[data-next-card]").is_visible():
        page.locator("[data-next-card]").click()
    page.get_by_role("button", name="Đóng").click()
    page.locator("[data-ask-lock] summary").click()
    page.locator("[data-no-lock]").click()
    until(page, lambda: phone.fact("cards_seen"), "the cards to be kept as seen")
    to_me(phone)

    today.click()
    expect(offer).to_contain_text("Chạm nút Chia sẻ")
    offer.get_by_role("button", name="Để lúc khác").click()
    expect(offer).to_be_hidden()
    to_me(phone)
    expect(offer).to_be_visible(), "who looks for it finds it"
    today.click()
    expect(page.locator("main")).to_have_attribute("data-state", "ready")
    page.wait_for_timeout(500)
    expect(offer).to_be_hidden()
