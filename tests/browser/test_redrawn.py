"""A map that puts in its figures anew throws nobody out: what has the focus keeps it, the page stays where one reads, folds stay
open, and words that were typed stay typed."""

from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import Page

from tests.browser.conftest import Server, sign_in
from tests.browser.dead_ends import QUIET, UNFOLD
from tests.browser.test_looks import COMMUNE, READERS

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
