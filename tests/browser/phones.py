"""A volunteer's phone in a test: who uses it, what network it has, and what it keeps."""

import json
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from typing import Any

from playwright.sync_api import Browser, BrowserContext, Error, Locator, Page, ViewportSize, expect

from tests.browser.slow_network import Network
from volunteer_app.domain.guides.guide import Guide, Path

LAN, THE_FRONT = "Vàng Thị Lan (mẫu)", "Nguyễn Thị Hoà (mẫu)"
SIZE: ViewportSize = {"width": 360, "height": 740}
G3 = "activate-level-2"
PATIENCE = 60
"""Seconds after which a phone counts as standing still: no measure, and nobody waits for them unless a test fails."""

OPEN = """const opened = await new Promise((done, failed) => {
    const opening = indexedDB.open("tung-nha")
    opening.onsuccess = () => done(opening.result)
    opening.onerror = () => failed(opening.error)
})
const asked = work => new Promise((done, failed) => {
    const request = work(opened)
    request.onsuccess = () => { opened.close(); done(request.result) }
    request.onerror = () => failed(request.error)
})"""
ROWS = f"async name => {{ {OPEN}; return asked(db => db.transaction(name).objectStore(name).getAll()) }}"
FACT = f"async key => {{ {OPEN}; return (await asked(db => db.transaction('facts').objectStore('facts').get(key))) ?? null }}"
DELIVER_ELSEWHERE = """async given => {
    const pack = await (await fetch("/api/v1/field-pack")).json()
    const ops = given.map(one => ({ ...one, body: { ...one.body, ...(one.body.hamlet_id === "first" ? { hamlet_id: pack.hamlets[0].id } : {}) } }))
    const how = { name: "ECDSA", namedCurve: "P-256", hash: "SHA-256" }
    const pair = await crypto.subtle.generateKey(how, false, ["sign", "verify"])
    const text = raw => btoa(String.fromCharCode(...new Uint8Array(raw))).replaceAll("+", "-").replaceAll("/", "_").replaceAll("=", "")
    const body = JSON.stringify({ device_id: crypto.randomUUID(), app_build: "test", person_id: pack.me.person_id, ops })
    const said = new TextEncoder().encode("tung-nha delivery 1\\n" + body)
    const headers = {
        "Content-Type": "application/json",
        "Signing-Key": text(await crypto.subtle.exportKey("raw", pair.publicKey)),
        Signature: text(await crypto.subtle.sign(how, pair.privateKey, said)),
    }
    const answer = await fetch("/api/v1/ops", { method: "POST", headers, body })
    return (await answer.json()).answers.map(one => one.outcome)
}"""
"""What another phone of the person who is signed in delivers, with a key of its own. Returns the outcomes."""
UNDER_THE_WORKER = """() => new Promise((done, failed) => {
    const look = () => navigator.serviceWorker.controller && done(true)
    navigator.serviceWorker.addEventListener("controllerchange", look)
    navigator.serviceWorker.ready.then(look)
    setTimeout(() => failed(new Error("no worker answers for this page")), 60000)
})"""
MODULE = """async ([name, work, said]) => {
    const shell = await (await fetch("/vi/field/household")).text()
    const module = await import(shell.match(new RegExp(`/assets/[\\\\w/]*${name}\\\\.\\\\w+\\\\.js`))[0])
    return module[work](...said)
}"""


class Phone:
    """One phone. `page` is its open tab; everything it does goes over `network`."""

    def __init__(self, chromium: Browser, network: Network, **options: Any) -> None:
        settings = {"viewport": SIZE, "locale": "vi-VN", "timezone_id": "Asia/Ho_Chi_Minh"} | options
        self.context: BrowserContext = chromium.new_context(**settings)
        self.context.set_default_timeout(PATIENCE * 1000)
        self.network = network
        self.said: list[str] = []
        self.page = self.tab()

    def tab(self) -> Page:
        """Another tab; what goes wrong in it is noted in `said`. That there is no network is no fault."""
        page = self.context.new_page()
        page.on("pageerror", lambda error: self.said.append(str(error)))
        page.on(
            "console",
            lambda m: (
                self.said.append(m.text)
                if m.type == "error" and not m.text.startswith("Failed to load")
                else None
            ),
        )
        return page

    def sign_in(self, name: str = LAN, language: str = "vi") -> None:
        """Tap an invented person of the demo, and wait until the household list is on the phone."""
        self.page.goto(f"{self.network.origin}/{language}/sign-in")
        self.page.get_by_role("button", name=name).click()
        expect(self.page.locator("#main")).to_have_attribute("data-state", "ready")

    def wait_for_the_worker(self) -> None:
        """From here on no network is needed: the worker serves the screens, and the first pack has come whole."""
        self.page.evaluate(UNDER_THE_WORKER)
        until(self.page, lambda: not self.fact("download"), "the whole pack")

    def open(self, screen: str, behind: str = "", language: str = "vi") -> Page:
        """A field screen, drawn: `open("household", id)`."""
        address = f"{self.network.origin}/{language}/field/{screen}"
        is_the_same = self.page.url.partition("#")[0] == address
        self.page.goto(address + (f"#{behind}" if behind else ""))
        if is_the_same:
            self._reload()  # only what stands behind # has changed
        expect(self.page.locator("#main")).not_to_have_attribute("data-state", "loading")
        return self.page

    def _reload(self, most: int = 3) -> None:
        """Load the page anew; a screen that goes on to another address at this moment cuts that off, and it is tried
        again. The page is never left: without one the worker would change."""
        for is_last in [False] * (most - 1) + [True]:
            try:
                self.page.reload()
                return
            except Error as error:
                if is_last or not any(cut in str(error) for cut in ("ERR_ABORTED", "Not attached")):
                    raise
                self.page.wait_for_load_state()

    def rows(self, store: str, **wanted: Any) -> list[dict[str, Any]]:
        """What the phone keeps in a store, as far as it says this."""
        found = self.page.evaluate(ROWS, store)
        return [row for row in found if all(row.get(key) == value for key, value in wanted.items())]

    def fact(self, key: str) -> Any:
        """One fact that the phone keeps."""
        return self.page.evaluate(FACT, key)

    def module(self, name: str, work: str, *said: Any) -> Any:
        """Call what the app's own module offers: `module("records", "registerHousehold", {…})`."""
        return self.page.evaluate(MODULE, [name, work, list(said)])

    def register(self, label: str = "", hamlet: int = 0, **said: Any) -> dict[str, Any]:
        """A household registered on this phone, without its screen."""
        hamlets = sorted(self.rows("hamlets"), key=lambda row: row["position"])
        consent = {"consent": "given" if label else "not_asked"}
        body = {"hamlet_id": hamlets[hamlet]["id"], "label": label, "people_count": 4} | consent | said
        return self.module("records", "registerHousehold", body)

    def add_member(self, household_id: str, label: str = "bà nội", **prerequisites: Any) -> dict[str, Any]:
        """Somebody of that household, without the screen."""
        return self.module("records", "addMember", household_id, {"label": label} | prerequisites)

    def send(self) -> None:
        """Open the outbox, press the button, and wait until the server has everything."""
        page = self.open("outbox")
        page.get_by_role("button", name="Gửi ngay").click()
        expect(page.locator("[data-answer]")).to_contain_text("Máy chủ đã nhận đủ")

    def wait_for_row(self, store: str, **wanted: Any) -> dict[str, Any]:
        """Until the phone keeps a row that says this: what a tap leads to is written a moment later."""
        until = time.monotonic() + PATIENCE
        while not (found := self.rows(store, **wanted)):
            assert time.monotonic() < until, f"nothing in {store} says {wanted}"
            self.page.wait_for_timeout(50)
        return found[0]

    def wait_for_ballast(self) -> None:
        """Until two megabytes are kept in reserve. (The driver's own waiting takes a promise for an answer.)"""
        until = time.monotonic() + PATIENCE
        while not self.page.evaluate("async () => Boolean(await caches.match('/ballast'))"):
            assert time.monotonic() < until, "no ballast was ever kept"
            self.page.wait_for_timeout(50)

    def wait_until(self, state: str, ids: list[str]) -> None:
        """Until the outbox says this of each."""
        wanted = dict.fromkeys(ids, state)
        until = time.monotonic() + PATIENCE
        while (now := {id_: said for id_, said in self.outbox().items() if id_ in wanted}) != wanted:
            assert time.monotonic() < until, f"expected {wanted}, the phone says {now}"
            self.page.wait_for_timeout(50)

    def outbox(self) -> dict[str, str]:
        """Operation → its state."""
        return {row["id"]: row["state"] for row in self.rows("outbox")}


def until(page: Page, holds: Callable[[], Any], what: str = "it") -> None:
    """Wait until this is so, looking again and again; only a phone that stands still fails."""
    end = time.monotonic() + PATIENCE
    while not holds():
        assert time.monotonic() < end, f"waited in vain for {what}"
        page.wait_for_timeout(50)


def as_long_as(holds: Callable[[], Any], most: int = 60) -> Iterator[int]:
    """Once for each screen on which this is so; no guide has so many, so a screen that never changes fails."""
    for count in range(most):
        if not holds():
            return
        yield count
    raise AssertionError(f"the same {most} times")


@contextmanager
def offline(phone: Phone) -> Iterator[Page]:
    """No network inside; every attempt to send that began inside has failed before it is back."""
    phone.network.is_up = False
    yield phone.page
    phone.page.evaluate("navigator.locks.request('outbox', () => undefined)")
    phone.network.restore()


def start_g3(phone: Phone, household_id: str, member: str = "bà nội") -> Page:
    """From the household card to the questions that open guide 3."""
    page = phone.open("household", household_id)
    page.locator("[data-start]").click()
    start_guide(page, G3, member)
    expect(page.locator("main")).to_have_attribute("data-state", "prepare")
    return page


def to_the_list(phone: Phone) -> Page:
    """By a tap on the tab, from any screen that has tabs."""
    page = phone.page
    page.locator(".tabs a[href$='/field/households']").click()
    expect(page.locator("body")).to_have_attribute("data-screen", "households")
    expect(page.locator("main")).to_have_attribute("data-state", "list")
    return page


def to_a_new_house(phone: Phone) -> Page:
    """By taps, to the questions about a house that is not in the list."""
    page = to_the_list(phone)
    page.locator("a[href$='#new']").click()
    expect(page.locator("main")).to_have_attribute("data-state", "new")
    return page


def to_the_door(phone: Phone, household: dict[str, Any]) -> Page:
    """By taps and the search, to the card of a house."""
    page = to_the_list(phone)
    page.locator("#search").fill(household["label"] or household["code"])
    page.locator(f"[data-list=households] a[href$='#{household['id']}']").click()
    expect(page.locator("body")).to_have_attribute("data-screen", "household")
    expect(page.locator("main")).to_have_attribute("data-state", "ready")
    return page


def to_the_visit(phone: Phone, household: dict[str, Any]) -> Page:
    """By taps, to the first question of a visit."""
    page = to_the_door(phone, household)
    page.locator("[data-start]").click()
    expect(page.locator("body")).to_have_attribute("data-screen", "visit")
    expect(page.locator("main")).to_have_attribute("data-state", "ready")
    return page


def start_guide(page: Page, slug: str, member: str = "bà nội", consent: str = "Để sau") -> None:
    """From the first question of a visit to the guide: a tap for each question that is asked."""
    expect(page.locator("body")).to_have_attribute("data-screen", "visit")
    expect(page.locator("main")).to_have_attribute("data-state", "ready")
    if page.locator("[data-part=consent]").is_visible():
        page.get_by_role("radio", name=consent, exact=True).check()
        page.locator("[data-on=consent]").click()
        expect(page.locator("[data-part=consent]")).to_be_hidden()
    if page.locator("[data-part=who]").is_visible():
        who_learns(page, member)
    tile = page.locator(f"[name=guide][value={slug}]")
    if not tile.is_visible():
        page.locator("[data-other] summary").click()
    tile.click()
    page.locator("[data-part=needs], [data-screen=guide] main").first.wait_for()
    if page.locator("[data-part=needs]").is_visible():
        page.get_by_role("button", name="Bắt đầu hướng dẫn").click()
    expect(page.locator("body")).to_have_attribute("data-screen", "guide")


def who_learns(page: Page, member: str = "") -> None:
    """Tap who learns: this one, or the first who is known."""
    known = page.locator("[data-list=members] .choice").filter(has_text=member)
    (known.first if known.count() else page.locator(f"[data-relation='{member}']")).click()
    expect(page.locator("[data-part=what]")).to_be_visible()


def unfold(page: Page, part: str) -> None:
    """Open a summary line of the household card: services, papers, members."""
    fold = page.locator(f"[data-fold={part}]")
    if fold.get_attribute("open") is None:
        fold.locator("summary").first.click()


def answers_of(guide: Guide, way: Path) -> list[str]:
    """What is tapped to go this way, in the order of the questions."""
    return [
        option.label
        for situation in guide.situations
        for option in situation.options
        if way.answers.get(situation.key) == option.key
    ]


def answer_questions(page: Page, *labels: str) -> None:
    """Answer each question of a guide: by these labels, then by the first answer offered."""
    left = list(labels)
    while page.locator("[data-question]").is_visible():
        options = page.locator("[data-list=options] button")
        (options.filter(has_text=left.pop(0)) if left else options.first).click()
    page.locator("[data-begin]").click()
    expect(page.locator("main")).to_have_attribute("data-state", "step")


def mark_steps(page: Page, mark: str, most: int = 99) -> int:
    """Tap the same answer for each step; returns how many there were."""
    done = 0
    while done < most and page.locator("main[data-state=step]").count():
        number = page.locator("[data-when=step] progress").get_attribute("value")
        here = page.locator(f"main[data-state=step] progress[value='{number}']")
        until = time.monotonic() + PATIENCE
        while here.count():  # a tap right after the last one is a trembling thumb's
            assert time.monotonic() < until, f"step {number} does not end"
            page.locator(f"[data-mark={mark}]").click()
            with suppress(AssertionError):
                expect(here).to_have_count(0, timeout=450)
        done += 1
    return done


def save_run(page: Page) -> None:
    """Save from the summary; back on the household card."""
    page.get_by_role("button", name="Lưu", exact=True).click()
    expect(page.locator("body")).to_have_attribute("data-screen", "household")


def box(element: Locator) -> dict[str, float]:
    """Where an element stands on the screen."""
    return json.loads(json.dumps(element.bounding_box()))
