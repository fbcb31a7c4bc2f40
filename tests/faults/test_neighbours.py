"""A whole ceremony behind one address: 500 phones deliver through a proxy, and one of them attacks."""

import asyncio
import os
import socket
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from uuid import uuid4

import httpx
import msgspec
from sqlmodel import select

from tests import leash
from tests.conftest import ROOT, opened
from tests.people import COMMUNE, LAN, MINH, PROVINCE, SCOPES, a_household, a_visit
from volunteer_app.domain.invites import InviteKind
from volunteer_app.domain.people import Role
from volunteer_app.storage import invites
from volunteer_app.storage.households import households_in
from volunteer_app.storage.sign_ins import SignInRow, hash_of
from volunteer_app.storage.visits import VisitRow

PHONES = 500
CARRIER, ANOTHER = "27.65.0.1", "27.65.0.2"
"""What the proxy says of where requests came from; only a proxy on the machine itself is believed."""


class Served:
    """The real server in a process of its own; it can be killed and started again."""

    def __init__(self, url: str, folder: Path) -> None:
        with socket.socket() as found:
            found.bind(("127.0.0.1", 0))
            self.port = found.getsockname()[1]
        self.origin = f"http://localhost:{self.port}"
        folders = {name: str(folder / name) for name in ("KEYS_FOLDER", "ASSET_ARCHIVE", "MEDIA_FOLDER")}
        settings = {"MODE": "demo", "DATABASE_URL": url, "ORIGIN": self.origin, "LISTEN_PORT": str(self.port)}
        self._environ = os.environ | settings | folders
        self.process: subprocess.Popen

    def start(self) -> None:
        """Start it (again), and wait until it listens."""
        command = [sys.executable, "-m", "volunteer_app", "serve"]
        self.process = leash.start(command, cwd=ROOT, env=self._environ, stderr=subprocess.DEVNULL)
        leash.until_it_answers(self.process, self._listens)

    def _listens(self) -> bool:
        with socket.socket() as trying:
            return not trying.connect_ex(("127.0.0.1", self.port))


@contextmanager
def serving(url: str, folder: Path) -> Iterator[tuple[str, Served]]:
    """A server, and its address."""
    server = Served(url, folder)
    server.start()
    try:
        yield server.origin, server
    finally:
        leash.end(server.process, patience=leash.LAST_BOUND)


GUESSES = 6
"""The last three are answered after 1, 2 and 4 seconds."""


async def prepare(url: str) -> list[str]:
    """Sign-ins for every phone, and some invitations."""
    now = datetime.now(UTC)
    async with opened(url) as database, database.writing() as db:
        for number in range(PHONES):
            db.add(
                SignInRow(
                    token_hash=hash_of(f"phone {number}"),
                    province_code=PROVINCE,
                    person_id=LAN,
                    membership_id=LAN,
                    created_at=now,
                    expires_at=now + timedelta(days=1),
                )
            )
        join = {"kind": InviteKind.JOIN, "province_code": PROVINCE, "role": Role.VOLUNTEER, "issued_by": MINH}
        made = [await invites.make(db, **join, now=now, commune_code=COMMUNE) for _ in range(3)]
        return [one.secret for one in made]


class Crowd:
    """Phones behind a carrier's address."""

    def __init__(self, origin: str) -> None:
        self.answers: Counter[int] = Counter()
        self.outcomes: Counter[str] = Counter()
        self.client = httpx.AsyncClient(
            base_url=origin,
            timeout=60,
            limits=httpx.Limits(max_connections=None),
            headers={"origin": origin, "sec-fetch-site": "same-origin"},
        )

    async def deliver(self, number: int) -> None:
        """One phone sends a household and a visit, and comes back when it is asked to."""
        household = a_household(code=f"NT-{number}", recorded_at=datetime.now(UTC))
        visit = a_visit(household.id, recorded_at=datetime.now(UTC))
        said = {"device_id": uuid4(), "app_build": "test", "ops": [household, visit]}
        headers = {"x-forwarded-for": CARRIER, "cookie": f"session=phone {number}"}
        for _ in range(60):
            answer = await self.client.post("/api/v1/ops", content=msgspec.json.encode(said), headers=headers)
            self.answers[answer.status_code] += 1
            if answer.status_code == 200:
                self.outcomes.update(one["outcome"] for one in answer.json()["answers"])
                return
            await asyncio.sleep(0.5)

    async def join(self, token: str, address: str, code: str = "", secret: str = "") -> str:
        """Try an invitation: "in", "wrong" or "blocked"."""
        headers = {"x-forwarded-for": address, "cookie": f"pin_phone={token}"}
        data = {"name": "Sùng Thị Máy (mẫu)", "secret": secret, "code": code}
        answer = await self.client.post("/en/join", data=data, headers=headers)
        return "in" if answer.status_code == 303 else "blocked" if "Too many" in answer.text else "wrong"

    async def guess(self, tries: int, address: str, token: str | None = None) -> Counter[str]:
        """Guess codes, always from one phone or from a new one each time."""
        return Counter([await self.join(token or f"new {n}", address, code=f"{n:08}") for n in range(tries)])


def test_e37_500_phones_behind_one_address_are_all_served_and_one_that_guesses_waits_alone(
    sqlite_url, tmp_path
):
    secrets = asyncio.run(prepare(sqlite_url))

    async def live(origin):
        crowd = Crowd(origin)
        async with crowd.client:
            begun = time.monotonic()
            guessed, *_ = await asyncio.gather(
                crowd.guess(GUESSES, CARRIER, "the attacker's"), *(crowd.deliver(n) for n in range(PHONES))
            )
            seconds = time.monotonic() - begun
            return crowd, seconds, guessed, await crowd.join("a neighbour's", CARRIER, secret=secrets[0])

    with serving(sqlite_url, tmp_path) as (origin, _):
        crowd, seconds, guessed, neighbour = asyncio.run(live(origin))

    async def kept():
        async with opened(sqlite_url) as database, database.reading() as db:
            return len(await households_in(db, SCOPES[MINH])), len(list(await db.exec(select(VisitRow))))

    print(f"{PHONES} phones in {seconds:.1f} s, answers {dict(crowd.answers)}, guesses {dict(guessed)}")
    assert crowd.outcomes == {"accepted": 2 * PHONES} and set(crowd.answers) <= {200, 503}
    assert asyncio.run(kept()) == (PHONES, PHONES)
    assert guessed == {"wrong": GUESSES}
    assert neighbour == "in"
