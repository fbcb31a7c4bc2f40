"""Bodies of requests are read whole before anybody looks at them: with a limit on their size and on their time.

Who sends half a body and waits, waits alone: no handler has begun, no transaction is open. The limit on size is that of
the route (`request_max_body_size`).
"""

import asyncio
import math
from typing import Any

from litestar.exceptions import HTTPException
from litestar.exceptions.http_exceptions import RequestEntityTooLarge

LARGEST_FORM_BYTES = 256 * 1024
"""What a route takes that says nothing else: forms are small."""

FIRST_SECONDS = 20.0
"""How long a body may take from the moment at which its headers have come …"""

SLOWEST_BYTES_A_SECOND = 1000
"""… and longer for what has arrived: a phone at the edge of the network sends a delivery for minutes."""

BODY_OF = "whole_body"
"""Where a request's state holds its body: a form that is refused for want of a session is handed back filled."""

CLOSE = {"connection": "close"}
"""What is left of a refused body is not waited for."""


class TooSlow(HTTPException):
    """The body did not come in time, or not at all."""

    status_code = 408


def whole_bodies(app: Any) -> Any:
    """Around every route: it begins when its request has arrived."""

    async def read_first(scope: Any, receive: Any, send: Any) -> None:
        if scope["type"] != "http" or scope["method"] in ("GET", "HEAD", "OPTIONS"):
            await app(scope, receive, send)
            return
        most = scope["route_handler"].resolve_request_max_body_size() or math.inf
        body: bytes | None = await whole_body(scope, receive, most)
        scope.setdefault("state", {})[BODY_OF] = body

        async def receive_again() -> Any:
            nonlocal body
            if body is None:
                return await receive()
            message, body = {"type": "http.request", "body": body, "more_body": False}, None
            return message

        await app(scope, receive_again, send)

    return read_first


async def whole_body(scope: Any, receive: Any, most: float) -> bytes:
    """The body of a request. Raises RequestEntityTooLarge or TooSlow."""
    announced = next((value for name, value in scope["headers"] if name == b"content-length"), b"0")
    if announced.isdigit() and int(announced[:20]) > most:
        raise RequestEntityTooLarge(headers=CLOSE)
    parts: list[bytes] = []
    arrived, ends = 0, asyncio.get_running_loop().time() + FIRST_SECONDS
    try:
        while True:
            async with asyncio.timeout_at(ends + arrived / SLOWEST_BYTES_A_SECOND):
                message = await receive()
            if message["type"] != "http.request":
                raise TooSlow("the sender went away", headers=CLOSE)
            parts.append(message.get("body", b""))
            arrived += len(parts[-1])
            if arrived > most:
                raise RequestEntityTooLarge(headers=CLOSE)
            if not message.get("more_body", False):
                return b"".join(parts)
    except TimeoutError as error:
        raise TooSlow("the request did not arrive in time", headers=CLOSE) from error
