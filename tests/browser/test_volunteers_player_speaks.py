"""Everything that a volunteer's player tells is heard, by the machine where nobody has recorded it; also without a network."""

import json
import urllib.request
from collections.abc import Iterator

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page, expect

from tests.browser.conftest import NOTICE_AUDIO, Server
from tests.browser.phones import LAN, Phone, offline, until
from tests.browser.slow_network import Network
from tests.browser.test_from_sign_in_to_a_visit import Finger, the_way
from tests.browser.test_voices import to_me
from volunteer_app.domain.training import CARDS
from volunteer_app.i18n import catalog

KEPT = """caches.open('machine-voices').then(c => c.keys())
    .then(all => all.filter(one => one.url.endsWith('.mp3')).length)"""
ARE_KEPT = """async wanted => {
    const cache = await caches.open('machine-voices')
    return wanted.length > 0 && (await Promise.all(wanted.map(url => cache.match(url)))).every(Boolean)
}"""
OWN_VOICE = """const own = { name: 'Của máy', lang: 'vi-VN', localService: true, default: true, voiceURI: 'x' }
speechSynthesis.getVoices = () => [own]"""


@pytest.fixture
def hearing(chromium: Browser, humming: None, own_server: Server) -> Iterator[Phone]:
    """A volunteer's phone without a voice of its own, at a server where a machine speaks."""
    network = Network(own_server.port)
    phone = Phone(chromium, network)
    phone.page.add_init_script(NOTICE_AUDIO)
    phone.sign_in()
    phone.wait_for_the_worker()
    yield phone
    said = phone.said
    phone.context.close()
    network.close()
    assert said == []


def to_a_guide(phone: Phone) -> Page:
    """By taps: me, practise, the first guide of the list."""
    page = phone.page
    page.locator(".tabs a[href$='/field/me'], [data-back]").first.click()
    if page.locator("body").get_attribute("data-screen") != "me":
        to_me(page)
    page.get_by_role("link", name="Luyện tập một hướng dẫn").click()
    page.locator("[data-list=guides] a").first.click()
    expect(page.locator("main")).to_have_attribute("data-state", "prepare")
    return page


def hear(page: Page, part: str) -> int:
    """Tap *listen* of a part and wait to its end; how many sounds it was."""
    listen = page.locator(f"[data-when={part}] [data-listen]").first
    expect(listen).to_have_attribute("data-sound", "listen_machine")
    expect(listen).to_have_text("Nghe (giọng máy)")
    before = page.evaluate("heard.length")
    listen.click()
    page.wait_for_function("before => heard.length > before", arg=before)
    expect(listen).to_have_attribute("aria-pressed", "false")
    return page.evaluate("heard.length") - before


def test_g13_a_volunteers_player_speaks_by_the_machine_and_again_without_a_network(
    hearing: Phone, own_server: Server
):
    page = to_a_guide(hearing)
    slug = page.url.rpartition("/")[2]
    address = f"{own_server.origin}/media/machine/guides/{slug}?whole=true"
    with urllib.request.urlopen(address) as answer:
        wanted = sorted(set(json.load(answer)["voices"].values()))
    assert hear(page, "prepare") >= 2, "the sentence, the question, each answer"
    until(page, lambda: page.evaluate(ARE_KEPT, wanted), "every sound of this guide on the phone")

    with offline(hearing):
        page.reload()
        expect(page.locator("main")).to_have_attribute("data-state", "prepare")
        hear(page, "prepare")
        while page.locator("[data-question]").is_visible():
            page.locator("[data-list=options] button").first.click()
        hear(page, "prepare")
        page.locator("[data-begin]").click()
        shown = page.locator("[data-when=step] [data-say]:visible").count()
        assert hear(page, "step") == shown
        assert {how for how, _ in page.evaluate("heard")} == {"blob:"}, "from the phone itself"

        page.locator("[data-mark=stuck]").click()
        page.locator("[name=blocker]").first.check()
        hear(page, "stuck")


def test_g13_the_phones_own_vietnamese_voice_comes_before_the_machines(hearing: Phone):
    hearing.page.add_init_script(OWN_VOICE)
    page = to_a_guide(hearing)
    page.reload()

    expect(page.locator("[data-when=prepare] [data-listen]")).to_have_attribute("data-sound", "listen")

    assert page.evaluate(KEPT) == 0, "nothing is fetched that is not needed"


def test_g13_what_was_never_fetched_is_not_promised_without_a_network(hearing: Phone):
    with offline(hearing):
        page = to_a_guide(hearing)
        listen = page.locator("[data-when=prepare] [data-listen]")
        expect(listen).to_have_attribute("data-sound", "no_voice")
        expect(listen).to_be_disabled()


FILLING = "document.querySelector('.filling .icon:last-child')"


@pytest.mark.parametrize("motion", ["no-preference", "reduce"])
def test_g13_at_the_end_the_house_fills_to_its_level_and_it_is_said_aloud(hearing: Phone, motion: str):
    page = hearing.page
    page.emulate_media(reduced_motion=motion)  # type: ignore[arg-type]
    the_way(page, Finger(page), "Đồng ý")

    ended = page.locator("[data-ended]")
    expect(ended).to_contain_text("tự làm được rồi!")
    assert page.evaluate(f"{FILLING}.firstElementChild.getAttribute('href')").endswith("#level-3")
    name = page.evaluate(f"getComputedStyle({FILLING}).animationName")
    assert name == ("filling" if motion == "no-preference" else "none")
    page.wait_for_function("() => heard.length === 1")
    assert page.evaluate("sessionStorage.getItem('ended')") is None

    page.reload()
    expect(page.locator("main")).to_have_attribute("data-state", "ready")
    expect(ended).to_be_hidden()


def test_g13_what_the_houses_of_the_ladder_mean_is_written_and_heard(hearing: Phone):
    page = hearing.page
    page.locator(".tabs a[href$='/field/households']").click()
    page.get_by_text("Ý nghĩa các hình").click()
    legend = page.locator("[data-legend] li")
    expect(legend).to_have_count(6)
    expect(legend.nth(3)).to_contain_text("Đã tự làm từ đầu đến cuối, người hướng dẫn chỉ nhìn.")
    page.locator("[data-hear-legend]").click()
    page.wait_for_function("() => heard.length === 6")
    expect(page.locator("[data-hear-legend]")).to_have_attribute("aria-pressed", "false")


def test_f17_d5_four_pictured_cards_are_heard_end_in_a_practice_and_do_not_come_again(hearing: Phone):
    page = hearing.page
    with offline(hearing):
        strip = page.locator("[data-first-cards]")
        strip.click()
        cards = page.locator("[data-cards]")
        expect(cards).to_contain_text(f"Chào {LAN}")
        for number, (_, told) in enumerate(CARDS, 1):
            card = cards.locator("[data-card]:visible")
            expect(card).to_contain_text(catalog("vi").gettext(told))
            expect(card.locator(".icon")).to_be_visible()
            expect(cards).to_contain_text(f"{number}/{len(CARDS)}")
            cards.get_by_role("button", name="Sau").click()
        cards.get_by_role("link", name="Luyện tập một hướng dẫn").click()
        expect(page.locator("[data-list=guides] a").first).to_be_visible()
        page.locator("[data-back]").click()
        page.locator(".tabs a[href$='/field/today']").click()
        expect(page.locator("main")).to_have_attribute("data-state", "ready")
        page.wait_for_timeout(500)
        expect(strip).to_be_hidden()


def test_d5_that_the_cards_were_seen_reaches_the_leader_from_the_phone(hearing: Phone, own_server: Server):
    kept = "SELECT cards FROM device_people WHERE cards IS NOT NULL"
    page = hearing.page
    until(page, lambda: (0,) in own_server.rows(kept), "the phone to say that they were not seen yet")
    page.locator("[data-first-cards]").click()
    for _ in CARDS:
        assert (1,) not in own_server.rows(kept), "only the end counts"
        page.locator("[data-next-card]").click()
    until(page, lambda: (1,) in own_server.rows(kept), "the server to know that they were seen")


def test_f17_d5_each_card_is_said_aloud(hearing: Phone):
    page = hearing.page
    page.locator("[data-first-cards]").click()
    cards = page.locator("[data-cards]")
    for number in range(1, len(CARDS) + 1):
        cards.get_by_role("button", name="Nghe").click()
        page.wait_for_function("number => heard.length === number", arg=number)
        cards.get_by_role("button", name="Sau").click()
    found = Axe().run(page)
    assert found.violations_count == 0, found.generate_report()
    cards.get_by_role("button", name="Đóng").click()
    expect(cards).to_be_hidden()
