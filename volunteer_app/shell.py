"""What wraps every answer: the language in the address, the same-origin check, safe headers, HEAD.

Pure ASGI, around the whole application, so that error pages have it too.
"""

from collections import Counter
from collections.abc import Awaitable, Callable
from typing import Any

from volunteer_app.i18n import DEFAULT_LANGUAGE, LANGUAGES, language_now
from volunteer_app.log_lines import new_request, request_now

HEADERS = {
    "content-security-policy": (
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data: blob:; "
        "media-src 'self' blob:; connect-src 'self'; worker-src 'self'; manifest-src 'self'; "
        "form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
    ),
    "x-content-type-options": "nosniff",
    "referrer-policy": "same-origin",
    "cross-origin-opener-policy": "same-origin",
    "cross-origin-resource-policy": "same-origin",
    "permissions-policy": "camera=(), geolocation=(), microphone=(self)",
}
FOR_ASSETS = ("x-content-type-options", "cross-origin-resource-policy")
"""What a file that is no page needs of them; the rest would cost each of a screen's files half a kilobyte."""

HSTS = "max-age=31536000; includeSubDomains"
SAFE_METHODS = ("GET", "HEAD", "OPTIONS")


class Shell:
    """Wraps the Litestar application."""

    def __init__(
        self,
        app: Any,
        *,
        origin: str,
        health: Callable[[str], Awaitable[tuple[int, bytes] | None]] | None = None,
        answers: Counter[str] | None = None,
    ) -> None:
        self.app = app
        self.health = health
        self.answers = Counter[str]() if answers is None else answers
        """How many answers of each class of status this process has given."""
        self.origin = origin
        always = HEADERS | ({"strict-transport-security": HSTS} if origin.startswith("https://") else {})
        self.headers = [(k.encode(), v.encode()) for k, v in always.items()]
        self.asset_headers = [(k.encode(), HEADERS[k].encode()) for k in FOR_ASSETS]

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        """Answer one request."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        headers = dict(scope["headers"])
        language, path = language_and_path(
            scope["path"], headers.get(b"accept-language", b"").decode("latin-1")
        )
        method = scope["method"]
        is_head = method == "HEAD"
        always = self.asset_headers if path.startswith("/assets/") else self.headers
        scope = scope | {"path": path, "raw_path": path.encode(), "method": "GET" if is_head else method}

        async def send_with_headers(message: Any) -> None:
            if message["type"] == "http.response.start":
                self.answers[f"{message['status'] // 100}xx"] += 1
                there = {name.lower() for name, _ in message["headers"]}
                extra = [(name, value) for name, value in always if name not in there]
                if b"cache-control" not in there:  # errors and redirections, too
                    extra.append((b"cache-control", b"no-store"))
                message = message | {"headers": [*message["headers"], *extra]}
            elif is_head and message["type"] == "http.response.body":
                message = message | {"body": b""}
            await send(message)

        if method not in SAFE_METHODS and not comes_from_us(headers, self.origin):
            await _refuse(send_with_headers)
            return
        if self.health and (said := await self.health(scope["path"])):
            await _say(send_with_headers, *said)
            return
        tokens = language_now.set(language), request_now.set(new_request())
        try:
            await self.app(scope, receive, send_with_headers)
        finally:
            language_now.reset(tokens[0])
            request_now.reset(tokens[1])


def language_and_path(path: str, accepted: str) -> tuple[str, str]:
    """Split `/vi/coverage` into language and path. Without a prefix (API), the phone's Accept-Language decides."""
    first, _, rest = path[1:].partition("/")
    if first in LANGUAGES:
        return first, "/" + rest
    preferred = accepted[:2].lower()
    return (preferred if preferred in LANGUAGES else DEFAULT_LANGUAGE), path


def comes_from_us(headers: dict[bytes, bytes], origin: str) -> bool:
    """Was a changing request sent by our own pages or worker? Judged by what the browser says, not by a token:
    a token inside a kept page would be stale by evening."""
    site = headers.get(b"sec-fetch-site")
    if site is not None:
        return site == b"same-origin"
    return headers.get(b"origin", b"").decode("latin-1") == origin


async def _refuse(send: Any) -> None:
    await _say(send, 403, b'{"detail":"cross-site request refused"}')


async def _say(send: Any, status: int, body: bytes) -> None:
    start: list[tuple[bytes, bytes]] = [
        (b"content-type", b"application/json"),
        (b"cache-control", b"no-store"),
    ]
    if status == 503:
        start.append((b"retry-after", b"15"))
    await send({"type": "http.response.start", "status": status, "headers": start})
    await send({"type": "http.response.body", "body": body})


def prefixed(language: str, path: str) -> str:
    """An address in a language: `/coverage` → `/vi/coverage`."""
    return f"/{language}{path}"
