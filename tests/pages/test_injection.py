"""Hostile text in every text field of the desk and the public forms is shown as text, never as markup."""

import itertools
from html.parser import HTMLParser

import pytest

from tests.people import COMMUNE, MINH
from volunteer_app import limits

HEADS = ("", '"', "'", '">', "'>", "</textarea>", "</title>", "</script>", "--><", "\\")
TAGS = (
    "<script src=//e.example/x></script>",
    "<img src=x onerror=evil()>",
    "<svg/onload=evil()>",
    "<iframe srcdoc=evil>",
    "<a href=javascript:evil()>x</a>",
    "<form action=//e.example><input name=x autofocus onfocus=evil()>",
    "<style>@import '//e.example'</style>",
    "<base href=//e.example/>",
    "<meta http-equiv=refresh content='0;url=//e.example'>",
    "<p hx-get=//e.example hx-trigger=load>x",
    "<p data-hx-on:click=evil()>x",
    "<object data=evil.swf></object>",
    "<math><mtext><script>evil()</script>",
    "<details ontoggle=evil() open>",
    "<body onload=evil()>",
    "<video><source onerror=evil()>",
    "<marquee onstart=evil()>",
    "<input onfocus=evil() autofocus>",
    "{{ 7*7 }}<evil>",
    "\u202e<evil>\u200b",
)
CORPUS = ["".join(pair) for pair in itertools.product(HEADS, TAGS)]
FIELDS = {
    "breach": ("/vi/breaches", "/vi/breaches", {"what": "{}", "measures": "{}"}),
    "request": ("/vi/privacy-requests", "/vi/privacy-requests", {"kind": "see", "note": "{}"}),
    "facility": ("/vi/facilities", "/vi/facilities", {"name": "A {}", "place": "{}", "xa": COMMUNE}),
    "house code, refused": ("/vi/privacy-requests", "", {"house_code": "{}"}),
    "name, refused": ("/vi/join", "", {"name": "A {}", "code": "{}"}),
}


class _Marks(HTMLParser):
    """What could act on a page."""

    def __init__(self) -> None:
        super().__init__()
        self.found: list[str] = []

    def handle_starttag(self, tag, attrs):
        named = dict(attrs)
        is_ours = tag == "script" and (named.get("src") or "").startswith("/assets/")
        if not is_ours and tag in {"script", "iframe", "style", "base", "object", "math", "marquee", "evil"}:
            self.found.append(tag)
        for name, value in named.items():
            said = f"{name}={value}"
            if name.startswith(("on", "hx-on", "data-hx")) or (value or "").startswith("javascript:"):
                self.found.append(said)
            if name in ("href", "src", "action", "hx-get") and "e.example" in (value or ""):
                self.found.append(said)


def acting(page: str) -> list[str]:
    marks = _Marks()
    marks.feed(page)
    return marks.found


def test_the_reader_of_these_tests_sees_what_acts():
    """Mutation check: unescaped, every string of the corpus that is markup is found."""
    assert len(CORPUS) == 200
    assert sum(bool(acting(f"<p>{text}</p>")) for text in TAGS) >= 15


@pytest.mark.parametrize("field", FIELDS)
def test_e30_hostile_text_is_shown_as_text(signed_in, field, monkeypatch):
    monkeypatch.setattr(limits, "LONGEST_DELAY", 0)  # wrong codes are answered later and later
    post, shown, form = FIELDS[field]
    minh = signed_in(MINH)

    for text in CORPUS:
        data = {name: value.format(text) if "{}" in value else value for name, value in form.items()}
        answer = minh.post_from_us(post, data=data, follow_redirects=False)
        assert answer.status_code in (303, 422, 400, 404), text
        assert acting(answer.text) == [], text
    if shown:
        page = minh.get(shown)
        assert page.status_code == 200 and "evil" in page.text
        assert acting(page.text) == []


@pytest.mark.parametrize(
    "text", ["x\r\nset-cookie: a=b", "x\nlog line", "' OR 1=1 --", "%(name)s %s", "../../x", "\x00"]
)
def test_e31_other_languages_are_text_too(signed_in, text):
    minh = signed_in(MINH)

    answer = minh.post_from_us("/vi/breaches", data={"what": "a " + text}, follow_redirects=False)

    assert answer.status_code in (303, 400, 422)
    assert "a=b" not in answer.headers.get("set-cookie", "")
    assert minh.get("/vi/breaches").status_code == 200


@pytest.mark.parametrize(
    "path", ["/vi/breaches", "/vi/join", "/vi/sign-in/pin", "/api/v1/sign-in", "/vi/account/phones"]
)
@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"sec-fetch-site": "cross-site"},
        {"sec-fetch-site": "same-site"},
        {"origin": "https://e.example"},
        {"origin": "null"},
    ],
)
def test_e33_no_other_site_changes_anything(signed_in, path, headers):
    answer = signed_in(MINH).post(path, data={"what": "x"}, headers=headers, follow_redirects=False)

    assert answer.status_code == 403
