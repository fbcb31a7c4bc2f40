"""Leaders keep the list of places where citizens are helped; everybody sees it."""

import re

import pytest
from sqlmodel import select

from tests.conftest import ROOT
from tests.people import COMMUNE, HOA, LAN, MINH, OTHER_COMMUNE, PROVINCE, THE_FRONT, id_of
from volunteer_app.domain.people import Role
from volunteer_app.storage.facilities import FacilityRow
from volunteer_app.storage.people import MembershipRow
from volunteer_app.storage.places import CommuneRow, search_words

DESK = "/en/facilities"
PUBLIC = "/en/duong-day-nong"


def enter(visitor, **changes):
    data = {
        "name": "Nhà văn hoá Nà Thử",
        "kind": "support_point",
        "place": "đầu thôn",
        "hours": "thứ Bảy",
        "phone": "0207 123 456",
    }
    return visitor.post_from_us(DESK, data=data | changes, follow_redirects=False)


@pytest.fixture
def kept(in_database):
    """Every facility that the database holds."""

    def read():
        async def work(database):
            async with database.reading() as db:
                return list(await db.exec(select(FacilityRow)))

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


@pytest.fixture
def as_admin(signed_in, in_database):
    """Somebody who answers for the whole province."""

    async def promote(database):
        async with database.writing() as db:
            membership = await db.get(MembershipRow, (PROVINCE, THE_FRONT))
            membership.role = Role.ADMIN

    in_database(promote)
    return signed_in(THE_FRONT)


def test_a_place_that_a_leader_enters_is_seen_by_everybody(visitor, signed_in, kept):
    assert enter(signed_in(MINH)).headers["location"] == f"{DESK}?xa={COMMUNE}"
    visitor.cookies.clear()

    html = visitor.get(f"{PUBLIC}?xa={COMMUNE}").text

    for words in (
        "Nhà văn hoá Nà Thử",
        "Digital support point",
        "đầu thôn",
        "thứ Bảy",
        'href="tel:0207123456"',
    ):
        assert words in html
    assert "Nhà văn hoá" not in visitor.get(f"{PUBLIC}?xa={OTHER_COMMUNE}").text
    assert kept()[0].commune_code == COMMUNE


def test_the_public_page_finds_the_commune_and_shows_the_official_numbers(visitor, findable):
    html = visitor.get(PUBLIC, params={"tim": "Minh Tân"}).text

    assert f'href="?xa={COMMUNE}"' in html
    assert 'href="tel:19000368"' in html
    assert 'href="tel:02191022"' in visitor.get(f"{PUBLIC}?xa={COMMUNE}").text
    assert "have not been entered yet" in visitor.get(f"{PUBLIC}?xa={COMMUNE}").text
    assert visitor.get(f"{PUBLIC}?xa=nonsense").status_code == 200


def test_a_place_is_changed_and_taken_off(signed_in, kept):
    leader = signed_in(MINH)
    enter(leader)
    (row,) = kept()

    form = leader.get(f"{DESK}?id={row.id}").text
    assert 'value="Nhà văn hoá Nà Thử"' in form
    enter(leader, id=str(row.id), name="Trạm y tế", kind="id_point")
    assert [(one.id, one.name, one.kind.value) for one in kept()] == [(row.id, "Trạm y tế", "id_point")]

    leader.post_from_us(f"{DESK}/{row.id}/removal")
    assert kept() == []


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"name": " "}, "name"),
        ({"name": "x" * 81}, "name"),
        ({"phone": "call me"}, "phone"),
        ({"place": "x" * 121}, "place"),
    ],
)
def test_what_is_wrong_is_said_and_nothing_is_kept(signed_in, kept, changes, field):
    answer = enter(signed_in(MINH), **changes)

    assert answer.status_code == 422
    assert f'href="#{field}"' in answer.text
    assert "đầu thôn" in answer.text or field == "place"
    assert kept() == []


def test_who_answers_for_a_province_chooses_the_commune(as_admin, kept):
    assert "Save" not in as_admin.get(DESK).text
    assert "Save" in as_admin.get(f"{DESK}?xa={OTHER_COMMUNE}").text

    enter(as_admin, xa=OTHER_COMMUNE)

    assert kept()[0].commune_code == OTHER_COMMUNE
    assert enter(as_admin).status_code == 404


@pytest.mark.parametrize("person", [LAN, HOA, THE_FRONT])
def test_others_neither_see_nor_change_the_list(signed_in, kept, person):
    enter(signed_in(MINH))
    (row,) = kept()
    other = signed_in(person)

    assert other.get(DESK).status_code == 404
    assert enter(other).status_code == 404
    assert other.post_from_us(f"{DESK}/{row.id}/removal").status_code == 404
    assert len(kept()) == 1


def test_a_leader_of_another_commune_cannot_touch_it(signed_in, as_admin, kept):
    enter(as_admin, xa=OTHER_COMMUNE)
    (row,) = kept()
    leader = signed_in(MINH)

    assert enter(leader, id=str(row.id)).status_code == 404
    assert leader.post_from_us(f"{DESK}/{row.id}/removal").status_code == 404
    assert row.name not in leader.get(f"{DESK}?xa={OTHER_COMMUNE}").text
    assert [one.commune_code for one in kept()] == [OTHER_COMMUNE]


@pytest.mark.parametrize("id_", ["x", str(id_of("nowhere"))])
def test_unknown_places_are_not_found(signed_in, id_):
    leader = signed_in(MINH)

    assert enter(leader, id=id_).status_code == 404
    assert leader.post_from_us(f"{DESK}/{id_}/removal").status_code == 404


def test_an_unknown_kind_is_refused(signed_in):
    assert enter(signed_in(MINH), kind="bank").status_code == 400


def test_signed_out_the_desk_asks_to_sign_in(visitor):
    assert visitor.get(DESK, follow_redirects=False).headers["location"] == f"/en/sign-in?back={DESK}"


def test_a_phone_carries_the_places_of_its_own_commune(signed_in, visitor):
    enter(signed_in(MINH))
    visitor.cookies.clear()

    ours = signed_in(LAN).get("/api/v1/field-pack").json()["facilities"]
    visitor.cookies.clear()
    others = signed_in(HOA).get("/api/v1/field-pack").json()["facilities"]

    assert [place["name"] for place in ours] == ["Nhà văn hoá Nà Thử"]
    assert others == []


def hidden(page: str, name: str) -> str:
    return page.partition(f'name="{name}"')[2].partition('value="')[2].partition('"')[0]


def test_d13_two_who_change_a_place_at_once_lose_neither_ones_words(signed_in):
    """desk.md A4: the one who saved last took the other's telephone number away, and citizens read that page."""
    leader = signed_in(MINH)
    leader.post_from_us(DESK, data={"name": "Nhà văn hoá", "hours": "7 giờ"})
    id_ = leader.get(DESK).text.partition("id=")[2].partition("#name")[0].rpartition("id=")[2]
    both = [leader.get(f"{DESK}?id={id_}").text for _ in range(2)]
    was = {hidden(page, "was") for page in both}
    assert len(was) == 1 and "" not in was
    form = {"id": id_, "was": was.pop(), "name": "Nhà văn hoá"}

    leader.post_from_us(DESK, data=form | {"hours": "7 giờ", "phone": "02073 812 345"})
    late = leader.post_from_us(DESK, data=form | {"hours": "8 giờ đến 11 giờ"})

    assert late.status_code == 409
    assert "02073 812 345" in late.text and 'value="8 giờ đến 11 giờ"' in late.text  # both are shown
    assert "02073 812 345" in leader.get(DESK).text
    wrong = form | {"was": hidden(late.text, "was"), "hours": "8 giờ", "phone": "x"}
    again = leader.post_from_us(DESK, data=wrong)
    assert hidden(again.text, "was") == hidden(late.text, "was")  # a mistake in between forgets nothing
    leader.post_from_us(DESK, data=wrong | {"phone": "02073 812 345"})
    assert "8 giờ" in leader.get(DESK).text


@pytest.mark.parametrize(
    ("template", "act"),
    [
        ("facilities/places_of_help.html", "/removal"),
        ("badges/list.html", "/revocation"),
        ("team/member.html", "/recovery"),
        ("requests/list.html", 'value="done"'),
        ("requests/list.html", 'value="declined"'),
    ],
)
def test_d13_what_cannot_be_undone_says_so_and_asks(template, act):
    """desk.md A5: one tap erased, revoked and put out. The act stands behind a question, without a script."""
    text = (ROOT / "volunteer_app" / "pages" / template).read_text("utf-8")
    asked = re.compile(r"call asking\(.*?endcall", re.DOTALL)

    assert act in "".join(asked.findall(text))
    assert act not in asked.sub("", text)
