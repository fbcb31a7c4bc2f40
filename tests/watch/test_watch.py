"""Is it alive, can it take deliveries, what do its figures say; several processes; a database that goes and comes back."""

import asyncio
import re
import shutil
import socket
import subprocess
import sys
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from uuid import uuid4

import httpx
import pytest
from sqlalchemy.engine import make_url

from tests.conftest import ROOT, _prepare, opened
from tests.people import LAN, PROVINCE
from tests.postgres import Postgres
from tests.served import OURS, Served
from volunteer_app.copies.engines import engine_of
from volunteer_app.settings import SettingsError, settings_from
from volunteer_app.storage import sign_ins
from volunteer_app.watch import doctor


def free_port() -> int:
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        return found.getsockname()[1]


@pytest.fixture
def served(database_url, tmp_path) -> Iterator[Served]:
    """Two processes that answer, on each engine in turn, with their figures."""
    server = Served(database_url, tmp_path, METRICS=f"127.0.0.1:{free_port()}")
    server.words = ("--workers", "2")
    server.start()
    yield server
    server.stop()


def figures(server: Served) -> list[dict[str, float]]:
    """Of each process."""
    found = []
    for port in re.findall(r"metrics\.served port=(\d+)", server.log.read_text()):
        text = httpx.get(f"http://127.0.0.1:{port}/metrics", timeout=20).text
        lines = [line.rpartition(" ") for line in text.splitlines() if line and not line.startswith("#")]
        found.append({name: float(value) for name, _, value in lines})
    return found


def facts(server: Served, **changes: str) -> dict[str, str]:
    engine = engine_of(server.settings["DATABASE_URL"])
    for key, value in changes.items():
        engine.keep_fact(key, value)
    return engine.facts()


def test_x7_health_and_figures_of_two_processes(served):
    """Alive and ready without a cookie; each process tells its figures where nobody else asks."""
    for path in ("/health/live", "/health/ready"):
        answer = served.get(path)
        assert (answer.status_code, answer.headers["cache-control"]) == (200, "no-store"), answer.text
        assert "set-cookie" not in answer.headers
    assert served.get("/metrics").status_code == 404, "not for the world"
    for _ in range(40):
        with httpx.Client() as client:  # a connection of its own: either process may answer
            client.get(f"http://127.0.0.1:{served.port}/vi/sign-in", headers=OURS)
    both = figures(served)

    assert "sign-in" not in served.log.read_text(), "there is no log of who looked at what"
    assert len(both) == 2, served.log.read_text()
    assert sum(one['tungnha_answers_total{status="2xx"}'] for one in both) >= 40
    assert all(one["tungnha_ready"] == 1 and one["tungnha_schema_is_ours"] == 1 for one in both)
    assert all(name.startswith("tungnha_") for one in both for name in one)
    assert all(0 < one["tungnha_disk_free_ratio"] < 1 for one in both)
    assert all(one["tungnha_backup_age_seconds"] == -1 for one in both)


def test_d9_what_processes_share_is_read_anew(served):
    """A restore's epoch and a new key reach every process without a start."""
    facts(served, epoch="77")
    rotated = served.run("keys", "rotate")
    assert rotated.returncode == 0, rotated.stderr
    newest = rotated.stdout.split()[-1]
    token, said = asyncio.run(a_session(served.settings["DATABASE_URL"])), set()
    for _ in range(12):
        pack = served.get("/api/v1/field-pack", token=token).json()
        delivery = {"device_id": str(uuid4()), "app_build": "t", "made": 0, "ops": []}
        taken = served.post("/api/v1/ops", json=delivery, token=token).json()
        said.add((pack["epoch"], taken["epoch"], pack["seal_with"]["key_id"]))

    assert said == {(77, 77, newest)}


async def a_session(url: str) -> str:
    async with opened(url) as database, database.writing() as db:
        return await sign_ins.begin_sign_in(
            db, province_code=PROVINCE, person_id=LAN, membership_id=LAN, method="pin", phone="",
            now=datetime.now(UTC),
        )  # fmt: skip


def test_readiness_says_which_part_is_missing_and_phones_are_told_to_wait(served, tmp_path):
    keys = tmp_path / "keys"
    keys.rename(tmp_path / "away")
    keys.mkdir()
    answer = served.get("/health/ready")
    assert answer.status_code == 503 and "keys" in answer.json()["problems"]
    assert answer.headers["retry-after"]
    keys.rmdir()
    (tmp_path / "away").rename(keys)
    assert served.get("/health/ready").status_code == 200

    engine = engine_of(served.settings["DATABASE_URL"])
    was = engine.schema()
    set_schema(served.settings["DATABASE_URL"], "9999")
    answer = served.get("/health/ready")
    assert answer.status_code == 503 and "schema" in answer.json()["problems"]
    set_schema(served.settings["DATABASE_URL"], was)


def set_schema(url: str, schema: str) -> None:
    """As a release left it that lets no program go on which does not know its last migration."""
    engine_of(url).keep_fact("oldest_program", schema)
    if make_url(url).get_backend_name() == "sqlite":
        import sqlite3

        with sqlite3.connect(make_url(url).database, timeout=20) as connection:
            connection.execute("UPDATE alembic_version SET version_num = ?", (schema,))
    else:
        engine = engine_of(url)
        engine._run(lambda c: c.execute("UPDATE alembic_version SET version_num = $1", schema))  # type: ignore[attr-defined]


@pytest.fixture
def empty_url(request, tmp_path, database_url) -> Iterator[str]:
    """A database with nothing in it, on the same engine."""
    if database_url.startswith("sqlite"):
        yield f"sqlite:///{tmp_path}/empty.db"
        return
    cluster: Postgres = request.getfixturevalue("postgres")
    name = f"empty_{uuid4().hex[:10]}"
    yield cluster.database(name)
    cluster.drop(name)


def command(url: str, folder: Path, *words: str) -> subprocess.Popen[str]:
    environment = {
        "PATH": "/usr/bin:/bin", "DATABASE_URL": url, "KEYS_FOLDER": str(folder / "keys"),
        "MEDIA_FOLDER": str(folder / "media"), "REGISTER_FOLDER": str(folder / "register"),
        "ASSET_ARCHIVE": str(folder / "assets"), "HOME": str(folder),
    }  # fmt: skip
    return subprocess.Popen(
        [sys.executable, "-m", "volunteer_app", *words],
        env=environment, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
    )  # fmt: skip


def ended(process: subprocess.Popen[str]) -> tuple[int, str]:
    said, wrong = process.communicate(timeout=120)
    return process.returncode, said + wrong


def test_x7_two_first_starts_at_once_both_succeed(empty_url, tmp_path):
    both = [command(empty_url, tmp_path, "migrate") for _ in range(2)]

    assert [ended(one)[0] for one in both] == [0, 0], [ended(one) for one in both]
    assert len(engine_of(empty_url).facts()["server_id"]) == 32


def test_x7_only_serve_and_migrate_change_a_schema_and_a_newer_one_is_refused_in_words(
    database_url, tmp_path
):
    """As after a release went back, and as when cron runs a new release's command under the old server."""
    newest = engine_of(database_url).schema()
    set_schema(database_url, "0172")
    code, said = ended(command(database_url, tmp_path, "export", str(tmp_path / "figures")))
    assert code == 1 and "volunteer-app migrate" in said and "Traceback" not in said
    assert engine_of(database_url).schema() == "0172"

    set_schema(database_url, "9999")
    for words in (("serve",), ("migrate",), ("recount",), ("nightly",)):
        code, said = ended(command(database_url, tmp_path, *words))
        assert code == 1 and "newer release" in said and "Traceback" not in said, said
    set_schema(database_url, newest)


def test_a_database_that_does_not_answer_is_told_in_one_line(tmp_path):
    url = f"postgresql://nobody@127.0.0.1:{free_port()}/nothing"
    code, said = ended(command(url, tmp_path, "recount"))

    assert code == 1 and "The database does not answer" in said and "Traceback" not in said


def test_x7_a_database_that_is_gone_is_503_with_retry_after_and_back_at_once(tmp_path):
    """The first request after its return succeeds, and guides are read all the while."""
    cluster = Postgres()
    cluster.start()
    server = None
    try:
        url = cluster.database("gone")
        asyncio.run(_prepare(url))
        server = Served(url, tmp_path)
        server.start()
        for _ in range(3):
            assert server.get("/health/ready").status_code == 200
        cluster.pause()
        gone = server.get("/health/ready")
        assert gone.status_code == 503 and "database" in gone.json()["problems"]
        assert server.get("/health/live").status_code == 200
        assert server.get("/vi/huong-dan").status_code == 200
        answer = server.get("/api/v1/field-pack", token="x")
        assert (answer.status_code, answer.headers["retry-after"]) == (503, "15"), answer.text
        delivery = {"device_id": str(uuid4()), "app_build": "t", "made": 0, "ops": []}
        answer = server.post("/api/v1/ops", json=delivery, token="x")
        assert answer.status_code == 503 and answer.headers["retry-after"]
        cluster.go_on()

        assert server.get("/api/v1/field-pack", token="x").status_code == 401
        assert server.get("/vi/sign-in").status_code == 200
        assert "Traceback" not in server.log.read_text()
    finally:
        if server:
            server.stop()
        cluster.stop()


def test_the_doctor_finds_what_was_harmed_and_says_what_to_do(database_url, tmp_path):
    folder = tmp_path
    code, said = ended(command(database_url, folder, "keys", "rotate"))
    assert code == 0, said
    _, well = ended(command(database_url, folder, "doctor"))
    (folder / "keys").chmod(0o755)
    engine_of(database_url).keep_fact("durable_through", (datetime.now(UTC) - timedelta(days=9)).isoformat())
    code, said = ended(command(database_url, folder, "doctor"))

    assert "ok   KEYS_FOLDER" in well and "MEND KEYS_FOLDER" in said and "chmod" in said
    assert "MEND copy: 216 hours ago" in said and code == 1 and "Traceback" not in said
    shutil.rmtree(folder / "keys")
    _, said = ended(command(database_url, folder, "doctor"))
    assert "MEND keys: 1 known, 1 missing" in said


@pytest.mark.parametrize(
    ("says", "line"), [("yes", "ok   time server"), ("no", "MEND time server"), ("", "")]
)
def test_the_doctor_says_whether_a_time_server_holds_the_clock(sqlite_url, tmp_path, monkeypatch, says, line):
    """As systemd says it; nothing where there is none."""
    (tmp_path / "timedatectl").write_text(f"#!/bin/sh\necho {says}\n")
    (tmp_path / "timedatectl").chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}:/usr/bin:/bin")
    said = "\n".join(doctor.lines(one) for one in doctor.look(settings_from({"DATABASE_URL": sqlite_url})))

    assert line in said and ("time server" in said) is bool(line)
    assert ("set-ntp" in said) is (says == "no")


def test_the_doctor_of_a_database_that_is_away_says_so(tmp_path):
    url = f"postgresql://nobody:Bi-Mat@127.0.0.1:{free_port()}/nothing"
    code, said = ended(command(url, tmp_path, "doctor"))

    assert code == 1 and "MEND database" in said and "Bi-Mat" not in said and "Traceback" not in said


def test_the_server_says_that_it_starts(served):
    assert "server.starts version=" in served.log.read_text()
    assert settings_from({"METRICS": "127.0.0.1:9100"}).metrics == "127.0.0.1:9100"
    for bad in ("9100", "everywhere", "1.2.3.4:port"):
        with pytest.raises(SettingsError, match="METRICS"):
            settings_from({"METRICS": bad})
