"""A citizen's phone: every path without scripts, offline after one visit, readable, and nothing left on the phone."""

import re
from datetime import date

import pytest

from tests.browser.conftest import KEPT, PHONE
from tests.browser.phones import until
from volunteer_app.domain.guides.figures import filled, told_on
from volunteer_app.domain.guides.guide import paths
from volunteer_app.i18n import LANGUAGES
from volunteer_app.pages.guides.packs import all_guides, translated

SHOWN = ".steps > li:visible"
ADDRESSES = [
    "/huong-dan",
    "/huong-dan?q=khong-co",
    "/huong-dan/activate-level-2",
    "/huong-dan/land-tax",
    "/tu-phuc-vu/social-pension",
    "/duong-day-nong?tim=minh tan",
    "/yeu-cau-tham?xa=00919",
    "/yeu-cau-tham/da-nhan",
    "/huy-hieu/XXXXXXXXXXXXXXXX",
    "/quyen-rieng-tu",
]


@pytest.fixture
def plain_page(chromium):
    """A phone whose browser runs no scripts."""
    context = chromium.new_context(viewport=PHONE, java_script_enabled=False)
    yield context.new_page()
    context.close()


def shown_steps(page):
    return [int(li.get_attribute("id").removeprefix("buoc-")) for li in page.locator(SHOWN).all()]


WALK = """ways => {
    const isSeen = e => Boolean(e?.checkVisibility({ visibilityProperty: true }) && e.getBoundingClientRect().height)
    const questions = [...document.querySelectorAll("fieldset:has(input[type=radio])")]
    const shown = () => [...document.querySelectorAll(".steps > li")].filter(isSeen)
    return ways.map(answers => {
        for (const [situation, option] of Object.entries(answers)) {
            const input = document.querySelector(`input[name="${situation}"][value="${option}"]`)
            if (!isSeen(input.closest("fieldset"))) return `${situation} is not asked`
            input.click()
        }
        return {
            steps: shown().map(li => Number(li.id.replace("buoc-", ""))),
            asked: questions.filter(isSeen).map(question => question.querySelector("input").name),
            ends: isSeen(shown().at(-1)?.querySelector(".end")),
            drawn: isSeen(shown().at(-1)?.querySelector(".picture")),
        }
    })
}"""
"""Answers the questions of each way in turn, as the browser's own radio buttons do; what is seen then."""


@pytest.fixture(scope="module")
def walking_page(chromium):
    """The same, for one guide after the other."""
    context = chromium.new_context(viewport=PHONE, java_script_enabled=False)
    yield context.new_page()
    context.close()


@pytest.mark.parametrize("guide", all_guides(), ids=lambda guide: guide.slug)
def test_g7_every_path_is_walked_without_scripts(walking_page, server, guide):
    for language in LANGUAGES:
        walking_page.goto(f"{server.origin}/{language}/huong-dan/{guide.slug}")
        assert shown_steps(walking_page) == list(range(1, len(guide.steps) + 1))
        ways = list(paths(guide))

        found = walking_page.evaluate(WALK, [dict(way.answers) for way in ways])

        assert found == [
            {
                "steps": [guide.steps.index(step) + 1 for step in way.steps],
                "asked": [one.key for one in guide.situations if one.key in way.answers],
                "ends": True,
                "drawn": True,
            }
            for way in ways
        ], language


def test_steps_are_counted_along_the_chosen_path(plain_page, server):
    plain_page.goto(f"{server.origin}/vi/huong-dan/activate-level-2")

    plain_page.locator("input[name=message][value=received]").check(force=True)
    plain_page.locator("input[name=device][value=computer]").check(force=True)

    assert not plain_page.locator(".w1:visible").count()
    assert plain_page.locator(f"{SHOWN} .w3").count() == plain_page.locator(f"{SHOWN} .w3:visible").count()


def test_c2_after_one_visit_a_guide_opens_without_a_network(page, own_server):
    page.goto(f"{own_server.origin}/vi/huong-dan/activate-level-2")
    page.evaluate(KEPT)
    own_server.stop()

    page.goto(f"{own_server.origin}/vi/huong-dan/activate-level-2?device=computer#buoc-3")
    page.reload()

    assert page.locator("#buoc-3 .picture").is_visible()
    assert page.evaluate("getComputedStyle(document.body).fontSize") == "18px"
    page.goto(f"{own_server.origin}/vi/huong-dan/register-birth")
    assert page.locator(".library li").count() == len(all_guides())
    scopes = page.evaluate(
        "navigator.serviceWorker.getRegistrations().then(all => all.map(r => new URL(r.scope).pathname))"
    )
    assert scopes == ["/vi/huong-dan"]
    assert page.context.cookies() == []


def test_a_guide_kept_before_is_made_new_when_the_network_answers(page, own_server):
    page.goto(f"{own_server.origin}/en/huong-dan/spot-scams")
    page.evaluate(KEPT)
    page.evaluate(
        "caches.open('guides-kept').then(c => c.put('/en/huong-dan/spot-scams',"
        " new Response('<title>old</title><h1>old', {headers: {'content-type': 'text/html'}})))"
    )

    page.goto(f"{own_server.origin}/en/huong-dan/spot-scams")
    page.locator("#buoc-1").wait_for(state="attached")
    kept = "caches.match('/en/huong-dan/spot-scams').then(r => r.text()).then(t => t.includes('buoc-1'))"
    until(page, lambda: page.evaluate(kept), "the guide made new")
    own_server.stop()

    page.reload()
    page.get_by_role("button", name="Whole page").click()
    assert page.locator("#buoc-1").is_visible()


def test_g11_a_guide_goes_on_at_its_step_in_its_language(page, server):
    guide = next(guide for guide in all_guides() if guide.number == 3)
    step = next(n for n, step in enumerate(guide.steps, 1) if step.only_if.get("device") == ("computer",))

    page.goto(f"{server.origin}/G/3/{step}/EN")

    here = page.locator(f"#buoc-{step}")
    assert here.evaluate("li => li.matches(':target')")
    assert translated("en", guide.steps[step - 1].action) in here.inner_text()
    assert page.locator("input[value=computer]").is_checked()
    box = here.bounding_box()
    assert box is not None and 0 <= box["y"] < PHONE["height"]


def test_a_kept_page_turns_amber_and_forgets_old_fees_by_itself(phone, server):
    phone.clock.install(time="2031-01-01T08:00:00+07:00")
    page = phone.new_page()
    guide = next(g for g in all_guides() if any(f.valid_to for f in g.figures))

    page.goto(f"{server.origin}/en/huong-dan/{guide.slug}")

    assert page.locator("[data-from]").is_visible()
    page.get_by_role("button", name="Whole page").click()
    now = {figure.key for figure in told_on(guide.figures, date(2031, 1, 1))}
    for figure in guide.figures:
        words = filled(figure, translated("en", figure.text) or "", "en")
        told = page.locator("#phi ~ .figures li").filter(has_text=words)
        assert told.is_visible() == (figure.key in now), words


def test_the_kiosk_begins_again_when_nobody_touches_it(phone, server):
    phone.clock.install(time="2026-11-22T08:00:00+07:00")
    page = phone.new_page()
    page.goto(f"{server.origin}/vi/tu-phuc-vu/spot-scams")

    phone.clock.run_for(110_000)
    page.mouse.click(5, 400)
    phone.clock.run_for(110_000)
    assert not page.locator("dialog").is_visible()
    phone.clock.run_for(11_000)
    assert page.locator("dialog").is_visible()
    page.locator("dialog button").click()
    phone.clock.run_for(119_000)
    assert page.url.endswith("/vi/tu-phuc-vu/spot-scams")
    phone.clock.run_for(22_000)
    page.wait_for_url("**/vi/tu-phuc-vu")


QUIET = 141_000
"""Milliseconds after which the kiosk has asked and begun again."""


def at_the_kiosk(phone, server, address="/vi/tu-phuc-vu"):
    phone.clock.install(time="2026-11-22T08:00:00+07:00")
    page = phone.new_page()
    page.goto(server.origin + address)
    return page


def test_the_next_person_at_the_kiosk_does_not_come_back_to_the_last_ones_pages(phone, server):
    page = at_the_kiosk(phone, server)
    page.locator("input[name=q]").fill("khai sinh")
    page.locator("input[name=q]").press("Enter")
    page.wait_for_url("**?q=*")
    page.locator(".library a").first.click()
    for _ in range(2):
        page.get_by_role("button", name="Tiếp tục").click()
    page.locator(".questions input").first.check()
    was = page.url
    phone.clock.run_for(QUIET)
    page.wait_for_url("**/vi/tu-phuc-vu")

    for _ in range(2):  # as far back as this window goes
        page.go_back(wait_until="commit")
        page.wait_for_timeout(500)
        page.wait_for_url("**/vi/tu-phuc-vu")
        page.locator("body:visible").wait_for()
        assert page.locator("input[name=q]").input_value() == ""
        assert page.locator(".questions").count() == 0
    assert "/tu-phuc-vu/" in was


def test_the_kiosks_own_start_page_is_emptied_too_and_speaks_the_language_of_the_house(phone, server):
    page = at_the_kiosk(phone, server)
    page.goto(f"{server.origin}/en/tu-phuc-vu")  # by the choice of language
    page.locator("input[name=q]").fill("Nguyễn Văn Thử 0912")
    page.evaluate("() => scrollTo(0, 400)")
    page.wait_for_timeout(300)
    phone.clock.run_for(QUIET)
    page.wait_for_url("**/vi/tu-phuc-vu")

    assert page.locator("input[name=q]").input_value() == ""
    page.locator("input[name=q]").fill("Lý Thị Thử")
    phone.clock.run_for(QUIET)
    page.wait_for_function("() => document.querySelector('input[name=q]').value === ''")
    assert page.evaluate("() => scrollY") == 0


def test_beginning_again_by_hand_leaves_nothing_either(phone, server):
    page = at_the_kiosk(phone, server)
    page.locator(".library a").first.click()
    page.locator("a.product").click()
    page.wait_for_url("**/vi/tu-phuc-vu")

    page.go_back(wait_until="commit")
    page.wait_for_timeout(300)

    assert page.url.endswith("/vi/tu-phuc-vu")


def test_the_kiosk_leads_nowhere_else(plain_page, server):
    plain_page.goto(f"{server.origin}/en/tu-phuc-vu")
    plain_page.locator(".library a").first.click()
    plain_page.wait_for_load_state()

    links = [a.get_attribute("href") for a in plain_page.locator("a[href]").all()]

    assert plain_page.url.startswith(f"{server.origin}/en/tu-phuc-vu/")
    assert all(re.match(r"#|\?|tel:|/(vi|en)/tu-phuc-vu", link) for link in links), links
    refresh = plain_page.locator("meta[http-equiv=refresh]")
    assert refresh.get_attribute("content") == "600;url=/en/tu-phuc-vu"


def test_a_citizen_asks_for_a_visit_without_scripts(plain_page, own_server):
    page = plain_page
    page.goto(f"{own_server.origin}/vi/huong-dan")
    page.locator("nav a[href$='/yeu-cau-tham']").click()
    page.locator("#tim").fill("minh tan")
    page.locator(".search button").click()
    page.locator(".places a").first.click()
    page.locator("#name").fill("Bà Mẫu")
    page.locator("#hamlet").select_option(index=1)
    page.locator("#phone").fill("+84 912 345 678")
    page.locator("form.ask button").click()
    page.wait_for_url("**/yeu-cau-tham/da-nhan")

    kept = own_server.rows(
        "SELECT name, phone, commune_code, hamlet_id IS NULL FROM visit_requests WHERE name = 'Bà Mẫu'"
    )
    assert kept == [("Bà Mẫu", "0912345678", "00919", 0)]
    assert page.context.cookies() == []


def test_paper_is_laid_out_in_blocks_so_that_no_step_is_lost_between_pages(plain_page, server):
    plain_page.emulate_media(media="print")
    plain_page.goto(f"{server.origin}/vi/huong-dan/activate-level-2")

    laid_out = "e => [getComputedStyle(e).display, getComputedStyle(e).columnCount]"
    for part in ("main", "article", "section:has(.steps)", ".steps"):
        assert plain_page.locator(part).evaluate(laid_out) == ["block", "auto"], part


@pytest.mark.parametrize("language", LANGUAGES)
def test_l9_twice_the_text_fits_the_narrowest_phone(chromium, server, language):
    context = chromium.new_context(viewport={"width": 320, "height": 640})
    page = context.new_page()
    for address in ADDRESSES:
        page.goto(f"{server.origin}/{language}{address}")
        page.evaluate("document.documentElement.style.fontSize = '225%'")

        assert page.evaluate("document.documentElement.scrollWidth") <= 320, address
        small = page.evaluate(
            "[...document.querySelectorAll('a, button, summary')].filter(e => e.offsetHeight && e.offsetHeight < 24).length"
        )
        assert small == 0, address
    context.close()
