"""A network as the hills have it, between a phone and the real server: slow, cut half way, captive, half deployed."""

import asyncio
import threading
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass

CHUNK = 512
RESETS = (ConnectionError, asyncio.IncompleteReadError, asyncio.LimitOverrunError)


@dataclass(frozen=True)
class Asked:
    """One request that reached the network."""

    method: str
    path: str
    head: bytes
    size: int

    @classmethod
    def read(cls, head: bytes) -> "Asked":
        """From a request's first lines."""
        first, *lines = head.decode("latin-1").split("\r\n")
        method, path, _ = first.split(" ")
        headers = dict(line.lower().split(": ", 1) for line in lines if ": " in line)
        return cls(method, path, head, int(headers.get("content-length", 0)))


@dataclass(frozen=True)
class Said:
    """An answer that the network gives in the server's place."""

    status: str
    body: bytes = b""
    headers: tuple[str, ...] = ("Content-Type: text/html",)

    @property
    def raw(self) -> bytes:
        """As it goes over the wire."""
        lines = [f"HTTP/1.1 {self.status}", *self.headers, f"Content-Length: {len(self.body)}"]
        return "\r\n".join([*lines, "Connection: close", "", ""]).encode() + self.body


class Network:
    """Listens on a port of its own and passes on what phones ask, as well as its present state lets it.

    Every attribute may be changed at any time; each request takes a connection of its own.
    """

    def __init__(self, server_port: int) -> None:
        self.server_port = server_port
        """Who answers; another port is another build of the server."""
        self.is_up = True
        self.delay = 0.0
        """Seconds before each answer begins."""
        self.bytes_per_second: float | None = None
        self.reset_every: int | None = None
        """One of so many requests is reset, beginning with the next: before it arrives or before its answer does, by
        turns."""
        self.resets = 0
        self._until_reset = 0
        self.longest_delivery: int | None = None
        """A connection that carries more bytes upward than this is cut."""
        self.instead: Callable[[Asked], Said | None] = lambda asked: None
        """An answer in the server's place (a captive portal, a fault), or None."""
        self.loses_answer: Callable[[Asked], bool] = lambda asked: False
        """The server gets and does it all, then the line is cut before its answer arrives."""
        self.asked: list[Asked] = []
        self._under_way: set[asyncio.Task] = set()
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, daemon=True)
        self._thread.start()
        listening = asyncio.start_server(self._connection, "127.0.0.1", 0)
        self._listener = asyncio.run_coroutine_threadsafe(listening, self._loop).result()
        self.origin = f"http://localhost:{self._listener.sockets[0].getsockname()[1]}"

    def restore(self) -> None:
        """A good network again."""
        self.is_up, self.delay = True, 0.0
        self.bytes_per_second = self.longest_delivery = self.reset_every = None
        self.instead, self.loses_answer = lambda asked: None, lambda asked: False

    def close(self) -> None:
        """Stop listening, drop every connection."""
        self.is_up = False
        asyncio.run_coroutine_threadsafe(self._end(), self._loop).result(timeout=10)
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(timeout=10)
        self._loop.close()

    async def _end(self) -> None:
        self._listener.close()
        await asyncio.sleep(0.01)  # what was being accepted becomes a task
        tasks = list(self._under_way)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    def paths(self) -> list[str]:
        """What was asked so far, in order."""
        return [asked.path for asked in self.asked]

    async def _connection(self, phone: asyncio.StreamReader, back: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        self._under_way.add(task)  # asyncio itself would forget it
        with suppress(asyncio.CancelledError):  # the test is over
            await self._serve(phone, back)
        self._under_way.discard(task)

    async def _serve(self, phone: asyncio.StreamReader, back: asyncio.StreamWriter) -> None:
        try:
            if self.is_up:
                asked = Asked.read(await phone.readuntil(b"\r\n\r\n"))
                if self.is_up:
                    self.asked.append(asked)
                    is_reset = self._is_reset()
                    if is_reset and self.resets % 2:
                        raise ConnectionResetError
                    await self._answer(asked, phone, back, is_lost=is_reset)
                    back.close()
                    return
        except RESETS:
            pass
        back.transport.abort()

    @property
    def is_busy(self) -> bool:
        """Is a request under way?"""
        return bool(self._under_way)

    def _is_reset(self) -> bool:
        if self.reset_every is None:
            self._until_reset = 0
            return False
        is_reset, self._until_reset = self._until_reset == 0, (self._until_reset + 1) % self.reset_every
        self.resets += is_reset
        return is_reset

    async def _answer(
        self, asked: Asked, phone: asyncio.StreamReader, back: asyncio.StreamWriter, *, is_lost: bool
    ) -> None:
        if said := self.instead(asked):
            await self._carry(phone, None, asked.size)
            back.write(said.raw)
            await back.drain()
            return
        answer, server = await asyncio.open_connection("127.0.0.1", self.server_port)
        try:
            server.write(
                asked.head[:-2].replace(b"Connection: keep-alive\r\n", b"") + b"Connection: close\r\n\r\n"
            )
            await self._carry(phone, server, asked.size)
            if is_lost or self.loses_answer(asked):
                await answer.read()
                raise ConnectionAbortedError
            await asyncio.sleep(self.delay)
            await self._carry(answer, back, None)
        finally:
            server.close()

    async def _carry(
        self, source: asyncio.StreamReader, target: asyncio.StreamWriter | None, size: int | None
    ) -> None:
        """Bytes from one side to the other, at the network's pace; `size` None: until the source has said all."""
        carried = 0
        while size is None or carried < size:
            most = CHUNK if self.bytes_per_second else 1 << 16
            part = await source.read(most if size is None else min(most, size - carried))
            if not part:
                return
            carried += len(part)
            if not self.is_up or (
                size is not None and self.longest_delivery and carried > self.longest_delivery
            ):
                raise ConnectionAbortedError
            if self.bytes_per_second:
                await asyncio.sleep(len(part) / self.bytes_per_second)
            if target is not None:
                target.write(part)
                await target.drain()
