"""A guide as it is read, and what its address may carry."""

from datetime import timedelta

import pytest

from volunteer_app.domain.guides.figures import filled, told_on, turning_days
from volunteer_app.domain.guides.guide import is_doubtful
from volunteer_app.i18n import LANGUAGES, language_now
from volunteer_app.pages.guides.packs import all_guides, translated
from volunteer_app.pages.public.reading import GuideReading, answers_in


@pytest.fixture(autouse=True)
def english():
    token = language_now.set("en")
    yield
    language_now.reset(token)


def test_l3_a_text_nobody_has_translated_stays_vietnamese_and_says_so():
    reading = GuideReading(all_guides()[0], "en", all_guides()[0].written_on, {})

    assert reading.say("Chưa ai dịch <câu> này.") == (
        '<span lang="vi" data-fallback>Chưa ai dịch &lt;câu&gt; này.</span>'
    )


def test_only_answers_that_the_guide_knows_are_taken_from_an_address():
    guide = next(guide for guide in all_guides() if guide.slug == "activate-level-2")

    query = {"message": "received", "device": "toaster", "password": "", "other": "x"}

    assert answers_in(guide, query) == {"message": "received"}


TURNS = sorted({day + timedelta(days=n) for day in turning_days(all_guides()) for n in (-1, 0)})


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("day", TURNS, ids=str)
def test_w0_g15_on_every_day_on_which_something_changes_a_page_tells_what_the_rules_do(day, language):
    """Every figure of every guide as the page draws it: whole, alone of its topic, and asking when it is in doubt."""
    for guide in all_guides():
        drawn = [told for told in GuideReading(guide, language, day, {}).figures if told.now]

        assert [(told.figure.key, told.words.unescape(), told.check) for told in drawn] == [
            (one.key, filled(one, translated(language, one.text) or "", language), is_doubtful(one, day))
            for one in told_on(guide.figures, day)
        ], guide.slug
