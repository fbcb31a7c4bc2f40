"""A language that nobody here writes: heard and seen on a phone without a network, from the question for consent to the word list."""

from collections.abc import Iterator

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page, expect

from tests.browser.phones import Phone, as_long_as, offline
from tests.browser.slow_network import Network
from tests.browser.voices import publish
from volunteer_app.domain.glossary import TERMS
from volunteer_app.domain.guides.guide import DOUBT, applies
from volunteer_app.domain.languages import LANGUAGES
from volunteer_app.pages.guides.packs import all_guides
from volunteer_app.pages.voices.texts import all_texts, groups, texts_to_say

TAG = "ium"
GUIDE = min(all_guides(), key=lambda guide: (len(guide.situations), len(guide.steps)))
CONSENT = ["consent.2", "consent-answers.2"]
TERM = next(key for key in all_texts() if key.startswith("term."))
ASKING = next(guide for guide in all_guides() if guide.slug == "benefit-account")
ASKED = ASKING.situations[0]
HELPED = ASKING.remedies[0]
WAY = {ASKED.key: ASKED.options[0].key}
BEFORE = [
    *(warning.text for warning in ASKING.warnings),
    *(thing.text for thing in ASKING.prepare if applies(thing.only_if, WAY)),
]
"""What is told before the first step to somebody who gives the first answer."""
NOTICE_AUDIO = """globalThis.heard = []
const Own = globalThis.Audio
globalThis.Audio = function (url) {
    const made = new Own(url)
    made.addEventListener("ended", () => heard.push(made.src.slice(0, 5)))
    return made
}"""
NOTICE_LIGHTS = """() => {
    globalThis.lit = []
    new MutationObserver(some => some.forEach(({ target }) => target.hasAttribute("data-heard-now") && lit.push(target.textContent)))
        .observe(document, { subtree: true, attributeFilter: ["data-heard-now"] })
}"""


@pytest.fixture(scope="module")
def listening(chromium: Browser, busy_server) -> Iterator[Phone]:
    """A phone that keeps Mien, in which the question, a whole guide and a word have been recorded and published."""
    network = Network(busy_server.port)
    phone = Phone(chromium, network)
    phone.page.add_init_script(NOTICE_AUDIO)
    phone.sign_in()
    phone.wait_for_the_worker()
    told = [ASKING.summary, ASKED.question, *(option.label for option in ASKED.options), HELPED.text]
    told += [*BEFORE, ASKING.teach_back.ask, DOUBT]
    said = [key for key, text in texts_to_say().items() if text.text in told]
    keys = [*CONSENT, *(f"step.{GUIDE.slug}.{step.key}" for step in GUIDE.steps), TERM, *said]
    publish(chromium, phone, TAG, keys)
    page = phone.open("voices", TAG)
    page.locator("[data-keep]").check()
    expect(page.locator("[data-text=here]")).to_contain_text(f"{len(keys)} trên {len(keys)}")
    yield phone
    said = phone.said
    phone.context.close()
    network.close()
    assert said == []


def is_heard(page: Page, times: int) -> None:
    """Until so many sounds were played to their end since the screen opened, all of them from the phone itself."""
    page.wait_for_function("times => heard.length >= times", arg=times)
    assert page.evaluate("heard") == ["blob:"] * times


def test_l7_consent_is_heard_refused_given_and_taken_back_without_reading(listening: Phone, busy_server):
    assert not LANGUAGES[TAG].written
    with offline(listening):
        page = listening.open("households", "new")
        assert page.locator("[name=consent]:checked").count() == 0, "nothing is preset"
        voice = page.locator("[data-list=consent_voices]").get_by_text("Mienh")
        voice.click()
        is_heard(page, 2)  # the question, then how to answer
        page.locator("[value=refused]").check()  # by its picture and colour
        page.get_by_role("button", name="Lưu hộ").click()
        expect(page.locator("body")).to_have_attribute("data-screen", "household")
        household_id = page.url.split("#")[1]

        page.locator("[data-change-consent] summary").click()
        page.locator("[data-list=consent_voices]").get_by_text("Mienh").click()
        is_heard(page, 2)
        page.locator("[value=given]").check()
        page.locator("#label").fill("Triệu Thị Nghe (mẫu)")
        page.get_by_role("button", name="Lưu câu trả lời").click()
        expect(page.get_by_role("heading", level=1)).to_have_text("Triệu Thị Nghe (mẫu)")
        page.locator("[data-change-consent] summary").click()
        page.locator("[value=refused]").check()
        page.get_by_role("button", name="Lưu câu trả lời").click()
        expect(page.get_by_text("Gia đình đã rút lại sự đồng ý")).to_be_visible()

        kept = listening.rows("households", id=household_id)[0]
        sent = [row["body"] for row in listening.rows("outbox") if "sealed" not in row]
    assert (kept["label"], kept["consent"]) == ("", "withdrawn")
    assert TAG not in str(sent), "the language that was heard goes nowhere"

    listening.send()
    blob = household_id.replace("-", "")
    kept_there = busy_server.rows(f"SELECT count(*) FROM operations WHERE body LIKE '%\"{TAG}\"%'")
    assert kept_there == [(0,)], "nor is it on the server, where sealed work is open"
    asked = f"SELECT answer, method, text_version FROM consents WHERE household_id = x'{blob}' ORDER BY answered_at"
    assert busy_server.rows(asked) == [
        ("refused", "recording", 2),
        ("given", "recording", 2),
        ("withdrawn", "spoken", 2),
    ]


def test_l4_g2_every_step_is_a_picture_and_a_voice_offline_in_a_language_without_a_script(listening: Phone):
    with offline(listening):
        page = listening.open("guide", f"practice/{GUIDE.slug}")
        page.get_by_role("radio", name="Mienh").check()
        while page.locator("[data-question]").is_visible():
            page.locator("[data-list=options] button").first.click()
        page.locator("[data-begin]").click()
        step, heard = page.locator("[data-when=step]"), 0
        while step.is_visible():
            listen = step.locator("[data-listen]")
            expect(listen).to_have_attribute("data-sound", "listen_person")
            expect(step.locator("[data-picture] svg").first).to_be_visible()
            expect(step.locator("[data-say=action]")).to_have_attribute("lang", "vi")
            listen.click()
            heard += 1
            is_heard(page, heard)
            number = step.locator("progress").get_attribute("value")
            (
                step.locator("[data-mark=alone]")
                if step.locator(".answers").is_visible()
                else step.locator("[data-later], [data-not-needed]").first
            ).click()
            expect(page.locator(f"main[data-state=step] progress[value='{number}']")).to_have_count(0)
        assert heard > 0
        pretended = page.locator(f"[lang={TAG}][data-say]").all_text_contents()
        assert not "".join(pretended).strip(), "nothing pretends to be written in it"


def test_l4_l6_a_question_and_its_answers_are_heard_and_each_picture_lights_up_as_it_is_said(
    listening: Phone,
):
    with offline(listening):
        page = listening.open("guide", f"practice/{ASKING.slug}")
        page.get_by_role("radio", name="Mienh").check()
        listen = page.locator("[data-when=prepare] [data-listen]")
        expect(listen).to_have_attribute("data-sound", "listen_person")
        page.evaluate(NOTICE_LIGHTS)

        listen.click()
        is_heard(page, 2 + len(ASKED.options))
        expect(listen).to_have_attribute("aria-pressed", "false")

        assert page.evaluate("lit") == [ASKING.summary, ASKED.question, *(o.label for o in ASKED.options)]
        assert page.locator("[data-heard-now]").count() == 0
        page.locator("[data-list=options] button").first.click()
        expect(page.locator("[data-ready]")).to_be_visible()
        expect(listen).to_have_attribute("data-sound", "listen_person")
        page.evaluate("lit.length = heard.length = 0")
        listen.click()
        is_heard(page, len(BEFORE))
        assert page.evaluate("lit") == BEFORE, "what to beware of, what to have ready"


def test_l5_what_to_do_again_alone_is_heard_and_that_not_all_of_it_was_recorded_is_said(listening: Phone):
    with offline(listening):
        page = listening.open("guide", f"practice/{ASKING.slug}")
        page.get_by_role("radio", name="Mienh").check()
        page.locator("[data-list=options] button").first.click()
        page.locator("[data-begin]").click()
        again = page.locator("[data-when=teach_back]")
        for _ in as_long_as(again.is_hidden):
            page.wait_for_timeout(450)  # a thumb taps no faster
            page.locator("[data-mark=alone]").click()
        listen = again.locator("[data-listen]")
        expect(listen).to_have_attribute("data-sound", "listen_some")  # the steps themselves are not recorded

        listen.click()

        is_heard(page, 1)


def test_l5_what_helps_where_a_step_does_not_work_is_heard(listening: Phone):
    with offline(listening):
        page = listening.open("guide", f"practice/{ASKING.slug}")
        page.get_by_role("radio", name="Mienh").check()
        page.locator("[data-list=options] button").first.click()
        page.locator("[data-begin]").click()
        page.locator("[data-mark=stuck]").click()
        page.locator(f"[name=blocker][value={HELPED.blocker}]").check()
        remedy = page.locator("[data-list=remedies] > li").filter(has_text=HELPED.text)
        listen = remedy.locator("[data-listen]")
        expect(listen).to_have_attribute("data-sound", "listen_person")

        listen.click()

        is_heard(page, 1)


def test_l5_phones_list_the_same_texts_in_the_same_order_as_the_desk(listening: Phone):
    pages = {
        name: texts
        for name, texts in groups().items()
        if name in ("door", "terms", ASKING.slug, "recover-account")
    }
    page = listening.open("voices", TAG)
    listed = page.evaluate(
        """async slugs => {
            const shell = await (await fetch("/vi/field/voices")).text()
            const named = name => shell.match(new RegExp(`/assets/js/${name}[.][0-9a-f]+[.]js`))[0]
            const [{ packOf }, { textsOf }] = [await import(named("guide_pack")), await import(named("spoken_texts"))]
            return Promise.all(slugs.map(async slug => textsOf(await packOf(slug, "vi")).map(text => text.key)))
        }""",
        [guide.slug for guide in all_guides()],
    )

    assert listed == [[text.key for text in groups()[guide.slug]] for guide in all_guides()]
    for name, texts in pages.items():
        page = listening.open("voices", f"{TAG}/{name}/{len(texts) - 1}")
        expect(page.locator("[data-when=text] h2")).to_have_text(texts[-1].text)


def test_l10_the_word_list_explains_a_word_aloud_offline(listening: Phone):
    with offline(listening):
        page = listening.open("voices", f"{TAG}/terms/0")
        expect(page.locator("[data-when=text] h2")).to_have_text(all_texts()[TERM].text)
        page.get_by_role("button", name="Nghe").click()
        is_heard(page, 1)


def test_l10_a_word_of_a_step_is_explained_and_heard_one_tap_away_and_leads_back_to_the_step(
    listening: Phone,
):
    with offline(listening):
        page = listening.open("guide", f"practice/{ASKING.slug}")
        page.get_by_role("radio", name="Mienh").check()
        page.locator("[data-list=options] button").first.click()
        page.locator("[data-begin]").click()
        step = page.locator("[data-when=step] .action").inner_text()
        assert "VNeID" in step

        page.locator("[data-when=step] [data-word-list]").click()
        words = page.locator("[data-words]")
        word = words.locator("[data-list=words] > div").filter(has_text="VNeID").first
        expect(word).to_contain_text("ứng dụng của Bộ Công an")
        expect(word.locator("[data-listen]")).to_have_attribute("data-sound", "listen_person")
        word.locator("[data-listen]").click()
        is_heard(page, 1)
        others = words.locator("[data-list=other_words] > div")
        words.locator("summary").click()
        assert words.locator("[data-list] > div").count() == len(TERMS)
        expect(others.first.locator("[data-listen]")).to_be_visible()
        found = Axe().run(page)
        assert found.violations_count == 0, found.generate_report()

        words.get_by_role("button", name="Trở lại hướng dẫn").click()
        expect(words).to_be_hidden()
        expect(page.locator("[data-when=step] .action")).to_have_text(step)
        expect(page.locator("[data-when=step] progress")).to_have_attribute("value", "1")

        page.locator("[data-previous]").click()
        page.get_by_role("radio", name="English").check()
        page.locator("[data-when=prepare] [data-word-list]").click()
        expect(words.locator("[data-list=other_words]")).to_contain_text("Ministry of Public Security")


def test_the_languages_of_ones_hamlets_are_kept_in_one_tap_with_their_size(
    listening: Phone, chromium: Browser
):
    near = {tag for hamlet in listening.rows("hamlets") for tag in hamlet["languages"]} - {TAG, "vi"}
    tag = min(near)
    publish(chromium, listening, tag, [TERM])
    page = listening.open("voices")
    keep = page.locator("[data-keep-near]")
    expect(keep).to_contain_text(LANGUAGES[tag].own)
    expect(keep).to_contain_text("KB")

    keep.click()

    expect(keep).to_be_hidden()
    assert set(listening.fact("kept_languages")) == {TAG, tag}
