"""Guide files: what the check finds, on which line, and what Babel extracts."""

import shutil
from datetime import date
from pathlib import Path

import pytest

from volunteer_app.domain.guides import files as guide_files
from volunteer_app.domain.guides.files import (
    BrokenGuide,
    check_all,
    extract,
    load_acts,
    load_guide,
    load_guides,
    load_pictures,
    load_sources,
)
from volunteer_app.domain.guides.guide import DOUBT, Confidence, claims_of
from volunteer_app.domain.guides.pictures import PICTURE_BYTES, picture_problems
from volunteer_app.domain.guides.rules import problems_with, spoken_texts
from volunteer_app.domain.problems import Problem

FOLDER = Path(guide_files.__file__).parents[2] / "guides"
TODAY = date(2026, 11, 22)

GOOD = """\
slug = "file-on-portal"
number = 7
version = 1
title = "Nộp hồ sơ"
summary = "Bác tự nộp hồ sơ."
service = "file-on-portal"
channel = "portal"
level_needed = 2
minutes = 20
written_on = 2026-11-22
review_by = 2027-01-31
confidence = "M"
sources = ["P7"]
picture = "dot"

[[figures]]
key = "copy"
text = "Mỗi bản sao mất {}."
amount = 8000
unit = "dong"
source = "P7"
confidence = "M"

[[situations]]
key = "device"
question = "Bác làm trên máy nào?"

[[situations.options]]
key = "phone"
label = "Điện thoại"
picture = "dot"

[[situations.options]]
key = "computer"
label = "Máy tính"
picture = "dot"

[[situations.options]]
key = "neither"
label = "Không có máy, chưa có mức 2"
picture = "dot"
without_level_2 = true

[[prepare]]
key = "card"
text = "Thẻ căn cước"
picture = "dot"

[[warnings]]
text = "Bác không đưa mã cho ai."

[[remedies]]
blocker = "no_signal"
text = "Bác ra chỗ có sóng."

[[steps]]
key = "open"
action = "Bác mở trang."
explanation = "Trang này của Nhà nước."
picture = "dot"
flags = ["signal"]
shows = ["copy"]

[[steps.remedies]]
blocker = "system_down"
text = "Hôm khác bác làm lại."
hotline = "portal"

[[steps]]
key = "otp"
action = "Bác xem tin nhắn."
explanation = "Mã chỉ dùng một lần."
picture = "dot"
flags = ["signal", "otp"]
private = true
only_if = { device = ["phone"] }

[[steps.remedies]]
blocker = "other"
text = "Chưa thấy mã thì bác đợi."
against = "code"

[[steps]]
key = "done"
action = "Bác xem chữ đã nộp."
explanation = "Thế là xong."
picture = "dot"
flags = ["signal"]
submits = true
ends = "done"

[teach_back]
ask = "Bác tự làm lại một lần."
steps = ["open"]
"""
SOURCES = """\
P7 = { publisher = "Cổng", date = "2026" }
GH = { publisher = "Ai đó", date = "2026", lead = true }
"""
NAME = "07-file-on-portal.toml"
DOT = (
    '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 200 150">'
    '<circle cx="100" cy="75" r="40" fill="var(--p-sun)" stroke="none"/></svg>'
)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A guide folder with one good guide, its picture and its source."""
    (tmp_path / "pictures").mkdir()
    (tmp_path / "pictures/dot.svg").write_text(DOT, encoding="utf-8")
    (tmp_path / "sources.toml").write_text(SOURCES, encoding="utf-8")
    (tmp_path / NAME).write_text(GOOD, encoding="utf-8")
    return tmp_path


def line_of(text: str, source: str) -> int:
    return source[: source.index(text)].count("\n") + 1


def found(folder: Path, old: str, new: str) -> list[Problem]:
    """Problems of the good guide after one change."""
    assert GOOD.count(old) >= 1
    (folder / NAME).write_text(GOOD.replace(old, new, 1), encoding="utf-8")
    return check_all(folder, TODAY).get(NAME, [])


def test_every_guide_and_picture_of_the_house_is_free_of_problems():
    assert check_all(FOLDER, max(guide.written_on for guide in load_guides(FOLDER))) == {}


def test_the_good_example_is_good(folder: Path):
    assert check_all(folder, TODAY) == {}


def test_a_line_that_is_not_toml_is_named(folder: Path):
    problems = found(folder, "number = 7", "number = sieben")

    assert [(p.code, p.values["line"]) for p in problems] == [("guide.not_toml", 2)]


@pytest.mark.parametrize(
    ("old", "new", "code", "at"),
    [
        ('title = "Nộp hồ sơ"\n', "", "guide.missing", 'slug = "file'),
        ('action = "Bác mở trang."', 'akcion = "Bác mở trang."', "guide.unknown_key", "akcion"),
        ('blocker = "system_down"', 'blocker = "tired"', "guide.not_allowed", 'blocker = "tired"'),
        ("level_needed = 2", 'level_needed = "two"', "guide.wrong_form", "level_needed"),
        ('flags = ["signal", "otp"]', 'flags = ["signl"]', "guide.not_allowed", 'flags = ["signl"]'),
        ('key = "otp"', 'key = "The OTP"', "guide.wrong_form", 'key = "The OTP"'),
        ('summary = "Bác tự nộp hồ sơ."', 'summary = " "', "guide.wrong_form", "summary"),
    ],
)
def test_a_wrong_form_is_named_with_its_line(folder: Path, old: str, new: str, code: str, at: str):
    problems = found(folder, old, new)

    expected = line_of(at, GOOD.replace(old, new, 1))
    assert (code, expected) in [(p.code, p.values["line"]) for p in problems]
    assert all(p.sentence % p.values for p in problems)


STEP_OPEN = '[[steps]]\nkey = "open"'
STEP_OTP = '[[steps]]\nkey = "otp"'
STEP_DONE = '[[steps]]\nkey = "done"'


@pytest.mark.parametrize(
    ("old", "new", "code", "at"),
    [
        ("written_on = 2026-11-22", "written_on = 2026-11-23", "guide.written_later", "slug"),
        ("review_by = 2027-01-31", "review_by = 2027-05-22", "guide.review_late", "slug"),
        ("review_by = 2027-01-31", "review_by = 2026-11-21", "guide.review_late", "slug"),
        ('service = "file-on-portal"', 'service = "fly"', "guide.no_service", "slug"),
        ("level_needed = 2", "level_needed = 1", "guide.level", "slug"),
        ('key = "done"', 'key = "open"', "guide.key_twice", STEP_OPEN),
        ('{ device = ["phone"] }', '{ device = ["tablet"] }', "guide.no_answer", STEP_OTP),
        ('{ device = ["phone"] }', '{ weather = ["rain"] }', "guide.no_answer", STEP_OTP),
        ('shows = ["copy"]', 'shows = ["stamp"]', "guide.no_figure", STEP_OPEN),
        ('hotline = "portal"', 'hotline = "weather"', "guide.no_hotline", "[[steps.remedies]]"),
        ('ends = "done"\n', "", "guide.dead_end", STEP_DONE),
        ('shows = ["copy"]', 'ends = "later"', "guide.unreachable", STEP_OTP),
        ('flags = ["signal"]\nshows', 'flags = ["fee"]\nshows', "guide.flags", STEP_OPEN),
        (
            'flags = ["signal"]\nshows',
            'flags = ["signal", "offline_possible"]\nshows',
            "guide.flags",
            STEP_OPEN,
        ),
        ('blocker = "no_signal"', 'blocker = "other"', "guide.no_remedy", STEP_OPEN),
        ("private = true\n", "", "guide.not_private", STEP_OTP),
        ('"Bác mở trang."', '"Bác đặt mật khẩu."', "guide.not_private", STEP_OPEN),
        ('"Bác mở trang."', '"Bác mở trang. Bác bấm nút."', "guide.long_action", STEP_OPEN),
        ('"Bác mở trang."', f'"Bác mở {"rất " * 20}lâu."', "guide.long_action", STEP_OPEN),
        (
            "amount = 8000",
            "amount = 8000\nvalid_from = 2026-02-01\nvalid_to = 2026-01-31",
            "guide.never_valid",
            "[[figures]]",
        ),
        ("amount = 8000", "amount = 8000\nvalid_to = 2027-01-31", "guide.not_one", "[[figures]]"),
        ("amount = 8000", "amount = 8000\nvalid_from = 2027-01-31", "guide.not_one", "[[figures]]"),
        ('"Mỗi bản sao mất {}."', '"Mỗi bản sao mất."', "guide.hole", "[[figures]]"),
        ('"Mỗi bản sao mất {}."', '"Mỗi {} sao mất {}."', "guide.hole", "[[figures]]"),
        ('amount = 8000\nunit = "dong"\n', "", "guide.hole", "[[figures]]"),
        ('unit = "dong"\n', "", "guide.hole", "[[figures]]"),
        ('source = "P7"\nconfidence = "M"', 'confidence = "M"', "guide.unsourced", "[[figures]]"),
        ('source = "P7"\nconfidence = "M"', 'source = "P7"', "guide.unsourced", "[[figures]]"),
        ('source = "P7"\nconfidence = "M"', 'source = "GH"\nconfidence = "M"', "guide.lead", "[[figures]]"),
        (
            'source = "P7"\nconfidence',
            'source = "P7"\nacts = ["law"]\nconfidence',
            "guide.no_act",
            "[[figures]]",
        ),
        ("submits = true\n", "", "guide.not_sent", STEP_DONE),
        (
            'key = "open"',
            'key = "keep-code"',
            "guide.code_early",
            STEP_DONE,
        ),
        (
            '[teach_back]\nask = "Bác tự làm lại một lần."\nsteps = ["open"]\n',
            "",
            "guide.no_teach_back",
            "slug",
        ),
        ('steps = ["open"]', 'steps = ["open", "shut"]', "guide.no_step", "[teach_back]"),
        ('steps = ["open"]', 'steps = ["otp"]', "guide.nothing_again", "[teach_back]"),
        ('against = "code"', 'against = "face"', "guide.trouble_forgotten", STEP_OTP),
        ('"Bác mở trang."', '"Bác tự đăng nhập."', "guide.not_private", STEP_OPEN),
        ('"Bác mở trang."', '"Bác đăng nhập lại."', "guide.trouble_forgotten", STEP_OPEN),
        ('"Bác mở trang."', '"Bác xem mã OTP."', "guide.no_otp_flag", STEP_OPEN),
        ('"Bác mở trang."', '"Bác chọn tỉnh, rồi chọn xã."', "guide.trouble_forgotten", STEP_OPEN),
        ('"Trang này của Nhà nước."', '"Bác chọn xã theo tên mới."', "guide.trouble_forgotten", STEP_OPEN),
        ("without_level_2 = true\n", "", "guide.level_2_only", "slug"),
        ('{ device = ["phone"] }', '{ device = ["phone", "neither"] }', "guide.level_2_after_all", STEP_DONE),
        ('ends = "done"\n', 'ends = "not_needed"\n', "guide.level_2_after_all", STEP_DONE),
        ('"Thế là xong."', '"Thế là xong, mất 8.000 đồng."', "guide.figure_in_text", STEP_DONE),
        ('"Thế là xong."', '"Chờ 3 ngày là xong."', "guide.figure_in_text", STEP_DONE),
        ('"Thế là xong."', '"Từ 75 tuổi là xong."', "guide.bare_number", STEP_DONE),
        ('"Thế là xong."', '"Dưới 14 tuổi là xong."', "guide.bare_number", STEP_DONE),
        ('"Thế là xong."', '"Hết hạn ở tuổi 25, 40, 60."', "guide.bare_number", STEP_DONE),
        ('"Thế là xong."', '"Dùng đến hết năm 2026."', "guide.bare_number", STEP_DONE),
        ('"Thế là xong."', '"Thế là xong, không mất tiền."', "guide.free_in_text", STEP_DONE),
        ('"Bác tự nộp hồ sơ."', '"Nộp hồ sơ được miễn phí."', "guide.free_in_text", "slug"),
        ('"Thế là xong."', '"Bác không phải nộp lệ phí."', "guide.free_in_text", STEP_DONE),
        ('"Thế là xong."', '"Thê\u0301 là xong."', "guide.not_nfc", STEP_DONE),
        (
            'picture = "dot"\nflags = ["signal"]\nsubmits',
            'picture = "sun"\nflags = ["signal"]\nsubmits',
            "guide.no_picture",
            STEP_DONE,
        ),
        ('source = "P7"', 'source = "X1"', "guide.no_source", "[[figures]]"),
        ("number = 7", "number = 8", "guide.name", "slug"),
    ],
)
def test_what_makes_no_sense_is_named_with_its_line(folder: Path, old: str, new: str, code: str, at: str):
    problems = found(folder, old, new)

    expected = line_of(at, GOOD.replace(old, new, 1))
    assert (code, expected) in [(p.code, p.values["line"]) for p in problems]
    assert all(p.sentence % p.values for p in problems)


def test_two_guides_with_one_number_are_found(folder: Path):
    (folder / "07-other.toml").write_text(GOOD.replace('"file-on-portal"', '"other"', 1), encoding="utf-8")

    assert [p.code for p in check_all(folder, TODAY)["07-other.toml"]] == ["guide.twice"]


def test_a_broken_guide_is_not_loaded_in_silence(folder: Path):
    (folder / NAME).write_text(GOOD.replace("version = 1", ""), encoding="utf-8")

    with pytest.raises(BrokenGuide, match="version"):
        load_guide(folder / NAME)


def test_an_ask_the_officer_card_needs_no_teach_back(folder: Path):
    card = GOOD[: GOOD.index("[teach_back]")].replace('ends = "done"', 'ends = "later"')
    (folder / NAME).write_text(
        card.replace("version = 1", 'version = 1\nkind = "ask_officer"'), encoding="utf-8"
    )

    assert problems_with(load_guide(folder / NAME), TODAY) == []


# Pictures


@pytest.mark.parametrize(
    ("old", "new", "what"),
    [
        ('fill="var(--p-sun)"', 'fill="#f2a51f"', "#f2a51f"),
        ('stroke="none"', 'style="fill:red"', "style"),
        ('stroke="none"', 'id="sun"', "id"),
        ('stroke="none"', 'onclick="alert(1)"', "onclick"),
        ("</svg>", "<script/></svg>", "<script>"),
        ("</svg>", "<style>*{}</style></svg>", "<style>"),
        ("</svg>", "<text>OK</text></svg>", "<text>"),
        ("</svg>", "sun</svg>", "text"),
    ],
)
def test_what_may_not_stand_in_a_picture_is_named(old: str, new: str, what: str):
    assert what in [p.values.get("what") for p in picture_problems(DOT.replace(old, new))]


def test_a_picture_is_a_small_well_formed_svg_of_the_family_size():
    assert picture_problems(DOT) == []
    assert [p.code for p in picture_problems(DOT.replace("</svg>", ""))] == ["picture.not_svg"]
    assert [p.code for p in picture_problems(DOT.replace("200 150", "24 24"))] == ["picture.view_box"]
    assert [p.code for p in picture_problems(DOT + " " * PICTURE_BYTES)] == ["picture.large"]
    assert [p.code for p in picture_problems('<!DOCTYPE svg [<!ENTITY a "b">]>' + DOT)] == ["picture.not_svg"]


# What guides share


FRAGMENTS = """\
[remedies.busy]
blocker = "system_down"
text = "Hôm khác bác làm lại."

[steps.open]
action = "Bác mở trang."
explanation = "Trang này của Nhà nước."
picture = "dot"
flags = ["signal"]
remedies = [{ use = "busy" }]
"""
ACTS = """\
[circular]
name = "Thông tư 1/2026"
valid_from = 2026-08-15
valid_to = 2026-12-31
source = "P7"
"""


def with_shared(folder: Path, old: str, new: str) -> None:
    (folder / "fragments.toml").write_text(FRAGMENTS, encoding="utf-8")
    (folder / "acts.toml").write_text(ACTS, encoding="utf-8")
    assert old in GOOD
    (folder / NAME).write_text(GOOD.replace(old, new, 1), encoding="utf-8")


OWN_STEP = GOOD[GOOD.index(STEP_OPEN) : GOOD.index(STEP_OTP)]


def test_what_guides_share_is_written_once(folder: Path):
    with_shared(folder, OWN_STEP, '[[steps]]\nuse = "open"\nshows = ["copy"]\n\n')

    step = load_guide(folder / NAME).steps[0]

    assert (step.key, step.action, step.shows) == ("open", "Bác mở trang.", ("copy",))
    assert [remedy.text for remedy in step.remedies] == ["Hôm khác bác làm lại."]
    assert step.line == line_of(STEP_OPEN, GOOD)
    assert check_all(folder, TODAY) == {}


def test_what_the_guide_itself_says_wins_over_what_it_shares(folder: Path):
    with_shared(folder, OWN_STEP, '[[steps]]\nuse = "open"\nkey = "mine"\naction = "Bác bấm."\n\n')

    step = load_guide(folder / NAME).steps[0]

    assert (step.key, step.action, step.explanation) == ("mine", "Bác bấm.", "Trang này của Nhà nước.")


def test_a_fragment_that_is_not_there_is_named_with_its_line(folder: Path):
    with_shared(folder, OWN_STEP, '[[steps]]\nuse = "shut"\n\n')

    problems = check_all(folder, TODAY)[NAME]

    assert [(p.code, p.values) for p in problems] == [
        ("guide.no_fragment", {"line": line_of(STEP_OPEN, GOOD), "name": "shut"})
    ]


def test_g14_one_change_of_an_act_changes_all_that_hangs_on_it(folder: Path):
    hung = 'acts = ["circular"]\nsource = "P7"\nconfidence = "M"'
    with_shared(folder, 'source = "P7"\nconfidence = "M"', hung)
    text = (folder / NAME).read_text(encoding="utf-8")
    (folder / NAME).write_text(
        text.replace('key = "done"', 'key = "done"\nacts = ["circular"]', 1), encoding="utf-8"
    )
    before = load_guide(folder / NAME)
    assert (before.figures[0].valid_from, before.figures[0].valid_to) == (
        date(2026, 8, 15),
        date(2026, 12, 31),
    )
    assert before.steps[-1].doubtful_from == date(2027, 1, 1)
    assert before.steps[-1].source == "P7"

    longer = folder.parent / "longer"
    shutil.copytree(folder, longer)
    (longer / "acts.toml").write_text(ACTS.replace("2026-12-31", "2027-02-28"), encoding="utf-8")
    after = load_guide(longer / NAME)

    assert after.figures[0].valid_to == date(2027, 2, 28)
    assert after.steps[-1].doubtful_from == date(2027, 3, 1)


@pytest.mark.parametrize("doubt", ['confidence = "L"', 'source = "GH"'])
def test_what_is_uncertain_or_rests_on_a_lead_carries_its_mark_by_itself(folder: Path, doubt: str):
    with_shared(folder, 'key = "done"', f'key = "done"\n{doubt}')

    steps = load_guide(folder / NAME).steps

    assert [step.check for step in steps] == [False, False, True]


def test_a_source_that_is_only_a_lead_never_makes_a_fact_certain():
    """The laundered ones (P7, C7, C8, C17) among them: nothing of ours rests on a lead without its mark."""
    sources = load_sources(FOLDER)
    claims = [claim for guide in load_guides(FOLDER) for claim in claims_of(guide)]
    on_leads = [claim for claim in claims if claim.source and sources[claim.source].lead]

    assert {"P7", "C7", "C8", "C17"} <= {claim.source for claim in on_leads}
    assert [c for c in on_leads if c.confidence not in (None, Confidence.LOW) or not c.check] == []
    assert [c for c in claims if c.confidence == Confidence.LOW and not c.check] == []


def test_an_act_that_is_called_official_was_read_on_a_day():
    acts, sources = load_acts(FOLDER), load_sources(FOLDER)

    assert acts and all(act.read_on for act in acts.values() if act.official)
    assert all(act.official or act.source in sources for act in acts.values())
    named = {key for guide in load_guides(FOLDER) for claim in claims_of(guide) for key in claim.acts}
    assert named == set(acts), "every act is needed"


def test_a_picture_no_guide_shows_is_found(folder: Path):
    (folder / "pictures/lost.svg").write_text(DOT, encoding="utf-8")

    assert [p.code for p in check_all(folder, TODAY)["pictures/lost.svg"]] == ["picture.unused"]
    assert set(load_pictures(folder)) == {"dot", "lost"}


# Extraction


def test_babel_gets_every_text_with_its_line_and_place(folder: Path):
    with (folder / NAME).open("rb") as file:
        messages = list(extract(file, (), (), {}))

    assert (line_of("Nộp hồ sơ", GOOD), None, "Nộp hồ sơ", ["file-on-portal: title"]) in messages
    line = line_of("Hôm khác", GOOD)
    assert (line, None, "Hôm khác bác làm lại.", ["file-on-portal: steps open remedies 1 text"]) in messages
    assert {text for _, _, text, _ in messages} == {
        text for _, text in spoken_texts(load_guide(folder / NAME))
    }


def test_babel_gets_the_texts_the_guides_speak():
    extracted: set[str] = set()
    for path in (*sorted(FOLDER.glob(guide_files.GUIDE_FILES)), FOLDER / "fragments.toml"):
        with path.open("rb") as file:
            extracted |= {text for _, _, text, _ in extract(file, (), (), {})}

    assert extracted == {DOUBT} | {text for guide in load_guides(FOLDER) for _, text in spoken_texts(guide)}
