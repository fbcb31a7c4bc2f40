"""The audit of dependencies: what is known is told, and what could not be asked is never passed over."""

import json
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from threading import Thread

import pytest

from tests import advisories


@pytest.fixture
def service() -> Iterator[Callable[[Callable], str]]:
    """A service that answers so: `service(lambda queries: {…})` gives its address."""
    opened: list[HTTPServer] = []

    def make(answer: Callable) -> str:
        class Handler(BaseHTTPRequestHandler):
            def do_POST(self):
                asked = json.loads(self.rfile.read(int(self.headers["content-length"])))
                self.send_response(200)
                self.end_headers()
                self.wfile.write(json.dumps(answer(asked["queries"])).encode())

            def log_message(self, *_):
                pass

        opened.append(HTTPServer(("127.0.0.1", 0), Handler))
        Thread(target=opened[-1].serve_forever, daemon=True).start()
        return f"http://127.0.0.1:{opened[-1].server_port}/"

    yield make
    for one in opened:
        one.shutdown()
        one.server_close()


def of_litestar(query: dict) -> dict:
    return {"vulns": [{"id": "PYSEC-0"}]} if query["package"]["name"] == "litestar" else {}


@pytest.mark.parametrize(
    ("answer", "code", "said"),
    [
        (lambda queries: {"results": [of_litestar(one) for one in queries]}, 1, "litestar "),
        (lambda queries: {"results": [{} for _ in queries]}, 0, "0 of"),
        (lambda queries: {"results": []}, 3, "NOT CHECKED"),
        (lambda queries: {"error": "busy"}, 3, "NOT CHECKED"),
        (lambda queries: {"results": [None for _ in queries]}, 3, "NOT CHECKED"),
    ],
    ids=["known", "none", "about something else", "no answer", "odd"],
)
def test_what_is_known_is_told_and_no_answer_is_no_pass(service, capsys, answer, code, said):
    assert advisories.main(service(answer)) == code
    assert said in capsys.readouterr().out


def test_a_service_that_cannot_be_reached_is_said(capsys):
    assert advisories.main("http://127.0.0.1:9/") == 3
    assert "NOT CHECKED" in capsys.readouterr().out


def test_every_locked_package_is_asked_about():
    names = {name for name, _ in advisories.locked_in(advisories.LOCKED)}

    assert {"litestar", "cryptography", "jinja2", "playwright"} <= names
