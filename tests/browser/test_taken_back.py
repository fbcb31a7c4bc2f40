"""A wrong tap at the door: one tap takes it back, the right one is never swallowed, a trembling thumb records once."""

from playwright.sync_api import expect

from tests.browser.conftest import Server
from tests.browser.phones import Phone, offline, to_a_new_house, to_the_door
from tests.browser.test_field_visits import blob


def test_f12_the_right_tap_right_after_the_wrong_one_is_never_swallowed(lan: Phone, busy_server: Server):
    with offline(lan):
        household = lan.register("Nông Văn Chạm Nhầm")
        page = to_the_door(lan, household)

        page.get_by_role("button", name="Khác…").click()
        page.evaluate(
            """() => { for (const name of ["moved", "nobody_home"]) document.querySelector(`[data-outcome=${name}]`).click() }"""
        )

        expect(page.locator("[data-saved]")).to_contain_text("Vắng nhà")
        lan.wait_for_row("visits", household_id=household["id"], outcome="nobody_home")
        lan.wait_for_row("outbox", kind="taken_back")
        assert len(lan.rows("visits", household_id=household["id"])) == 1, "the second corrects the first"
        assert lan.rows("households", id=household["id"])[0]["last_outcome"] == "nobody_home"

    lan.send()
    where = f"WHERE household_id = {blob(household['id'])}"
    assert busy_server.rows(f"SELECT outcome FROM visits {where}") == [("nobody_home",)]
    assert busy_server.rows(f"SELECT said FROM taken_back {where}") == [('{"outcome": "moved"}',)]


def test_f12_a_wrong_outcome_is_taken_back_by_one_tap_and_the_door_is_as_before(
    lan: Phone, busy_server: Server
):
    with offline(lan):
        household = lan.register("Nông Văn Hoàn Tác")
        page = to_the_door(lan, household)
        page.get_by_role("button", name="Khác…").click()
        page.get_by_role("button", name="Đã chuyển đi").click()
        expect(page.locator("[data-saved]")).to_contain_text("Đã chuyển đi")
        expect(page.locator("[data-door]")).to_be_hidden()

        page.get_by_role("button", name="Hoàn tác").click()

        expect(page.locator("[data-saved]")).to_contain_text("Đã rút lại")
        assert lan.rows("visits", household_id=household["id"]) == []
        row = lan.rows("households", id=household["id"])[0]
        assert (row["last_outcome"], row["last_visit_at"], row["is_met"]) == (None, None, False)

        page.get_by_role("button", name="Vắng nhà").click()
        expect(page.locator("[data-saved]")).to_contain_text("Vắng nhà")

    lan.send()
    where = f"WHERE household_id = {blob(household['id'])}"
    assert busy_server.rows(f"SELECT outcome FROM visits {where}") == [("nobody_home",)]
    assert busy_server.rows(f"SELECT reason FROM follow_ups {where}") == [("nobody_home",)]


def test_f12_a_second_quick_tap_never_meets_what_comes_under_the_finger(lan: Phone):
    with offline(lan):
        household = lan.register("Nông Văn Run Tay Lần Nữa")
        page = to_the_door(lan, household)
        spot = page.get_by_role("button", name="Vắng nhà").bounding_box()
        assert spot

        page.evaluate(
            """async ([x, y]) => { for (let n = 0; n < 5; n++) {
                const hit = document.elementFromPoint(x, y)
                hit?.dispatchEvent(new MouseEvent("click", { bubbles: true, cancelable: true, detail: 1 }))
                await new Promise(done => setTimeout(done, 60))
            } }""",
            [spot["x"] + spot["width"] / 2, spot["y"] + spot["height"] / 2],
        )

        expect(page.locator("[data-saved]")).to_contain_text("Vắng nhà")
        assert page.url.endswith(household["id"]), "no other house was opened"
        assert len(lan.rows("visits", household_id=household["id"])) == 1


def test_f12_what_was_recorded_yesterday_is_taken_back_from_the_history(lan: Phone, busy_server: Server):
    household = lan.register("Nông Văn Hôm Qua")
    visit = lan.module("records", "recordVisit", {"household_id": household["id"], "outcome": "refused"})
    lan.send()
    page = to_the_door(lan, household)
    page.get_by_text("Các lần thăm gần đây").click()
    page.get_by_text("Ghi nhầm?").click()
    page.get_by_role("button", name="Rút lại").click()
    lan.wait_for_row("outbox", kind="taken_back")
    expect(page.locator("[data-past]")).to_be_hidden()
    lan.send()

    assert busy_server.rows(f"SELECT count(*) FROM visits WHERE id = {blob(visit['id'])}") == [(0,)]
    assert lan.rows("visits", household_id=household["id"]) == [], (
        "nor does the next field pack bring it back"
    )


def test_f12_a_house_registered_by_mistake_is_gone_by_one_tap_and_nobody_ever_hears_of_it(
    new_lan: Phone, busy_server: Server
):
    page = to_a_new_house(new_lan)
    made = new_lan.fact("device")["seq"]
    page.get_by_role("button", name="Lưu hộ này").dblclick()
    expect(page.locator("body")).to_have_attribute("data-screen", "household")
    expect(page.locator("[data-saved]")).to_contain_text("nhà mới")
    id_ = page.url.partition("#")[2]
    assert list(new_lan.outbox()) == [id_], "a second quick tap registers no second house"

    page.get_by_role("button", name="Hoàn tác").click()

    expect(page.locator("body")).to_have_attribute("data-screen", "households")
    assert new_lan.rows("households", id=id_) == []
    assert (new_lan.fact("device")["seq"], new_lan.outbox()) == (made, {})
    new_lan.send()
    assert busy_server.rows(f"SELECT count(*) FROM households WHERE id = {blob(id_)}") == [(0,)]


def test_f12_a_house_that_stands_is_sent_by_itself_after_ten_seconds(new_lan: Phone):
    page = to_a_new_house(new_lan)
    page.get_by_role("button", name="Lưu hộ này").click()
    expect(page.locator("[data-undo]")).to_be_visible()
    id_ = page.url.partition("#")[2]
    assert new_lan.outbox() == {id_: "ready"}

    expect(page.locator("[data-undo]")).to_be_hidden()
    new_lan.wait_until("received", [id_])
