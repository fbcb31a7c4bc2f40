"""Short addresses never die, and a poster counts its openings without knowing by whom."""

import re
from datetime import UTC, date, datetime

import pytest
from litestar.testing import TestClient
from sqlmodel import select

from tests.people import COMMUNE, MINH, PROVINCE, SCOPES
from volunteer_app.domain.calendar import local_day
from volunteer_app.domain.posters import Poster
from volunteer_app.domain.short_links import guide_path
from volunteer_app.i18n import LANGUAGES
from volunteer_app.pages.guides.packs import all_guides
from volunteer_app.storage import posters
from volunteer_app.storage.posters import OpenCounter, PosterOpensRow

TODAY = local_day(datetime.now(UTC))


def leads_to(visitor, path, **headers):
    answer = visitor.get(path, follow_redirects=False, headers=headers)
    assert answer.status_code == 302
    assert "set-cookie" not in answer.headers
    return answer.headers["location"]


def a_poster(**changes):
    values = {"code": "7K3F9X", "place": "Nhà văn hoá", "guide_number": 3, "language": "vi"}
    return Poster(
        province_code=PROVINCE, commune_code=COMMUNE, made_on=TODAY, made_by=MINH, **values | changes
    )


def keep_poster(in_database, **changes):
    async def work(database):
        async with database.writing() as db:
            await posters.keep(db, SCOPES[MINH], a_poster(**changes))

    in_database(work)


def opens_of(in_database):
    async def work(database):
        async with database.reading() as db:
            rows = await db.exec(select(PosterOpensRow).order_by(PosterOpensRow.day))
            return [(row.code, row.day, row.opens) for row in rows]

    return in_database(work)


@pytest.mark.parametrize("language", LANGUAGES)
def test_c9_every_printed_number_leads_to_the_guide_of_today(visitor, language):
    for guide in all_guides():
        for path in (guide_path(guide.number), guide_path(guide.number).upper(), f"/g/{guide.number:02d}"):
            assert leads_to(visitor, f"{path}?l={language}") == f"/{language}/huong-dan/{guide.slug}"


def test_every_step_leads_to_its_place_with_the_answers_it_implies(visitor):
    for guide in all_guides():
        for number in range(1, len(guide.steps) + 1):
            address = leads_to(visitor, guide_path(guide.number, number, "en"))
            page, _, anchor = address.partition("#")
            assert anchor == f"buoc-{number}"
            html = visitor.get(page).text
            assert f'id="{anchor}"' in html
            assert not re.search(rf'id="{anchor}"[^>]* data-out', html)


@pytest.mark.parametrize(
    ("accepted", "language"), [("en-GB,en;q=0.9", "en"), ("vi-VN", "vi"), ("fr-FR", "vi"), ("", "vi")]
)
def test_the_phones_language_decides_when_the_address_does_not(visitor, accepted, language):
    headers = {"accept-language": accepted}

    assert leads_to(visitor, "/g/3", **headers) == f"/{language}/huong-dan/activate-level-2"
    assert leads_to(visitor, "/g/3/1/en", **headers).startswith("/en/")
    assert leads_to(visitor, "/g/3/1/xx", **headers).startswith(f"/{language}/")


@pytest.mark.parametrize("path", ["/g/99", "/g/0", "/g/12345"])
def test_c9_a_number_nobody_has_leads_to_the_library_and_says_so(visitor, path):
    page = visitor.get(path, headers={"accept-language": "en"})

    assert page.status_code == 200
    assert page.url.path == "/en/huong-dan"
    assert ("There is no guide with the number" in page.text) == (path != "/g/0")


@pytest.mark.parametrize(
    "path",
    ["/g/abc", "/g/3/999", "/g/3/-1", "/g/3/x/y", "/g/²", "/g/%00", "/q/NOTACODE", "/q/234567", "/q/²²²²²²"],
)
def test_nonsense_leads_somewhere_useful(visitor, path):
    assert visitor.get(path).status_code == 200


def test_a_poster_leads_to_its_guide_in_its_language(visitor, in_database):
    keep_poster(in_database, language="en")
    keep_poster(in_database, code="BCDFGH", guide_number=None)

    assert leads_to(visitor, "/Q/7K3F9X") == "/en/huong-dan/activate-level-2"
    assert leads_to(visitor, "/q/bcdfgh", **{"accept-language": "en"}) == "/vi/huong-dan"


def test_a_poster_of_a_guide_that_has_gone_leads_to_the_library(visitor, in_database):
    keep_poster(in_database, guide_number=98)

    assert leads_to(visitor, "/q/7K3F9X") == "/vi/huong-dan"


def test_c5_openings_are_counted_by_day_and_nothing_else_is_known(app_for, database_url, in_database):
    keep_poster(in_database)

    with TestClient(app_for(database_url), base_url="http://localhost") as client:
        for phone in ("a", "b", "b"):
            headers = {"user-agent": phone, "x-forwarded-for": "203.0.113.7"}
            answer = client.get("/Q/7K3F9X", follow_redirects=False, headers=headers)
            assert answer.headers["cache-control"] == "no-store"
        client.get("/q/234567")

    assert opens_of(in_database) == [("7K3F9X", TODAY, 3)]
    assert set(PosterOpensRow.__table__.columns.keys()) == {"province_code", "code", "day", "opens"}


def test_what_several_servers_counted_adds_up(in_database):
    counter, other = OpenCounter(), OpenCounter()
    for _ in range(3):
        counter.note(a_poster(), date(2026, 11, 1))
    counter.note(a_poster(), date(2026, 11, 2))
    other.note(a_poster(), date(2026, 11, 1))

    for one in (counter, other, counter):
        in_database(one.write)

    assert opens_of(in_database) == [("7K3F9X", date(2026, 11, 1), 4), ("7K3F9X", date(2026, 11, 2), 1)]


def test_what_could_not_be_written_stays_counted(in_database, monkeypatch):
    counter = OpenCounter()
    counter.note(a_poster(), TODAY)

    async def fail(*_):
        raise RuntimeError("the disk is full")

    with monkeypatch.context() as broken:
        broken.setattr(posters, "add_opens", fail)
        with pytest.raises(RuntimeError):
            in_database(counter.write)
    in_database(counter.write)

    assert opens_of(in_database) == [("7K3F9X", TODAY, 1)]
