"""Photos of a changed screen on their way: what the server cannot use is said plainly, and the report stays."""

from playwright.sync_api import expect

from tests.browser.conftest import Server
from tests.browser.phones import G3, Phone, offline
from volunteer_app.pages.guides.packs import all_guides

GUIDE = next(guide for guide in all_guides() if guide.slug == G3)
STEP = GUIDE.steps[1]
REPORT = """async body => {
    const shell = await (await fetch("/vi/field/household")).text()
    const { reportScreen } = await import(shell.match(/[/]assets[/]js[/]records[.][0-9a-f]+[.]js/)[0])
    await reportScreen(body, new Blob(["no picture at all"], { type: "image/jpeg" }))
}"""


def test_f8_g8_a_photo_that_the_server_refuses_is_told_with_where_and_why_and_the_report_is_kept(
    lan: Phone, busy_server: Server
):
    body = {"guide": G3, "guide_version": GUIDE.version, "step": STEP.key, "note": "Nút đã đổi chỗ"}
    with offline(lan):
        page = lan.open("household")
        page.evaluate(REPORT, body)
        [kept] = lan.rows("photos")

    lan.send()
    page = lan.open("today")
    said = page.locator("[data-photos]")
    expect(said).to_be_visible()
    said.click()

    told = page.locator("[data-list=refused_photos] li")
    expect(told).to_have_count(1)
    expect(told).to_contain_text(GUIDE.title)
    expect(told).to_contain_text(STEP.action)
    expect(told).to_contain_text("không đọc được tệp này thành ảnh")
    expect(told).to_contain_text("Báo cáo của anh chị vẫn được giữ")
    assert lan.rows("photos") == [], "it is not sent again and again"
    blob = kept["id"].replace("-", "")
    assert busy_server.rows(f"SELECT step, note FROM screen_reports WHERE id = x'{blob}'") == [
        (STEP.key, "Nút đã đổi chỗ")
    ]

    told.get_by_role("button", name="Đã hiểu").click()
    expect(told).to_have_count(0)
    lan.open("today")
    expect(page.locator("[data-photos]")).to_be_hidden()
