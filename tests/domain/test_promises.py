"""What is promised about data names the test that holds it, and the question at the door says all that the law wants."""

import re

import pytest
from babel.messages.pofile import read_po

from tests.conftest import ROOT
from volunteer_app.domain.households import CONSENT_TEXT, CONSENT_TEXT_VERSION, Household, Member
from volunteer_app.domain.privacy_notice import NOTICE
from volunteer_app.domain.spoken_texts import consent_key
from volunteer_app.i18n import LOCALES, catalog
from volunteer_app.pages.voices.texts import all_texts, of_release
from volunteer_app.settings import Settings

SYLLABLES_A_SECOND = 3
LONGEST_QUESTION = 45
"""Seconds: about forty, heard slowly."""


def split(text: str) -> list[str]:
    return re.split(r"(?<=[.?!])\s+", text)


def promised() -> list[str]:
    """Every sentence, in English, that tells people what becomes of their data."""
    shown = (ROOT / "volunteer_app/pages/households/_consent.html").read_text("utf-8")
    refused = re.search(r'"(That is fine\.[^"]*)"', re.sub(r'"\s+"', "", shown))
    assert refused
    found = [*split(CONSENT_TEXT), *split(refused[1])]
    for section in NOTICE:
        for text in (*section.sentences, section.loud):
            found += split(text) if text else []
        found += [f"{what} {within}" for what, within in section.deadlines]
    return found


PROMISING = re.compile(
    r"\b(erase[sd]|never (written down|kept|stored|asks?( you)? for|write down)|gives you the right|names nobody"
    r"|(nothing|nobody('s)?|no (word|name|trace))\b.{0,40}\b(is|are) (kept|recorded|written down|stored|sent|followed)"
    r"|nothing of (yours|that|the entry)|(is|are|was|were) not kept|(is|are) (kept nowhere|deleted|forgotten)"
    r"|figures only|leaves? (this|the|your) phone)\b",
    re.IGNORECASE,
)
"""Words in which something is promised about what becomes of data."""

NO_PROMISES = {
    "Erase again what was erased before a copy was put back",
    "Household erased",
    "It is erased:",
    "Nobody of this house is written down yet.",
    "Nothing is written down yet",
    "Nothing is erased: your decision stands in the history with its reason.",
    "Somebody else, or the PIN is forgotten?",
    "The app is not kept on this phone yet.",
    "The file is not kept here: please choose it again.",
    "The text has changed since it was recorded; what it said then was not kept.",
    "The Vietnamese has changed since it was translated; what it said then was not kept.",
    "What a volunteer never asks you for",
    "What helpers never ask for",
    "Your request was not kept.",
}
"""Sentences with such words that tell what is, not what becomes of anybody's data."""


def promised_elsewhere() -> set[str]:
    """The same, of every screen and of the guides in English."""
    texts = []
    for language, domain in (("vi", "messages"), ("en", "guides")):
        with (LOCALES / language / "LC_MESSAGES" / f"{domain}.po").open("rb") as file:
            for message in read_po(file):
                said = message.id if domain == "messages" else message.string
                texts += [said] if isinstance(said, str) else [*said]
    return {one for text in texts for one in split(text) if PROMISING.search(one)}


def held() -> dict[str, str]:
    """The table of docs/promises.md: sentence → what holds it."""
    rows = re.findall(r"^\| (.+?) \| (.+?) \|$", (ROOT / "docs/promises.md").read_text("utf-8"), re.MULTILINE)
    return dict(rows[1:])


def test_every_sentence_that_promises_something_names_what_holds_it_and_nothing_else_stands_there():
    assert promised_elsewhere() >= NO_PROMISES
    assert sorted({*promised(), *promised_elsewhere()} - NO_PROMISES) == sorted(held())


@pytest.mark.parametrize("sentence", held())
def test_what_holds_a_promise_is_there(sentence):
    tests = "\n".join(path.read_text("utf-8") for path in (ROOT / "tests").rglob("test_*.py"))
    named = re.findall(r"`(test_\w+)`", held()[sentence])

    assert named or held()[sentence] == "–" or "**people**" in held()[sentence]
    assert [name for name in named if f"def {name}(" not in tests] == []


def test_the_question_says_what_the_law_wants_and_can_be_heard_in_forty_seconds():
    asked = all_texts()[consent_key(CONSENT_TEXT_VERSION)].text

    for words in (
        "xin ghi",
        "Xã giữ",
        "để lần sau giúp tiếp",
        "xem được",
        "Hai năm",
        "vẫn giúp",
        "xem, sửa, xoá, đổi ý",
    ):
        assert words in asked, words
    assert len(asked.split()) / SYLLABLES_A_SECOND <= LONGEST_QUESTION
    assert max(len(sentence.split()) for sentence in split(asked)) <= 36


def test_the_question_names_the_commune_and_a_recording_does_not():
    """On the phone the commune's own name stands there (tests/browser/test_field_households.py)."""
    said = all_texts()[consent_key(CONSENT_TEXT_VERSION)].text

    assert "{commune}" in CONSENT_TEXT and "{commune}" in catalog("vi").gettext(CONSENT_TEXT)
    assert "theo việc xã giao" in said and "{" not in said
    assert "{" not in of_release("en", said)


def test_the_question_names_all_that_is_kept_of_a_family():
    """A column more is a question more: whoever adds one has to tell the family first."""
    places = {"province_code", "id", "commune_code", "hamlet_id", "household_id", "code"}
    told = {"label", "people_count", "own_phone", "own_sim", "chip_card", "vneid_level", "signal_at_home"}
    answer = {"consent", "consent_version", "consent_method", "consent_at"}

    assert set(Household.model_fields) | set(Member.model_fields) == places | told | answer


def test_the_months_that_are_promised_are_those_of_the_settings():
    assert (Settings.keep_notes_months, Settings.keep_households_months) == (12, 24)
    assert any(
        "12 months" in text and "24 months" in text for section in NOTICE for text in section.sentences
    )


def test_the_form_for_the_commune_holds_the_question_as_it_is_asked():
    form = " ".join((ROOT / "docs/mau/loi-hoi-dong-y.md").read_text("utf-8").replace("\n> ", " ").split())

    assert f"phiên bản {CONSENT_TEXT_VERSION}" in form
    assert catalog("vi").gettext(CONSENT_TEXT).replace("{commune}", "xã [tên xã]") in form
