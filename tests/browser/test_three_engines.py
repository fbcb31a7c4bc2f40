"""The field road in Chromium, Firefox and WebKit, by taps from the front page; "no network" is a server that has stopped."""

from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from tests.browser.conftest import Server
from tests.browser.engines import ENGINES, Hands, InChromium, InFirefox, InWebKit, display
from tests.browser.phones import LAN, OPEN, UNDER_THE_WORKER

NAME, WHO, PIN = "Nông Thị Mẫu Ba", "bà nội", "271828"


@pytest.fixture(params=ENGINES)
def hands(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Hands]:
    """A phone without a past in each engine; one that is missing fails, it is never left out."""
    with ExitStack() as stack:
        if request.param == "chromium":
            made: Hands = InChromium(request.getfixturevalue("chromium"), stack)
        elif request.param == "firefox":
            made = InFirefox(tmp_path, stack)
        else:
            made = InWebKit(display(stack), tmp_path, stack)
        yield made


def sign_in(hands: Hands, server: Server) -> None:
    """From the front page to today, by taps; from there on no network is needed."""
    hands.go(server.origin)
    hands.tap("Đăng nhập")
    hands.tap(LAN)
    hands.is_at("today")
    hands.run(UNDER_THE_WORKER)


def register(hands: Hands, name: str = NAME) -> None:
    """From today to the card of a new household."""
    hands.tap("Hộ", near="nav")
    hands.is_at("households", "list")
    hands.tap("Hộ mới")
    hands.is_at("households", "new")
    hands.choose("Thôn", 1)
    hands.tap("Đồng ý", "label")
    hands.write("Tên chủ hộ", name)
    hands.tap("Lưu hộ này")
    hands.is_at("household")
    hands.sees(name)


def begin_a_guide(hands: Hands) -> None:
    """From the door to the first step of a guide: who learns is one tap, what they have is asked by pictures."""
    hands.tap("Gặp được")
    hands.is_at("visit")
    hands.sees("Hôm nay ai học?")
    hands.tap(WHO)
    hands.tap("Kích hoạt tài khoản VNeID mức 2", "label")
    hands.sees("Người học có những thứ này chưa?")
    hands.tap("Bắt đầu hướng dẫn")
    hands.is_at("guide", "prepare")
    while hands.run("() => Boolean(document.querySelector('[data-question]')?.checkVisibility())"):
        question = hands.run("() => document.querySelector('[data-question]').innerText")
        hands.tap("", "[data-list=options] button")
        hands.until(
            "the next question",
            "before => !document.querySelector('[data-question]').checkVisibility() || document.querySelector('[data-question]').innerText !== before",
            question,
        )
    hands.tap("Bắt đầu", "[data-begin]")
    hands.is_at("guide", "step")


def step(hands: Hands) -> int:
    """At which step the guide stands; 0 past the last."""
    return hands.run(
        "() => document.querySelector('main').dataset.state === 'step' ? document.querySelector('[data-when=step] progress').value : 0"
    )


def mark_steps(hands: Hands, most: int = 99) -> None:
    """Answer so many steps, each as soon as a hand would."""
    for _ in range(most):
        before = step(hands)
        if not before:
            return
        hands.tap("Có người giúp")
        hands.until(
            "the next step",
            "before => document.querySelector('main').dataset.state !== 'step' || document.querySelector('[data-when=step] progress').value !== before",
            before,
        )
        hands.run(
            "() => new Promise(done => setTimeout(done, 450))"
        )  # a trembling thumb is not a second answer


def test_c1_the_field_road_without_a_network_then_sent(hands: Hands, own_server: Server):
    sign_in(hands, own_server)
    own_server.stop()

    register(hands)
    begin_a_guide(hands)
    mark_steps(hands, 3)
    stood = step(hands)
    hands.reload()
    hands.is_at("guide", "step")
    assert step(hands) == stood > 1
    mark_steps(hands)
    hands.tap("Tự làm hết")
    hands.is_at("guide", "summary")
    hands.tap("Lưu")
    hands.is_at("household")
    hands.sees(NAME)
    assert own_server.rows(f"SELECT count(*) FROM households WHERE label = '{NAME}'") == [(0,)]

    own_server.start()
    hands.tap("Hộp chờ gửi", near="nav")
    hands.is_at("outbox")
    hands.tap("Gửi ngay")
    hands.until(
        "four receipts",
        "() => [...document.querySelectorAll('[data-list=items] > li')].filter(li => li.innerText.includes('Biên nhận')).length === 4",
    )
    of_it = f"household_id = (SELECT id FROM households WHERE label = '{NAME}')"
    for table in ("visits", "walk_throughs", "observations", "members"):
        assert own_server.rows(f"SELECT count(*) FROM {table} WHERE {of_it}") == [(1,)], table


KEYS = f"""async () => {{
    {OPEN}
    const kept = await asked(db => db.transaction("facts").objectStore("facts").get("signing"))
    const said = key => crypto.subtle.exportKey("pkcs8", key).then(() => "read", error => error.name)
    return Promise.all(Object.values(kept ?? {{}}).map(async ({{ key }}) => [key.extractable, await said(key)]))
}}"""
"""The keys that this phone signs with, and what comes of reading one."""


def test_i9_what_is_recorded_is_signed_with_a_key_that_nobody_can_read(hands: Hands, own_server: Server):
    """An engine that keeps no key says so in words; its person's own work is taken all the same."""
    sign_in(hands, own_server)
    own_server.stop()
    register(hands)
    own_server.start()
    hands.tap("Hộp chờ gửi", near="nav")
    hands.is_at("outbox")
    hands.tap("Gửi ngay")
    hands.sees("Biên nhận")

    keys = hands.run(KEYS)
    of_it = f"FROM operations WHERE id = (SELECT id FROM households WHERE label = '{NAME}')"
    ((person, by, signed_with),) = own_server.rows(f"SELECT person_id, delivered_by, signed_with {of_it}")
    assert person == by
    if keys:
        assert keys == [[False, "InvalidAccessError"]]
        assert own_server.rows("SELECT person_id, id FROM signing_keys") == [(person, signed_with)]
    else:
        assert signed_with is None
        hands.reload()
        hands.sees("Trình duyệt này không đóng được dấu xác nhận")


HOLD = """async () => {
    const shell = await (await fetch("/vi/field/household")).text()
    const { answer, transaction } = await import(shell.match(/\\/assets\\/[\\w/]*store\\.\\w+\\.js/)[0])
    const names = ["facts", "outbox", "households"]
    const write = transaction(names, "readwrite", async s => { for (;;) await answer(s.facts.get("language")) })
    write.catch(() => undefined)
    await new Promise(done => setTimeout(done, 300))
}"""
"""A write that never ends, as one may hang on a phone that is nearly full."""


def test_c1_a_page_left_in_the_middle_of_a_write_stops_no_other(hands: Hands, busy_server: Server):
    sign_in(hands, busy_server)
    hands.run(HOLD)

    hands.go(
        f"{busy_server.origin}/vi/field/households"
    )  # the way that no script can hold up: the address line
    hands.is_at("households", "list")
    name = f"{NAME} {type(hands).__name__}"  # on the server of all three a name twice is asked about
    register(hands, name)
    hands.back()
    hands.is_at("households", "new")
    hands.tap("Hôm nay", near="nav")
    hands.is_at("today")
    hands.tap("Hộ", near="nav")
    hands.write("Tìm", name)
    hands.sees(name)


def test_i3_a_phone_is_locked_and_opened_again_without_a_network(hands: Hands, own_server: Server):
    sign_in(hands, own_server)
    own_server.stop()
    hands.tap("Tôi", near="nav")
    hands.is_at("me")
    hands.tap("Đặt mã PIN", "summary")
    hands.write("Mã PIN, sáu chữ số", PIN)
    hands.write("Nhập lại mã PIN", PIN)
    hands.tap("Đặt mã PIN này")

    hands.tap("Khoá ngay")
    hands.is_at("lock")
    hands.back()
    hands.is_at("lock")
    hands.write("Mã PIN", "161803")
    hands.tap("Mở", "form button")
    hands.sees("Mã PIN chưa đúng")
    hands.write("Mã PIN", PIN)
    hands.tap("Mở", "form button")
    hands.is_at("today")  # where the way back had led


def test_c2_a_public_guide_with_and_without_a_network(hands: Hands, own_server: Server):
    hands.go(own_server.origin)
    hands.tap("Hướng dẫn từng bước", "main a")
    hands.tap("Kích hoạt tài khoản VNeID mức 2")
    hands.until("its first step", "() => document.querySelector('#buoc-1')")
    hands.until("the guide kept", "async () => Boolean(await caches.match(location.href))")
    own_server.stop()

    hands.reload()
    hands.until("its first step", "() => document.querySelector('#buoc-1')")
    hands.tap("Hướng dẫn", "header a, nav a")
    hands.tap("Kích hoạt tài khoản VNeID mức 2")
    hands.until("its first step", "() => document.querySelector('#buoc-1')")
