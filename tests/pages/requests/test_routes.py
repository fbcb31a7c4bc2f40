"""A citizen asks for a visit without an account; it lands in the leader's queue, and nowhere else."""

import re
from datetime import UTC, datetime, timedelta

import pytest
from sqlmodel import select

from tests.pages.sync.test_routes import RECENTLY, deliver
from tests.people import (
    COMMUNE,
    FAR_HAMLET,
    HAMLET,
    HOA,
    LAN,
    MINH,
    NEXT_HAMLET,
    OTHER_COMMUNE,
    PROVINCE,
    THE_FRONT,
    an_operation,
    id_of,
)
from volunteer_app.domain.calendar import local_day
from volunteer_app.domain.operations.kinds import SCHEMA
from volunteer_app.domain.visit_requests import MOST_NEW, RequestStatus
from volunteer_app.storage import visit_requests
from volunteer_app.storage.people import MembershipRow
from volunteer_app.storage.places import CommuneRow, search_words
from volunteer_app.storage.visit_requests import VisitRequestRow

FORM = "/en/yeu-cau-tham"
QUEUE = "/en/requests"


TOMORROW = local_day(datetime.now(UTC)) + timedelta(days=1)


def send(person, day=TOMORROW):
    """Who goes, and when."""
    return {"person": str(person), "day": day.isoformat()}


def ask(visitor, **changes):
    data = {"xa": COMMUNE, "hamlet": str(HAMLET), "name": "Bà Mẫu", "phone": "0912 345 678"}
    return visitor.post_from_us(FORM, data=data | changes, follow_redirects=False)


@pytest.fixture
def kept(in_database):
    """Every request that the database holds."""

    def read():
        async def work(database):
            async with database.reading() as db:
                return list(await db.exec(select(VisitRequestRow).order_by(VisitRequestRow.received_at)))

        return in_database(work)

    return read


@pytest.fixture
def findable(in_database):
    """The communes of the tests can be found by name, as imported ones can."""

    async def work(database):
        async with database.writing() as db:
            for commune in await db.exec(select(CommuneRow)):
                commune.search = search_words([commune.full_name])

    in_database(work)


def received(answer):
    return (answer.status_code, answer.headers.get("location")) == (303, f"{FORM}/da-nhan")


def test_c8_a_request_lands_in_the_leaders_queue(visitor, signed_in, kept):
    answer = ask(visitor, so="3")

    assert received(answer)
    assert "set-cookie" not in answer.headers
    assert "Thank you" in visitor.get(answer.headers["location"]).text
    queue = signed_in(MINH).get(QUEUE).text
    assert "Bà Mẫu" in queue and "0912 345 678" in queue and "Nà Thử" in queue
    assert "Activate your VNeID level 2 account" in queue
    (row,) = kept()
    assert (row.province_code, row.commune_code, row.hamlet_id) == (PROVINCE, COMMUNE, HAMLET)


def test_the_commune_is_found_by_what_people_call_it(visitor, findable):
    html = visitor.get(FORM, params={"tim": "minh tan", "so": "3"}).text

    link = re.search(rf'href="\?([^"]*xa={COMMUNE}[^"]*)"', html)
    assert link and "so=3" in link[1]
    form = visitor.get(f"{FORM}?{link[1].replace('&amp;', '&')}").text
    assert "Nà Thử" in form and "Bản Mẫu" not in form
    assert "No place of this name" in visitor.get(FORM, params={"tim": "nowhere at all"}).text


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"name": "  "}, "name"),
        ({"name": "x" * 61}, "name"),
        ({"name": "Bà 012345678901"}, "name"),
        ({"phone": "12345"}, "phone"),
        ({"phone": "không có"}, "phone"),
        ({"phone": ""}, "phone"),
        ({"phone": "0" * 150}, "phone"),
    ],
)
def test_what_is_wrong_is_said_at_its_field_and_nothing_is_kept(visitor, kept, changes, field):
    answer = ask(visitor, **changes)

    assert answer.status_code == 422
    assert f'href="#{field}"' in answer.text
    assert 'aria-invalid="true"' in answer.text
    assert "Nà Thử" in answer.text
    assert kept() == []


@pytest.mark.parametrize("changes", [{"xa": ""}, {"xa": "99999"}, {"xa": "x" * 150}])
def test_without_a_commune_the_form_asks_for_it(visitor, kept, changes):
    assert ask(visitor, **changes).status_code == 422
    assert kept() == []


@pytest.mark.parametrize("hamlet", ["", "nonsense", str(FAR_HAMLET), str(id_of("nowhere"))])
def test_a_hamlet_that_is_not_in_the_commune_is_left_open(visitor, kept, hamlet):
    assert received(ask(visitor, hamlet=hamlet))

    assert kept()[0].hamlet_id is None


@pytest.mark.parametrize("phone", ["+84912345678", "84 912 345 678", "0912-345-678", "(0912) 345.678"])
def test_a_number_is_kept_in_one_form(visitor, kept, phone):
    assert received(ask(visitor, phone=phone))

    assert kept()[0].phone == "0912345678"


def test_i11_another_request_with_a_known_number_takes_nothing_away(visitor, signed_in, kept):
    """The attack (S11): somebody's number with another commune, and with another name."""
    ask(visitor)
    assert received(ask(visitor, name="Kẻ lạ", xa=OTHER_COMMUNE))
    assert received(ask(visitor, name="Bà Mẫu Hai", hamlet="", phone="+84 912 345 678"))

    assert {(row.commune_code, row.name) for row in kept()} == {
        (COMMUNE, "Bà Mẫu"), (OTHER_COMMUNE, "Kẻ lạ"), (COMMUNE, "Bà Mẫu Hai"),
    }  # fmt: skip
    queue = signed_in(MINH).get(QUEUE).text
    assert queue.count("0912 345 678") == 1, "one line a telephone"
    assert "Bà Mẫu Hai" in queue and "asked 1 more time" in queue and "Kẻ lạ" not in queue


def test_a_thousand_taps_are_one_line(visitor, kept):
    for _ in range(5):
        assert received(ask(visitor))

    assert len(kept()) == 1


def test_a_robot_is_told_the_same_and_nothing_is_kept(visitor, kept):
    assert received(ask(visitor, website="https://spam.example"))
    assert kept() == []


def test_i11_a_flood_keeps_nobody_out_and_does_not_bury_the_list(visitor, signed_in, kept):
    """The attack (S11): sixty made-up numbers an hour shut every citizen of the commune out."""
    for number in range(MOST_NEW):
        assert received(ask(visitor, phone=f"09123456{number:02d}"))

    assert received(ask(visitor, phone="0987654321", name="Bà Thật"))
    assert received(ask(visitor, phone="0987654321", xa=OTHER_COMMUNE))

    assert len(kept()) == MOST_NEW + 2
    assert [row.name for row in kept() if row.to_check] == ["Bà Thật"]
    leader = signed_in(MINH)
    page = leader.get(QUEUE).text
    assert page.index("To check") < page.index("Bà Thật")
    (row,) = [row for row in kept() if row.to_check]
    leader.post_from_us(f"{QUEUE}/{row.id}/person", data=send(LAN))
    page = leader.get(QUEUE).text
    assert "Bà Thật" in page and "To check" not in page


def test_i11_only_a_pile_of_thousands_is_full(visitor, kept, monkeypatch):
    monkeypatch.setattr(visit_requests, "MOST_NEW", 1)
    monkeypatch.setattr(visit_requests, "MOST_TO_CHECK", 3)
    for number in range(3):
        assert received(ask(visitor, phone=f"09123456{number:02d}"))

    answer = ask(visitor, phone="0987654321")

    assert answer.status_code == 429 and "was not kept" in answer.text and len(kept()) == 3


def test_i11_closing_one_closes_what_the_same_number_asked_besides(visitor, signed_in, kept):
    ask(visitor)
    ask(visitor, name="Bà Mẫu Hai")

    signed_in(MINH).post_from_us(f"{QUEUE}/{kept()[0].id}/status", data={"status": "done"})

    assert [(row.name, row.phone) for row in kept()] == [(None, None)] * 2


def test_after_an_hour_the_commune_takes_more(visitor, in_database, kept):
    async def an_hour_ago(database):
        async with database.writing() as db:
            for number in range(MOST_NEW):
                db.add(
                    VisitRequestRow(
                        province_code=PROVINCE,
                        id=id_of(f"request {number}"),
                        commune_code=COMMUNE,
                        name="Bà Mẫu",
                        phone=f"09123456{number:02d}",
                        received_at=datetime.now(UTC) - timedelta(minutes=61),
                    )
                )

    in_database(an_hour_ago)

    assert received(ask(visitor, phone="0987654321"))


def test_closing_a_request_erases_name_and_telephone(visitor, signed_in, kept):
    ask(visitor)
    (row,) = kept()
    leader = signed_in(MINH)

    leader.post_from_us(f"{QUEUE}/{row.id}/person", data=send(LAN))
    assert "Bà Mẫu" in leader.get(QUEUE).text
    leader.post_from_us(f"{QUEUE}/{row.id}/status", data={"status": "done"})

    (row,) = kept()
    assert (row.status, row.name, row.phone) == (RequestStatus.DONE, None, None)
    assert row.settled_by == MINH
    queue = leader.get(QUEUE).text
    assert "Bà Mẫu" not in queue and "Closed lately" in queue


def test_a_closed_request_is_not_opened_again_and_its_phone_may_ask_anew(visitor, signed_in, kept):
    ask(visitor)
    (row,) = kept()
    leader = signed_in(MINH)
    leader.post_from_us(f"{QUEUE}/{row.id}/status", data={"status": "declined"})

    again = leader.post_from_us(f"{QUEUE}/{row.id}/person", data=send(LAN))

    assert "already" in again.text
    assert kept()[0].status is RequestStatus.DECLINED
    assert received(ask(visitor))
    assert len(kept()) == 2


@pytest.mark.parametrize("person", [LAN, HOA, THE_FRONT])
def test_others_do_not_see_the_queue(visitor, signed_in, kept, person):
    ask(visitor)
    (row,) = kept()
    other = signed_in(person)

    assert other.get(QUEUE).status_code == 404
    assert other.post_from_us(f"{QUEUE}/{row.id}/status", data={"status": "done"}).status_code == 404
    assert kept()[0].status is RequestStatus.NEW


def test_a_leader_of_another_commune_sees_and_settles_nothing(visitor, signed_in, in_database, kept):
    async def move(database):
        async with database.writing() as db:
            membership = await db.get(MembershipRow, (PROVINCE, MINH))
            membership.commune_code = OTHER_COMMUNE

    ask(visitor)
    in_database(move)
    (row,) = kept()
    stranger = signed_in(MINH)

    assert "Bà Mẫu" not in stranger.get(QUEUE).text
    assert stranger.post_from_us(f"{QUEUE}/{row.id}/status", data={"status": "done"}).status_code == 404


def test_signed_out_the_queue_asks_to_sign_in(visitor):
    assert visitor.get(QUEUE, follow_redirects=False).headers["location"] == f"/en/sign-in?back={QUEUE}"
    assert (
        visitor.post_from_us(
            f"{QUEUE}/{HAMLET}/status", data={"status": "done"}, follow_redirects=False
        ).status_code
        == 401
    )


@pytest.mark.parametrize("path", [f"{QUEUE}/not-an-id/status", f"{QUEUE}/{id_of('nowhere')}/status"])
def test_unknown_requests_are_not_found(signed_in, path):
    assert signed_in(MINH).post_from_us(path, data={"status": "done"}).status_code == 404


def test_an_unknown_status_is_refused(visitor, signed_in, kept):
    ask(visitor)

    answer = signed_in(MINH).post_from_us(f"{QUEUE}/{kept()[0].id}/status", data={"status": "gone"})

    assert answer.status_code == 400


@pytest.fixture
def sent_to(signed_in):
    """The citizens' requests that somebody's field pack brings."""
    return lambda person: signed_in(person).get("/api/v1/field-pack").json()["visit_requests"]


@pytest.fixture
def give(signed_in, kept):
    """The leader sends somebody on the oldest request; the page after it."""
    return lambda person: signed_in(MINH).post_from_us(f"{QUEUE}/{kept()[0].id}/person", data=send(person))


def test_a12_who_is_sent_has_it_on_the_phone_with_the_day(visitor, kept, give, sent_to):
    """The attack (desk B3): a request ended in the leader's list, and was copied into Zalo by hand."""
    ask(visitor, so="3", hamlet=str(NEXT_HAMLET))
    (row,) = kept()

    page = give(LAN).text

    assert "stands on their phone" in page and "Please send somebody" not in page
    assert f"goes on {TOMORROW:%d/%m/%Y}" in page
    assert sent_to(LAN) == [
        {"id": str(row.id), "name": "Bà Mẫu", "phone": "0912345678", "hamlet": "Khuổi Mẫu"}
        | {"visit_on": TOMORROW.isoformat(), "guide_number": 3}
    ]


def test_a12_only_who_is_sent_has_it_on_the_phone(visitor, give, sent_to):
    ask(visitor)
    assert sent_to(MINH) == [] == sent_to(LAN)

    give(LAN)
    assert sent_to(MINH) == [] == sent_to(HOA)
    give(MINH)

    assert sent_to(LAN) == [] and len(sent_to(MINH)) == 1, "given on, it leaves the first phone"


def done(kept, status="done"):
    """The phone says what came of the oldest request."""
    body = {"request_id": kept()[0].id, "status": status}
    return an_operation("request_answered", body, recorded_at=RECENTLY, schema=SCHEMA)


def test_a12_what_the_volunteer_says_closes_it_at_the_desk(visitor, signed_in, kept, give, sent_to):
    ask(visitor)
    ask(visitor, name="Bà Mẫu Hai")
    give(LAN)
    said = done(kept)

    answers = [deliver(signed_in(LAN), said).json()["answers"][0]["outcome"] for _ in range(2)]

    assert answers == ["accepted", "duplicate"]
    closed = (RequestStatus.DONE, None, None, LAN)
    assert [(row.status, row.name, row.phone, row.settled_by) for row in kept()] == [closed] * 2
    assert sent_to(LAN) == []
    page = signed_in(MINH).get(QUEUE).text
    assert "Bà Mẫu" not in page and "Visited" in page[page.index("Closed lately") :]


def test_a12_what_the_desk_closed_first_stays_as_it_was(visitor, signed_in, kept, give):
    ask(visitor)
    give(LAN)
    signed_in(MINH).post_from_us(f"{QUEUE}/{kept()[0].id}/status", data={"status": "declined"})

    assert deliver(signed_in(LAN), done(kept)).json()["answers"][0]["outcome"] == "accepted"
    assert (kept()[0].status, kept()[0].settled_by) == (RequestStatus.DECLINED, MINH)


def test_a12_whoever_left_the_team_does_not_come_and_the_leader_is_asked(
    visitor, signed_in, in_database, give
):
    """The kind of A2: what is said of a person holds as long as they are there."""

    async def leave(database):
        async with database.writing() as db:
            membership = await db.get(MembershipRow, (PROVINCE, LAN))
            membership.last_day = TOMORROW - timedelta(days=2)

    ask(visitor)
    give(LAN)
    in_database(leave)

    page = signed_in(MINH).get(QUEUE).text
    assert "Please send somebody" in page and "has left the team" in page and "Write them the day" not in page


@pytest.mark.parametrize(
    ("form", "said"),
    [
        ({"person": ""}, "choose who goes"),
        ({"person": str(HOA)}, "choose who goes"),
        ({"person": "nobody"}, "choose who goes"),
        ({"day": ""}, "from today on"),
        ({"day": "31/02/2026"}, "from today on"),
        ({"day": "2026-01-01"}, "from today on"),
        ({"day": "2099-01-01"}, "from today on"),
    ],
)
def test_a12_a_wrong_person_or_day_is_said_at_its_field(visitor, signed_in, kept, form, said):
    ask(visitor)

    answer = signed_in(MINH).post_from_us(f"{QUEUE}/{kept()[0].id}/person", data=send(LAN) | form)

    assert answer.status_code == 422 and said in answer.text
    assert kept()[0].person_id is None
