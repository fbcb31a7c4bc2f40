"""Guides for people who do not read: heard in somebody's voice without a network, answered by picture and colour."""

from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import expect

from tests.browser.conftest import KEPT, NOTICE_AUDIO, SPOKEN_GUIDE, SPOKEN_ONLY, Server
from tests.browser.phones import G3, Phone, answer_questions, answers_of, box, offline, until
from tests.browser.slow_network import Network
from volunteer_app.domain.blockers import Blocker
from volunteer_app.domain.guides.guide import paths
from volunteer_app.pages.guides.packs import all_guides

GUIDE = next(guide for guide in all_guides() if guide.slug == SPOKEN_GUIDE)


def test_g2_g10_l4_every_step_is_heard_without_a_network_in_a_language_that_is_only_spoken(
    chromium, talking_server: Server
):
    network = Network(talking_server.port)
    phone = Phone(chromium, network)
    phone.page.add_init_script(NOTICE_AUDIO)
    phone.sign_in()
    phone.wait_for_the_worker()
    page = phone.open("voices", SPOKEN_ONLY)
    sizes = page.locator("label:has([data-keep])")
    expect(sizes).to_contain_text("KB")
    expect(page.locator("[data-without]")).to_contain_text("KB")
    page.locator("[data-keep]").check()
    whole = len(GUIDE.steps)
    expect(page.locator("[data-text=here]")).to_contain_text(f"{whole} trên {whole}")
    network.is_up = False

    heard = 0
    for way in paths(GUIDE):
        page = phone.open("guide", f"practice/{SPOKEN_GUIDE}")
        page.locator(f"[name=language][value={SPOKEN_ONLY}]").check()
        answer_questions(page, *answers_of(GUIDE, way))
        for step in way.steps:
            expect(page.locator("main[data-state=step] [data-when=step] .action")).to_have_text(step.action)
            expect(page.locator("[data-when=step] [data-picture] svg")).to_be_visible()
            listen = page.locator("[data-when=step] [data-listen]")
            expect(listen).to_have_attribute("data-sound", "listen_person")
            assert box(listen)["width"] > 150 and box(listen)["height"] >= 48, "one large button"
            before = page.evaluate("heard.length")
            listen.click()
            page.wait_for_function("before => heard.length > before", arg=before)
            heard += 1
            if not step.ends:
                page.wait_for_timeout(400)  # a thumb taps no faster
                page.locator("[data-mark=alone]").click()
        assert {how for how, _ in page.evaluate("heard")} == {"blob:"}, "from the phone itself"
    assert heard == sum(len(way.steps) for way in paths(GUIDE))
    assert page.locator("main").get_attribute("data-told") == "spoken"
    phone.context.close()
    network.close()
    assert phone.said == []


def test_c2_the_voices_of_a_guide_are_heard_again_without_a_network(page, talking_server: Server):
    network = Network(talking_server.port)
    page.add_init_script(NOTICE_AUDIO)
    page.goto(f"{network.origin}/G/{GUIDE.number}/2/{SPOKEN_ONLY.upper()}")
    page.evaluate(KEPT)
    kept = """caches.open("guides-kept").then(cache => cache.keys())
        .then(all => all.filter(one => one.url.endsWith(".mp3")).length)"""
    until(page, lambda: page.evaluate(kept) == len(GUIDE.steps), "every step's voice in the phone")
    found = Axe().run(page)
    assert found.violations_count == 0, found.generate_report()
    network.is_up = False

    page.goto(f"{network.origin}/vi/huong-dan/{SPOKEN_GUIDE}?tieng={SPOKEN_ONLY}")

    listen = page.locator(".walk").get_by_role("button", name="Nghe")
    following = page.locator(".walk [data-kind=main]")
    voices = 0
    expect(following).to_be_visible()
    while True:
        if page.locator(".steps > li:visible").count():
            assert page.locator("audio:visible").count() == 0, "one large button instead"
            listen.click()
            page.wait_for_function("count => heard.length === count", arg=(voices := voices + 1))
        if following.is_hidden():
            break
        following.click()
    assert voices == len(GUIDE.steps)
    assert {how for how, _ in page.evaluate("heard")} == {"blob:"}
    network.close()


def test_l6_every_answer_is_chosen_by_picture_and_colour(lan: Phone):
    with offline(lan):
        page = lan.open("guide", f"practice/{G3}")
        looks = "all => all.map(one => one.querySelector('svg').innerHTML)"
        while page.locator("[data-question]").is_visible():
            tiles = page.locator("[data-list=options] button")
            seen = tiles.evaluate_all(looks)
            assert len(set(seen)) == len(seen) > 1
            tiles.first.click()
        page.locator("[data-begin]").click()
        marks = page.locator("[data-when=step] [data-mark]")
        icons = marks.evaluate_all("all => all.map(one => one.querySelector('use').getAttribute('href'))")
        colours = marks.evaluate_all("all => all.map(one => getComputedStyle(one).backgroundColor)")
        assert len(set(icons)) == len(set(colours)) == 4

        page.locator("[data-mark=stuck]").click()
        page.locator("[data-other] summary").click()
        reasons = page.locator("[data-when=stuck] .choice:visible")
        seen = reasons.evaluate_all(looks)
        assert len(set(seen)) == len(seen) == len(Blocker)
        expect(reasons.first.locator("svg")).to_be_visible()
        answers = page.locator("[data-when=teach_back] .answers [data-teach]")
        colours = answers.evaluate_all("all => all.map(one => getComputedStyle(one).backgroundColor)")
        assert len(set(colours)) == 2
