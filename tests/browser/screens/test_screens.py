"""The phone's screens as people meet them: readable outdoors, by thumb, by screen reader, half finished, without a network."""

from collections.abc import Callable

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page, expect

from tests.browser.conftest import Server, sign_in
from tests.browser.phones import G3, UNDER_THE_WORKER, start_guide, who_learns

LAN = "Vàng Thị Lan (mẫu)"
RULES = ["wcag2a", "wcag2aa", "wcag21aa", "wcag22aa", "wcag2aaa", "best-practice"]
# A list that scrolls under the bar of actions is "partially obscured" at any moment; targets are measured below.
AXE_OPTIONS = {"runOnly": RULES, "rules": {"target-size": {"enabled": False}}}
SMALLEST_TARGET = 48
SMALLEST_TEXT = 16

SMALL_TARGETS = """smallest => [...document.querySelectorAll("a[href], button, summary, select, textarea, input")]
    .filter(e => e.checkVisibility({ checkVisibilityCSS: true }) && !e.closest(".skip, .spoken p, [aria-hidden=true]"))
    .filter(e => getComputedStyle(e).display !== "inline" || e.parentElement.textContent.trim() === e.textContent.trim())
    .map(e => [e, e.getBoundingClientRect()])
    .filter(([e, box]) => box.height < smallest - 0.5 || box.width < smallest - 0.5)
    .map(([e, box]) => `${e.outerHTML.slice(0, 90)} ${Math.round(box.width)}×${Math.round(box.height)}`)"""
SMALL_TEXTS = """smallest => [...document.querySelectorAll("body *")]
    .filter(e => e.checkVisibility() && !e.closest(".paper") && [...e.childNodes].some(n => n.nodeType === 3 && n.data.trim()))
    .filter(e => parseFloat(getComputedStyle(e).fontSize) < smallest)
    .map(e => e.outerHTML.slice(0, 90))"""
SIDEWAYS = "document.scrollingElement.scrollWidth - innerWidth"


@pytest.fixture
def volunteer(page: Page, server: Server) -> Page:
    """Lan's phone: everything is on it, and there is no network any more."""
    sign_in(page, server.origin, LAN)
    expect(page.locator("[data-when=ready]")).to_be_visible()
    page.evaluate(UNDER_THE_WORKER)
    page.context.set_offline(True)
    return page


@pytest.fixture
def opened(volunteer: Page, server: Server) -> Callable[[str], Page]:
    """Opens a screen of a household that was met, agreed and has members; `opened("visit")`."""
    household = volunteer.evaluate(
        """async address => {
            const { all } = await import(address)
            const members = await all("members")
            return (await all("households")).find(h => h.is_met && h.consent === "given" && members.some(m => m.household_id === h.id)).id
        }""",
        volunteer.locator("link[rel=modulepreload][href*='/store.']").get_attribute("href"),
    )

    def open_screen(screen: str) -> Page:
        behind = f"#{household}" if screen in ("household", "visit", "dossiers") else ""
        volunteer.goto(f"{server.origin}/vi/field/{screen}{behind}")
        expect(volunteer.locator("#main")).not_to_have_attribute("data-state", "loading")
        return volunteer

    return open_screen


SCREENS = (
    "today",
    "households",
    "households#new",
    "household",
    "visit",
    "outbox",
    "me",
    "ready",
    "outreach",
    "map",
    "dossiers",
)


def to_the_first_step(page: Page) -> None:
    """From a visit to the first step of guide 3, by the first answer to each question."""
    start_guide(page, G3, "")
    expect(page.locator("main")).to_have_attribute("data-state", "prepare")
    while page.locator("[data-question]").is_visible():
        page.locator("[data-list=options] button").first.click()
    page.locator("[data-begin]").click()
    expect(page.locator("main")).to_have_attribute("data-state", "step")


@pytest.mark.parametrize("colours", ["light", "dark"])
def test_l9_each_screen_is_readable_and_tappable(opened, colours):
    for screen in SCREENS:
        page = opened(screen)
        page.emulate_media(color_scheme=colours, reduced_motion="reduce")

        found = Axe().run(page, options=AXE_OPTIONS).response["violations"]

        assert [(rule["id"], [node["html"][:90] for node in rule["nodes"]]) for rule in found] == [], screen
        assert page.evaluate(SMALL_TARGETS, SMALLEST_TARGET) == [], screen
        assert page.evaluate(SMALL_TEXTS, SMALLEST_TEXT) == [], screen


def test_l9_nothing_scrolls_sideways_at_320_pixels_and_200_percent(opened):
    for screen in SCREENS:
        page = opened(screen)
        page.set_viewport_size({"width": 320, "height": 640})

        assert page.evaluate(SIDEWAYS) <= 0, screen
        page.evaluate("document.documentElement.style.fontSize = '200%'")
        assert page.evaluate(SIDEWAYS) <= 0, screen


def test_g1_a_step_is_readable_and_tappable_at_320_pixels(opened):
    page = opened("visit")
    page.set_viewport_size({"width": 320, "height": 640})

    to_the_first_step(page)

    assert Axe().run(page, options=AXE_OPTIONS).response["violations"] == []
    assert page.evaluate(SMALL_TARGETS, SMALLEST_TARGET) == []
    assert page.evaluate(SIDEWAYS) <= 0
    for answer in ("Tự làm", "Có người giúp", "Làm hộ", "Vướng"):
        expect(page.get_by_role("button", name=answer, exact=True)).to_be_in_viewport(ratio=1)


def test_p2_no_answer_about_consent_is_chosen_beforehand(opened):
    page = opened("households#new")

    answers = page.locator("[name=consent]")

    assert answers.count() == 3, "yes, no, and later: which keeps nothing about people"
    assert [answers.nth(i).is_checked() for i in range(3)] == [False, False, False]
    expect(page.locator("#label")).to_be_hidden()
    boxes = [answers.nth(i).bounding_box() or {} for i in range(3)]
    assert len({(round(one["width"]), round(one["height"])) for one in boxes}) == 1


def test_f3_nobody_home_is_one_tap_and_says_what_follows(opened):
    page = opened("household")

    page.get_by_role("button", name="Vắng nhà").click()

    expect(page.locator("[data-saved]")).to_contain_text("Đã lưu trong máy này: Vắng nhà")
    expect(page.locator("[data-saved]")).to_contain_text("quay lại từ")
    expect(page.locator("[data-list=visits] > li").first).to_contain_text("Vắng nhà")
    expect(page.locator("[data-waiting]")).to_have_text("1")


def test_f2_a_half_written_visit_comes_back_at_the_same_field(opened):
    page = opened("visit")
    if page.locator("[data-part=who]").is_visible():
        who_learns(page)
    page.get_by_text("Ghi chú và ngày hẹn").click()
    page.locator("#note").fill("Nhà ở cuối dốc, gọi trước")
    address = page.url

    page.goto("about:blank")  # nothing of the screen is left; a killed browser is in test_the_road.py
    page.goto(address)

    expect(page.locator("#note")).to_have_value("Nhà ở cuối dốc, gọi trước")
    expect(page.locator("#note")).to_be_focused()
    expect(page.locator("[name=member]").first).to_be_checked()


def test_g4_a_stuck_step_says_what_helps_and_plans_a_return(opened):
    page = opened("visit")
    to_the_first_step(page)

    page.get_by_role("button", name="Vướng", exact=True).click()
    expect(page.get_by_role("button", name="Dừng ở đây, hẹn quay lại")).to_be_disabled()
    page.get_by_role("radio", name="Không có sóng").check()
    expect(page.locator("[data-list=remedies] li")).not_to_have_count(0)
    page.get_by_role("button", name="Dừng ở đây, hẹn quay lại").click()
    expect(page.locator("[data-when=summary]")).to_contain_text("Vướng: Không có sóng")
    page.get_by_role("button", name="Lưu", exact=True).click()

    expect(page.locator("[data-list=follow_ups]")).to_contain_text("Không có sóng")
    expect(page.locator("[data-list=visits] .runs").first).to_contain_text("Vướng: Không có sóng")


def test_p3_a_number_like_an_id_cards_is_refused_before_it_is_saved(opened):
    page = opened("visit")
    if page.locator("[data-part=who]").is_visible():
        who_learns(page)
    page.get_by_text("Ghi chú và ngày hẹn").click()
    page.locator("#note").fill("số 001 099 012 345")

    page.get_by_role("button", name="Chỉ lưu lượt thăm").click()

    expect(page.locator("#note-problem")).to_contain_text("giống số căn cước")
    expect(page.locator("#note")).to_be_focused()
    expect(page.locator("[data-waiting]")).to_be_hidden()


def test_g7_a_way_that_ends_early_plans_a_return_and_records_no_level(opened):
    page = opened("visit")
    start_guide(page, G3, "")
    page.locator("[data-list=options] button", has_text="Chưa có").click()
    page.locator("[data-begin]").click()

    page.get_by_role("button", name="Đã rõ, hẹn hôm khác").click()
    page.get_by_role("button", name="Dừng ở đây, hẹn quay lại").click()

    expect(page.locator("[data-when=summary] [data-level]").first).to_be_hidden()
    expect(page.locator("[data-when=summary]")).to_contain_text("Hẹn quay lại từ")


def test_l2_the_citizens_language_is_chosen_apart_from_the_volunteers(opened):
    page = opened("visit")
    start_guide(page, G3, "")

    page.get_by_role("radio", name="English").check()

    expect(page.get_by_role("heading", level=1)).to_have_text("Activate your VNeID level 2 account")
    expect(page.locator("[data-question] h2")).to_have_attribute("lang", "en")
    assert page.locator("html").get_attribute("lang") == "vi"


def test_s1_a_guide_may_show_that_the_service_is_not_needed(opened):
    page = opened("visit")
    start_guide(page, "marriage-status", "")
    expect(page.locator("main")).to_have_attribute("data-state", "prepare")
    while page.locator("[data-question]").is_visible():
        page.locator("[data-list=options] button").first.click()
    page.locator("[data-begin]").click()

    page.locator("[data-not-needed]").click()
    expect(page.locator("[data-when=summary] [data-level]").first).to_contain_text("Không cần")
    page.get_by_role("button", name="Lưu", exact=True).click()

    expect(page.locator("[data-list=visits] .runs").first).to_contain_text("Không cần")
