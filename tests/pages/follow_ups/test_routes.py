"""Returns at the desk (A4): overdue first, asked of somebody, settled with a reason; and the calendar file (A7)."""

from datetime import UTC, datetime, timedelta

import pytest

from tests import javascript
from tests.field_work import deliver
from tests.people import (
    HOA,
    LAN,
    MINH,
    PROVINCE,
    SCOPES,
    THE_FRONT,
    a_household,
    a_member,
    a_visit,
    a_walk_through,
    id_of,
)
from volunteer_app.domain.calendar import local_day
from volunteer_app.storage import follow_ups
from volunteer_app.storage.people import MembershipRow

NOW = datetime.now(UTC)
EARLIER = NOW - timedelta(days=12)
LATE = a_household(code="NT-001", label="Nông Thị Trễ", recorded_at=EARLIER)
SOON = a_household(code="NT-002", label="Lý A Sớm", recorded_at=EARLIER)
OVERDUE = a_visit(LATE.id, outcome="nobody_home", recorded_at=EARLIER)
DUE = a_visit(SOON.id, outcome="later", recorded_at=NOW - timedelta(days=2))


@pytest.fixture
def desk(signed_in, in_database):
    """Minh at the desk; one return is overdue, one due."""
    in_database(lambda database: deliver(database, [LATE, SOON, OVERDUE, DUE], of=LAN, now=NOW))
    return signed_in(MINH)


def test_a4_overdue_returns_come_first_and_are_counted(desk):
    page = desk.get("/en/follow-ups").text

    assert page.index("Nông Thị Trễ") < page.index("Lý A Sớm")
    assert "overdue: 1" in page and "2 returns" in page and "5 days late" in page


def test_a_return_is_cancelled_with_a_reason_only(desk):
    refused = desk.post_from_us(f"/en/follow-ups/{OVERDUE.id}", data={"settled_as": "cancelled", "why": ""})
    page = desk.post_from_us(
        f"/en/follow-ups/{OVERDUE.id}", data={"settled_as": "cancelled", "why": "Đã gọi"}
    )

    assert refused.status_code == 422
    assert f'href="#why-{OVERDUE.id}"' in refused.text
    assert "Nông Thị Trễ" not in page.text
    assert "Đã gọi" in desk.get(f"/en/households/{LATE.id}").text


def test_a_return_is_asked_of_somebody_and_their_phone_says_so(desk, signed_in):
    page = desk.post_from_us(f"/en/follow-ups/{OVERDUE.id}", data={"person": str(LAN)}).text

    assert "Asked of" in page
    found = {row["id"]: row for row in signed_in(LAN).get("/api/v1/field-pack").json()["follow_ups"]}
    assert found[str(OVERDUE.id)]["person_id"] == str(LAN)


def test_s3_who_taught_is_named_so_that_somebody_else_is_asked_to_look_again(signed_in, in_database):
    month_ago = NOW - timedelta(days=30)
    home = a_household(recorded_at=month_ago)
    member, visit = a_member(home.id, recorded_at=month_ago), a_visit(home.id, recorded_at=month_ago)
    run = a_walk_through(home.id, visit.id, member.id, recorded_at=month_ago)
    in_database(lambda database: deliver(database, [home, member, visit, run], of=LAN, now=NOW))

    page = signed_in(MINH).get("/en/follow-ups").text

    assert f"Taught by Người mẫu {str(LAN)[:4]}: it is surer when somebody else looks" in page
    [row] = signed_in(LAN).get("/api/v1/field-pack").json()["follow_ups"]
    assert (row["reason"], row["taught_by"]) == ("recheck", str(LAN))


@pytest.fixture
def lans_account_has_ended(in_database):
    async def end(database):
        async with database.writing() as db:
            (await db.get(MembershipRow, (PROVINCE, LAN))).last_day = local_day(NOW) - timedelta(days=1)

    return lambda: in_database(end)


def test_i7_an_account_that_ends_hands_its_open_returns_to_the_leader(desk, lans_account_has_ended):
    desk.post_from_us(f"/en/follow-ups/{OVERDUE.id}", data={"person": str(LAN)})
    before = desk.get("/en/follow-ups").text
    assert "Handed over to you" not in before

    lans_account_has_ended()

    after = desk.get("/en/follow-ups").text
    assert "2 returns are yours now" in after, "the one she was asked to make, and the one of her hamlet"
    assert after.count("Handed over to you from") == 2
    desk.post_from_us(f"/en/follow-ups/{OVERDUE.id}", data={"settled_as": "done"})
    assert "1 return is yours now" in desk.get("/en/follow-ups").text


def test_a_return_is_not_asked_of_strangers(desk):
    assert desk.post_from_us(f"/en/follow-ups/{OVERDUE.id}", data={"person": str(HOA)}).status_code == 404
    assert desk.post_from_us(f"/en/follow-ups/{OVERDUE.id}", data={"settled_as": "lost"}).status_code == 404


def test_a7_my_returns_as_a_calendar_file_without_names(desk, signed_in):
    answer = signed_in(LAN).get("/vi/follow-ups/calendar.ics")

    assert answer.headers["content-type"].startswith("text/calendar")
    assert "NT-001" in answer.text and "Nông" not in answer.text
    assert answer.text.count("BEGIN:VEVENT") == 2


@pytest.mark.parametrize("person", [LAN, HOA, THE_FRONT])
def test_nobody_else_settles_returns(desk, signed_in, person):
    somebody = signed_in(person)

    assert somebody.get("/en/follow-ups").status_code == 404
    assert somebody.post_from_us(f"/en/follow-ups/{OVERDUE.id}", data={}).status_code == 404


def test_an_unknown_return_is_not_found(desk):
    assert desk.post_from_us(f"/en/follow-ups/{id_of('nothing')}", data={}).status_code == 404
    assert desk.post_from_us("/en/follow-ups/nothing", data={}).status_code == 404


def test_an_empty_list_says_what_to_do(signed_in):
    assert "Nobody is waiting for a return" in signed_in(MINH).get("/en/follow-ups").text


def test_r5_phone_and_desk_count_the_same_returns_as_overdue(signed_in, in_database, tmp_path):
    """Also those that are finished where there is signal, without a visit."""
    member, visit = a_member(LATE.id, recorded_at=EARLIER), a_visit(LATE.id, recorded_at=EARLIER)
    stuck = {"marks": {"open-app": "stuck"}, "stuck_step": "open-app", "blocker": "no_signal"}
    run = a_walk_through(LATE.id, visit.id, member.id, recorded_at=EARLIER, teach_back="skipped", **stuck)
    work = [LATE, SOON, member, visit, run, a_visit(SOON.id, outcome="nobody_home", recorded_at=EARLIER)]
    in_database(lambda database: deliver(database, work, of=LAN, now=NOW))

    async def at_the_desk(database):
        async with database.reading() as db:
            return (await follow_ups.counts_in(db, SCOPES[MINH], local_day(NOW)))[1]

    pack = signed_in(LAN).get("/api/v1/field-pack?since=").json()
    on_the_phone = javascript.asked(
        javascript.assembled(tmp_path),
        {"follow_ups": pack["follow_ups"], "today": str(local_day(NOW))},
        'const { overdue } = await import("./service_worker/rules.js")\n'
        "return overdue(questions.follow_ups, questions.today).length",
    )

    assert on_the_phone == in_database(at_the_desk) == 2
