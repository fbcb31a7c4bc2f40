"""How public pages are answered: the same for everybody, so browsers may keep them; made once, marked by content."""

from dataclasses import dataclass
from hashlib import blake2b
from typing import Any, cast

import brotli
from jinja2 import Environment
from litestar import Request, Response
from litestar.plugins.jinja import JinjaTemplateEngine

FRESH_FOR = "public, max-age=300, stale-while-revalidate=86400"
NEVER_KEPT = "no-store"
FOR_EVER = "public, max-age=31536000, immutable"
"""For an address that names its content."""
MOST_REMEMBERED = 200
PUBLIC_PATHS = (
    "^/huong-dan",
    "^/the/",
    "^/tu-phuc-vu",
    "^/duong-day-nong",
    "^/quyen-rieng-tu",
    "^/yeu-cau-tham",
    "^/huy-hieu/",
)
"""Addresses (without language) that are answered here, compressed already."""

SMALL, QUICK = 11, 5
"""How hard brotli works: for pages that are remembered (made once a day, 80 ms for 3 % less), and for others."""


@dataclass(frozen=True)
class MadePage:
    """A page as it is sent. mark: its ETag."""

    html: bytes
    compressed: bytes
    mark: str


class PublicPages:
    """Pages that say the same to everybody on one day, made once."""

    def __init__(self) -> None:
        self._made: dict[tuple[object, ...], MadePage] = {}

    def page(
        self, request: Request, template: str, context: dict[str, Any], *, same_for: tuple[object, ...] = ()
    ) -> MadePage:
        """The page of this template. same_for: all that it depends on; empty: make it for this request only."""
        made = self._made.get((template, *same_for)) if same_for else None
        if made is None:
            html = _environment(request).get_template(template).render(context).encode()
            packed = brotli.compress(html, quality=SMALL if same_for else QUICK)
            made = MadePage(html, packed, blake2b(html, digest_size=8).hexdigest())
            if same_for:
                if len(self._made) >= MOST_REMEMBERED:
                    self._made.clear()
                self._made[(template, *same_for)] = made
        return made


def public_answer(
    request: Request, page: MadePage, *, status_code: int = 200, keep: str = FRESH_FOR
) -> Response[bytes]:
    """The page, or 304 to a browser that has it."""
    headers = {"cache-control": keep, "vary": "accept-encoding"}
    if status_code == 200 and keep != NEVER_KEPT:
        headers["etag"] = f'"{page.mark}"'
        if request.headers.get("if-none-match") == headers["etag"]:
            return Response(b"", status_code=304, headers=headers, media_type="text/html")
    if "br" in request.headers.get("accept-encoding", ""):
        headers["content-encoding"] = "br"
        return Response(page.compressed, status_code=status_code, headers=headers, media_type="text/html")
    return Response(page.html, status_code=status_code, headers=headers, media_type="text/html")


def _environment(request: Request) -> Environment:
    return cast(JinjaTemplateEngine, request.app.template_engine).engine
