"""A scratch machine on which docs/runbook.md is followed line by line, and a phone that delivers to it.

Folders, ports and the public name are this machine's own. What a test has not is stood in for by a line of shell each:
accounts, packages, systemd (`tungnha` itself is started and stopped by its unit's own words), the clock.
"""

import asyncio
import json
import re
import shutil
import socket
import subprocess
import sys
from collections.abc import Collection
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
import msgspec
from sqlmodel import select

from tests import leash
from tests.boxes import SigningKey, signed_and_sealed
from tests.conftest import ROOT, _add_people, opened
from tests.people import LAN, LANS_PHONE, PROVINCE, a_household, a_visit
from tests.postgres import Postgres, programs
from volunteer_app.copies.engines import engine_of
from volunteer_app.storage import sign_ins
from volunteer_app.storage.visits import VisitRow

RUNBOOK = ROOT / "docs" / "runbook.md"
_SECTION = re.compile(r"^##? (?!PostgreSQL$|SQLite$)(.+)$", re.MULTILINE)
_BLOCK = re.compile(r"^```sh\n(.*?)^```$", re.MULTILINE | re.DOTALL)
_SERVER = re.compile(r"systemctl (start|stop|restart|enable --now|disable --now) tungnha")
_ENGINES = {"# SQLite": "sqlite", "# PostgreSQL": "postgresql"}

STANDS_IN = {
    "apt-get": "true",
    "useradd": 'while [ "$1" != --home-dir ]; do shift; done; mkdir -p "$2"',
    "runuser": 'shift 3; exec "$@"',
    "chown": "true",
    "systemctl": "true",
    "journalctl": 'cat "$MACHINE/server.log"',
    "timedatectl": 'touch "$MACHINE/clock-was-set"',
    "python3": '[ "$1 $2" = "-m venv" ]',
    "install": """words=(); while [ $# -gt 0 ]; do case "$1" in -o|-g) shift 2;; *) words+=("$1"); shift;; esac; done
exec /usr/bin/install "${words[@]}\"""",
}
"""Programs that change a machine → what is run instead of them."""


def sections() -> dict[str, list[str]]:
    """The blocks of the runbook by their heading, in their order."""
    _, *parts = _SECTION.split(RUNBOOK.read_text("utf-8"))
    return {title: _BLOCK.findall(text) for title, text in zip(parts[::2], parts[1::2], strict=True)}


def free_port() -> int:
    """One that nobody listens on now."""
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        return found.getsockname()[1]


class Machine:
    """A new one, with nothing on it but the tree of a release. copies: what is mounted at /srv/copies."""

    def __init__(self, engine: str, home: Path, copies: Path) -> None:
        self.engine, self.home, self.copies = engine, home, copies
        self.port, self.process = free_port(), None
        self.cluster = Postgres() if engine == "postgresql" else None
        self.places = {
            "/etc/tungnha": home / "etc",
            "/etc/systemd/system": home / "units",
            "/etc/nginx/conf.d": home / "nginx",
            "/var/lib/tungnha": home / "var",
            "/opt/tungnha": home / "opt",
            "/usr/local/sbin/tungnha": home / "sbin/tungnha",
            "/root/units.csv": home / "units.csv",
            "/srv/copies": copies,
            "/mnt/elsewhere": home / "elsewhere",
            "https://tungnha.example": f"http://localhost:{self.port}",
            "127.0.0.1:8000": f"127.0.0.1:{self.port}",
            "127.0.0.1:9100": f"127.0.0.1:{free_port()}",
            "@127.0.0.1/": f"@127.0.0.1:{self.cluster.port if self.cluster else 0}/",
        }
        for name in ("units", "nginx", "opt/bin", "sbin", "elsewhere", "bin", "tree/.ci"):
            (home / name).mkdir(parents=True)
        for source in (ROOT / "docs/deploy").iterdir():
            there = home / "tree/docs/deploy" / source.name
            there.parent.mkdir(parents=True, exist_ok=True)
            there.write_text(self.here(source.read_text("utf-8")))
        with (home / "tree/docs/deploy/environment").open("a") as settings:
            settings.write(f"LISTEN_PORT='{self.port}'\n")
        shutil.copy(ROOT / ".ci/locked-app.txt", home / "tree/.ci")
        for name, line in STANDS_IN.items():
            _program(home / "bin" / name, line)
        python = sys.executable
        _program(home / "opt/bin/python", f'[ "$1 $2" = "-m pip" ] || exec {python} "$@"')
        self.of_release(ROOT)
        self.environment = {
            "PATH": f"{home}/bin:{home}/sbin:{programs()}:/usr/sbin:/usr/bin:/bin",
            "HOME": str(home),
            "MACHINE": str(home),
            "GNUPGHOME": str(home / "gnupg"),
            "PGHOST": "127.0.0.1",
            "PGUSER": "tests",
            "PGDATABASE": "postgres",
            "PGPORT": str(self.cluster.port if self.cluster else 0),
        }
        if self.cluster:
            self.cluster.start()

    def of_release(self, tree: Path) -> None:
        """What is installed from now on: the program of this tree."""
        line = f'PYTHONPATH={tree} exec {sys.executable} -m volunteer_app "$@"'
        _program(self.home / "opt/bin/volunteer-app", line)

    def here(self, text: str) -> str:
        """A text with this machine's places instead of those of the documents."""
        for theirs, ours in self.places.items():
            text = text.replace(theirs, str(ours))
        return text

    def follow(
        self,
        title: str,
        *,
        moment: str = "",
        fails: Collection[str] = (),
        blocks: slice = slice(None),
    ) -> str:
        """Do what a section says, or some blocks of it; what was printed. moment: what MOMENT stands for; the newest
        copy unless given. fails: the lines that end with an error, since they show what is wrong; no other one may."""
        said, failed = "", set[str]()
        for block in sections()[title][blocks]:
            if _ENGINES.get(block.partition("\n")[0], self.engine) != self.engine:
                continue
            waiting = list[str]()
            for line in [*block.splitlines(), ""]:
                is_ours = _SERVER.fullmatch(line) or line == "systemctl start postgresql"
                if (not line or is_ours or "MOMENT" in line) and waiting:
                    done, wrong = self.shell("\n".join(waiting))
                    said, failed, waiting = said + done, failed | wrong, []
                if is_ours:
                    self._by_hand(line)
                else:
                    waiting.append(
                        line.replace("MOMENT", moment or (self.newest() if "MOMENT" in line else ""))
                    )
        assert failed == set(fails), said
        return said

    def _by_hand(self, line: str) -> None:
        """What systemd would do."""
        if "postgresql" in line and self.cluster:
            self.cluster.go_on()
        elif ours := _SERVER.fullmatch(line):
            if ours[1] in ("stop", "disable --now", "restart"):
                self.stop()
            if ours[1] in ("start", "enable --now", "restart"):
                self.start()

    def shell(self, text: str) -> tuple[str, set[str]]:
        """Run lines in one shell; what they say, and which of them failed."""
        trap = f"set -o pipefail; cd {self.home}/tree; trap 'echo \"$BASH_COMMAND\" >&9' ERR\n"
        failed = self.home / "failed"
        command = ["bash", "-c", f"exec 9>{failed}\n{trap}{self.here(text)}"]
        done = subprocess.run(
            command, env=self.environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, timeout=300
        )  # fmt: skip
        theirs = {line for line in text.splitlines() if self.here(line) in failed.read_text().splitlines()}
        return done.stdout, theirs | (set() if theirs else set(failed.read_text().splitlines()))

    def run(self, *words: str) -> str:
        """One command of `tungnha`, which must succeed."""
        said, failed = self.shell(f"tungnha {' '.join(words)}")
        assert not failed, said
        return said

    def start(self) -> None:
        """As its unit does, and until it answers."""
        words = re.findall(
            r"^ExecStart=\S+ (.+)$", (self.home / "units/tungnha.service").read_text(), re.MULTILINE
        )
        with (self.home / "server.log").open("ab") as log:
            self.process = leash.start(
                [self.home / "sbin/tungnha", *words[0].split()],
                env=self.environment, stdout=log, stderr=log,
            )  # fmt: skip
        leash.until_it_answers(self.process, self._answers, (self.home / "server.log").read_text)

    def _answers(self) -> bool:
        try:
            return self.get("/health/live").status_code == 200
        except httpx.HTTPError:
            return False

    def stop(self) -> None:
        """If it runs."""
        if self.process:
            leash.end(self.process, patience=leash.LAST_BOUND)
        self.process = None

    def destroy(self) -> None:
        """Nothing is left of it but the copies, which are elsewhere."""
        self.stop()
        if self.cluster:
            self.cluster.stop()
            self.cluster = None
        shutil.rmtree(self.home)

    def newest(self) -> str:
        """The name of the newest copy."""
        return max(path.name for path in self.copies.glob("2*"))

    def set(self, name: str, value: str) -> None:
        """Change a setting."""
        path = self.home / "etc/environment"
        path.write_text(
            re.sub(rf"^{name}=.*\n", "", path.read_text(), flags=re.MULTILINE) + f"{name}='{value}'\n"
        )

    @property
    def url(self) -> str:
        """Where its database is."""
        return re.findall(
            r"^DATABASE_URL='(.+)'$", (self.home / "etc/environment").read_text(), re.MULTILINE
        )[-1]

    def get(self, path: str, **more: Any) -> httpx.Response:
        """Look."""
        headers = {"host": f"localhost:{self.port}"} | more.pop("headers", {})
        return httpx.get(f"http://127.0.0.1:{self.port}{path}", headers=headers, timeout=60, **more)

    def problems(self) -> dict[str, str]:
        """What `/health/ready` says is wrong."""
        return self.get("/health/ready").json()["problems"]

    def with_people(self) -> str:
        """Those of `tests/people.py` are of this installation; Lan's session."""

        async def work() -> str:
            async with opened(self.url) as database, database.writing() as db:
                await _add_people(db)
                return await sign_ins.begin_sign_in(
                    db, province_code=PROVINCE, person_id=LAN, membership_id=LAN, method="pin", phone="",
                    now=datetime.now(UTC),
                )  # fmt: skip

        return asyncio.run(work())

    def visits(self) -> list[Any]:
        """The ids of all that it keeps."""

        async def work() -> list[Any]:
            async with opened(self.url) as database, database.reading() as db:
                return list(await db.exec(select(VisitRow.id).where(VisitRow.province_code == PROVINCE)))

        return asyncio.run(work())

    def statement(self, text: str) -> None:
        """Harm its database."""
        engine = engine_of(self.url)
        if self.engine == "sqlite":
            import sqlite3

            with sqlite3.connect(engine.url.database or "", timeout=20) as connection:
                connection.execute(text)
            connection.close()
        else:
            engine._run(lambda connection: connection.execute(text))  # type: ignore[attr-defined]


def _program(path: Path, line: str) -> None:
    path.write_text(f"#!/bin/bash\n{line}\n")
    path.chmod(0o755)


class Phone:
    """Lan's: it signs what it sends, keeps what was received, and sends all of it again to an epoch that it has not
    seen, as `service_worker/` does for seven days."""

    def __init__(self, machine: Machine, token: str) -> None:
        self.machine, self.token = machine, token
        self.key, self.seq, self.epoch = SigningKey(), 0, 0
        self.kept: list[dict[str, Any]] = []
        self.visits: list[Any] = []

    def _headers(self) -> dict[str, str]:
        origin = f"http://localhost:{self.machine.port}"
        return {
            "host": f"localhost:{self.machine.port}", "cookie": f"session={self.token}", "origin": origin,
            "sec-fetch-site": "same-origin", "x-forwarded-for": "203.0.113.9",
        }  # fmt: skip

    def records(self, *, sealed: bool = False) -> None:
        """A household and a visit to it; sealed: as it waits where nobody is signed in."""
        recorded_at = datetime.now(UTC) - timedelta(minutes=3)
        household = a_household(recorded_at=recorded_at, person_id=LAN)
        visit = a_visit(household.id, recorded_at=recorded_at, person_id=LAN)
        for operation in (household, visit):
            self.seq += 1
            said = json.loads(msgspec.json.encode(operation)) | {"seq": self.seq}
            self.kept.append(signed_and_sealed(self.seals_with, said, self.key) if sealed else said)
        self.visits.append(visit.id)

    def calls(self) -> list[str]:
        """Fetch, then send what this epoch has not answered; the outcomes."""
        pack = self.machine.get("/api/v1/field-pack", headers=self._headers())
        assert pack.status_code == 200, pack.text
        self.seals_with = pack.json()["seal_with"]
        is_new = pack.json()["epoch"] != self.epoch
        self.epoch = pack.json()["epoch"]
        sent = [one for one in self.kept if is_new or not one.get("received")]
        if not sent:
            return []
        ops = [{name: value for name, value in one.items() if name != "received"} for one in sent]
        delivery = {
            "device_id": str(LANS_PHONE), "app_build": "test", "made": self.seq, "person_id": str(LAN), "ops": ops,
        }  # fmt: skip
        body = json.dumps(delivery).encode()
        taken = httpx.post(
            f"http://127.0.0.1:{self.machine.port}/api/v1/ops",
            content=body, headers=self._headers() | self.key.over(body), timeout=60,
        )  # fmt: skip
        if taken.status_code == 503:
            return ["503"]
        assert taken.status_code == 200, taken.text
        outcomes = [answer["outcome"] for answer in taken.json()["answers"]]
        for one, outcome in zip(sent, outcomes, strict=True):
            one["received"] = outcome in ("accepted", "duplicate")
        return outcomes

    def finds_all_once(self) -> None:
        """Whatever happened: what it has ever recorded is there, each once, and proven."""
        self.calls()
        there = self.machine.visits()
        assert len(there) == len(set(there)) and set(there) == set(self.visits), (
            len(there),
            len(self.visits),
        )
        assert all(one["received"] for one in self.kept)


def counted(machine: Machine) -> dict[str, int]:
    """Rows by table."""
    return engine_of(machine.url).counts()
