"""Fees and times: whole sentences in both languages on every day on which something changes."""

import re
from datetime import date, timedelta
from pathlib import Path

import pytest

from tests.figures_list import listed
from volunteer_app.domain.guides.figures import UNITS, filled, said, told_on, turning_days
from volunteer_app.domain.guides.guide import Confidence, Figure, Unit
from volunteer_app.i18n import LANGUAGES
from volunteer_app.pages.guides.packs import all_guides, translated

ROOT = Path(__file__).parents[3]
DAYS = sorted(
    {day + timedelta(days=n) for day in turning_days(all_guides()) for n in (-1, 0)}
    | {date(2026, 11, 30), date(2040, 1, 1)}
)
SAID_TWICE = re.compile(
    r"\b(trong|trước|sau|được nhận|miễn phí|within|before|valid for|free of charge)\b:?\s+\1\b|:\s*(trong|within|có giá trị|valid)\b",
    re.IGNORECASE,
)
EVERY_FIGURE = [
    pytest.param(figure, guide, id=f"{guide.number}-{figure.key}")
    for guide in all_guides()
    for figure in guide.figures
]


def a_figure(amount: int | None = None, unit: Unit | None = None, **rest: object) -> Figure:
    words = {"key": "fee", "topic": "fee", "text": "Mất {}." if amount else "Miễn phí.", "source": "P7"}
    return Figure(**{**words, **rest}, amount=amount, unit=unit, confidence=Confidence.HIGH)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("figure", "vietnamese", "english"),
    [
        (a_figure(), "Miễn phí.", "Miễn phí."),
        (a_figure(1_366_200, Unit.DONG), "Mất 1.366.200 đồng.", "Mất 1,366,200 đồng."),
        (a_figure(23, Unit.CLOCK), "Mất 23 giờ.", "Mất 23:00."),
        (a_figure(1, Unit.DAY), "Mất 1 ngày.", "Mất 1 day."),
        (a_figure(3, Unit.WORKING_DAY), "Mất 3 ngày làm việc.", "Mất 3 working days."),
        (a_figure(24, Unit.HOUR), "Mất 24 giờ.", "Mất 24 hours."),
        (a_figure(6, Unit.MONTH), "Mất 6 tháng.", "Mất 6 months."),
    ],
)
def test_an_amount_stands_in_the_hole_of_its_sentence(figure: Figure, vietnamese: str, english: str):
    assert said(figure) == filled(figure, figure.text, "vi") == vietnamese
    assert filled(figure, figure.text, "en") == english


def test_every_language_of_the_guides_can_say_every_amount():
    assert set(UNITS) == set(LANGUAGES)
    assert all(set(units) == set(Unit) for units in UNITS.values())


def test_of_a_topic_the_dated_figure_is_told_while_it_holds_and_the_other_one_before_and_after():
    for_now = a_figure(1, Unit.DONG, key="now", valid_from=date(2026, 8, 15), valid_to=date(2027, 2, 28))
    otherwise = a_figure(key="otherwise", text="Bác hỏi cán bộ.")
    other = a_figure(key="other", topic="other")

    def told(day: date) -> list[str]:
        return [figure.key for figure in told_on((for_now, otherwise, other), day)]

    assert told(date(2026, 8, 14)) == ["otherwise", "other"]
    assert told(date(2026, 8, 15)) == told(date(2027, 2, 28)) == ["now", "other"]
    assert told(date(2027, 3, 1)) == ["otherwise", "other"]


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize(("figure", "guide"), EVERY_FIGURE)
def test_w0_a_figure_is_one_whole_sentence_that_says_nothing_twice(figure, guide, language):
    text = translated(language, figure.text)
    assert text is not None
    sentence = filled(figure, text, language)

    assert "{" not in sentence
    assert sentence[0].isupper() and sentence.endswith(".")
    assert not SAID_TWICE.search(sentence), sentence


@pytest.mark.parametrize("day", DAYS, ids=str)
def test_w0_on_every_day_one_figure_of_each_topic_is_told(day):
    for guide in all_guides():
        told = [figure.topic for figure in told_on(guide.figures, day)]
        assert len(told) == len(set(told)), guide.slug
        if day >= guide.written_on:
            assert set(told) == {figure.topic for figure in guide.figures}, guide.slug


def test_w0_no_figure_says_the_contrary_of_its_law():
    """The three that were printed as their contrary: a wait, a stay, a term."""
    told = {f"{guide.number} {f.key}": said(f) for guide in all_guides() for f in guide.figures}

    assert told["15 gap"] == "Nghỉ đóng từ ba tháng: đóng tiền xong phải chờ 30 ngày thẻ mới dùng được."
    assert told["12 longer-stay"] == "Khách ở từ 30 ngày trở lên thì phải đăng ký tạm trú."
    assert told["11 term"] == "Tạm trú mỗi lần dài nhất 24 tháng, ở tiếp thì gia hạn."


def test_the_readers_list_in_the_docs_holds_every_figure_as_it_is_told():
    """`python -m tests.figures_list` writes it."""
    assert (ROOT / "docs/figures.md").read_text(encoding="utf-8") == listed()
