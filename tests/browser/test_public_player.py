"""The citizen's guide screen by screen: one thing at a time, by taps from the front page, also without a network."""

import json
import re
import urllib.request
from collections.abc import Iterator
from contextlib import ExitStack

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page, expect

from tests.browser.conftest import NOTICE_AUDIO, PHONE, Server
from tests.browser.engines import InChromium
from tests.browser.phones import SIZE, until
from volunteer_app.domain.guides.guide import paths
from volunteer_app.pages.guides.packs import all_guides

GUIDE = next(guide for guide in all_guides() if guide.slug == "activate-level-2")
TITLE = "Kích hoạt tài khoản VNeID mức 2"
SCREENS = "header.top .facts, div.warnings, .questions fieldset, section[aria-labelledby=chuan-bi], section[aria-labelledby=phi], .steps > li, .carry"
KEPT_FILES = re.compile(r"\.css|public_player")
SWIPE = """across => {
    const at = x => new Touch({ identifier: 1, target: document.querySelector("main"), clientX: x, clientY: 300 })
    const fire = (kind, touches, changedTouches) => document.querySelector("main").dispatchEvent(
        new TouchEvent(kind, { bubbles: true, touches, changedTouches }))
    fire("touchstart", [at(180)], [at(180)])
    fire("touchend", [], [at(180 + across)])
}"""
IN_REACH = """() => {
    const box = document.querySelector(".walk [data-kind=main]").getBoundingClientRect()
    return box.height >= 44 && box.bottom <= innerHeight && document.documentElement.scrollWidth <= innerWidth
}"""
"""The button that leads on is seen without scrolling, and nothing has to be pushed sideways."""


@pytest.fixture(
    params=[SIZE, {"width": 320, "height": 568}, {"width": 1280, "height": 800}], ids=lambda s: s["width"]
)
def hands(chromium, request: pytest.FixtureRequest) -> Iterator[InChromium]:
    with ExitStack() as stack:
        yield InChromium(chromium, stack, request.param)


def opened(hands: InChromium, server: Server) -> Page:
    """The guide, by taps from the front page, as its first screen."""
    hands.go(server.origin)
    hands.tap("Hướng dẫn từng bước", "main a")
    hands.tap(TITLE)
    hands.until("its first screen", "() => document.documentElement.dataset.player === 'first'")
    return hands.page


def shown(page: Page) -> str:
    """The one screen that is shown."""
    seen = page.locator(SCREENS).evaluate_all(
        "all => all.filter(e => e.checkVisibility()).map(e => e.id || e.getAttribute('aria-labelledby') || e.className)"
    )
    assert len(seen) == 1, seen
    return seen[0]


def test_g16_a_citizen_taps_through_one_step_a_screen_of_their_own_way(hands: InChromium, server: Server):
    page = opened(hands, server)
    kept = page.evaluate("JSON.stringify([localStorage, sessionStorage])")
    way = list(paths(GUIDE))[-1]
    labels = {
        option.label for s in GUIDE.situations for option in s.options if way.answers.get(s.key) == option.key
    }
    seen, faults = [], {}
    while True:
        seen.append(shown(page))
        if page.locator("html").get_attribute("data-player") == "first" or len(seen) in (2, 3, 6, 7, 8):
            found = Axe().run(page)
            faults |= {seen[-1]: found.generate_report()} if found.violations_count else {}
        if page.locator(".walk [data-kind=main]").is_hidden():
            break
        assert page.evaluate(IN_REACH), seen[-1]
        asked = page.locator("fieldset:visible label")
        if asked.count():
            label = next(text for text in asked.all_inner_texts() if text.strip() in labels)
            hands.tap(label.strip(), "fieldset label")
        else:
            hands.tap("Tiếp tục", ".walk button")
        page.wait_for_function("before => !document.getElementById(before)?.checkVisibility()", arg=seen[-1])

    steps = [GUIDE.steps[int(name.removeprefix("buoc-")) - 1] for name in seen if name.startswith("buoc-")]
    assert steps == list(way.steps), "only those of these answers"
    assert sum(name.startswith("hoi-") for name in seen) == len(way.answers)
    assert faults == {}
    expect(page.locator(".never")).to_be_visible()
    assert (
        page.context.cookies() == []
        and page.evaluate("JSON.stringify([localStorage, sessionStorage])") == kept
    )


def test_g16_steps_are_counted_as_they_come_and_back_goes_one_screen_back(chromium, server: Server):
    with ExitStack() as stack:
        page = opened(hands := InChromium(chromium, stack), server)
        for name in ("can-nho", "hoi-1", "hoi-2"):
            hands.tap("Tiếp tục", ".walk button")
            page.wait_for_function("name => document.getElementById(name).checkVisibility()", arg=name)
        hands.back()
        expect(page.locator("#hoi-1")).to_be_visible()
        assert shown(page) == "hoi-1"
        hands.tap("Quay lại", ".walk button")
        assert shown(page) == "can-nho"
        page.evaluate(SWIPE, -120)
        assert shown(page) == "hoi-1"
        page.evaluate(SWIPE, 120)
        assert shown(page) == "can-nho"
        page.evaluate(SWIPE, 20)
        assert shown(page) == "can-nho", "a trembling thumb turns no page"
        for _ in range(5 + len(GUIDE.situations)):
            hands.tap("Tiếp tục", ".walk button")
        counter = "getComputedStyle(document.querySelector('.steps')).counterReset"
        before = page.evaluate(
            "[...document.querySelectorAll('.steps > li')].findIndex(e => e.checkVisibility())"
        )
        assert before > 0 and page.evaluate(counter) == f"step {before}"


def test_g16_keys_choose_an_answer_without_being_led_on(chromium, server: Server):
    with ExitStack() as stack:
        page = opened(hands := InChromium(chromium, stack, {"width": 1280, "height": 800}), server)
        for _ in range(2):
            hands.tap("Tiếp tục", ".walk button")
        page.locator("#hoi-1 input").first.focus()
        page.keyboard.press("Space")
        page.keyboard.press("ArrowRight")
        page.wait_for_timeout(600)
        assert shown(page) == "hoi-1" and page.locator("#hoi-1 input:checked").count() == 1
        page.locator(".walk [data-kind=main]").focus()
        page.keyboard.press("Enter")
        assert shown(page) != "hoi-1"
        assert page.evaluate("document.activeElement.tagName") in ("LEGEND", "H2"), "the screen is read out"


def test_g16_the_whole_page_is_one_tap_away_and_on_paper(chromium, server: Server):
    with ExitStack() as stack:
        page = opened(hands := InChromium(chromium, stack), server)
        for _ in range(2):
            hands.tap("Tiếp tục", ".walk button")
        page.emulate_media(media="print")
        assert page.locator(".steps > li:visible").count() == len(GUIDE.steps)
        assert page.locator(".walk").is_hidden()
        page.emulate_media(media="screen")
        hands.tap("Cả trang", ".walk button")
        assert page.locator(".steps > li:visible").count() == len(GUIDE.steps)
        hands.tap("Từng bước một", ".walk button")
        assert shown(page) == "hoi-1"


def test_g16_c2_without_a_network_it_is_the_same_player(chromium, own_server: Server):
    with ExitStack() as stack:
        page = opened(hands := InChromium(chromium, stack), own_server)
        # a page that came while its worker began is kept all the same, and goes through it from the next opening on
        names = "caches.open('guides-kept').then(c => c.keys()).then(all => all.map(r => r.url).join(' '))"
        until(
            page,
            lambda: set(KEPT_FILES.findall(page.evaluate(names))) == {".css", "public_player"},
            "all kept",
        )
        own_server.stop()
        hands.reload()
        hands.until("the player", "() => document.documentElement.dataset.player === 'first'")
        hands.tap("Tiếp tục", ".walk button")
        assert shown(page) == "can-nho"


def test_g16_without_scripts_it_is_one_page(chromium, server: Server):
    with ExitStack() as stack:
        context = chromium.new_context(viewport=PHONE, java_script_enabled=False, locale="vi-VN")
        stack.callback(context.close)
        page = context.new_page()
        page.goto(server.origin)
        page.get_by_role("link", name="Hướng dẫn từng bước").first.click()
        page.get_by_role("link", name=TITLE).first.click()
        expect(page.locator("#buoc-1")).to_be_visible()
        assert page.locator(".steps > li:visible").count() == len(GUIDE.steps)
        assert page.locator(".walk").is_hidden()


def test_g16_the_kiosk_leaves_no_screens_behind_for_the_way_back(chromium, server: Server):
    with ExitStack() as stack:
        hands = InChromium(chromium, stack)
        hands.go(f"{server.origin}/vi/tu-phuc-vu")
        hands.tap(TITLE)
        page = hands.page
        hands.until("its first screen", "() => document.documentElement.dataset.player === 'first'")
        before = page.evaluate("history.length")
        for _ in range(4):
            hands.tap("Tiếp tục", ".walk button")
        assert shown(page) != "can-nho" and page.evaluate("history.length") == before
        expect(page.get_by_role("link", name="Bắt đầu lại")).to_be_visible()


def test_g13_a_citizen_hears_every_screen_from_the_first_minute_and_again_offline(
    chromium, humming, own_server: Server
):
    with ExitStack() as stack:
        hands = InChromium(chromium, stack)
        hands.page.add_init_script(NOTICE_AUDIO)
        page = opened(hands, own_server)
        listen = page.locator(".walk").get_by_role("button", name="Nghe (giọng máy)")
        heard = 0
        for name in ("header", "can-nho", "hoi-1"):
            listen.click()
            page.wait_for_function("before => heard.length > before", arg=heard)
            heard = page.evaluate("heard.length")
            marked = page.locator("[data-heard-now]")
            until(page, lambda: listen.get_attribute("aria-pressed") == "false", "its end")
            assert marked.count() == 0, name
            hands.tap("Tiếp tục", ".walk button")
        count = "caches.open('guides-kept').then(c => c.keys()).then(all => all.filter(r => r.url.includes('/media/machine/') && r.url.endsWith('.mp3')).length)"
        with urllib.request.urlopen(f"{own_server.origin}/media/machine/guides/{GUIDE.slug}") as answer:
            wanted = len(set(json.load(answer)["voices"].values()))
        until(page, lambda: page.evaluate(count) == wanted, "every voice of this guide in the phone")
        own_server.stop()
        hands.reload()
        before = page.evaluate("heard.length")
        listen.click()
        page.wait_for_function("before => heard.length > before", arg=before)
        assert {how for how, _ in page.evaluate("heard")} == {"blob:"}
