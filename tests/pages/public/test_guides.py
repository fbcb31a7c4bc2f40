"""The library and the guides as citizens see them: whole, small, honest, in both languages."""

import re
import shutil
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from html import unescape
from html.parser import HTMLParser

import brotli
import pytest
from litestar.testing import TestClient
from markupsafe import escape

from volunteer_app.assets import Assets
from volunteer_app.domain.guides.figures import filled, is_dated, told_on
from volunteer_app.domain.guides.guide import DOUBT, claims_of, is_doubtful
from volunteer_app.domain.guides.reading import ruled_out_by
from volunteer_app.domain.hotlines import HOTLINES
from volunteer_app.i18n import LANGUAGES, language_now
from volunteer_app.pages.guides.packs import about, all_guides, all_sources, translated
from volunteer_app.pages.public import routes
from volunteer_app.pages.public.reading import LETTERS, GuideReading

FIRST_PAINT, WHOLE = 14_336, 51_200
EVERY_GUIDE = pytest.mark.parametrize(
    ("guide", "language"),
    [(guide, language) for guide in all_guides() for language in LANGUAGES],
    ids=lambda value: getattr(value, "slug", value),
)
TODAY = datetime.now(UTC).date()


@pytest.fixture(scope="module")
def citizen(app_for, migrated, tmp_path_factory):
    """A citizen's browser: it sends no cookie, whatever it was given."""
    path = tmp_path_factory.mktemp("citizen") / "test.db"
    shutil.copy(migrated, path)  # a start writes its key down
    with TestClient(app_for(f"sqlite:///{path}"), base_url="http://localhost") as client:
        yield client


class Words(HTMLParser):
    """The words of a page, and the files it names."""

    def __init__(self, html):
        super().__init__()
        self.words, self.files, self.for_paper, self.ids = [], [], [], []
        self.feed(html)
        self.text = re.sub(r"\s+", " ", " ".join(self.words))

    def handle_starttag(self, tag, attrs):
        named = dict(attrs)
        files = [named[key] for key in ("src", "href") if (named.get(key) or "").startswith("/assets/")]
        self.files += files
        self.for_paper += files if named.get("media") == "print" else []
        self.ids += [named["id"]] if "id" in named else []

    def handle_data(self, data):
        self.words.append(data)


def sent(client, address):
    """Bytes over the wire, as a browser that takes brotli gets them."""
    answer = client.get(address, headers={"accept-encoding": "br"})
    assert answer.headers["content-encoding"] == "br", address
    return int(answer.headers["content-length"])


@EVERY_GUIDE
def test_c1_a_scanned_guide_is_on_the_screen_within_the_first_flight(citizen, guide, language):
    scanned = citizen.get(f"/G/{guide.number}?l={language}")
    address = f"/{language}/huong-dan/{guide.slug}"
    assert scanned.url.path == address, "no sign-in on the way"
    page = Words(scanned.text)
    files = [file for file in page.files if file not in page.for_paper]

    assert [file.rpartition(".")[2] for file in files] == ["css", "js"], "nothing else is asked for"
    headers = sum(len(key) + len(value) + 4 for key, value in scanned.headers.items())
    assert headers + sum(sent(citizen, file) for file in (address, *files)) <= FIRST_PAINT


@EVERY_GUIDE
def test_a_guide_with_all_its_pictures_is_small(citizen, guide, language):
    address = f"/{language}/huong-dan/{guide.slug}"
    left, seen, total = Words(citizen.get(address).text).files, set(), sent(citizen, address)
    while left:
        file = left.pop()
        if file not in seen:
            seen.add(file)
            body = citizen.get(file)
            total += sent(citizen, file)
            left += re.findall(r"/assets/[\w./-]+", body.text)

    assert total <= WHOLE
    assert len(seen) <= 7  # the style and code of the player and of voices come after the words: four of them


@EVERY_GUIDE
def test_a_guide_says_everything_it_holds(citizen, guide, language):
    answer = citizen.get(f"/{language}/huong-dan/{guide.slug}")
    text = Words(answer.text).text

    sentences = [guide.title, guide.summary]
    sentences += [warning.text for warning in guide.warnings]
    sentences += [thing.text for thing in guide.prepare]
    sentences += [text for step in guide.steps for text in (step.action, step.explanation)]
    sentences += [remedy.text for step in guide.steps for remedy in step.remedies]
    sentences += [remedy.text for remedy in guide.remedies]
    sentences += [text for s in guide.situations for text in (s.question, *(o.label for o in s.options))]
    for sentence in sentences:
        said = translated(language, sentence)
        assert said is not None and said in text, sentence
    for step in guide.steps:
        assert step.button is None or step.button in text
    assert "set-cookie" not in answer.headers


@EVERY_GUIDE
def test_every_picture_of_a_guide_is_in_its_page(citizen, guide, language):
    html = citizen.get(f"/{language}/huong-dan/{guide.slug}").text
    ids = Words(html).ids

    assert len(ids) == len(set(ids))
    assert set(re.findall(r'<use href="#([\w-]+)"', html)) <= set(ids)


class Aloud(HTMLParser):
    """What a page says when it is listened to: the words of `data-said` that are not hidden."""

    def __init__(self, html):
        super().__init__()
        self.open, self.said, self.depth = [], [], 0
        self.feed(html)

    def handle_starttag(self, tag, attrs):
        if tag in ("img", "meta", "link", "input", "br", "use", "path", "hr", "progress"):
            return
        named = dict(attrs)
        self.open.append((tag, "data-said" in named, "hidden" in named))
        if "data-said" in named and not any(hidden for *_, hidden in self.open):
            self.said.append("")

    def handle_startendtag(self, tag, attrs):
        """A drawing inside of what is said."""

    def handle_endtag(self, tag):
        while self.open and self.open.pop()[0] != tag:
            pass

    def handle_data(self, data):
        if any(said for _, said, _ in self.open) and not any(hidden for *_, hidden in self.open):
            self.said[-1] += data


@EVERY_GUIDE
def test_g15_fees_times_and_doubt_are_shown_and_said(citizen, guide, language):
    html = citizen.get(f"/{language}/huong-dan/{guide.slug}").text
    said = Aloud(html).said

    for figure in told_on(guide.figures, TODAY):
        assert filled(figure, translated(language, figure.text), language) in said, figure.key
    doubts = [
        claim for claim in claims_of(guide) if is_doubtful(claim, TODAY) and not hasattr(claim, "topic")
    ]
    assert said.count(translated(language, DOUBT)) >= len(doubts)


@EVERY_GUIDE
def test_g15_whoever_taps_a_fact_sees_where_it_was_read_when_and_how_sure_it_is(citizen, guide, language):
    html = citizen.get(f"/{language}/huong-dan/{guide.slug}").text
    token = language_now.set(language)
    try:
        for figure in told_on(guide.figures, TODAY):
            source = all_sources()[figure.source]
            assert str(escape(source.publisher)) in html and source.date in html
            assert str(escape(about(figure))) in html
        for claim in claims_of(guide):
            if claim.source and not hasattr(claim, "topic"):
                assert f"</summary>{escape(about(claim))}</details>" in html, claim
    finally:
        language_now.reset(token)
    assert html.count('<details class="why">') >= len(told_on(guide.figures, TODAY))


@EVERY_GUIDE
def test_g15_no_page_claims_to_have_been_compared(citizen, guide, language):
    """Nobody has seen the screens yet: the page says of when its sources are, and just that."""
    text = Words(citizen.get(f"/{language}/huong-dan/{guide.slug}").text).text

    assert guide.seen_on is None
    assert (
        "Chưa ai xem trên máy thật." if language == "vi" else "Nobody has compared it with a real phone yet."
    ) in text
    assert not re.search(r"Đã đối chiếu|Checked on|compared with published", text)


@EVERY_GUIDE
def test_w9_a_number_of_one_province_or_in_doubt_says_so_beside_itself(citizen, guide, language):
    html = citizen.get(f"/{language}/huong-dan/{guide.slug}").text
    token = language_now.set(language)
    try:
        for hotline in HOTLINES.values():
            link = rf'<a\s+class="call"\s+href="tel:{hotline.number.replace(" ", "")}"\s*>'
            if hotline.province_code and re.search(link, html):
                assert re.search(rf"{routes._(hotline.name)}: {link}", html)
            for after in re.findall(rf"{link}{hotline.number}</a>(.{{0,40}})", html, re.DOTALL):
                assert hotline.check == ('class="check"' in after), hotline.number
    finally:
        language_now.reset(token)


@EVERY_GUIDE
def test_the_style_sheet_knows_every_combination_that_rules_a_part_out(guide, language):
    css = Assets().sheet("css/public.css")
    reading = GuideReading(guide, language, TODAY, {})

    for part in (*guide.steps, *guide.situations, *guide.prepare, *guide.figures):
        only = part if hasattr(part, "action") else part.only_if
        for combination in ruled_out_by(guide, only):
            names = [reading.option(*pair) for pair in combination.items()]
            chosen = "".join(f":has(#q{name}:checked)" for name in names)
            assert f"main{chosen} [data-not~='{''.join(names)}']" in css


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_page_kept_for_months_holds_what_will_be_told_then(citizen, language):
    """Each dated figure carries its days; the one without days stands beside it (public.js shows one of them)."""
    for guide in all_guides():
        html = citizen.get(f"/{language}/huong-dan/{guide.slug}").text
        for figure in guide.figures:
            if is_dated(figure) and (figure.valid_to or TODAY) >= TODAY:
                assert f'data-holds="{figure.valid_from or ""}/{figure.valid_to or ""}"' in html


def test_a_figure_whose_days_are_over_is_told_no_more(citizen, monkeypatch):
    guide = next(g for g in all_guides() if any(f.valid_to for f in g.figures))
    figure = next(f for f in guide.figures if f.valid_to)
    later = figure.valid_to.replace(year=figure.valid_to.year + 1)
    other = next(f for f in told_on(guide.figures, later) if f.topic == figure.topic)
    monkeypatch.setattr(routes, "_today", lambda: later)

    said = Aloud(citizen.get(f"/en/huong-dan/{guide.slug}").text).said

    assert filled(figure, translated("en", figure.text), "en") not in said
    assert filled(other, translated("en", other.text), "en") in said


def test_g6_a_guide_not_checked_for_long_turns_amber(citizen, monkeypatch):
    guide = all_guides()[0]
    day_after = guide.review_by + timedelta(days=1)
    amber = re.compile(rf'<p class="amber" data-from="{day_after}"\s*>')
    assert not amber.search(citizen.get(f"/vi/huong-dan/{guide.slug}").text)

    monkeypatch.setattr(routes, "_today", lambda: day_after)

    assert amber.search(citizen.get(f"/vi/huong-dan/{guide.slug}").text)


def test_g6_a_guide_says_on_which_version_of_the_app_its_screens_were_seen(citizen, monkeypatch):
    guide = all_guides()[0]
    said = "These screens were seen on version 2.1.9."
    assert guide.seen_on is None and said not in citizen.get(f"/en/huong-dan/{guide.slug}").text
    monkeypatch.setattr(routes, "guide_called", lambda slug: replace(guide, seen_on="2.1.9"))

    # answers in the address: a page made for this request only
    asked = f"?{guide.situations[0].key}={guide.situations[0].options[0].key}"
    assert said in citizen.get(f"/en/huong-dan/{guide.slug}{asked}").text


def test_answers_in_the_address_tick_the_questions_and_mark_what_falls_away(citizen):
    html = citizen.get("/vi/huong-dan/activate-level-2?message=waiting&device=nonsense&x=1").text

    assert re.search(r'value="waiting"\s+checked\b', html)
    assert len(re.findall(r"<input[^>]*\schecked\b", html)) == 1
    assert re.search(r'id="buoc-2"[^>]* data-out', html)
    assert not re.search(r'id="buoc-1"[^>]* data-out', html)


def test_no_guide_asks_more_than_the_page_has_letters_for():
    assert all(len(s.options) <= len(LETTERS) for guide in all_guides() for s in guide.situations)


def test_an_unknown_guide_is_a_calm_page(citizen):
    answer = citizen.get("/vi/huong-dan/nothing")

    assert answer.status_code == 404
    assert "<h1" in answer.text


def test_a_public_page_may_be_kept_and_is_not_sent_twice(citizen):
    first = citizen.get("/vi/huong-dan/spot-scams")
    again = citizen.get("/vi/huong-dan/spot-scams", headers={"if-none-match": first.headers["etag"]})

    assert first.headers["cache-control"].startswith("public, max-age=300")
    assert "cookie" not in first.headers["vary"]
    assert (again.status_code, again.content) == (304, b"")


def test_the_compressed_page_is_the_page(citizen):
    with citizen.stream("GET", "/vi/huong-dan/spot-scams", headers={"accept-encoding": "br"}) as answer:
        packed = b"".join(answer.iter_raw())

    assert brotli.decompress(packed).decode() == citizen.get("/vi/huong-dan/spot-scams").text


def test_the_library_shows_every_guide(citizen):
    for language in LANGUAGES:
        text = Words(citizen.get(f"/{language}/huong-dan").text).text
        assert not [g.slug for g in all_guides() if translated(language, g.title) not in text]


def test_a_search_without_tone_marks_finds_the_guide(citizen):
    html = citizen.get("/vi/huong-dan", params={"q": "ho khau"}).text

    assert "register-residence" in html
    assert "traffic-fine" not in html


def test_a_search_for_nothing_we_have_says_so_and_repeats_the_words_harmlessly(citizen):
    html = citizen.get("/en/huong-dan", params={"q": "<b>zz"}).text

    assert "Nothing is called “&lt;b&gt;zz”" in html
    assert "traffic-fine" in html


def test_a_number_nobody_has_leads_to_the_library_with_a_plain_sentence(citizen):
    assert "There is no guide with the number 77" in citizen.get("/en/huong-dan?so=77").text
    assert "There is no guide" not in citizen.get("/en/huong-dan?so=<b>").text


@pytest.mark.parametrize("address", ["/huong-dan", "/huong-dan/spot-scams", "/tu-phuc-vu"])
@pytest.mark.parametrize("language", LANGUAGES)
def test_c6_every_page_says_what_volunteers_never_ask(citizen, address, language):
    token = language_now.set(language)
    try:
        wanted = [routes._(text) for text in ("One-time codes (OTP)", "Passwords and passcodes", "Money")]
    finally:
        language_now.reset(token)

    text = Words(citizen.get(f"/{language}{address}").text).text

    assert not [sentence for sentence in wanted if sentence not in text]


def test_the_small_style_sheet_has_the_colours_of_the_large_one():
    def tokens(name):
        css = Assets().sheet(f"css/{name}")
        return [
            dict(re.findall(r"(--[\w-]+): (#[0-9a-f]+|transparent);", part))
            for part in css.split("@media", 2)[:2]
        ]

    small, large = tokens("public.css"), tokens("app.css")

    for ours, theirs in zip(small, large, strict=True):
        assert len(ours) > 15
        assert ours.items() <= theirs.items()


@pytest.mark.parametrize("language", LANGUAGES)
def test_who_installs_a_citizens_page_gets_the_guides_in_their_language(citizen, language):
    for address in (
        "/huong-dan",
        "/huong-dan/spot-scams",
        "/duong-day-nong",
        "/quyen-rieng-tu",
        "/yeu-cau-tham",
    ):
        html = citizen.get(f"/{language}{address}").text
        assert re.findall(r'rel="manifest" href="([^"]+)"', html) == [f"/{language}/huong-dan.webmanifest"]
    named = citizen.get(f"/{language}/huong-dan.webmanifest")
    volunteers = citizen.get(f"/{language}/app.webmanifest").json()
    manifest = named.json()

    assert named.headers["content-type"] == "application/manifest+json"
    assert manifest["lang"] == language and manifest["id"] != volunteers["id"], "two apps, side by side"
    assert citizen.get(manifest["start_url"], follow_redirects=False).status_code == 200
    assert (
        manifest["start_url"].startswith(manifest["scope"]) and manifest["scope"] == f"/{language}/huong-dan"
    )
    assert all(citizen.get(icon["src"]).status_code == 200 for icon in manifest["icons"])
    assert 'rel="manifest"' not in citizen.get(f"/{language}/tu-phuc-vu").text, "a computer that all share"


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_search_engine_is_told_what_a_page_is_and_where_its_other_language_stands(citizen, language):
    guide, other = all_guides()[0], next(one for one in LANGUAGES if one != language)
    for address in (
        "/huong-dan",
        f"/huong-dan/{guide.slug}",
        "/duong-day-nong",
        "/quyen-rieng-tu",
        "/yeu-cau-tham",
    ):
        html = citizen.get(f"/{language}{address}").text
        said = unescape(re.search(r'name="description"\s+content="([^"]+)"', html)[1])
        assert len(said) > 20 and "<" not in said
        [abroad] = re.findall(r'rel="alternate"\s+hreflang="(\w+)"\s+href="([^"]+)"', html)
        assert abroad[0] == other and abroad[1].endswith(f"/{other}{address}")
        assert abroad[1].startswith(("http://", "https://")), "an address of its own is whole"
        if guide.slug in address:
            assert said == translated(language, guide.summary)


@pytest.mark.parametrize("language", LANGUAGES)
def test_p7_what_is_kept_about_people_is_told_to_everybody_in_both_languages(visitor, language):
    answer = visitor.get(f"/{language}/quyen-rieng-tu")

    assert answer.status_code == 200 and "set-cookie" not in answer.headers
    assert f'<html lang="{language}"' in answer.text
    assert "91/2025/QH15" in answer.text
