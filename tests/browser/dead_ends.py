"""What a finger or an eye finds broken on any screen: a link that leads nowhere, glued words, a control that is out of
reach or does nothing. Each question is asked of the page as it stands; `test_every_control.py` brings it there."""

from playwright.sync_api import Dialog, Error, Page

DEAD_LINKS = """() => {
    const isSeen = e => e.checkVisibility({ visibilityProperty: true, opacityProperty: true })
    const said = e => e.outerHTML.replace(/\\s+/g, " ").slice(0, 120)
    const without = url => url.split("#")[0]
    const faults = []
    for (const link of [...document.querySelectorAll("a")].filter(isSeen)) {
        const to = link.getAttribute("href")
        if (!to) { faults.push(`a link without an address: ${said(link)}`); continue }
        if ((to === "#" && !location.hash) || /^javascript:/i.test(to)) { faults.push(`a link to nothing: ${said(link)}`); continue }
        const url = new URL(to, location)
        if (without(url.href) !== without(location.href)) continue
        const isPhone = Boolean(document.body.dataset.screen)
        if (!url.hash && !location.hash && !link.hasAttribute("aria-current")) faults.push(`a link to where one is: ${said(link)}`)
        if (url.hash && !isPhone && !document.getElementById(decodeURIComponent(url.hash.slice(1)))) faults.push(`a link to a place that is not there: ${said(link)}`)
    }
    for (const fold of [...document.querySelectorAll("details")].filter(isSeen)) {
        const rest = [...fold.childNodes].filter(node => node.nodeName !== "SUMMARY")
        if (!rest.some(node => node.textContent.trim() || node.querySelector?.("img, input, svg, button"))) faults.push(`a fold with nothing in it: ${said(fold)}`)
    }
    return faults
}"""
"""Links without an address, to nothing, to where one is; folds without a content."""

GLUED = """() => {
    const isSeen = e => e.checkVisibility({ visibilityProperty: true, opacityProperty: true })
    const texts = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT)
    const faults = []
    let before = null
    for (let node; (node = texts.nextNode());) {
        const text = node.data.trim(), parent = node.parentElement
        if (!text || !isSeen(parent) || parent.closest("svg, select, textarea, .seen_by_readers, .skip")) continue
        const range = document.createRange(), start = node.data.indexOf(text)
        range.setStart(node, start)
        range.setEnd(node, start + text.length)
        const boxes = [...range.getClientRects()].filter(box => box.width > 0)
        if (!boxes.length) continue
        const last = before?.boxes.at(-1), first = boxes[0], least = parseFloat(getComputedStyle(parent).fontSize) / 8
        const isBeside = last && first.top < last.bottom - 4 && last.top < first.bottom - 4 && Math.abs(first.left - last.right) < least
        if (isBeside && /[\\p{L}\\p{N}.!?:;,)]$/u.test(before.text) && /^[\\p{L}\\p{N}(]/u.test(text))
            faults.push(`glued: “${before.text.slice(-30)}” and “${text.slice(0, 30)}”`)
        before = { text, boxes }
    }
    return faults
}"""
"""Two texts beside each other with nothing between them."""

OUT_OF_REACH = """() => {
    const faults = [], was = [scrollX, scrollY]
    const modal = document.querySelector("dialog:modal")
    const said = e => e.outerHTML.replace(/\\s+/g, " ").slice(0, 110)
    const boxOf = e => [...e.getClientRects()].find(box => box.width > 1 && box.height > 1)
    for (const control of (modal ?? document).querySelectorAll("a[href], button, summary, input, select, textarea")) {
        if (!control.checkVisibility({ visibilityProperty: true }) || control.type === "hidden" || control.disabled) continue
        if (control.closest(".skip, svg, [inert], [aria-hidden=true]")) continue
        const label = control.closest("label") ?? control.labels?.[0]
        const isShown = control.checkVisibility({ opacityProperty: true }) && boxOf(control)
        const part = isShown ? control : label
        if (!part) continue
        part.scrollIntoView({ block: "center", inline: "nearest", behavior: "instant" })
        const box = boxOf(part)
        if (!box) continue
        const [x, y] = [box.left + box.width / 2, box.top + box.height / 2]
        const hit = document.elementFromPoint(x, y)
        if (!hit) faults.push(`outside of what is seen, at ${Math.round(x)}, ${Math.round(y)}: ${said(control)}`)
        else if (!control.contains(hit) && !part.contains(hit) && !label?.contains(hit))
            faults.push(`under ${said(hit).slice(0, 60)}: ${said(control)}`)
    }
    scrollTo({ left: was[0], top: was[1], behavior: "instant" })
    return faults
}"""
"""Controls that no finger reaches, wherever one scrolls."""

CONTROLS = """() => {
    const words = e => (e.getAttribute("aria-label") || e.innerText || "").replace(/[\\d\\s]+/g, " ").trim().slice(0, 60)
    const own = e => [...e.attributes].filter(a => a.name.startsWith("data-") || a.name === "name").map(a => a.name).join()
    const one = e => e.closest("[data-list]")?.dataset.list ?? words(e)
    const room = document.querySelector("dialog:modal") ?? document
    const found = [...room.querySelectorAll("button, [role=button], input[type=button], input[type=image]")]
        .filter(e => e.checkVisibility({ visibilityProperty: true }) && !e.disabled && !e.closest("[inert]"))
        .filter(e => !(e.form?.method === "post" && e.form.getAttribute("action") && e.type === "submit"))
    const where = e => e.closest("header") ? "header: " : ""
    globalThis.controls = new Map(found.map(e => [`${where(e)}${e.tagName} ${own(e)} ${one(e)}`, e]).reverse())
    return [...globalThis.controls.keys()].reverse()
}"""
"""Each kind of control on this screen once; those of the header are the same everywhere. A fold opens by itself; what
sends a form to the server has its route."""

UNFOLD = "document.querySelectorAll('details:not([open])').forEach(fold => { fold.open = true })"

QUIET = """async () => {
    let last = performance.now()
    const until = last + 3000
    const seen = new MutationObserver(() => { last = performance.now() })
    seen.observe(document.documentElement, { subtree: true, childList: true, characterData: true, attributes: true })
    while (performance.now() < until && performance.now() - last < 120) await new Promise(done => setTimeout(done, 30))
    seen.disconnect()
}"""
"""Wait until nothing moves on the page, so that what moves next comes from the tap."""

TAP = """key => {
    globalThis.watched?.disconnect()
    globalThis.happened = []
    globalThis.looked = document.documentElement.outerHTML
    const note = what => globalThis.happened.push(what)
    for (const [thing, name] of [[globalThis, "print"], [globalThis.speechSynthesis ?? {}, "speak"], [HTMLMediaElement.prototype, "play"], [navigator, "share"], [navigator, "vibrate"], [navigator.credentials ?? {}, "get"], [navigator.credentials ?? {}, "create"]])
        if (thing[name]) thing[name] = () => { note(name); return Promise.resolve() }
    const control = globalThis.controls.get(key)
    globalThis.watched = new MutationObserver(all => all.forEach(m => {
        if (m.type !== "attributes" || m.target.getAttribute(m.attributeName) !== m.oldValue) note(m.type)
    }))
    globalThis.watched.observe(document.documentElement, { subtree: true, childList: true, characterData: true, attributes: true, attributeOldValue: true })
    addEventListener("focusin", event => { if (!control.contains(event.target)) note("focus") }, { capture: true })
    for (const event of ["invalid", "hashchange"]) addEventListener(event, () => note(event), { capture: true, once: true })
    addEventListener("toggle", event => note("toggle"), { capture: true, once: true })
    control.click()
}"""
"""Tap it, and note whatever it changes or says."""

HAPPENED = """() => (globalThis.happened?.some(what => !["childList", "characterData"].includes(what))
        ?? true)
    || globalThis.happened.length > 0 && document.documentElement.outerHTML !== globalThis.looked"""
"""Did it? A screen that draws itself anew meanwhile, the same as before, did nothing."""


def dead_ends(page: Page) -> list[str]:
    """Links to nowhere, glued texts, and what no finger reaches, as the screen stands."""
    return [fault for asked in (DEAD_LINKS, GLUED, OUT_OF_REACH) for fault in page.evaluate(asked)]


def controls(page: Page) -> list[str]:
    """The kinds of control on this screen."""
    return page.evaluate(CONTROLS)


def does_nothing(page: Page, key: str, patience: float = 2) -> bool:
    """Tap one of `controls`: does it change neither address, state nor dialog, and say nothing?

    patience: seconds of two taps together."""
    came: list[object] = []

    def noted(what: object) -> None:
        came.append(what)

    def asked(dialog: Dialog) -> None:
        came.append(dialog.message)
        dialog.dismiss()

    ways = dict.fromkeys(("download", "filechooser", "popup", "framenavigated"), noted) | {"dialog": asked}
    for event, listener in ways.items():
        page.on(event, listener)  # type: ignore[call-overload]
    try:
        page.evaluate(QUIET)
        if key not in controls(page):
            return False  # the screen was drawn anew, without it
        for _ in range(
            2
        ):  # a tap right after another is a trembling thumb's; the second comes a moment later
            page.evaluate(TAP, key)
            for _ in range(round(patience * 25)):
                if came or page.evaluate(HAPPENED):
                    return False
                page.wait_for_timeout(20)
    except Error:
        return False  # the page was left
    finally:
        for event, listener in ways.items():
            page.remove_listener(event, listener)
    return True
