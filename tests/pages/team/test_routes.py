"""The leader's screen: leases with their progress, and which phones have not been heard from."""

import re
from datetime import UTC, datetime, timedelta

import pytest
from sqlmodel import select

from tests.field_work import deliver
from tests.people import (
    COMMUNE,
    HOA,
    LAN,
    LANS_PHONE,
    MINH,
    OTHER_COMMUNE,
    PROVINCE,
    THE_FRONT,
    a_household,
    a_visit,
    id_of,
)
from volunteer_app.domain import training
from volunteer_app.domain.calendar import local_day
from volunteer_app.domain.people import Role
from volunteer_app.storage import team
from volunteer_app.storage.assignments import AssignmentRow
from volunteer_app.storage.devices import DeviceRow
from volunteer_app.storage.people import MembershipRow, PersonRow

NOW = datetime.now(UTC)
RECENTLY = NOW - timedelta(hours=1)


@pytest.fixture
def change(in_database):
    """Change rows of the test's database: `change(PersonRow, key, name="Lan")`."""

    def run(row, key, **values):
        async def work(database):
            async with database.writing() as db:
                found = await db.get(row, (PROVINCE, key))
                assert found is not None
                for name, value in values.items():
                    setattr(found, name, value)

        in_database(work)

    return run


def a_phone(in_database, *, last_seq: int, heard_from: datetime = RECENTLY):
    async def work(database):
        async with database.writing() as db:
            moments = {"first_contact_at": heard_from, "last_contact_at": heard_from}
            db.add(
                DeviceRow(province_code=PROVINCE, id=LANS_PHONE, person_id=LAN, last_seq=last_seq, **moments)
            )

    in_database(work)


def member(page: str, name: str) -> str:
    """What the page says of somebody."""
    return next(part for part in page.split('<li class="sheet member"') if f"{name}</a>" in part)


def test_a_lease_shows_how_many_households_were_met_of_its_target(signed_in, in_database, change):
    change(PersonRow, LAN, name="Vàng Thị Lan")
    change(AssignmentRow, id_of(f"assignment {LAN}"), target=30, last_day=local_day(NOW) + timedelta(days=40))
    household, nobody_home = a_household(recorded_at=RECENTLY), a_household(recorded_at=RECENTLY)
    visits = [
        a_visit(household.id, recorded_at=RECENTLY),
        a_visit(household.id, recorded_at=NOW),
        a_visit(nobody_home.id, recorded_at=RECENTLY, outcome="nobody_home"),
    ]
    in_database(lambda database: deliver(database, [household, nobody_home, *visits], of=LAN, now=NOW))

    page = signed_in(MINH).get("/en/team")

    assert page.status_code == 200
    assert "1 of 30 households met" in member(page.text, "Vàng Thị Lan")


@pytest.mark.parametrize(("days", "words"), [(40, "until "), (0, "last day today"), (-3, "ended ")])
def test_a_lease_ends_visibly(signed_in, change, days, words):
    change(PersonRow, LAN, name="Vàng Thị Lan")
    last_day = local_day(NOW) + timedelta(days=days)
    first_day = local_day(NOW) - timedelta(days=30)
    change(AssignmentRow, id_of(f"assignment {LAN}"), first_day=first_day, last_day=last_day)

    of_lan = member(signed_in(MINH).get("/en/team").text, "Vàng Thị Lan")

    assert words in of_lan
    assert ("No hamlet assigned now" in of_lan) is (days < 0)


def test_a_silent_phone_is_pointed_out_and_its_owner_comes_first(signed_in, in_database, change):
    change(PersonRow, LAN, name="Vàng Thị Yến")
    a_phone(in_database, last_seq=0, heard_from=NOW - timedelta(days=4))

    page = signed_in(MINH).get("/en/team").text.partition("<main")[2]

    assert "1 of 1 phones silent for 3 days" in page
    assert re.findall(r'<li class="sheet member"( data-state="look")?>\s*<h2>', page)[0]
    assert page.index("Vàng Thị Yến") < page.index("Người mẫu")


def test_records_that_have_not_come_are_counted(signed_in, in_database):
    household = a_household(recorded_at=RECENTLY, seq=1)
    visit = a_visit(household.id, recorded_at=RECENTLY, seq=4)
    in_database(lambda database: deliver(database, [household, visit], of=LAN, now=NOW))
    a_phone(in_database, last_seq=4)

    page = signed_in(MINH).get("/en/team").text

    assert "2 of 4 records received" in page
    assert "2 records not received yet" in page


def says(who, **said):
    """Their phone calls and says this of itself; no word of it is a reason to refuse the call."""
    call = {"device_id": str(id_of("phone")), "app_build": "x", "ops": [], **said}
    assert who.post_from_us("/api/v1/ops", json=call).status_code == 200


@pytest.mark.parametrize(
    ("said", "shown"),
    [
        (["none"], ["no lock yet"]),
        (["none", "refused"], ["no lock, on purpose"]),
        (["refused", "pin"], []),
        (["refused", None, "x" * 200], ["no lock, on purpose"]),
        ([None], []),
    ],
)
def test_i3_p4_the_leader_sees_which_phones_have_no_lock_and_whether_that_was_meant(signed_in, said, shown):
    """What a phone says of itself is never a reason to refuse its delivery; an old app says nothing."""
    lan = signed_in(LAN)
    for lock in said:
        says(lan, lock=lock)

    page = signed_in(MINH).get("/en/team").text

    assert [words for words in ("no lock yet", "no lock, on purpose") if words in page] == shown


@pytest.mark.parametrize(
    ("said", "shown"),
    [
        ([None], []),
        ([0], ["not yet seen to the end"]),
        ([0, training.SET], [": seen to the end"]),
        ([training.SET, 0, None], [": seen to the end"]),
        ([10**30], [": seen to the end"]),
        ([-3], ["not yet seen to the end"]),
    ],
)
def test_d5_the_leader_sees_who_has_gone_through_the_cards_before_the_first_house(signed_in, said, shown):
    """A fact of readiness; what a phone says of it is never a reason to refuse a delivery, an old app says nothing."""
    lan = signed_in(LAN)
    for cards in said:
        says(lan, cards=cards)

    page = signed_in(MINH).get("/en/team").text

    assert [words for words in (": seen to the end", "not yet seen to the end") if words in page] == shown


def test_d5_a_newer_set_of_cards_is_asked_for_again_without_a_new_column(signed_in, monkeypatch):
    says(signed_in(LAN), cards=training.SET)
    monkeypatch.setattr(team, "SET", training.SET + 1)

    assert "not yet seen to the end" in signed_in(MINH).get("/en/team").text


def test_only_the_own_team_is_shown(signed_in, change):
    change(PersonRow, HOA, name="Hoà Ở Xa")

    assert "Hoà Ở Xa" not in signed_in(MINH).get("/en/team").text


@pytest.mark.parametrize("person", [LAN, HOA, THE_FRONT])
def test_nobody_else_sees_the_team(signed_in, person):
    assert signed_in(person).get("/en/team").status_code == 404


def a_duty(
    in_database,
    name: str,
    role: Role,
    first: int = -30,
    last: int | None = None,
    commune: str | None = COMMUNE,
):
    """Somebody with a duty that began and ends so many days from today. Their membership's id."""
    person, membership, today = id_of(name), id_of(f"{name} duty"), local_day(NOW)

    async def add(database):
        async with database.writing() as db:
            db.add(PersonRow(province_code=PROVINCE, id=person, name=name))
            await db.flush()
            db.add(
                MembershipRow(
                    province_code=PROVINCE,
                    id=membership,
                    person_id=person,
                    role=role,
                    commune_code=commune,
                    first_day=today + timedelta(days=first),
                    last_day=None if last is None else today + timedelta(days=last),
                )
            )

    in_database(add)
    return membership


def test_d8_who_has_left_or_begins_later_is_found_and_let_in_again(signed_in, in_database):
    left = a_duty(in_database, "Nông Mẫu Đã Nghỉ", Role.VOLUNTEER, last=-3)
    a_duty(in_database, "Nông Mẫu Sắp Đến", Role.VOLUNTEER, first=5)
    a_duty(in_database, "Nông Mẫu Xã Khác", Role.VOLUNTEER, last=-3, commune=OTHER_COMMUNE)
    leader = signed_in(MINH)

    page = leader.get("/en/team").text

    assert re.search(rf'href="/en/team/members/{left}"[^>]*>\s*Nông Mẫu Đã Nghỉ', page)
    assert page.index("Not begun yet") < page.index("Nông Mẫu Sắp Đến") < page.index("Have left")
    assert "Nông Mẫu Xã Khác" not in page
    sent = leader.post_from_us(f"/en/team/members/{left}", data={"last_day": ""}, follow_redirects=False)
    assert sent.status_code == 303
    assert "Have left" not in leader.get("/en/team").text


def test_d8_an_administrator_reaches_officers_editors_and_administrators_and_a_leader_does_not(
    signed_in, in_database
):
    duties = {
        a_duty(in_database, f"Lò Mẫu {role}", role, commune=None): role
        for role in (Role.REVIEWER, Role.EDITOR, Role.ADMIN)
    }

    async def promote(database):
        async with database.writing() as db:
            query = select(MembershipRow).where(MembershipRow.person_id == THE_FRONT)
            (await db.exec(query)).one().role = Role.ADMIN

    in_database(promote)
    admin = signed_in(THE_FRONT)

    page = admin.get("/en/team").text

    assert "Officers, editors and administrators" in page
    for membership, role in duties.items():
        assert f'href="/en/team/members/{membership}"' in page
        assert f"Lò Mẫu {role}" in admin.get(f"/en/team/members/{membership}").text
    assert "Lò Mẫu" not in signed_in(MINH).get("/en/team").text


def test_d8_those_who_left_are_listed_up_to_a_bound_the_latest_first(signed_in, in_database, monkeypatch):
    monkeypatch.setattr(team, "MOST_OTHERS", 2)
    for days in (9, 3, 5):
        a_duty(in_database, f"Nông Mẫu {days} ngày", Role.VOLUNTEER, last=-days)

    page = signed_in(MINH).get("/en/team").text

    assert re.findall(r"Nông Mẫu (\d) ngày", page) == ["3", "5"]


def test_who_is_signed_out_is_asked_to_sign_in(visitor):
    assert visitor.get("/vi/team", follow_redirects=False).headers["location"] == "/vi/sign-in?back=/vi/team"


def test_a_leader_answers_for_volunteers_and_leaders_only_of_the_own_commune(signed_in, in_database):
    """Neither the Front's reviewer of the commune nor anybody of another: not seen, not ended, no key taken."""
    today = local_day(NOW)

    async def in_the_commune(database):
        async with database.writing() as db:
            for name, role in REST.items():
                place = {"person_id": id_of(name), "role": role, "commune_code": COMMUNE, "first_day": today}
                db.add(PersonRow(province_code=PROVINCE, id=id_of(name), name="Người mẫu"))
                db.add(MembershipRow(province_code=PROVINCE, id=id_of(name), **place))

    in_database(in_the_commune)
    minh = signed_in(MINH)

    def answers(of):
        address = f"/vi/team/members/{of}"
        return {
            minh.get(address).status_code,
            minh.post_from_us(address, data={"last_day": "2027-01-01"}).status_code,
            minh.post_from_us(f"{address}/recovery").status_code,
        }

    assert {of: answers(of) for of in (*map(id_of, REST), HOA, THE_FRONT)} == {
        of: {404} for of in (*map(id_of, REST), HOA, THE_FRONT)
    }
    assert answers(LAN) == {200}


REST = {"the commune's reviewer": Role.REVIEWER, "an editor": Role.EDITOR, "an administrator": Role.ADMIN}
