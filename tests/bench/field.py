"""The field app on a cheap phone: the first open of the visit screen, opening it again, saving, and searching 2,000 doors.

`python -m tests.bench.field` (about two minutes)
"""

from collections.abc import Callable

from playwright.sync_api import Browser, sync_playwright

from tests.bench.measured import MeasuredServer, median, percentile
from tests.bench.slow_phone import HEAD, SLOWER, slowed
from tests.browser.conftest import launch_options
from tests.browser.phones import OPEN, SIZE, Phone
from tests.browser.slow_network import Network

ROUNDS = 7
DOORS = 2000
OPENED = "main:not([data-state=loading])"
NOTE_WHEN_OPEN = """new MutationObserver(() => {
    const state = document.querySelector("main")?.dataset.state
    if (state && state !== "loading") globalThis.openAfter ??= performance.now()
}).observe(document, { subtree: true, childList: true, attributes: true, attributeFilter: ["data-state"] })"""
OPEN_AFTER = "openAfter"
"""Milliseconds from asking for a screen until it shows what it has to say."""
FILL = f"""async count => {{
    {OPEN}
    const [model] = await asked(db => db.transaction("households").objectStore("households").getAll())
    const again = await new Promise((done, failed) => {{
        const opening = indexedDB.open("tung-nha")
        opening.onsuccess = () => done(opening.result)
    }})
    const writing = again.transaction("households", "readwrite")
    const families = ["Nông", "Hoàng", "Vàng", "Lục", "Phàn", "Giàng", "Sùng", "Lý"]
    for (let i = 0; i < count; i++) {{
        const label = `${{families[i % 8]}} Văn Mẫu ${{i}}`
        const search = label.normalize("NFD").replace(/[\\u0300-\\u036f]/g, "").replaceAll("đ", "d").toLowerCase().replaceAll(" ", "")
        writing.objectStore("households").put({{ ...model, id: crypto.randomUUID(), label, code: `M-${{i}}`, search }})
    }}
    await new Promise(done => {{ writing.oncomplete = done }})
    again.close()
}}"""
SEARCH = """async text => {
    const input = document.querySelector("#search")
    const list = document.querySelector("[data-list=households]")
    const before = list.textContent
    const began = performance.now()
    input.value = text
    input.dispatchEvent(new Event("input", { bubbles: true }))
    while (list.textContent === before) await new Promise(frame => requestAnimationFrame(frame))
    await new Promise(frame => requestAnimationFrame(frame))
    return performance.now() - began
}"""
SAVE = """async () => {
    const note = document.querySelector("[data-saved]")
    note.hidden = true
    const began = performance.now()
    document.querySelector("[data-outcome=nobody_home]").click()
    while (note.hidden) await new Promise(frame => requestAnimationFrame(frame))
    return performance.now() - began
}"""


def first_open(browser: Browser, origin: str) -> tuple[float, int, int]:
    """A phone without a past opens the visit screen: milliseconds until it answers, requests, bytes."""
    context = browser.new_context(viewport=SIZE, service_workers="block")
    page = context.new_page()
    page.add_init_script(NOTE_WHEN_OPEN)
    _, carried = slowed(context, page)
    page.goto(f"{origin}/vi/field/visit")
    page.wait_for_selector(OPENED)
    until = page.evaluate(OPEN_AFTER)
    asked, weight = carried.requests, carried.bytes
    context.close()
    return until, asked, weight


def show(what: str, work: Callable[[], float]) -> None:
    """Print median and worst of some rounds."""
    times = [work() for _ in range(ROUNDS)]
    print(f"| {what} | {median(times):,.0f} ms | {percentile(times, 1):,.0f} ms |")


def main() -> None:
    """Print the figures."""
    with MeasuredServer() as measured, sync_playwright() as playwright:
        browser = playwright.chromium.launch(**launch_options())
        print(HEAD)
        looks = [first_open(browser, measured.server.origin) for _ in range(ROUNDS)]
        until, requests, weight = (median(values) for values in zip(*looks, strict=True))
        print(f"first open of the visit screen: {until / 1000:.1f} s, {requests} requests, {weight:,} B")

        network = Network(measured.port)
        phone = Phone(browser, network)
        phone.sign_in()
        phone.wait_for_the_worker()
        household = next(row["id"] for row in phone.rows("households"))
        phone.page.evaluate("navigator.locks.request('outbox', () => undefined)")
        network.is_up = False
        session = phone.context.new_cdp_session(phone.page)
        session.send("Emulation.setCPUThrottlingRate", {"rate": SLOWER})
        print(
            f"without a network, {SLOWER} × slower, {ROUNDS} rounds:\n| what | median | worst |\n| --- | --- | --- |"
        )

        phone.page.add_init_script(NOTE_WHEN_OPEN)

        def open_again(screen: str) -> float:
            phone.page.goto("about:blank")
            phone.page.goto(f"{network.origin}/vi/field/{screen}")
            phone.page.wait_for_selector(OPENED)
            return phone.page.evaluate(OPEN_AFTER)

        def save() -> float:
            phone.open("household", household)
            return phone.page.evaluate(SAVE)

        show("the visit screen again, 0 bytes", lambda: open_again(f"visit#{household}"))
        show("a tap until “saved on this phone”", save)
        phone.page.evaluate(FILL, DOORS)

        show(f"the list of {DOORS:,} doors", lambda: open_again("households"))
        texts = iter([f"mau {number}" for number in range(1900, 2000, 7)])
        show(f"a search among {DOORS:,} doors", lambda: phone.page.evaluate(SEARCH, next(texts)))
        phone.context.close()
        network.close()
        browser.close()


if __name__ == "__main__":
    main()
