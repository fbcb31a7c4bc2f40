"""Every screen of every role, reached by its links: each link leads on, each control does something and is in reach."""

import re
from collections import deque
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

import pytest
from playwright.sync_api import BrowserContext, Error, Page, expect

from tests.authorisation.rows import ROWS
from tests.browser.conftest import Server, sign_in
from tests.browser.dead_ends import UNFOLD, controls, dead_ends, does_nothing
from tests.browser.phones import SIZE, Phone, answer_questions, mark_steps, start_g3
from tests.browser.test_looks import EXAMPLES, MORE, NO_PAGE, READERS
from volunteer_app.field_screens import SCREENS

DESK = {"width": 1280, "height": 800}
LINKS = """() => [...new Set([...document.querySelectorAll("a[href]")]
    .map(a => new URL(a.getAttribute("href"), location)).filter(to => to.origin === location.origin)
    .map(to => to.pathname + to.search))]"""
FORMS = """() => [...document.querySelectorAll("form")].map(form =>
    [form.method, form.getAttribute("action"), form.hasAttribute("hx-post") || form.hasAttribute("hx-get")])"""


def pattern_of(path: str) -> re.Pattern[str]:
    """`/team/{id}` → what its addresses look like, in any language."""
    return re.compile(r"(/(vi|en))?" + re.sub(r"\\\{\w+\\\}", "[^/?#]+", re.escape(path)) + "/?$")


ROUTES = [(route.partition(" ")[0], pattern_of(route.partition(" ")[2]), route) for route in ROWS]


def route_of(method: str, address: str) -> str | None:
    """The row of `tests/authorisation` that this address belongs to; the one with the fewest places in it."""
    path = address.partition("?")[0]
    found = [route for of, pattern, route in ROUTES if of == method and pattern.match(path)]
    return min(found, key=lambda route: route.count("{"), default=None)


# ---- pages made by the server

NOT_LINKED = {
    ("everybody", "GET /tu-phuc-vu"): "where the computer at the centre's door begins",
    ("everybody", "GET /tu-phuc-vu/{slug}"): "a guide on that computer",
    ("everybody", "GET /huy-hieu/{code}"): "a badge that is scanned",
    ("everybody", "GET /the/{code}"): "a card that is scanned",
    ("everybody", "GET /yeu-cau-tham/da-nhan"): "after a form was sent",
    ("leader", "GET /voices/{tag}/texts/{key}"): "one text of the bench, which it fetches anew",
    ("editor", "GET /voices/{tag}/texts/{key}"): "one text of the bench, which it fetches anew",
}
"""Pages that no link leads to, and why."""
STARTS = {"everybody": "/vi/", "volunteer": "/vi/account"}
"""Where a walk begins, if not on the page after signing in; the phone's *Me* leads to a volunteer's."""


@dataclass
class Walk:
    """What one reader has met by going from link to link."""

    reached: set[str] = field(default_factory=set)
    tapped: set[tuple[str, str]] = field(default_factory=set)
    faults: list[str] = field(default_factory=list)


def walk(page: Page, origin: str, start: str, more: tuple[str, ...], reader: str) -> Walk:
    """One page of each route that links lead to, from the page after signing in, and other states of such pages."""
    done, waiting = Walk(), deque([start])
    while waiting:
        address = waiting.popleft()
        route = route_of("GET", address)
        if route is None:
            done.faults.append(f"{address}: nobody answers there")
        elif route not in done.reached:
            done.reached.add(route)
            waiting.extend(to for to in visit(page, origin, address, done) if is_ours(to, reader))
    alone = [route.removeprefix("GET ") for one, route in NOT_LINKED if one == reader]
    for address in (*more, *(EXAMPLES.get(path, path) for path in alone)):
        visit(page, origin, f"/vi{address}", done)
    return done


def visit(page: Page, origin: str, address: str, done: Walk) -> list[str]:
    """Look at this page and tap its controls; where its links lead."""
    if NO_PAGE.match(address.removeprefix("/vi").removeprefix("/en")):
        if (status := page.context.request.get(origin + address).status) >= 400:
            done.faults.append(f"{address}: answers {status}")
        return []
    answer = page.goto(origin + address)
    if answer and answer.status >= 400 and address.rpartition("/")[2].lower() not in ("nothing", "never"):
        done.faults.append(f"{address}: answers {answer.status}")
    done.reached.add(route_of("GET", page.url.removeprefix(origin)) or "")
    look_at(page, address, done)
    links = page.evaluate(LINKS)
    tapped = tap_each(page, lambda: page.goto(origin + address), address, done)
    return links + [url.removeprefix(origin).partition("#")[0] for url in tapped]


def is_ours(address: str, reader: str) -> bool:
    """Does this walk follow it? What everybody may read is walked once, signed out; the phone's screens below."""
    route = route_of("GET", address)
    return route is None or reader == "everybody" or ROWS[route].roles != "public"


def look_at(page: Page, name: str, done: Walk) -> None:
    """With all folds open, at a desk and on a phone."""
    page.evaluate(UNFOLD)
    expect(page.locator("main[data-calm]")).to_have_count(
        0
    )  # after a tap no second one is taken for a moment
    for size in (DESK, SIZE):
        page.set_viewport_size(size)
        done.faults += [f"{name} at {size['width']}: {fault}" for fault in dead_ends(page)]
    for method, action, is_htmx in page.evaluate(FORMS):
        if method == "post" and action and not is_htmx and route_of("POST", action) is None:
            done.faults.append(f"{name}: a form that is sent to {action}, where nobody answers")


def tap_each(page: Page, again: Callable[[], object], name: str, done: Walk, last: str = "") -> set[str]:
    """Tap each kind of control that was not tapped before; the page is opened again as long as it has some. Where the taps
    led to.

    last: a mark of what is left for later."""

    def left() -> list[str]:
        try:
            page.evaluate(UNFOLD)
            found = controls(page)
        except Error:  # the tap led away from the page
            page.wait_for_load_state()
            return left()
        return [key for key in found if one(key) not in done.tapped and not (last and last in key)]

    def one(key: str) -> tuple[str, str]:
        """The same words on another screen are another control; the header's are the same everywhere."""
        return ("" if key.startswith("header:") else name, key)

    keys, led = left(), set()
    while keys:
        where = page.url
        while keys and page.url == where:
            done.tapped.add(one(keys[0]))
            if does_nothing(page, keys[0]):
                done.faults.append(f"{name}: does nothing: {keys[0]}")
            page.wait_for_load_state()
            keys = left()
        led.add(page.url)
        try:
            again()
        except Error:  # the tap led away only now
            page.wait_for_load_state()
            again()
        keys = left()
    return led


@pytest.fixture
def desk(chromium) -> Iterator[BrowserContext]:
    """A computer; the menu is open on it."""
    context = chromium.new_context(viewport=DESK, locale="vi-VN", timezone_id="Asia/Ho_Chi_Minh")
    yield context
    context.close()


@pytest.mark.parametrize("reader", ["everybody", *READERS])
def test_every_page_that_links_lead_to_has_no_dead_end(desk, busy_server: Server, reader):
    page = desk.new_page()
    if reader != "everybody":
        sign_in(page, busy_server.origin, READERS[reader])
    start = STARTS.get(reader) or page.url.removeprefix(busy_server.origin)

    done = walk(page, busy_server.origin, start, MORE.get(reader, ()), reader)

    read = {
        route
        for route, row in ROWS.items()
        if route.startswith("GET ")
        and not NO_PAGE.match(route.partition(" ")[2])
        and (row.roles == "public" if reader == "everybody" else reader in row.roles.split())
    }
    never = {route for route in read - done.reached if (reader, route) not in NOT_LINKED}
    assert not done.faults, "\n".join(done.faults)
    assert never == set(), "no link leads there"


# ---- the phone's screens

FIELD = re.compile(r"/vi/field/(\w+)")
OF_A_HOUSEHOLD = ("household", "visit", "dossiers")
NO_LINK = {"lock": "a phone that is locked shows it by itself"}
"""Screens that no link leads to, and why."""
LAST = "data-sign-out"
"""Afterwards nobody is there any more."""


def of_a_met_household(phone: Phone) -> str:
    """One that shows everything that can stand on a card."""
    members = {row["household_id"] for row in phone.rows("members")}
    return next(row["id"] for row in phone.rows("households") if row["is_met"] and row["id"] in members)


def test_every_screen_of_the_phone_is_reached_by_taps_and_has_no_dead_end(new_lan: Phone):
    phone, page, done = new_lan, new_lan.page, Walk()
    met = of_a_met_household(phone)
    waiting, known = deque(["today"]), {"today"}
    while waiting:
        screen = waiting.popleft()
        behind = met if screen in OF_A_HOUSEHOLD else ""

        def again(screen: str = screen, behind: str = behind) -> None:
            phone.open(screen, behind)

        again()
        look_at(page, screen, done)
        for to in page.evaluate(LINKS):
            found = FIELD.match(to)
            if not found and route_of("GET", to) is None:
                done.faults.append(f"{screen}: {to}: nobody answers there")
            done.reached.add(route_of("GET", to) or to)
            if found and (name := found[1]) not in known:
                again()
                page.evaluate(UNFOLD)
                way = f"a[href*='/vi/field/{name}']"
                if not page.locator(f"{way}:not([data-when][hidden] *, dialog:not([open]) *)").count():
                    continue  # of another state of this screen; some screen must show one
                page.locator(f"{way}:visible").first.click()
                page.wait_for_function("name => document.body.dataset.screen === name", arg=name)
                known.add(name)
                waiting.append(name)
        again()
        tap_each(page, again, screen, done, LAST)
    phone.open("households", "new")
    look_at(page, "households#new", done)
    tap_each(page, lambda: phone.open("households", "new"), "households#new", done, LAST)
    phone.open("me")
    tap_each(page, lambda: None, "me", done)

    assert not done.faults, "\n".join(done.faults)
    assert known == set(SCREENS) - set(NO_LINK) and "GET /account" in done.reached
    assert len(done.tapped) > 20 and any(LAST in key for _, key in done.tapped)


def test_every_part_of_a_guide_has_no_dead_end(new_lan: Phone):
    phone, page, done = new_lan, new_lan.page, Walk()

    def begin() -> None:
        """In another house each time, for a guide that was begun goes on where it was."""
        household = phone.register("Nông Văn Từng Bước")
        phone.add_member(household["id"])
        start_g3(phone, household["id"])

    def step() -> None:
        begin()
        answer_questions(page)

    def stuck() -> None:
        step()
        page.locator("[data-mark=stuck]").click()
        page.locator("[data-list=blockers] input").first.check(force=True)

    def summary() -> None:
        stuck()
        page.get_by_role("button", name="Dừng ở đây, hẹn quay lại").click()

    def teach_back() -> None:
        step()
        mark_steps(page, "help")

    for reach in (begin, step, stuck, summary, teach_back):
        reach()
        look_at(page, reach.__name__, done)
        tap_each(page, reach, "guide", done)

    assert not done.faults, "\n".join(done.faults)
    assert len(done.tapped) > 12
