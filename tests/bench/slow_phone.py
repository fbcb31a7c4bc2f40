"""A cheap phone on a slow line, as Chromium emulates them: 4 × slower, 400 kbit/s, 400 ms, nothing kept before."""

from dataclasses import dataclass, field
from typing import Any

from playwright.sync_api import BrowserContext, CDPSession, Page

SLOWER = 4
KBITS, LATENCY_MS = 400, 400
LINE = {
    "offline": False,
    "latency": LATENCY_MS,
    "downloadThroughput": KBITS * 125,
    "uploadThroughput": KBITS * 125,
}
HEAD = f"Chromium {SLOWER} × slower, {KBITS} kbit/s, {LATENCY_MS} ms; bytes as they go over the wire, with headers"


@dataclass
class Carried:
    """What went over the line since the page was asked for."""

    requests: int = 0
    bytes: int = 0
    began: float = 0
    painted: float = 0
    """Seconds on the browser's clock: the first request, and the first words on the screen."""
    came: list[tuple[float, int]] = field(default_factory=list)
    """When each answer was there, and its bytes."""

    @property
    def bytes_before_paint(self) -> int:
        """What was there before the first words were."""
        return sum(size for at, size in self.came if at <= self.painted)


def slowed(context: BrowserContext, page: Page) -> tuple[CDPSession, Carried]:
    """Make this page a slow phone's, and count what it fetches."""
    session = context.new_cdp_session(page)
    carried = Carried()

    def asked(event: Any) -> None:
        carried.requests += event["request"]["url"].startswith("http")
        carried.began = carried.began or event["timestamp"]

    def came(event: Any) -> None:
        carried.bytes += int(event["encodedDataLength"])
        carried.came.append((event["timestamp"], int(event["encodedDataLength"])))

    def lived(event: Any) -> None:
        if event["name"] == "firstContentfulPaint":
            carried.painted = event["timestamp"]

    session.on("Page.lifecycleEvent", lived)
    session.send("Page.enable")
    session.send("Page.setLifecycleEventsEnabled", {"enabled": True})
    session.on("Network.requestWillBeSent", asked)
    session.on("Network.loadingFinished", came)
    session.send("Network.enable")
    session.send("Network.emulateNetworkConditions", LINE)
    session.send("Emulation.setCPUThrottlingRate", {"rate": SLOWER})
    return session, carried
