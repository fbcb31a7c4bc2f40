"""The desk pages around what citizens see can be read by everybody, on a phone and with large text."""

import pytest
from axe_playwright_python.sync_playwright import Axe

from tests.browser.conftest import sign_in

ADDRESSES = ["/posters", "/requests", "/badges", "/facilities"]


@pytest.fixture(scope="module", params=["light", "dark"])
def leader(chromium, server, request):
    """The leader's screen, as wide as a phone."""
    context = chromium.new_context(viewport={"width": 360, "height": 740}, color_scheme=request.param)
    page = context.new_page()
    sign_in(page, server.origin, "Hoàng Văn Minh")
    yield page
    context.close()


@pytest.mark.parametrize("language", ["vi", "en"])
@pytest.mark.parametrize("address", ADDRESSES)
def test_desk_pages_can_be_read_by_everybody(leader, server, address, language):
    leader.set_viewport_size({"width": 360, "height": 740})
    leader.goto(f"{server.origin}/{language}{address}")

    found = Axe().run(leader)

    assert found.violations_count == 0, found.generate_report()


@pytest.mark.parametrize("address", ADDRESSES)
def test_l9_twice_the_text_fits_the_narrowest_phone(leader, server, address):
    leader.set_viewport_size({"width": 320, "height": 640})
    leader.goto(f"{server.origin}/vi{address}")
    leader.evaluate("document.documentElement.style.fontSize = '200%'")

    assert leader.evaluate("document.documentElement.scrollWidth") <= 320


def test_a_poster_fits_a_phones_screen_only_inside_its_own_frame(leader, server):
    leader.set_viewport_size({"width": 360, "height": 740})
    leader.goto(f"{server.origin}/vi/posters")
    leader.locator("table a").first.click()
    leader.wait_for_load_state()

    found = Axe().run(leader)

    assert found.violations_count == 0, found.generate_report()
    assert leader.evaluate("document.documentElement.scrollWidth") <= 360
