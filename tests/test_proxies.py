"""Behind a proxy: whose address is whose, and what the running server says when addresses cannot be right."""

import asyncio
import shutil
import subprocess
import time
from contextlib import contextmanager

import httpx
import pytest

from tests import leash
from tests.served import FROM_A_BROWSER, serving
from volunteer_app import proxies
from volunteer_app.limits import FREE_TRIES
from volunteer_app.settings import Settings, trusted_in

NGINX = """
daemon off; pid {folder}/pid; error_log {folder}/error.log; events {{ }}
http {{
  access_log off;
  {temporary}
  server {{
    listen 127.0.0.1:{port};
    location / {{ proxy_pass http://127.0.0.1:{server}; proxy_set_header Host $host; {header} }}
  }}
}}
"""
NAMES_WHO_CALLED = "proxy_set_header X-Forwarded-For $proxy_add_x_forwarded_for;"
"""As docs/operating.md says."""


@contextmanager
def nginx(folder, served, header: str, port: int):
    folder.mkdir()
    kinds = ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")
    temporary = " ".join(f"{kind}_temp_path {folder}/{kind};" for kind in kinds)
    conf = NGINX.format(folder=folder, temporary=temporary, port=port, server=served.port, header=header)
    (folder / "nginx.conf").write_text(conf)
    running = leash.start(
        ["nginx", "-c", str(folder / "nginx.conf"), "-e", str(folder / "error.log")],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        leash.until_it_answers(running, lambda: _answers(port))
        yield
    finally:
        leash.end(running)


def _answers(port: int) -> bool:
    try:
        with httpx.Client(transport=httpx.HTTPTransport(local_address="127.0.0.9"), timeout=60) as watchman:
            watchman.get(f"http://127.0.0.1:{port}/vi/sign-in", headers=FROM_A_BROWSER)
    except httpx.HTTPError:
        return False
    return True


def seconds_of_a_wrong_code(port: int, caller: str, **headers: str) -> float:
    """How long somebody at this address waits for the answer to a wrong code."""
    with httpx.Client(
        transport=httpx.HTTPTransport(local_address=caller), headers=FROM_A_BROWSER | headers
    ) as phone:
        began = time.monotonic()
        answer = phone.post(
            f"http://127.0.0.1:{port}/vi/join", data={"name": "Kẻ lạ", "code": "ABCDEFGH"}, timeout=60
        )
    assert answer.status_code == 422
    return time.monotonic() - began


@pytest.mark.skipif(not shutil.which("nginx"), reason="nginx is not installed")
@pytest.mark.parametrize("names_who_called", [True, False])
def test_a7_behind_a_proxy_one_who_guesses_slows_nobody_else(sqlite_url, tmp_path, names_who_called):
    """The attack, in the running program behind nginx. Off: everybody is the proxy, and the server says so, once."""
    port = _free_port()
    header = NAMES_WHO_CALLED if names_who_called else ""
    with serving(sqlite_url, tmp_path) as served, nginx(tmp_path / "nginx", served, header, port):
        for _ in range(FREE_TRIES + 2):
            seconds_of_a_wrong_code(port, "127.0.0.2")
        guesser = seconds_of_a_wrong_code(port, "127.0.0.2")
        somebody_else = seconds_of_a_wrong_code(port, "127.0.0.3")
        said = served.log.read_text()

    assert guesser >= 3.5
    assert (somebody_else < guesser) is names_who_called
    assert said.count("addresses.wrong") == (0 if names_who_called else 1), said
    assert names_who_called or "X-Forwarded-For" in said


def test_a7_a_stranger_does_not_choose_an_address(sqlite_url, tmp_path):
    """Only proxies that the setting names are believed; a header from anybody else changes nothing and is told of."""
    with serving(sqlite_url, tmp_path, TRUSTED_PROXIES="10.0.0.5") as served:
        waited = [
            seconds_of_a_wrong_code(served.port, "127.0.0.1", **{"X-Forwarded-For": f"203.0.113.{i}"})
            for i in range(FREE_TRIES + 3)
        ]
        said = served.log.read_text()

    assert waited[-1] >= 3.5
    assert said.count("addresses.wrong") == 1 and "TRUSTED_PROXIES" in said and "127.0.0.1" in said


def _free_port() -> int:
    import socket

    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        return found.getsockname()[1]


HTTPS = Settings(origin="https://tungnha.example", trusted_proxies="10.0.0.5,10.1.0.0/24")
HOST = (b"host", b"tungnha.example")


@pytest.mark.parametrize(
    ("peer", "forwarded", "address", "problem"),
    [
        ("10.0.0.5", "203.0.113.7", "203.0.113.7", None),
        (
            "10.0.0.5",
            "6.6.6.6, 203.0.113.7",
            "203.0.113.7",
            None,
        ),  # what a stranger wrote before is passed over
        ("10.0.0.5", "203.0.113.7, 10.1.0.9", "203.0.113.7", None),
        ("10.0.0.5", "2001:db8::7", "2001:db8::7", None),
        ("10.0.0.5", "", "10.0.0.5", proxies.NOT_NAMED),
        ("10.0.0.5", "10.1.0.9", "10.1.0.9", proxies.ONLY_PROXIES),
        ("127.0.0.1", "203.0.113.7", "127.0.0.1", proxies.NOT_TRUSTED),
        ("203.0.113.9", "127.0.0.1", "203.0.113.9", proxies.NOT_TRUSTED),
        ("203.0.113.9", "", "203.0.113.9", None),
    ],
)
def test_a7_whose_address_it_is_and_when_it_cannot_be_right(caplog, peer, forwarded, address, problem):
    seen = []

    async def app(scope, _receive, _send):
        seen.append(scope["client"][0])

    addresses = proxies.Addresses(app, HTTPS)
    headers = [HOST] + ([(b"x-forwarded-for", forwarded.encode())] if forwarded else [])
    for _ in range(3):
        scope = {"type": "http", "client": (peer, 1), "headers": headers}
        asyncio.run(addresses(scope, None, None))

    assert seen == [address] * 3
    assert [one.message.partition(" why=")[2][:30] for one in caplog.records] == (
        [(problem % peer)[:30]] if problem else []
    )


def test_a7_who_asks_the_server_by_another_name_is_no_phone(caplog):
    """A watchman on the same machine needs no proxy."""
    scope = {"type": "http", "client": ("10.0.0.5", 1), "headers": [(b"host", b"127.0.0.1:8000")]}

    async def app(*_):
        pass

    asyncio.run(proxies.Addresses(app, HTTPS)(scope, None, None))

    assert not caplog.records


@pytest.mark.parametrize(
    ("host", "trusted", "is_said"),
    [
        ("127.0.0.1", "127.0.0.1,::1", False),
        ("0.0.0.0", "127.0.0.1,::1", True),
        ("0.0.0.0", "none", True),
        ("0.0.0.0", "127.0.0.1,10.0.0.5", False),
    ],
)
def test_a7_what_can_be_seen_at_the_start_is_said_at_the_start(host, trusted, is_said):
    settings = Settings(origin="https://tungnha.example", listen_host=host, trusted_proxies=trusted)

    assert bool(proxies.problems_at_start(settings)) is is_said


def test_the_setting_is_addresses_and_networks():
    assert trusted_in("10.0.0.5, 10.1.0.0/24 ,::1") == ("10.0.0.5", "10.1.0.0/24", "::1")
    assert trusted_in("None") == trusted_in("") == ()
