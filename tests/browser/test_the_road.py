"""The main job, once from end to end, on a phone that loses its network and is killed half way."""

import os
import re
import signal
import subprocess
import time
from pathlib import Path

import pytest
from playwright.sync_api import BrowserContext, Error, Page, Playwright, expect

from tests.browser.conftest import PHONE, Server, launch_options, sign_in
from tests.browser.phones import G3, PATIENCE, ROWS, UNDER_THE_WORKER, start_guide

LAN, THE_FRONT = "Vàng Thị Lan (mẫu)", "Nguyễn Thị Hoà (mẫu)"
ALONE = "Tự làm được một lần"
NAME = "Nông Thị Mẫu Mới"


@pytest.fixture
def profile(playwright: Playwright, tmp_path: Path):
    """Opens a phone whose storage outlives the browser: `profile()` again after a kill is the same phone."""
    opened: list[BrowserContext] = []

    def open_phone() -> Page:
        context = playwright.chromium.launch_persistent_context(
            tmp_path / "phone",
            viewport=PHONE,
            locale="vi-VN",
            timezone_id="Asia/Ho_Chi_Minh",
            **launch_options(),
        )
        context.set_default_timeout(15_000)
        opened.append(context)
        return context.pages[0]

    yield open_phone
    for context in opened:
        try:
            context.close()
        except Error as error:
            if "closed" not in str(error):
                raise


def kill_browser(folder: Path) -> None:
    """What a flat battery does: every process of this phone's browser is gone at once."""
    found = subprocess.run(["pgrep", "-f", str(folder)], capture_output=True, text=True).stdout.split()
    assert found, "no browser to kill"
    for pid in found:
        if int(pid) != os.getpid():
            try:
                os.kill(int(pid), signal.SIGKILL)
            except ProcessLookupError:
                continue
    end = time.monotonic() + PATIENCE
    while any(Path(f"/proc/{pid}/exe").exists() for pid in found if int(pid) != os.getpid()):
        assert time.monotonic() < end, "a process of the browser does not end"
        time.sleep(0.02)


def wait_until_kept(page: Page) -> None:
    """The worker has everything: from here on no network is needed."""
    page.evaluate(UNDER_THE_WORKER)
    expect(page.locator("[data-next-door]")).to_be_visible()


def households_met(page: Page, server: Server) -> int:
    """What the reviewer's table says of the commune."""
    page.goto(f"{server.origin}/vi/coverage/08/00919")
    met = re.search(r"(\d+)/900", page.locator("tfoot").inner_text())
    assert met, page.locator("tfoot").inner_text()
    return int(met[1])


def register_household(page: Page, origin: str) -> None:
    page.goto(f"{origin}/vi/field/households#new")
    page.locator("#new-hamlet").select_option(index=1)
    page.get_by_role("radio", name="Đồng ý", exact=True).check()
    page.locator("#label").fill(NAME)
    page.locator("#people").fill("4")
    page.get_by_role("button", name="Lưu hộ").click()
    expect(page.get_by_role("heading", level=1)).to_have_text(NAME)


def walk_through_g3(page: Page) -> None:
    """Every step done with help, then all again with hands off."""
    page.locator("[data-start]").click()
    start_guide(page, G3)
    expect(page.locator("main")).to_have_attribute("data-state", "prepare")
    while page.locator("[data-question]").is_visible():
        page.locator("[data-list=options] button").first.click()
    page.locator("[data-begin]").click()
    expect(page.locator("main")).to_have_attribute("data-state", "step")
    while page.locator("main[data-state=step]").count():
        page.locator("[data-mark=help]").click()
    page.evaluate(ROWS, "drafts")  # asked behind the last tap: when it is answered, that tap is on the disk


def test_the_main_job_from_doorstep_to_map(own_server: Server, profile, chromium, tmp_path):
    reviewer = chromium.new_context(viewport=PHONE, locale="vi-VN").new_page()
    sign_in(reviewer, own_server.origin, THE_FRONT)
    met_before = households_met(reviewer, own_server)
    rows_before = own_server.rows("SELECT count(*) FROM households")[0][0]

    page = profile()
    sign_in(page, own_server.origin, LAN)
    wait_until_kept(page)

    own_server.stop()  # from here on the phone is alone
    register_household(page, own_server.origin)
    walk_through_g3(page)
    kill_browser(tmp_path / "phone")

    page = profile()
    page.goto(f"{own_server.origin}/vi/field/households")
    page.locator("#search").fill("nong thi mau moi")
    page.get_by_role("link", name=NAME).click()
    expect(page.get_by_role("heading", level=1)).to_have_text(NAME)
    page.goto(f"{own_server.origin}/vi/field/today")
    page.locator("[data-unfinished]").first.click()
    page.locator("[data-teach=alone]").click()
    expect(page.locator("[data-when=summary] .level_mark")).to_contain_text(ALONE)
    page.get_by_role("button", name="Lưu", exact=True).click()
    expect(page.get_by_role("heading", level=1)).to_have_text(NAME)
    expect(page.locator("[data-list=services]")).to_contain_text(ALONE)
    assert own_server.rows("SELECT count(*) FROM households")[0][0] == rows_before

    own_server.start()
    page.goto(f"{own_server.origin}/vi/field/outbox")
    expect(page.locator("[data-list=items] > li")).to_have_count(4)
    # Chromium writes cookies to disk after half a minute; the kill came before, so the server asks who this is.
    expect(page.locator("[data-answer]")).to_contain_text("Xin đăng nhập lại để gửi. Không mất gì cả.")
    sign_in(page, own_server.origin, LAN)
    page.goto(f"{own_server.origin}/vi/field/outbox")
    expect(page.locator("[data-list=items] > li").filter(has_text="Biên nhận")).to_have_count(4)
    assert_arrived_once(own_server, rows_before)
    assert households_met(reviewer, own_server) == met_before + 1

    deliver_everything_again(page)
    assert_arrived_once(own_server, rows_before)
    assert households_met(reviewer, own_server) == met_before + 1


def assert_arrived_once(server: Server, rows_before: int) -> None:
    """One household, one visit, one run, one observation: what was done on the phone, once."""
    assert server.rows("SELECT count(*) FROM households")[0][0] == rows_before + 1
    of_it = f"household_id = (SELECT id FROM households WHERE label = '{NAME}')"
    for table in ("visits", "walk_throughs", "observations", "members"):
        assert server.rows(f"SELECT count(*) FROM {table} WHERE {of_it}") == [(1,)], table


def deliver_everything_again(page: Page) -> None:
    """As after a restored server: every box goes out a second time; the server's answers must be successes again."""
    outcomes = page.evaluate(
        """async () => {
            const database = await new Promise((done) => {
                const opening = indexedDB.open("tung-nha")
                opening.onsuccess = () => done(opening.result)
            })
            const read = (store, key) => new Promise((done) => {
                const asked = database.transaction(store).objectStore(store)[key ? "get" : "getAll"](key)
                asked.onsuccess = () => done(asked.result)
            })
            const ops = (await read("outbox")).map(({ id, seq, key_id, sealed }) => ({ id, seq, key_id, sealed }))
            const body = JSON.stringify({ device_id: (await read("facts", "device")).id, app_build: "again", ops })
            const headers = { "Content-Type": "application/json" }
            const answer = await fetch("/api/v1/ops", { method: "POST", headers, body })
            return (await answer.json()).answers.map((a) => a.outcome)
        }"""
    )
    assert outcomes == ["duplicate"] * 4
