"""The review queue (O6, O13): what was not taken says why, and a leader decides; two values, of which one stands."""

from datetime import UTC, datetime, timedelta

import msgspec
import pytest
import sqlalchemy as sa
from sqlmodel import col

from tests.field_work import deliver
from tests.pages.sync.test_routes import deliver as send
from tests.people import (
    COMMUNE,
    HAMLET,
    HOA,
    LAN,
    LANS_PHONE,
    MINH,
    NEXT_HAMLET,
    PROVINCE,
    SCOPES,
    THE_FRONT,
    a_household,
    a_visit,
    an_operation,
    id_of,
)
from volunteer_app.domain.calendar import local_day
from volunteer_app.domain.operations.envelope import TimeQuality
from volunteer_app.storage.assignments import AssignmentRow
from volunteer_app.storage.clashes import open_clashes
from volunteer_app.storage.operations.log import OperationRow
from volunteer_app.storage.operations.parked import parked_in
from volunteer_app.storage.operations.senders import Sender
from volunteer_app.storage.operations.taking import take_all

NOW = datetime.now(UTC)
HOME = a_household(recorded_at=NOW)
FOREIGN = a_household(recorded_at=NOW, hamlet_id=NEXT_HAMLET, code="KM-1")


def changed(count, knew):
    body = {"household_id": HOME.id, "people_count": count, "base": {"people_count": knew}}
    return an_operation("household_change", body, schema=2, recorded_at=NOW)


@pytest.fixture
def desk(signed_in, in_database):
    """Lan registered a household in a hamlet that was never hers; two phones counted one family differently."""

    async def arrive(database):
        async with database.writing() as db:
            sender = Sender(SCOPES[LAN], LANS_PHONE, "b1")
            await take_all(db, sender, [HOME, FOREIGN, changed(4, None), changed(6, None)], NOW)

    in_database(arrive)
    return signed_in(MINH)


@pytest.fixture
def left(in_database):
    """How many entries and clashes are left to decide."""

    async def count(database):
        async with database.reading() as db:
            return len(await parked_in(db, SCOPES[MINH])), len(await open_clashes(db, SCOPES[MINH]))

    return lambda: in_database(count)


def test_o6_what_was_not_taken_is_shown_with_its_reason(desk):
    page = desk.get("/en/review").text

    assert "The hamlet was never assigned to the person who recorded this" in page and "New household" in page
    assert "<blockquote>Nông Văn Mẫu</blockquote>" in page, "what the entry says"
    assert "Before: 4" in page and "Now: 6" in page
    overview = desk.get("/en/desk").text
    assert "<b>1</b><span>entries to look at" in overview
    assert "<b>1</b><span>fields with two values" in overview


def test_o13_the_leader_lets_one_value_stand(desk, left, signed_in):
    clash = desk.get("/en/review").text.partition("/en/review/clashes/")[2].partition('"')[0]

    desk.post_from_us(f"/en/review/clashes/{clash}", data={"keep": "stood"})

    assert left() == (1, 0)
    (home,) = [
        row
        for row in signed_in(LAN).get("/api/v1/field-pack").json()["households"]
        if row["id"] == str(HOME.id)
    ]
    assert home["people_count"] == 4 and home["clashes"] == []


def test_an_entry_is_taken_once_its_hamlet_was_given(desk, left):
    again = {"what": "again"}
    desk.post_from_us(f"/en/review/entries/{FOREIGN.id}", data=again)
    assert left()[0] == 1  # still nobody gave Lan that hamlet

    desk.post_from_us("/en/assignments", data={"hamlet": str(NEXT_HAMLET), "person": str(LAN)})
    desk.post_from_us(f"/en/review/entries/{FOREIGN.id}", data=again)

    assert left()[0] == 0
    assert "KM-1" in desk.get("/en/households?q=KM-1").text


def test_an_entry_is_left_out_with_a_reason_only(desk, left):
    """It is chosen: the audit is never erased, so nothing that was typed about a family may get into it (P9)."""
    refused = [
        desk.post_from_us(f"/en/review/entries/{FOREIGN.id}", data={"what": "discard", "why": why})
        for why in ("", "Đã có hộ bà Mẩy (mẫu)")
    ]
    before = left()
    desk.post_from_us(f"/en/review/entries/{FOREIGN.id}", data={"what": "discard", "why": "twice"})

    assert [one.status_code for one in refused] == [422, 422]
    assert all(f'id="why-{FOREIGN.id}"' in one.text for one in refused)
    assert (before[0], left()[0]) == (1, 0)


FORGED = a_household(recorded_at=NOW, person_id=LAN, code="CR-1")


@pytest.fixture
def unproven(signed_in):
    """Hoà's phone has brought what it says Lan recorded; nothing proves it."""
    deliver_as(signed_in(HOA), FORGED)
    return signed_in(MINH)


def deliver_as(visitor, *operations):
    content = msgspec.json.encode({"device_id": LANS_PHONE, "app_build": "test", "ops": list(operations)})
    return visitor.post_from_us("/api/v1/ops", content=content)


def test_i9_what_is_not_proven_waits_with_who_brought_it(unproven, left):
    page = unproven.get("/vi/review").text

    assert left()[0] == 1
    assert "Chưa rõ ai ghi" in page and f"Người mẫu {str(LAN)[:4]}" in page
    assert f"Người mẫu {str(HOA)[:4]} mang đến" in page


def test_i9_the_leader_takes_what_is_not_proven_or_leaves_it(unproven, left, signed_in, in_database):
    unproven.post_from_us(f"/vi/review/entries/{FORGED.id}", data={"what": "again"})

    assert left()[0] == 0
    assert len(signed_in(LAN).get("/api/v1/field-pack").json()["households"]) == 1

    async def read(database):
        async with database.reading() as db:
            return await db.get(OperationRow, (PROVINCE, FORGED.id))

    row = in_database(read)
    assert (row.person_id, row.delivered_by, row.signed_with) == (LAN, HOA, None), "the log goes on saying so"

    other = a_household(recorded_at=NOW, person_id=LAN, code="CR-2")
    deliver_as(signed_in(HOA), other)
    minh = signed_in(MINH)
    minh.post_from_us(f"/vi/review/entries/{other.id}", data={"what": "discard", "why": "not_so"})
    assert left()[0] == 0 and len(signed_in(LAN).get("/api/v1/field-pack").json()["households"]) == 1


def test_i9_what_names_nobody_of_the_province_waits_where_its_bringer_is(signed_in, left):
    """No entry waits where nobody looks."""
    deliver_as(signed_in(LAN), a_household(recorded_at=NOW, person_id=id_of("nobody we know")))

    assert left()[0] == 1
    assert "mang đến" in signed_in(MINH).get("/vi/review").text


def test_a2_e12_what_arrived_after_its_lease_is_told_to_the_leader_to_its_author_and_to_the_new_holder(
    desk, signed_in, in_database
):
    visit, mended = a_visit(HOME.id, recorded_at=NOW), a_visit(HOME.id, recorded_at=NOW)
    mended.time_quality = TimeQuality.CORRECTED

    async def hand_over(database):
        over = local_day(NOW) - timedelta(days=1)
        async with database.writing() as db:
            ended = sa.update(AssignmentRow).where(col(AssignmentRow.person_id) == LAN).values(last_day=over)
            await (await db.connection()).execute(ended)
            ours = {"province_code": PROVINCE, "commune_code": COMMUNE, "hamlet_id": HAMLET}
            days = {"first_day": over + timedelta(days=1), "last_day": over + timedelta(days=30)}
            db.add(AssignmentRow(**ours, **days, id=id_of("Minh's own lease"), person_id=MINH))

    in_database(hand_over)
    content = msgspec.json.encode({"device_id": LANS_PHONE, "app_build": "test", "ops": [visit, mended]})
    english = {"accept-language": "en"}
    delivered = signed_in(LAN).post_from_us("/api/v1/ops", content=content, headers=english)
    said = delivered.json()["answers"]
    minh = signed_in(MINH)

    assert [one["outcome"] for one in said] == ["accepted", "accepted"]
    assert "counts as your work" in said[0]["reason"]["text"]
    page = minh.get("/en/review").text
    assert "2 visits arrived after their assignment had ended" in page
    assert f"The hamlet is now with Người mẫu {str(MINH)[:4]}" in page
    history = minh.get(f"/en/households/{HOME.id}").text
    assert history.count("Arrived after the assignment had ended") == 2
    assert history.count("Time corrected by the server") == 1
    pack = minh.get("/api/v1/field-pack").json()
    assert [(one["household_id"], one["person_name"]) for one in pack["late"]] == [
        (str(HOME.id), f"Người mẫu {str(LAN)[:4]}")
    ] * 2
    assert [one["is_after_lease"] for one in pack["visits"]] == [True, True]


@pytest.mark.parametrize("person", [LAN, HOA, THE_FRONT])
def test_nobody_else_decides(desk, signed_in, person):
    somebody = signed_in(person)

    assert somebody.get("/en/review").status_code == 404
    assert (
        somebody.post_from_us(f"/en/review/entries/{FOREIGN.id}", data={"what": "again"}).status_code == 404
    )


def test_f16_the_leader_puts_the_one_field_right_and_the_author_is_told(desk, left, signed_in, in_database):
    house = a_household(recorded_at=NOW, people_count=99, code="NL-99")
    visit = a_visit(house.id, recorded_at=NOW)

    async def arrive(database):
        async with database.writing() as db:
            sender = Sender(SCOPES[LAN], LANS_PHONE, "b1")
            await take_all(db, sender, [house, visit], NOW)

    in_database(arrive)
    page = desk.get("/vi/review").text
    entry = page[page.index(f"entry-{house.id}") :]
    assert "Số người" in entry and 'value="99"' in entry
    assert "Thử nhận lại" not in entry[: entry.index("</li>")], "as it is it can never be taken"

    wrong = desk.post_from_us(f"/vi/review/entries/{house.id}", data={"what": "mend", "said": "61"})
    right = desk.post_from_us(
        f"/vi/review/entries/{house.id}", data={"what": "mend", "said": "6"}, follow_redirects=False
    )
    told = send(signed_in(LAN), house, visit).json()["answers"]

    assert (wrong.status_code, right.status_code) == (422, 303)
    assert "Máy chủ không đọc" in wrong.text
    assert [answer["outcome"] for answer in told] == ["duplicate"] * 2
    assert told[0]["reason"]["code"] == "operation.mended_by_leader"


def test_unknown_entries_are_not_found(desk):
    nothing = id_of("nothing")
    assert desk.post_from_us(f"/en/review/entries/{nothing}", data={"what": "again"}).status_code == 404
    assert desk.post_from_us(f"/en/review/entries/{FOREIGN.id}", data={"what": "eat"}).status_code == 404
    assert desk.post_from_us(f"/en/review/clashes/{nothing}/label", data={"keep": "said"}).status_code == 404


def test_an_empty_queue_says_so(signed_in, in_database):
    in_database(lambda database: deliver(database, [HOME], of=LAN, now=NOW))

    assert "Nothing waits for a decision" in signed_in(MINH).get("/en/review").text
