"""A session that ended while somebody wrote: nothing typed is lost, and one comes back to where one was.

A form that nobody is signed in for is answered with what it said, to be filled in again (`static/js/desk.js`) or sent
again; a fragment (htmx) is never answered with a page.
"""

import re
from typing import Any
from urllib.parse import parse_qsl, quote, urlsplit

from litestar import Request, Response
from litestar.response import Redirect, Template
from litestar.status_codes import HTTP_401_UNAUTHORIZED

from volunteer_app.bodies import BODY_OF
from volunteer_app.dependencies import OPEN_FOR
from volunteer_app.i18n import LANGUAGES, language_now
from volunteer_app.shell import prefixed

WAY = re.compile(rf"/(?:{'|'.join(LANGUAGES)})/[!-\[\]-~]*")
"""An address of ours: nothing before its language, no backslash, no white space."""

NEVER_HANDED_BACK = frozenset({"pin", "again"})
"""Fields that open something (a PIN, twice): they are typed anew."""


def way_back(text: str) -> str:
    """The address of ours that this text says, or an empty text: nobody is led to another site."""
    return text if len(text) <= 500 and WAY.fullmatch(text) and not text.startswith(SIGN_IN) else ""


SIGN_IN = tuple(f"/{language}/sign-in" for language in LANGUAGES)


def was_here(request: Request[Any, Any, Any], person_id: object) -> bool:
    """Did this person use the browser last? Somebody else is not led to where the one before them was."""
    return request.cookies.get(OPEN_FOR, "").partition(".")[0] == str(person_id)


def ask_to_sign_in(request: Request[Any, Any, Any]) -> Response[Any]:
    """Nobody is signed in: the way to the sign-in page and back; a form with what it said; a fragment with nothing."""
    if request.headers.get("hx-request"):
        return Response(b"", status_code=HTTP_401_UNAUTHORIZED, media_type="text/html")
    here = prefixed(language_now.get(), request.scope["path"])
    if request.method == "GET":
        query = request.scope["query_string"].decode("latin-1")
        return Redirect(sign_in_address(here + (f"?{query}" if query else "")), status_code=303)
    back = form_page(request)
    sent = fields_sent(request)
    said = [(name, value) for name, value in sent if name not in NEVER_HANDED_BACK]
    if sent and not said:
        return Redirect(sign_in_address(back), status_code=303)
    context = {
        "me": None,
        "path": "/sign-in",
        "sent_to": here,
        "said": said,
        "words": [value for _, value in said if " " in value.strip()],
        "back": back,
        "sign_in": sign_in_address(back),
        "is_whole": not request.headers.get("content-type", "").startswith("multipart/"),
    }
    return Template("sign_in/again.html", context=context, status_code=HTTP_401_UNAUTHORIZED)


def form_page(request: Request[Any, Any, Any]) -> str:
    """The page on which a form was sent; an empty text for what is no form, or from elsewhere."""
    if request.method == "GET":
        return ""
    page = urlsplit(request.headers.get("referer", ""))
    return way_back(page.path + (f"?{page.query}" if page.query else ""))


def fields_sent(request: Request[Any, Any, Any]) -> list[tuple[str, str]]:
    """Fields and values of the form that was sent."""
    if not request.headers.get("content-type", "").startswith("application/x-www-form-urlencoded"):
        return []
    body: bytes = request.scope.get("state", {}).get(BODY_OF) or b""
    return parse_qsl(body.decode("utf-8", "replace"), keep_blank_values=True)


def sign_in_address(back: str) -> str:
    """The sign-in page, which leads back there."""
    return prefixed(language_now.get(), "/sign-in") + (f"?back={quote(back, safe='/')}" if back else "")
