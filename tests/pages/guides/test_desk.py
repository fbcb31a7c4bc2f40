"""The guides' desk: every guide, its languages, its freshness; for editors only."""

import re
from datetime import UTC, datetime, timedelta
from uuid import uuid4

import pytest

from tests.people import LAN, MINH, PROVINCE, THE_FRONT
from volunteer_app.app import what_is_served
from volunteer_app.domain.figures.coverage import Share
from volunteer_app.i18n import LANGUAGES
from volunteer_app.pages.guides import routes
from volunteer_app.pages.guides.packs import all_guides
from volunteer_app.storage.devices import DeviceRow


def test_every_guide_stands_there_with_its_title_in_every_language(editor):
    page = editor.get("/vi/guides")

    assert page.status_code == 200
    for guide in all_guides():
        assert f'id="{guide.slug}"' in page.text
    assert "Kích hoạt tài khoản VNeID mức 2" in page.text
    assert "Activate your VNeID level 2 account" in page.text


def test_completeness_counts_every_text_that_a_phone_shows():
    counted = routes.translated_shares()

    assert counted.keys() == {(guide.slug, language) for guide in all_guides() for language in LANGUAGES}
    for guide in all_guides():
        of_source = counted[guide.slug, "vi"]
        assert of_source.part == of_source.whole
        assert of_source.whole > len(guide.steps) * 2
        assert counted[guide.slug, "en"].whole == of_source.whole


def test_a_text_without_a_translation_is_counted_as_missing():
    pack = {"title": {"text": "Tiêu đề"}, "steps": [{"action": {"text": "Bấm", "fallback": True}}]}

    assert routes.share_of(pack) == Share(1, 2)


def test_a_guide_not_checked_for_long_is_marked(editor, monkeypatch):
    guide = all_guides()[0]
    stale = type(guide)(**{**guide.__dict__, "review_by": guide.review_by - timedelta(days=400)})
    monkeypatch.setattr(routes, "all_guides", lambda: [stale])

    page = editor.get("/en/guides").text

    assert 'data-tone="sun"' in page[page.index(f'id="{guide.slug}"') :].split("</dl>")[0]


def test_d3_the_author_sees_how_many_phones_hold_the_new_version(editor, in_database):
    *_, screens = what_is_served()
    now = datetime.now(UTC)

    def a_phone(build, days, province=PROVINCE):
        last = now - timedelta(days=days)
        when = {"first_contact_at": last, "last_contact_at": last}
        return DeviceRow(id=uuid4(), province_code=province, person_id=LAN, app_build=build, **when)

    async def work(database):
        async with database.writing() as db:
            db.add_all([a_phone(build, 1) for build in screens.builds.values()])
            db.add_all([a_phone("old", 27), a_phone("old", 29), a_phone(screens.builds["vi"], 1, "01")])

    before = heard(editor)
    in_database(work)

    assert [now - then for now, then in zip(heard(editor), before, strict=True)] == [len(LANGUAGES), 3]


def heard(editor):
    """Phones that hold the guides as they are, and phones heard from."""
    said = editor.get("/en/guides").text.partition("<p data-phones>")[2].partition(" in 28 days")[0]
    return [int(number) for number in re.findall(r"\d+", said)]


@pytest.mark.parametrize("person", [LAN, MINH, THE_FRONT])
def test_nobody_else_sees_the_desk(signed_in, person):
    assert signed_in(person).get("/en/guides").status_code == 404


def test_who_is_signed_out_is_asked_to_sign_in(visitor):
    assert (
        visitor.get("/vi/guides", follow_redirects=False).headers["location"] == "/vi/sign-in?back=/vi/guides"
    )
