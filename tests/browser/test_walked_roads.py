"""The main road of each role, from the front page by taps alone, on a phone and at a desk.

The volunteer's on a phone is in `test_three_engines.py`, in three engines and without a network.
"""

import re
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import ExitStack

import pytest

from tests.browser.conftest import Server
from tests.browser.engines import Hands, InChromium
from tests.browser.phones import SIZE
from tests.browser.test_three_engines import NAME, begin_a_guide, mark_steps, register, sign_in
from tests.conftest import ROOT
from volunteer_app.domain.hotlines import HOTLINES
from volunteer_app.storage.places import search_words

DESK = {"width": 1280, "height": 800}
LEADER, OFFICER, EDITOR = "Hoàng Văn Minh (mẫu)", "Phàn Văn Tỉnh (mẫu)", "Lục Thị Biên (mẫu)"


@pytest.fixture(params=[SIZE, DESK], ids=["phone", "desk"])
def walker(chromium, request: pytest.FixtureRequest) -> Iterator[Hands]:
    with ExitStack() as stack:
        yield InChromium(chromium, stack, request.param)


@pytest.fixture
def at_a_desk(chromium) -> Iterator[Hands]:
    with ExitStack() as stack:
        yield InChromium(chromium, stack, DESK)


def come_in(walker: Hands, server: Server, name: str) -> Callable[[str, str], None]:
    """Sign in from the front page; what is handed back goes a way of the menu and waits for its page."""
    walker.go(server.origin)
    walker.tap("Đăng nhập")
    walker.tap(name)
    walker.until("a menu", "() => document.querySelector('nav.rail')")

    def way(words: str, address: str) -> None:
        if walker.run("() => document.querySelector('[data-menu]').checkVisibility()"):
            walker.tap("Mục lục", "[data-menu]")
        walker.tap(words, near="nav.rail")
        is_at(walker, address)

    return way


def is_at(walker: Hands, address: str) -> None:
    walker.until(
        address,
        "end => location.pathname.startsWith(end) && document.readyState === 'complete'",
        f"/vi{address}",
    )


def test_the_volunteers_road_at_a_desk(at_a_desk: Hands, busy_server: Server):
    sign_in(at_a_desk, busy_server)
    register(at_a_desk, f"{NAME} Bàn")
    begin_a_guide(at_a_desk)
    mark_steps(at_a_desk)
    at_a_desk.tap("Tự làm hết")
    at_a_desk.is_at("guide", "summary")
    at_a_desk.tap("Lưu")
    at_a_desk.is_at("household")
    at_a_desk.tap("Hộp chờ gửi", near="nav")
    at_a_desk.sees("Biên nhận")


def test_the_leaders_road(walker: Hands, busy_server: Server):
    way = come_in(walker, busy_server, LEADER)
    way("Chờ quyết định", "/review")
    way("Phân công", "/assignments")
    way("Người và máy", "/team")
    walker.tap("", "a[href$='/team/invites/new']")
    walker.tap("Tạo lời mời")
    walker.until("a code to scan", "() => document.querySelector('main svg.qr')")
    way("Hộ", "/households")
    walker.tap("", "main a[href*='/households/']")
    is_at(walker, "/households/")
    way("Nhờ thăm nhà", "/requests")
    way("Báo cáo", "/reports")


def test_the_officers_road(walker: Hands, server: Server):
    way = come_in(walker, server, OFFICER)
    way("Độ phủ", "/coverage")
    walker.tap("", "main table a[href*='/coverage/08/']")
    is_at(walker, "/coverage/08/")
    way("Nơi còn bỏ lại", "/left-behind")
    way("Vướng mắc", "/blockers")
    way("Báo cáo", "/reports")


def test_the_editors_road(walker: Hands, server: Server):
    way = come_in(walker, server, EDITOR)
    way("Mọi hướng dẫn", "/guides")
    way("Giọng đọc và bản dịch", "/voices")
    walker.tap("", "main a[href*='/voices/']")
    is_at(walker, "/voices/")


def test_the_citizens_road(walker: Hands, busy_server: Server):
    walker.go(busy_server.origin)
    walker.tap("Hướng dẫn từng bước", "main a")
    walker.tap("Nhận ra cuộc gọi, tin nhắn lừa đảo")
    walker.until("its first step", "() => document.querySelector('#buoc-1')")
    walker.tap("Xin thăm nhà", near="nav")
    walker.tap("", "#tim")
    walker.write("", "minh tan")
    walker.tap("", ".search button")
    walker.tap("", ".places a")
    walker.write("Tên", "Bà Mẫu Đi Bộ")
    walker.write("Số điện thoại", "0912 345 678")
    walker.tap("Gửi", "form.ask button")
    is_at(walker, "/yeu-cau-tham/da-nhan")


@pytest.mark.parametrize(("commune", "is_ours"), [("Minh Tân", True), ("Đồng Mẫu", False)])
def test_w9_a_citizen_taps_to_numbers_that_answer_at_home(
    walker: Hands, own_server: Server, commune, is_ours
):
    """The province's own number stands for its communes only; no number for emergencies carries a doubt."""
    with sqlite3.connect(own_server.database) as elsewhere:
        elsewhere.execute(
            "INSERT OR IGNORE INTO provinces (code, name, kind, full_name, alt_names, search)"
            " VALUES ('20', 'Lạng Sơn', 'Tỉnh', 'Tỉnh Lạng Sơn', '[]', '')"
        )
        elsewhere.execute(
            "INSERT INTO communes (code, name, kind, full_name, alt_names, province_code, search)"
            " VALUES ('06001', 'Đồng Mẫu', 'Xã', 'Xã Đồng Mẫu', '[]', '20', ?)",
            (search_words(["Xã Đồng Mẫu"]),),
        )
    walker.go(own_server.origin)
    walker.tap("Số điện thoại và nơi giúp đỡ", "main a")
    walker.tap("", "#tim")
    walker.write("", commune)
    walker.tap("", ".search button")
    walker.tap("", ".places a")
    walker.until("the chosen commune", "() => document.querySelector('.chosen_place')")

    shown = walker.run(
        "() => Object.fromEntries([...document.querySelectorAll('.numbers li')].map(li => ["
        "li.querySelector('a').href.slice(4), li.checkVisibility() && li.innerText.includes('hỏi lại')]))"
    )

    here = [hotline for hotline in HOTLINES.values() if is_ours or hotline.province_code is None]
    assert shown == {hotline.number.replace(" ", ""): hotline.check for hotline in here}
    assert not any(shown[number] for number in ("113", "114", "115"))


TYPED = re.compile(r"\.goto\(|(?:phone|lan|new_lan|kept|leader|officer|editor|may|lost|second|self)\.open\(")
"""An address typed by a test, in Playwright's words or a test's own."""

BY_ADDRESS = {
    "conftest.py": (2, "signs an invented person in"),
    "engines.py": (1, "the front page, and the address line as a way out of a page that writes"),
    "phones.py": (4, "a phone's first page, and any screen for tests of what the phone keeps"),
    "test_screens.py": (3, "one screen at a time is looked at, without a network"),
    "test_answers_are_not_for_ever.py": (7, "what a correction does, screen by screen"),
    "test_codes_to_scan.py": (4, "a code that is scanned is an address"),
    "test_copied_profile.py": (4, "a copied profile is opened where the phone stood"),
    "test_coverage.py": (7, "a map's address says what it shows"),
    "test_desk_writing.py": (1, "a form whose session ends while one writes"),
    "test_every_control.py": (6, "a screen that links led to is opened again for its next control"),
    "test_field_dossiers.py": (5, "a household made by the test a moment before"),
    "test_field_guides.py": (2, "a guide in a state made by the test"),
    "test_field_households.py": (13, "a household made by the test a moment before"),
    "test_field_map.py": (7, "map and desk beside each other"),
    "test_field_outreach.py": (4, "two phones at one session"),
    "test_field_readiness.py": (11, "a phone that lacks one thing at a time"),
    "test_field_visits.py": (16, "a household made by the test a moment before"),
    "test_first_minutes.py": (2, "a phone where nobody is signed in yet"),
    "test_from_sign_in_to_a_visit.py": (1, "signing in, where the taps begin to be counted"),
    "test_guards_on_the_phone.py": (1, "the guard is asked, not the way to it"),
    "test_heard_languages.py": (1, "a guide in a language with a voice"),
    "test_joining.py": (16, "an invitation is an address; several phones take turns"),
    "test_lasting_storage.py": (2, "the phone's store, not the way to it"),
    "test_leaving_a_page.py": (4, "a page left and another beside it"),
    "test_looks.py": (8, "every page of the server is looked at in turn"),
    "test_mended_on_the_phone.py": (4, "the outbox after a refusal made by the test, and a second tab"),
    "test_old_browsers.py": (1, "an old browser's first page"),
    "test_photos.py": (3, "a household made by the test a moment before"),
    "test_public_desk.py": (3, "the computer at the centre's door starts there"),
    "test_public_guides.py": (16, "links that come from paper and messages"),
    "test_public_player.py": (1, "the front page, where the taps begin"),
    "test_redrawn.py": (4, "two tabs of one phone, and a map whose address says what it shows"),
    "test_shared_phone.py": (10, "what a locked phone says to a typed address"),
    "test_slow_2g.py": (1, "the first page over a slow line"),
    "test_second_taps.py": (5, "a form of each kind in turn; the second tap is what is tried"),
    "test_the_road.py": (6, "a browser that was killed starts at an address"),
    "test_voices.py": (12, "a text of a language in a state made by the test"),
    "test_without_reading.py": (5, "a guide with a voice, straight from a code"),
    "test_worker_closing.py": (5, "the worker, not the way to a screen"),
    "test_worker_delivery.py": (8, "the worker, not the way to a screen"),
    "test_worker_leaving.py": (9, "what is left behind on a phone, by any address"),
    "test_worker_lost.py": (11, "what a lost phone says to a typed address, and one whose store is shut"),
    "test_worker_reassigned.py": (5, "the worker, not the way to a screen"),
    "test_worker_room.py": (5, "the worker, not the way to a screen"),
    "test_worker_sealing.py": (4, "the worker, not the way to a screen"),
    "test_worker_updates.py": (11, "old and new pages at the same address"),
    "test_worker_way_out.py": (2, "a phone that finds its own way out"),
}
"""How often each file may type one, and why; a number may only fall. A new test of a feature walks to it."""


def test_addresses_typed_by_tests_become_fewer_and_each_file_says_why():
    found = {
        path.name: len(TYPED.findall(path.read_text("utf-8")))
        for path in sorted((ROOT / "tests" / "browser").rglob("*.py"))
    }
    more = {name: count for name, count in found.items() if count > BY_ADDRESS.get(name, (0, ""))[0]}

    assert more == {}, "walk there by taps, as the others here do (`engines.Hands`)"
    assert set(BY_ADDRESS) <= set(found) and all(reason for _, reason in BY_ADDRESS.values())
