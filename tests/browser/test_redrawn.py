"""A screen that redraws itself throws nobody out: what has the focus keeps it, the page stays where one reads, folds stay
open, and words that were typed stay typed."""

from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import Server, sign_in
from tests.browser.dead_ends import QUIET, UNFOLD
from tests.browser.phones import MODULE, Phone
from tests.browser.test_every_control import NO_LINK, OF_A_HOUSEHOLD, of_a_met_household
from tests.browser.test_looks import COMMUNE, READERS
from volunteer_app.field_screens import SCREENS

TYPE = """() => {
    for (const field of document.querySelectorAll("textarea, input:not([type]), input[type=text], input[type=search], input[type=date]")) {
        if (!field.checkVisibility()) continue
        field.value = field.type === "date" ? "2026-12-24" : field.type === "search" ? "a" : "đang viết"
        field.dispatchEvent(new Event("input", { bubbles: true }))
    }
    document.activeElement.blur()
}"""
"""Words in every field of the screen; then the field is left."""

PLACES = """() => {
    const seen = new Map(), isSeen = e => e.checkVisibility({ visibilityProperty: true }) && !e.disabled
    const all = [...document.querySelectorAll("main a[href], main button, main summary, main input, main select, main textarea")]
    all.filter(isSeen).forEach((e, i) => {
        const room = `${e.closest("[data-list]")?.dataset.list ?? e.closest("form")?.outerHTML.slice(0, 60) ?? ""} ${e.tagName}`
        seen.set(room, [...(seen.get(room) ?? []), i])
    })
    globalThis.reached = all.filter(isSeen)
    return [...seen.values()].map(these => these[these.length >> 1])
}"""
"""The middle one of the links, buttons, folds and fields of each list, each form, and outside of them."""

STAND = """at => {
    const name = e => [e.tagName, e.id, e.getAttribute("name"), e.getAttribute("href") ?? e.value ?? "", ...e.getAttributeNames().filter(n => n.startsWith("data-"))].join(" ")
    globalThis.nameOf = name
    const chosen = globalThis.reached[at]
    chosen.scrollIntoView({ block: "center", behavior: "instant" })
    chosen.focus({ preventScroll: true })
    const head = document.elementFromPoint(innerWidth / 2, Math.max(0, document.querySelector("header")?.getBoundingClientRect().bottom ?? 0) + 2)
    globalThis.stood = {
        focus: name(document.activeElement), top: chosen.getBoundingClientRect().top,
        head, headTop: head?.getBoundingClientRect().top, isScrolled: scrollY > 0,
        words: [...document.querySelectorAll("textarea, input:not([type=radio], [type=checkbox], [type=hidden])")].filter(e => e.value && e.checkVisibility()).map(e => [name(e), e.value]),
        open: document.querySelectorAll("details[open]").length,
    }
    return globalThis.stood.focus
}"""
"""Stand there, and remember everything."""

LOST = """() => {
    const was = globalThis.stood, name = globalThis.nameOf, faults = []
    const now = name(document.activeElement)
    if (now !== was.focus) faults.push(`the focus went from ${was.focus} to ${now}`)
    else if (was.isScrolled && Math.abs(document.activeElement.getBoundingClientRect().top - was.top) > 2
        && !(was.head?.isConnected && Math.abs(was.head.getBoundingClientRect().top - was.headTop) <= 2))
        faults.push(`${was.focus} moved by ${Math.round(document.activeElement.getBoundingClientRect().top - was.top)} pixels`)
    const words = [...document.querySelectorAll("textarea, input")].map(e => [name(e), e.value].join())
    for (const [field, value] of was.words) if (!words.includes([field, value].join())) faults.push(`“${value}” is gone from ${field}`)
    if (document.querySelectorAll("details[open]").length < was.open) faults.push("a fold was closed")
    return faults
}"""
"""What is not as it was. Where rows come in above, either the first line that is seen stays or what one stands on."""


def faults_after(page: Page, redraw: Callable[[], Any]) -> list[str]:
    """Stand in each kind of place in turn; what does a redraw take away?"""
    faults = []
    page.evaluate(UNFOLD)
    page.evaluate(TYPE)
    page.evaluate(QUIET)
    for at in range(len(page.evaluate(PLACES))):
        places = page.evaluate(PLACES)
        if at >= len(places):
            break
        page.evaluate(STAND, places[at])
        redraw()
        page.evaluate(QUIET)
        faults += page.evaluate(LOST)
    return faults


def test_no_screen_of_the_phone_throws_anybody_out_when_it_is_drawn_anew(new_lan: Phone):
    """Another tab of the same phone registers, adds and records; every list changes, at its beginning too, and so
    does the household on whose row one stands."""
    phone, page = new_lan, new_lan.page
    met = of_a_met_household(phone)
    another = next(row["id"] for row in phone.rows("households") if row["is_met"] and row["id"] != met)
    other = phone.tab()
    other.goto(page.url)
    expect(other.locator("#main")).not_to_have_attribute("data-state", "loading")
    hamlet = min(phone.rows("hamlets"), key=lambda row: row["position"])["id"]
    phone.network.is_up = False

    def redraw() -> None:
        here = page.evaluate("document.activeElement.closest('a[href*=\"household#\"]')?.hash.slice(1) ?? ''")
        new = {"hamlet_id": hamlet, "label": "An Thử", "people_count": 2, "consent": "given"}
        for work, *said in (
            ("registerHousehold", new),
            ("addMember", met, {"label": "bà cô"}),
            ("recordVisit", {"household_id": here or another, "outcome": "nobody_home"}),
        ):
            other.evaluate(MODULE, ["records", work, said])

    found = {}
    for screen in sorted(set(SCREENS) - set(NO_LINK)):
        phone.open(screen, met if screen in OF_A_HOUSEHOLD else "")
        found[screen] = faults_after(page, redraw)
    phone.open("households", "new")
    found["households#new"] = faults_after(page, redraw)
    phone.network.restore()

    assert {screen: faults for screen, faults in found.items() if faults} == {}


@pytest.mark.parametrize("query", ["", "?measure=alone", "?measure=blockers", "?span=dates"])
def test_a_map_that_asks_for_news_throws_nobody_out(page: Page, busy_server: Server, query):
    """It asks every ten seconds; here every answer brings the whole map anew."""
    sign_in(page, busy_server.origin, READERS["leader"])
    page.clock.install()
    page.goto(f"{busy_server.origin}/vi{COMMUNE}{query}")
    page.route(
        "**/*unless=*", lambda route: route.continue_(url=route.request.url.replace("unless=", "not="))
    )

    def redraw() -> None:
        with page.expect_response("**/*not=*"):
            page.clock.run_for(10_100)

    assert faults_after(page, redraw) == []
