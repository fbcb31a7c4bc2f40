"""What is recorded is sealed on the phone so that only the server reads it (C6); delivered in the clear or as a box."""

import json
from pathlib import Path

from tests.browser.phones import Phone, offline
from tests.browser.test_worker_delivery import is_delivery, on_the_server, record_without_network
from volunteer_app.sealing import Keys


def test_what_the_phone_seals_the_server_opens_and_nobody_else(new_lan: Phone, busy_server):
    keys = Keys(Path(busy_server.database).parent / "keys")
    with offline(new_lan):
        made = new_lan.register("Nông Thị Kín Đáo")
    (item,) = new_lan.rows("outbox", id=made["id"])

    box = {name: item[name] for name in ("id", "seq", "key_id", "sealed")}
    opened = keys.read(json.dumps(box).encode())

    assert opened.body["label"] == "Nông Thị Kín Đáo"
    assert (opened.id.hex, str(opened.person_id)) == (made["id"].replace("-", ""), item["person_id"])
    assert opened.recorded_at.isoformat(timespec="milliseconds") == item["recorded_at"]
    assert "Kín" not in json.dumps(box, ensure_ascii=False)


def test_a_received_item_keeps_only_its_box_and_is_sent_again_when_the_server_was_restored(
    new_lan: Phone, busy_server
):
    made = record_without_network(new_lan, 2)
    new_lan.send()
    assert [("body" in row, "sealed" in row) for row in new_lan.rows("outbox")] == [(False, True)] * 2

    new_lan.page.evaluate(
        """async () => { const db = await new Promise(d => { const o = indexedDB.open("tung-nha"); o.onsuccess = () => d(o.result) })
        await new Promise(d => { const t = db.transaction("facts", "readwrite"); t.objectStore("facts").put(7, "epoch"); t.oncomplete = d }); db.close() }"""
    )
    new_lan.network.asked.clear()
    new_lan.open("outbox")
    new_lan.send()

    assert [asked for asked in new_lan.network.asked if is_delivery(asked)], "nothing was sent again"
    assert on_the_server(busy_server, made) == [(1, 1)] * 2
    assert new_lan.outbox() == dict.fromkeys(made, "received")
