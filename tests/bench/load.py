"""A closed-loop generator: keep-alive connections, requests made beforehand, each answer read whole and checked."""

import asyncio
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
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
    reader: asyncio.StreamReader, writer: asyncio.StreamWriter, request: bytes, wanted: bytes
) -> int:
    writer.write(request)
    head = await reader.readuntil(b"\r\n\r\n")
    size = int(head.lower().split(b"content-length:", 1)[1].split(b"\r\n", 1)[0])
    body = await reader.readexactly(size)
    assert head.startswith(b"HTTP/1.1 200") and wanted in body, head + body[:300]
    return len(head) + size


async def _connection(
    port: int, requests: Iterator[bytes], wanted: bytes, times: list[float], down: list[int]
) -> None:
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    for request in requests:
        begun = time.perf_counter()
        down.append(await _one(reader, writer, request, wanted))
        times.append((time.perf_counter() - begun) * 1000)
    writer.close()
    await writer.wait_closed()


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
    times: list[float] = []
    down: list[int] = []
    left = iter(requests)

    async def all_connections() -> None:
        await asyncio.gather(*(_connection(port, left, wanted, times, down) for _ in range(connections)))

    cpu, begun = cpu_used(), time.perf_counter()
    asyncio.run(all_connections())
    seconds, used = time.perf_counter() - begun, cpu_used() - cpu
    count = len(requests)
    return Figures(
        count / seconds,
        percentile(times, 0.5),
        percentile(times, 0.95),
        percentile(times, 0.99),
        used * 1000 / count,
        sum(map(len, requests)) / count,
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
