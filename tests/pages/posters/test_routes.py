"""Leaders and editors make posters; each is a code for one place, printed in four shapes."""

from datetime import UTC, datetime, timedelta

import pytest
from sqlmodel import select

from tests.people import COMMUNE, HOA, LAN, MINH, OTHER_COMMUNE, PROVINCE, THE_FRONT
from tests.qr_readers import drawn, zxing
from tests.spoken import speak
from volunteer_app.domain.calendar import local_day
from volunteer_app.domain.people import Role
from volunteer_app.domain.posters import LONGEST_PLACE
from volunteer_app.pages.guides.packs import all_guides
from volunteer_app.pages.posters.routes import COPIES, Shape
from volunteer_app.pages.public import spoken
from volunteer_app.storage.media import Media
from volunteer_app.storage.people import MembershipRow
from volunteer_app.storage.posters import Opened, PosterRow, add_opens

DESK = "/en/posters"
TODAY = local_day(datetime.now(UTC))


def make(visitor, **changes):
    data = {"place": "Nhà văn hoá Nà Thử", "guide": "3", "language": "vi"}
    return visitor.post_from_us(DESK, data=data | changes, follow_redirects=False)


@pytest.fixture
def kept(in_database):
    """Every poster that the database holds."""

    def read():
        async def work(database):
            async with database.reading() as db:
                return list(await db.exec(select(PosterRow)))

        return in_database(work)

    return read


@pytest.mark.parametrize("shape", Shape)
def test_c4_paper_carries_picture_language_number_domain_and_a_code_that_is_read(signed_in, kept, shape):
    leader = signed_in(MINH)
    answer = make(leader)
    (poster,) = kept()
    assert answer.headers["location"] == f"{DESK}/{poster.code}"

    html = leader.get(f"{DESK}/{poster.code}?shape={shape.value}").text

    assert html.count("localhost/g/3") == COPIES[shape]
    assert html.count('class="qr"') == COPIES[shape]
    code = html[html.index('<svg class="qr"') :].partition("</svg>")[0] + "</svg>"
    assert zxing(drawn(code)) == [f"HTTP://LOCALHOST/Q/{poster.code}"]
    assert 'lang="vi"' in html and html.count("Tiếng Việt") >= COPIES[shape]
    assert "Kích hoạt tài khoản VNeID mức 2" in html
    if shape is not Shape.STICKERS:
        assert html.count("never_asks") == COPIES[shape]
    if shape in (Shape.A4, Shape.A5):
        assert 'href="#p-level-2"' in html and 'id="p-level-2"' in html
        assert poster.place in html


def test_paper_speaks_its_own_language_whatever_the_leader_reads(signed_in, kept):
    leader = signed_in(MINH)
    make(leader, language="en")

    html = leader.get(f"/vi/posters/{kept()[0].code}").text

    assert "Activate your VNeID level 2 account" in html
    assert "A volunteer never asks for OTP codes" in html


def test_l4_a_poster_speaks_to_people_whose_language_has_no_script(signed_in, in_database, kept, monkeypatch):
    monkeypatch.setattr(spoken, "REST_SECONDS", 0)
    leader = signed_in(MINH)
    assert make(leader, language="pha").status_code == 422, "nobody has said anything in it yet"
    guide = next(guide for guide in all_guides() if guide.number == 3)
    in_database(lambda database: speak(database, Media(leader.media), guide, "pha", guide.steps[0].key))

    make(leader, language="pha")

    html = leader.get(f"{DESK}/{kept()[0].code}").text
    assert '<span lang="pha">Pà Thẻn</span>' in html
    assert "Kích hoạt tài khoản VNeID mức 2" in html
    assert "Quét mã để nghe từng bước" in html
    scan = leader.get(f"/q/{kept()[0].code}", follow_redirects=False)
    assert scan.headers["location"] == "/vi/huong-dan/activate-level-2?tieng=pha"


def test_a_poster_of_all_guides_carries_its_own_address(signed_in, kept):
    leader = signed_in(MINH)
    make(leader, guide="")
    (poster,) = kept()

    assert poster.guide_number is None
    assert f"localhost/q/{poster.code}" in leader.get(f"{DESK}/{poster.code}").text


def test_c5_the_desk_shows_openings_by_place(signed_in, in_database, kept):
    leader = signed_in(MINH)
    make(leader)
    code = kept()[0].code
    counted = {
        Opened(PROVINCE, code, TODAY): 7,
        Opened(PROVINCE, code, TODAY - timedelta(days=40)): 1005,
    }
    in_database(lambda database: add_opens(database, counted))

    html = leader.get(DESK).text

    assert '<td class="number">7</td><td class="number">1,012</td>' in html


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"place": " "}, "place"),
        ({"place": "x" * (LONGEST_PLACE + 1)}, "place"),
        ({"place": "012345678901"}, "place"),
        ({"guide": "99"}, "guide"),
        ({"guide": "x"}, "guide"),
        ({"language": "xx"}, "language"),
    ],
)
def test_what_is_wrong_is_said_and_nothing_is_made(signed_in, kept, changes, field):
    answer = make(signed_in(MINH), **changes)

    assert answer.status_code == 422
    assert f'href="#{field}"' in answer.text
    assert kept() == []


def test_an_editor_makes_posters_too(signed_in, in_database, kept):
    async def promote(database):
        async with database.writing() as db:
            membership = await db.get(MembershipRow, (PROVINCE, THE_FRONT))
            membership.role = Role.EDITOR

    in_database(promote)
    editor = signed_in(THE_FRONT)

    assert make(editor).status_code == 303
    assert kept()[0].commune_code is None
    assert editor.get(f"{DESK}/{kept()[0].code}").status_code == 200


@pytest.mark.parametrize("person", [LAN, HOA, THE_FRONT])
def test_others_neither_see_nor_make_posters(signed_in, kept, person):
    make(signed_in(MINH))
    (poster,) = kept()
    other = signed_in(person)

    assert other.get(DESK).status_code == 404
    assert make(other).status_code == 404
    assert other.get(f"{DESK}/{poster.code}").status_code == 404
    assert len(kept()) == 1


def test_a_leader_of_another_commune_does_not_find_the_poster(signed_in, in_database, kept):
    async def move(database):
        async with database.writing() as db:
            membership = await db.get(MembershipRow, (PROVINCE, MINH))
            membership.commune_code = OTHER_COMMUNE

    leader = signed_in(MINH)
    make(leader)
    (poster,) = kept()
    assert poster.commune_code == COMMUNE
    in_database(move)

    assert leader.get(f"{DESK}/{poster.code}").status_code == 404
    assert poster.place not in leader.get(DESK).text


@pytest.mark.parametrize("code", ["234567", "x", "<b>"])
def test_an_unknown_poster_is_not_found(signed_in, code):
    assert signed_in(MINH).get(f"{DESK}/{code}").status_code == 404


def test_an_unknown_shape_is_refused(signed_in, kept):
    leader = signed_in(MINH)
    make(leader)

    assert leader.get(f"{DESK}/{kept()[0].code}?shape=a0").status_code == 400


def test_signed_out_the_desk_asks_to_sign_in(visitor):
    assert visitor.get(DESK, follow_redirects=False).headers["location"] == f"/en/sign-in?back={DESK}"
