"""The one endpoint for phones: an answer for each operation, in the reader's language, and nothing silent."""

import json
from datetime import UTC, datetime, timedelta
from uuid import UUID

import msgspec
import pytest

from tests.boxes import KEYS, signed_and_sealed
from tests.field_work import earlier_today
from tests.people import (
    COMMUNE,
    HAMLET,
    HOA,
    LAN,
    LANS_PHONE,
    MINH,
    NEXT_HAMLET,
    PROVINCE,
    THE_FRONT,
    a_household,
    a_member,
    a_visit,
)
from volunteer_app.domain.calendar import local_day
from volunteer_app.domain.operations.envelope import LARGEST_BATCH_BYTES, MOST_PER_BATCH
from volunteer_app.domain.operations.kinds import KINDS
from volunteer_app.domain.visits import CLOSED_STAYS_DAYS
from volunteer_app.storage.assignments import AssignmentRow

RECENTLY = earlier_today(datetime.now(UTC), minutes=5)


def a_delivery(*operations, **changes) -> bytes:
    ops = [json.loads(msgspec.json.encode(o)) if not isinstance(o, dict) else o for o in operations]
    return json.dumps({"device_id": str(LANS_PHONE), "app_build": "test", "ops": ops} | changes).encode()


def deliver(visitor, *operations, by=None, **headers):
    """by: whose key it is signed with."""
    content = a_delivery(*operations, **({"person_id": str(by)} if by else {}))
    signed = KEYS[by].over(content) if by else {}
    return visitor.post_from_us("/api/v1/ops", content=content, headers=headers | signed)


def test_o15_every_operation_gets_a_receipt(signed_in):
    household = a_household(recorded_at=RECENTLY)

    answer = deliver(signed_in(LAN), household)

    said = answer.json()
    assert answer.status_code == 200
    assert said["server_id"] and said["epoch"] == 1
    assert said["answers"][0]["outcome"] == "accepted"
    assert said["answers"][0]["receipt"] == household.id.hex[-6:].upper()
    assert datetime.fromisoformat(said["answers"][0]["received_at"]) > RECENTLY


def test_o4_sending_again_gives_one_record_and_two_successes(signed_in):
    lan = signed_in(LAN)
    household = a_household(recorded_at=RECENTLY)

    outcomes = [deliver(lan, household).json()["answers"][0]["outcome"] for _ in range(2)]

    assert outcomes == ["accepted", "duplicate"]
    assert len(lan.get("/api/v1/field-pack").json()["households"]) == 1


def test_o5_one_bad_record_has_a_plain_reason_and_never_blocks_the_rest(signed_in):
    bad = a_household(recorded_at=RECENTLY, label="số thẻ 001 234 567 890")
    good = a_household(recorded_at=RECENTLY)

    answers = deliver(signed_in(LAN), bad, good, **{"accept-language": "vi"}).json()["answers"]

    assert [a["outcome"] for a in answers] == ["parked", "accepted"]
    assert answers[0]["reason"]["code"] == "text.id_number"
    assert "căn cước" in answers[0]["reason"]["text"]


def test_the_reason_comes_in_the_language_of_the_phone(signed_in):
    bad = a_household(recorded_at=RECENTLY, label="số thẻ 001 234 567 890")

    answers = deliver(signed_in(LAN), bad, **{"accept-language": "en"}).json()["answers"]

    assert "ID card" in answers[0]["reason"]["text"]


@pytest.mark.parametrize(
    "raw",
    [
        {"id": "0199a000-0000-7000-8000-000000000001"},
        {
            "id": "0199a000-0000-7000-8000-000000000001",
            "seq": "one",
            "kind": "visit",
            "schema": 1,
            "body": {},
        },
        {
            "id": "0199a000-0000-7000-8000-000000000001",
            "seq": 1,
            "kind": "visit",
            "schema": 1,
            "recorded_at": "2026-11-22T10:00:00",
            "body": {},
        },
    ],
    ids=["almost empty", "wrong type", "time without a zone"],
)
def test_an_operation_that_cannot_be_read_is_parked_and_kept(signed_in, raw):
    good = a_household(recorded_at=RECENTLY)

    answers = deliver(signed_in(LAN), raw, good).json()["answers"]

    assert {a["id"]: a["outcome"] for a in answers} == {raw["id"]: "parked", str(good.id): "accepted"}


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"[]",
        b"{",
        b"\xff\xfe",
        b'{"device_id": 1}',
        b"[" * 100_000,
        b'{"device_id":"x","app_build":"","ops":[]}',
    ],
    ids=["empty", "list", "cut off", "not utf-8", "wrong", "deep", "no id"],
)
def test_a_delivery_that_is_not_one_is_refused_whole_and_changes_nothing(signed_in, body):
    lan = signed_in(LAN)

    assert lan.post_from_us("/api/v1/ops", content=body).status_code == 400
    assert lan.get("/api/v1/field-pack").json()["households"] == []


def test_a_delivery_that_is_too_large_asks_for_smaller_ones(signed_in):
    answer = signed_in(LAN).post_from_us("/api/v1/ops", content=b" " * (LARGEST_BATCH_BYTES + 1))

    assert answer.status_code == 413


def test_a_delivery_of_too_many_operations_is_refused(signed_in):
    batch = [a_household(recorded_at=RECENTLY) for _ in range(MOST_PER_BATCH + 1)]

    assert deliver(signed_in(LAN), *batch).status_code == 400


def test_signed_out_phones_are_told_so_and_never_redirected(visitor):
    answer = deliver(visitor, a_household())

    assert (answer.status_code, answer.headers["content-type"]) == (401, "application/json")
    assert visitor.get("/api/v1/field-pack").status_code == 401


def test_the_front_sends_nothing_and_carries_nothing(signed_in):
    front = signed_in(THE_FRONT)

    assert deliver(front, a_household()).status_code == 404
    assert front.get("/api/v1/field-pack").status_code == 404


@pytest.mark.parametrize(
    "headers",
    [
        {"sec-fetch-site": "cross-site"},
        {"sec-fetch-site": "same-site"},
        {"origin": "https://evil.example"},
        {},
    ],
)
def test_a_request_from_another_site_is_refused(signed_in, headers):
    lan = signed_in(LAN)

    assert lan.post("/api/v1/ops", content=a_delivery(a_household()), headers=headers).status_code == 403


def test_an_old_browser_is_judged_by_its_origin(signed_in):
    answer = signed_in(LAN).post(
        "/api/v1/ops",
        content=a_delivery(a_household(recorded_at=RECENTLY)),
        headers={"origin": "http://localhost"},
    )

    assert answer.status_code == 200


def test_the_pack_holds_the_volunteers_own_hamlets_and_nothing_of_others(signed_in):
    lan = signed_in(LAN)
    household = a_household(recorded_at=RECENTLY)
    deliver(
        lan,
        household,
        a_member(household.id, recorded_at=RECENTLY),
        a_visit(household.id, recorded_at=RECENTLY),
    )

    pack = lan.get("/api/v1/field-pack").json()
    hoas = signed_in(HOA).get("/api/v1/field-pack").json()

    assert [h["id"] for h in pack["hamlets"]] == [str(HAMLET)]
    assert [h["id"] for h in pack["households"]] == [str(household.id)]
    assert (len(pack["members"]), len(pack["visits"])) == (1, 1)
    assert pack["households"][0]["is_met"] is True
    assert str(NEXT_HAMLET) not in json.dumps(pack)
    assert hoas["households"] == hoas["members"] == hoas["visits"] == []


def test_f11_a_phone_carries_the_last_five_visits_of_a_household(signed_in):
    lan = signed_in(LAN)
    household = a_household(recorded_at=RECENTLY)
    visits = [
        a_visit(household.id, recorded_at=RECENTLY - timedelta(days=days), note=f"lần {days}")
        for days in range(7)
    ]
    deliver(lan, household, *visits)

    pack = lan.get("/api/v1/field-pack").json()

    assert sorted(v["note"] for v in pack["visits"]) == [f"lần {days}" for days in range(5)]


def test_an_unchanged_pack_is_not_sent_again(signed_in):
    lan = signed_in(LAN)
    mark = lan.get("/api/v1/field-pack").json()["mark"]

    assert lan.get("/api/v1/field-pack", headers={"if-none-match": f'"{mark}"'}).status_code == 304


def test_the_pack_comes_in_pages_that_lose_nothing(signed_in, monkeypatch):
    monkeypatch.setattr("volunteer_app.pages.sync.field_pack.HOUSEHOLDS_PER_PAGE", 2)
    lan = signed_in(LAN)
    made = [a_household(recorded_at=RECENTLY) for _ in range(5)]
    deliver(lan, *made)

    found, since, left = [], "", 1
    while left:
        page = lan.get("/api/v1/field-pack", params={"since": since}).json()
        found += [household["id"] for household in page["households"]]
        since = ",".join(f"{id_}:{number}" for id_, number in page["cursors"].items())
        left = page["left"]

    assert found == [str(household.id) for household in made]
    assert lan.get("/api/v1/field-pack", params={"since": since}).json()["households"] == []


def test_a_hamlet_that_was_never_ones_own_is_not_told_about(signed_in):
    """Ids of hamlets are public: a phone that says it holds one proves nothing."""
    page = signed_in(HOA).get("/api/v1/field-pack", params={"since": f"{HAMLET}:0"}).json()

    assert page["moved"] == [] and str(HAMLET) not in page["cursors"]


def test_a2_a_hamlet_given_to_somebody_else_is_told_as_moved(signed_in, in_database):
    async def had_it_once(database):
        async with database.writing() as db:
            db.add(
                AssignmentRow(
                    province_code=PROVINCE,
                    id=UUID(int=5),
                    commune_code=COMMUNE,
                    hamlet_id=HAMLET,
                    person_id=HOA,
                    first_day=local_day(RECENTLY) - timedelta(days=60),
                    last_day=local_day(RECENTLY) - timedelta(days=30),
                )
            )

    in_database(had_it_once)
    hoa = signed_in(HOA)

    page = hoa.get("/api/v1/field-pack", params={"since": f"{HAMLET}:0"}).json()

    assert [moved["hamlet_id"] for moved in page["moved"]] == [str(HAMLET)]
    assert page["moved"][0]["now_with"] == [f"Người mẫu {str(LAN)[:4]}"]
    assert str(HAMLET) not in page["cursors"]


@pytest.mark.parametrize("since", ["x", "x:1", f"{HAMLET}:one", f"{HAMLET}"])
def test_cursors_that_are_not_ours_are_refused(signed_in, since):
    assert signed_in(LAN).get("/api/v1/field-pack", params={"since": since}).status_code == 400


def introduce(visitor, by=None) -> None:
    """What a phone sends after a sign-in, before anything was recorded; the key of `by` is known since."""
    assert deliver(visitor, by=by).status_code == 200


def test_a8_on_a_shared_phone_work_is_credited_to_who_did_it(signed_in):
    lan = signed_in(LAN)
    introduce(lan, by=LAN)
    household = json.loads(msgspec.json.encode(a_household(recorded_at=RECENTLY, person_id=LAN)))
    box = signed_and_sealed(lan.get("/api/v1/field-pack").json()["seal_with"], household, KEYS[LAN])

    answers = deliver(signed_in(HOA), box).json()["answers"]

    assert [a["outcome"] for a in answers] == ["accepted"]
    assert len(signed_in(LAN).get("/api/v1/field-pack").json()["households"]) == 1
    assert signed_in(HOA).get("/api/v1/field-pack").json()["households"] == []


def test_nobody_can_pass_work_off_as_that_of_somebody_who_never_held_the_phone(signed_in):
    forged = a_household(recorded_at=RECENTLY, person_id=LAN)

    answers = deliver(signed_in(HOA), forged).json()["answers"]

    assert (answers[0]["outcome"], answers[0]["reason"]["code"]) == ("parked", "operation.not_proven")
    assert signed_in(LAN).get("/api/v1/field-pack").json()["households"] == []


def long_ago(household, outcome: str, days: int, **said):
    """The last call at this household, so many days ago."""
    return a_visit(household.id, outcome=outcome, recorded_at=RECENTLY - timedelta(days=days), **said)


def test_p4_a_household_closed_long_ago_is_carried_no_more_until_a_leader_brings_it_back(signed_in):
    lan = signed_in(LAN)
    closed, fresh, awaited, met = (
        a_household(label=f"Chim Mẫu {word}", recorded_at=RECENTLY - timedelta(days=60))
        for word in ("Một", "Hai", "Ba", "Tư")
    )
    deliver(lan, closed, fresh, awaited, met)
    later = (RECENTLY + timedelta(days=9)).date().isoformat()
    visits = [
        long_ago(closed, "met", 50),
        long_ago(closed, "moved", CLOSED_STAYS_DAYS + 1),
        long_ago(fresh, "refused", CLOSED_STAYS_DAYS - 1),
        long_ago(awaited, "refused", 40, return_on=later),
        long_ago(met, "met", 50),
    ]
    answers = deliver(lan, *visits).json()["answers"]
    assert {answer["outcome"] for answer in answers} == {"accepted"}

    pack = lan.get("/api/v1/field-pack").json()

    carried = {row["id"]: row["leaves_on"] for row in pack["households"]}
    on = local_day(RECENTLY + timedelta(days=1)).isoformat()
    assert carried == {str(fresh.id): on, str(awaited.id): None, str(met.id): None}
    moved_on = local_day(RECENTLY - timedelta(days=CLOSED_STAYS_DAYS + 1)).isoformat()
    assert pack["hamlets"][0]["closed"] == [
        {"id": str(closed.id), "is_met": True, "is_independent": False, "last_visit_on": moved_on}
    ]
    assert "Chim Mẫu Một" not in json.dumps(pack, ensure_ascii=False)
    assert str(closed.id) not in {visit["household_id"] for visit in pack["visits"]}

    note = {"text": "Nhà đã về, mời ghé lại"}
    signed_in(MINH).post_from_us(f"/vi/households/{closed.id}/notes", data=note)
    since = ",".join(f"{id_}:{number}" for id_, number in pack["cursors"].items())
    again = signed_in(LAN).get("/api/v1/field-pack", params={"since": since}).json()

    assert [row["id"] for row in again["households"]] == [str(closed.id)]
    assert again["hamlets"][0]["closed"] == []


def test_the_outbox_has_a_name_for_every_kind_of_operation(visitor):
    outbox = visitor.get("/vi/field/outbox").text

    assert [kind for kind in KINDS if f'<p data-key="kind.{kind}">' not in outbox] == []
