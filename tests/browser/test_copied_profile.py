"""What a thief gets: the folder of a real Chromium's profile, copied in each state of the phone, read byte by byte and
opened again in another browser. docs/security.md, *What a thief gets*, says it in words."""

import shutil
import sqlite3
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
from playwright.sync_api import BrowserContext, Playwright, expect

from tests.browser.conftest import launch_options
from tests.browser.phones import LAN, Phone, offline, until
from tests.browser.slow_network import Network
from tests.browser.test_shared_phone import PIN_OF_LAN, lock, set_pin, unlock

HOUSE, PERSON, NOTE, DRAFT = "Nhaq7Vk2zPw", "Bax9Tm4hLr", "Ghic8Jd5nYs", "Dangw3Rb6fKv"
OF_THE_FAMILY = (HOUSE, PERSON, NOTE, DRAFT)
WAYS = ("utf-8", "utf-16-le", "latin-1")
"""How a browser writes a text down."""
COOKIES_ARE_WRITTEN_MS = 32_000
"""Chromium writes changed cookies down every thirty seconds."""


class OnDisk:
    """A Chromium whose profile lies in a folder that outlives it."""

    def __init__(self, playwright: Playwright, folder: Path) -> None:
        self.playwright, self.folder = playwright, folder

    def new_context(self, **settings) -> BrowserContext:
        """The browser on this profile."""
        return self.playwright.chromium.launch_persistent_context(self.folder, **launch_options(), **settings)

    def copied(self, name: str) -> "OnDisk":
        """What somebody has who copied the folder at this moment."""
        folder = self.folder.with_name(name)
        shutil.copytree(self.folder, folder, ignore=shutil.ignore_patterns("Singleton*", "*.tmp"))
        return OnDisk(self.playwright, folder)

    def found(self, *words: str | bytes) -> dict[str, set[str]]:
        """Which of these words stand in which files."""
        found: dict[str, set[str]] = {}
        for path in (path for path in self.folder.rglob("*") if path.is_file()):
            held = path.read_bytes()
            for word in words:
                ways = [word] if isinstance(word, bytes) else [word.encode(how, "replace") for how in WAYS]
                if any(way in held for way in ways):
                    found.setdefault(str(word), set()).add(path.name)
        return found

    def locked_away(self, cookie: str) -> bytes:
        """How the browser's file of cookies writes this one."""
        (path,) = self.folder.glob("Default/**/Cookies")
        with sqlite3.connect(f"file:{path}?mode=ro", uri=True) as connection:
            query = "SELECT encrypted_value, value FROM cookies WHERE name = ?"
            ((encrypted, plain),) = connection.execute(query, [cookie]).fetchall()
        return encrypted or plain.encode()

    def answers(self, origin: str) -> set[int]:
        """What the server says to whoever opens this profile and leaves out or changes what scripts can write."""
        context = self.new_context()
        kept = {cookie.get("name", ""): cookie.get("value", "") for cookie in context.cookies(origin)}
        context.close()
        session, shown = kept.get("session", ""), kept.get("open_for", "")
        tries = [{"session": session}, {"session": session, "open_for": shown}]
        return {httpx.get(f"{origin}/api/v1/field-pack", cookies=one).status_code for one in tries}


@pytest.fixture
def disk(playwright: Playwright, tmp_path: Path) -> OnDisk:
    """A profile without a past."""
    return OnDisk(playwright, tmp_path / "profile")


@pytest.fixture
def phone(disk: OnDisk, network: Network) -> Iterator[Phone]:
    """Lan's phone on that profile."""
    made = Phone(disk, network)  # type: ignore[arg-type]
    made.sign_in()
    made.wait_for_the_worker()
    yield made
    made.context.close()
    assert made.said == []


def settled(
    phone: Phone, disk: OnDisk, name: str, *words: str | bytes, most: int = 20
) -> dict[str, set[str]]:
    """What is still there when the browser has put its files in order: a moment later, at the latest after the phone's
    next contacts (here: it is looked at again). The copy is kept under this name."""
    found: dict[str, set[str]] = {}
    for _ in range(most):
        shutil.rmtree(disk.folder.with_name(name), ignore_errors=True)
        if not (found := disk.copied(name).found(*words)):
            break
        phone.page.evaluate("dispatchEvent(new Event('focus'))")
        phone.page.wait_for_timeout(2_000)
    return found


def work(phone: Phone) -> None:
    """A family on this phone: a door, a person, what was seen, and a form that is half filled."""
    household = phone.register(HOUSE)
    phone.add_member(household["id"], PERSON)
    phone.module("records", "recordVisit", {"household_id": household["id"], "outcome": "met", "note": NOTE})
    page = phone.open("households", "new")
    page.get_by_role("radio", name="Đồng ý", exact=True).check()
    page.locator("#label").fill(DRAFT)
    phone.wait_for_row("drafts")
    until(page, lambda: any(DRAFT in str(draft) for draft in phone.rows("drafts")), "the draft")


def test_p4_i3_a_copy_of_a_locked_or_signed_out_phone_holds_no_family_and_no_way_in(
    phone: Phone, disk: OnDisk
):
    set_pin(phone, PIN_OF_LAN)
    with offline(phone):
        work(phone)
        phone.page.wait_for_timeout(COOKIES_ARE_WRITTEN_MS)
        on = disk.copied("on")
        assert set(on.found(*OF_THE_FAMILY)) == set(OF_THE_FAMILY), "an open phone holds everything"
        half = on.locked_away("open_for")
        assert on.found(half)

        lock(phone)
        phone.page.wait_for_timeout(COOKIES_ARE_WRITTEN_MS)
        assert settled(phone, disk, "locked", *OF_THE_FAMILY, half) == {}
        locked = OnDisk(disk.playwright, disk.folder.with_name("locked"))

        unlock(phone, LAN, PIN_OF_LAN)
        assert phone.rows("households", label=HOUSE)
        page = phone.open("me")
        page.locator("[data-sign-out]").click()
        expect(page.locator("main")).to_have_attribute("data-state", "empty")
        phone.page.wait_for_timeout(COOKIES_ARE_WRITTEN_MS)
        assert settled(phone, disk, "signed-out", *OF_THE_FAMILY, LAN, half) == {}
        signed_out = OnDisk(disk.playwright, disk.folder.with_name("signed-out"))

    origin = phone.network.origin
    assert 200 in on.answers(origin), "an open phone is signed in"
    assert locked.answers(origin) == {401}
    assert signed_out.answers(origin) == {401}


def test_p4_i3_the_store_is_thrown_away_at_a_sign_out_only_when_the_server_has_all_of_it(
    phone: Phone, disk: OnDisk
):
    """What the server took after its last copy is sent again after a restore: it stays, sealed."""
    houses = [row["label"] for row in phone.rows("households") if row["label"]][:20]
    held = disk.copied("on").found(*houses)  # but for a name whose repeated part the browser's files pack
    assert len(held) > len(houses) / 2, "a phone without a lock holds everything"
    device = phone.fact("device")["id"]

    sign_out_here(phone)
    assert phone.page.evaluate("async () => (await indexedDB.databases()).length") == 0
    assert disk.copied("cleared").found(*houses) == {}

    phone.sign_in()
    phone.wait_for_the_worker()
    made = phone.register(HOUSE)["id"]
    assert phone.fact("device")["id"] == device
    assert phone.fact("cleared") is None, "nobody is told that the store was lost"
    phone.send()
    sign_out_here(phone)
    assert phone.outbox() == {made: "received"}
    phone.open("today")
    assert settled(phone, disk, "kept", HOUSE, *houses) == {}


def sign_out_here(phone: Phone) -> None:
    """With a network: it ends on the page for signing in."""
    phone.open("me").locator("[data-sign-out]").click()
    phone.page.wait_for_url("**/sign-in")
