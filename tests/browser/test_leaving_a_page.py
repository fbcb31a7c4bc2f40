"""A page is left when its writes have ended, lets go of the phone's store when it is hidden, and goes on when it is back."""

from playwright.sync_api import expect

from tests.browser.phones import FACT, MODULE, Phone

SLOW_WRITE = """async ([key, gets]) => {
    const shell = await (await fetch("/vi/field/household")).text()
    const { answer, transaction } = await import(shell.match(/\\/assets\\/[\\w/]*store\\.\\w+\\.js/)[0])
    globalThis.tries = 0
    globalThis.kept = "no"
    transaction(["facts"], "readwrite", async s => {
        globalThis.tries += 1
        for (let i = 0; i < (gets(globalThis.tries)); i++) await answer(s.facts.get("language"))
        s.facts.put("all of it", key)
    }).then(() => { globalThis.kept = "yes" }, error => { globalThis.kept = String(error) })
    while (!globalThis.tries) await new Promise(done => setTimeout(done, 5))
}"""
"""Begin a write that asks the store so many times before it has all that it wants."""


def slow_write(page, key: str, gets: str) -> None:
    page.evaluate(SLOW_WRITE.replace("gets(globalThis.tries)", gets), [key, None])


def test_c1_a_link_tapped_while_the_phone_writes_waits_for_the_write(lan: Phone):
    page = lan.open("today")
    slow_write(page, "slow by link", "400")

    page.locator("nav a[href$='/field/me']").click()

    expect(page.locator("body")).to_have_attribute("data-screen", "me")
    assert page.evaluate(FACT, "slow by link") == "all of it"


def test_c1_a_hidden_page_holds_nothing_and_goes_on_when_it_is_back(lan: Phone):
    page, other = lan.open("today"), lan.tab()
    slow_write(page, "held", "globalThis.tries === 1 ? 1e9 : 1")  # for ever, the first time
    page.evaluate("dispatchEvent(new PageTransitionEvent('pagehide', { persisted: true }))")

    other.goto(f"{lan.network.origin}/vi/field/me")
    expect(other.locator("main")).to_have_attribute("data-state", "ready")
    other.evaluate(MODULE, ["store", "keepFact", ["beside", "kept"]])
    assert page.evaluate("[kept, tries]") == ["no", 1], "it waits for the page to be shown"

    page.evaluate("dispatchEvent(new PageTransitionEvent('pageshow', { persisted: true }))")
    page.evaluate("(async () => { while (kept === 'no') await new Promise(done => setTimeout(done, 20)) })()")
    assert page.evaluate("[kept, tries]") == ["yes", 2]
    assert page.evaluate(FACT, "held") == "all of it"
    other.close()


OPEN_WHEN_HIDDEN = """async () => {
    const shell = await (await fetch("/vi/field/household")).text()
    const { fact, keepFact } = await import(shell.match(/\\/assets\\/[\\w/]*store\\.\\w+\\.js/)[0])
    const begun = [], left = [], lost = []
    const own = IDBDatabase.prototype.transaction
    IDBDatabase.prototype.transaction = function (...said) { const made = own.apply(this, said); begun.push(made); return made }
    for (let wait = 0; wait < 40; wait++) {
        const write = keepFact("asked", `${wait} ${"x".repeat(200_000)}`)
        if (wait < 15) for (let i = 0; i < wait; i++) await undefined
        else await new Promise(done => setTimeout(done, wait - 15))
        dispatchEvent(new PageTransitionEvent("pagehide", { persisted: true }))
        for (const one of begun) try { one.abort(); left.push(`${wait}: ${one.mode}`) } catch { } // over, or being kept
        const asked = wait > 10 // it has said all that it wants by then
        if (asked && !(await Promise.race([write.then(() => true), new Promise(done => setTimeout(done, 2000))]))) lost.push(`${wait} hidden`)
        dispatchEvent(new PageTransitionEvent("pageshow", { persisted: true }))
        await write
        if (!(await fact("asked")).startsWith(`${wait} `)) lost.push(wait)
    }
    IDBDatabase.prototype.transaction = own
    return { left, lost, some: begun.length > 40 }
}"""


def test_c1_whenever_a_page_is_hidden_no_transaction_of_it_stays_open_and_nothing_is_lost(lan: Phone):
    assert lan.open("today").evaluate(OPEN_WHEN_HIDDEN) == {"left": [], "lost": [], "some": True}
