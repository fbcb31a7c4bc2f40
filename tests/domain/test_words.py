"""One word for one thing: what the style sheet refuses, and that every catalog and every form keeps it."""

import re
from pathlib import Path

import pytest

from tests.words_list import FILE, listed
from volunteer_app.domain.glossary import TERMS
from volunteer_app.domain.independence import LEVEL_NAMES
from volunteer_app.domain.words import LONGEST_SENTENCE, THINGS, problems_in
from volunteer_app.i18n import catalog

ROOT = Path(__file__).parents[2]
TWENTY = " ".join(["chữ"] * LONGEST_SENTENCE)


@pytest.mark.parametrize("thing", THINGS, ids=lambda thing: thing.never[0])
def test_every_word_that_is_never_said_is_found_in_its_place_and_only_there(thing):
    for word in thing.never:
        for place in ("pages", "guides"):
            text = f"Xin {word.capitalize()} nhé."
            assert (f"“{word}” should be “{thing.say}”" in problems_in(text, place)) == (
                thing.where in (None, place)
            )


@pytest.mark.parametrize(
    "text", ["Bác bấm “Hủy liên kết”.", "Bố của bạnh.", "%(online)s nhà", "Còn {token} mục"]
)
def test_real_buttons_placeholders_and_parts_of_words_are_left_alone(text):
    assert list(problems_in(text, "guides")) == []


@pytest.mark.parametrize(
    ("text", "problems"),
    [(f"{TWENTY}.", 0), (f"{TWENTY}. {TWENTY}.", 0), (f"{TWENTY} chữ.", 1), (f"{TWENTY}: chữ.", 1)],
)
def test_a_sentence_of_a_guide_can_be_kept_in_the_ear(text, problems):
    assert len(list(problems_in(text, "guides"))) == problems
    assert list(problems_in(text, "pages")) == []  # pages are read, not heard


def test_no_thing_is_called_by_a_word_that_another_thing_refuses():
    for thing in THINGS:
        assert [
            p
            for place in ("pages", "guides")
            if thing.where in (None, place)
            for p in problems_in(thing.say, place)
            if "should be" in p
        ] == []


def test_the_forms_for_the_commune_use_the_same_words():
    for file in sorted((ROOT / "docs/mau").glob("*.md")):
        for line in file.read_text(encoding="utf-8").splitlines():
            assert list(problems_in(line, "pages")) == [], file.name


def test_the_ladder_is_said_in_words_that_end_in_what_one_can_do():
    _ = catalog("vi").gettext

    assert [_(LEVEL_NAMES[level]) for level in sorted(LEVEL_NAMES)] == [
        "Không cần",
        "Chưa học",
        "Người khác làm hộ",
        "Làm được khi có người giúp",
        "Tự làm được một lần",
        "Tự làm được, đã kiểm tra lại",
    ]


def test_the_word_list_has_a_paraphrase_for_every_word_of_offices_that_interpreters_stumble_over():
    said = {word.casefold() for term in TERMS for word in (term.title, *term.also)}

    assert {
        "liên thông", "trích lục", "hộ tịch", "kiến nghị", "antt", "pakn",  "trình duyệt", "đính kèm", "tệp", "bản chính",
        "chủ hộ", "biên lai", "hộ nghèo",
    } <= said  # fmt: skip
    for term in TERMS:
        assert max(len(s.split()) for s in re.split(r"[.!?]\s*", term.text)) <= LONGEST_SENTENCE, term.key


def test_the_list_in_the_docs_is_as_it_would_be_written_now():
    assert FILE.read_text(encoding="utf-8") == listed(), "python -m tests.words_list"
