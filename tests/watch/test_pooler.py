"""PostgreSQL behind pgbouncer in transaction mode, with the shipped file: phones deliver, commands and copies work."""

import asyncio
import os
import pwd
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from uuid import uuid4

import msgspec
import pytest

from tests import leash
from tests.conftest import ROOT, opened
from tests.people import LAN, PROVINCE, a_household, a_visit
from tests.postgres import Postgres
from tests.served import Served
from tests.test_deploy import needs
from tests.watch.machine import free_port
from volunteer_app.copies.engines import engine_of
from volunteer_app.storage import sign_ins


@pytest.fixture
def pooled(postgres: Postgres, tmp_path) -> Iterator[str]:
    """A database of one's own, reached through a pooler that has two connections for everybody."""
    name, port = f"pooled_{uuid4().hex[:8]}", free_port()
    url = postgres.database(name, template="migrated")
    text = (ROOT / "docs/deploy/pgbouncer.ini").read_text("utf-8")
    for theirs, ours in (
        ("tungnha = host=127.0.0.1 port=5432", f"{name} = host=127.0.0.1 port={postgres.port} user=tests"),
        ("listen_port = 6432", f"listen_port = {port}"),
        ("auth_type = scram-sha-256\nauth_file = /etc/pgbouncer/userlist.txt", "auth_type = any"),
        ("default_pool_size = 20", "default_pool_size = 2"),
    ):
        assert theirs in text, theirs
        text = text.replace(theirs, ours)
    settings = postgres.home / f"{name}.ini"
    settings.write_text(text)
    settings.chmod(0o644)
    command = [needs("pgbouncer"), str(settings)]
    if os.geteuid() == 0:
        command = ["runuser", "-u", pwd.getpwnam("postgres").pw_name, "--", *command]
    log = (tmp_path / "pooler.log").open("wb")
    process = leash.start(command, stdout=log, stderr=log, cwd="/")
    try:
        yield f"{url}?pooler=127.0.0.1:{port}"
    finally:
        leash.end(process)
        log.close()
        postgres.drop(name)


async def a_session(url: str) -> str:
    async with opened(url) as database, database.writing() as db:
        return await sign_ins.begin_sign_in(
            db, province_code=PROVINCE, person_id=LAN, membership_id=LAN, method="pin", phone="",
            now=datetime.now(UTC),
        )  # fmt: skip


def test_behind_a_pooler_in_transaction_mode_phones_deliver_and_copies_are_made(pooled, tmp_path):
    """Eight phones at once, over HTTP, on two connections; then recount, a night with its copy, and the doctor's word."""
    server = Served(pooled, tmp_path)
    server.start()
    try:
        token, recently = asyncio.run(a_session(pooled)), datetime.now(UTC) - timedelta(minutes=3)

        def phone(number: int) -> list[str]:
            household = a_household(recorded_at=recently, code=f"NT-{number:03}")
            said = []
            for operations in (
                [household],
                *([a_visit(household.id, recorded_at=recently)] for _ in range(5)),
            ):
                ops = [msgspec.to_builtins(one) for one in operations]
                delivery = {"device_id": str(uuid4()), "app_build": "t", "made": 0, "ops": ops}
                body = msgspec.json.encode(delivery)
                taken = server.post("/api/v1/ops", content=body, token=token, timeout=60)
                said += [answer["outcome"] for answer in taken.json()["answers"]]
                assert server.get("/api/v1/field-pack", token=token, timeout=60).status_code == 200
            return said

        with ThreadPoolExecutor(8) as pool:
            outcomes = [one for said in pool.map(phone, range(8)) for one in said]
        assert outcomes == ["accepted"] * 48, server.log.read_text()
        assert engine_of(pooled).counts()["visits"] == 40
        night = server.run("nightly", "--copies", str(tmp_path / "copies"))
        assert night.returncode == 0 and "copied" in night.stdout, night.stdout + night.stderr
        assert server.get("/health/ready").status_code == 200
        assert "Traceback" not in server.log.read_text()
    finally:
        server.stop()
