"""A new version installs beside the old one, whole or not at all; nothing is lost, nothing forced, nothing asked twice."""

import shutil
import time
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import Server
from tests.browser.phones import PATIENCE, Phone, answer_questions, mark_steps, offline, start_g3
from tests.browser.slow_network import Asked, Network, Said
from tests.conftest import ROOT

CHANGED = "/vi/field/households"
OLD_WORDS, NEW_WORDS = (
    '<ul class="doors" data-list="households">',
    '<ul class="doors" data-list="households" data-new>',
)
NEW = "[data-list=households][data-new]"
LOOK_FOR_UPDATE = (
    "navigator.serviceWorker.getRegistration().then(r => r.update()).then(() => 'found', e => e.name)"
)
WORKERS = """() => navigator.serviceWorker.getRegistration().then(r =>
    [r.installing, r.waiting, r.active].map(worker => worker?.state ?? null))"""


class NextRelease(Server):
    """The next release of the app: a copy of this tree with one screen changed, on the same database."""

    def __init__(self, folder: Path, old: Server) -> None:
        super().__init__(folder)
        self.database, self.url, self.tree = old.database, old.url, folder / "release"
        for part in ("volunteer_app", "static", "service_worker"):
            shutil.copytree(ROOT / part, self.tree / part, ignore=shutil.ignore_patterns("__pycache__"))
        screen = self.tree / "volunteer_app" / "pages" / "households" / "field.html"
        before = screen.read_text("utf-8")
        assert OLD_WORDS in before
        screen.write_text(before.replace(OLD_WORDS, NEW_WORDS), "utf-8")


@pytest.fixture(scope="module")
def next_release(busy_server: Server, tmp_path_factory) -> Iterator[Server]:
    started = NextRelease(tmp_path_factory.mktemp("next"), busy_server)
    started.start()
    yield started
    started.stop()


def release(network: Network, next_release: Server) -> None:
    """From now on the new build answers at the same address."""
    network.server_port = next_release.port


def wait_for_workers(page: Page, *, installing: str | None, waiting: str | None, case: str = "") -> None:
    """Until the browser has settled on these workers beside the active one."""
    until = time.monotonic() + PATIENCE
    while (now := page.evaluate(WORKERS)) != [installing, waiting, "activated"]:
        assert time.monotonic() < until, (case, now)
        page.wait_for_timeout(50)


def look_for_update(page: Page) -> None:
    page.evaluate(LOOK_FOR_UPDATE)


def test_o11_e16_a_new_version_waits_beside_the_old_one_until_it_is_accepted(
    new_lan: Phone, next_release, busy_server
):
    household = new_lan.register("Nông Văn Bản Mới")
    new_lan.add_member(household["id"])
    new_lan.send()
    with offline(new_lan):
        half_run = start_g3(new_lan, household["id"])
        answer_questions(half_run)
        mark_steps(half_run, "alone", most=1)
        waiting = new_lan.register("Nông Thị Chưa Gửi")
        address = half_run.url
        old_build = new_lan.fact("app_build")

    release(new_lan.network, next_release)
    new_lan.network.instead = lambda asked: Said("503 Busy") if asked.path == "/api/v1/ops" else None
    page = new_lan.open("households")
    look_for_update(page)
    wait_for_workers(page, installing=None, waiting="installed")
    offer = page.locator(".notice", has_text="Đã có bản mới")
    expect(offer).to_be_visible()
    expect(page.locator(NEW)).to_have_count(0)
    with offline(new_lan):
        page = new_lan.open("households")
        expect(page.locator("[data-list=households] > li").first).to_be_visible()
        expect(page.locator(NEW)).to_have_count(0)

        page.locator(".notice", has_text="Đã có bản mới").get_by_role("button").click()
        expect(page.locator(NEW)).to_have_count(1)
        expect(page.locator("[data-list=households] > li").first).to_be_visible()
        assert new_lan.fact("app_build") not in (old_build, None)
        assert new_lan.outbox()[waiting["id"]] == "ready"
        page = new_lan.open("today")
        page.locator("[data-unfinished]").click()
        page.wait_for_url(address)
        expect(page.locator("main")).to_have_attribute("data-state", "step")
        page.locator("[data-previous]").click()
        expect(page.locator("[data-mark=alone]")).to_have_attribute("aria-pressed", "true")

    new_lan.send()
    assert busy_server.rows("SELECT count(*) FROM households WHERE label = 'Nông Thị Chưa Gửi'") == [(1,)]


def test_o11_the_new_versions_button_answers_in_every_window(new_lan: Phone, next_release):
    """The second window was offered the version too; by then no version waits any more."""
    page = new_lan.open("households")
    second = new_lan.tab()
    second.goto(f"{new_lan.network.origin}/vi/field/today")
    expect(second.locator("#main")).to_have_attribute("data-state", "ready")
    release(new_lan.network, next_release)
    look_for_update(page)
    offers = [
        one.locator(".notice", has_text="Đã có bản mới").get_by_role("button") for one in (page, second)
    ]
    for offer in offers:
        expect(offer).to_be_visible()

    offers[0].click()
    expect(page.locator(NEW)).to_have_count(1)
    with second.expect_navigation():
        offers[1].click()

    expect(second.locator("#main")).to_have_attribute("data-state", "ready")
    expect(second.locator(".notice", has_text="Đã có bản mới")).to_have_count(0)


HALF_DEPLOYED = {
    "a file is not there yet": Said("404 Not Found", b"<h1>404"),
    "the server starts again": Said("502 Bad Gateway", b"<h1>502"),
    "a portal answers": Said("200 OK", b"<!doctype html><title>Wi-Fi</title>accept our terms"),
}


def test_o11_e17_a_half_deployed_release_never_takes_over(new_lan: Phone, next_release, busy_server):
    old = urllib.request.urlopen(f"http://localhost:{busy_server.port}{CHANGED}")
    headers = ("Content-Type: text/html", f"ETag: {old.headers['ETag']}")
    cases = HALF_DEPLOYED | {"an old server still answers": Said("200 OK", old.read(), headers)}
    release(new_lan.network, next_release)
    for case, answer in cases.items():

        def half(asked: Asked, answer: Said = answer) -> Said | None:
            return answer if asked.path == CHANGED else None

        new_lan.network.instead = half
        page = new_lan.open("today")
        look_for_update(page)
        wait_for_workers(page, installing=None, waiting=None, case=case)
        assert CHANGED in new_lan.network.paths(), "it did not even try"
        new_lan.network.asked.clear()
        with offline(new_lan):
            page = new_lan.open("households")
            expect(page.locator("[data-list=households] > li").first).to_be_visible()
            expect(page.locator(NEW)).to_have_count(0)
            assert page.locator(".notice", has_text="Đã có bản mới").count() == 0, case

    new_lan.network.restore()
    look_for_update(new_lan.open("today"))
    wait_for_workers(new_lan.page, installing=None, waiting="installed")


def test_o11_no_reload_is_forced_while_a_form_is_open(new_lan: Phone, next_release):
    page = new_lan.open("households", "new")
    page.get_by_role("radio", name="Đồng ý", exact=True).check()
    page.locator("#label").fill("Nông Văn Đang Viết")
    page.evaluate("globalThis.sameDocument = true")

    release(new_lan.network, next_release)
    look_for_update(page)
    wait_for_workers(page, installing=None, waiting="installed")

    expect(page.locator(".notice", has_text="Đã có bản mới")).to_be_visible()
    assert page.evaluate("sameDocument"), "the page was loaded anew"
    expect(page.locator("#label")).to_have_value("Nông Văn Đang Viết")
    page.get_by_role("button", name="Lưu hộ").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Nông Văn Đang Viết")
    page = new_lan.open("households", "new")
    page.get_by_role("radio", name="Đồng ý", exact=True).check()
    page.locator("#label").fill("Nông Văn Viết Dở")
    page.locator(".notice", has_text="Đã có bản mới").get_by_role("button").click()
    expect(page.locator(NEW)).to_have_count(1)
    expect(page.locator("#label")).to_have_value("Nông Văn Viết Dở")


SCREENS = ("today", "households", "outbox", "me")


def test_a_screen_that_was_kept_asks_the_network_for_nothing_but_news(new_lan: Phone):
    new_lan.send()
    new_lan.network.asked.clear()

    for screen in SCREENS:
        page = new_lan.open(screen)
        page.wait_for_load_state("networkidle")
    new_lan.network.is_up = False

    asked = {path for path in new_lan.network.paths() if not path.startswith("/api/v1/")}
    assert asked <= {"/sw.js?language=vi"}, "all but the browser's own look for a new version"
