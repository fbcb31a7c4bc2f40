"""A citizen asks for a visit, and somebody comes: by taps, from the public page to the phone and back to the desk (A12)."""

from contextlib import ExitStack
from datetime import UTC, datetime
from urllib.parse import unquote

from playwright.sync_api import Locator, Page, expect

from tests.browser.conftest import Server
from tests.browser.engines import InChromium
from tests.browser.phones import LAN, Phone, offline
from tests.browser.slow_network import Network
from tests.browser.test_walked_roads import DESK, LEADER, come_in
from volunteer_app.domain.calendar import local_day

NAME, NUMBER = "Bà Mẫu Nhờ", "0200 111 222"


def ask(citizen: InChromium, server: Server) -> None:
    """On the public pages, without an account."""
    citizen.go(server.origin)
    page = citizen.page
    page.get_by_role("link", name="Xin thăm nhà").first.click()
    page.locator("#tim").fill("minh tan")
    page.locator(".search button").click()
    page.locator(".places a").first.click()
    page.locator("#name").fill(NAME)
    page.locator("#hamlet").select_option(index=1)
    page.locator("#phone").fill(NUMBER)
    page.locator("form.ask button").click()
    page.wait_for_url("**/yeu-cau-tham/da-nhan")
    expect(page.locator("main")).to_contain_text("tình nguyện viên đến thăm sẽ gọi điện")


def send_lan(page: Page, day: str) -> None:
    """The leader, at the list of requests."""
    card = page.locator(".requests > li", has_text=NAME)
    card.get_by_label("Ai đi", exact=True).select_option(label_of_lan(card))
    card.get_by_label("Ngày", exact=True).fill(day)
    card.get_by_role("button", name="Cử đi").click()
    expect(page.locator("[data-done]")).to_contain_text("Đã cử người")
    message = unquote(card.get_by_role("link", name="Nhắn ngày cho gia đình").get_attribute("href") or "")
    assert message.startswith("sms:0200111222?body=") and LAN in message and "đeo thẻ" in message


def label_of_lan(card: Locator) -> str:
    return next(text.strip() for text in card.locator("option").all_inner_texts() if LAN in text)


def test_a12_a_citizens_request_reaches_the_phone_and_is_done_there(chromium, own_server: Server, new_phone):
    today = local_day(datetime.now(UTC))
    with ExitStack() as stack:
        ask(InChromium(chromium, stack), own_server)
        leader = InChromium(chromium, stack, DESK)
        way = come_in(leader, own_server, LEADER)
        way("Nhờ thăm nhà", "/requests")
        send_lan(leader.page, today.isoformat())
        network = Network(own_server.port)
        stack.callback(network.close)
        lan: Phone = new_phone(network)
        lan.sign_in()
        lan.wait_for_the_worker()
        card = lan.page.locator("[data-when=ready] [data-list=visit_requests] > li", has_text=NAME)
        expect(card).to_contain_text("Nhờ đến thăm: hôm nay")
        expect(card.locator("[data-call]")).to_have_attribute("href", "tel:0200111222")

        with offline(lan):
            card.locator("summary").click()
            card.get_by_role("button", name="Tôi đã đến thăm").click()
            expect(card).to_have_count(0)
            expect(lan.page.locator("[data-text=asked_said]")).to_be_focused()
            assert NAME not in str(lan.fact("visit_requests"))
        lan.send()

        way("Nhờ thăm nhà", "/requests")
        leader.until("closed", "name => !document.body.innerText.includes(name)", NAME)
        expect(leader.page.locator("table")).to_contain_text(LAN)
    kept = own_server.rows(
        "SELECT status, name, phone FROM visit_requests WHERE received_at = "
        "(SELECT max(received_at) FROM visit_requests)"
    )
    assert kept == [("done", None, None)]
