"""A closed-loop generator: keep-alive connections, requests made beforehand, each answer read whole and checked."""

import asyncio
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType

from tests.bench.measured import percentile


@dataclass(frozen=True)
class Figures:
    """What a round of requests showed. Times in milliseconds."""

    per_second: float
    p50: float
    p95: float
    p99: float
    cpu_ms: float
    bytes_up: float
    bytes_down: float

    def each(self, things: int) -> "Figures":
        """The same, counted by the things that one request carries; times stay those of a request."""
        return Figures(
            self.per_second * things,
            self.p50,
            self.p95,
            self.p99,
            self.cpu_ms / things,
            self.bytes_up / things,
            self.bytes_down / things,
        )


async def _one(
    reader: asyncio.StreamReader, writer: asyncio.StreamWriter, request: bytes, wanted: bytes, count: int
) -> int:
    writer.write(request)
    head = await reader.readuntil(b"\r\n\r\n")
    size = int(head.lower().split(b"content-length:", 1)[1].split(b"\r\n", 1)[0])
    body = await reader.readexactly(size)
    assert head.startswith(b"HTTP/1.1 200") and body.count(wanted) >= count, head + body[:3000]
    return len(head) + size


async def _connection(
    port: int, requests: Iterator[bytes], wanted: bytes, count: int, times: list[float], down: list[int]
) -> None:
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    for request in requests:
        begun = time.perf_counter()
        down.append(await _one(reader, writer, request, wanted, count))
        times.append((time.perf_counter() - begun) * 1000)
    writer.close()
    await writer.wait_closed()


async def _looks(port: int, page: bytes, times: list[float]) -> None:
    """Look at a page again and again, until nobody wants to know any more."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    try:
        while True:
            begun = time.perf_counter()
            await _one(reader, writer, page, b"", 0)
            times.append((time.perf_counter() - begun) * 1000)
            await asyncio.sleep(0.02)
    finally:
        writer.close()


def run(
    port: int,
    cpu_used: Callable[[], float],
    requests: Sequence[bytes],
    *,
    connections: int,
    wanted: bytes,
) -> Figures:
    """Send all requests over so many connections at once; each answer must be 200 and contain `wanted`.

    cpu_used: seconds of CPU that the other side has used so far.
    """
    left = iter(requests)
    return run_lanes(port, cpu_used, [left] * connections, wanted=wanted)


def run_lanes(
    port: int,
    cpu_used: Callable[[], float],
    lanes: Sequence[Iterable[bytes]],
    *,
    wanted: bytes,
    in_each: int = 1,
    page: bytes = b"",
    looked: list[float] | None = None,
) -> Figures:
    """The same with a connection for each lane, whose requests go in their order. in_each: how often an answer says
    `wanted` at least. page: a request that is asked again and again meanwhile, its times in `looked`."""
    times: list[float] = []
    down: list[int] = []
    seconds = 0.0
    sizes: list[int] = []

    def counted(requests: Iterable[bytes]) -> Iterator[bytes]:
        for request in requests:
            sizes.append(len(request))
            yield request

    async def all_connections() -> None:
        nonlocal seconds
        reader = asyncio.create_task(_looks(port, page, [] if looked is None else looked)) if page else None
        begun = time.perf_counter()
        await asyncio.gather(
            *(_connection(port, counted(lane), wanted, in_each, times, down) for lane in lanes)
        )
        seconds = time.perf_counter() - begun
        if reader:
            reader.cancel()
            await asyncio.gather(reader, return_exceptions=True)

    cpu = cpu_used()
    asyncio.run(all_connections())
    used, count = cpu_used() - cpu, len(times)
    return Figures(
        count / seconds,
        percentile(times, 0.5),
        percentile(times, 0.95),
        percentile(times, 0.99),
        used * 1000 / count,
        sum(sizes) / count,
        sum(down) / count,
    )


def post(
    path: str, port: int, cookie: str, body: bytes, headers: Mapping[str, str] = MappingProxyType({})
) -> bytes:
    """A POST as our own page sends it."""
    lines = [
        f"POST {path} HTTP/1.1",
        f"Host: localhost:{port}",
        "Content-Type: application/json",
        "Sec-Fetch-Site: same-origin",
        "Accept-Language: vi",
        f"Cookie: {cookie}",
        f"Content-Length: {len(body)}",
        *(f"{name}: {value}" for name, value in headers.items()),
    ]
    return "\r\n".join([*lines, "", ""]).encode() + body


def get(path: str, port: int, cookie: str) -> bytes:
    """A page as our own app asks for it."""
    lines = [f"GET {path} HTTP/1.1", f"Host: localhost:{port}", "Accept-Language: vi", f"Cookie: {cookie}"]
    return "\r\n".join([*lines, "", ""]).encode()
