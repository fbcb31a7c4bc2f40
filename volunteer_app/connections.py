"""How long a connection may keep the server waiting: for the head of a request, and to take an answer.

uvicorn waits for both without an end. A proxy in front has limits of its own; these hold without one. How long a body
may take: `bodies.py`.
"""

import asyncio
from typing import Any

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

HEAD_SECONDS = 10.0
"""From the first moment of a connection, or the first byte after an answer, to the end of the request's headers."""

LARGEST_HEAD_BYTES = 64 * 1024

STALLED_SECONDS = 60.0
"""How long somebody may leave an answer lying."""

MOST_CONNECTIONS = 800
"""At once; over it one is asked to come back (503). Most systems allow a process 1,024 open files."""


class Impatient(HttpToolsProtocol):
    """A connection that is closed when its other end lets it wait."""

    _head: asyncio.TimerHandle | None = None
    _answer: asyncio.TimerHandle | None = None
    _head_bytes = 0

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """Somebody called."""
        super().connection_made(transport)
        self._wait_for_a_head()

    def data_received(self, data: bytes) -> None:
        """Some bytes."""
        if self.cycle is None or self.cycle.response_complete:
            self._wait_for_a_head()
        super().data_received(data)
        if self._head is not None:
            self._head_bytes += len(data)
            if self._head_bytes > LARGEST_HEAD_BYTES:
                self.transport.abort()

    def on_headers_complete(self) -> None:
        """The head of a request is here."""
        self._forget_timers()
        super().on_headers_complete()

    def pause_writing(self) -> None:
        """The other end does not take what it is sent."""
        super().pause_writing()
        self._answer = self._answer or self.loop.call_later(STALLED_SECONDS, self.transport.abort)

    def resume_writing(self) -> None:
        """It goes on."""
        super().resume_writing()
        if self._answer is not None:
            self._answer.cancel()
            self._answer = None

    def connection_lost(self, exc: Exception | None) -> None:
        """It is over."""
        self._forget_timers()
        super().connection_lost(exc)
        if self._answer is not None:
            self._answer.cancel()

    def _wait_for_a_head(self) -> None:
        if self._head is None:
            self._head_bytes = 0
            self._head = self.loop.call_later(HEAD_SECONDS, self.transport.abort)

    def _forget_timers(self) -> None:
        if self._head is not None:
            self._head.cancel()
            self._head = None


LIMITS: dict[str, Any] = {
    "http": Impatient,
    "limit_concurrency": MOST_CONNECTIONS,
    "timeout_keep_alive": 5,
    "ws": "none",
}
"""What `serve` tells uvicorn."""
