"""From which address a request comes when a proxy stands in front: only proxies named in `TRUSTED_PROXIES` are believed
when they say it (`X-Forwarded-For`).

An address decides how long a wrong code's answer waits (`limits.py`), nothing else. But where every phone seems to be
the proxy, all wait for one who guesses; so production says in plain words when addresses cannot be right.
"""

import logging
import time
from ipaddress import ip_address, ip_network
from typing import Any
from urllib.parse import urlsplit

from uvicorn.middleware.proxy_headers import ProxyHeadersMiddleware

from volunteer_app.settings import Settings, trusted_in

log = logging.getLogger(__name__)

SAID_AGAIN_AFTER = 3600.0
"""Seconds. What is wrong is wrong with every request."""

NOT_NAMED = (
    "the proxy at %s does not say whose requests it passes on, so everybody counts as one address: let it send "
    "X-Forwarded-For (nginx: proxy_set_header X-Forwarded-For $proxy_add_x_forwarded_for)"
)
NOT_TRUSTED = (
    "%s says whose requests it passes on, and is not believed: if it is your proxy, name it in TRUSTED_PROXIES; if "
    "not, let only your proxy reach this server"
)
ONLY_PROXIES = (
    "X-Forwarded-For names only proxies (%s), so everybody counts as one address: the first proxy must add the address "
    "of whoever called, and TRUSTED_PROXIES must name proxies only"
)
NO_PROXY_THERE = (
    "the server listens on %s for other machines, and TRUSTED_PROXIES names none of them: a proxy on another machine "
    "is not believed, and everybody behind it counts as one address"
)


class Addresses:
    """Around the application: puts the address of whoever called in the place of the proxy's."""

    def __init__(self, app: Any, settings: Settings) -> None:
        self.app = ProxyHeadersMiddleware(app, trusted_hosts=list(trusted_in(settings.trusted_proxies)))
        self._host = urlsplit(settings.origin).netloc.encode()
        self._looks = settings.mode == "production" and settings.is_https
        self._said: dict[str, float] = {}

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        """One request."""
        if scope["type"] == "http" and self._looks and (problem := self._problem_with(scope)):
            self._say(*problem)
        await self.app(scope, receive, send)

    def _problem_with(self, scope: Any) -> tuple[str, str] | None:
        """Why the address of this request cannot be right, with the address that shows it. Who asks the server itself,
        by another name than the public one, is no phone."""
        headers = scope["headers"]
        peer = scope["client"][0] if scope["client"] else ""
        if (b"host", self._host) not in headers:
            return None
        named = b", ".join(value for name, value in headers if name == b"x-forwarded-for").decode("latin-1")
        if peer not in self.app.trusted_hosts:
            return (NOT_TRUSTED, peer) if named else None
        if not named:
            return NOT_NAMED, peer
        caller, _ = self.app.trusted_hosts.get_trusted_client_address(named)
        return (ONLY_PROXIES, caller) if caller in self.app.trusted_hosts else None

    def _say(self, problem: str, address: str) -> None:
        now = time.monotonic()
        if now - self._said.get(problem, -SAID_AGAIN_AFTER) >= SAID_AGAIN_AFTER:
            self._said[problem] = now
            log.warning("addresses.wrong why=%s", problem % address[:45])


def problems_at_start(settings: Settings) -> list[str]:
    """What can be seen before the first request comes: sentences for whoever runs the server."""
    if settings.mode != "production" or not settings.is_https or _is_this_machine(settings.listen_host):
        return []
    elsewhere = [part for part in trusted_in(settings.trusted_proxies) if not ip_network(part).is_loopback]
    return [] if elsewhere else [NO_PROXY_THERE % settings.listen_host]


def _is_this_machine(host: str) -> bool:
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"
