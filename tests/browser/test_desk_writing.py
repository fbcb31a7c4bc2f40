"""Writing at the desk, as a leader does it: the session ends, somebody presses twice, and no word is lost (desk.md A3, C2)."""

from contextlib import ExitStack

from playwright.sync_api import Browser, Page, expect

from tests.browser.conftest import Server, sign_in
from tests.browser.engines import InChromium
from tests.browser.phones import until
from tests.browser.test_walked_roads import DESK, EDITOR, LEADER, come_in

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


def test_d13_two_at_the_bench_see_both_words_and_none_is_written_over(chromium: Browser, own_server: Server):
    """A4b, by taps: whoever goes on typing saves again and again; who has an old page is told what stands there now."""
    field, state = "textarea[name=text] >> nth=0", "[data-words-state] >> nth=0"
    with ExitStack() as stack:
        pages = []
        for name in (LEADER, EDITOR):
            walker = InChromium(chromium, stack, DESK)
            come_in(walker, own_server, name)("Giọng đọc và bản dịch", "/voices")
            walker.page.locator("a[href$='/voices/tyz']").first.click()
            walker.page.locator(field).wait_for()
            pages.append(walker.page)
        one, other = pages
        one.locator(field).fill("Lời thứ nhất")
        expect(one.locator(state)).to_contain_text("Hoàng Văn Minh")
        one.locator(field).press_sequentially(" nữa")
        until(one, lambda: words_kept(own_server) == ["Lời thứ nhất nữa"], "the rest of the words")
        expect(one.locator(state).locator(".notice")).to_have_count(0)

        other.locator(field).fill("Lời khác")
        both = other.locator(state).locator(".notice")
        expect(both).to_contain_text("Lời thứ nhất nữa")
        expect(both).to_contain_text("Lời khác")
        assert words_kept(own_server) == ["Lời thứ nhất nữa"]
        both.get_by_role("button").click()
        expect(both).to_have_count(0)
        other.locator(field).fill("Lời khác hơn")
        until(other, lambda: words_kept(own_server) == ["Lời khác hơn"], "what was put in its place")


def words_kept(server: Server) -> list[str]:
    return [text for (text,) in server.rows("SELECT text FROM translations WHERE language = 'tyz'")]
