"""What is recorded is sealed on the phone so that only the server reads it (C6); delivered in the clear or as a box."""

import json
import sqlite3
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.browser.conftest import Server
from tests.browser.phones import Phone, offline
from tests.browser.slow_network import Network
from tests.browser.test_shared_phone import CHANGE
from tests.browser.test_worker_delivery import is_delivery, on_the_server
from volunteer_app.sealing import Keys


def test_what_the_phone_seals_the_server_opens_and_nobody_else(new_lan: Phone, busy_server):
    keys = Keys(Path(busy_server.database).parent / "keys")
    with offline(new_lan):
        made = new_lan.register("Nông Thị Kín Đáo")
    (item,) = new_lan.rows("outbox", id=made["id"])

    box = {name: item[name] for name in ("id", "seq", "key_id", "sealed")}
    opened, signed_with = keys.read(json.dumps(box).encode())

    assert opened.body["label"] == "Nông Thị Kín Đáo"
    assert (opened.id.hex, str(opened.person_id)) == (made["id"].replace("-", ""), item["person_id"])
    assert opened.recorded_at.isoformat(timespec="milliseconds") == item["recorded_at"]
    assert signed_with is not None, "signed by the key of who recorded it"
    assert "Kín" not in json.dumps(box, ensure_ascii=False)


def restore_from_backup(server: Server) -> None:
    """As `volunteer-app restore` leaves it: an older state, and an epoch that phones have not seen."""
    server.stop()
    with sqlite3.connect(server.database) as connection:
        connection.execute("DELETE FROM operations")
        connection.execute("DELETE FROM households WHERE label LIKE 'Nông Thị Sao Lưu%'")
        connection.execute("DELETE FROM consents WHERE household_id NOT IN (SELECT id FROM households)")
        connection.execute("UPDATE installation SET value = '2' WHERE key = 'epoch'")


@pytest.fixture
def own_network(own_server: Server) -> Iterator[Network]:
    opened = Network(own_server.port)
    yield opened
    opened.close()


def test_a_received_item_keeps_only_its_box_and_is_sent_again_when_the_server_was_restored(
    new_phone, own_network, own_server
):
    new_lan: Phone = new_phone(own_network)
    new_lan.sign_in()
    new_lan.wait_for_the_worker()
    with offline(new_lan):
        made = [new_lan.register(f"Nông Thị Sao Lưu {n}")["id"] for n in range(2)]
    new_lan.send()
    assert [("body" in row, "sealed" in row) for row in new_lan.rows("outbox")] == [(False, True)] * 2

    restore_from_backup(own_server)
    own_server.start()
    assert on_the_server(own_server, made) == [(0, 0)] * 2
    new_lan.network.asked.clear()
    new_lan.open("outbox")
    new_lan.send()

    assert [asked for asked in new_lan.network.asked if is_delivery(asked)], "nothing was sent again"
    assert on_the_server(own_server, made) == [(1, 1)] * 2
    assert new_lan.outbox() == dict.fromkeys(made, "received")


def test_o19_e26_after_a_restore_what_was_set_aside_is_sent_again_too_and_an_older_epoch_counts_for_nothing(
    new_phone, own_network, own_server
):
    phone: Phone = new_phone(own_network)
    phone.sign_in()
    phone.wait_for_the_worker()
    made = [phone.register(f"Nông Thị Sao Lưu {n}")["id"] for n in range(2)]
    phone.send()
    page = phone.open("outbox")
    page.evaluate(CHANGE, ["outbox", made[0], {"state": "parked", "reason": {"code": "x", "text": "x"}}])
    page.evaluate(CHANGE, ["outbox", made[1], {"state": "held"}])
    restore_from_backup(own_server)
    own_server.start()
    phone.open("outbox")
    phone.send()
    assert on_the_server(own_server, made) == [(1, 1)] * 2
    assert phone.outbox() == dict.fromkeys(made, "received")

    own_server.stop()
    with sqlite3.connect(own_server.database) as connection:
        connection.execute("UPDATE installation SET value = '1' WHERE key = 'epoch'")
    own_server.start()
    with offline(phone):
        later = phone.register("Nông Thị Sao Lưu sau")["id"]
    page = phone.open("outbox")
    phone.network.asked.clear()
    page.get_by_role("button", name="Gửi ngay").click()
    until = time.monotonic() + 20
    while not [asked for asked in phone.network.asked if is_delivery(asked)]:
        assert time.monotonic() < until, "it was never sent"
        page.wait_for_timeout(100)
    page.wait_for_timeout(1000)

    assert phone.outbox()[later] == "ready", "a process from before the restore said that it was received"
