"""A volunteer's phone: whoever taps a fact of a guide sees where it was read, when, and how sure it is."""

import re

from playwright.sync_api import expect

from tests.browser.phones import Phone, answer_questions


def test_g15_a_tap_on_a_warning_on_a_step_and_on_a_fee_says_what_it_rests_on(lan: Phone):
    page = lan.page
    page.locator(".tabs a[href$='/field/me']").click()
    page.get_by_role("link", name="Luyện tập một hướng dẫn").click()
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
