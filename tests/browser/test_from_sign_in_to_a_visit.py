"""The way to the first household: a finger only, nothing typed, nothing scrolled to find what to tap."""

import pytest
from playwright.sync_api import Locator, Page, expect

from tests.browser.phones import G3, LAN, Phone, offline, to_the_list

MOST_TAPS = 15
IS_UNCOVERED = """element => {
    const { left, top, width, height } = element.getBoundingClientRect()
    const [x, y] = [left + width / 2, top + height / 2]
    return scrollY < 1 && x > 0 && y > 0 && y < innerHeight && element.contains(document.elementFromPoint(x, y))
}"""


class Finger:
    """Taps what is seen on the screen, and counts; it neither scrolls nor types."""

    def __init__(self, page: Page) -> None:
        self.page = page
        self.taps: list[str] = []

    def tap(self, wanted: Locator) -> None:
        """Tap the middle of it, where it is."""
        expect(wanted).to_be_visible()
        handle = wanted.element_handle()
        self.page.wait_for_function(IS_UNCOVERED, arg=handle)
        where = wanted.bounding_box()
        assert where
        self.taps.append(" ".join(wanted.inner_text().split())[:40])
        self.page.mouse.click(where["x"] + where["width"] / 2, where["y"] + where["height"] / 2)


def the_way(page: Page, finger: Finger, answer: str) -> int:
    """From today to the summary's *save*: one tap for each question that is asked. Returns how many steps were walked."""
    finger.tap(page.locator("[data-go]"))
    expect(page.locator("body")).to_have_attribute("data-screen", "household")
    finger.tap(page.locator("[data-start]"))
    expect(page.locator("body")).to_have_attribute("data-screen", "visit")
    expect(page.locator("main")).to_have_attribute("data-state", "ready")
    if page.locator("[data-part=consent]").is_visible():
        finger.tap(page.locator("[data-part=consent] .choice").filter(has_text=answer).first)
        finger.tap(page.locator("[data-on=consent]"))
        expect(page.locator("[data-part=consent]")).to_be_hidden()
    if page.locator("[data-part=who]").is_visible():
        finger.tap(page.locator("[data-list=members] .choice, [data-relation]").first)
    finger.tap(page.locator(f".choice:has([value={G3}])"))
    page.locator("[data-part=needs]:visible, [data-when=prepare]:visible").first.wait_for()
    if page.locator("[data-part=needs]").is_visible():
        finger.tap(page.locator("[data-start-action] [data-kind=main]"))
    expect(page.locator("main")).to_have_attribute("data-state", "prepare")
    while page.locator("[data-question]").is_visible():
        finger.tap(page.locator("[data-list=options] button").first)
    finger.tap(page.locator("[data-watch]"))
    steps = page.locator("[data-list=watched] > li").count()
    finger.tap(page.locator("[data-all-alone]"))
    finger.tap(page.locator("form[data-when=summary] .main_action[data-real-run] [data-kind=main]"))
    expect(page.locator("body")).to_have_attribute("data-screen", "household")
    return steps


@pytest.mark.parametrize("answer", ["Đồng ý", "Để sau"])
def test_f15_from_sign_in_to_a_household_visited_with_a_guide_of_eleven_steps_in_15_taps(
    new_phone, network, answer: str
):
    phone: Phone = new_phone(network)
    page, finger = phone.page, Finger(phone.page)
    page.goto(f"{network.origin}/vi/sign-in")
    page.get_by_role(
        "button", name=LAN
    ).click()  # the demo lists 16 people; the passkey of a real phone is one tap too
    finger.taps.append(LAN)
    expect(page.locator("main")).to_have_attribute("data-state", "ready")

    steps = the_way(page, finger, answer)

    print(f"{len(finger.taps)} taps, {steps} steps: {finger.taps}")
    assert steps >= 11
    assert len(finger.taps) <= MOST_TAPS, finger.taps
    household_id = page.url.partition("#")[2]
    run = phone.wait_for_row("walk_throughs", household_id=household_id, guide=G3, received_at=None)
    assert set(run["marks"].values()) == {"alone"} and len(run["marks"]) == steps


@pytest.mark.parametrize("answer", ["Đồng ý", "Để sau"])
def test_f15_a_house_where_nobody_was_met_yet_takes_no_more_taps(new_phone, network, answer: str):
    phone: Phone = new_phone(network)
    phone.sign_in()
    household = phone.register()  # never asked, nobody known: every question comes
    phone.wait_for_the_worker()
    page, finger = phone.page, Finger(phone.page)
    with offline(phone):  # so that no other door comes back
        doors = [row["id"] for row in phone.rows("households") if row["id"] != household["id"]]
        page.evaluate(
            """async ids => { const opened = await new Promise(done => { const o = indexedDB.open("tung-nha")
                o.onsuccess = () => done(o.result) }); const t = opened.transaction("households", "readwrite")
                for (const id of ids) t.objectStore("households").delete(id)
                await new Promise(done => { t.oncomplete = done }); opened.close() }""",
            doors,
        )
        to_the_list(phone)
        page.locator(".tabs a[href$='/field/today']").click()
        expect(page.locator("main")).to_have_attribute("data-state", "ready")
        finger.taps.append("sign in")

        the_way(page, finger, answer)

        assert page.url.endswith(household["id"])
        assert len(finger.taps) <= MOST_TAPS, finger.taps
