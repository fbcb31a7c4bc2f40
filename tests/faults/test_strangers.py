"""Nobody waits for a stranger: half-sent requests, slow heads, answers that nobody takes, work that takes long."""

import ast
import asyncio
import contextlib
import logging
import re
import time
from uuid import uuid4

import pytest

from tests.conftest import ROOT, opened
from tests.pages.conftest import _sign_in
from tests.people import COMMUNE, LAN, MINH
from tests.served import ORIGIN, serving
from volunteer_app import bodies, connections
from volunteer_app.app import SITE_MAP
from volunteer_app.storage import database as databases

CHANGING = sorted(
    {
        (method, path)
        for handler in SITE_MAP
        for method in handler.http_methods - {"GET", "HEAD", "OPTIONS"}
        for path in handler.paths
    }
)


@pytest.fixture(scope="module")
def served(migrated, tmp_path_factory):
    folder = tmp_path_factory.mktemp("served")
    (folder / "served.db").write_bytes(migrated.read_bytes())
    url = f"sqlite:///{folder}/served.db"
    for person_id in (LAN, MINH):
        asyncio.run(_sign_in(url, person_id, f"token of {person_id}"))
    with serving(url, folder) as running:
        yield running


def half_sent(method: str, path: str, token: str) -> bytes:
    """A request whose body never comes."""
    path = re.sub(r"\{\w+:uuid\}", str(uuid4()), path)
    path = re.sub(r"\{\w+:\w+\}", "a" * 64, path)
    address = path if path.startswith("/api/") else f"/vi{path}"
    head = [
        f"{method} {address} HTTP/1.1", "Host: localhost", f"Origin: {ORIGIN}", "Sec-Fetch-Site: same-origin",
        "Content-Type: application/x-www-form-urlencoded", "Content-Length: 1000", "Upload-Offset: 0",
        "Upload-Length: 1000", f"Cookie: __Host-session={token}", "", "a",
    ]  # fmt: skip
    return "\r\n".join(head).encode()


def test_security_s3_half_a_request_on_every_route_keeps_no_other_waiting_and_is_cut_off(served):
    """The attack, on every route at once, as nobody, as a volunteer and as a leader: each connection holds what it can.
    Meanwhile somebody writes. In the end none of them is held any longer."""
    tokens = ("", f"token of {LAN}", f"token of {MINH}")
    held = [
        (path, served.connection(half_sent(method, path, token)))
        for token in tokens
        for method, path in CHANGING
    ]
    began = time.monotonic()

    written = served.post("/api/v1/sign-out", json={}, token="nobody's", timeout=8)
    form = {"name": "Bà Mẫu", "phone": "0912345678", "xa": COMMUNE}
    asked = served.post("/vi/yeu-cau-tham", data=form, timeout=8)

    assert written.status_code == 204
    assert asked.status_code == 303
    assert time.monotonic() - began < 8
    for path, connection in held:
        connection.settimeout(bodies.FIRST_SECONDS + 25 - (time.monotonic() - began))
        answer = connection.recv(100)
        assert answer.startswith((b"HTTP/1.1 408", b"HTTP/1.1 404")), (path, answer[:40])
        connection.close()


def test_security_s3_a_head_that_does_not_come_is_not_waited_for(served):
    sent = (b"", b"GET /vi/sign-in HTTP/1.1\r\nHost: local", b"\r\n", b"POST /")
    began = time.monotonic()
    for connection in [served.connection(some) for some in sent]:
        connection.settimeout(connections.HEAD_SECONDS + 10 - (time.monotonic() - began))
        with connection, contextlib.suppress(ConnectionResetError):
            assert connection.recv(100) == b""


def test_security_s3_a_head_without_an_end_is_cut_off(served):
    connection = served.connection(b"GET / HTTP/1.1\r\n")
    line = b"X-Long: " + b"a" * 1000 + b"\r\n"

    with connection, pytest.raises((ConnectionError, BrokenPipeError)):
        for _ in range(20 * connections.LARGEST_HEAD_BYTES // len(line)):
            connection.sendall(line)
            time.sleep(0.001)


def test_security_s3_a_slow_phone_still_delivers(served):
    """Guarded against too much zeal: a body that comes in small pieces, longer than a glance, is taken."""
    body = b'{"session": ""}' + b" " * 2000
    head = half_sent("POST", "/api/v1/sign-out", "x").replace(b"Length: 1000", b"Length: %d" % len(body))
    connection = served.connection(head[:-1])
    for i in range(0, len(body), 400):
        connection.sendall(body[i : i + 400])
        time.sleep(0.3)

    with connection:
        assert connection.recv(100).startswith(b"HTTP/1.1 204")


@pytest.mark.parametrize("guard", [True, False])
def test_security_s3_a_transaction_begins_with_its_first_statement(database_url, monkeypatch, guard):
    """Off: somebody who has opened one and done nothing keeps the next one waiting (SQLite has one writer)."""

    async def work():
        async with opened(database_url) as database:
            async with database.writing() as idle:
                if not guard:
                    await idle.connection()
                other = asyncio.ensure_future(
                    database.writing_at_once(lambda c: c.exec_driver_sql("SELECT 1"))
                )
                done, _ = await asyncio.wait([other], timeout=1)
            await other
            return bool(done)

    assert asyncio.run(work()) is (guard or database_url.startswith("postgresql"))


def test_security_s3_writers_still_take_turns_in_the_order_in_which_they_come(sqlite_url):
    order = []

    async def write(database, number):
        async with database.writing() as db:
            connection = await db.connection()
            order.append(number)
            await connection.exec_driver_sql("SELECT 1")
            await asyncio.sleep(0.01)
            assert order[-1] == number, "nobody else began meanwhile"

    async def work():
        async with opened(sqlite_url) as database:
            await asyncio.gather(*(write(database, number) for number in range(10)))

    asyncio.run(work())
    assert order == list(range(10))


def test_security_s3_a_writer_that_was_held_long_is_told_of(database_url, monkeypatch, caplog):
    monkeypatch.setattr(databases, "LONG_SECONDS", 0.2)

    async def work():
        async with opened(database_url) as database:
            for seconds in (0, 0.3):
                async with database.writing() as db:
                    await db.connection()
                    await asyncio.sleep(seconds)
            await database.writing_at_once(lambda c: time.sleep(0.3))
            return database.held

    with caplog.at_level(logging.WARNING, "volunteer_app"):
        held = asyncio.run(work())

    assert held.too_long == 2 and held.longest >= 0.3
    assert sum(line.startswith("writer.held seconds=0.") for line in caplog.messages) == 2


def test_security_s3_what_fails_gives_its_turn_back(sqlite_url):
    async def fail(database):
        with pytest.raises(ZeroDivisionError):
            async with database.writing() as db:
                await db.connection()
                1 / 0  # noqa: B018

    async def leave(database):
        writing = asyncio.ensure_future(stay(database))
        await asyncio.sleep(0.1)
        waiting = asyncio.ensure_future(stay(database))
        await asyncio.sleep(0.1)
        for one in (waiting, writing):
            one.cancel()
            await asyncio.gather(one, return_exceptions=True)

    async def stay(database):
        async with database.writing() as db:
            await db.connection()
            await asyncio.sleep(60)

    async def work():
        async with opened(sqlite_url) as database:
            await fail(database)
            await leave(database)
            async with asyncio.timeout(5), database.writing() as db:
                await db.connection()
            return await asyncio.wait_for(database.writing_at_once(lambda c: "taken"), 5)

    assert asyncio.run(work()) == "taken"


SLOW = ("to_thread", "run_in_executor", "sleep", "wait_for", "stream")


def test_security_s3_no_handler_with_a_transaction_does_slow_work():
    """Who asks for `Db` or for somebody signed in holds a transaction to the end; slow work comes before one or after."""
    found = []
    for file in (ROOT / "volunteer_app/pages").rglob("*.py"):
        for function in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
            if not isinstance(function, ast.AsyncFunctionDef):
                continue
            routes = [ast.unparse(one) for one in function.decorator_list]
            asked = {ast.unparse(one.annotation) for one in function.args.args if one.annotation}
            if any(one.startswith(("post(", "patch(", "put(", "delete(")) for one in routes) and asked & {
                "Db", "CurrentPerson", "CurrentScope", "Reader"
            }:  # fmt: skip
                called = {
                    getattr(one.func, "attr", "") for one in ast.walk(function) if isinstance(one, ast.Call)
                }
                found += [f"{file.name}:{function.name}: {name}" for name in called & set(SLOW)]

    assert found == []


BETWEEN_TWO = {
    "two lengths": b"Content-Length: 4\r\nContent-Length: 40\r\n\r\n",
    "a length and chunks": b"Content-Length: 4\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
    "chunks, hidden": b"Transfer-Encoding : chunked\r\n\r\n0\r\n\r\n",
    "chunks that are none": b"Transfer-Encoding: xchunked\r\n\r\n0\r\n\r\n",
    "a length that is none": b"Content-Length: +4\r\n\r\n",
    "a folded line": b"Content-Length: 4\r\nX-Long: a\r\n b\r\n\r\n",
}


@pytest.mark.parametrize("kind", BETWEEN_TWO)
def test_where_a_request_ends_is_never_doubted(served, kind):
    """A second request behind an end that a proxy and the server could read differently is not answered."""
    hidden = b"GET /vi/sign-in HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n"
    head = b"POST /api/v1/sign-out HTTP/1.1\r\nHost: localhost\r\nOrigin: %s\r\n" % ORIGIN.encode()
    with served.connection(head + BETWEEN_TWO[kind] + hidden) as connection:
        connection.settimeout(bodies.FIRST_SECONDS + 25)
        answer = b""
        with contextlib.suppress(ConnectionResetError):
            while more := connection.recv(65536):
                answer += more

    assert b"<html" not in answer and answer.count(b"HTTP/1.1 200") == 0, answer[:80]
