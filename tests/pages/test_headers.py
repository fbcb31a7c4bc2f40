"""What every answer says in its headers, read as values, on every kind of page, for who is signed in and who is not."""

from http.cookies import SimpleCookie

import pytest

from tests.pages.conftest import FROM_US, ORIGIN, Visitor
from tests.people import LAN, MINH
from volunteer_app.app import create_app
from volunteer_app.assets import Assets
from volunteer_app.settings import Settings

HTTPS = "https://tungnha.example"
SELF, NONE = {"'self'"}, {"'none'"}
POLICY = {
    "default-src": NONE,
    "script-src": SELF,
    "style-src": SELF,
    "img-src": {"'self'", "data:", "blob:"},
    "media-src": {"'self'", "blob:"},
    "connect-src": SELF,
    "worker-src": SELF,
    "manifest-src": SELF,
    "form-action": SELF,
    "base-uri": NONE,
    "frame-ancestors": NONE,
}
ALWAYS = {
    "x-content-type-options": "nosniff",
    "referrer-policy": "same-origin",
    "cross-origin-opener-policy": "same-origin",
    "cross-origin-resource-policy": "same-origin",
}
FEATURES = {"camera": "()", "geolocation": "()", "microphone": "(self)"}
A_YEAR = 365 * 24 * 3600

PAGES = {
    "start page": "/vi/",
    "sign-in": "/vi/sign-in",
    "guides": "/vi/huong-dan",
    "guide": "/vi/huong-dan/spot-scams",
    "privacy": "/vi/quyen-rieng-tu",
    "joining": "/vi/tham-gia",
    "badge that is none": "/vi/huy-hieu/XXXXXXXX",
    "screen of the field": "/vi/field/today",
    "worker": "/sw.js",
    "worker of the guides": "/guides-worker.js",
    "manifest": "/app.webmanifest",
    "manifest of the guides": "/vi/huong-dan.webmanifest",
    "team": "/vi/team",
    "households": "/vi/households",
    "log": "/vi/audit",
    "coverage": "/vi/coverage/08/00919",
    "report": "/vi/reports/08/00919",
    "calendar": "/vi/follow-ups/calendar.ics",
    "figures as a file": "/api/v1/figures/places/csv?province=08&commune=00919",
    "field pack": "/api/v1/field-pack",
    "what is not there": "/vi/nowhere",
    "what the API does not have": "/api/v1/nowhere",
    "voice that is not there": "/media/voices/x.mp3",
    "link on a poster": "/q/XXXXXX",
}
KEPT = {
    **{
        name: {"public", "max-age=300", "stale-while-revalidate=86400"}
        for name in ("guides", "guide", "privacy")
    },
    "screen of the field": {"no-cache"},
    "worker": {"no-cache"},
    "worker of the guides": {"no-cache"},
    "manifest": {"no-cache"},
    "manifest of the guides": {"no-cache"},
}
"""What a browser may keep, and how; everything else: nothing."""


@pytest.fixture
def database_url(sqlite_url):
    """Headers do not depend on the engine."""
    return sqlite_url


def directives(policy: str) -> dict[str, set[str]]:
    """A content security policy, read: directive → sources. A directive said twice counts only once, as for browsers."""
    found: dict[str, set[str]] = {}
    for part in filter(None, map(str.strip, policy.split(";"))):
        name, *sources = part.split()
        found.setdefault(name, set(sources))
    return found


def kept(answer) -> set[str]:
    return {word.strip() for word in answer.headers.get("cache-control", "").split(",")}


def is_guarded(answer) -> bool:
    assert directives(answer.headers["content-security-policy"]) == POLICY
    assert {name: answer.headers.get(name) for name in ALWAYS} == ALWAYS
    allowed = dict(part.strip().split("=", 1) for part in answer.headers["permissions-policy"].split(","))
    assert allowed == FEATURES
    assert len(answer.headers.get_list("content-security-policy")) == 1
    return True


@pytest.mark.parametrize("who", [None, MINH])
def test_every_kind_of_page_is_guarded_and_says_who_may_keep_it(signed_in, visitor, who):
    visitor = signed_in(who) if who else visitor
    said = {}
    for name, address in PAGES.items():
        answer = visitor.get(address, follow_redirects=False)
        assert is_guarded(answer), name
        if answer.status_code == 200:
            said[name] = kept(answer)

    assert said == {name: KEPT.get(name, {"no-store"}) for name in said}
    assert len(said) == (len(PAGES) - 5 if who else 11), "pages that should be there are not"


def test_assets_are_kept_for_ever_and_are_no_pages(visitor):
    address = Assets().address("js/today.js")
    said = visitor.get(address)

    assert kept(said) == {"public", f"max-age={A_YEAR}", "immutable"}
    assert (said.headers["x-content-type-options"], said.headers["cross-origin-resource-policy"]) == (
        "nosniff",
        "same-origin",
    )


def test_what_another_site_sends_is_refused_under_the_same_guard(visitor):
    refused = visitor.post("/vi/sign-in/demo", headers={"sec-fetch-site": "cross-site"})

    assert refused.status_code == 403 and is_guarded(refused) and kept(refused) == {"no-store"}


@pytest.mark.parametrize(("origin", "is_https"), [(ORIGIN, False), (HTTPS, True)])
def test_only_an_https_origin_asks_to_be_kept_to_https_and_its_cookies_too(
    sqlite_url, tmp_path, origin, is_https
):
    folders = {
        "keys_folder": str(tmp_path / "keys"),
        "media_folder": str(tmp_path / "media"),
        "asset_archive": str(tmp_path / "assets"),
    }
    shell = create_app(Settings(mode="demo", database_url=sqlite_url, origin=origin, **folders))
    with Visitor(shell, base_url=origin) as visitor:
        page = visitor.get("/vi/")
        entered = visitor.post_from_us(
            "/vi/sign-in/demo", data={"membership_id": str(LAN)}, follow_redirects=False
        )

    promised = page.headers.get("strict-transport-security", "")
    words = {word.strip() for word in promised.split(";")}
    assert words == ({f"max-age={A_YEAR}", "includeSubDomains"} if is_https else {""})
    cookies = SimpleCookie()
    for line in entered.headers.get_list("set-cookie"):
        cookies.load(line)
    before = "__Host-" if is_https else ""
    assert set(cookies) == {f"{before}session", "open_for"}
    for name, cookie in cookies.items():
        assert (cookie["path"], cookie["samesite"].lower(), bool(cookie["secure"])) == ("/", "lax", is_https)
        assert (bool(cookie["httponly"]), cookie["domain"]) == (name != "open_for", ""), name
    assert int(cookies[f"{before}session"]["max-age"]) == 30 * 24 * 3600


ELSEWHERE = "evil.example"


@pytest.mark.parametrize(
    "address", ["/", "/vi/team", "/q/XXXXXX", "/vi/households?next=https://evil.example", "/h/XXXXXXXX"]
)
def test_no_redirection_leads_elsewhere(visitor, address):
    """Whatever a request says of its host, and whatever stands behind the question mark."""
    for headers in ({}, {"host": ELSEWHERE}, {"x-forwarded-host": ELSEWHERE}):
        answer = visitor.get(address, headers=headers, follow_redirects=False)
        place = answer.headers.get("location", "/")

        assert place.startswith("/") and not place.startswith(("//", "/\\")), (address, place)


def test_no_other_site_may_read_an_answer(signed_in):
    visitor = signed_in(MINH)
    asked = {"origin": f"https://{ELSEWHERE}", "access-control-request-method": "POST"}
    for address in PAGES.values():
        for method in ("GET", "OPTIONS"):
            answer = visitor.request(method, address, headers=asked, follow_redirects=False)
            assert [name for name in answer.headers if name.startswith("access-control")] == [], address


@pytest.mark.parametrize(
    "address",
    [
        "/.git/config", "/.env", "/docs", "/schema", "/openapi.json", "/api/v1/openapi.json", "/assets/", "/assets",
        "/static/", "/metrics", "/media/", "/media/voices/", "/pyproject.toml", "/volunteer_app/app.py", "/assets/../app.py",
    ],
)  # fmt: skip
def test_nothing_of_the_tree_and_of_the_inside_is_served(visitor, address):
    answer = visitor.get(address, follow_redirects=False)

    assert answer.status_code == 404 and "Traceback" not in answer.text
    assert visitor.request("TRACE", "/vi/sign-in", headers=FROM_US).status_code in (404, 405)


def test_a_parameter_said_twice_is_one_of_the_two(signed_in):
    """And never both at once, or a fault."""
    visitor = signed_in(MINH)
    once = {
        code: visitor.get(f"/api/v1/figures/places/json?province=08&commune={code}")
        for code in ("00919", "02404")
    }
    twice = visitor.get("/api/v1/figures/places/json?province=08&commune=00919&commune=02404")

    assert twice.status_code in (400, once["00919"].status_code, once["02404"].status_code)
    assert twice.status_code != 200 or twice.content in [one.content for one in once.values()]
