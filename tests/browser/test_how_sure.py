"""A volunteer's phone: which fee it tells on which day, and what a fact rests on for whoever taps it."""

import re
from datetime import timedelta

import pytest
from playwright.sync_api import expect

from tests.browser.phones import Phone, answer_questions
from volunteer_app.domain.guides.figures import filled, told_on, turning_days
from volunteer_app.domain.guides.guide import applies, is_doubtful, paths
from volunteer_app.i18n import LANGUAGES
from volunteer_app.pages.guides.packs import all_guides, translated

TOLD = """async ([language, ways, days]) => {
    const script = document.querySelector("link[rel=modulepreload][href*='/guide_pack.']").href
    const { figuresOf, isDoubtful, packOf, stepsOf } = await import(script)
    const told = []
    for (const [slug, answers] of ways) {
        const pack = await packOf(slug, language)
        for (const day of days) for (const step of stepsOf(pack, answers))
            for (const figure of figuresOf(pack, step, answers, day))
                told.push([slug, day, step.key, figure.text.text, isDoubtful(figure, day)])
    }
    return told
}"""
"""What the phone's own code tells at each step of each way, and whether it asks, on each day."""


def to_practice(lan: Phone) -> None:
    lan.page.locator(".tabs a[href$='/field/me']").click()
    lan.page.get_by_role("link", name="Luyện tập một hướng dẫn").click()
    expect(lan.page.locator("[data-list=guides] > li").first).to_be_visible()


@pytest.mark.parametrize("language", LANGUAGES)
def test_w0_g15_on_every_day_on_which_something_changes_a_phone_tells_what_the_rules_do(lan: Phone, language):
    guides = all_guides()
    first = max(guide.written_on for guide in guides)
    turns = {day + timedelta(days=n) for day in turning_days(guides) for n in (-1, 0)}
    days = sorted({first, *(day for day in turns if day >= first)})
    ways = [(guide, way) for guide in guides if guide.figures for way in paths(guide)]
    to_practice(lan)

    asked = [[guide.slug, way.answers] for guide, way in ways]
    told = lan.page.evaluate(TOLD, [language, asked, [day.isoformat() for day in days]])

    assert len(days) > 5
    assert told == [
        [guide.slug, day.isoformat(), step.key, sentence, is_doubtful(figure, day)]
        for guide, way in ways
        for day in days
        for step in way.steps
        for figure in told_on(guide.figures, day)
        if figure.topic in step.shows and applies(figure.only_if, way.answers)
        for sentence in [filled(figure, translated(language, figure.text) or "", language)]
    ]


def test_g15_a_tap_on_a_warning_on_a_step_and_on_a_fee_says_what_it_rests_on(lan: Phone):
    to_practice(lan)
    page = lan.page
    page.locator("[href$='#practice/social-pension']").click()
    expect(page.locator("main")).to_have_attribute("data-state", "prepare")
    while page.locator("[data-question]").is_visible():
        page.locator("[data-list=options] button").first.click()

    warning = page.locator("[data-list=warnings] li", has_text="không mất tiền")
    warning.get_by_text("Chắc đến đâu?").click()
    expect(warning.locator("[data-text=about]")).to_contain_text("Nghị định 176/2025/NĐ-CP")
    bare = page.locator("[data-list=prepare] li", has_text="Thẻ căn cước")
    expect(bare.locator("summary")).to_be_hidden()

    answer_questions(page)
    told = page.locator("[data-when=step] details:visible", has_text="Chắc đến đâu?").first
    told.locator("summary").click()
    expect(told.locator("[data-text=about]")).to_contain_text(re.compile(r"Theo: .*(19|20)\d\d"))
