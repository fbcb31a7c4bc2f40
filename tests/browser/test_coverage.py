"""The desk in a real browser: readable by everybody, smooth where htmx is, and new by itself after a delivery."""

import re
import subprocess
import unicodedata
from datetime import UTC, datetime
from pathlib import Path

import msgspec
import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page, expect

from tests.browser.conftest import Server, sign_in
from tests.browser.phones import DELIVER_ELSEWHERE
from tests.browser.screens.test_screens import AXE_OPTIONS, SIDEWAYS, SMALL_TARGETS, SMALL_TEXTS
from tests.people import a_household, a_visit

LAN, LEADER, EDITOR = "Vàng Thị Lan (mẫu)", "Hoàng Văn Minh (mẫu)", "Lục Thị Biên (mẫu)"
OF_PROVINCE = "Phàn Văn Tỉnh (mẫu)"
OF_COMMUNE = "/vi/coverage/08/00919"
PAGES = [
    (None, "/vi/"),
    (None, "/en/sign-in"),
    (None, "/vi/nothing"),
    (LEADER, OF_COMMUNE),
    (LEADER, "/en/coverage/08/00919?measure=alone&sort=-value"),
    (LEADER, "/vi/team"),
    (OF_PROVINCE, "/vi/coverage/08"),
    (EDITOR, "/vi/guides"),
]


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_every_desk_page_is_readable_by_everybody(page: Page, server: Server, scheme):
    page.emulate_media(color_scheme=scheme)
    page.set_viewport_size({"width": 320, "height": 640})
    found = {}
    signed_in_as = None

    for person, path in PAGES:
        if person and person != signed_in_as:
            sign_in(page, server.origin, person)
            signed_in_as = person
        page.goto(server.origin + path)
        faults = [
            f"{fault['id']}: {fault['nodes'][0]['html'][:90]}"
            for fault in Axe().run(page, options=AXE_OPTIONS).response["violations"]
        ]
        small = page.evaluate(f"() => ({SMALL_TARGETS})(48)") + page.evaluate(f"() => ({SMALL_TEXTS})(16)")
        # A map's shapes and numbers are as small as the land; the table holds the same, large enough.
        faults += [html for html in small if "<title>" not in html and not html.startswith("<text")]
        if sideways := page.evaluate(SIDEWAYS):
            faults.append(f"{sideways} px sideways")
        if faults:
            found[path] = faults

    assert found == {}


def test_a_choice_changes_the_map_alone_and_the_way_back_works(page: Page, server: Server):
    sign_in(page, server.origin, LEADER)
    page.goto(server.origin + OF_COMMUNE)
    page.evaluate("document.querySelector('h1').dataset.same = 'yes'")

    page.locator("#gap").press("Enter")

    expect(page.locator(".headline")).to_contain_text("Hộ chưa tự làm được")
    expect(page).to_have_url(re.compile(r"measure=gap"))
    expect(page.locator("#gap")).to_be_focused()
    expect(page.locator("h1")).to_have_attribute("data-same", "yes")
    page.go_back()
    expect(page.locator("#coverage[data-hue=ink]")).to_be_visible()
    expect(page.locator("h1")).to_have_count(1)


def test_the_slider_of_the_period_works_by_keyboard_and_without_scripts(page: Page, server: Server):
    sign_in(page, server.origin, LEADER)
    page.goto(server.origin + OF_COMMUNE)
    page.evaluate("document.querySelector('h1').dataset.same = 'yes'")
    slider = page.get_by_role("slider")
    before = slider.get_attribute("aria-valuetext")

    slider.focus()
    page.keyboard.press("ArrowLeft")

    expect(page.get_by_role("slider")).not_to_have_attribute("aria-valuetext", before or "")
    expect(page.get_by_role("slider")).to_be_focused()
    expect(page.locator("h1")).to_have_attribute("data-same", "yes")
    assert page.url.endswith("?back=1")
    page.get_by_role("link", name="Sau").click()
    expect(page.get_by_role("slider")).to_have_attribute("aria-valuetext", before or "")

    plain = page.context.browser.new_context(java_script_enabled=False)  # type: ignore[union-attr]
    plain.add_cookies(page.context.cookies())  # type: ignore[arg-type]
    still = plain.new_page()
    still.goto(server.origin + OF_COMMUNE + "?measure=gap")
    still.locator("form.slider").get_by_role("button").click()
    assert "measure=gap" in still.url
    plain.close()


def test_an_open_map_shows_a_delivery_within_seconds_and_without_a_touch(
    page: Page, own_server: Server, chromium
):
    sign_in(page, own_server.origin, LEADER)
    page.goto(own_server.origin + OF_COMMUNE)
    met = int(re.findall(r"(\d+)/900", page.locator("tfoot").inner_text())[0])
    volunteer = chromium.new_page()
    sign_in(volunteer, own_server.origin, LAN)
    page.locator("#sort-value").focus()

    assert volunteer.evaluate(DELIVER_ELSEWHERE, a_household_met()) == ["accepted", "accepted"]

    expect(page.locator("tfoot")).to_contain_text(f"{met + 1}/900")
    expect(page.locator("#sort-value")).to_be_focused()


def a_household_met() -> list[dict]:
    home = a_household(
        hamlet_id="first", code="NT-999", label="", consent="refused", recorded_at=datetime.now(UTC)
    )
    visit = a_visit(home.id, recorded_at=home.recorded_at, seq=2)
    return [msgspec.to_builtins(one) for one in (home, visit)]


def on_paper(page: Page, folder: Path) -> str:
    """What Chromium prints of this page, on A4, as poppler reads it."""

    def says(*words: str) -> str:
        return subprocess.run(words, check=True, capture_output=True, text=True).stdout

    printed = folder / "to-in.pdf"
    page.pdf(path=printed, prefer_css_page_size=True)
    assert "A4" in says("pdfinfo", str(printed))
    return unicodedata.normalize("NFC", says("pdftotext", "-layout", str(printed), "-"))


def test_m7_the_printed_report_is_an_a4_document_that_another_program_reads(
    page: Page, server: Server, tmp_path
):
    """Chromium prints it, poppler reads it: Vietnamese whole, the figures of the screen, no buttons."""
    sign_in(page, server.origin, LEADER)
    page.goto(f"{server.origin}/vi/reports/08/00919?span=month")
    row = page.locator("#results tbody tr").first
    name, visits = row.locator("th").inner_text(), row.locator("td").nth(1).inner_text()
    as_of = page.locator(".as_of").inner_text().splitlines()[0]
    text = on_paper(page, tmp_path)
    plain = " ".join(text.split())
    for words in (
        "CỘNG HOÀ XÃ HỘI CHỦ NGHĨA VIỆT NAM",
        "Độc lập - Tự do - Hạnh phúc",
        "NGƯỜI LẬP BÁO CÁO",
        "Nơi nhận:",
        " ".join(as_of.split()),
    ):
        assert words in plain
    assert re.search(rf"^\s*{re.escape(name)}\s+lượt\s+{re.escape(visits)}\s", text, re.MULTILINE), text[
        :3000
    ]
    assert "Excel" not in plain


@pytest.mark.parametrize("figures", ["coverage", "left-behind", "blockers"])
def test_m7_other_figures_print_on_a4_without_what_is_pressed(
    page: Page, server: Server, tmp_path: Path, figures
):
    sign_in(page, server.origin, LEADER)
    page.goto(f"{server.origin}/vi/{figures}/08/00919")
    title = page.locator("h1").inner_text()

    text = on_paper(page, tmp_path)

    assert text.strip().removeprefix("Tỉnh Tuyên Quang").strip().startswith(title), "no bar above the title"
    assert not [words for words in ("English", "Chọn ngày", "Sóng ở thôn", "Xem tất cả") if words in text]
