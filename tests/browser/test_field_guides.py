"""Walking through a guide on the phone: one action a screen, every way to its end, and the run itself is the record."""

import io
import json
from datetime import UTC, datetime, timedelta

import pytest
from PIL import Image
from playwright.sync_api import Locator, Page, ViewportSize, expect

from tests.browser.conftest import Server
from tests.browser.phones import (
    G3,
    Phone,
    answer_questions,
    answers_of,
    box,
    mark_steps,
    save_run,
    start_guide,
    to_the_visit,
    unfold,
    until,
)
from tests.browser.slow_network import Network
from tests.qr_readers import zxing
from volunteer_app.domain.calendar import local_day
from volunteer_app.domain.guides.guide import paths
from volunteer_app.domain.hotlines import HOTLINES
from volunteer_app.domain.learned_cards import LearnedCard, card_path
from volunteer_app.domain.short_links import badge_path, guide_path, scanned
from volunteer_app.i18n import LANGUAGES
from volunteer_app.pages.guides.packs import all_guides, translated

NARROW: ViewportSize = {"width": 320, "height": 568}
GUIDES = {guide.slug: guide for guide in all_guides()}
WAYS = [(slug, way) for slug in (G3, "file-on-portal") for way in paths(GUIDES[slug])]
WALK = """async ([language, ways]) => {
    const script = document.querySelector("link[rel=modulepreload][href*='/guide_pack.']").href
    const { packOf, nextQuestion, remediesOf, stepsOf } = await import(script)
    const walked = []
    for (const [slug, wanted] of ways) {
        const pack = await packOf(slug, language)
        const answers = {}
        for (let asked; (asked = nextQuestion(pack, answers));) answers[asked.key] = wanted[asked.key]
        const steps = stepsOf(pack, answers)
        const isWhole = step => [step.action, step.explanation].every(said => said.text && !said.fallback)
            && pack.pictures[step.picture] && step.flags.length && remediesOf(pack, step).length
        const lacks = steps.filter(step => !isWhole(step)).map(step => step.key)
        walked.push({ keys: steps.map(step => step.key), ending: steps.at(-1).ends, lacks })
    }
    return walked
}"""
"""Walks by the phone's own code: which steps, how it ends, and which steps lack a word, a picture, a flag or a remedy."""
STEP_SHOWN = "main[data-state=step] [data-when=step] .action"


@pytest.fixture(scope="module")
def _practised(chromium, busy_server: Server):
    """Lan's phone with a clock that can be moved on: it began two hours ago."""
    network = Network(busy_server.port)
    phone = Phone(chromium, network)
    phone.context.clock.install(time=datetime.now(UTC) - timedelta(hours=2))
    phone.sign_in()
    phone.wait_for_the_worker()
    yield phone
    phone.context.close()
    network.close()


@pytest.fixture
def practised(_practised: Phone):
    """The same, at no particular screen, with a good network."""
    _practised.network.restore()
    yield _practised
    said, _practised.said = _practised.said, []
    assert said == []


def begin(phone: Phone, slug: str = G3) -> tuple[Page, dict[str, str]]:
    """A visit to a new household, without a network, up to the questions that open the guide."""
    phone.network.is_up = False
    phone.open("today")
    household = phone.register("Nông Văn Học")
    member = phone.add_member(household["id"])
    visit = phone.module("records", "recordVisit", {"household_id": household["id"], "outcome": "met"})
    page = phone.open("guide", "/".join([household["id"], member["id"], slug, visit["id"]]))
    expect(page.locator("main")).to_have_attribute("data-state", "prepare")
    return page, {"household_id": household["id"], "member_id": member["id"], "visit_id": visit["id"]}


@pytest.mark.parametrize(
    ("slug", "way"), WAYS, ids=[f"{slug}-{'-'.join(w.answers.values())}" for slug, w in WAYS]
)
def test_g7_every_way_through_the_two_guides_ends(practised: Phone, slug, way):
    guide = GUIDES[slug]
    page, _ = begin(practised, slug)
    answer_questions(page, *answers_of(guide, way))

    for number, step in enumerate(way.steps, start=1):
        expect(page.locator(STEP_SHOWN)).to_have_text(step.action)
        expect(page.locator("[data-text=about]").first).to_contain_text(f"bước {number} / {len(way.steps)}")
        if step.ends != "later":
            practised.context.clock.run_for(500)
            page.locator("[data-mark=alone]").click()

    if way.steps[-1].ends == "later":
        page.locator("[data-later]").click()
        page.locator("[data-stop]").click()
    else:
        expect(page.locator("main")).to_have_attribute("data-state", "teach_back")
        page.locator("[data-teach=alone]").click()
    save_run(page)
    expect(page.locator("[data-list=visits] .runs > li")).to_have_count(1)


@pytest.mark.parametrize("language", LANGUAGES)
def test_g7_the_phone_walks_every_path_of_every_guide_as_the_rules_do(practised: Phone, language):
    ways = [
        [guide.slug, way.answers, [step.key for step in way.steps], str(way.ending)]
        for guide in GUIDES.values()
        for way in paths(guide)
    ]
    page = practised.open("guide", f"practice/{G3}")

    walked = page.evaluate(WALK, [language, [way[:2] for way in ways]])

    assert len(ways) > 60
    for (slug, _answers, keys, ending), way in zip(ways, walked, strict=True):
        assert (way["keys"], way["ending"], way["lacks"]) == (keys, ending, []), slug


def test_g1_one_action_a_screen_by_one_hand_on_the_narrowest_phone(practised: Phone):
    page, _ = begin(practised)
    page.set_viewport_size(NARROW)
    answer_questions(page)
    steps = next(way for way in paths(GUIDES[G3]) if way.answers.get("device") == "smartphone").steps

    for step in steps:
        expect(page.locator(STEP_SHOWN)).to_have_count(1)
        expect(page.locator("[data-when=step] [data-picture] svg")).to_be_visible()
        expect(page.locator("[data-when=step] progress")).to_be_visible()
        assert page.locator("[data-when=step] progress").evaluate("bar => bar.max") == len(steps)
        assert page.evaluate("document.scrollingElement.scrollWidth - innerWidth") <= 0, step.key
        for reachable in ("[data-previous]", "[data-following]", "[data-mark=alone]", "[data-mark=stuck]"):
            button = page.locator(f"[data-when=step] {reachable}")
            expect(button).to_be_in_viewport(ratio=1)
            where = box(button)
            assert where["y"] > NARROW["height"] / 2, "out of the thumb's reach"
            assert min(where["width"], where["height"]) >= 48
        practised.context.clock.run_for(500)
        page.locator("[data-mark=help]").click()
    page.set_viewport_size({"width": 360, "height": 740})


def test_g1_back_and_next_move_without_losing_an_answer(practised: Phone):
    page, _ = begin(practised)
    answer_questions(page)
    first = page.locator(STEP_SHOWN).inner_text()
    expect(page.locator("[data-following]")).to_be_disabled()
    practised.context.clock.run_for(500)
    page.locator("[data-mark=help]").click()
    expect(page.locator(STEP_SHOWN)).not_to_have_text(first)

    page.locator("[data-previous]").click()

    expect(page.locator(STEP_SHOWN)).to_have_text(first)
    expect(page.locator("[data-mark=help]")).to_have_attribute("aria-pressed", "true")
    page.locator("[data-following]").click()
    expect(page.locator(STEP_SHOWN)).not_to_have_text(first)


def test_g3_the_run_fills_the_record_with_no_second_form(practised: Phone, busy_server: Server):
    page, ids = begin(practised)
    answer_questions(page)
    way = next(way for way in paths(GUIDES[G3]) if way.answers.get("device") == "smartphone")
    marks = {step.key: ("did", "help", "alone")[number % 3] for number, step in enumerate(way.steps)}
    for mark in marks.values():
        practised.context.clock.run_for(60_000)
        page.locator(f"[data-mark={mark}]").click()
    page.locator("[data-teach=skipped]").click()
    expect(page.locator("[data-when=summary] .level_mark")).to_contain_text("Người khác làm hộ")
    asked = page.locator("[data-when=summary] :is(input, textarea, select):visible")
    assert [field.get_attribute("name") for field in asked.all()] == ["note"], "a second form"

    save_run(page)
    practised.network.restore()
    practised.send()

    where = f"WHERE visit_id = x'{ids['visit_id'].replace('-', '')}'"
    [(kept, teach_back, minutes, stuck, version)] = busy_server.rows(
        f"SELECT marks, teach_back, minutes, stuck_step, guide_version FROM walk_throughs {where}"
    )
    assert list(json.loads(kept).items()) == list(marks.items())
    assert (teach_back, stuck, version) == ("skipped", None, GUIDES[G3].version)
    assert len(marks) <= minutes <= len(marks) + 1


def test_g3_g4_a_stuck_step_stores_why_and_proposes_a_dated_return(practised: Phone, busy_server: Server):
    page, ids = begin(practised)
    answer_questions(page)
    practised.context.clock.run_for(500)
    mark_steps(page, "alone", most=1)
    step = page.locator(STEP_SHOWN).inner_text()
    practised.context.clock.run_for(500)

    page.locator("[data-mark=stuck]").click()
    page.get_by_role("radio", name="Không có sóng").check()
    page.locator("[data-stop]").click()
    save_run(page)

    [visit] = practised.rows("visits", household_id=ids["household_id"])
    today = local_day(datetime.fromisoformat(visit["recorded_at"]))
    window = (str(today + timedelta(days=1)), str(today + timedelta(days=5)))  # no signal: soon mended
    [follow_up] = practised.rows("follow_ups", household_id=ids["household_id"])
    assert (follow_up["reason"], follow_up["blocker"], follow_up["service"]) == ("stuck", "no_signal", G3)
    assert (follow_up["due_from"], follow_up["due_to"]) == window
    practised.network.restore()
    practised.send()
    where = f"WHERE household_id = x'{ids['household_id'].replace('-', '')}'"
    [(key, blocker)] = busy_server.rows(f"SELECT stuck_step, blocker FROM walk_throughs {where}")
    assert next(s.action for s in GUIDES[G3].steps if s.key == key) == step
    assert blocker == "no_signal"
    assert busy_server.rows(f"SELECT reason, blocker, due_from, due_to FROM follow_ups {where}") == [
        ("stuck", "no_signal", *window)
    ]
    assert busy_server.rows(f"SELECT count(*) FROM observations {where}") == [(0,)], "stuck proves no level"


def test_l2_the_citizens_language_changes_the_guide_and_nothing_else(practised: Phone):
    page, ids = begin(practised)
    vietnamese = GUIDES[G3]

    page.get_by_role("radio", name="English").check()
    answer_questions(page)

    first = next(way for way in paths(vietnamese) if way.answers.get("device") == "smartphone").steps[0]
    action = page.locator(STEP_SHOWN)
    expect(action).to_have_text(translated("en", first.action) or "")
    expect(action).to_have_attribute("lang", "en")
    expect(page.locator("[data-mark=stuck]")).to_have_text("Vướng")
    while not page.locator("[data-real]").is_visible():
        practised.context.clock.run_for(500)
        mark_steps(page, "help", most=1)
    expect(page.locator(".real_button")).to_have_attribute("lang", "vi")
    with_button = {step.button for step in vietnamese.steps if step.button}
    assert page.locator(".real_button").inner_text() in with_button, "the real button's words stay Vietnamese"
    assert page.locator("html").get_attribute("lang") == "vi"
    practised.open("household", ids["household_id"])
    expect(page.locator("[data-fold=services] summary")).to_contain_text("Nhà này làm được gì")
    said = str(practised.rows("outbox") + practised.rows("households") + practised.rows("walk_throughs"))
    assert '"language"' not in said and "'language'" not in said, "a guide language kept for a household"


def test_f2_a_run_that_was_left_goes_on_at_the_same_step(practised: Phone):
    page, _ = begin(practised)
    answer_questions(page)
    for _number in range(3):
        practised.context.clock.run_for(500)
        mark_steps(page, "alone", most=1)
    step = page.locator(STEP_SHOWN).inner_text()
    practised.rows("drafts")  # asked behind the last tap: when it is answered, that tap is on the disk

    page = practised.open("today")
    page.locator("[data-unfinished]").click()

    expect(page.locator(STEP_SHOWN)).to_have_text(step)
    page.locator("[data-previous]").click()
    expect(page.locator("[data-mark=alone]")).to_have_attribute("aria-pressed", "true")


def read_from_screen(code: Locator) -> list[str]:
    """What another phone's camera reads from this one's screen."""
    return zxing(Image.open(io.BytesIO(code.screenshot())).convert("L"))


@pytest.mark.parametrize("language", ["vi", "en"])
def test_g11_a_running_guide_is_handed_over_at_its_step_in_its_language(practised: Phone, language):
    page, _ = begin(practised)
    page.locator(f"[name=language][value={language}]").check()
    answer_questions(page)
    for _number in range(2):
        practised.context.clock.run_for(500)
        mark_steps(page, "alone", most=1)
    guide = GUIDES[G3]
    shown = next(way for way in paths(guide) if way.answers.get("device") == "smartphone").steps[2]

    page.locator("[data-when=step] [data-hand-over]").click()

    address = guide_path(guide.number, guide.steps.index(shown) + 1, language)
    expect(page.locator("[data-dialog]")).to_be_visible()
    assert read_from_screen(page.locator("[data-dialog] .qr")) == [scanned(practised.network.origin, address)]
    expect(page.locator("[data-dialog] .typed")).to_have_text(
        f"{practised.network.origin}{address}".removeprefix("http://")
    )
    page.keyboard.press("Escape")
    expect(page.locator("[data-dialog]")).to_be_hidden()
    expect(page.locator(STEP_SHOWN)).to_have_count(1)


def test_c7_the_badge_is_shown_without_a_network(practised: Phone, busy_server: Server):
    name = practised.fact("me")["name"]
    [(code,)] = busy_server.rows(
        "SELECT code FROM badges JOIN memberships ON memberships.id = badges.membership_id"
        f" JOIN people ON people.id = memberships.person_id WHERE people.name = '{name}' AND revoked_at IS NULL"
    )
    practised.network.is_up = False

    page = practised.open("me")

    badge = page.locator("[data-badge]")
    expect(badge).to_be_visible()
    assert read_from_screen(badge.locator(".qr")) == [scanned(practised.network.origin, badge_path(code))]


def test_g9_practice_runs_any_guide_and_leaves_no_trace(practised: Phone):
    practised.network.is_up = False
    practised.open("today")
    stores = ("outbox", "drafts", "visits", "walk_throughs", "observations", "follow_ups", "households")
    before = {store: practised.rows(store) for store in stores}
    device = practised.fact("device")
    page = practised.open("me")
    page.get_by_role("link", name="Luyện tập một hướng dẫn").click()
    expect(page.locator("[data-list=guides] > li")).to_have_count(len(GUIDES))

    page.locator(f"[href$='#practice/{G3}']").click()
    expect(page.locator("main")).to_have_attribute("data-state", "prepare")
    answer_questions(page)
    expect(page.locator("header [data-practice]")).to_be_visible()
    practised.context.clock.run_for(500)
    mark_steps(page, "alone", most=1)
    practised.context.clock.run_for(500)
    page.locator("[data-mark=stuck]").click()
    page.get_by_role("radio", name="Không có sóng").check()
    page.locator("[data-again]").click()
    while page.locator("main[data-state=step]").count():
        practised.context.clock.run_for(500)
        mark_steps(page, "help", most=1)
    page.locator("[data-teach=alone]").click()

    expect(page.locator("[data-when=summary] .level_mark")).to_contain_text("Tự làm")
    expect(page.locator("[data-when=summary] [data-practice]").first).to_be_visible()
    expect(page.get_by_role("button", name="Lưu", exact=True)).to_be_hidden()
    page.get_by_role("link", name="Hướng dẫn khác").click()
    expect(page.locator("main")).to_have_attribute("data-state", "choose")
    assert {store: practised.rows(store) for store in stores} == before
    assert practised.fact("device") == device, "no number was used up"


KEEP_PACK = """async ([address, number, action]) => {
    const response = await caches.match(address)
    const pack = await response.json()
    const before = pack.steps[number].action
    pack.steps[number].action = typeof action === "string" ? { text: action, fallback: true } : action
    for (const name of await caches.keys()) {
        const cache = await caches.open(name)
        if (await cache.match(address)) await cache.put(address, new Response(JSON.stringify(pack), { headers: response.headers }))
    }
    return before
}"""
"""Puts another text for a step's action into the pack that the phone keeps; says what stood there."""


def test_l3_a_text_nobody_has_translated_is_vietnamese_and_marked(practised: Phone):
    first = next(way for way in paths(GUIDES[G3]) if way.answers.get("device") == "smartphone").steps[0]
    number, action = GUIDES[G3].steps.index(first), first.action
    practised.open("today")
    before = practised.page.evaluate(KEEP_PACK, [f"/guides/packs/{G3}.en.json", number, action])
    page, _ = begin(practised)
    page.get_by_role("radio", name="English").check()
    expect(page.locator("[data-when=prepare] [data-say=summary]")).to_have_attribute("lang", "en")
    answer_questions(page)

    shown = page.locator(STEP_SHOWN)
    expect(shown).to_have_text(action)
    expect(shown).to_have_attribute("lang", "vi")
    assert shown.evaluate("e => getComputedStyle(e, '::after').content") == '" (vi)"'
    page.evaluate(KEEP_PACK, [f"/guides/packs/{G3}.en.json", number, before])


def test_w9_by_taps_stuck_names_places_of_this_commune_and_numbers_that_answer_here(practised: Phone):
    practised.open("today")
    household = practised.register("Nông Văn Gọi")
    page = to_the_visit(practised, household)
    start_guide(page, G3)
    expect(page.locator("main")).to_have_attribute("data-state", "prepare")
    answer_questions(page)
    practised.context.clock.run_for(500)

    page.locator("[data-mark=stuck]").click()
    page.get_by_role("radio", name="Sợ bị lừa").check()
    page.locator("[data-when=stuck] summary", has_text="Gọi điện hỏi").click()

    expect(page.locator("[data-list=places] li")).to_contain_text(["Công an xã (mẫu)"])
    numbers = page.locator("[data-list=hotlines] a").evaluate_all("all => all.map(a => a.href)")
    here = [h for h in HOTLINES.values() if h.province_code in (None, "08") and len(h.number) > 3]
    assert numbers == [f"tel:{hotline.number.replace(' ', '')}" for hotline in here]
    said = page.locator("[data-list=hotlines] a").all_inner_texts()
    assert ["hỏi lại cán bộ" in text for text in said] == [hotline.check for hotline in here]
    page.evaluate(
        "document.querySelector('#messages').content.querySelector('[data-province]').dataset.province = '01'"
    )
    page.get_by_role("radio", name="Không có sóng").check()
    expect(page.locator("[data-list=hotlines] a")).to_have_count(len(here) - 1)


def test_of_a_topic_a_phone_tells_the_figure_that_holds_today(practised: Phone):
    practised.open("today")
    page = practised.open("guide", f"practice/{G3}")
    address = page.locator("link[rel=modulepreload][href*='/guide_pack.']").get_attribute("href")
    figures = [
        {"key": "now", "topic": "copy", "dated": True, "valid_from": "2026-01-01", "valid_to": "2026-12-31"},
        {"key": "else", "topic": "copy"},
        {"key": "others", "topic": "copy", "only_if": {"who": ["others"]}},
    ]

    told = page.evaluate(
        """async ([address, figures]) => {
            const { figuresOf } = await import(address)
            const days = ["2025-12-31", "2026-01-01", "2026-12-31", "2027-01-01"]
            return days.map(day => figuresOf({ figures }, { shows: ["copy"] }, {}, day).map(f => f.key))
        }""",
        [address, figures],
    )

    assert told == [["else"], ["now"], ["now"], ["else"]]


def test_s8_somebodys_card_carries_what_they_can_do_and_nothing_else(practised: Phone):
    practised.network.is_up = False
    practised.open("today")
    household = practised.register("Nông Văn Học")
    grandmother, son = (practised.add_member(household["id"], label) for label in ("bà nội", "con trai cả"))
    visit = practised.module("records", "recordVisit", {"household_id": household["id"], "outcome": "met"})
    for slug, mark, teach_back in ((G3, "alone", "alone"), ("file-on-portal", "help", "skipped")):
        said = {"guide": slug, "guide_version": 1, "service": GUIDES[slug].service, "minutes": 1}
        said |= {"household_id": household["id"], "visit_id": visit["id"], "member_id": grandmother["id"]}
        said |= {"marks": {GUIDES[slug].steps[0].key: mark}, "teach_back": teach_back}
        practised.module("records", "finishWalkThrough", said)
    page = practised.open("household", household["id"])
    unfold(page, "members")
    people = page.locator("[data-list=members] > li")
    for row in people.all():
        row.locator("summary").click()
    expect(
        people.filter(has=page.locator(f"[data-member='{son['id']}']")).locator("[data-card]")
    ).to_be_hidden()

    page.locator(f"[data-member='{grandmother['id']}'] [data-card]").click()

    card = LearnedCard((GUIDES[G3].number,), (GUIDES["file-on-portal"].number,))
    wanted = scanned(practised.network.origin, card_path(card))
    assert read_from_screen(page.locator("[data-dialog] .qr")) == [wanted]


def test_f8_g8_a_changed_screen_is_told_with_a_small_photo_that_waits_for_the_text(
    practised: Phone, busy_server: Server
):
    page, _ = begin(practised)
    answer_questions(page)
    practised.context.clock.run_for(500)
    mark_steps(page, "alone", most=1)
    shown = page.locator(STEP_SHOWN).inner_text()

    page.locator("[data-report-screen]").click()
    page.locator("#screen-note").fill("số thẻ 001 234 567 890")
    page.get_by_role("button", name="Báo lại").click()
    expect(page.locator("[data-screen-report] [data-text=problem]")).to_be_visible()
    page.locator("#screen-note").fill("Nút nằm ở dưới cùng")
    large = Image.effect_noise((3000, 2000), 60)
    large.save(camera := io.BytesIO(), "JPEG", quality=95)
    photo = {"name": "photo.jpg", "mimeType": "image/jpeg", "buffer": camera.getvalue()}
    page.locator("#screen-photo").set_input_files([photo])
    expect(page.locator("[data-photo] img")).to_be_visible()
    page.get_by_role("button", name="Báo lại").click()

    expect(page.locator("[data-text=reported]")).to_be_visible()
    expect(page.locator(STEP_SHOWN)).to_have_text(shown)
    [kept] = practised.rows("photos")
    assert kept["bytes"] < 400_000 < len(camera.getvalue()), "shrunk before it is kept"
    practised.network.asked.clear()
    practised.network.restore()
    practised.send()
    wanted = f"SELECT length(jpeg) FROM screen_photos WHERE report_id = x'{kept['id'].replace('-', '')}'"
    until(page, lambda: busy_server.rows(wanted), "the photo on the server")
    asked = [one.path for one in practised.network.asked if one.method in ("POST", "PATCH")]
    uploads = [at for at, path in enumerate(asked) if "/uploads/" in path]
    assert asked.index("/api/v1/ops") < uploads[0], "text goes first"
    step = next(step.key for step in GUIDES[G3].steps if step.action == shown)
    told = busy_server.rows("SELECT guide, step, note, guide_version FROM screen_reports")
    assert (G3, step, "Nút nằm ở dưới cùng", GUIDES[G3].version) in told
