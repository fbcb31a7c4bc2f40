"""Papers handed in on the portal: written down at the door, asked for when their result is due."""

from datetime import UTC, datetime, timedelta

from playwright.sync_api import expect

from tests.browser.conftest import Server, sign_in
from tests.browser.phones import Phone, offline, unfold
from tests.browser.test_field_visits import blob, written
from volunteer_app.domain.calendar import local_day

SERVICE = "register-birth"


def test_a5_papers_and_their_result_are_written_without_a_network_and_bring_somebody_back(
    lan: Phone, busy_server: Server, chromium
):
    today = local_day(datetime.now(UTC))
    due = today + timedelta(days=9)
    household = lan.register("Nông Thị Nộp Hồ Sơ")
    member = lan.add_member(household["id"], "con dâu")
    with offline(lan):
        page = lan.open("household", household["id"])
        unfold(page, "papers")
        page.get_by_role("link", name="Hồ sơ và kết quả").click()
        save = page.get_by_role("button", name="Lưu hồ sơ")
        save.click()
        expect(page.locator("[data-text=not_saved]")).to_contain_text("chọn dịch vụ")
        page.locator("#service").select_option(SERVICE)
        page.locator("#result_on").fill(str(today - timedelta(days=1)))
        save.click()
        expect(page.locator("[data-text=not_saved]")).to_contain_text("không được trước hôm nay")
        page.locator("#result_on").fill(str(due))
        lan.open("today").locator("[data-unfinished]").click()  # a call came in between
        expect(page.locator("#result_on")).to_have_value(str(due))
        save.click()
        expect(page.locator("[data-saved]")).to_contain_text(written(due))
        [papers] = [i["id"] for i in lan.rows("outbox", kind="dossier", state="ready")]
        [follow_up] = lan.rows("follow_ups", household_id=household["id"])
        assert (follow_up["reason"], follow_up["due_from"]) == ("dossier", str(due))
        page = lan.open("household", household["id"])
        expect(page.locator("[data-list=dossiers]")).to_contain_text(written(due))
        expect(page.locator("[data-list=follow_ups]")).to_contain_text("Đến hẹn trả kết quả hồ sơ")
    lan.send()
    where = f"household_id = {blob(household['id'])}"
    assert busy_server.rows(f"SELECT service, result_on FROM dossiers WHERE {where}") == [(SERVICE, str(due))]

    with offline(lan):
        page = lan.open("dossiers", household["id"])  # as fetched from the server
        page.get_by_text("Kết quả thế nào?").click()
        page.get_by_role("button", name="Phải bổ sung giấy tờ").click()
        expect(page.locator("[data-list=dossiers]")).to_contain_text("Phải bổ sung giấy tờ")
        lan.wait_for_row("follow_ups", id=papers, settled_as="done")
        rows = {row["id"]: row for row in lan.rows("follow_ups", household_id=household["id"])}
        del rows[papers]
        assert [row["blocker"] for row in rows.values()] == ["papers_missing"]
    lan.send()
    [row] = [row for row in lan.rows("households") if row["id"] == household["id"]]
    assert [(one["result"], one["member_id"]) for one in row["dossiers"]] == [("more_needed", member["id"])]
    assert [row["blocker"] for row in lan.rows("follow_ups", household_id=household["id"])] == [
        "papers_missing"
    ]

    desk = chromium.new_page()
    sign_in(desk, busy_server.origin, "Hoàng Văn Minh (mẫu)")
    desk.goto(f"{busy_server.origin}/vi/households/{household['id']}")
    expect(desk.locator("#history")).to_contain_text("Phải bổ sung giấy tờ")
    desk.close()
