"""A market day: one record for many people, without a network, and counted once when it has arrived."""

from playwright.sync_api import expect

from tests.browser.conftest import Server, sign_in
from tests.browser.phones import Phone, offline
from tests.browser.test_field_visits import blob

SERVICE = "spot-scams"


def test_f9_one_session_ticks_many_people_without_a_network_and_is_counted_once(
    lan: Phone, busy_server: Server, chromium
):
    home, neighbours = lan.register("Nông Văn Đi Chợ"), lan.register("Lý Thị Họp Thôn")
    people = [lan.add_member(home["id"], "bà nội"), lan.add_member(home["id"], "con dâu")]
    people.append(lan.add_member(neighbours["id"], "ông nội"))
    before = counted(busy_server)
    with offline(lan):
        page = lan.open("today")
        page.get_by_role("link", name="Nhiều người một lúc").click()
        page.get_by_role("radio", name="Chợ phiên").check()
        page.locator("#service").select_option(SERVICE)
        page.locator("#search").fill("di cho")
        mark(page, "bà nội", "Có người giúp")
        mark(page, "con dâu", "Người khác làm hộ")
        expect(page.get_by_text("bậc sẽ hạ")).to_have_count(0)
        page.locator("#search").fill("lý thị họp")
        mark(page, "ông nội", "Người khác làm hộ")
        mark(page, "ông nội", "Có người giúp")  # corrected
        page.locator("#others").fill("12")
        page.locator("#note").fill("Chợ phiên của bài thử")
        lan.wait_for_row("drafts", note="Chợ phiên của bài thử")

        page = lan.open("today")  # a call comes: everything is still there
        page.locator("[data-unfinished]").click()
        page.get_by_role("radio", name="Chỉ người đã đến").check()
        expect(page.locator("[data-list=people] > li")).to_have_count(3)
        expect(page.locator("[data-text=total]")).to_contain_text("15")
        page.get_by_role("button", name="Lưu buổi hỗ trợ").click()

        expect(page.locator("[data-text=saved]")).to_contain_text("15")
        expect(page.locator("[data-list=sessions] > li").first).to_contain_text("Đã lưu trong máy này")
        levels = {row["member_id"]: row["level"] for row in lan.rows("observations", service=SERVICE)}
        assert [levels[person["id"]] for person in people] == [2, 1, 2]
        [item] = lan.rows("outbox", kind="outreach_session", state="ready")
        assert item["sealed"]

    lan.send()

    ids = ", ".join(blob(person["id"]) for person in people)
    assert busy_server.rows(
        f"SELECT level, basis FROM observations WHERE member_id IN ({ids}) ORDER BY level"
    ) == [
        (1, "observed"),
        (2, "observed"),
        (2, "observed"),
    ]
    assert busy_server.rows(
        f"SELECT place, people_count, note FROM outreach_sessions WHERE id = {blob(item['id'])}"
    ) == [("market", 15, "Chợ phiên của bài thử")]
    visits, sessions, came = counted(busy_server)
    assert (visits, sessions, came) == (before[0], before[1] + 1, before[2] + 15), "persons, never visits"
    desk = chromium.new_page()
    sign_in(desk, busy_server.origin, "Hoàng Văn Minh (mẫu)")
    desk.goto(f"{busy_server.origin}/vi/outreach")
    session = desk.locator("main li.sheet").filter(has_text="Chợ phiên của bài thử")
    expect(session).to_contain_text("15 người")
    expect(session).to_contain_text("biết tên: 3, của 2 hộ")
    desk.close()


def mark(page, person: str, how: str) -> None:
    """Tap how it went for somebody."""
    page.get_by_role("group", name=person).get_by_role("checkbox", name=how).check()


def counted(server: Server) -> tuple[int, int, int]:
    """Visits, sessions and the people who came to them."""
    sessions = "SELECT count(*), coalesce(sum(people_count), 0) FROM outreach_sessions"
    return (server.rows("SELECT count(*) FROM visits")[0][0], *server.rows(sessions)[0])


def test_f9_a_session_says_what_is_missing_and_keeps_what_was_tapped(lan: Phone):
    home = lan.register("Nông Văn Thiếu Sót")
    lan.add_member(home["id"], "bà nội")
    with offline(lan):
        page = lan.open("outreach")
        save = page.get_by_role("button", name="Lưu buổi hỗ trợ")
        problem = page.locator("[data-text=not_saved]")
        save.click()
        expect(problem).to_contain_text("chọn nơi")
        page.get_by_role("radio", name="Chợ phiên").check()
        page.locator("#service").select_option(SERVICE)
        save.click()
        expect(problem).to_contain_text("chọn người đã đến")
        page.locator("#search").fill("thieu sot")
        mark(page, "bà nội", "Người khác làm hộ")
        page.locator("#others").fill("2000")
        save.click()
        expect(problem).to_contain_text("nhiều nhất 2000")
        page.locator("#others").fill("3")
        page.locator("#note").fill("001099012345")
        save.click()
        expect(problem).to_contain_text("giống số căn cước")
        assert lan.rows("outbox", kind="outreach_session", state="ready") == []
        mark_off = page.get_by_role("group", name="bà nội").get_by_role("checkbox", name="Người khác làm hộ")
        mark_off.uncheck()
        expect(page.locator("[data-text=total]")).to_contain_text("3")
