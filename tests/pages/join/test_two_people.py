"""Two people are two origins: nobody is two by a second seat that their own hand gave out."""

import re
from datetime import UTC, datetime, timedelta

import pytest
import sqlalchemy as sa
from sqlmodel import col

from tests.pages.join.test_decisions import opened_for
from tests.pages.join.test_routes import answer, can_work, choose_pin, enter, use
from tests.people import LAN, MINH, PROVINCE, THE_FRONT
from volunteer_app.storage.people import MembershipRow, PersonRow


@pytest.fixture
def second_self(signed_in, another_phone):
    """Minh invites somebody as leader, uses the code herself, and lets herself in: a second seat of one hand."""
    minh = another_phone()
    minh.cookies.set("session", signed_in(MINH).cookies["session"])
    return minh, _let_in(minh, another_phone(), "leader")


def _let_in(leader, phone, role: str):
    page = leader.post_from_us("/en/team/invites", data={"role": role}).text
    use(phone, code=re.search(r'class="code">([0-9A-Z ]+)<', page)[1], name="Người thứ hai (mẫu)")
    choose_pin(phone)
    seat = re.search(r"/team/seats/([0-9a-f-]{36})", leader.get("/vi/team").text)[1]
    assert answer(leader, seat).status_code == 303
    assert enter(phone).status_code == 303
    return phone


def _recovery_of_lan(leader, another_phone):
    page = leader.post_from_us(f"/en/team/members/{LAN}/recovery").text
    new_phone = another_phone()
    use(new_phone, code=re.search(r'class="code">([0-9A-Z ]+)<', page)[1], name="")
    choose_pin(new_phone)
    return new_phone, re.search(r"/team/seats/([0-9a-f-]{36})", leader.get("/vi/team").text)[1]


@pytest.mark.parametrize("order", [1, -1])
def test_i13_one_person_with_two_seats_is_not_two_people(second_self, signed_in, another_phone, order):
    """The attack (S10), to its end: both confirmations of a recovery from one hand, in either order, and from a third
    seat that the second gave. The Front's officer counts."""
    minh, other = second_self
    third = _let_in(other, another_phone(), "leader")
    new_phone, seat = _recovery_of_lan(minh, another_phone)
    first, *others = (minh, other, third)[::order]

    assert answer(first, seat).status_code == 303
    for one in others:
        assert answer(one, seat).status_code == 404
    enter(new_phone)
    assert opened_for(new_phone) == []

    assert answer(signed_in(THE_FRONT), seat).status_code == 303
    enter(new_phone)
    assert can_work(new_phone)


def test_i13_one_leader_does_not_end_another_alone_and_both_sides_are_told(
    second_self, signed_in, another_phone, in_database
):
    minh, other = second_self
    membership = in_database(_membership_of("Người thứ hai (mẫu)"))
    yesterday = (datetime.now(UTC) - timedelta(days=2)).date()

    asked = minh.post_from_us(
        f"/vi/team/members/{membership}", data={"last_day": str(yesterday)}, follow_redirects=False
    )

    assert asked.status_code == 303 and other.get("/vi/team").status_code == 200, "nothing has happened yet"
    assert "This is about you" in other.get("/en/team").text
    assert "A second person must agree" in minh.get("/en/team").text
    officer = signed_in(THE_FRONT)
    ending = re.search(r"/team/endings/([0-9a-f-]{36})", officer.get("/vi/recoveries").text)[1]
    for one in (minh, other):
        said = one.post_from_us(
            f"/vi/team/endings/{ending}", data={"answer": "agree"}, follow_redirects=False
        )
        assert said.status_code == 404
    assert officer.post_from_us(f"/vi/team/endings/{ending}", data={"answer": "agree"}).status_code == 200
    assert opened_for(other) == []
    assert "Agreed by" in minh.get("/en/team").text


def test_i13_the_concerned_stops_nothing_and_a_volunteer_is_ended_by_one(second_self, in_database):
    minh, _ = second_self
    minh.post_from_us(f"/vi/team/members/{LAN}", data={"last_day": "2026-01-01"})

    async def last_day(database):
        async with database.reading() as db:
            return (await db.get(MembershipRow, (PROVINCE, LAN))).last_day

    assert str(in_database(last_day)) == "2026-01-01"


def _membership_of(name: str):
    async def find(database):
        async with database.reading() as db:
            query = sa.select(MembershipRow.__table__.c.id).join(
                PersonRow.__table__, col(PersonRow.id) == col(MembershipRow.person_id)
            )
            return (await db.exec(query.where(col(PersonRow.name) == name))).scalar_one()

    return find
