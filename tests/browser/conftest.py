"""A real server in its own process, and a real Chromium. "Offline" is a server that has stopped, or a cut network."""

import asyncio
import os
import shutil
import signal
import socket
import sqlite3
import subprocess
import sys
import urllib.error
import urllib.request
from collections.abc import Callable, Coroutine, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

import pytest
from playwright.sync_api import Browser, BrowserContext, Error, Page, Playwright, expect, sync_playwright

from tests import leash
from tests.browser.engines import Hands, LostPage
from tests.browser.phones import PATIENCE, Phone
from tests.browser.slow_network import Network
from tests.conftest import ROOT, opened
from tests.engine import put_a_voice_in
from tests.once import made_once
from tests.spoken import speak
from volunteer_app.demo import commune
from volunteer_app.pages.guides.packs import all_guides
from volunteer_app.storage.media import Media
from volunteer_app.storage.migrations import bring_up_to_date

PHONE = {"width": 360, "height": 740}
RESULTS = ROOT / "test-results"
SPOKEN_GUIDE, SPOKEN_ONLY = "spot-scams", "pha"
KEPT = """() => new Promise((done, failed) => {
    if (navigator.serviceWorker.controller) return done(true)
    navigator.serviceWorker.addEventListener("controllerchange", () => done(true))
    setTimeout(() => failed(new Error("no worker answers for this page")), 60000)
})"""
"""Waits until the worker answers for this page; not for ever, as a driver would."""
NOTICE_AUDIO = """globalThis.heard = []
const Own = globalThis.Audio
globalThis.Audio = function (url) {
    const made = new Own(url)
    made.addEventListener("ended", () => heard.push([url.slice(0, 5), made.duration]))
    return made
}"""
"""Notes each sound that is played to its end, and whether it came from the phone itself ("blob:")."""


class Server:
    """The app's demo in a process of its own, on a port of its own; it can stop, crash and come back."""

    def __init__(self, folder: Path, ready_demo: Path | None = None) -> None:
        """`ready_demo`: a demo database that is ready, to begin with a copy of it."""
        with socket.socket() as found:
            found.bind(("127.0.0.1", 0))
            self.port = found.getsockname()[1]
        self.origin = f"http://localhost:{self.port}"
        self.tree = ROOT
        self.database = folder / "demo.db"
        if ready_demo:
            shutil.copy(ready_demo, self.database)
        self.url = f"sqlite:///{self.database}"
        self.log = folder / "server.log"
        self.process: subprocess.Popen | None = None

    def start(self) -> None:
        """Start, and wait until it answers."""
        environ = os.environ | {
            "DATABASE_URL": self.url,
            "ORIGIN": self.origin,
            "LISTEN_PORT": str(self.port),
            "KEYS_FOLDER": str(self.database.parent / "keys"),
            "ASSET_ARCHIVE": str(self.database.parent / "assets"),
            "MEDIA_FOLDER": str(self.database.with_name("media")),
        }
        command = [sys.executable, "-m", "volunteer_app", "demo"]
        with self.log.open("ab") as log:
            self.process = leash.start(command, env=environ, cwd=self.tree, stdout=log, stderr=log)
        leash.until_it_answers(self.process, self._answers, self.log.read_text)

    def _answers(self) -> bool:
        try:
            urllib.request.urlopen(f"{self.origin}/vi/sign-in", timeout=60).close()
        except (urllib.error.URLError, ConnectionError, TimeoutError):
            return False
        return True

    def stop(self, how: int = signal.SIGTERM) -> None:
        """Stop it (SIGKILL: crash it)."""
        if self.process is not None:
            leash.end(self.process, how, patience=leash.LAST_BOUND)
            self.process = None

    def rows(self, sql: str) -> list[tuple]:
        """What the server's database holds."""
        with sqlite3.connect(f"file:{self.database}?mode=ro", uri=True) as connection:
            return connection.execute(sql).fetchall()


@pytest.fixture(scope="session")
def playwright() -> Iterator[Playwright]:
    """Playwright, once; patient, for a busy machine is no fault of the app."""
    expect.set_options(timeout=PATIENCE * 1000)
    with sync_playwright() as started:
        yield started


def launch_options() -> dict:
    """How Chromium is started; tests/run.py says where it is."""
    return {
        "executable_path": os.environ.get("CHROMIUM", "/usr/bin/chromium"),
        "args": [
            "--no-sandbox",
            "--disable-background-networking",
            "--disable-component-update",
            "--disable-sync",
        ],
    }


@pytest.fixture(scope="session")
def chromium(playwright: Playwright) -> Iterator[Browser]:
    """One Chromium for all tests that do not kill it."""
    browser = playwright.chromium.launch(**launch_options())
    yield browser
    browser.close()


@pytest.fixture(scope="session")
def ready_demo(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The demo's database, made once; each server begins with a copy."""

    async def make(path: Path) -> None:
        async with opened(f"sqlite:///{path}") as database:
            await bring_up_to_date(database)
            await commune.ensure(database, datetime.now(UTC))

    return made_once(tmp_path_factory, "demo.db", lambda path: _run(make(path)))


def _run(work: Coroutine) -> None:
    with ThreadPoolExecutor(1) as thread:  # the tests' own thread has Playwright's loop
        thread.submit(asyncio.run, work).result()


@contextmanager
def serving(folder: Path, ready_demo: Path) -> Iterator[Server]:
    """A demo server, from a ready database; it ends with the test, however that ends."""
    started = Server(folder, ready_demo)
    try:
        started.start()
        yield started
    finally:
        started.stop()


@pytest.fixture(scope="session")
def server(tmp_path_factory: pytest.TempPathFactory, ready_demo: Path) -> Iterator[Server]:
    """A demo server that tests only look at."""
    with serving(tmp_path_factory.mktemp("server"), ready_demo) as started:
        yield started


@pytest.fixture(scope="session")
def busy_server(tmp_path_factory: pytest.TempPathFactory, ready_demo: Path) -> Iterator[Server]:
    """A demo server that tests write to; each counts only what it recorded itself."""
    with serving(tmp_path_factory.mktemp("busy"), ready_demo) as started:
        yield started


@pytest.fixture(scope="session")
def talking_server(tmp_path_factory: pytest.TempPathFactory, ready_demo: Path) -> Iterator[Server]:
    """A demo server whose guide against scams is spoken to its end, in a language without a script."""
    with serving(tmp_path_factory.mktemp("talking"), ready_demo) as started:
        guide = next(guide for guide in all_guides() if guide.slug == SPOKEN_GUIDE)

        async def publish() -> None:
            async with opened(started.url) as database:
                await speak(database, Media(started.database.with_name("media")), guide, SPOKEN_ONLY)

        _run(publish())
        yield started


@pytest.fixture
def own_server(tmp_path: Path, ready_demo: Path) -> Iterator[Server]:
    """A demo server for one test, which may stop it, crash it, or change what it holds."""
    with serving(tmp_path, ready_demo) as started:
        yield started


@pytest.fixture
def humming(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Servers of this test that start later can speak."""
    monkeypatch.setenv("PATH", f"{put_a_voice_in(tmp_path / 'bin')}{os.pathsep}{os.environ['PATH']}")


@pytest.fixture
def phone(chromium: Browser, request: pytest.FixtureRequest) -> Iterator[BrowserContext]:
    """A phone-sized browser without a past."""
    context = chromium.new_context(viewport=PHONE, locale="vi-VN", timezone_id="Asia/Ho_Chi_Minh")
    yield context
    context.close()


@pytest.fixture
def page(phone: BrowserContext) -> Iterator[Page]:
    """A page on the phone; broken rules of the Content-Security-Policy and errors fail the test."""
    opened = phone.new_page()
    said: list[str] = []
    opened.on("pageerror", lambda error: said.append(str(error)))
    opened.on("console", lambda m: said.append(m.text) if "Content Security Policy" in m.text else None)
    yield opened
    assert said == []


@pytest.fixture
def network(busy_server: Server) -> Iterator[Network]:
    """A network of one's own in front of the busy server: an origin without a past."""
    opened = Network(busy_server.port)
    yield opened
    opened.close()


@pytest.fixture
def new_phone(chromium: Browser) -> Iterator[Callable[..., Phone]]:
    """Phones without a past: `new_phone(network)`. An error on any screen fails the test."""
    phones: list[Phone] = []

    def make(network: Network, **options) -> Phone:
        phones.append(Phone(chromium, network, **options))
        return phones[-1]

    yield make
    for made in phones:
        made.context.close()
    assert [text for made in phones for text in made.said] == []


@pytest.fixture
def new_lan(new_phone, network: Network) -> Phone:
    """Lan has just signed in on a new phone; from here on it works without a network."""
    made = new_phone(network)
    made.sign_in()
    made.wait_for_the_worker()
    return made


@pytest.fixture(scope="session")
def _lans_phone(chromium: Browser, busy_server: Server) -> Iterator[Phone]:
    network = Network(busy_server.port)
    made = Phone(chromium, network)
    made.sign_in()
    made.wait_for_the_worker()
    yield made
    made.context.close()
    network.close()


@pytest.fixture
def lan(_lans_phone: Phone) -> Iterator[Phone]:
    """The phone that Lan has used for a while: records of other tests are on it, nothing of them is asserted."""
    _lans_phone.network.restore()
    _lans_phone.page = _lans_phone.tab()
    _lans_phone.open("today")
    yield _lans_phone
    _lans_phone.page.close()
    said, _lans_phone.said = _lans_phone.said, []
    assert said == []


def sign_in(page: Page, origin: str, name: str, language: str = "vi") -> None:
    """Tap an invented person of the demo."""
    page.goto(f"{origin}/{language}/sign-in")
    page.get_by_role("button", name=name).click()
    page.wait_for_load_state()


@pytest.hookimpl(hookwrapper=True)
def pytest_runtest_makereport(item, call):
    """A failed test leaves a picture of what it saw."""
    outcome = yield
    report = outcome.get_result()
    if not report.failed:
        return
    for name, given in item.funcargs.items():
        shown = getattr(given, "page", given)
        if isinstance(shown, Page | Hands):
            RESULTS.mkdir(exist_ok=True)
            take = shown.screenshot if isinstance(shown, Page) else shown.picture
            try:
                (RESULTS / f"{item.name} {name}.png".replace("/", "-")).write_bytes(take())
            except (Error, LostPage, OSError) as error:  # the browser is gone
                print(f"no picture of {name}: {error}")
