"""P9: a family that has said no leaves nothing about persons on the phone: no row, no draft, no readable entry."""

import json

from tests.browser.phones import Phone, offline

CANARY = "Chim Sẻ Nâu"
STORES = (
    "households",
    "members",
    "visits",
    "walk_throughs",
    "observations",
    "follow_ups",
    "outbox",
    "drafts",
)


def readable(phone: Phone) -> list[str]:
    """The stores in which the canary can be read."""
    return [name for name in STORES if CANARY in json.dumps(phone.rows(name), ensure_ascii=False)]


def test_p9_a_withdrawal_on_the_phone_takes_every_word_along_and_still_sends(lan: Phone, busy_server):
    with offline(lan):
        household = lan.register(f"Nông {CANARY}")
        member = lan.add_member(household["id"], CANARY, own_phone=True)
        said = {"household_id": household["id"], "outcome": "met", "note": f"{CANARY} kể"}
        lan.module("records", "recordVisit", said)
        assert set(readable(lan)) == {"households", "members", "visits", "outbox"}

        lan.module("records", "changeHousehold", household["id"], {"consent": "withdrawn"})

        assert readable(lan) == []
        (nobody,) = lan.rows("members", household_id=household["id"])
        assert (nobody["id"], nobody["label"], nobody["own_phone"]) == (member["id"], "Người thứ 1", None)
        added = lan.add_member(household["id"], CANARY)
        assert readable(lan) == []
        assert lan.rows("members", id=added["id"])[0]["label"] in ("Người thứ 1", "Người thứ 2")
    lan.send()

    blob = household["id"].replace("-", "")
    assert (
        busy_server.rows(f"SELECT label, own_phone FROM members WHERE household_id = x'{blob}'")
        == [("", None)] * 2
    )
    assert busy_server.rows(f"SELECT outcome, note FROM visits WHERE household_id = x'{blob}'") == [
        ("met", "")
    ]
