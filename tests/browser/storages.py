"""Everything that a browser keeps of our origin, as one text: a test can search it for what must not be there."""

import json

from playwright.sync_api import Page

EVERYTHING = """async () => {
    const said = { local: { ...localStorage }, session: { ...sessionStorage }, cookies: document.cookie, caches: {}, databases: {} }
    for (const name of await caches.keys()) {
        const cache = await caches.open(name)
        for (const request of await cache.keys()) {
            const address = name + request.url
            said.caches[address] = /text|json|javascript/.test((await cache.match(request)).headers.get("content-type") ?? "")
                ? await (await cache.match(request)).text() : ""
        }
    }
    for (const { name } of await indexedDB.databases()) {
        const db = await new Promise((done, failed) => {
            const asked = indexedDB.open(name)
            asked.onsuccess = () => done(asked.result)
            asked.onerror = () => failed(asked.error)
        })
        for (const store of db.objectStoreNames) {
            const all = db.transaction(store).objectStore(store)
            const [rows, keys] = await Promise.all(["getAll", "getAllKeys"].map(how => new Promise((done, failed) => {
                const asked = all[how]()
                asked.onsuccess = () => done(asked.result)
                asked.onerror = () => failed(asked.error)
            })))
            said.databases[name + "." + store] = rows.map((row, i) => [keys[i], row])
        }
        db.close()
    }
    return JSON.stringify(said)
}"""


def everything_kept(page: Page) -> str:
    """All storages of the page's origin; cookies for the server too (CDP)."""
    cdp = page.context.new_cdp_session(page)
    cookies = cdp.send("Network.getAllCookies")["cookies"]
    return page.evaluate(EVERYTHING) + json.dumps(cookies, ensure_ascii=False)
