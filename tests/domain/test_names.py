import json
import unicodedata
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from volunteer_app.domain import names

GOLDEN = Path(__file__).parent.parent / "golden"
VIETNAMESE = st.text(
    "aàảãáạăằâầbcdđeêếghiklmnoòôộơợpqrstuúưựvxyỹ ĐHÒÁ'-12\u0300\u0309\u0323\u031b", max_size=40
)


def golden(name: str) -> list:
    return json.loads((GOLDEN / name).read_text(encoding="utf-8"))


@pytest.mark.parametrize(("text", "expected"), golden("folded.json"))
def test_folding_gives_what_the_phone_gives(text, expected):
    assert names.folded(text) == expected


@pytest.mark.parametrize(("query", "text", "expected"), golden("matches.json"))
def test_l8_a_search_ignores_tone_marks_d_with_stroke_and_typing_leftovers(query, text, expected):
    assert names.matches(query, text) is expected


@given(st.one_of(VIETNAMESE, st.text(max_size=40)))
def test_folding_twice_is_folding_once_and_ignores_composition(text):
    once = names.folded(text)

    assert names.folded(once) == once
    assert names.folded(unicodedata.normalize("NFC", text)) == once
    assert names.folded(unicodedata.normalize("NFD", text)) == once


@given(VIETNAMESE)
def test_a_text_is_found_by_itself_without_its_spaces(text):
    assert names.matches(text, text)
    assert names.matches(text.replace(" ", ""), text)


def test_both_tone_placements_are_one_name_but_another_tone_is_another():
    assert names.same_name_key("Hòa  AN") == names.same_name_key("Hoà An")
    assert names.same_name_key("Thuỷ") == names.same_name_key("Thủy")
    assert names.same_name_key("Nà Lung") != names.same_name_key("Nà Lùng")
    assert names.same_name_key("Thôn 1") != names.same_name_key("Thôn 2")


def test_places_sort_as_in_a_vietnamese_dictionary_with_numbers_by_value():
    ordered = [
        "An",
        "Ăn",
        "Ân",
        "Doàn",
        "Đoàn Kết",
        "Hoa",
        "Hòa",
        "Hóa",
        "Hoạ",
        "Ơn",
        "Thôn 2",
        "Thôn 10",
        "Ưng",
    ]

    assert sorted(set(ordered), key=names.sort_key) == ordered


def test_people_sort_by_given_name():
    people = ["Nguyễn Văn Ánh", "Trần Thị Lan", "Hoàng Thị Lan", "Đặng Văn Ba", ""]

    expected = ["", "Nguyễn Văn Ánh", "Đặng Văn Ba", "Hoàng Thị Lan", "Trần Thị Lan"]
    assert sorted(people, key=names.person_sort_key) == expected


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("Xã Phú Bình", "Phú Bình"),
        ("Thị trấn Vị Xuyên", "Vị Xuyên"),
        ("tổ dân phố  5", "5"),
        ("Tỉnh Hà Giang", "Hà Giang"),
        ("Bản Ho 1", "Ho 1"),
        ("Xã", "Xã"),
        ("Bảng Lãng", "Bảng Lãng"),
    ],
)
def test_the_word_for_the_kind_comes_off(name, expected):
    assert names.without_kind(name) == expected


@pytest.mark.parametrize(
    ("name", "expected"), [("Nà Lung", "NL"), ("Bản Ho 1", "BH1"), ("Đoàn Kết", "DK"), ("", "")]
)
def test_initials_make_house_codes(name, expected):
    assert names.initials(name) == expected


def test_tidying_leaves_single_spaces_and_nothing_invisible():
    assert names.tidy("  Nà\u00a0 Lung\n\u200b\x01\u202e ") == "Nà Lung"
    assert names.tidy(unicodedata.normalize("NFD", "Chiêm Hoá")) == "Chiêm Hoá"
