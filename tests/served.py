"""The app as an operator runs it: `serve` in production, in a process of its own, with no proxy in front."""

import os
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx

from tests import leash
from tests.conftest import ROOT

ORIGIN = "https://localhost"
FROM_A_BROWSER = {"Host": "localhost", "Origin": ORIGIN, "Sec-Fetch-Site": "same-origin"}
OURS = FROM_A_BROWSER | {"X-Forwarded-For": "203.0.113.1"}
"""What a proxy passes on."""


class Served:
    """A running server: where it listens, and what it has written to its standard error."""

    def __init__(self, url: str, folder: Path, **settings: str) -> None:
        with socket.socket() as found:
            found.bind(("127.0.0.1", 0))
            self.port = found.getsockname()[1]
        self.log = folder / "server.log"
        self.words: tuple[str, ...] = ()
        self.settings = {
            name: value for name, value in os.environ.items() if name != "FORWARDED_ALLOW_IPS"
        } | {
            "MODE": "production",
            "DATABASE_URL": url,
            "ORIGIN": ORIGIN,
            "LISTEN_PORT": str(self.port),
            "KEYS_FOLDER": str(folder / "keys"),
            "ASSET_ARCHIVE": str(folder / "assets"),
            "MEDIA_FOLDER": str(folder / "media"),
            "REGISTER_FOLDER": str(folder / "register"),
            **settings,
        }

    def start(self) -> None:
        """Start, and wait until it answers."""
        command = [sys.executable, "-m", "volunteer_app", "serve", *self.words]
        with self.log.open("wb") as log:
            self.process = leash.start(command, env=self.settings, cwd=ROOT, stdout=log, stderr=log)
        leash.until_it_answers(self.process, self._answers, self.log.read_text)

    def _answers(self) -> bool:
        try:
            return self.get("/vi/sign-in", timeout=60).status_code == 200
        except httpx.HTTPError:
            return False

    def run(self, *words: str) -> subprocess.CompletedProcess[str]:
        """A command beside it, with its settings."""
        command = [sys.executable, "-m", "volunteer_app", *words]
        return subprocess.run(command, env=self.settings, cwd=ROOT, capture_output=True, text=True)

    def stop(self) -> None:
        """Stop it."""
        leash.end(self.process, patience=leash.LAST_BOUND)

    def request(self, method: str, path: str, *, token: str = "", timeout: float = 10, **more: Any):
        """One request as a browser sends it through the proxy; token: a session's."""
        headers = OURS | ({"Cookie": f"__Host-session={token}"} if token else {}) | more.pop("headers", {})
        return httpx.request(
            method, f"http://127.0.0.1:{self.port}{path}", headers=headers, timeout=timeout, **more
        )

    def get(self, path: str, **more: Any):
        """Look."""
        return self.request("GET", path, **more)

    def post(self, path: str, **more: Any):
        """Change something."""
        return self.request("POST", path, **more)

    def connection(self, sent: bytes) -> socket.socket:
        """A bare connection on which these bytes were sent."""
        opened = socket.create_connection(("127.0.0.1", self.port), timeout=60)
        opened.sendall(sent)
        return opened


@contextmanager
def serving(url: str, folder: Path, **settings: str) -> Iterator[Served]:
    """A server that runs inside."""
    served = Served(url, folder, **settings)
    served.start()
    try:
        yield served
    finally:
        served.stop()
