"""Lists of units and hamlets: what a second, later list changes, and mergers."""

import pytest

from tests import places
from tests.importing.conftest import UNITS
from volunteer_app.storage.moments import microseconds

HEADER = "commune_code,hamlet_name,kind,former_commune,valid_from,valid_to,predecessors,household_count,household_count_source,household_count_date,languages,signal\n"


def take(path, write, text, **options):
    """Import a text that must be fine; its report."""
    (report,) = places.import_into(path, write("file.csv", text), **options)
    places.assert_readable(report)
    assert report.problems == []
    return report


def refuse(path, write, text):
    """Import a text that must be refused; its problems' codes."""
    before = places.dump(path)
    (report,) = places.import_into(path, write("file.csv", text))
    places.assert_readable(report)
    assert places.dump(path) == before
    return places.codes(report)


def hamlets(path, columns="name, valid_from, valid_to"):
    return places.query(path, f"SELECT {columns} FROM hamlets ORDER BY position, name")


def test_x5_a_change_of_type_needs_no_change_of_code(small, write):
    text = UNITS.replace("Minh Tân,Xã,Xã Minh Tân", "Minh Tân,Thị xã mới,Thị xã mới Minh Tân")

    report = take(small, write, text)

    assert report.counts == (0, 1, 0, 2)
    assert places.query(small, "SELECT kind, full_name FROM communes WHERE code = '00919'") == [
        ("Thị xã mới", "Thị xã mới Minh Tân")
    ]


def test_a_bare_hamlet_gets_the_usual_kind_and_the_next_place(small, write):
    take(small, write, "commune_code,hamlet_name\n00919,Nà Mới\n")

    assert hamlets(small, "name, kind, position, signal, languages")[-1] == (
        "Nà Mới",
        "thôn",
        4,
        "unknown",
        "[]",
    )


def test_an_odd_kind_is_remarked_and_replaced(small, write):
    report = take(small, write, "commune_code,hamlet_name,kind\n00919,Nà Mới,nhà văn hoá\n")

    assert [remark.code for remark in report.remarks] == ["hamlet.unknown_kind"]
    assert hamlets(small, "name, kind")[-1] == ("Nà Mới", "thôn")


def test_the_official_number_comes_with_source_and_date(small, write):
    row = "00919,Nà Lung,,,,,,45,UBND xã,30/06/2026,hmn; tyz,weak\n"
    report = take(small, write, HEADER + row)

    assert report.counts == (0, 1, 0, 0)
    kept = "household_count, household_count_source, household_count_date, languages, signal, kind"
    assert hamlets(small, kept)[0] == (45, "UBND xã", "2026-06-30", '["hmn", "tyz"]', "weak", "thôn")


def test_blank_cells_leave_what_is_kept(small, write):
    take(small, write, HEADER + "00919,Nà Lung,,,,,,45,UBND xã,30/06/2026,hmn,weak\n")
    before = places.dump(small)

    report = take(small, write, "commune_code,hamlet_name,signal\n00919,NÀ  LUNG,\n")

    assert report.counts == (0, 0, 0, 1)
    assert places.dump(small) == before


@pytest.mark.parametrize(
    ("row", "code"),
    [
        ("00919,Nà Lung,,,,,,45,,,,", "hamlet.no_source"),
        ("00919,Nà Lung,,,,,,many,UBND,30/06/2026,,", "field.number"),
        ("00919,Nà Lung,,,,,,45.5,UBND,30/06/2026,,", "field.number"),
        ("00919,Nà Lung,,,,,,45,UBND,31/06/2026,,", "field.date"),
        ("00919,Nà Lung,,,,,,,,,Mông,", "hamlet.language"),
        ("00919,Nà Lung,,,,,,,,,tyz;xqz,", "hamlet.language"),
        ("00919,Nà Lung,,,,,,,,,,strong", "hamlet.signal"),
        ("00919,Nà Lung,,,01/07/2026,30/06/2026,,,,,,", "hamlet.ends_before"),
        ("00919,Nà Mới,,,,,Nà Lung,,,,,", "hamlet.no_first_day"),
        ("00919,Nà Mới,,,01/07/2026,,Nà Không Có,,,,,", "hamlet.unknown_predecessor"),
    ],
)
def test_a_hamlet_line_that_cannot_be_is_refused(small, write, row, code):
    assert code in refuse(small, write, HEADER + row + "\n")


def test_a_commune_code_beside_another_communes_name_is_refused(small, write):
    text = "commune_code,commune_name,hamlet_name\n00919,Chiêm Hóa,Nà Mới\n"

    assert refuse(small, write, text) == ["hamlet.other_commune"]


def test_a_merger_ends_its_predecessors_and_keeps_their_names(small, write):
    text = HEADER + "00919,Đoàn Kết,thôn,,01/07/2026,,Nà Lung;Nà Làng,90,NQ 12,01/07/2026,,\n"

    report = take(small, write, text)

    assert report.counts == (3, 2, 0, 0)  # one hamlet and two links are added, two hamlets end
    assert hamlets(small) == [
        ("Nà Lung", None, "2026-06-30"),
        ("Nà Làng", None, "2026-06-30"),
        ("Bản Ho 1", None, None),
        ("Đoàn Kết", "2026-07-01", None),
    ]
    assert take(small, write, text).counts == (0, 0, 0, 5)


def test_a_merger_may_keep_the_name_of_one_part(small, write):
    text = HEADER + "00919,Nà Lung,thôn,,01/07/2026,,Nà Lung;Nà Làng,,,,,\n"
    before = places.dump(small)

    take(small, write, text)

    assert ("Nà Lung", None, "2026-06-30") in hamlets(small)
    assert ("Nà Lung", "2026-07-01", None) in hamlets(small)
    assert take(small, write, text).counts[:3] == (0, 0, 0)
    later = "commune_code,hamlet_name,signal\n00919,Nà Lung,good\n"
    take(small, write, later)
    signals = "SELECT valid_from, signal FROM hamlets WHERE name = 'Nà Lung' ORDER BY valid_from"
    assert places.query(small, signals) == [(None, "unknown"), ("2026-07-01", "good")]
    places.undo_in(small)
    places.undo_in(small)
    assert places.dump(small) == before


def test_a_split_makes_two_of_one(small, write):
    rows = "00919,Nà Lung Trên,,,01/07/2026,,Nà Lung,,,,,\n00919,Nà Lung Dưới,,,01/07/2026,,Nà Lung,,,,,\n"

    take(small, write, HEADER + rows)

    assert len(places.query(small, "SELECT 1 FROM hamlet_predecessors")) == 2
    assert take(small, write, HEADER + rows).counts[:3] == (0, 0, 0)


def test_two_hamlets_of_one_name_are_told_apart_by_their_former_commune(small, write):
    text = HEADER + "00919,Thôn 1,,Xã Cũ,,,,,,,,\n00919,Thôn 1,,Xã Mới,,,,,,,,\n"

    take(small, write, text)

    assert take(small, write, text).counts[:3] == (0, 0, 0)
    assert refuse(small, write, "commune_code,hamlet_name,signal\n00919,Thôn 1,good\n") == ["hamlet.several"]
    take(small, write, "commune_code,hamlet_name,former_commune,signal\n00919,Thôn 1,Mới,good\n")
    assert ("Thôn 1", "Mới", "good") in hamlets(small, "name, former_commune, signal")


def test_every_installation_gives_a_hamlet_the_same_id(empty_once, small, tmp_path, write):
    other = tmp_path / "other.db"
    other.write_bytes(empty_once.read_bytes())

    take(other, write, UNITS)
    take(other, write, "commune_code,hamlet_name\n00919,nà lung\n")

    (own,) = places.query(other, "SELECT id FROM hamlets")
    assert own in places.query(small, "SELECT id FROM hamlets WHERE name = 'Nà Lung'")


def test_an_import_that_is_in_use_is_not_taken_back(small, write):
    take(small, write, "commune_code,hamlet_name\n02287,Nà Xa\n")
    (hamlet_id,) = places.query(small, "SELECT id FROM hamlets WHERE name = 'Nà Xa'")[0]
    import_households(small, write, hamlet="Nà Xa")
    places.undo_in(small)
    add_household(small, hamlet_id)
    before = places.dump(small)

    problem = places.undo_in(small)

    assert (problem.code, problem.values["count"]) == ("import.still_needed", 1)
    assert "%(" not in problem.sentence % problem.values
    assert places.dump(small) == before


def test_an_import_that_was_changed_since_is_not_taken_back(small, write):
    take(small, write, "commune_code,hamlet_name\n02287,Nà Xa\n")
    places.execute(small, "UPDATE hamlets SET signal = 'good' WHERE name = 'Nà Xa'")
    before = places.dump(small)

    problem = places.undo_in(small)

    assert problem.code == "import.changed_since"
    assert places.dump(small) == before


def import_households(path, write, hamlet):
    file = write("list.csv", f"STT,Họ và tên chủ hộ,Thôn\n1,Nông Văn Mẫu,{hamlet}\n")
    (report,) = places.import_into(path, file, commune_code="02287")
    assert report.problems == []


def add_household(path, hamlet_id):
    """As if a phone had registered it."""
    places.execute(
        path,
        "INSERT INTO households (province_code, id, commune_code, hamlet_id, code, label, consent, recorded_at,"
        " received_at) VALUES ('08', ?, '02287', ?, 'NX-001', '', 'not_asked', ?, ?)",
        b"0" * 16,
        hamlet_id,
        microseconds(places.NOW),
        microseconds(places.NOW),
    )
