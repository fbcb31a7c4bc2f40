"""A guide as it is read, and what its address may carry."""

import pytest

from volunteer_app.i18n import language_now
from volunteer_app.pages.guides.packs import all_guides
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
