"""Guides in the languages that people speak at home, on a citizen's own phone: heard, seen, and honest about the rest."""

import re
from datetime import timedelta
from html import escape, unescape

import pytest

from tests.people import LAN, NOW, PROVINCE, SCOPES, THE_FRONT
from tests.spoken import say, speak
from volunteer_app.domain.glossary import TERMS
from volunteer_app.domain.privacy_notice import NOTICE
from volunteer_app.domain.recordings import Review
from volunteer_app.domain.spoken_texts import mark_of, step_key, texts_of
from volunteer_app.domain.translations import Part, Translation
from volunteer_app.i18n import catalog
from volunteer_app.pages.guides.packs import all_guides, translated
from volunteer_app.pages.public import spoken
from volunteer_app.pages.voices.texts import all_texts
from volunteer_app.storage import translations
from volunteer_app.storage.media import Media

GUIDE = next(guide for guide in all_guides() if guide.slug == "spot-scams")
ADDRESS = f"/vi/huong-dan/{GUIDE.slug}"
VOICE = r'<audio controls preload="none" src="([^"]+)">'


@pytest.fixture(autouse=True)
def _looked_up_each_time(monkeypatch):
    monkeypatch.setattr(spoken, "REST_SECONDS", 0)


@pytest.fixture
def said(visitor, in_database):
    """Publishes voices: `said("pha")`, or only of some steps."""
    return lambda language, *steps: in_database(
        lambda database: speak(database, Media(visitor.media), GUIDE, language, *steps)
    )


@pytest.fixture
def written(in_database):
    """Publishes a translation of one step's action."""

    def write(language: str, words: str, step=GUIDE.steps[0], review=Review.APPROVED) -> None:
        row = Translation(
            province_code=PROVINCE,
            language=language,
            text_key=step_key(GUIDE.slug, step.key),
            part=Part.TEXT,
            source_mark=mark_of(step.action),
            text=words,
            translated_by=LAN,
            translated_at=NOW,
            review=review,
            reviewed_by=THE_FRONT,
            reviewed_at=NOW + timedelta(days=1),
        )

        async def work(database):
            async with database.writing() as db:
                await translations.keep(db, SCOPES[LAN], row)

        in_database(work)

    return write


def test_l4_a_language_without_a_script_is_sound_and_picture_on_the_citizens_own_phone(visitor, said):
    voices = said("pha")
    answer = visitor.get(f"{ADDRESS}?tieng=pha")

    steps = re.split(r'<li id="buoc-\d+"', answer.text)[1:]
    assert [re.findall(VOICE, step) for step in steps] == [[voices[step.key]] for step in GUIDE.steps]
    assert all(f'href="#p-{step.picture}"' in html for step, html in zip(GUIDE.steps, steps, strict=True))
    assert '<ol class="steps" data-heard>' in answer.text
    assert visitor.get(voices[GUIDE.steps[0].key]).headers["content-type"] == "audio/mpeg"
    assert "set-cookie" not in answer.headers


def test_g10_the_size_of_the_sound_is_said_before_it_is_fetched(visitor, said):
    said("pha")
    page = visitor.get(ADDRESS).text

    offer = page.partition('class="tongues"')[2].partition("</nav>")[0]
    assert 'href="?tieng=pha"' in offer and ">Pà Thẻn<" in offer
    assert re.search(rf"{len(GUIDE.steps)}/{len(GUIDE.steps)} bước, \d+ KB", offer), (
        "how much there is, and its size"
    )
    assert "<audio" not in page, "nothing is fetched of a language nobody chose"


def test_g2_the_pages_own_language_is_heard_where_somebody_recorded_it(visitor, said):
    voices = said("vi", GUIDE.steps[0].key)

    assert re.findall(VOICE, visitor.get(ADDRESS).text) == list(voices.values())
    assert re.findall(VOICE, visitor.get(f"/en/huong-dan/{GUIDE.slug}").text) == []


def test_where_a_voice_is_missing_the_language_heard_instead_is_named(visitor, said):
    own = said("hmv", GUIDE.steps[0].key)
    said("vi", GUIDE.steps[1].key)
    page = visitor.get(f"{ADDRESS}?tieng=hmv").text

    first, second, *rest = re.split(r'<li id="buoc-\d+"', page)[1:]
    assert re.findall(VOICE, first) == list(own.values())
    assert re.search(r"\(Tiếng Việt\)\s*</button>", second) and "(Tiếng Việt)" not in first
    assert not any("<audio" in step for step in rest)


def test_l3_words_that_people_published_stand_there_and_the_rest_stays_vietnamese(visitor, written):
    written("tyz", "Lời thử")
    page = visitor.get(f"{ADDRESS}?tieng=tyz").text

    assert '<span data-said><span lang="tyz">Lời thử</span></span>' in page
    assert GUIDE.steps[1].action in page


def test_l4_l6_all_that_a_guide_tells_is_heard_without_scripts_beside_what_it_says(visitor, in_database):
    texts = {text.text: text for text in texts_of(GUIDE)}
    voices = in_database(lambda db: say(db, Media(visitor.media), texts.values(), "pha"))
    page = visitor.get(f"{ADDRESS}?tieng=pha").text
    heard = lambda text: f'src="{voices[texts[text].key]}"'  # noqa: E731

    asked = page.partition('<form class="questions"')[2].partition("</form>")[0]
    for situation in GUIDE.situations:
        options = asked.split("<label>")[1:]
        assert heard(situation.question) in asked.partition("<label>")[0]
        for option, html in zip(situation.options, options, strict=True):
            assert f'href="#p-{option.picture}"' in html and heard(option.label) in html
    remedies = [*GUIDE.remedies, *(remedy for step in GUIDE.steps for remedy in step.remedies)]
    told = [GUIDE.summary, *(some.text for some in (*GUIDE.warnings, *GUIDE.prepare, *remedies))]
    assert [text for text in told if heard(text) not in page] == []


def test_l10_a_step_explains_its_words_where_they_stand_aloud_and_without_scripts(visitor, in_database):
    term = next(term for term in TERMS if term.key == "otp")
    guide = next(guide for guide in all_guides() if guide.slug == "activate-level-2")
    number = next(number for number, step in enumerate(guide.steps, 1) if step.key == "otp")
    spoken = [text for text in all_texts().values() if text.key == "term.otp"]
    [voice] = in_database(lambda db: say(db, Media(visitor.media), spoken, "pha")).values()
    page = visitor.get(f"/vi/huong-dan/{guide.slug}?tieng=pha").text
    html = re.split(r'<li id="buoc-\d+"', page)[number]
    words = html.partition("<details data-aloud")[2].partition("</details>")[0]

    assert term.title in words.partition("</summary>")[0]
    assert term.text in words and re.findall(VOICE, words) == [voice]
    english = visitor.get(f"/en/huong-dan/{guide.slug}").text
    assert translated("en", term.text) in unescape(english)


def test_c6_what_helpers_never_ask_is_heard_on_guides_and_beside_every_badge(visitor, in_database):
    text = all_texts()["never"]
    [voice] = in_database(lambda db: say(db, Media(visitor.media), [text], "pha")).values()

    assert re.findall(VOICE, visitor.get(f"{ADDRESS}?tieng=pha").text) == [voice]
    assert re.findall(VOICE, visitor.get(ADDRESS).text) == [], "in a language nobody chose"
    badge = visitor.get("/vi/huy-hieu/unknown").text
    assert re.findall(VOICE, badge) == [voice] and ">Pà Thẻn<" in badge
    assert [word for word in ("OTP", "mật khẩu", "tiền", "giấy tờ") if word not in text.text] == []


def test_what_waits_for_review_is_not_shown(visitor, written):
    written("tyz", "Lời thử", review=Review.WAITING)
    page = visitor.get(f"{ADDRESS}?tieng=tyz").text

    assert "Lời thử" not in page


def test_a_language_nobody_knows_is_the_page_as_it_is(visitor, said):
    said("pha")

    assert visitor.get(f"{ADDRESS}?tieng=<b>").text == visitor.get(ADDRESS).text


def test_g11_a_code_handed_over_keeps_the_language_and_the_step(visitor):
    asked = visitor.get("/G/3/7/HMN", follow_redirects=False, headers={"accept-language": "en"})

    assert asked.headers["location"].startswith("/vi/huong-dan/activate-level-2?tieng=hmn&")
    assert asked.headers["location"].endswith("#buoc-7")


def test_answers_keep_the_language(visitor, said):
    said("pha")
    page = visitor.get(f"{ADDRESS}?tieng=pha&{GUIDE.situations[0].key}=x").text

    assert '<input type="hidden" name="tieng" value="pha">' in page
    assert '<a href="?tieng=pha">' in page


PRIVACY = "/vi/quyen-rieng-tu"


def test_p7_the_privacy_page_is_heard_in_a_language_that_has_no_script(visitor, in_database):
    """Every section is a text that people record like a guide's; the page plays it without scripts."""
    texts = [all_texts()[section.text_key] for section in NOTICE]
    urls = in_database(lambda database: say(database, Media(visitor.media), texts, "pha"))
    offer = visitor.get(PRIVACY).text
    answer = visitor.get(f"{PRIVACY}?tieng=pha")

    assert 'href="?tieng=pha"' in offer and ">Pà Thẻn<" in offer and "KB" in offer and "<audio" not in offer
    assert re.findall(VOICE, answer.text) == [urls[text.key] for text in texts]
    assert visitor.get(urls[texts[0].key]).headers["content-type"] == "audio/mpeg"
    assert "set-cookie" not in answer.headers


def test_p7_what_is_spoken_of_privacy_is_all_that_the_page_says(visitor):
    """A sentence added to the page is one to record anew: its mark changes."""
    page = re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", visitor.get(PRIVACY).text.partition("<article")[2]))

    for section in NOTICE:
        spoken = all_texts()[section.text_key].text
        for sentence in (*section.sentences, *([section.loud] if section.loud else [])):
            said = catalog("vi").gettext(sentence)
            assert said in spoken and escape(said, quote=False) in page
        for what, within in section.deadlines:
            assert f"{catalog('vi').gettext(what)} {catalog('vi').gettext(within)}." in spoken


def test_p7_phones_of_volunteers_do_not_carry_the_voices_of_the_privacy_page(visitor, in_database, signed_in):
    texts = [all_texts()[NOTICE[0].text_key]]
    urls = in_database(lambda database: say(database, Media(visitor.media), texts, "pha"))

    pack = signed_in(LAN).get("/api/v1/languages?kept=pha").text

    assert urls[texts[0].key] not in pack


def test_p7_words_that_people_published_of_the_privacy_page_stand_there(visitor, in_database):
    text = all_texts()[NOTICE[0].text_key]

    async def work(database):
        async with database.writing() as db:
            row = Translation(
                province_code=PROVINCE,
                language="tyz",
                text_key=text.key,
                part=Part.TEXT,
                source_mark=text.mark,
                text="Lời thử",
                translated_by=LAN,
                translated_at=NOW,
                review=Review.APPROVED,
                reviewed_by=THE_FRONT,
                reviewed_at=NOW + timedelta(days=1),
            )
            await translations.keep(db, SCOPES[LAN], row)

    in_database(work)

    assert '<p lang="tyz">Lời thử</p>' in visitor.get(f"{PRIVACY}?tieng=tyz").text
    assert "Lời thử" not in visitor.get(PRIVACY).text
