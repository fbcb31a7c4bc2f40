"""`.venv/bin/python -m tests.screenshots`: the pictures of README.md, taken from a fresh demo in a real browser."""

from pathlib import Path
from tempfile import TemporaryDirectory

from playwright.sync_api import Page, sync_playwright

from tests.browser.conftest import Server, launch_options, sign_in
from tests.conftest import ROOT

PICTURES = ROOT / "docs" / "pictures"
PHONE, DESK = {"width": 360, "height": 740}, {"width": 1280, "height": 800}


def main() -> None:
    """Take every picture anew."""
    PICTURES.mkdir(exist_ok=True)
    with TemporaryDirectory() as folder, sync_playwright() as playwright:
        server = Server(Path(folder))
        server.start()
        browser = playwright.chromium.launch(**launch_options())
        try:
            volunteer = browser.new_context(
                viewport=PHONE, locale="vi-VN", timezone_id="Asia/Ho_Chi_Minh"
            ).new_page()
            field(volunteer, server.origin)
            front = browser.new_context(viewport=DESK, locale="vi-VN").new_page()
            sign_in(front, server.origin, "Nguyễn Thị Hoà")
            front.goto(f"{server.origin}/vi/coverage/08/00919")
            take(front, "coverage")
            night = browser.new_context(viewport=PHONE, locale="vi-VN", color_scheme="dark").new_page()
            night.goto(f"{server.origin}/vi/huong-dan/activate-level-2#buoc-3")
            night.locator("[data-player=on] #buoc-3").wait_for()
            take(night, "public-guide")
        finally:
            browser.close()
            server.stop()


def field(page: Page, origin: str) -> None:
    """The volunteer's day: today, a household, a step of a guide."""
    sign_in(page, origin, "Vàng Thị Lan")
    page.locator("main[data-state=ready]").wait_for()
    page.wait_for_timeout(1500)
    take(page, "today")
    page.goto(f"{origin}/vi/field/households")
    page.locator("[data-list=households] a").nth(1).click()
    page.locator("main[data-state=ready]").wait_for()
    take(page, "household")
    page.locator("[data-start]").click()
    page.locator("main[data-state=ready]").wait_for()
    if page.locator("[data-part=who]").is_visible():
        page.locator("[data-list=members] .choice").first.click()
    page.get_by_role("radio", name="Kích hoạt tài khoản VNeID mức 2").check()
    if page.locator("[data-part=needs]").is_visible():
        page.get_by_role("button", name="Bắt đầu hướng dẫn").click()
    page.locator("main[data-state=prepare]").wait_for()
    while page.locator("[data-question]").is_visible():
        page.locator("[data-list=options] button").first.click()
    page.locator("[data-begin]").click()
    page.locator("main[data-state=step]").wait_for()
    take(page, "guide")


def take(page: Page, name: str) -> None:
    """One picture, as large as the screen."""
    page.wait_for_timeout(400)
    page.screenshot(path=PICTURES / f"{name}.png")


if __name__ == "__main__":
    main()
