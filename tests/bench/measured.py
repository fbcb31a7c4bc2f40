"""The server under measurement: started as it is in life, watched from outside through the kernel's counters."""

import os
import re
import statistics
from collections.abc import Sequence
from contextlib import AbstractContextManager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, Self
from urllib.request import HTTPErrorProcessor, Request, build_opener

import msgspec

from tests.browser.conftest import Server
from tests.conftest import ROOT
from tests.postgres import Postgres

LAN, LEADER = "Vàng Thị Lan (mẫu)", "Hoàng Văn Minh (mẫu)"
TICKS = os.sysconf("SC_CLK_TCK")


class _NoRedirect(HTTPErrorProcessor):
    def http_response(self, request: Any, response: Any) -> Any:
        return response

    https_response = http_response


class MeasuredServer(AbstractContextManager["MeasuredServer"]):
    """The demo commune in a folder of its own, gone afterwards."""

    def __init__(self, postgres: Postgres | None = None, tree: Path = ROOT, name: str = "bench") -> None:
        """postgres: the cluster to work on, a durable one; None: SQLite. tree: the checkout to run."""
        self._folder = TemporaryDirectory(prefix="bench-")
        self._postgres = postgres
        self.server = Server(Path(self._folder.name))
        self.server.tree = tree
        if postgres is not None:
            self.server.url = postgres.database(name)

    def __enter__(self) -> Self:
        self.server.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.server.stop()
        self._folder.cleanup()

    def cpu_seconds(self) -> float:
        """CPU used so far by the server, and by the database's own processes."""
        used = cpu_seconds(self.pid)
        if self._postgres is not None:
            used += of_cluster(self._postgres)
        return used

    @property
    def port(self) -> int:
        """Where it listens."""
        return self.server.port

    @property
    def pid(self) -> int:
        """Its process."""
        assert self.server.process is not None
        return self.server.process.pid

    def sign_in(self, name: str = LAN) -> str:
        """The cookies of an invented person: both halves of the session."""
        page = self.get("/vi/sign-in").decode()
        forms = re.findall(r'name="membership_id" value="([^"]+)">.*?<b>([^<]+)</b>', page, re.DOTALL)
        membership = next(id_ for id_, label in forms if label == name)
        request = Request(
            f"{self.server.origin}/vi/sign-in/demo",
            data=f"membership_id={membership}".encode(),
            headers={"Origin": self.server.origin},
        )
        answer = build_opener(_NoRedirect).open(request)
        return "; ".join(cookie.split(";")[0] for cookie in answer.headers.get_all("Set-Cookie"))

    def get(self, path: str, cookie: str = "") -> bytes:
        """One page or answer, as it comes (not compressed)."""
        request = Request(self.server.origin + path, headers={"Cookie": cookie})
        return build_opener().open(request).read()

    def ways(self, cookie: str) -> list[str]:
        """Where this person's coverage page leads."""
        return re.findall(r'href="([^"#?]+)"', self.get("/vi/coverage", cookie).decode())

    def field_pack(self, cookie: str) -> dict[str, Any]:
        """What this person's phone carries (its first page)."""
        return msgspec.json.decode(self.get("/api/v1/field-pack", cookie))

    def households(self, cookie: str) -> list[str]:
        """Every household that this person's phone carries."""
        ids, since, left = [], "", 1
        while left:
            page = msgspec.json.decode(self.get(f"/api/v1/field-pack?since={since}", cookie))
            ids += [row["id"] for row in page["households"]]
            since, left = ",".join(f"{id_}:{n}" for id_, n in page["cursors"].items()), page["left"]
        return ids

    def person_id(self, cookie: str) -> str:
        """Who is signed in."""
        return msgspec.json.decode(self.get("/api/v1/field-pack", cookie))["me"]["person_id"]

    def megabytes(self) -> tuple[float, float]:
        """Resident and proportional memory, in MB."""
        said = Path(f"/proc/{self.pid}/smaps_rollup").read_text()
        return tuple(
            int(re.search(rf"^{name}:\s+(\d+)", said, re.MULTILINE)[1]) / 1024 for name in ("Rss", "Pss")
        )  # type: ignore[index, return-value]


def cpu_seconds(pid: int, *, of_the_ended: bool = False) -> float:
    """CPU that a process and its threads have used so far; of_the_ended: its children that have ended instead."""
    try:
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except FileNotFoundError:
        return 0  # it has ended meanwhile
    first = 13 if of_the_ended else 11
    return (int(fields[first]) + int(fields[first + 1])) / TICKS


def of_cluster(postgres: Postgres) -> float:
    """CPU that a cluster's processes have used so far, those that have ended with them."""
    first = postgres.server_process()
    return cpu_seconds(first, of_the_ended=True) + sum(map(cpu_seconds, children_of(first)))


def children_of(pid: int) -> list[int]:
    """The processes that a process has started."""
    found = []
    for path in Path("/proc").glob("[0-9]*/stat"):
        try:
            parent = int(path.read_text().rpartition(")")[2].split()[1])
        except FileNotFoundError:
            continue  # it has ended meanwhile
        if parent == pid:
            found.append(int(path.parent.name))
    return found


def percentile(values: Sequence[float], share: float) -> float:
    """The value below which this share of them lies."""
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(len(ordered) * share))]


def median(values: Sequence[float]) -> float:
    """The middle one."""
    return statistics.median(values)
