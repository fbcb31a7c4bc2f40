"""Figures as people read them, and what the address of a guide may carry."""

import pytest

from volunteer_app.domain.guides.guide import Confidence, Fee, Limit, TimeLimit, Unit
from volunteer_app.i18n import language_now
from volunteer_app.pages.guides.packs import all_guides
from volunteer_app.pages.public.reading import GuideReading, answers_in, money_of, time_of


@pytest.fixture(autouse=True)
def english():
    token = language_now.set("en")
    yield
    language_now.reset(token)


def a_fee(amount, **changes):
    return Fee(key="fee", label="Phí", amount=amount, source="P7", confidence=Confidence.HIGH, **changes)


def a_limit(amount, unit, binds=Limit.ANSWER):
    return TimeLimit(
        key="limit",
        label="Hạn",
        binds=binds,
        amount=amount,
        unit=unit,
        source="P7",
        confidence=Confidence.HIGH,
    )


@pytest.mark.parametrize(
    ("fee", "words"),
    [
        (a_fee(0), "free of charge"),
        (a_fee(105_300), "105,300 đồng"),
        (a_fee(500_000, received=True), "you receive 500,000 đồng"),
    ],
)
def test_money(fee, words):
    assert money_of(fee) == words


@pytest.mark.parametrize(
    ("limit", "words"),
    [
        (a_limit(23, Unit.CLOCK), "before 23:00"),
        (a_limit(0, Unit.DAY), "the same day"),
        (a_limit(0, Unit.WORKING_DAY), "the same day"),
        (a_limit(1, Unit.DAY), "within 1 day"),
        (a_limit(3, Unit.WORKING_DAY), "within 3 working days"),
        (a_limit(8, Unit.HOUR, Limit.APPLY), "within 8 hours"),
        (a_limit(6, Unit.MONTH, Limit.EXPIRE), "valid for 6 months"),
    ],
)
def test_times(limit, words):
    assert time_of(limit) == words


def test_l3_a_text_nobody_has_translated_stays_vietnamese_and_says_so():
    reading = GuideReading(all_guides()[0], "en", all_guides()[0].checked_on, {})

    assert reading.say("Chưa ai dịch <câu> này.") == (
        '<span lang="vi" data-fallback>Chưa ai dịch &lt;câu&gt; này.</span>'
    )


def test_only_answers_that_the_guide_knows_are_taken_from_an_address():
    guide = next(guide for guide in all_guides() if guide.slug == "activate-level-2")

    query = {"message": "received", "device": "toaster", "password": "", "other": "x"}

    assert answers_in(guide, query) == {"message": "received"}
