"""A commune's own household list, the hand-made kind."""

import io
from uuid import UUID

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from openpyxl import Workbook

from tests import places
from volunteer_app.domain.names import folded
from volunteer_app.importing.households import household_id

NAMES = ["Nông Văn Mẫu", "Hoàng Thị Thử", "Lý Thị Ví Dụ", "Đặng Văn Giả"]
CSV = """\
STT,Họ và tên chủ hộ,Thôn,Số khẩu,Đồng ý
1,Nông Văn Mẫu,Nà Lung,5,x
2,Hoàng Thị Thử,Nà Lung,3,
3,Lý Thị Ví Dụ,Nà Làng,,không
"""


def take(path, write, content, name="list.csv", **options):
    """Import a list of Minh Tân that must be fine; its report."""
    (report,) = places.import_into(path, write(name, content), **{"commune_code": "00919"} | options)
    places.assert_readable(report)
    assert report.problems == []
    return report


def refuse(path, write, content, name="list.csv"):
    """Import a list that must be refused; its problems as (line, code)."""
    before = places.dump(path)
    file = write(name, content)
    (report,) = places.import_into(path, file, commune_code="00919", kind="households")
    places.assert_readable(report)
    assert places.dump(path) == before
    return [(problem.values.get("line"), problem.code) for problem in report.problems]


def households(path):
    """(hamlet, code, label, people) in the order of codes."""
    return places.query(
        path,
        "SELECT h.name, x.code, x.label, x.people_count FROM households x JOIN hamlets h ON h.id = x.hamlet_id"
        " ORDER BY x.code",
    )


def workbook(rows, merged=(), *sheets):
    """An XLSX file of rows; further sheets as (title, rows)."""
    book = Workbook()
    for row in rows:
        book.active.append(row)
    for cells in merged:
        book.active.merge_cells(cells)
    for title, more in sheets:
        sheet = book.create_sheet(title)
        for row in more:
            sheet.append(row)
    file = io.BytesIO()
    book.save(file)
    return file.getvalue()


HAND_MADE = workbook(
    [
        ["UBND XÃ MINH TÂN", None, None, None, "CỘNG HOÀ XÃ HỘI CHỦ NGHĨA VIỆT NAM"],
        ["DANH SÁCH HỘ GIA ĐÌNH NĂM 2026"],
        [],
        ["STT", "Họ và tên  chủ hộ", "Số khẩu", None, "Ghi chú", "Đồng ý"],
        [None, None, "Tổng", "Nữ", None, None],
        ["(1)", "(2)", "(3)", "(4)", "(5)", "(6)"],
        ["I. Thôn Nà Lung (3 hộ)"],
        [1, "  NÔNG VĂN MẪU ", 5, 2, "Trưởng thôn", "x"],
        [2, "Hoàng Thị\u00a0Thử", "3 khẩu", 1, "hộ ở xa", None],
        [],
        [3, "Nông Văn Mẫu", 4.0, 2, None, "Đồng ý"],
        [None, "Cộng", "=SUM(C8:C11)", 5, None, None],
        ["II", "thôn nà làng:", None, None, None, None],
        ["STT", "Họ và tên chủ hộ", "Số khẩu", None, "Ghi chú", "Đồng ý"],
        [1, "Bà Lý Thị Ví Dụ", None, None, None, "Không"],
        [2, None, None, None, None, None],
        ["TỔNG CỘNG", None, "=SUM(C8:C15)", None, None, None],
        [None, None, None, None, "Minh Tân, ngày 20 tháng 11 năm 2026"],
        [None, "NGƯỜI LẬP BIỂU", None, None, "CHỦ TỊCH"],
        [None, "Trần Văn Ký", None, None, "Lê Văn Đóng Dấu"],
    ],
    ["A4:A5", "B4:B5", "C4:D4", "E4:E5", "F4:F5", "A7:F7"],
)


def test_x4_a_hand_made_workbook_comes_in(small, write):
    report = take(small, write, HAND_MADE, "list.xlsx")

    assert report.counts.added == 4
    assert households(small) == [
        ("Nà Lung", "NL-001", "Nông Văn Mẫu", 5),
        ("Nà Lung", "NL-002", "", 3),
        ("Nà Lung", "NL-003", "Nông Văn Mẫu", 4),
        ("Nà Làng", "NL-004", "", None),
    ]


def test_x4_a_possible_duplicate_is_a_question_not_an_error(small, write):
    report = take(small, write, HAND_MADE, "list.xlsx", preview=True)

    assert [(q.code, q.values) for q in report.questions] == [
        ("list.same_name", {"line": "11", "first": "8"}),
    ]


def test_x4_running_twice_changes_nothing_and_undo_takes_all_back(small, write):
    before = places.dump(small)
    take(small, write, HAND_MADE, "list.xlsx")
    after = places.dump(small)

    again = take(small, write, HAND_MADE, "list.xlsx")

    assert again.counts == (0, 0, 0, 4)
    assert places.dump(small) == after
    places.undo_in(small)
    assert places.dump(small) == before


SAID = {
    "given": ["x", "X", "có", "Đồng ý", "yes", "true", "v", "1", "đã đồng ý", "✓", "✔", "☑", "+"],
    "refused": ["không", "ko", "K", "no", "false", "0", "không đồng ý", "chưa", "Chưa"],
    "not_asked": [""],
}


def test_every_word_for_yes_and_no_is_read_as_what_it_means(small, write):
    words = [(word, meant) for meant, some in SAID.items() for word in some]
    lines = [f"{number},{NAMES[0]},Nà Lung,3,{word}" for number, (word, _) in enumerate(words, 1)]
    take(small, write, "\n".join(["STT,Họ và tên chủ hộ,Thôn,Số khẩu,Đồng ý", *lines, ""]))

    kept = places.query(small, "SELECT consent FROM households ORDER BY code")

    assert [(word, said) for (word, _), (said,) in zip(words, kept, strict=True)] == words


def test_names_without_consent_are_nowhere_in_the_database(small, write):
    take(small, write, HAND_MADE, "list.xlsx")

    content = b"".join(path.read_bytes() for path in small.parent.glob("test.db*"))
    assert "Nông Văn Mẫu".encode() in content
    for name in ("Hoàng Thị Thử", "Hoàng Thị\u00a0Thử", "Lý Thị Ví Dụ", folded("Hoàng Thị Thử")):
        assert name.encode() not in content


def test_a_csv_with_a_hamlet_column_comes_in(small, write):
    take(small, write, CSV)

    assert households(small) == [
        ("Nà Lung", "NL-001", "Nông Văn Mẫu", 5),
        ("Nà Lung", "NL-002", "", 3),
        ("Nà Làng", "NL-003", "", None),
    ]
    consents = places.query(
        small, "SELECT code, consent, consent_at IS NOT NULL FROM households ORDER BY code"
    )
    assert consents == [("NL-001", "given", 1), ("NL-002", "not_asked", 0), ("NL-003", "refused", 1)]


def test_columns_may_stand_in_any_order_and_hamlet_cells_be_merged(small, write):
    text = "Đồng ý;Thôn/bản;Nhân khẩu;Tên chủ hộ;TT\nx;Nà Lung;5;A Văn Một;1\n;;4;B Văn Hai;2\nx;Bản Ho 1;;C Văn Ba;3\n"

    take(small, write, text)

    assert households(small) == [
        ("Bản Ho 1", "BH1-001", "C Văn Ba", None),
        ("Nà Lung", "NL-001", "A Văn Một", 5),
        ("Nà Lung", "NL-002", "", 4),
    ]


def test_a_csv_with_title_rows_and_semicolons_comes_in(small, write):
    text = "UBND XÃ MINH TÂN, TỈNH TUYÊN QUANG\nDanh sách hộ\n\nSTT;Chủ hộ;Thôn\n1;A Văn Một;Nà Lung\n"

    assert take(small, write, b"\xef\xbb\xbf" + text.encode()).counts.added == 1


def test_a_sheet_for_each_hamlet_comes_in(small, write):
    rows = [["DANH SÁCH HỘ"], ["STT", "Chủ hộ"], [1, "A Văn Một"]]
    book = workbook(
        [["Hướng dẫn điền"]],
        (),
        ("Thôn Nà Lung", rows),
        ("Sheet3", [["Danh sách hộ thôn Bản Ho 1"], *rows[1:]]),
    )

    take(small, write, book, "list.xlsx")

    assert [row[:2] for row in households(small)] == [("Bản Ho 1", "BH1-001"), ("Nà Lung", "NL-001")]


def test_a_list_of_persons_gives_one_household_for_each_head(small, write):
    text = "STT,Họ và tên,Quan hệ với chủ hộ,Thôn\n1,A Văn Một,Chủ hộ,Nà Lung\n2,B Thị Hai,Vợ,Nà Lung\n3,C Văn Ba,Chủ hộ,Nà Lung\n"

    assert take(small, write, text).counts.added == 2


def test_a_later_list_adds_only_what_is_new_and_goes_on_numbering(small, write):
    take(small, write, CSV)

    report = take(
        small, write, "Thôn,Chủ hộ\nNà Lung,Đặng Văn Giả\nNà Lung,hoàng thị  THU\n" + "Nà Lung,Nông Văn Mẫu\n"
    )

    assert report.counts == (1, 0, 0, 2)
    assert ("Nà Lung", "NL-004", "", None) in households(small)


def test_what_was_changed_in_the_field_is_not_overwritten(small, write):
    take(small, write, CSV)
    places.execute(small, "UPDATE households SET people_count = 9 WHERE code = 'NL-001'")

    report = take(small, write, CSV)

    assert report.counts == (0, 0, 0, 3)
    assert ("Nà Lung", "NL-001", "Nông Văn Mẫu", 9) in households(small)


def test_a_household_registered_by_a_phone_is_asked_about(small, write):
    take(small, write, CSV)
    places.execute(small, "UPDATE households SET id = ? WHERE code = 'NL-001'", b"1" * 16)

    report = take(small, write, CSV, preview=True)

    assert [(q.code, q.values) for q in report.questions] == [
        ("list.perhaps_kept", {"line": "2", "code": "NL-001"})
    ]


def test_a_list_by_old_names_finds_the_merged_hamlet_and_its_households(small, write):
    take(small, write, CSV)
    merger = "commune_code,hamlet_name,valid_from,predecessors\n00919,Đoàn Kết,01/07/2026,Nà Lung;Nà Làng\n"
    (report,) = places.import_into(small, write("merger.csv", merger))
    assert report.problems == []

    again = take(small, write, CSV + "4,Đặng Văn Giả,Nà Lung,2,x\n")

    assert again.counts == (1, 0, 0, 3)
    assert ("Đoàn Kết", "DK-001", "Đặng Văn Giả", 2) in households(small)


def test_two_of_one_name_are_two_after_their_hamlets_merge(small, write):
    text = "Chủ hộ,Thôn\nA Văn Một,Nà Lung\nA Văn Một,Nà Làng\n"
    take(small, write, text)
    merger = "commune_code,hamlet_name,valid_from,predecessors\n00919,Đoàn Kết,01/07/2026,Nà Lung;Nà Làng\n"
    places.import_into(small, write("merger.csv", merger))

    merged = "Chủ hộ,Thôn\n" + "A Văn Một,Đoàn Kết\n" * 3

    assert take(small, write, merged).counts == (1, 0, 0, 2)
    assert take(small, write, merged).counts == (0, 0, 0, 3)


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("STT,Họ và tên chủ hộ,Thôn\n1,A Văn Một,Nà Xa\n", ("2", "list.unknown_hamlet")),
        ("STT,Họ và tên chủ hộ,Thôn\n1,A Văn Một,\n", ("2", "list.no_hamlet")),
        ("STT,Họ và tên chủ hộ,Thôn\n1,,Nà Lung\n", ("2", "list.no_name")),
        ("STT,Họ và tên chủ hộ,Thôn\n1,A1 Văn Một,Nà Lung\n", ("2", "list.bad_name")),
        ("STT,Họ và tên chủ hộ,Thôn\n1,NguyÔn V¨n A,Nà Lung\n", ("2", "list.old_font")),
        ("STT,Họ và tên chủ hộ,Thôn,Số khẩu\n1,A Văn Một,Nà Lung,nhiều\n", ("2", "list.people")),
        ("STT,Họ và tên chủ hộ,Thôn,Số khẩu\n1,A Văn Một,Nà Lung,0\n", ("2", "list.people")),
        ("STT,Họ và tên chủ hộ,Thôn,Đồng ý\n1,A Văn Một,Nà Lung,để hỏi\n", ("2", "list.consent")),
        ("STT,Họ và tên chủ hộ,Thôn\n=A1+1,A Văn Một,Nà Lung\n", ("2", "field.formula")),
        ("STT,Họ và tên chủ hộ,Thôn,CCCD\n1,A Văn Một,Nà Lung,008123456789\n", ("2", "field.id_number")),
        (
            "STT,Họ và tên chủ hộ,Thôn,Ghi chú\n1,A Văn Một,Nà Lung,thẻ 008 123 456 789\n",
            ("2", "field.id_number"),
        ),
        ("STT,Họ và tên chủ hộ\nI,Thôn Nà Xa\n1,A Văn Một\n2,B Văn Hai\n", ("2", "list.unknown_hamlet")),
        ("a,b\n1,2\n", (None, "list.no_list")),
    ],
)
def test_a_bad_line_is_named_and_nothing_comes_in(small, write, text, problem):
    assert refuse(small, write, text) == [problem]


def test_an_id_number_without_its_leading_zero_is_refused_too(small, write):
    rows = [["STT", "Họ và tên chủ hộ", "Thôn", "Số định danh"], [1, "A Văn Một", "Nà Lung", 20123456789]]

    assert refuse(small, write, workbook(rows), "list.xlsx") == [("2", "field.id_number")]


def test_formula_and_error_cells_of_a_workbook_are_refused(small, write):
    rows = [["STT", "Họ và tên chủ hộ", "Thôn", "Số khẩu"], [1, "A Văn Một", "Nà Lung", "=1+1"]]

    assert refuse(small, write, workbook(rows), "list.xlsx") == [("2", "field.formula")]


def test_two_hamlets_of_one_name_need_their_former_commune(small, write):
    hamlets = "commune_code,hamlet_name,former_commune\n00919,Thôn 1,Xã Cũ\n00919,Thôn 1,Xã Mới\n"
    places.import_into(small, write("hamlets.csv", hamlets))

    assert refuse(small, write, "Chủ hộ,Thôn\nA Văn Một,Thôn 1\n") == [("2", "list.several_hamlets")]
    take(small, write, "Chủ hộ,Thôn\nA Văn Một,Thôn 1 (xã Cũ)\nB Văn Hai,1 (Mới)\n")


@pytest.mark.parametrize(
    "lines",
    ["", "1,,Bản Ho 1\n", ",Tổng cộng,\n", "1,,\n2,,\n"],
    ids=["no line", "a heading", "a total", "numbers"],
)
def test_nothing_read_is_never_a_success(small, write, lines):
    """Before: "everything was there already"."""
    assert refuse(small, write, f"STT,Chủ hộ,Thôn\n{lines}") == [(None, "list.nothing_listed")]


def test_an_unknown_commune_or_one_without_hamlets_is_refused(small, write):
    file = write("list.csv", CSV)

    reports = [places.import_into(small, file, commune_code=code)[0] for code in ("99999", "02287", None)]

    assert [places.codes(report) for report in reports] == [
        ["list.unknown_commune"],
        ["list.no_hamlets"],
        ["households.which_commune"],
    ]


def test_ids_follow_from_hamlet_name_and_occurrence_and_need_the_secret():
    hamlet = UUID(int=1)
    own = household_id(b"secret", hamlet, "Nông Văn Mẫu", 1)

    assert own == household_id(b"secret", hamlet, " nong  van MAU", 1)
    assert own.version == 8
    others = [
        household_id(b"other", hamlet, "Nông Văn Mẫu", 1),
        household_id(b"secret", UUID(int=2), "Nông Văn Mẫu", 1),
        household_id(b"secret", hamlet, "Nông Văn Mẫu", 2),
        household_id(b"secret", hamlet, "Nông Văn Mấy", 1),
    ]
    assert len({own, *others}) == 5


ROW = st.tuples(
    st.sampled_from([*NAMES, "", "A1"]),
    st.sampled_from(["Nà Lung", "nà làng", "Bản Ho 1", "Nà Xa", ""]),
    st.sampled_from(["", "4", "99", "=1"]),
    st.sampled_from(["x", "", "có", "?"]),
)


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(rows=st.lists(ROW, max_size=6))
def test_any_list_comes_in_whole_or_not_at_all(small_once, tmp_path, write, rows):
    path = tmp_path / "any.db"
    path.write_bytes(small_once.read_bytes())
    lines = [",".join((str(number), *row)) for number, row in enumerate(rows, start=1)]
    file = write("list.csv", "STT,Chủ hộ,Thôn,Số khẩu,Đồng ý\n" + "\n".join(lines))
    before = places.dump(path)

    (report,) = places.import_into(path, file, commune_code="00919")
    after = places.dump(path)
    (again,) = places.import_into(path, file, commune_code="00919")

    assert places.dump(path) == after
    if report.problems:
        assert after == before
    else:
        assert again.counts == (0, 0, 0, len(households(path)))
        places.undo_in(path)
        assert places.dump(path) == before
