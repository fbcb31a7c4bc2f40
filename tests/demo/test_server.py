"""The demo as a newcomer starts it: a process of its own."""

import re
import subprocess
import urllib.request
from http.cookiejar import CookieJar

import pytest

from tests.browser.conftest import Server

PAGES = ("coverage/08", "coverage/08/00919", "reports/08/00919", "huong-dan", "huong-dan/activate-level-2")


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    started = Server(tmp_path_factory.mktemp("server"))
    started.start()
    yield started
    started.stop()


def test_d1_one_process_answers_and_stays_under_200_mb(server):
    browser = urllib.request.build_opener(urllib.request.HTTPCookieProcessor(CookieJar()))
    page = browser.open(f"{server.origin}/vi/sign-in").read().decode()
    officer = re.search(
        r'name="membership_id" value="([^"]+)"(?:(?!</form>).)*Phàn Văn Tỉnh', page, re.DOTALL
    )
    assert officer, "the Front's officer of the province is on the page"
    sign_in = urllib.request.Request(
        f"{server.origin}/vi/sign-in/demo",
        data=f"membership_id={officer[1]}".encode(),
        headers={"Origin": server.origin},
    )
    browser.open(sign_in)

    for address in PAGES * 5:
        assert browser.open(f"{server.origin}/vi/{address}").status == 200

    ps = ["ps", "-o", "rss=", "-p", str(server.process.pid)]
    kilobytes = int(subprocess.run(ps, capture_output=True, text=True, check=True).stdout)
    assert kilobytes < 200 * 1024


def test_d6_the_demo_says_where_to_look_and_as_whom(server):
    said = server.log.read_text()

    assert f"{server.origin}/vi/sign-in" in said
    for role in ("tình nguyện viên", "đội trưởng", "cán bộ Mặt trận", "người biên soạn"):
        assert role in said
