"""Today is one door with one reason: what was begun, else the return that waits longest, else a house nobody has seen."""

from playwright.sync_api import expect

from tests.browser.phones import Phone, offline, to_the_visit
from volunteer_app.domain.follow_ups import FINISHED_AT_SIGNAL


def to_today(phone: Phone) -> str:
    """By a tap, to today; whose door is shown."""
    phone.page.locator(".tabs a[href$='/field/today']").click()
    expect(phone.page.locator("body")).to_have_attribute("data-screen", "today")
    expect(phone.page.locator("[data-next-door]")).to_be_visible()
    return phone.page.locator("[data-next-door]").get_attribute("data-door") or ""


def test_f14_today_shows_the_door_that_waits_longest_then_the_next_and_first_of_all_what_was_begun(
    new_lan: Phone,
):
    new_lan.send()
    page = new_lan.page
    with offline(new_lan):
        open_ = [row for row in new_lan.rows("follow_ups") if row.get("settled_as") is None]
        by_sight = [row for row in open_ if row.get("blocker") not in FINISHED_AT_SIGNAL]
        longest = min(row["due_to"] for row in by_sight)

        first = to_today(new_lan)
        assert longest in {row["due_to"] for row in by_sight if row["household_id"] == first}
        expect(page.locator("[data-text=door_why]")).to_contain_text("Quá hẹn")

        page.locator("[data-put-off]").click()
        expect(page.locator("[data-next-door]")).not_to_have_attribute("data-door", first)
        second = page.locator("[data-next-door]").get_attribute("data-door")

        page.locator("[data-go]").click()
        expect(page.locator("body")).to_have_attribute("data-screen", "household")
        assert page.url.endswith(f"#{second}")
        page.get_by_role("button", name="Vắng nhà").click()
        expect(page.locator("[data-saved]")).to_contain_text("Vắng nhà")
        following = page.locator("[data-next]")
        expect(following).to_be_visible()
        third = (following.get_attribute("href") or "").partition("#")[2]
        assert third not in (first, second)
        assert to_today(new_lan) == third, "where somebody was today comes no more today"

        household = new_lan.register("Nông Văn Dở Dang")
        to_the_visit(new_lan, household)
        page.locator("[data-relation]").first.click()
        expect(page.locator("[data-part=what]")).to_be_visible()
        page.locator("[data-back]").click()
        page.locator("[data-back]").click()
        expect(page.locator("body")).to_have_attribute("data-screen", "household")
        to_today(new_lan)
        expect(page.locator("[data-text=door_name]")).to_have_text("Nông Văn Dở Dang")
        page.locator("[data-unfinished]").click()
        expect(page.locator("body")).to_have_attribute("data-screen", "visit")
        expect(page.locator("[data-text=learner]")).to_be_visible()
