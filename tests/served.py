"""The app as an operator runs it: `serve` in production, in a process of its own, with no proxy in front."""

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx

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
            self.process = subprocess.Popen(command, env=self.settings, cwd=ROOT, stdout=log, stderr=log)
        for _ in range(600):
            try:
                if self.get("/vi/sign-in").status_code == 200:
                    return
            except httpx.HTTPError:
                assert self.process.poll() is None, self.log.read_text()
                time.sleep(0.1)
        raise AssertionError(f"the server does not answer:\n{self.log.read_text()}")

    def run(self, *words: str) -> subprocess.CompletedProcess[str]:
        """A command beside it, with its settings."""
        command = [sys.executable, "-m", "volunteer_app", *words]
        return subprocess.run(command, env=self.settings, cwd=ROOT, capture_output=True, text=True)

    def stop(self) -> None:
        """Stop it."""
        self.process.send_signal(signal.SIGTERM)
        try:
            self.process.wait(timeout=30)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()

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
