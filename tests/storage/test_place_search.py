"""Places are found by what people call them (on the shared real data)."""

from datetime import date
from pathlib import Path

import pytest

from tests import places
from volunteer_app.storage.place_search import MatchedAs, find_places
from volunteer_app.storage.places import (
    communes_of,
    hamlets_of,
    provinces,
)

DAY = date(2026, 11, 22)


@pytest.fixture(scope="module")
def real(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Units, former units and hamlets of the real data; Liên Hiệp and Nà Làng became Đoàn Kết Mới."""
    folder = tmp_path_factory.mktemp("search")
    path = folder / "search.db"
    merger = folder / "merger.csv"
    merger.write_text(
        "commune_code,hamlet_name,valid_from,predecessors\n02332,Đoàn Kết Mới,01/07/2026,Liên Hiệp;Nà Làng\n",
        encoding="utf-8",
    )
    places.make_empty(path)
    files = [places.shared(name) for name in (places.UNITS, places.FORMER, places.HAMLETS)]
    assert not any(report.problems for report in places.import_into(path, *files, merger))
    return path


def find(path: Path, query: str, **options):
    async def work(database):
        async with database.reading() as db:
            return await find_places(db, query, **({"day": DAY} | options))

    return places.run_in(path, work)


def read(path: Path, question, *values):
    async def work(database):
        async with database.reading() as db:
            return await question(db, *values)

    return places.run_in(path, work)


@pytest.mark.parametrize(
    "query",
    [
        "chiem hoa",
        "Chiêm Hoá",
        "Chiêm Hóa",
        "CHIEMHOA",
        "  chiêm   hoá ",
        "xa chiem hoa",
        "Chieem Hoas",
    ],
)
def test_l8_a_commune_is_found_however_it_is_typed(real, query):
    first = find(real, query)[0]

    assert (first.full_name, first.inside, first.commune_code) == (
        "Xã Chiêm Hóa",
        "Tỉnh Tuyên Quang",
        "02287",
    )


def test_x5_a_former_district_leads_to_its_communes(real):
    found = find(real, "huyện Vị Xuyên", limit=100)

    assert {place.matched_as for place in found} == {MatchedAs.FORMER_DISTRICT}
    assert {place.matched for place in found} == {"Huyện Vị Xuyên"}
    assert "00919" in {place.commune_code for place in found}
    names = {place.name for place in find(real, "Vị Xuyên", limit=100)}
    assert {place.name for place in found} <= names


def test_x5_todays_name_comes_before_a_former_one(real):
    found = find(real, "vi xuyen")

    assert (found[0].full_name, found[0].matched_as) == ("Xã Vị Xuyên", MatchedAs.NAME)


def test_x5_a_former_commune_leads_to_where_it_went(real):
    found = find(real, "Xã Phú Bình", province="08")

    assert [(p.full_name, p.matched, p.matched_as) for p in found] == [
        ("Xã Kiên Đài", "Xã Phú Bình", MatchedAs.FORMER_COMMUNE)
    ]


def test_x5_a_split_former_commune_leads_to_every_part(real):
    found = find(real, "Phường Quang Trung", province="08")

    assert {place.name for place in found} == {"Hà Giang 1", "Hà Giang 2"}


def test_x5_a_former_province_leads_to_todays(real):
    found = find(real, "tỉnh hà giang")

    assert [(p.full_name, p.matched_as) for p in found] == [("Tỉnh Tuyên Quang", MatchedAs.FORMER_PROVINCE)]


def test_another_spelling_is_named_as_such(real):
    (province,) = find(real, "Thanh Hoá", limit=1)

    assert province.full_name == "Tỉnh Thanh Hóa"


def test_a_hamlet_is_found_with_its_commune(real):
    found = find(real, "ban ho 1")

    assert [(p.full_name, p.inside, p.rank) for p in found] == [("Bản Ho 1", "Xã Kiên Đài", 0)]
    assert [p.name for p in find(real, "khun", province="08") if p.hamlet_id] == ["Khun Trại", "Khun Vai"]


def test_a_merged_hamlet_is_found_by_its_old_name(real):
    (found,) = find(real, "thôn Liên Hiệp")

    assert (found.name, found.matched, found.matched_as) == (
        "Đoàn Kết Mới",
        "thôn Liên Hiệp",
        MatchedAs.FORMER_HAMLET,
    )
    (before,) = find(real, "thôn Liên Hiệp", day=date(2026, 6, 30))
    assert (before.name, before.matched_as) == ("Liên Hiệp", MatchedAs.NAME)


def test_exact_names_come_before_beginnings_before_middles(real):
    ranks = [place.rank for place in find(real, "tan an", limit=100)]

    assert ranks == sorted(ranks)
    assert ranks.count(0) >= 10
    assert 1 in ranks or 2 in ranks


def test_names_of_a_province_are_unique_in_an_answer(real):
    found = find(real, "ha giang", limit=100)

    keys = [(place.province_code, place.commune_code, place.hamlet_id) for place in found]
    assert len(keys) == len(set(keys))


@pytest.mark.parametrize("query", ["", "a", "%", "__", "zzzzzz", "😀", "'; DROP TABLE hamlets; --"])
def test_nothing_is_found_for_nothing(real, query):
    assert find(real, query) == []


def test_a_search_stays_inside_a_province(real):
    assert {place.province_code for place in find(real, "tân", province="20", limit=100)} == {"20"}


def test_lists_stand_in_vietnamese_order(real):
    names = [row.name for row in read(real, provinces)]
    communes = [row.name for row in read(real, communes_of, "08")]

    assert names[:8] == [
        "An Giang",
        "Bắc Ninh",
        "Cà Mau",
        "Cao Bằng",
        "Cần Thơ",
        "Đà Nẵng",
        "Đắk Lắk",
        "Điện Biên",
    ]
    assert (len(names), names[-1]) == (34, "Vĩnh Long")
    assert len(communes) == 124 and communes[0] == "An Tường"


def test_hamlets_stand_in_the_order_of_their_list_and_on_their_days(real):
    today = [row.name for row in read(real, hamlets_of, "02332", DAY)]
    before = [row.name for row in read(real, hamlets_of, "02332", date(2026, 6, 30))]

    assert before[:3] == ["Liên Hiệp", "Nà Làng", "Cốc Tậu"]
    assert today[0] == "Cốc Tậu" and today[-1] == "Đoàn Kết Mới"
    assert (len(before), len(today)) == (16, 15)
