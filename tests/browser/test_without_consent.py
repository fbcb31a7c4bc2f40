"""P9: a family that has said no leaves nothing about persons on the phone: no row, no draft, no readable entry.

Everything that the browser keeps is looked through, whatever it is called: every store of every database, the caches, what
pages remember, the address.
"""

import re
from uuid import uuid4

import pytest
from playwright.sync_api import expect

from tests.browser.phones import DELIVER_ELSEWHERE, G3, Phone, offline, to_a_new_house, to_the_door
from tests.conftest import ROOT

CANARY = "Chim Sẻ Nâu"
WORDS_KEPT = """async word => {
    const found = []
    const asked = request => new Promise((done, failed) => {
        request.onsuccess = () => done(request.result)
        request.onerror = () => failed(request.error)
    })
    for (const { name } of await indexedDB.databases()) {
        const database = await asked(indexedDB.open(name))
        for (const store of database.objectStoreNames) {
            const rows = database.transaction(store).objectStore(store)
            const said = JSON.stringify(await Promise.all([asked(rows.getAllKeys()), asked(rows.getAll())]))
            if (said.includes(word)) found.push(store)
        }
        database.close()
    }
    for (const name of await caches.keys()) {
        const cache = await caches.open(name)
        for (const request of await cache.keys()) {
            const kept = await cache.match(request)
            const kind = kept.headers.get("content-type") ?? ""
            const said = /json|text/.test(kind) ? await kept.text() : ""
            if (`${decodeURI(request.url)} ${said}`.includes(word)) found.push(`cache ${request.url}`)
        }
    }
    const else_ = { localStorage: { ...localStorage }, sessionStorage: { ...sessionStorage }, cookie: document.cookie, address: decodeURI(location.href) }
    for (const [where, said] of Object.entries(else_)) if (JSON.stringify(said).includes(word)) found.push(where)
    return found.sort()
}"""

DRAFTS = {
    "visit": ("visit:{home}", {"values": {"note": CANARY, "label": CANARY, "return_on": "2026-12-24"}, "at": "note"}),
    "guide": ("guide:{home}/{member}/activate-level-2/{visit}", {"at": 3, "marks": {"open-app": "alone"}, "note": CANARY}),
    "dossier": ("dossier:{home}", {"values": {"member": "{member}", "of_tomorrow": CANARY}}),
    "outreach": ("outreach", {"note": CANARY, "others": "2", "ticked": [["{member}", 2]]}),
    "unfinished": ("unfinished", {"key": "visit:{home}", "address": "/vi/field/visit#{home}", "name": CANARY}),
    "mend": ("mend:{visit}", {"values": {"mend-note": CANARY}, "at": "mend-note"}),
    "due": ("due:{home}", {"day": "2026-11-30", "open": [{"reason": "recheck", "of_tomorrow": CANARY}]}),
}  # fmt: skip
"""What may have been begun with a family: what a phone keeps of it, by its kind."""

NOBODYS_DRAFTS = {"households", "new_household", "rated", "key", "KEY"}
"""Kinds of drafts that name no family that is kept yet; `key` and `KEY` are the names of constants."""


def kept(phone: Phone) -> list[str]:
    """Where the canary can be read on this phone."""
    return phone.page.evaluate(WORDS_KEPT, CANARY)


def begin(phone: Phone, home: str, member: str, visit: str) -> None:
    """Everything that can be begun with a family lies half done on the phone, with the canary in it."""
    for key, draft in DRAFTS.values():
        named = {"{home}": home, "{member}": member, "{visit}": visit}
        phone.module("store", "keepDraft", _named(key, named), _named(draft, named))


def _named(said, named):
    if isinstance(said, dict):
        return {key: _named(value, named) for key, value in said.items()}
    if isinstance(said, list):
        return [_named(value, named) for value in said]
    return re.sub(r"\{\w+\}", lambda found: named[found[0]], said) if isinstance(said, str) else said


def test_every_kind_of_draft_is_among_those_of_these_tests():
    said = "\n".join(path.read_text("utf-8") for path in (ROOT / "static/js").glob("*.js"))
    kinds = set(re.findall(r"(?:keepDraft\(|restoreDraft\(\w+, )[\"`]?(\w+)", said))
    kinds |= set(re.findall(r"(?:key|KEY) = [`\"](\w+)[:\"]", said))

    assert kinds - NOBODYS_DRAFTS == set(DRAFTS)


def test_p9_a_withdrawal_on_the_phone_takes_every_word_along_and_still_sends(lan: Phone, busy_server):
    with offline(lan):
        household = lan.register(f"Nông {CANARY}")
        member = lan.add_member(household["id"], CANARY, own_phone=True)
        said = {"household_id": household["id"], "outcome": "met", "note": f"{CANARY} kể"}
        visit = lan.module("records", "recordVisit", said)
        begin(lan, household["id"], member["id"], visit["id"])
        assert set(kept(lan)) == {"households", "members", "visits", "outbox", "drafts"}

        lan.module("records", "changeHousehold", household["id"], {"consent": "withdrawn"})

        assert kept(lan) == []
        (nobody,) = lan.rows("members", household_id=household["id"])
        assert (nobody["id"], nobody["label"], nobody["own_phone"]) == (member["id"], "Người thứ 1", None)
        run = lan.module(
            "store", "draft", f"guide:{household['id']}/{member['id']}/activate-level-2/{visit['id']}"
        )
        assert run == {"at": 3, "marks": {"open-app": "alone"}, "note": ""}, "what was tapped goes on"
        added = lan.add_member(household["id"], CANARY)
        assert kept(lan) == []
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


@pytest.mark.parametrize("said_before", ["at its registration", "on its card"])
def test_p9_a_family_that_said_no_before_the_visit_is_helped_all_the_same(
    lan: Phone, busy_server, said_before
):
    """By taps: who learns is offered without a name, the second of the family too, and no word is kept."""
    if said_before == "at its registration":
        page = to_a_new_house(lan)
        page.locator("[name=consent][value=refused]").check(force=True)
        page.locator("[data-when=new] button[type=submit], form:visible button[type=submit]").first.click()
        expect(page.locator("body")).to_have_attribute("data-screen", "household")
        household = {"id": page.evaluate("location.hash.slice(1)")}
    else:
        household = lan.register(f"Nông {CANARY}")
        lan.module("records", "changeHousehold", household["id"], {"consent": "withdrawn"})
        page = to_the_door(lan, {**household, "label": ""})
    page.locator("[data-start]").click()
    expect(page.locator("body")).to_have_attribute("data-screen", "visit")

    for number in (1, 2):
        expect(page.locator("[data-list=members] .choice")).to_have_count(number - 1)
        page.locator("[data-relation='']").click()
        expect(page.locator("[data-part=what]")).to_be_visible()
        expect(page.locator("[data-text=learner]")).to_have_text(f"Người thứ {number}")
        if number == 1:
            page.locator("[data-change-member]").click()
            page.wait_for_timeout(1200)  # taps right after one are the same tap
    page.locator(f"[name=guide][value={G3}]").click()
    page.locator("[data-part=needs], [data-screen=guide] main").first.wait_for()
    if page.locator("[data-part=needs]").is_visible():
        page.get_by_role("button", name="Bắt đầu hướng dẫn").click()
    expect(page.locator("body")).to_have_attribute("data-screen", "guide")

    assert kept(lan) == []
    lan.send()
    blob = household["id"].replace("-", "")
    assert busy_server.rows(f"SELECT label FROM members WHERE household_id = x'{blob}'") == [("",)] * 2


@pytest.mark.parametrize("answer", ["refused", "withdrawn"])
def test_p9_a_no_told_to_another_phone_takes_what_was_only_begun_here(lan: Phone, busy_server, answer):
    """Nothing waits to be sent on this phone: only drafts speak of the family."""
    household = lan.register(f"Nông {CANARY}")
    member = lan.add_member(household["id"], CANARY)
    visit = lan.module(
        "records", "recordVisit", {"household_id": household["id"], "outcome": "met", "note": CANARY}
    )
    lan.send()
    begin(lan, household["id"], member["id"], visit["id"])
    assert "drafts" in kept(lan)
    body = {"household_id": household["id"], "consent": answer, "label": "", "base": {"consent": "given"}}
    told = {"id": str(uuid4()), "seq": 1, "kind": "household_change", "schema": 4, "time_quality": "device"}
    told |= {
        "recorded_at": visit["recorded_at"],
        "person_id": lan.fact("me")["person_id"],
        "depends_on": [],
        "body": body,
    }

    assert lan.page.evaluate(DELIVER_ELSEWHERE, [told]) == ["accepted"]
    lan.send()
    lan.wait_for_row("households", id=household["id"], consent=answer)

    assert kept(lan) == []


def test_p9_a_name_that_was_typed_before_the_family_said_no_is_not_kept(lan: Phone):
    page = to_a_new_house(lan)
    page.get_by_role("radio", name="Đồng ý", exact=True).check()
    page.locator("form[data-when=new] [name=label]").fill(CANARY)
    page.get_by_role("radio", name="Không đồng ý", exact=True).check()
    page.locator("form[data-when=new]").get_by_role("button", name="Lưu").click()
    page.wait_for_url("**/field/household#*")

    assert kept(lan) == []
