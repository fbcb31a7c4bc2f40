"""F12, cases H: whoever taps twice, at once or a moment later, makes one record: in every form, dialog and paper of the phone.
The second tap meets whatever is under the finger by then, also on the next screen."""

from collections import Counter
from datetime import UTC, datetime, timedelta

import pytest
from playwright.sync_api import Locator, expect

from tests.browser.phones import (
    G3,
    Phone,
    answer_questions,
    mark_steps,
    offline,
    start_guide,
    to_a_new_house,
    unfold,
    until,
)
from tests.browser.test_field_households import fill_new_household
from volunteer_app.domain.calendar import local_day

QUICK_MS = (0, 150)
KINDS = (
    "household",
    "member",
    "household_change",
    "dossier",
    "dossier_result",
    "outreach_session",
    "screen_changed",
    "visit",
    "walk_through",
)


def twice(button: Locator, after_ms: int) -> None:
    """Two taps on one spot, whatever the first one brings there."""
    button.scroll_into_view_if_needed()
    expect(button).to_be_enabled()
    spot = button.bounding_box()
    assert spot
    at = (spot["x"] + spot["width"] / 2, spot["y"] + spot["height"] / 2)
    button.page.mouse.click(*at)
    button.page.wait_for_timeout(after_ms)
    button.page.mouse.click(*at)


def recorded(phone: Phone) -> Counter:
    """How many entries of each kind wait in the outbox."""
    return Counter(row["kind"] for row in phone.rows("outbox"))


@pytest.mark.parametrize("after_ms", QUICK_MS)
def test_f12_two_quick_taps_make_one_record_in_every_form_and_dialog(lan: Phone, after_ms):
    due = local_day(datetime.now(UTC)) + timedelta(days=9)
    with offline(lan):
        before = recorded(lan)
        found = lambda: recorded(lan) - before  # noqa: E731
        page = to_a_new_house(lan)
        fill_new_household(page, f"Nông Văn Hai Lần {after_ms}")
        twice(page.get_by_role("button", name="Lưu hộ"), after_ms)
        expect(page.locator("body")).to_have_attribute("data-screen", "household")
        home = page.url.split("#")[1]

        unfold(page, "members")
        page.locator("#member-label").fill("bà nội")
        twice(page.get_by_role("button", name="Thêm"), after_ms)
        expect(page.locator("[data-list=members] > li")).to_have_count(1)

        page = lan.open("household", home)
        page.locator("[data-change-consent] summary").click()
        page.locator("[data-change-consent]").get_by_role("radio", name="Không đồng ý").check()
        twice(page.locator("[data-change-consent] form button.button").last, after_ms)
        until(page, lambda: found()["household_change"], "the family's answer")

        page = lan.open("household", home)
        unfold(page, "papers")
        page.get_by_role("link", name="Hồ sơ và kết quả").click()
        page.locator("#service").select_option("register-birth")
        page.locator("#result_on").fill(str(due))
        twice(page.get_by_role("button", name="Lưu hồ sơ"), after_ms)
        expect(page.locator("[data-saved]")).to_be_visible()

        page = lan.open("dossiers", home)
        page.get_by_text("Kết quả thế nào?").click()
        twice(page.get_by_role("button", name="Phải bổ sung giấy tờ"), after_ms)
        until(page, lambda: found()["dossier_result"], "the result")

        page = lan.open("today")
        page.get_by_role("link", name="Nhiều người một lúc").click()
        page.get_by_role("radio", name="Chợ phiên").check()
        page.locator("#service").select_option("spot-scams")
        page.locator("#others").fill("12")
        twice(page.get_by_role("button", name="Lưu buổi hỗ trợ"), after_ms)
        expect(page.locator("[data-text=saved]")).to_contain_text("12")

        page = lan.open("household", home)
        page.locator("[data-start]").click()
        start_guide(page, G3)
        expect(page.locator("main")).to_have_attribute("data-state", "prepare")
        answer_questions(page)
        page.locator("[data-report-screen]").click()
        page.locator("#screen-note").fill("Nút nằm ở dưới cùng")
        twice(page.get_by_role("button", name="Báo lại"), after_ms)
        expect(page.locator("[data-text=reported]")).to_be_visible()

        mark_steps(page, "alone")
        page.locator("[data-teach=alone]").click()
        twice(page.get_by_role("button", name="Lưu", exact=True), after_ms)
        expect(page.locator("body")).to_have_attribute("data-screen", "household")

        until(page, lambda: found()["walk_through"], "the guide's record")
        assert found() == dict.fromkeys(KINDS, 1)
