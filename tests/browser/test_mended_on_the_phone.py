"""F16: what was set aside for one field is put right on the phone that made it, by taps, also without a network."""

import sqlite3
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from tests.browser.phones import Phone, offline
from tests.browser.test_worker_delivery import on_the_server

ID_NUMBER = "001 234 567 890"


def a_house_of_99(phone: Phone) -> dict[str, Any]:
    """Registered by an app of before, that took any number, with somebody who lives there and a visit."""
    hamlet = phone.rows("hamlets")[0]
    body = {"hamlet_id": hamlet["id"], "code": "NT-99", "label": "Nhà Mẫu", "people_count": 99}
    body |= {"consent": "given", "consent_version": 1, "consent_method": "recording"}
    id_ = phone.module("outbox", "newId")
    row = {"id": id_, "commune_code": hamlet["commune_code"], "levels": {}, "search": "nha mau", **body}
    phone.module(
        "outbox", "record", {"id": id_, "kind": "household", "body": body, "rows": {"households": [row]}}
    )
    phone.add_member(id_)
    phone.module("records", "recordVisit", {"household_id": id_, "outcome": "met", "note": ""})
    return row


def state_of(phone: Phone) -> list[str]:
    return sorted(phone.outbox().values())


def put_right(page: Page, field: str, value: str) -> None:
    """Tap, say it right, tap."""
    page.get_by_role("link", name="Sửa lại").first.click()
    page.get_by_label(field).fill(value)
    page.get_by_role("button", name="Lưu và gửi").dblclick()
    expect(page.locator("form[data-when=mend]")).to_be_hidden()


@pytest.fixture
def with_99(new_lan: Phone) -> dict[str, Any]:
    """A phone whose household is set aside, and all that was done there waits for it."""
    home = a_house_of_99(new_lan)
    page = new_lan.open("outbox")
    page.get_by_role("button", name="Gửi ngay").click()
    new_lan.wait_until("parked", [home["id"]])
    return home


def test_f16_a_number_is_put_right_by_taps_and_all_that_waited_is_taken(new_lan: Phone, busy_server, with_99):
    page = new_lan.page
    row = page.locator(".item", has_text="Hộ mới").first
    expect(row).to_contain_text("Có một chỗ chưa đúng")
    expect(row.get_by_role("button", name="Thử lại")).to_be_hidden()
    page.get_by_role("link", name="Sửa lại").click()
    form = page.locator("form[data-when=mend]")
    expect(form).to_contain_text("Máy chủ chưa đọc được")
    expect(form.get_by_label("Số người")).to_have_value("99")
    form.get_by_label("Số người").fill("0")
    form.get_by_role("button", name="Lưu và gửi").click()
    expect(form).to_contain_text("từ 1 đến 60")
    form.get_by_label("Số người").fill("6")
    form.get_by_role("button", name="Lưu và gửi").dblclick()

    expect(form).to_be_hidden()
    made = list(new_lan.outbox())
    assert len(made) == 4, "one correction, whatever was tapped"
    page.get_by_role("button", name="Gửi ngay").click()
    new_lan.wait_until("received", made)
    with sqlite3.connect(busy_server.database, timeout=20) as connection:
        key = bytes.fromhex(with_99["id"].replace("-", ""))
        found = connection.execute("SELECT people_count FROM households WHERE id = ?", [key]).fetchall()
        visits = connection.execute("SELECT count(*) FROM visits WHERE household_id = ?", [key]).fetchone()
    assert (found, visits) == ([(6,)], (1,))
    assert [count for count, _ in on_the_server(busy_server, made)] == [1] * 4, "both are kept"


def test_f16_it_is_put_right_without_a_network_and_again_when_that_was_not_enough(
    new_lan: Phone, busy_server, with_99
):
    visit = new_lan.module(
        "outbox",
        "record",
        {"kind": "visit", "body": {"household_id": with_99["id"], "outcome": "met", "note": ID_NUMBER}},
    )["id"]
    with offline(new_lan):
        page = new_lan.open("outbox")
        put_right(page, "Số người", "6")
        assert state_of(new_lan).count("mended") == 1
        expect(page.locator(".item", has_text="mục mới thay cho mục này")).to_have_count(1)
    page = new_lan.open("outbox")
    page.get_by_role("button", name="Gửi ngay").click()
    new_lan.wait_until("parked", [visit])
    expect(page.locator(".item", has_text="giống số căn cước")).to_have_count(1)

    put_right(page, "Ghi chú", "quay lại buổi chiều")

    new_lan.wait_until("received", [visit])
    page.get_by_role("button", name="Gửi ngay").click()
    new_lan.wait_until("received", list(new_lan.outbox()))


def test_f16_what_the_leader_settled_meanwhile_is_not_put_right_again(new_lan: Phone, busy_server, with_99):
    page = new_lan.page
    page.get_by_role("link", name="Sửa lại").click()
    page.get_by_label("Số người").fill("6")
    with sqlite3.connect(busy_server.database, timeout=20) as connection:
        connection.execute(
            "UPDATE operations SET outcome = 'discarded', reason = 'operation.left_out', body = NULL WHERE id = ?",
            [bytes.fromhex(with_99["id"].replace("-", ""))],
        )
    second = new_lan.tab()
    second.goto(f"{new_lan.network.origin}/vi/field/outbox")
    second.get_by_role("button", name="Gửi ngay").click()
    new_lan.wait_until("received", [with_99["id"]])
    page.get_by_role("button", name="Lưu và gửi").click()

    expect(page.locator("form[data-when=mend]")).to_contain_text("Không còn gì phải sửa")
    assert len(new_lan.outbox()) == 3
    page.get_by_role("link", name="Để lại sau").click()
    expect(page.locator(".item", has_text="Đội trưởng đã xem mục này và bỏ ra")).to_have_count(1)
