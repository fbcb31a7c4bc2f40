"""A voice's way: recorded without a network, delivered over a broken one, heard by a second person, played offline."""

import base64
import re
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, Playwright, expect

from tests.browser.conftest import NOTICE_AUDIO, launch_options, sign_in
from tests.browser.phones import PATIENCE, Phone, offline
from tests.browser.slow_network import Network
from tests.browser.voices import publish
from tests.sounds import a_voice, packed
from volunteer_app.pages.voices.texts import groups

GUIDE = "send-feedback"
"""A guide whose first step is everybody's."""
LEADER = "Hoàng Văn Minh (mẫu)"
PIECE = 256 * 1024
OWN_STREAM = """globalThis.streams = []
const asked = navigator.mediaDevices?.getUserMedia.bind(navigator.mediaDevices)
if (asked) navigator.mediaDevices.getUserMedia = async how => {
    const stream = await asked(how)
    streams.push(stream)
    return stream
}"""
"""So that a test can take the microphone away, as a headset that is pulled out does."""

ENDS = {
    "the headset is pulled out": "streams.at(-1).getTracks()[0].stop()",
    "the track says that it has ended": "streams.at(-1).getTracks()[0].dispatchEvent(new Event('ended'))",
    "a call comes": """Object.defineProperty(document, 'hidden', { value: true, configurable: true })
        document.dispatchEvent(new Event('visibilitychange'))
        delete document.hidden""",
}


@pytest.fixture(scope="module")
def chromium_that_hears(playwright: Playwright, tmp_path_factory) -> Iterator[Browser]:
    """A Chromium whose microphone hears a made voice, again and again."""
    spoken: Path = tmp_path_factory.mktemp("microphone") / "voice.wav"
    spoken.write_bytes(packed(a_voice(3.0, before=0.2, after=0.2, level=0.3), "wav", "pcm_s16le"))
    options = launch_options()
    options["args"] += [
        "--use-fake-ui-for-media-stream",
        "--use-fake-device-for-media-stream",
        f"--use-file-for-fake-audio-capture={spoken}",
        "--autoplay-policy=no-user-gesture-required",
    ]
    browser = playwright.chromium.launch(**options)
    yield browser
    browser.close()


@pytest.fixture
def lans_phone(chromium_that_hears: Browser, network: Network) -> Iterator[Phone]:
    made = Phone(chromium_that_hears, network, permissions=["microphone"])
    made.sign_in()
    made.wait_for_the_worker()
    made.open("voices")
    expect(made.page.locator("[data-list=languages] a").first).to_be_visible()
    yield made
    made.context.close()
    assert made.said == []


def record_step(page: Page) -> None:
    """One tap begins, one tap ends."""
    page.get_by_role("button", name="Ghi âm").click()
    expect(page.get_by_role("button", name="Dừng")).to_be_visible()
    expect(page.locator("meter")).not_to_have_js_property("value", 0)
    page.wait_for_timeout(2000)  # somebody speaks
    page.get_by_role("button", name="Dừng").click()
    expect(page.locator("[data-text=standing]")).to_have_text("Đã lưu trong máy này")


def until(phone: Phone, is_so: Callable[[], bool], what: str) -> None:
    """Until something is so on the phone."""
    end = time.monotonic() + 2 * PATIENCE
    while not is_so():
        assert time.monotonic() < end, what
        phone.page.wait_for_timeout(50)


def wait_for(phone: Phone, state: str, count: int = 1) -> None:
    until(
        phone, lambda: len(phone.rows("recordings", state=state)) >= count, f"no recording was ever {state}"
    )


def test_l5_a_voice_recorded_offline_comes_over_a_broken_line_is_reviewed_by_a_second_person_and_heard_on_another_phone(
    lans_phone: Phone, new_phone, network: Network, chromium: Browser
):
    phone = lans_phone
    with offline(phone):
        page = phone.open("voices", f"nut/{GUIDE}/0")
        record_step(page)
        page.get_by_role("button", name="Sau").click()
        expect(page.locator("[data-text=standing]")).to_have_text("Chưa ghi")
        record_step(page)
        assert len(phone.rows("recordings", state="ready")) == 2

    lost: list[str] = []

    def loses(asked) -> bool:
        if asked.method == "PATCH" and not lost:
            lost.append(asked.path)
            return True
        return False

    network.loses_answer = loses
    phone.open("voices", "nut")
    until(phone, lambda: bool(lost), "the line did not break")
    phone.open("voices", "nut")
    wait_for(phone, "received", 2)
    assert all(row["sound"] is None for row in phone.rows("recordings")), "nothing more to carry"

    desk = chromium.new_context(viewport={"width": 1280, "height": 800}, locale="vi-VN")
    page = desk.new_page()
    sign_in(page, network.origin, LEADER)
    page.goto(f"{network.origin}/vi/voices/nut?group={GUIDE}")
    first = page.locator(".bench > li").first
    expect(first.locator("form audio")).to_be_visible()
    publish = first.get_by_role("button", name="Phát hành", exact=True)
    publish.click()
    expect(first.get_by_role("alert")).to_contain_text("nói tiếng này từ nhỏ")
    first.get_by_label("Tôi nói tiếng này từ nhỏ").check()
    publish.click()
    expect(first.locator(".badge").first).to_have_text("Đã phát hành")
    desk.close()

    other = new_phone(network)
    other.page.add_init_script(NOTICE_AUDIO)
    other.sign_in()
    other.wait_for_the_worker()
    page = other.open("voices", "nut")
    (
        expect(page.get_by_text("Giữ trên điện thoại này")).to_contain_text("KB"),
        "the size is shown before it is fetched",
    )
    page.locator("[data-keep]").check()
    expect(page.locator("[data-text=here]")).to_have_text("Điện thoại này đang có 1 trên 1 giọng đọc")
    with offline(other):
        page = other.open("guide", f"practice/{GUIDE}")
        page.get_by_role("radio", name="Nồng").check()
        expect(page.locator("[data-say=summary]")).to_have_attribute("data-fallback", "")
        while page.locator("[data-question]").is_visible():
            page.locator("[data-list=options] button").first.click()
        page.locator("[data-begin]").click()
        listen = page.locator("[data-when=step] [data-listen]")
        expect(listen).to_have_attribute("data-sound", "listen_person")
        listen.click()
        until(other, lambda: page.evaluate("heard.length") == 1, "nothing was heard to its end")
        (how, seconds) = page.evaluate("globalThis.heard[0]")
        assert how == "blob:", "from the phone itself"
        assert seconds > 1
        expect(listen).to_have_attribute("data-sound", "listen_person")


def test_l5_said_again_it_replaces_what_was_said_before_and_nothing_of_that_is_left(
    lans_phone: Phone, network: Network
):
    phone = lans_phone
    page = phone.page
    page.add_init_script(NOTICE_AUDIO)
    with offline(phone):
        page = phone.open("voices", f"nut/{GUIDE}/1")
        record_step(page)
        [first] = phone.rows("recordings")
        page.get_by_role("button", name="Nghe", exact=True).click()
        until(phone, lambda: page.evaluate("heard.length") == 1, "what was said is not played back")
        assert page.evaluate("heard[0][1]") > 1, "to its end"

        page.get_by_role("button", name="Thu lại").click()
        expect(page.get_by_role("button", name="Dừng")).to_be_visible()
        page.wait_for_timeout(1000)
        page.get_by_role("button", name="Dừng").click()
        until(phone, lambda: phone.rows("recordings")[0]["id"] != first["id"], "it was not replaced")

        [second] = phone.rows("recordings")
        assert second["sha256"] != first["sha256"]
        page.get_by_role("button", name="Nghe", exact=True).click()
        until(phone, lambda: page.evaluate("heard.length") == 2, "the second is not played back")

    phone.open("voices", "nut")
    wait_for(phone, "received")
    sent = {asked.path.rpartition("/")[2] for asked in network.asked if asked.method == "PATCH"}
    assert first["sha256"] not in sent and second["sha256"] in sent


@pytest.fixture
def desk(chromium_that_hears: Browser, network: Network) -> Iterator[Page]:
    """The leader's bench in a browser that can record."""
    context = chromium_that_hears.new_context(
        viewport={"width": 1280, "height": 800}, locale="vi-VN", permissions=["microphone"]
    )
    page = context.new_page()
    page.add_init_script(OWN_STREAM)
    sign_in(page, network.origin, LEADER)
    yield page
    context.close()


def test_l5_the_desk_records_too_and_loses_nothing_over_a_broken_line(desk: Page, network: Network):
    desk.goto(f"{network.origin}/vi/voices/tyz?group={GUIDE}")
    one = desk.locator(".bench > li").nth(2)
    network.is_up = False
    one.get_by_role("button", name="Ghi âm tại đây").click()
    expect(one.get_by_role("button", name="Dừng")).to_be_visible()
    expect(one.locator("meter")).not_to_have_js_property("value", 0)
    desk.wait_for_timeout(1500)
    one.get_by_role("button", name="Dừng").click()
    expect(one.get_by_role("status").last).to_have_text(re.compile("Đã lưu trong trình duyệt này"))
    expect(one.locator("audio")).to_be_visible()  # played back at once

    one.get_by_role("button", name="Thu lại").click()
    desk.wait_for_timeout(1500)
    desk.evaluate(ENDS["the headset is pulled out"])
    expect(one.get_by_role("status").last).to_contain_text("Phần đã nói vẫn còn")
    expect(one.get_by_role("button", name="Thu lại")).to_be_visible()
    network.is_up = True
    desk.reload()

    expect(one.get_by_text("do chính anh chị ghi")).to_be_visible()
    expect(one.locator("form audio")).to_have_count(1)
    (
        expect(one.get_by_role("button", name="Phát hành", exact=True)).to_have_count(0),
        "somebody else must listen",
    )


def test_the_bench_keeps_words_as_they_are_typed_and_is_worked_by_keyboard(desk: Page, network: Network):
    address = f"{network.origin}/vi/voices/nut?group={GUIDE}"
    desk.goto(address)
    words = desk.locator(".bench textarea")
    states = desk.locator(".bench [data-words-state]")
    words.nth(0).focus()
    desk.keyboard.type("Lời Nùng thứ nhất")
    (
        expect(states.nth(0)).to_contain_text("Chờ người thứ hai nghe"),
        "kept while typing, no button",
    )
    expect(words.nth(0)).to_be_focused()

    desk.keyboard.press("Control+Enter")
    expect(words.nth(1)).to_be_focused()
    desk.keyboard.type("Lời Nùng thứ hai")
    desk.keyboard.press("Control+Enter")
    expect(words.nth(2)).to_be_focused()
    expect(states.nth(1)).to_contain_text("Chờ người thứ hai nghe")
    desk.keyboard.type("Căn cước 001203004567")
    expect(states.nth(2)).to_contain_text("số căn cước")
    expect(words.nth(2)).to_have_value("Căn cước 001203004567")  # nothing typed is lost

    desk.goto(address)
    assert [words.nth(i).input_value() for i in range(3)] == ["Lời Nùng thứ nhất", "Lời Nùng thứ hai", ""]


def test_the_bench_plays_a_text_by_keyboard(
    desk: Page, chromium: Browser, lans_phone: Phone, network: Network
):
    text = next(text for text in groups()[GUIDE] if text.key.startswith("step."))
    publish(chromium, lans_phone, "tyz", [text.key])
    desk.goto(f"{network.origin}/vi/voices/tyz?group={GUIDE}")
    one = desk.locator(f"[id='{text.key}']")
    one.locator("textarea").first.focus()

    desk.keyboard.press("Alt+KeyP")

    expect(one.locator("audio").first).not_to_have_js_property("currentTime", 0)


def test_e29_a_delivery_cut_in_the_middle_goes_on_where_it_stood(lans_phone: Phone, network: Network):
    phone = lans_phone
    sound = packed(a_voice(60.0), bit_rate=100_000)
    assert len(sound) > 2 * PIECE
    page = phone.open("voices", f"tyz/{GUIDE}/3")
    cut: list[int] = []

    def loses(asked) -> bool:
        if asked.method == "PATCH" and len(cut) < 2:
            cut.append(1)
            return True
        return False

    network.loses_answer = loses
    page.evaluate(
        """async ([sound, key, text]) => {
            const shell = await (await fetch("/vi/field/voices")).text()
            const { keepRecording } = await import(shell.match(/\\/assets\\/service_worker\\/recordings\\.\\w+\\.js/)[0])
            const body = Uint8Array.from(atob(sound), c => c.charCodeAt(0))
            await keepRecording({ key, text, language: "tyz", sound: new Blob([body], { type: "audio/webm" }), seconds: 60 })
        }""",
        [base64.b64encode(sound).decode(), "step.get-level-2.bring", "Lời thử"],
    )
    for _ in range(3):  # each attempt goes as far as the network lets it
        page.evaluate(
            """async () => {
                const shell = await (await fetch("/vi/field/voices")).text()
                const { exchange } = await import(shell.match(/\\/assets\\/js\\/voice_exchange\\.\\w+\\.js/)[0])
                await exchange()
            }"""
        )
    wait_for(phone, "received")
    pieces = [asked for asked in network.asked if asked.method == "PATCH"]

    assert len(cut) == 2, "the network was as bad as meant"
    assert len(pieces) == -(-len(sound) // PIECE), "no piece was sent twice"


REFUSE = """async id => {
    const db = await new Promise(done => { const o = indexedDB.open("tung-nha"); o.onsuccess = () => done(o.result) })
    await new Promise(done => {
        const inside = db.transaction("recordings", "readwrite"), all = inside.objectStore("recordings")
        all.get(id).onsuccess = event =>
            all.put({ ...event.target.result, state: "parked", reason: { code: "silent", text: "Không nghe thấy gì" } })
        inside.oncomplete = done
    })
    db.close()
}"""


def test_l5_the_recorder_and_what_was_refused_are_reached_by_taps_from_me(lans_phone: Phone):
    page = lans_phone.open("today")
    page.get_by_role("navigation").get_by_role("link", name="Tôi").click()
    page.get_by_role("link", name="Tiếng nói và giọng đọc").click()
    expect(page.locator("main")).to_have_attribute("data-state", "languages")
    with offline(lans_phone):
        page.locator("[data-list=languages] a").filter(has_text="Tày").first.click()
        expect(page.locator("main")).to_have_attribute("data-state", "language")
        page.locator("[data-list=groups] a").last.click()
        expect(page.locator("main")).to_have_attribute("data-state", "text")
        asked = page.locator("[data-when=text] [data-text=text]").inner_text()
        record_step(page)
        row = lans_phone.wait_for_row("recordings", state="ready")
        page.evaluate(REFUSE, row["id"])
        page.locator("[data-back]").click()
        expect(page.locator("main")).to_have_attribute("data-state", "language")

        page.locator("[data-list=refused] a").click()
        expect(page.locator("main")).to_have_attribute("data-state", "text")
        expect(page.locator("[data-when=text] [data-text=text]")).to_have_text(asked)
        expect(page.locator("[data-text=standing]")).to_contain_text("Không nghe thấy gì")
        page.locator("[data-back]").click()
        page.locator("[data-back]").click()
        expect(page.locator("main")).to_have_attribute("data-state", "languages")
        page.locator("[data-back]").click()
        expect(page.locator("body")).to_have_attribute("data-screen", "me")


def to_me(page: Page) -> None:
    """By the tab, or from the list of languages by its arrow."""
    page.locator(".tabs a[href$='/field/me'], [data-back]").first.click()
    expect(page.locator("body")).to_have_attribute("data-screen", "me")


def walk_to_the_recorder(phone: Phone) -> Page:
    """From any screen, by taps: me, languages, Tày, the word list, its first word."""
    page = phone.page
    to_me(page)
    page.get_by_role("link", name="Tiếng nói và giọng đọc").click()
    page.locator("[data-list=languages] a").filter(has_text="Tày").first.click()
    page.locator("[data-list=groups] a").last.click()
    expect(page.locator("main")).to_have_attribute("data-state", "text")
    return page


@pytest.fixture
def at_the_recorder(lans_phone: Phone) -> Iterator[Page]:
    """Without a network, in front of a text that somebody has been saying for two seconds."""
    lans_phone.page.add_init_script(OWN_STREAM)
    with offline(lans_phone):
        page = walk_to_the_recorder(lans_phone)
        page.get_by_role("button", name="Ghi âm").click()
        expect(page.get_by_role("button", name="Dừng")).to_be_visible()
        page.wait_for_timeout(2200)
        yield page


@pytest.mark.parametrize("end", ENDS.values(), ids=ENDS)
def test_l5_a_voice_that_is_cut_off_is_kept_and_said_to_be_cut(lans_phone: Phone, at_the_recorder: Page, end):
    page = at_the_recorder
    page.evaluate(end)

    row = lans_phone.wait_for_row("recordings", state="ready")

    expect(page.locator("[data-when=text] [data-text=trouble]")).to_contain_text("Phần đã nói vẫn còn")
    expect(page.locator("[data-text=standing]")).to_have_text("Đã lưu trong máy này")
    assert row["seconds"] > 1 and row["bytes"] > 1000
    page.get_by_role("button", name="Thu lại").click()  # and the recorder answers again
    expect(page.get_by_role("button", name="Dừng")).to_be_visible()
    page.wait_for_timeout(1200)
    page.get_by_role("button", name="Dừng").click()
    expect(page.get_by_role("button", name="Thu lại")).to_be_visible()
    expect(page.locator("[data-when=text] [data-text=trouble]")).to_be_hidden()


def test_l5_who_goes_on_or_away_while_speaking_loses_nothing(lans_phone: Phone, at_the_recorder: Page):
    page = at_the_recorder
    said = page.locator("[data-when=text] [data-text=text]").inner_text()
    page.get_by_role("button", name="Sau").click()
    expect(page.locator("[data-when=text] [data-text=text]")).not_to_have_text(said)
    assert lans_phone.wait_for_row("recordings", state="ready")["text"] == said

    page.get_by_role("button", name="Ghi âm").click()
    expect(page.get_by_role("button", name="Dừng")).to_be_visible()
    page.wait_for_timeout(1500)
    page.locator("[data-back]").click()
    expect(page.locator("main")).to_have_attribute("data-state", "language")
    until(lans_phone, lambda: len(lans_phone.rows("recordings", state="ready")) == 2, "the second is lost")


def test_l5_a_page_that_is_thrown_away_while_somebody_speaks_gives_back_what_was_said(
    lans_phone: Phone, at_the_recorder: Page
):
    page = at_the_recorder
    [begun] = lans_phone.rows("recordings", state="begun")
    assert begun["bytes"] > 1000, "kept while it is being said"

    page.reload()

    row = lans_phone.wait_for_row("recordings", state="ready")
    assert row["text_key"] == begun["text_key"] and row["bytes"] >= begun["bytes"] and row["is_cut"]
    expect(page.locator("[data-when=text] [data-text=trouble]")).to_contain_text("Phần đã nói vẫn còn")
    page.get_by_role("button", name="Nghe", exact=True).click()
    expect(page.get_by_role("button", name="Dừng")).to_be_visible()


def test_l5_from_a_step_of_a_guide_to_its_recorder_and_back_by_taps(lans_phone: Phone):
    page = lans_phone.page
    with offline(lans_phone):
        to_me(page)
        page.get_by_role("link", name="Luyện tập một hướng dẫn").click()
        page.locator("[data-list=guides] a").first.click()
        expect(page.locator("main")).to_have_attribute("data-state", "prepare")
        while page.locator("[data-question]").is_visible():
            page.locator("[data-list=options] button").first.click()
        page.locator("[data-begin]").click()
        asked = page.locator("[data-when=step] [data-say=action]").inner_text()
        page.locator("[data-record-step] summary").click()
        page.get_by_role("link", name="Ghi âm: Tày").click()
        expect(page.locator("main")).to_have_attribute("data-state", "text")
        expect(page.locator("[data-when=text] [data-text=text]")).to_have_text(asked)
        record_step(page)
        row = lans_phone.wait_for_row("recordings", state="ready")
        assert (row["language"], row["text"]) == ("tyz", asked)

        page.locator("[data-back]").click()
        expect(page.locator("body")).to_have_attribute("data-screen", "guide")
        expect(page.locator("main")).to_have_attribute("data-state", "prepare")


def test_l5_today_leads_to_the_recorder_where_a_language_of_ones_hamlets_lacks_steps(lans_phone: Phone):
    page = lans_phone.page
    with offline(lans_phone):
        to_me(page)
        page.locator(".tabs a[href$='/field/today']").click()
        strip = page.locator("main [data-record]")
        expect(strip).to_contain_text("bước chưa ai đọc")
        near = {tag for hamlet in lans_phone.rows("hamlets") for tag in hamlet["languages"]}
        strip.click()
        expect(page.locator("main")).to_have_attribute("data-state", "language")
        assert page.url.partition("#")[2] in near - {"vi"}
        page.locator("[data-list=groups] a").nth(1).click()
        expect(page.get_by_role("button", name="Ghi âm")).to_be_visible()
