"""Who leaves a phone leaves nothing readable on it and loses nothing; who comes next sees no trace of them."""

import sqlite3
from datetime import UTC, datetime

import pytest
from playwright.sync_api import Page, expect

from tests.browser.phones import LAN, OPEN, Phone, offline, until
from tests.browser.slow_network import Said
from tests.browser.storages import everything_kept
from tests.browser.test_worker_delivery import on_the_server, press_send
from volunteer_app.storage.moments import microseconds

CANARY = "Chim Yến Mẫu"
NOTE = "ghi chú chim yến"
PHOTO = "ảnh chim yến"
KEEP_PHOTO = f"""async said => {{ {OPEN}
    await asked(db => db.transaction("photos", "readwrite").objectStore("photos").put({{ id: said, body: new TextEncoder().encode(said).buffer }}))
}}"""
"""As if a photo of a changed screen waited that shows more than it may."""
OTHER = "Hoàng Văn Minh (mẫu)"


def work_with_canaries(phone: Phone) -> list[str]:
    """A household, a member, a visit and a half-filled form, all without a network; ids of the operations."""
    household = phone.register(CANARY)
    phone.add_member(household["id"], f"em {CANARY}")
    phone.module("records", "recordVisit", {"household_id": household["id"], "outcome": "met", "note": NOTE})
    phone.page.evaluate(KEEP_PHOTO, PHOTO)
    page = phone.open("households", "new")
    page.get_by_role("radio", name="Đồng ý", exact=True).check()
    page.locator("#label").fill(f"{CANARY} viết dở")
    until(page, lambda: any(one.get("values", {}).get("label") for one in phone.rows("drafts")), "the draft")
    return sorted(phone.outbox())


def sign_out(phone: Phone) -> None:
    page = phone.open("me")
    page.locator("[data-sign-out]").click()
    expect(page.locator("main")).to_have_attribute("data-state", "empty")
    expect(page.locator("main")).to_contain_text("Máy này chưa có ai đăng nhập")


def sign_in_as_the_other(phone: Phone) -> Page:
    """Minh, a leader: his day begins on a page of the server."""
    phone.page.goto(f"{phone.network.origin}/vi/sign-in")
    phone.page.get_by_role("button", name=OTHER).click()
    phone.page.wait_for_url("**/coverage/**")
    page = phone.open("today")
    expect(page.locator("main")).to_have_attribute("data-state", "ready")
    return page


WORDS = (CANARY, NOTE, PHOTO, LAN, '"household_id":')


def found_in(phone: Phone) -> list[str]:
    kept = everything_kept(phone.page)
    return [word for word in WORDS if word in kept]


def test_e14_signing_out_without_a_network_leaves_no_trace_and_loses_nothing(new_lan: Phone, busy_server):
    with offline(new_lan):
        made = work_with_canaries(new_lan)
        assert found_in(new_lan) == list(WORDS), "mutation check: without the wipe the search finds all of it"
        sign_out(new_lan)
        assert found_in(new_lan) == []
        assert new_lan.outbox() == dict.fromkeys(made, "ready")

    # Nobody signs in; the boxes go as soon as there is a network, and the server ends the session.
    new_lan.open("outbox")
    new_lan.wait_until("received", made)
    assert [count for count, _ in on_the_server(busy_server, made)] == [1] * len(made)
    author = "SELECT p.name FROM operations o JOIN people p ON p.id = o.person_id WHERE o.id = x'{}'"
    assert {busy_server.rows(author.format(id_.replace("-", "")))[0][0] for id_ in made} == {LAN}
    assert found_in(new_lan) == []
    assert new_lan.page.request.get(f"{new_lan.network.origin}/api/v1/field-pack").status == 401
    assert new_lan.fact("me") is None


def test_e14_the_next_person_sees_no_trace_and_brings_the_first_ones_work(new_lan: Phone, busy_server):
    with offline(new_lan):
        made = work_with_canaries(new_lan)
        sign_out(new_lan)

    new_lan.network.instead = lambda asked: Said("503 Busy") if asked.path == "/api/v1/deposit" else None
    sign_in_as_the_other(new_lan)
    assert new_lan.fact("me")["name"] == OTHER
    new_lan.wait_until("received", made)

    kept = everything_kept(new_lan.page)
    assert NOTE not in new_lan.page.locator("body").inner_text()
    author = "SELECT p.name FROM operations o JOIN people p ON p.id = o.person_id WHERE o.id = x'{}'"
    assert {busy_server.rows(author.format(id_.replace("-", "")))[0][0] for id_ in made} == {LAN}
    assert f"{CANARY} viết dở" not in kept, "a draft of the first person"


@pytest.mark.parametrize("how", ["killed", "at the desk"])
def test_e14_a_sign_out_that_was_cut_off_or_made_at_the_desk_is_finished_before_anything_is_shown(
    new_lan: Phone, how
):
    """Killed: only the first thing that a tap on *sign out* does was done."""
    with offline(new_lan):
        made = work_with_canaries(new_lan)
        if how == "killed":
            new_lan.page.evaluate("document.cookie = 'open_for=nobody; Path=/; Max-Age=1000'")
            page = new_lan.open("households")
            expect(page.locator("main")).to_have_attribute("data-state", "empty")
            assert found_in(new_lan) == []
    if how == "at the desk":
        headers = {"sec-fetch-site": "same-origin"}
        new_lan.page.request.post(f"{new_lan.network.origin}/vi/sign-out", headers=headers)
        new_lan.open("today")
        expect(new_lan.page.locator("main")).to_have_attribute("data-state", "empty")
        assert found_in(new_lan) == []

    new_lan.open("outbox")
    new_lan.wait_until("received", made)
    assert new_lan.fact("me") is None


def test_a_sign_out_that_comes_late_does_not_end_the_session_begun_since(new_lan: Phone):
    with offline(new_lan):
        sign_out(new_lan)
        assert new_lan.fact("session_to_end")

    page = sign_in_as_the_other(new_lan)

    assert new_lan.fact("me")["name"] == OTHER
    assert new_lan.fact("session_to_end") is None
    assert page.request.get(f"{new_lan.network.origin}/api/v1/field-pack").status == 200


def test_e13_an_expired_session_keeps_collecting_and_goes_on_after_the_sign_in(new_lan: Phone, busy_server):
    with sqlite3.connect(busy_server.database, timeout=20) as connection:
        mark = new_lan.fact("session")
        connection.execute("UPDATE sign_ins SET expires_at = 0 WHERE substr(token_hash, 1, 16) = ?", [mark])
    made = [new_lan.register()["id"] for _ in range(2)]
    page = press_send(new_lan)
    expect(page.locator("[data-answer]")).to_contain_text("Xin đăng nhập lại")
    made.append(new_lan.register()["id"])
    assert new_lan.outbox() == dict.fromkeys(made, "ready")
    assert [row["body"]["consent"] for row in new_lan.rows("outbox")] == ["not_asked"] * 3, "still readable"

    page = new_lan.open("outbox")
    page.get_by_role("link", name="Đăng nhập lại").click()
    page.get_by_role("button", name=LAN).click()

    new_lan.wait_until("received", made)
    assert on_the_server(busy_server, made) == [(1, 1)] * 3


def test_e11_a_revoked_phone_hands_over_its_boxes_then_forgets_everything(new_lan: Phone, busy_server):
    with offline(new_lan):
        made = work_with_canaries(new_lan)
        with sqlite3.connect(busy_server.database, timeout=20) as connection:
            mark = new_lan.fact("session")
            over = [microseconds(datetime.now(UTC)), mark]
            session = "substr(token_hash, 1, 16) = ?"
            connection.execute(f"UPDATE sign_ins SET revoked_at = ? WHERE {session}", over)
            keys = f"sign_in_id = (SELECT id FROM sign_ins WHERE {session})"
            ended = connection.execute(f"UPDATE signing_keys SET ended_at = ? WHERE {keys}", over)
            assert ended.rowcount == 1, "as `revoke_sign_ins` does"

    page = press_send(new_lan)

    expect(page.locator("[data-answer]")).to_contain_text("Máy này không còn được dùng")
    assert new_lan.outbox() == {}
    assert found_in(new_lan) == []
    kept = "SELECT outcome, body FROM operations WHERE id = x'{}'"
    rows = [busy_server.rows(kept.format(id_.replace("-", "")))[0] for id_ in made]
    assert {outcome for outcome, _ in rows} == {"parked"}, "for the leader to decide"
    assert any(CANARY in body for _, body in rows), "nothing of it is lost"
