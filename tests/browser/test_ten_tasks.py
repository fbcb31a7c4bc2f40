"""Ten things that are done all day, counted in taps from where they begin: none takes more than it did when an outsider
counted them, and what was tapped by mistake is taken back by one."""

from contextlib import contextmanager

from playwright.sync_api import Locator, Page, expect

from tests.browser.phones import G3, Phone, until

MOST = {
    "nobody home, from today": 3,
    "open the next return": 1,
    "register a household with a name": 6,
    "add a member": 2,
    "start a visit, known person": 5,
    "walk a guide with its record": 17,
    "stuck: reason and return": 4,
    "undo a wrong outcome": 1,
    "send": 0,
    "show that I am real": 1,
}
"""Taps that each took; undoing was impossible. Typing is not counted."""


class Counted:
    """Counts the taps of each task."""

    def __init__(self, page: Page) -> None:
        self.page, self.taps, self.task = page, dict.fromkeys(MOST, -1), ""

    @contextmanager
    def doing(self, task: str):
        """From here on taps belong to this task."""
        self.task, self.taps[task] = task, 0
        yield
        self.task = ""

    def tap(self, wanted: Locator) -> None:
        """One tap on what is seen."""
        wanted.click()
        if self.task:
            self.taps[self.task] += 1

    def is_at(self, screen: str, state: str) -> None:
        """Wait until that screen stands there, drawn."""
        expect(self.page.locator("body")).to_have_attribute("data-screen", screen)
        expect(self.page.locator("main")).to_have_attribute("data-state", state)


def to_the_guide(finger: Counted, who: Locator) -> None:
    """From the visit's first question to the guide's: a tap for each that is asked."""
    page = finger.page
    if page.locator("[data-part=consent]").is_visible():
        finger.tap(page.locator("[data-part=consent] .choice").filter(has_text="Đồng ý").first)
        finger.tap(page.locator("[data-on=consent]"))
        expect(page.locator("[data-part=consent]")).to_be_hidden()
    if page.locator("[data-part=who]").is_visible():
        finger.tap(who)
    finger.tap(page.locator(f".choice:has([value={G3}])"))
    page.locator("[data-part=needs]:visible, [data-when=prepare]:visible").first.wait_for()
    if page.locator("[data-part=needs]").is_visible():
        finger.tap(page.locator("[data-start-action] [data-kind=main]"))
    finger.is_at("guide", "prepare")


def test_f13_f15_ten_tasks_of_a_day_take_no_more_taps_than_before_and_undo_one(new_lan: Phone):
    new_lan.send()
    page = new_lan.page
    finger = Counted(page)
    today = page.locator(".tabs a[href$='/field/today']")
    save = page.locator("form[data-when=summary] .main_action[data-real-run] [data-kind=main]")
    finger.tap(today)
    finger.is_at("today", "ready")

    with finger.doing("show that I am real"):
        finger.tap(page.locator(".tabs a[href$='/field/me']"))
        expect(page.locator("[data-badge] svg").first).to_be_visible()
    finger.tap(today)
    finger.is_at("today", "ready")

    with finger.doing("open the next return"):
        finger.tap(page.locator("[data-go]"))
        finger.is_at("household", "ready")
    finger.tap(page.locator("[data-back]"))
    finger.tap(today)
    finger.is_at("today", "ready")

    with finger.doing("nobody home, from today"):
        finger.tap(page.locator("[data-go]"))
        finger.tap(page.get_by_role("button", name="Vắng nhà"))
        expect(page.locator("[data-saved]")).to_contain_text("Vắng nhà")
    with finger.doing("undo a wrong outcome"):
        finger.tap(page.get_by_role("button", name="Hoàn tác"))
        expect(page.locator("[data-saved]")).to_contain_text("Đã rút lại")
    finger.tap(page.get_by_role("button", name="Vắng nhà"))
    expect(page.locator("[data-saved]")).to_contain_text("Vắng nhà")
    with finger.doing("send"):
        until(page, lambda: set(new_lan.outbox().values()) == {"received"}, "all to be received by itself")

    finger.tap(today)
    finger.is_at("today", "ready")
    known = {row["household_id"] for row in new_lan.rows("members")}
    known &= {row["id"] for row in new_lan.rows("households", consent="given")}
    door = page.locator("[data-next-door]")
    for _ in range(30):  # a family that was asked before, with somebody who was taught there
        at = door.get_attribute("data-door")
        if at in known:
            break
        page.locator("[data-put-off]").click()
        expect(door).not_to_have_attribute("data-door", at or "")
    with finger.doing("start a visit, known person"):
        finger.tap(page.locator("[data-go]"))
        finger.is_at("household", "ready")
        finger.tap(page.locator("[data-start]"))
        finger.is_at("visit", "ready")
        to_the_guide(finger, page.locator("[data-list=members] .choice").first)
    with finger.doing("walk a guide with its record"):
        while page.locator("[data-question]").is_visible():
            finger.tap(page.locator("[data-list=options] button").first)
        finger.tap(page.locator("[data-watch]"))
        assert page.locator("[data-list=watched] > li").count() >= 11
        finger.tap(page.locator("[data-all-alone]"))
        finger.tap(save)
        finger.is_at("household", "ready")

    finger.tap(today)
    finger.is_at("today", "ready")
    with finger.doing("register a household with a name"):
        finger.tap(page.locator(".tabs a[href$='/field/households']"))
        finger.tap(page.locator("a[href$='#new']"))
        finger.tap(page.locator(".choice").filter(has_text="Đồng ý").first)
        finger.tap(page.locator("#label"))
        page.keyboard.type("Nông Văn Mười")
        finger.tap(page.get_by_role("button", name="Lưu hộ"))
        finger.is_at("household", "ready")
    expect(page.get_by_role("heading", level=1)).to_have_text("Nông Văn Mười")
    household = page.url.partition("#")[2]
    with finger.doing("add a member"):
        finger.tap(page.locator("[data-start]"))
        finger.is_at("visit", "ready")
        finger.tap(page.locator("[data-relation]").first)
        expect(page.locator("[data-part=what]")).to_be_visible()
    to_the_guide(finger, page.locator("[data-relation]").first)
    new_lan.wait_for_row("members", household_id=household)
    while page.locator("[data-question]").is_visible():
        finger.tap(page.locator("[data-list=options] button").first)
    finger.tap(page.locator("[data-begin]"))
    finger.is_at("guide", "step")
    with finger.doing("stuck: reason and return"):
        finger.tap(page.locator("[data-mark=stuck]"))
        finger.tap(page.locator("[data-when=stuck] .choice").filter(has_text="Không có sóng").first)
        finger.tap(page.locator("[data-stop]"))
        finger.tap(save)
        finger.is_at("household", "ready")
    new_lan.wait_for_row("follow_ups", household_id=household, reason="stuck")

    print(finger.taps)
    assert min(finger.taps.values()) >= 0, "every task was done"
    assert {task: taps for task, taps in finger.taps.items() if taps > MOST[task]} == {}
