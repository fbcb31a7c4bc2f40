"""Lasting storage (O9): asked for, and the browser's answer shown, whichever it is."""

from playwright.sync_api import expect

from tests.browser.phones import Phone


def test_o9_the_browsers_answer_about_lasting_storage_is_shown_and_a_yes_ends_the_asking(new_phone, network):
    phone: Phone = new_phone(network)
    phone.sign_in()
    page = phone.open("outbox")
    expect(page.locator("[data-text=kept]")).to_contain_text("có thể xoá")
    page.get_by_role("button", name="Xin máy giữ lâu dài").click()
    assert page.evaluate("navigator.storage.persisted()") is False, "a headless browser says no"

    session = phone.context.new_cdp_session(page)
    context = session.send("Target.getTargetInfo")["targetInfo"]["browserContextId"]
    granted = {"origin": network.origin, "permissions": ["durableStorage"], "browserContextId": context}
    session.send("Browser.grantPermissions", granted)
    page.evaluate("navigator.storage.persist()")
    page = phone.open("outbox")

    expect(page.locator("[data-text=kept]")).to_contain_text("sẽ giữ")
    expect(page.locator("[data-persist]")).to_be_hidden()
