"""What docs/operating.md says of a server and that no other test shows."""

import ast
import asyncio
import os
import re
import subprocess
from dataclasses import replace

import pytest

from tests import imports
from tests.conftest import ROOT, _prepare, opened
from tests.copies.conftest import NOW, Installation
from tests.installations import an_installation
from tests.postgres import FAST, Postgres, programs
from volunteer_app import cli
from volunteer_app.copies import make, restore
from volunteer_app.copies.engines import engine_of
from volunteer_app.copies.manifest import CopyError
from volunteer_app.sealing import Keys
from volunteer_app.settings import Settings
from volunteer_app.storage.database import Database
from volunteer_app.storage.presence import BeingReplaced


def test_a_library_of_sqlite_that_can_lose_commits_serves_nobody_in_production(monkeypatch, tmp_path, capsys):
    monkeypatch.setattr(cli, "sqlite_is_safe", lambda: False)
    settings = Settings(database_url=f"sqlite:///{tmp_path}/x.db", origin="https://tungnha.example")

    assert cli.serve(cli._parser().parse_args(["serve"]), settings) == 1
    assert "can lose commits" in capsys.readouterr().err and not (tmp_path / "x.db").exists()


def test_a_process_takes_at_most_thirty_connections():
    """Two pools, of five and ten more each."""

    async def most() -> int:
        database = Database("postgresql://nobody@127.0.0.1:1/nothing")
        pools = [engine.sync_engine.pool for engine in (database.writer, database.reader)]
        await database.close()
        return sum(pool.size() + pool._max_overflow for pool in pools)  # type: ignore[attr-defined]

    assert asyncio.run(most()) == 30


@pytest.fixture(scope="module")
def over_tls(tmp_path_factory):
    """A PostgreSQL that can be reached over TLS, and the certificate that it shows."""
    folder = tmp_path_factory.mktemp("tls")
    subprocess.run(
        [
            "openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", "/CN=127.0.0.1",
            "-addext", "subjectAltName=IP:127.0.0.1", "-keyout", folder / "key.pem", "-out", folder / "cert.pem",
        ],
        check=True, capture_output=True,
    )  # fmt: skip
    cluster = Postgres()
    cluster.options = (*FAST, "-c ssl=on", f"-c ssl_cert_file={cluster.home}/cert.pem", f"-c ssl_key_file={cluster.home}/key.pem")  # fmt: skip
    for name in ("cert.pem", "key.pem"):
        (cluster.home / name).write_bytes((folder / name).read_bytes())
        (cluster.home / name).chmod(0o600)
        owner = cluster.home.stat()
        os.chown(cluster.home / name, owner.st_uid, owner.st_gid)
    cluster.start()
    try:
        yield cluster, folder / "cert.pem"
    finally:
        cluster.stop()


def test_one_address_reaches_a_database_over_tls_for_the_server_and_for_the_copies(over_tls, tmp_path):
    """`?sslmode=verify-full&sslrootcert=FILE`; another certificate than that is refused, by both."""
    cluster, certificate = over_tls
    plain = cluster.database("secret")
    url = f"{plain}?sslmode=verify-full&sslrootcert={certificate}"
    asyncio.run(_prepare(url))
    installation = Installation(an_installation(url, tmp_path / "home"))
    installation.visit()
    copy = make.back_up(installation.settings, tmp_path / "copies", NOW)
    assert restore.restore(installation.settings, copy, NOW).epoch > 1

    async def is_encrypted() -> bool:
        async with opened(url) as database, database.reading() as db:
            asked = "SELECT ssl FROM pg_stat_ssl WHERE pid = pg_backend_pid()"
            return bool((await (await db.connection()).exec_driver_sql(asked)).scalar())

    assert asyncio.run(is_encrypted())
    other = tmp_path / "other.pem"
    subprocess.run(
        ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-subj", "/CN=127.0.0.1", "-keyout", "/dev/null", "-out", other],
        check=True, capture_output=True,
    )  # fmt: skip
    wrong = replace(installation.settings, database_url=f"{plain}?sslmode=verify-full&sslrootcert={other}")
    with pytest.raises(Exception, match=r"(?i)certificate|verify"):
        make.make(wrong, tmp_path / "refused", NOW)


def test_the_databases_password_stands_in_no_list_of_processes(postgres, tmp_path, monkeypatch):
    """Each program of PostgreSQL's that a copy and a restore start writes down how it was called."""
    (tmp_path / "bin").mkdir()
    for name in ("pg_dump", "pg_restore"):
        program = tmp_path / "bin" / name
        program.write_text(
            f'#!/bin/bash\ntr "\\0" " " < /proc/$$/cmdline >> {tmp_path}/called\n'
            f'[ "$PGPASSWORD" = Bi-Mat-9 ] || exit 3\nexec {programs()}/{name} "$@"\n'
        )
        program.chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}/bin:/usr/bin:/bin")
    name = "with_a_password"
    url = postgres.database(name, template="migrated").replace("tests@", "tests:Bi-Mat-9@")
    installation = Installation(an_installation(url, tmp_path / "home"))
    installation.visit()
    try:
        done = restore.restore(
            installation.settings, make.back_up(installation.settings, tmp_path / "copies", NOW), NOW
        )
        postgres.drop(done.aside)
    finally:
        postgres.drop(name)
    called = (tmp_path / "called").read_text()

    assert "pg_dump" in called and "pg_restore" in called and "Bi-Mat" not in called


def harmed(installation: Installation) -> None:
    """A standing that no visit explains: the trial finds it."""
    engine = engine_of(installation.settings.database_url)
    if engine.name == "sqlite":
        import sqlite3

        with sqlite3.connect(str(engine.url.database)) as connection:
            connection.execute("UPDATE standings SET visit_count = 7")
        connection.close()
    else:
        engine._run(lambda connection: connection.execute("UPDATE standings SET visit_count = 7"))  # type: ignore[attr-defined]


@pytest.fixture
def installation(database_url, tmp_path) -> Installation:
    """With one visit."""
    made = Installation(an_installation(database_url, tmp_path / "home"))
    made.visit()
    return made


def test_d11_a_whole_copy_in_which_the_trial_finds_something_is_restored_only_despite_it(
    installation, tmp_path
):
    harmed(installation)
    copy = make.make(installation.settings, tmp_path / "copies", NOW)
    installation.visit()

    with pytest.raises(CopyError, match="whole, but phones could not go on"):
        restore.restore(installation.settings, copy, NOW)
    assert len(installation.visits()) == 2
    restore.restore(installation.settings, copy, NOW, despite=True)
    assert len(installation.visits()) == 1


def test_d11_a_restore_only_adds_keys_and_media(installation, tmp_path):
    copy = make.back_up(installation.settings, tmp_path / "copies", NOW)
    Keys(installation.keys).rotate(NOW)
    voice = installation.media / "voices" / "aa" / "later.mp3"
    voice.parent.mkdir(parents=True)
    voice.write_bytes(b"spoken since")
    before = {path: path.read_bytes() for path in installation.keys.iterdir()}
    restore.restore(installation.settings, copy, NOW)

    assert {path: path.read_bytes() for path in installation.keys.iterdir()} == before and len(before) == 2
    assert voice.read_bytes() == b"spoken since"


def test_d11_nobody_opens_a_file_in_whose_place_a_copy_is_put(sqlite_url, tmp_path):
    settings = an_installation(sqlite_url, tmp_path)
    with engine_of(settings.database_url).alone(), pytest.raises(BeingReplaced, match="being restored"):
        Database(settings.database_url)


OUTWARD = {"http.client", "urllib.request", "httpx", "requests", "aiohttp", "smtplib", "ftplib"}


def test_this_server_calls_nobody():
    """Only the doctor does: the one public address of its own settings."""
    calling = {
        name
        for name, path in imports.paths().items()
        for node in ast.walk(ast.parse(path.read_text("utf-8")))
        if isinstance(node, ast.Import | ast.ImportFrom)
        for taken in ([node.module] if isinstance(node, ast.ImportFrom) else [one.name for one in node.names])
        if taken in OUTWARD
    }

    assert calling == {"volunteer_app.watch.doctor"}


def test_the_example_alarms_ask_for_figures_that_are_told_and_lead_to_headings_that_stand():
    rules = (ROOT / "docs/deploy/alarms.yaml").read_text("utf-8")
    told = (ROOT / "volunteer_app/watch/figures.py").read_text("utf-8")
    headings = re.findall(r"^## (.+)$", (ROOT / "docs/runbook.md").read_text("utf-8"), re.MULTILINE)
    asked = set(re.findall(r"tungnha_\w+", rules))

    assert len(asked) >= 7
    assert {name for name in asked if f'"{name}"' not in told} == set()
    for heading in re.findall(r"docs/runbook\.md: ([^\"]+)\"", rules):
        assert any(one.startswith(heading) for one in headings), heading
