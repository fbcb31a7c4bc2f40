"""G14: one change of an act changes all that hangs on it, wherever it is told; what ends soon stands on the desk's list.

Each act that will end is moved alone, in a copy of the real folder; then the phone's pack, the public page and the
editors' list are asked, in the running program.
"""

import json
import re
import shutil
from contextlib import contextmanager
from datetime import UTC, date, datetime, time, timedelta

import pytest
from markupsafe import escape

from tests.pages.public.test_guides import Aloud, Words
from volunteer_app.domain.guides import files
from volunteer_app.domain.guides.ending import ENDING_WITHIN, ending_soon
from volunteer_app.domain.guides.figures import filled, said
from volunteer_app.domain.guides.guide import DOUBT, Figure, claims_of
from volunteer_app.i18n import LANGUAGES, format_day, language_now
from volunteer_app.pages.guides import packs, routes
from volunteer_app.pages.guides.packs import FOLDER, all_guides, all_packs, translated
from volunteer_app.pages.public import routes as public_routes

ENDING_ACTS = {key: act.valid_to for key, act in files.load_acts(FOLDER).items() if act.valid_to}
LATER = timedelta(days=17)


def test_g14_the_acts_that_are_known_to_end_are_there():
    """Circular 117/2026, the base salary of each July, the half fees, the Civil Status Law that comes on 01/03/2027."""
    assert {
        "circular-117-2026": date(2027, 2, 28),
        "base-salary-2026": date(2027, 6, 30),
        "circular-64-2025": date(2026, 12, 31),
        "civil-status-2014": date(2027, 2, 28),
    }.items() <= ENDING_ACTS.items()


@pytest.fixture
def moved(tmp_path, monkeypatch):
    """Move an act's last day in a copy of the guides, and let the program read that copy."""

    def move(key, last):
        folder = tmp_path / "guides"
        shutil.copytree(FOLDER, folder)
        text = (folder / "acts.toml").read_text("utf-8")
        before, mark, rest = text.partition(f"[{key}]\n")
        assert mark
        rest = re.sub(r"(?m)^valid_to = \S+$", f"valid_to = {last}", rest, count=1)
        (folder / "acts.toml").write_text(before + mark + rest, "utf-8")
        guides = files.load_guides(folder)
        for module in (packs, routes, public_routes):
            monkeypatch.setattr(module, "all_guides", lambda: guides)
        return guides

    return move


def hung_on(guides, key):
    """(guide, claim) of every figure and sentence that rests on an act."""
    return [(guide, claim) for guide in guides for claim in claims_of(guide) if key in claim.acts]


def last_good_day(claim):
    if isinstance(claim, Figure):
        return claim.valid_to
    return claim.doubtful_from and claim.doubtful_from - timedelta(days=1)


@pytest.mark.parametrize("key", ENDING_ACTS)
def test_g14_moving_an_act_moves_all_that_hangs_on_it_and_nothing_else(moved, key):
    last = ENDING_ACTS[key] + LATER
    others = {act: day for act, day in ENDING_ACTS.items() if act != key}

    guides = moved(key, last)

    hung = hung_on(guides, key)
    assert hung
    for _, claim in hung:
        assert last_good_day(claim) == min([last, *(others[act] for act in claim.acts if act in others)])
    pairs = zip(all_claims(all_guides()), all_claims(guides), strict=True)
    assert all(old == new for old, new in pairs if key not in old.acts)


def all_claims(guides):
    return [claim for guide in guides for claim in claims_of(guide)]


@pytest.mark.parametrize("key", ENDING_ACTS)
def test_g14_a_moved_act_is_moved_in_the_packs_of_phones(moved, key):
    last = ENDING_ACTS[key] + LATER
    guides = moved(key, last)
    written = all_packs()

    for guide, claim in hung_on(guides, key):
        for language in LANGUAGES:
            pack = json.loads(written[f"/guides/packs/{guide.slug}.{language}.json"])
            if isinstance(claim, Figure):
                (told,) = [one for one in pack["figures"] if one["key"] == claim.key]
                assert told["valid_to"] == str(last_good_day(claim))
            elif not claim.check:
                days = re.findall(r'"doubtful_from": ?"([\d-]+)"', json.dumps(pack))
                assert str(last_good_day(claim) + timedelta(days=1)) in days


@pytest.mark.parametrize("key", ENDING_ACTS)
@pytest.mark.parametrize("language", LANGUAGES)
def test_g14_a_moved_act_is_moved_on_the_public_pages(visitor, moved, monkeypatch, language, key):
    """A figure is told up to the moved day and no more; a sentence gets its mark the day after, also on a page that was
    kept before (public.js unhides it)."""
    last = ENDING_ACTS[key] + LATER
    after = last + timedelta(days=1)
    guides = moved(key, last)
    hung = [(guide, claim) for guide, claim in hung_on(guides, key) if last_good_day(claim) == last]
    assert hung
    doubt = translated(language, DOUBT)
    for guide in {guide.slug: guide for guide, _ in hung}.values():
        claims = [claim for of, claim in hung if of is guide]
        until, then = (page_on(visitor, monkeypatch, language, guide, day) for day in (last, after))
        for claim in claims:
            if isinstance(claim, Figure):
                words = str(escape(filled(claim, translated(language, claim.text), language)))
                assert f'data-holds="{claim.valid_from or ""}/{last}"' in until and words in until
                assert words not in then
        doubtful = [claim for claim in claims if not isinstance(claim, Figure) and not claim.check]
        coming = until.count(f'<small class="check" data-holds="{after}/" hidden>')
        assert coming == len(doubtful)
        if doubtful:
            assert Aloud(then).said.count(doubt) >= Aloud(until).said.count(doubt) + len(doubtful)


def page_on(visitor, monkeypatch, language, guide, day):
    """The guide's public page on a day, made for this request only (an answer stands in the address)."""
    monkeypatch.setattr(public_routes, "_today", lambda: day)
    asked = guide.situations[0]
    page = visitor.get(f"/{language}/huong-dan/{guide.slug}?{asked.key}={asked.options[0].key}")
    assert page.status_code == 200
    return page.text


# The editors' list


@pytest.fixture
def on_the_day(monkeypatch):
    """Set the desk's clock to noon of a day."""

    def at(day):
        class Clock(datetime):
            @classmethod
            def now(cls, tz=None):
                return datetime.combine(day, time(5), tzinfo=UTC).astimezone(tz)

        monkeypatch.setattr(routes, "datetime", Clock)

    return at


ASSUMED = "This day is assumed: nobody has read it in the act. Please look."


def on_the_list(page):
    """(day, guide number, words) of the list *Content that ends within 60 days*, as they stand on the page."""
    _, found, rest = page.partition("Content that ends within 60 days")
    items = re.findall(r"<li>(.*?)</li>", rest.partition("</section>")[0], re.DOTALL) if found else []
    lines = [re.fullmatch(r"(.+?) ?: (\d+) (.*)", Words(item).text.strip()) for item in items]
    assert all(lines), items
    return [(line[1], int(line[2]), line[3]) for line in lines if line]


def words_of(claim):
    """A figure whole, a step by what is to be done, anything else by its text."""
    words = said(claim) if isinstance(claim, Figure) else getattr(claim, "action", None) or claim.text
    return f"{words} {ASSUMED}" if claim.end_assumed else words


def listed_by_the_rule(guides, today):
    with in_english():
        return [
            (
                format_day(one.last),
                one.guide.number,
                (one.text or "To be read again") + (f" {ASSUMED}" if one.assumed else ""),
            )
            for one in ending_soon(guides, today)
        ]


@contextmanager
def in_english():
    token = language_now.set("en")
    try:
        yield
    finally:
        language_now.reset(token)


@pytest.mark.parametrize("key", ENDING_ACTS)
def test_g14_a_moved_act_is_moved_on_the_editors_list(editor, moved, on_the_day, key):
    before, last = ENDING_ACTS[key], ENDING_ACTS[key] + LATER
    guides = moved(key, last)
    hung = [(guide.number, claim) for guide, claim in hung_on(guides, key) if last_good_day(claim) == last]
    dated = {(number, words_of(claim)) for number, claim in hung}
    assert dated

    def shown(day):
        on_the_day(day)
        return on_the_list(editor.get("/en/guides").text)

    with in_english():
        as_written, as_before = format_day(last), format_day(before)
    for day in (last - ENDING_WITHIN, last):
        found = shown(day)
        assert dated <= {(number, words) for written, number, words in found if written == as_written}
        assert found == listed_by_the_rule(guides, day)
    hung_words = {words for _, words in dated}
    for day in (last - ENDING_WITHIN - timedelta(days=1), last + timedelta(days=1)):
        assert not [one for one in shown(day) if one[0] in (as_written, as_before) and one[2] in hung_words]


def test_g14_the_editors_list_names_every_kind_of_end_the_soonest_first(editor, on_the_day):
    """A fee, a sentence and a guide that is to be read again; each leads to its guide on the same page."""
    today = date(2027, 2, 20)
    on_the_day(today)

    page = editor.get("/en/guides").text

    found = on_the_list(page)
    assert found == listed_by_the_rule(all_guides(), today)
    words = [text for *_, text in found]
    assert "Thường trú nộp trên mạng nay được miễn phí, nếu đủ điều kiện công dân số." in words  # 117/2026
    assert "Bác chọn xã nơi mình thường trú." in words  # the Civil Status Law of 2014
    assert words.count("To be read again") > 30
    targets = re.findall(
        r'<a href="#([\w-]+)">', page.partition("within 60 days")[2].partition("</section>")[0]
    )
    assert targets and all(f'id="{slug}"' in page for slug in targets)


@pytest.mark.parametrize(
    ("days", "is_listed"), [(-1, False), (0, True), (1, True), (59, True), (60, True), (61, False)]
)
def test_g14_an_end_is_on_the_editors_list_from_sixty_days_before_up_to_its_day(
    editor, on_the_day, days, is_listed
):
    last = ENDING_ACTS["circular-64-2025"]
    on_the_day(last - timedelta(days=days))

    found = on_the_list(editor.get("/en/guides").text)

    assert is_listed == any(words == "Thẻ hỏng thì đổi thẻ mất 25.000 đồng." for *_, words in found)
