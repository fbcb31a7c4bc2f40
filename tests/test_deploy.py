"""The files of docs/deploy are run as they stand: nginx and Caddy over HTTPS before a real server, the units looked at by
systemd, the wheel installed and started. What is not installed here is skipped by name."""

import shutil
import socket
import ssl
import subprocess
import sys
import time
import zipfile
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from tests import leash
from tests.conftest import ROOT
from tests.served import Served
from volunteer_app import proxies
from volunteer_app.limits import FREE_TRIES

DEPLOY = ROOT / "docs" / "deploy"
NAME = "tungnha.example"


def needs(program: str) -> str:
    """Where a program is; the test is skipped where it is not installed."""
    path = shutil.which(program) or shutil.which(program, path="/usr/sbin:/sbin")
    if path is None:
        pytest.skip(f"{program} is not installed")
    return path


def free_port() -> int:
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        return found.getsockname()[1]


@pytest.fixture(scope="module")
def server(migrated, tmp_path_factory) -> Iterator[Served]:
    """In production, with the public name."""
    folder = tmp_path_factory.mktemp("deployed")
    shutil.copy(migrated, folder / "test.db")
    made = Served(f"sqlite:///{folder}/test.db", folder, ORIGIN=f"https://{NAME}")
    made.start()
    yield made
    made.stop()


@pytest.fixture(scope="module")
def certificate(tmp_path_factory) -> Path:
    """For the public name, signed by itself."""
    folder = tmp_path_factory.mktemp("tls")
    subprocess.run(
        [
            "openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", f"/CN={NAME}",
            "-addext", f"subjectAltName=DNS:{NAME}", "-keyout", folder / "privkey.pem", "-out", folder / "fullchain.pem",
        ],
        check=True, capture_output=True,
    )  # fmt: skip
    return folder


def nginx(server: Served, certificate: Path, folder: Path) -> tuple[list[str], int]:
    """The file with other ports and places; nothing else of it changes."""
    port = free_port()
    text = (DEPLOY / "nginx.conf").read_text()
    for ours, here in (
        ("server 127.0.0.1:8000", f"server 127.0.0.1:{server.port}"),
        ("listen 443 ssl http2;", f"listen 127.0.0.1:{port} ssl http2;"),
        ("listen 80;", f"listen 127.0.0.1:{free_port()};"),
        ("/etc/tungnha/tls", str(certificate)),
        ("/var/log/nginx/tungnha.log", str(folder / "access.log")),
    ):
        assert ours in text, ours
        text = text.replace(ours, here)
    temporary = "".join(
        f"{kind}_temp_path {folder}/{kind};" for kind in ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")
    )
    (folder / "nginx.conf").write_text(
        f"pid {folder}/nginx.pid; daemon off; error_log {folder}/error.log;"
        f"events {{}} http {{ {temporary} include {folder}/tungnha.conf; }}"
    )
    (folder / "tungnha.conf").write_text(text)
    return [needs("nginx"), "-c", str(folder / "nginx.conf"), "-e", str(folder / "error.log")], port


def caddy(server: Served, certificate: Path, folder: Path) -> tuple[list[str], int]:
    """The file with another port, its own certificate, and its log in the test's folder."""
    port = free_port()
    text = (DEPLOY / "Caddyfile").read_text()
    site = "{$SITE:tungnha.example} {"
    assert site in text
    text = text.replace(site, f"{site}\n\ttls {certificate}/fullchain.pem {certificate}/privkey.pem")
    text = text.replace("\tlog {", f"\tlog {{\n\t\toutput file {folder}/access.log")
    settings = f"{{\n\tadmin off\n\tauto_https disable_redirects\n\thttps_port {port}\n}}\n"
    (folder / "Caddyfile").write_text(settings + text)
    return [needs("caddy"), "run", "--adapter", "caddyfile", "--config", str(folder / "Caddyfile")], port


ROADS = {"nginx": nginx, "caddy": caddy}


@pytest.fixture(params=ROADS.values(), ids=list(ROADS))
def road(request, server, certificate, tmp_path) -> Iterator[httpx.Client]:
    """A phone's way: its requests go over HTTPS to the public name, through the proxy."""
    command, port = request.param(server, certificate, tmp_path)
    environment = {
        "HOME": str(tmp_path), "PATH": "/usr/bin:/bin:/usr/sbin", "SITE": NAME,
        "UPSTREAM": f"127.0.0.1:{server.port}", "XDG_DATA_HOME": str(tmp_path), "XDG_CONFIG_HOME": str(tmp_path),
    }  # fmt: skip
    log = (tmp_path / "proxy.log").open("wb")
    proxy = leash.start(command, env=environment, stdout=log, stderr=log)
    context = ssl.create_default_context(cafile=certificate / "fullchain.pem")
    client = httpx.Client(
        base_url=f"https://127.0.0.1:{port}", verify=context, timeout=30, headers={"Host": NAME}
    )
    request_ = client.request

    def to_the_name(method, url, **named):
        return request_(method, url, extensions={"sni_hostname": NAME}, **named)

    client.request = to_the_name  # type: ignore[method-assign]
    try:
        leash.until_it_answers(proxy, lambda: _answers(client), (tmp_path / "proxy.log").read_text)
        client.log = tmp_path / "access.log"  # type: ignore[attr-defined]
        client.tls = context  # type: ignore[attr-defined]
        # Caddy sends while it reads: it says 502 where the application has hung up before it has counted to its limit itself
        client.too_large = (413, 502) if request.param is caddy else (413,)  # type: ignore[attr-defined]
        yield client
    finally:
        client.close()
        leash.end(proxy)
        log.close()


def _answers(client: httpx.Client) -> bool:
    try:
        client.request("GET", "/health/live")
    except httpx.HTTPError:
        return False
    return True


def test_x7_the_shipped_proxies_carry_pages_deliveries_and_a_rescue_file(road):
    """Our own pages are known as ours, another site's are not; bodies as large as a rescue file pass; HSTS is there."""
    page = road.request("GET", "/vi/huong-dan")
    assert page.status_code == 200 and "max-age" in page.headers["strict-transport-security"]

    ours = {"Origin": f"https://{NAME}", "Sec-Fetch-Site": "same-origin"}
    delivery = {"device_id": "01939a5e-0000-7000-8000-000000000000", "app_build": "t", "made": 0, "ops": []}
    assert road.request("POST", "/api/v1/ops", json=delivery, headers=ours).status_code == 401
    theirs = {"Origin": "https://elsewhere.example", "Sec-Fetch-Site": "cross-site"}
    assert road.request("POST", "/api/v1/ops", json=delivery, headers=theirs).status_code == 403

    rescue = road.request("POST", "/vi/hand-in", files={"file": b"x" * 15_000_000}, headers=ours)
    assert rescue.status_code not in (403, 413, 502), rescue.status_code
    too_large = road.request("POST", "/vi/hand-in", content=b"x" * 23_000_000, headers=ours)
    assert too_large.status_code in road.too_large, too_large.status_code


def test_the_shipped_proxies_show_readiness_to_nobody_outside(road):
    """Whoever asks from another address than the proxy's own machine; whether a process lives anybody may ask."""
    answers = {}
    for path in ("/health/ready", "/health/live"):
        way = httpx.HTTPTransport(verify=road.tls, local_address="127.0.0.7")
        with httpx.Client(transport=way, timeout=60, headers={"Host": NAME}) as stranger:
            address = f"{str(road.base_url).rstrip('/')}{path}"
            answers[path] = stranger.get(address, extensions={"sni_hostname": NAME}).status_code

    assert answers == {"/health/ready": 403, "/health/live": 200}
    assert road.request("GET", "/health/ready").status_code == 200, "whoever watches, on the proxy's machine"


FORGED = ("X-Forwarded-For", "Forwarded", "X-Real-IP", "True-Client-IP")


def seconds_of_a_wrong_code(road: httpx.Client, caller: str, said: str = "") -> float:
    """How long somebody at this address waits for the answer to a wrong code. said: the address they say they have."""
    headers = {"Host": NAME, "Origin": f"https://{NAME}", "Sec-Fetch-Site": "same-origin"}
    headers |= {name: f"for={said}" if name == "Forwarded" else said for name in FORGED if said}
    way = httpx.HTTPTransport(verify=road.tls, local_address=caller)  # type: ignore[attr-defined]
    with httpx.Client(transport=way, timeout=60, headers=headers) as phone:
        began = time.monotonic()
        answer = phone.post(
            f"{str(road.base_url).rstrip('/')}/vi/join",
            data={"name": "Kẻ lạ", "code": "ABCDEFGH"},
            extensions={"sni_hostname": NAME},
        )
    assert answer.status_code == 422, answer.status_code
    return time.monotonic() - began


def test_a7_behind_a_shipped_proxy_each_client_has_its_own_address_and_makes_up_none(road, server, request):
    """Whoever guesses waits longer each time, whatever address they write before their own; a neighbour is answered at
    once, also one whom the guesser named. The server has nothing to say against its proxy."""
    number = 10 + 2 * list(ROADS).index(request.node.callspec.id)
    guesser, neighbour = f"127.0.0.{number}", f"127.0.0.{number + 1}"
    for i in range(FREE_TRIES + 2):
        seconds_of_a_wrong_code(road, guesser, f"203.0.113.{i}")

    guessed = seconds_of_a_wrong_code(road, guesser, neighbour)
    of_neighbour = seconds_of_a_wrong_code(road, neighbour)

    assert guessed >= 3.5, "no made-up address helps"
    assert of_neighbour < guessed, "a neighbour has an address of their own"
    said = server.log.read_text()
    for problem in (proxies.NOT_NAMED, proxies.NOT_TRUSTED):
        assert problem.partition("%s")[2][:40] not in said


def test_a_shipped_proxy_keeps_no_query_string(road):
    road.request("GET", "/vi/sign-in?q=Nong-Van-Bi-Mat")
    road.request("GET", "/vi/sign-in")
    deadline = time.monotonic() + 10
    while not (road.log.exists() and "sign-in" in road.log.read_text()) and time.monotonic() < deadline:
        time.sleep(0.1)

    assert "sign-in" in road.log.read_text() and "Bi-Mat" not in road.log.read_text()


def test_the_units_are_what_systemd_takes_and_leave_little_open(tmp_path):
    analyze = needs("systemd-analyze")
    binary = tmp_path / "volunteer-app"
    binary.write_text("#!/bin/sh\n")
    binary.chmod(0o755)
    units = []
    for unit in sorted(DEPLOY.glob("tungnha*.*")):
        text = unit.read_text().replace("/opt/tungnha/bin/volunteer-app", str(binary))
        (tmp_path / unit.name).write_text(
            text.replace("User=tungnha", "User=root").replace("Group=tungnha", "Group=root")
        )
        units.append(str(tmp_path / unit.name))
    done = subprocess.run([analyze, "verify", "--man=no", *units], capture_output=True, text=True)
    ours = [line for line in done.stderr.splitlines() if str(tmp_path) in line or "tungnha" in line]

    assert len(units) == 3 and ours == [], done.stderr


def test_the_wheel_holds_everything_and_starts_where_there_is_no_tree(tmp_path):
    """Built, installed beside the locked packages into an environment of its own, started from an empty folder."""
    build = [
        sys.executable,
        "-m",
        "pip",
        "wheel",
        "-q",
        "--no-deps",
        "--no-build-isolation",
        "-w",
        tmp_path,
        ROOT,
    ]
    subprocess.run(build, check=True, capture_output=True, timeout=300)
    (wheel,) = tmp_path.glob("*.whl")
    names = set(zipfile.ZipFile(wheel).namelist())
    for wanted in (
        "volunteer_app/_static/js/start.js",
        "volunteer_app/_service_worker/main.js",
        "volunteer_app/locales/vi/LC_MESSAGES/messages.po",
        "volunteer_app/pages/layout.html",
        "volunteer_app/guides/01-install-vneid.toml",
        "volunteer_app/storage/migrations/script.py.mako",
    ):
        assert wanted in names, wanted
    assert not {name for name in names if name.startswith(("tests/", "docs/", "static/"))}

    home = tmp_path / "venv"
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", home], check=True)
    site = next(home.glob("lib/python3*/site-packages"))
    packages = next(path for path in sys.path if path.endswith("site-packages"))
    (site / "locked.pth").write_text(f"{packages}\n")  # the packages, but not this tree
    install = [
        sys.executable,
        "-m",
        "pip",
        "--python",
        home / "bin/python",
        "install",
        "-q",
        "--no-deps",
        "--no-index",
    ]
    subprocess.run([*install, "--ignore-installed", wheel], check=True, capture_output=True, timeout=300)
    empty = tmp_path / "elsewhere"
    empty.mkdir()
    environment = {
        "PATH": f"{home}/bin:/usr/bin:/bin",
        "DATABASE_URL": f"sqlite:///{empty}/x.db",
        "HOME": str(empty),
    }

    def run(*words: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            ["volunteer-app", *words], env=environment, cwd=empty, capture_output=True, text=True, timeout=120
        )

    assert run("migrate").returncode == 0
    checked = run("guides", "check")
    assert checked.returncode == 0 and " guides, 0 problems" in checked.stdout, checked.stderr
    where = [
        str(home / "bin/python"),
        "-c",
        "from volunteer_app import assets; assets.Assets(); print(assets.__file__)",
    ]
    said = subprocess.run(where, env=environment, cwd=empty, capture_output=True, text=True, timeout=120)
    assert str(site) in said.stdout, said.stderr


def test_the_containerfile_and_compose_name_only_what_is_there():
    """No builder here: each path that they copy is in the tree, and each variable is a setting."""
    text = (DEPLOY / "Containerfile").read_text() + (DEPLOY / "compose.yaml").read_text()
    for path in (".ci/locked-app.txt", "docs/deploy/Containerfile"):
        assert path in text and (ROOT / path).is_file()
