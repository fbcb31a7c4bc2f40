"""A PostgreSQL of the tests' own: a temporary cluster on a free port, for this run only."""

import asyncio
import os
import pwd
import shutil
import socket
import subprocess
import threading
from pathlib import Path
from tempfile import mkdtemp

import asyncpg

FAST = ("-c fsync=off", "-c full_page_writes=off", "-c synchronous_commit=off", "-c max_connections=60")
"""The cluster is thrown away: it need not survive a power cut."""


class Postgres:
    """One cluster; `database(name, template)` makes a database in it and gives its address."""

    def __init__(self, options: tuple[str, ...] = FAST) -> None:
        self.options = options
        self.programs = programs()
        self.home = Path(
            mkdtemp(prefix="tung-nha-postgres-")
        )  # pytest's own folders are closed to other users
        self.folder = self.home / "cluster"
        with socket.socket() as found:
            found.bind(("127.0.0.1", 0))
            self.port = found.getsockname()[1]
        if os.geteuid() == 0:  # PostgreSQL refuses to run as root
            owner = pwd.getpwnam("postgres")
            os.chown(self.home, owner.pw_uid, owner.pw_gid)
        self._line: asyncpg.Connection | None = None
        self._loop: asyncio.AbstractEventLoop | None = None

    def start(self) -> None:
        """Make the cluster and start it."""
        self._run("initdb", "-D", self.folder, "-U", "tests", "--auth=trust", "-E", "UTF8", "--locale=C")
        self.go_on()

    def pause(self) -> None:
        """Stop it; its databases stay."""
        self._run("pg_ctl", "-D", self.folder, "-m", "fast", "-w", "stop")

    def go_on(self) -> None:
        """Start it (again)."""
        options = " ".join(
            [f"-p {self.port}", "-c listen_addresses=127.0.0.1", f"-k {self.folder}", *self.options]
        )
        self._run("pg_ctl", "-D", self.folder, "-w", "-l", self.folder / "log", "-o", options, "start")

    def stop(self) -> None:
        """Stop it at once."""
        if self._loop:
            self._loop.call_soon_threadsafe(self._loop.stop)
        self._run("pg_ctl", "-D", self.folder, "-m", "immediate", "stop")
        shutil.rmtree(self.home)

    def database(self, name: str, template: str = "template0") -> str:
        """A new database, as a copy of `template`: of its files, which takes half of the time of a copy by its log."""
        self._ask(f'CREATE DATABASE "{name}" TEMPLATE "{template}" STRATEGY FILE_COPY')
        return f"postgresql://tests@127.0.0.1:{self.port}/{name}"

    def server_process(self) -> int:
        """The first of its processes, whose children are all the others."""
        return int((self.folder / "postmaster.pid").read_text().split()[0])

    def drop(self, name: str) -> None:
        """Drop a database."""
        self._ask(f'DROP DATABASE "{name}" WITH (FORCE)')

    def _ask(self, statement: str) -> None:
        """Over one connection that stays open, in a thread of its own: a program for each would take five times as
        long, more than a thousand times in a run."""
        if not self._loop:
            self._loop = asyncio.new_event_loop()
            threading.Thread(target=self._loop.run_forever, daemon=True).start()
        asyncio.run_coroutine_threadsafe(self._told(statement), self._loop).result()

    async def _told(self, statement: str) -> None:
        if self._line is None or self._line.is_closed():
            self._line = await asyncpg.connect(
                host="127.0.0.1", port=self.port, user="tests", database="postgres"
            )
        await self._line.execute(statement)

    def _run(self, program: str, *words: object) -> None:
        as_owner = ["runuser", "-u", "postgres", "--"] if os.geteuid() == 0 else []
        command = [*as_owner, str(self.programs / program), *map(str, words)]
        done = subprocess.run(command, capture_output=True, text=True, cwd="/")
        assert done.returncode == 0, f"{command}\n{done.stdout}\n{done.stderr}"


def programs() -> Path:
    """Where PostgreSQL's programs are: the newest that Debian installed, else on the PATH (macOS)."""
    found = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"), key=lambda p: int(p.parts[-3]))
    on_path = shutil.which("initdb")
    assert found or on_path, (
        "PostgreSQL is missing: run the tests with `python3 tests/run.py`, which installs it"
    )
    return found[-1].parent if found else Path(str(on_path)).parent
