"""Left behind: who may see which lists, the same places as the records say, small numbers hidden."""

import re
from datetime import UTC, datetime, timedelta
from html import unescape

import pytest

from tests.field_work import deliver
from tests.pages.coverage.test_routes import met_households
from tests.pages.reports.test_routes import some_work
from tests.people import (
    COMMUNE,
    HOA,
    LAN,
    LANS_PHONE,
    MINH,
    NEXT_HAMLET,
    OTHER_COMMUNE,
    PROVINCE,
    THE_FRONT,
    a_household,
    a_member,
    a_visit,
    a_walk_through,
)
from volunteer_app.domain.places import Signal
from volunteer_app.storage.devices import DeviceRow
from volunteer_app.storage.places import HamletRow

OF_COMMUNE, OF_PROVINCE = f"/en/left-behind/{PROVINCE}/{COMMUNE}", f"/en/left-behind/{PROVINCE}"
BEHIND = f"{OF_COMMUNE}/households"
NOW = datetime.now(UTC)


@pytest.fixture
def work(in_database):
    """Deliver operations to the test's database."""
    return lambda operations, **who: in_database(
        lambda database: deliver(database, operations, now=NOW, **who)
    )


def lists_of(text: str) -> dict[str, list[tuple[str, str]]]:
    """Each ranked list: its key → places and numbers, first to last."""
    found = {}
    for key, body in re.findall(r'<section class="sheet stack" id="(\w+)"(.*?)</section>', text, re.DOTALL):
        rows = re.findall(r"<li><span><b>(.*?)</b>.*?class=\"numeral\">(.*?)</span>", body, re.DOTALL)
        found[key] = [(unescape(name), unescape(number)) for name, number in rows]
    return found


def lost_skills(count: int) -> list:
    """Households that could do it alone, and three weeks later no longer could."""
    operations = []
    for number in range(count):
        begun = NOW - timedelta(days=40)
        home = a_household(code=f"LS-{number:03}", label=f"Nông Văn Quên {number}", recorded_at=begun)
        member, visit = a_member(home.id, recorded_at=begun), a_visit(home.id, recorded_at=begun)
        run = a_walk_through(home.id, visit.id, member.id, recorded_at=begun)
        back = a_visit(home.id, recorded_at=begun + timedelta(days=21))
        again = a_walk_through(
            home.id, back.id, member.id, recorded_at=begun + timedelta(days=21), teach_back="help"
        )
        operations += [home, member, visit, run, back, again]
    return operations


def test_m4_hamlets_are_ranked_by_days_without_a_visit_and_by_gap(signed_in, work):
    work(lost_skills(2) + met_households(3, NEXT_HAMLET))

    lists = lists_of(signed_in(MINH).get(OF_COMMUNE).text)

    assert lists["quiet"] == [("Nà Thử", "19 days")]
    assert lists["gap"] == [("Nà Thử", "40"), ("Khuổi Mẫu", "30")]
    assert lists["relapse"] == [("Nà Thử", "2")]
    assert lists["unreached"] == []
    assert lists_of(signed_in(MINH).get(f"{OF_COMMUNE}?quiet=30").text)["quiet"] == []


def test_hamlets_where_nobody_was_met_stand_by_their_households_with_source(signed_in, work):
    work(met_households(3))

    page = signed_in(THE_FRONT).get(OF_PROVINCE).text

    assert lists_of(page)["unreached"] == [("Khuổi Mẫu", "30 households"), ("Bản Mẫu", "20 households")]
    assert "danh sách thử, 22/11/2026" in page


def test_p5_outside_the_commune_small_numbers_are_hidden_and_nobody_is_named(signed_in, work):
    work(lost_skills(2))

    page = signed_in(THE_FRONT).get(OF_PROVINCE).text

    assert lists_of(page)["relapse"] == [("Nà Thử", "•")]
    assert "Nông Văn Quên" not in page
    assert "households?what" not in page


def test_m8_the_leader_opens_the_households_that_lost_a_skill(signed_in, work):
    work(lost_skills(2) + some_work(3))
    leader = signed_in(MINH)

    assert "households?what=relapsed" in leader.get(OF_COMMUNE).text
    page = leader.get(BEHIND, params={"what": "relapsed"}).text
    assert page.count("Nông Văn Quên") == 2
    assert "Activate VNeID level 2" in page


def test_only_hamlets_with_the_chosen_signal_or_language(signed_in, work, in_database):
    async def place(database):
        async with database.writing() as db:
            hamlet = await db.get(HamletRow, (PROVINCE, NEXT_HAMLET))
            hamlet.signal, hamlet.languages = Signal.NONE, ["hmn"]

    in_database(place)
    leader = signed_in(MINH)

    for query in ("signal=none", "spoken=hmn"):
        assert lists_of(leader.get(f"{OF_COMMUNE}?{query}").text)["unreached"] == [
            ("Khuổi Mẫu", "30 households")
        ]
    assert lists_of(leader.get(f"{OF_COMMUNE}?signal=good").text)["unreached"] == []
    for nonsense in ("signal=loud", "spoken=xx", "quiet=3", "ranking=best", "signal=none&spoken=hmn"):
        assert leader.get(f"{OF_COMMUNE}?{nonsense}").status_code == 400


def test_m9_phones_not_heard_from_are_named_for_the_team_and_counted_for_the_front(
    signed_in, work, in_database
):
    async def nine_days_ago(database):
        when = NOW - timedelta(days=9)
        async with database.writing() as db:
            phone = {"province_code": PROVINCE, "id": LANS_PHONE, "person_id": LAN}
            db.add(DeviceRow(**phone, first_contact_at=when, last_contact_at=when))

    in_database(nine_days_ago)

    team, front = (lists_of(signed_in(who).get(OF_COMMUNE).text)["phones"] for who in (MINH, THE_FRONT))

    assert [number for _, number in team] == ["9 days ago"]
    assert team[0][0].startswith("Người mẫu")
    assert front == [("", "1 phone")]


@pytest.mark.parametrize(
    ("person", "path"),
    [
        (LAN, OF_COMMUNE), (LAN, "/en/left-behind"), (HOA, OF_COMMUNE), (MINH, OF_PROVINCE),
        (MINH, f"{OF_PROVINCE}/{OTHER_COMMUNE}"), (THE_FRONT, "/en/left-behind/20"), (THE_FRONT, f"{OF_PROVINCE}/99999"),
        (THE_FRONT, BEHIND), (LAN, BEHIND), (MINH, f"{BEHIND}?what=nonsense"), (MINH, f"{BEHIND}?what=blocked/ghost"),
    ],
)  # fmt: skip
def test_what_is_out_of_scope_or_unknown_is_not_found(signed_in, person, path):
    assert signed_in(person).get(path).status_code == 404


def test_everyone_starts_where_they_answer_for(signed_in):
    leader = signed_in(MINH).get("/vi/left-behind", follow_redirects=False)
    front = signed_in(THE_FRONT).get("/vi/left-behind", follow_redirects=False)

    assert leader.headers["location"] == f"/vi/left-behind/{PROVINCE}/{COMMUNE}"
    assert front.headers["location"] == f"/vi/left-behind/{PROVINCE}"
