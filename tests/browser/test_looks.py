"""Everybody can read and use every page: outdoors and at night, in both languages, enlarged, and without a pointer."""

import re
from typing import Literal
from uuid import uuid5

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page, ViewportSize, expect

from tests.authorisation.rows import ROWS
from tests.browser.conftest import sign_in
from tests.browser.phones import G3, LAN, SIZE, Phone, as_long_as, offline, start_g3, unfold
from tests.browser.screens.test_screens import AXE_OPTIONS, SIDEWAYS, SMALL_TARGETS, SMALL_TEXTS
from tests.browser.slow_network import Network
from volunteer_app.demo.commune import NAMESPACE
from volunteer_app.i18n import LANGUAGES

NARROW: ViewportSize = {"width": 320, "height": 640}
ENLARGED = "document.documentElement.style.fontSize = '200%'"
AS_IT_WAS = "document.documentElement.style.fontSize = ''"
TOO_WIDE = """() => [...document.querySelectorAll("main *, header *, footer *")]
    .filter(e => e.checkVisibility() && e.getBoundingClientRect().right > innerWidth + 0.5 && !e.closest(".table *"))
    .map(e => e.outerHTML.slice(0, 90)).at(-1)"""
SCHEMES: dict[str, Literal["light", "dark"]] = {"vi": "light", "en": "dark"}
"""Both languages and both schemes; what one language shows by day, the other shows at night."""


def unreadable(page: Page, language: str) -> list[str]:
    """What axe says of this page by day (vi) or at night (en)."""
    page.emulate_media(color_scheme=SCHEMES[language], reduced_motion="reduce")
    violations = Axe().run(page, options=AXE_OPTIONS).response["violations"]
    return [f"{rule['id']}: {node['html'][:90]}" for rule in violations for node in rule["nodes"]]


def too_small(page: Page) -> list[str]:
    """Targets below 48 px, text below 16 px, and what needs scrolling sideways at 320 px, also with text enlarged."""
    faults = page.evaluate(SMALL_TARGETS, 48) + page.evaluate(SMALL_TEXTS, 16)
    page.set_viewport_size(NARROW)
    for change, percent in ((AS_IT_WAS, 100), (ENLARGED, 200)):
        page.evaluate(change)
        if (pixels := page.evaluate(SIDEWAYS)) > 0:
            faults.append(f"{pixels} px sideways at {percent} %: {page.evaluate(TOO_WIDE)}")
    page.evaluate(AS_IT_WAS)
    page.set_viewport_size(SIZE)
    return faults


def assert_readable(found: dict[str, list[str]]) -> None:
    """No fault on any page."""
    faults = [f"{where}: {fault}" for where, faults in found.items() for fault in faults]
    assert not faults, "\n".join(faults)


# ---- pages made by the server: every route of the authorisation rows that answers with a page, as its first reader sees it

READERS = {
    "volunteer": LAN,
    "leader": "Hoàng Văn Minh (mẫu)",
    "reviewer": "Nguyễn Thị Hoà (mẫu)",
    "officer": "Phàn Văn Tỉnh (mẫu)",
    "editor": "Lục Thị Biên (mẫu)",
}
COMMUNE = "/coverage/08/00919"
EXAMPLES = {
    "/coverage/{province_code}": "/coverage/08",
    "/coverage/{province_code}/{commune_code}": COMMUNE,
    "/reports/{province_code}": "/reports/08",
    "/team/members/{membership_id}/phone": f"/team/members/{uuid5(NAMESPACE, f'membership/{LAN}')}/phone",
    "/voices/{tag}/gaps": "/voices/tyz/gaps",
    "/voices/{tag}/texts/{key}": "/voices/tyz/texts/never",
    "/reports/{province_code}/{commune_code}": "/reports/08/00919",
    "/reports/{province_code}/{commune_code}/records": "/reports/08/00919/records",
    "/left-behind/{province_code}": "/left-behind/08",
    "/lasting/{province_code}": "/lasting/08",
    "/lasting/{province_code}/{commune_code}": "/lasting/08/00919",
    "/lasting/{province_code}/{commune_code}/households": "/lasting/08/00919/households",
    "/left-behind/{province_code}/{commune_code}": "/left-behind/08/00919",
    "/left-behind/{province_code}/{commune_code}/households": "/left-behind/08/00919/households",
    "/blockers/{province_code}": "/blockers/08",
    "/blockers/{province_code}/{commune_code}": "/blockers/08/00919",
    "/huong-dan/{slug}": f"/huong-dan/{G3}",
    "/tu-phuc-vu/{slug}": f"/tu-phuc-vu/{G3}",
    "/the/{code}": "/the/3k-1eu8",
    "/huy-hieu/{code}": "/huy-hieu/NOTHING",
}
"""An address for a route with a place in it. Other such pages are reached by the first link to one on the page before."""

MORE = {
    "everybody": (
        "/nothing",
        "/huong-dan?q=khong-co",
        "/huong-dan/land-tax",
        "/tu-phuc-vu/social-pension",
        "/yeu-cau-tham?xa=00919",
        "/duong-day-nong?xa=00919",
        "/duong-day-nong?tim=minh tan",
    ),
    "leader": (f"{COMMUNE}?measure=alone&sort=-value", f"{COMMUNE}?measure=blockers&signal=none"),
    "reviewer": (COMMUNE, f"{COMMUNE}?beside=time", f"{COMMUNE}?beside=measures"),
}
"""Other states of pages above."""

NO_PAGE = re.compile(
    r"/(api|assets|media|guides/(packs|photos)|join|field|[gGqQbBkK])/|.*\.(js|webmanifest|ics|po)$"
)
"""Files, answers for phones, short addresses that lead on, a seat that waits; the phone's screens have tests of their own."""

MAP = ("<title>", "<text")
"""A map's shapes and numbers are as small as the land; its table says the same, large enough."""


def routes_of(reader: str) -> list[str]:
    """Routes that answer this reader with a page, and no reader before."""
    first = {"public": "everybody"}
    found = []
    for route, row in ROWS.items():
        method, _, path = route.partition(" ")
        if method != "GET" or NO_PAGE.match(path):
            continue
        roles = row.roles.split()
        if first.get(row.roles, next((role for role in READERS if role in roles), "nobody")) == reader:
            found.append(path)
    return found


def address_of(page: Page, origin: str, path: str) -> str | None:
    """Where the route is found in this demo; None when nothing of the kind is there."""
    if "{" not in path or path in EXAMPLES:
        return EXAMPLES.get(path, path)
    before, _, _ = path.partition("/{")
    pattern = re.compile(r"(/\w\w)?" + re.sub(r"\\\{\w+\\\}", "[^/?#]+", re.escape(path)) + "$")
    for start in (before, before.rpartition("/")[0]):
        page.goto(f"{origin}/vi{start}")
        links = page.locator("main a[href]").evaluate_all("all => all.map(a => a.getAttribute('href'))")
        if found := next((link for link in links if pattern.fullmatch(link)), None):
            return found.removeprefix("/vi")
    return None


def test_every_route_that_is_a_page_has_somebody_here_who_reads_it():
    read = {path for reader in ("everybody", *READERS) for path in routes_of(reader)}
    pages = {route.partition(" ")[2] for route in ROWS if route.startswith("GET ")}

    assert {path for path in pages - read if not NO_PAGE.match(path)} == set()


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("reader", ["everybody", *READERS])
def test_l9_every_page_of_the_server_is_readable_by_day_by_night_and_enlarged(page, server, reader, language):
    if reader != "everybody":
        sign_in(page, server.origin, READERS[reader])
    found = {}
    for path in [*routes_of(reader), *MORE.get(reader, ())]:
        address = address_of(page, server.origin, path)
        assert address, f"nothing in the demo leads to {path}: name an example"
        page.goto(f"{server.origin}/{language}{address}")
        faults = unreadable(page, language) + too_small(page)
        found[address] = [fault for fault in faults if not any(shape in fault for shape in MAP)]

    assert found
    assert_readable(found)


# ---- the phone's screens; the Vietnamese ones, unopened, are in screens/test_screens.py


@pytest.fixture(scope="module")
def kept(chromium, busy_server):
    """Lan's phone, with a good network until a test cuts it."""
    network = Network(busy_server.port)
    phone = Phone(chromium, network)
    phone.sign_in()
    phone.wait_for_the_worker()
    yield phone
    phone.context.close()
    network.close()
    assert phone.said == []


def a_house_with_a_learner(phone: Phone) -> str:
    """A household where the one member lacks what guides need; its id."""
    household = phone.register("Nông Văn Đọc Rõ")
    phone.add_member(household["id"], own_phone=False, vneid_level=1)
    return household["id"]


def test_l9_opened_parts_of_the_screens_are_readable_too(kept: Phone):
    found = {}
    with offline(kept):
        household_id = a_house_with_a_learner(kept)
        page = kept.open("household", household_id)
        unfold(page, "members")
        page.locator("[data-list=members] summary").first.click()
        page.get_by_role("button", name="Vắng nhà").click()
        expect(page.locator("[data-saved]")).to_be_visible()
        found["household"] = unreadable(page, "vi") + too_small(page)
        page = kept.open("visit", household_id)
        page.evaluate("document.querySelectorAll('details').forEach(fold => { fold.open = true })")
        page.locator("#note").fill("001099012345")
        page.get_by_role("button", name="Chỉ lưu lượt thăm").click()
        expect(page.locator("#note-problem")).to_be_visible()
        found["visit"] = unreadable(page, "vi") + too_small(page)
        page = kept.open("outbox")
        page.get_by_role("button", name="Gửi ngay").click()
        expect(page.locator("[data-answer]")).to_contain_text("chưa có mạng")
        found["outbox"] = unreadable(page, "en") + too_small(page)

    assert_readable(found)


@pytest.mark.parametrize(("language", "name"), [("vi", "Tiếng Việt"), ("en", "English")])
def test_l9_every_part_of_the_guide_player_is_readable(kept: Phone, language, name):
    found = {}
    with offline(kept):
        page = start_g3(kept, a_house_with_a_learner(kept))
        page.get_by_role("radio", name=name).check()
        found["question"] = unreadable(page, language) + too_small(page)
        while page.locator("[data-question]").is_visible():
            page.locator("[data-list=options] button").first.click()
        found["prepare"] = unreadable(page, language) + too_small(page)
        page.locator("[data-begin]").click()
        for _ in as_long_as(lambda: page.locator("main[data-state=step]").count()):
            action = page.locator("[data-when=step] .action").inner_text()
            is_rich = page.locator("[data-private]").is_visible() or "stuck" not in found
            found[action] = too_small(page) + (unreadable(page, language) if is_rich else [])
            if "stuck" not in found:
                page.locator("[data-mark=stuck]").click()
                page.locator("[data-other] summary").click()
                page.get_by_role("radio", name="Không có sóng").check()
                found["stuck"] = unreadable(page, language) + too_small(page)
                page.locator("[data-again]").click()
            page.wait_for_timeout(410)  # a trembling thumb's second tap is not taken
            page.locator("[data-mark=help]").click()
        found["teach back"] = unreadable(page, language) + too_small(page)
        page.locator("[data-teach=alone]").click()
        page.locator("[data-when=summary] summary").click()
        found["summary"] = unreadable(page, language) + too_small(page)

    assert len(found) > 15
    assert_readable(found)


def test_l9_the_screens_are_readable_in_english_too(new_phone, network):
    phone: Phone = new_phone(network, locale="en-GB")
    phone.sign_in(language="en")
    phone.wait_for_the_worker()
    members = {row["household_id"] for row in phone.rows("members")}
    met = next(row["id"] for row in phone.rows("households") if row["is_met"] and row["id"] in members)
    found = {}
    for screen in (
        "today",
        "households",
        "households#new",
        f"household#{met}",
        f"visit#{met}",
        "outbox",
        "me",
        "ready",
        "outreach",
        f"dossiers#{met}",
    ):
        page = phone.open(*screen.split("#"), language="en")
        found[screen] = unreadable(page, "en") + too_small(page)

    assert_readable(found)


# ---- without a pointer

FOCUSED = "selector => document.activeElement.matches(selector)"
IS_MARKED = """() => {
    const marked = document.activeElement.matches(".choice > input")
        ? document.activeElement.nextElementSibling : document.activeElement
    const style = getComputedStyle(marked)
    return style.outlineStyle !== "none" && parseFloat(style.outlineWidth) >= 2
}"""


def tab_to(page: Page, selector: str, most: int = 80) -> None:
    """Press Tab until this has the focus; the focus must be seen."""
    for _ in range(most):
        page.keyboard.press("Tab")
        if page.evaluate(FOCUSED, selector):
            assert page.evaluate(IS_MARKED), f"the focus on {selector} cannot be seen"
            return
    raise AssertionError(f"{selector} is not reached by Tab")


def enter(page: Page, selector: str, most: int = 80) -> None:
    """Go there by Tab and press Enter."""
    tab_to(page, selector, most)
    page.keyboard.press("Enter")


def test_l9_the_main_action_of_every_screen_by_keyboard_alone(lan: Phone):
    with offline(lan):
        page = lan.open("today")
        page.keyboard.press("Tab")
        assert page.evaluate(FOCUSED, ".skip")
        page.keyboard.press("Enter")
        enter(page, ".tabs a[href$='/field/households']")
        expect(page.locator("body")).to_have_attribute("data-screen", "households")
        expect(page.locator("main")).to_have_attribute("data-state", "list")
        enter(page, "a[href$='#new']", most=200)
        expect(page.locator("main")).to_have_attribute("data-state", "new")
        tab_to(page, "[name=consent]")
        page.keyboard.press("Space")
        tab_to(page, "#label")
        page.keyboard.type("Nông Văn Bàn Phím")
        enter(page, ".main_action button")
        expect(page.get_by_role("heading", level=1)).to_have_text("Nông Văn Bàn Phím")
        enter(page, "[data-fold=members] > summary")
        tab_to(page, "#member-label")
        page.keyboard.type("bà nội")
        page.keyboard.press("Enter")
        expect(page.locator("[data-list=members] > li")).to_have_count(1)
        enter(page, "[data-start]")
        expect(page.locator("body")).to_have_attribute("data-screen", "visit")
        expect(page.locator("main")).to_have_attribute("data-state", "ready")
        tab_to(page, "[name=guide]")
        page.keyboard.press("Space")
        enter(page, "[name=then][value=guide]")  # to what the guide needs
        expect(page.locator("[data-part=needs]")).to_be_visible()
        enter(page, "[name=then][value=guide]")
        expect(page.locator("main")).to_have_attribute("data-state", "prepare")
        while page.locator("[data-question]").is_visible():
            enter(page, "[data-list=options] button")
        enter(page, "[data-begin]")
        for _ in as_long_as(lambda: page.locator("main[data-state=step]").count()):
            tab_to(page, "[data-mark=help]")
            page.wait_for_timeout(410)  # a trembling thumb's second tap is not taken
            page.keyboard.press("Enter")
        enter(page, "[data-teach=alone]")
        enter(page, "[data-when=summary] [data-kind=main]")
        expect(page.locator("[data-list=visits] .runs > li")).to_have_count(1)
        page = lan.open("outbox")
        enter(page, "[data-send]")
        expect(page.locator("[data-answer]")).to_contain_text("chưa có mạng")
