"""Writing at the desk, as a leader does it: the session ends, somebody presses twice, and no word is lost (desk.md A3, C2)."""

from playwright.sync_api import Page, expect

from tests.browser.conftest import Server, sign_in

WORDS = "Gõ cửa to, bà nghe kém; hỏi cháu Hà"


def at_a_household(page: Page, server: Server) -> None:
    """A leader, at a household that may be written about."""
    sign_in(page, server.origin, "Hoàng Văn Minh")
    (household,) = server.rows("SELECT lower(hex(id)) FROM households WHERE consent = 'given' LIMIT 1")[0]
    page.goto(f"{server.origin}/vi/households/{household}")


def test_d13_an_ended_session_costs_no_word_and_a_second_click_writes_nothing_twice(
    page: Page, own_server: Server
):
    at_a_household(page, own_server)
    here = page.url
    form = page.locator("form:has(textarea[name=text])")
    form.locator("textarea").fill(WORDS)
    page.context.clear_cookies(name="session")

    form.get_by_role("button").click()

    expect(page.locator("h1")).to_have_text("Xin đăng nhập lại")
    expect(page.locator("blockquote")).to_have_text(WORDS)
    page.get_by_role("link", name="Đăng nhập lại").click()
    page.get_by_role("button", name="Hoàng Văn Minh").click()
    page.wait_for_url(here)
    expect(page.locator("[data-kept-again]")).to_be_visible()
    expect(form.locator("textarea")).to_have_value(WORDS)
    expect(form.locator("textarea")).to_be_focused()
    form.get_by_role("button").dblclick()
    expect(page.locator("[data-done]")).to_contain_text("Đã để lại lời dặn")
    assert own_server.rows(f"SELECT count(*) FROM notes WHERE text = '{WORDS}'") == [(1,)]
    page.reload()
    expect(page.locator("[data-done]")).to_have_count(0)


def test_d13_what_was_written_is_not_shown_to_somebody_else_who_signs_in(page: Page, own_server: Server):
    at_a_household(page, own_server)
    form = page.locator("form:has(textarea[name=text])")
    form.locator("textarea").fill(WORDS)
    page.context.clear_cookies(name="session")
    form.get_by_role("button").click()

    page.get_by_role("link", name="Đăng nhập lại").click()
    page.get_by_role("button", name="Nguyễn Thị Hoà").click()
    page.wait_for_url("**/coverage/**")

    expect(page.get_by_text(WORDS)).to_have_count(0)
    page.wait_for_function("sessionStorage.getItem('desk.kept') === null")
