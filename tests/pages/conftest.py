"""A strict visitor: every page it fetches must be a proper page."""

import asyncio
from collections.abc import Callable, Iterator
from copy import copy
from datetime import UTC, date, datetime, timedelta
from functools import cache
from html.parser import HTMLParser
from pathlib import Path
from typing import ClassVar
from uuid import UUID
from zlib import crc32

import httpx
import pytest
from litestar import Litestar
from litestar.datastructures import State
from litestar.testing import TestClient

from tests.conftest import opened
from tests.pages.counted import TODAY, Counted, count, two_communes
from tests.people import PROVINCE
from volunteer_app import app
from volunteer_app.domain.periods import BEGINNING, Span
from volunteer_app.settings import Settings
from volunteer_app.storage.sign_ins import SignInRow, hash_of

ORIGIN = "http://localhost"
FROM_US = {"sec-fetch-site": "same-origin"}


class _Facts(HTMLParser):
    """What must be true of every page."""

    def __init__(self) -> None:
        super().__init__()
        self.lang = ""
        self.h1 = self.title = 0
        self.inline: list[str] = []

    def handle_starttag(self, tag, attrs):
        named = dict(attrs)
        self.lang = named.get("lang") or self.lang if tag == "html" else self.lang
        self.h1 += tag == "h1"
        self.title += tag == "title"
        if (tag == "script" and "src" not in named) or tag == "style":
            self.inline.append(tag)
        self.inline += [name for name in named if name == "style" or name.startswith(("on", "hx-on"))]


class Visitor(TestClient):
    """A browser that signs in as somebody of `people.py` and looks twice at every page. media: where sound is kept."""

    media: Path
    settings: Settings

    def request(self, method, url, *args, **kwargs):
        """One request; a page in the answer must have one title, one heading, a language, nothing inline."""
        answer = super().request(method, url, *args, **kwargs)
        if "<html" in answer.text:
            facts = _Facts()
            facts.feed(answer.text)
            assert (facts.h1, facts.title >= 1, bool(facts.lang)) == (1, True, True), url
            assert facts.inline == [], url
        assert "content-security-policy" in answer.headers or "/assets/" in str(url), url
        assert answer.headers["x-content-type-options"] == "nosniff", url
        return answer

    def post_from_us(self, url: str, **kwargs):
        """A POST as our own page would send it."""
        return self.post(url, headers=FROM_US | kwargs.pop("headers", {}), **kwargs)


class _WithKeptRoutes(Litestar):
    """An application with a state and a lifespan of its own, and the routes of the first of its mode: they are the same,
    and reading all their signatures takes four fifths of a second."""

    first: ClassVar[dict[str, Litestar]] = {}

    def __init__(self, *words, state: State, **named) -> None:
        self.like = self.first.get(state.settings.mode)
        super().__init__(*words, state=state, **named)
        if self.like:
            self.routes = self.like.routes
            self.asgi_router = copy(self.like.asgi_router)
            self.asgi_router.app = self
            self.asgi_handler = self._create_asgi_handler()
            for plugin in self.plugins.receive_route:  # such as the one that describes them
                for route in self.routes:
                    plugin.receive_route(route)
        else:
            self.first[state.settings.mode] = self

    def register(self, value) -> None:
        """Nothing, where the routes are there already."""
        if not self.like:
            super().register(value)


@pytest.fixture(scope="session")
def app_for(tmp_path_factory: pytest.TempPathFactory) -> Callable:
    """An application for a database, made anew for each; only its routes are read once."""

    keys = str(tmp_path_factory.mktemp("keys"))

    def make(url: str, mode: str = "demo"):
        media = str(tmp_path_factory.mktemp("media"))
        folders = {"keys_folder": keys, "media_folder": media, "asset_archive": f"{keys}/assets"}
        with pytest.MonkeyPatch.context() as patched:
            patched.setattr(app, "Litestar", _WithKeptRoutes)
            return app.create_app(Settings(mode=mode, database_url=url, origin=ORIGIN, **folders))

    return make


@pytest.fixture
def visitor(app_for, database_url) -> Iterator[Visitor]:
    """Somebody who has not signed in."""
    served = app_for(database_url)
    with Visitor(served, base_url=ORIGIN) as client:
        client.media = served.app.state.media.folder
        client.settings = served.app.state.settings
        yield client


class Phone:
    """Another browser on the same server, with cookies of its own."""

    def __init__(self, visitor: Visitor) -> None:
        self._visitor = visitor
        self.cookies = httpx.Cookies()

    def request(self, method: str, url: str, **kwargs):
        """As `Visitor.request`, with this phone's cookies."""
        before = self._visitor.cookies
        self._visitor.cookies = self.cookies
        try:
            return self._visitor.request(method, url, **kwargs)
        finally:
            self.cookies, self._visitor.cookies = self._visitor.cookies, before

    def get(self, url: str, **kwargs):
        """Look."""
        return self.request("GET", url, **kwargs)

    def post_from_us(self, url: str, **kwargs):
        """A POST as our own page would send it."""
        return self.request("POST", url, headers=FROM_US | kwargs.pop("headers", {}), **kwargs)


@pytest.fixture
def another_phone(visitor) -> Callable[[], Phone]:
    """A phone that nobody has used: `another_phone()`."""
    return lambda: Phone(visitor)


@pytest.fixture
def signed_in(visitor, database_url) -> Callable[[UUID], Visitor]:
    """Sign the visitor in as somebody: `signed_in(LAN)`."""

    def sign_in(person_id: UUID) -> Visitor:
        token = f"token of {person_id}"
        asyncio.run(_sign_in(database_url, person_id, token))
        visitor.cookies.set("session", token)
        return visitor

    return sign_in


async def _sign_in(url: str, person_id: UUID, token: str) -> None:
    now = datetime.now(UTC)
    async with opened(url) as database, database.writing() as db:
        await db.merge(
            SignInRow(
                token_hash=hash_of(token),
                province_code=PROVINCE,
                person_id=person_id,
                membership_id=person_id,
                created_at=now,
                expires_at=now + timedelta(days=1),
            )
        )


@pytest.fixture
def counted(database_url, request) -> Callable[..., Counted]:
    """Two communes with a random history, another one for each test and engine; what plain SQL counts:
    `counted(Span.MONTH)`."""
    seed = crc32(request.node.name.encode()) % 10**6

    async def ask(work):
        async with opened(database_url) as database:
            return await work(database)

    asyncio.run(ask(lambda database: two_communes(database, seed)))

    @cache
    def in_span(span: Span, day: date = TODAY, since: date = BEGINNING) -> Counted:
        return asyncio.run(ask(lambda database: count(database, span, day, since)))

    return in_span
