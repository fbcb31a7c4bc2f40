"""A phone without room: what can be fetched again goes first, entries last, and nothing is called saved that is not."""

from playwright.sync_api import Page, expect

from tests.browser.phones import Phone, offline, until
from tests.browser.slow_network import Network, Said
from tests.browser.test_worker_updates import (
    NEW,
    look_for_update,
    next_release,  # noqa: F401 - a fixture
    release,
    wait_for_workers,
)

FILL = """async () => {
    const opened = await new Promise(done => {
        const opening = indexedDB.open("photos")
        opening.onupgradeneeded = () => opening.result.createObjectStore("photos", { autoIncrement: true })
        opening.onsuccess = () => done(opening.result)
    })
    const put = bytes => new Promise(done => {
        const inside = opened.transaction("photos", "readwrite")
        inside.objectStore("photos").put(crypto.getRandomValues(new Uint8Array(bytes)))
        inside.oncomplete = () => done("kept")
        inside.onabort = () => done(inside.error?.name)
    })
    const said = []
    for (const bytes of [60_000, 1_000, 10]) while (said.push(await put(bytes)) && said.at(-1) === "kept");
    opened.close()
    return said.at(-1)
}"""
CLEAR = """() => new Promise((done, failed) => {
    const asked = indexedDB.deleteDatabase("photos")
    asked.onsuccess = () => done()
    asked.onerror = () => failed(asked.error)
})"""


KEEP_VOICES = """async bytes => {
    const cache = await caches.open("voices")
    const sound = new Uint8Array(bytes)
    for (let at = 0; at < bytes; at += 65536) crypto.getRandomValues(sound.subarray(at, Math.min(bytes, at + 65536)))
    await cache.put("/a-voice", new Response(sound))
}"""
FILL_WITH_FILES = """async () => {
    const album = await caches.open("photos")
    const photo = bytes => new Response(crypto.getRandomValues(new Uint8Array(bytes)))
    for (const bytes of [60_000, 2_000, 200]) {
        while (await album.put(`/${crypto.randomUUID()}`, photo(bytes)).then(() => true, () => false));
    }
}"""
CACHES = "caches.keys()"


def a_small_phone(new_phone, network: Network, megabytes: int) -> Phone:
    phone: Phone = new_phone(network)
    quota = phone.context.new_cdp_session(phone.page)
    quota.send(
        "Storage.overrideQuotaForOrigin", {"origin": network.origin, "quotaSize": megabytes * 1_000_000}
    )
    phone.sign_in()
    phone.wait_for_the_worker()
    return phone


def kept_versions(page: Page) -> list[str]:
    return [name for name in page.evaluate(CACHES) if name.startswith("tung-nha-")]


def fill_up(page: Page) -> None:
    """Somebody's photos take all the room there is."""
    assert page.evaluate(FILL) == "QuotaExceededError"


NO_ROOM_BUT_FOR = """(() => {
    const put = IDBObjectStore.prototype.put
    const forget = CacheStorage.prototype.delete
    let isFull = false
    globalThis.fillUp = () => { isFull = true }
    IDBObjectStore.prototype.put = function (...said) {
        if (isFull && this.name === "outbox") throw new DOMException("full", "QuotaExceededError")
        return put.apply(this, said)
    }
    const keep = Cache.prototype.put
    Cache.prototype.put = function (...said) {
        if (isFull && said[0] === "/ballast") return Promise.reject(new DOMException("full", "QuotaExceededError"))
        return keep.apply(this, said)
    }
    CacheStorage.prototype.delete = async function (name) {
        isFull &&= name !== sessionStorage.getItem("frees") // what takes the room on this disk
        return forget.call(this, name)
    }
})()"""


KEEP_RECORDING = """async () => {
    const shell = await (await fetch("/vi/field/voices")).text()
    const voices = await import(shell.match(/\\/assets\\/[\\w/]*recordings\\.\\w+\\.js/)[0])
    const sound = new Blob([new Uint8Array(1000)], { type: "audio/webm" })
    const made = { key: "step.x.y", text: "câu", language: "tyz", sound, seconds: 1 }
    return voices.keepRecording(made).then(() => "kept", error => error.name)
}"""
REGISTER_OR_WHY = """async hamlet_id => {
    const shell = await (await fetch("/vi/field/household")).text()
    const records = await import(shell.match(/\\/assets\\/[\\w/]*records\\.\\w+\\.js/)[0])
    const said = { hamlet_id, label: "Nông Văn Chật Mẫu", people_count: 4, consent: "given" }
    return records.registerHousehold(said).then(row => row.id, error => error.cause)
}"""


def test_e19_at_text_ballast_and_voices_go_before_an_entry_is_refused(new_phone, network):
    phone: Phone = new_phone(network)
    phone.context.add_init_script(NO_ROOM_BUT_FOR)
    phone.sign_in()
    phone.wait_for_the_worker()
    page = phone.open("today")
    phone.wait_for_ballast()
    page.evaluate(KEEP_VOICES, 1_500_000)
    with offline(phone):
        for frees, left in (("ballast", ["voices"]), ("voices", []), ("nothing", [])):
            page.evaluate("frees => { sessionStorage.setItem('frees', frees); fillUp() }", frees)
            made, seq = phone.outbox(), phone.fact("device")["seq"]
            household = page.evaluate(REGISTER_OR_WHY, phone.rows("hamlets")[0]["id"])
            if frees == "nothing":
                assert household == "quota"
                assert (phone.outbox(), phone.fact("device")["seq"]) == (made, seq), "all of it or nothing"
                assert page.evaluate(KEEP_RECORDING) == "QuotaExceededError", "the last room is for entries"
                assert phone.rows("recordings") == []
            else:
                assert phone.outbox() == made | {household: "ready"}
            assert [name for name in page.evaluate(CACHES) if name in ("ballast", "voices")] == left
            assert len(kept_versions(page)) == 1, "screens and guides are never thrown"

    expect(phone.open("outbox").locator("[data-text=reserve]")).to_contain_text("sắp đầy")


def test_e19_at_upgrade_a_full_phone_keeps_the_old_version_whole(new_phone, network, next_release):  # noqa: F811
    phone = a_small_phone(new_phone, network, 8)
    page = phone.open("today")
    page.evaluate("caches.delete('ballast')")
    fill_up(page)
    release(network, next_release)
    (before,) = kept_versions(page)

    look_for_update(page)
    wait_for_workers(page, installing=None, waiting=None, case="no room")
    assert kept_versions(page) == [before], "half a version would take the room of entries"
    network.is_up = False
    page = phone.open("households")
    expect(page.locator("[data-list=households] > li").first).to_be_visible()
    expect(page.locator(NEW)).to_have_count(0)

    network.restore()
    network.instead = lambda asked: Said("503 Busy") if asked.path.startswith("/api/") else None
    page.evaluate(CLEAR)
    page.evaluate(KEEP_VOICES, 3_500_000)
    page.evaluate(FILL_WITH_FILES)
    look_for_update(page)
    wait_for_workers(page, installing=None, waiting="installed")
    assert "voices" not in page.evaluate(CACHES), "they can be fetched again"


def test_a_full_phone_keeps_the_form_open_and_says_so_plainly(new_phone, network, busy_server):
    phone = a_small_phone(new_phone, network, 5)
    page = phone.open("households", "new")
    page.get_by_role("radio", name="Đồng ý", exact=True).check()
    page.locator("#label").fill("Nông Văn Mẫu Đầy")
    until(page, lambda: any(one.get("values", {}).get("label") for one in phone.rows("drafts")), "the draft")
    assert page.evaluate(FILL) == "QuotaExceededError"

    page.get_by_role("button", name="Lưu hộ").click()

    expect(page.locator("form [data-text=not_saved]")).to_contain_text("CHƯA lưu được: máy đã đầy bộ nhớ.")
    expect(page.locator("#label")).to_have_value("Nông Văn Mẫu Đầy")
    assert phone.outbox() == {}
    page.evaluate(CLEAR)
    page.get_by_role("button", name="Lưu hộ").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Nông Văn Mẫu Đầy")
    phone.wait_until("received", list(phone.outbox()))
    assert busy_server.rows("SELECT count(*) FROM households WHERE label = 'Nông Văn Mẫu Đầy'") == [(1,)]
