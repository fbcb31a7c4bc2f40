"""Guides: what they are, every way through them, what reaches the phone."""

import json
import re
from datetime import date, timedelta
from pathlib import Path

import pytest
from babel.messages.pofile import read_po

from volunteer_app.domain.blockers import BLOCKER_NAMES, BLOCKER_PICTURES, Blocker
from volunteer_app.domain.facilities import FACILITY_KIND_NAMES, FacilityKind
from volunteer_app.domain.glossary import TERMS
from volunteer_app.domain.guides import files as guide_files
from volunteer_app.domain.guides.files import load_guides, load_pictures, load_sources
from volunteer_app.domain.guides.guide import (
    DOUBT,
    Claim,
    Confidence,
    Ending,
    Flag,
    Guide,
    Kind,
    Preparation,
    Remedy,
    Step,
    Warning,
    applies,
    is_amber,
    is_doubtful,
    paths,
)
from volunteer_app.domain.guides.packs import guide_pack, pictures_of
from volunteer_app.domain.guides.rules import spoken_texts
from volunteer_app.domain.hotlines import HOTLINES

PACKAGE = Path(guide_files.__file__).parents[2]
FOLDER = PACKAGE / "guides"
GUIDES = load_guides(FOLDER)
PICTURES = load_pictures(FOLDER)
with (PACKAGE / "locales/en/LC_MESSAGES/guides.po").open("rb") as _file:
    ENGLISH = {str(message.id): str(message.string or "") for message in read_po(_file) if message.id}

# Facts the guides use that rest on one lead or on general knowledge only: whoever reads one is told to check it.
UNCERTAIN = (
    r"tháo ốp máy",
    r"bật NFC",
    r"phải có thẻ mới rồi mới dùng",
    r"làm lại thẻ ở Công an xã trước",
    r"gọi tổng đài VNeID hỏi trước",
    r"gọi tổng đài VNeID trước",
    r"Để lâu quá mới kích hoạt",
    r"nơi cấp giấy phải sửa dữ liệu",
    r"trước khi trả lại",
    r"xin Công an đến làm tại nhà",
    r"bị tẩy xoá",
    r"đừng tự mua nữa",
    r"hỏi xã tiền bù",
    r"Bác bấm “Lưu và nộp hồ sơ”",
    r"Thanh toán thành công",
    r"khoá rồi thì mở lại thế nào",
    r"thường không cần giấy này",
    r"báo dừng, kẻo phải trả lại",
    r"xin xã xác nhận",
    r"Chủ hộ chưa có mức 2 thì ra Công an",
    r"khai sinh trước theo mẹ",
    r"dấu ba gạch",
    r"trước khi rời máy tính",
    r"tổng đài của tỉnh",
    r"Giấy dùng được lâu",
    r"người thứ hai được giảm",
    r"đã có quyết định xử phạt",
)
QUOTED = re.compile(r"“([^”]+)”")
SECRETS = r"(mật khẩu|passcode|mã OTP|mã trong tin nhắn)"
HELPERS = "tình nguyện viên|người hướng dẫn|cán bộ"
HANDED_OVER = re.compile(
    rf"(đọc|đưa|nói|gửi|cho|nhờ)[^.,;:]*{SECRETS}[^.,;:]*(cháu|em\b|{HELPERS}|ai\b)"
    rf"|(cháu|em\b|{HELPERS})[^.,;:]*(nhập|gõ|đặt|xem|ghi|chụp|giữ)[^.,;:]*{SECRETS}",
    re.IGNORECASE,
)
FORBIDDEN = re.compile(r"\b(không|đừng|chớ|chưa bao giờ)\b", re.IGNORECASE)

each_guide = pytest.mark.parametrize("guide", GUIDES, ids=lambda guide: guide.slug)


@pytest.fixture(scope="module")
def guide() -> Guide:
    """Guide 3, for tests that need any complete guide."""
    return GUIDES[[g.number for g in GUIDES].index(3)]


@each_guide
def test_every_way_ends_and_together_they_reach_every_step(guide: Guide):
    ways = list(paths(guide))

    assert all(way.ending in Ending for way in ways)
    assert {step.key for way in ways for step in way.steps} == {step.key for step in guide.steps}
    assert guide.kind == Kind.ASK_OFFICER or any(way.ending == Ending.DONE for way in ways)


@each_guide
def test_every_step_of_every_way_has_picture_flag_help_and_both_languages(guide: Guide):
    for way in paths(guide):
        for step in way.steps:
            assert step.picture in PICTURES
            assert step.flags & {Flag.SIGNAL, Flag.OFFLINE_POSSIBLE}
            assert step.remedies or guide.remedies
            assert ENGLISH[step.action] and ENGLISH[step.explanation]


def test_an_answer_not_asked_for_holds_nothing():
    assert applies({}, {})
    assert applies({"device": ("computer", "phone")}, {"device": "phone", "message": "received"})
    assert not applies({"device": ("computer",)}, {"device": "phone"})
    assert not applies({"device": ("computer",)}, {})


def test_a_way_stops_at_its_first_ending(guide: Guide):
    waiting = next(way for way in paths(guide) if way.answers["message"] == "waiting")

    assert [step.key for step in waiting.steps] == ["wait-for-message"]
    assert waiting.ending == Ending.LATER


def test_a_guide_turns_amber_the_day_after_it_had_to_be_read_again(guide: Guide):
    assert not is_amber(guide, guide.written_on)
    assert not is_amber(guide, guide.review_by)
    assert is_amber(guide, guide.review_by + timedelta(days=1))


def test_what_hangs_on_an_act_is_to_be_checked_once_the_act_has_ended():
    claim = Claim(doubtful_from=date(2027, 3, 1))

    assert not is_doubtful(claim, date(2027, 2, 28))
    assert is_doubtful(claim, date(2027, 3, 1))
    assert is_doubtful(Claim(check=True), date(1990, 1, 1))


def test_there_are_fourteen_blockers_each_with_a_name_and_a_picture_of_its_own():
    assert len(Blocker) == 14
    assert set(BLOCKER_PICTURES) == set(Blocker)
    assert len(set(BLOCKER_PICTURES.values())) == len(Blocker)
    assert set(BLOCKER_PICTURES.values()) <= set(PICTURES)
    assert set(BLOCKER_NAMES) == set(Blocker)
    assert set(FACILITY_KIND_NAMES) == set(FacilityKind)


def test_a_hotline_without_a_source_is_marked_to_be_checked():
    sources = load_sources(FOLDER)

    assert all(hotline.source in sources or hotline.check for hotline in HOTLINES.values())


# Texts


def test_the_english_catalog_has_every_text_and_nothing_else():
    texts = {text for guide in GUIDES for _, text in spoken_texts(guide)}
    texts |= {DOUBT} | {text for term in TERMS for text in (term.title, term.text)}

    assert sorted(texts - set(ENGLISH)) == []
    assert sorted(set(ENGLISH) - texts) == []
    assert sorted(text for text, english in ENGLISH.items() if not english) == []


def test_a_translation_keeps_numbers_and_real_button_words():
    def facts(text: str) -> tuple[set[str], set[str]]:
        return set(re.findall(r"\d+|{}", text)), set(QUOTED.findall(text))

    assert [pair for pair in ENGLISH.items() if facts(pair[0]) != facts(pair[1])] == []
    assert not [
        text for pair in ENGLISH.items() for text in pair if "%(" in text or "{" in text.replace("{}", "", 1)
    ]


@each_guide
def test_no_text_asks_for_a_secret(guide: Guide):
    for _, text in spoken_texts(guide):
        for sentence in re.split(r"(?<=[.!?])\s+", text):
            assert FORBIDDEN.search(sentence) or not HANDED_OVER.search(sentence), sentence


def test_the_pattern_for_secrets_finds_them():
    assert HANDED_OVER.search("Bác đọc mã OTP cho cháu.")
    assert HANDED_OVER.search("Bác đưa mật khẩu cho tình nguyện viên.")
    assert HANDED_OVER.search("Cháu nhập mật khẩu giúp bác.")
    assert not HANDED_OVER.search("Bác tự nhập mật khẩu.")


@pytest.mark.parametrize("fact", UNCERTAIN)
def test_an_uncertain_fact_is_marked_to_be_checked(fact: str):
    def said(item: Preparation | Warning | Step | Remedy) -> str:
        return f"{item.action} {item.explanation}" if isinstance(item, Step) else item.text

    items = [
        item
        for guide in GUIDES
        for item in (
            *guide.prepare,
            *guide.warnings,
            *guide.steps,
            *guide.remedies,
            *(remedy for step in guide.steps for remedy in step.remedies),
        )
        if re.search(fact, said(item))
    ]

    assert items and all(item.check for item in items), [said(item) for item in items if not item.check]


def test_a_guide_that_rests_on_leads_only_sends_to_an_officer_and_says_so():
    doubtful = [guide for guide in GUIDES if guide.confidence == Confidence.LOW]

    assert [guide.slug for guide in doubtful] == [
        "land-tax",
        "traffic-fine",
        "school-enrolment",
        "disability-allowance",
        "state-insurance",
        "plastic-licence",
        "marriage",
        "correct-birth",
        "poverty-review",
        "land-certificate",
    ]
    assert all(guide.kind == Kind.ASK_OFFICER for guide in doubtful)
    assert all(step.check for guide in doubtful for step in guide.steps)


# Pack


@each_guide
def test_the_pack_is_json_and_names_pictures_that_are_there(guide: Guide):
    pack = guide_pack(guide, lambda text: text)

    assert json.loads(json.dumps(pack)) == pack
    assert set(pictures_of(guide)) <= set(PICTURES)
    assert [step["key"] for step in pack["steps"]] == [step.key for step in guide.steps]


@each_guide
def test_buttons_stay_vietnamese_in_every_language(guide: Guide):
    pack = guide_pack(guide, ENGLISH.get)

    assert [step.get("button") for step in pack["steps"]] == [step.button for step in guide.steps]
    assert "button" not in guide_files.TEXT_KEYS


def test_a_text_without_translation_falls_back_to_vietnamese_with_a_mark(guide: Guide):
    partly = {guide.title: "Qhib qib ob"}

    pack = guide_pack(guide, partly.get)

    assert pack["title"] == {"text": "Qhib qib ob"}
    assert pack["summary"] == {"text": guide.summary, "fallback": True}
    assert pack["steps"][0]["action"] == {"text": guide.steps[0].action, "fallback": True}


def test_the_pack_leaves_out_what_is_empty(guide: Guide):
    pack = guide_pack(guide, ENGLISH.get, "en")

    assert pack["figures"][0]["text"] == {"text": "Activating VNeID is free of charge."}
    assert "button" not in pack["steps"][0] and "private" not in pack["steps"][0]
    assert next(step for step in pack["steps"] if step["key"] == "otp")["private"] is True
