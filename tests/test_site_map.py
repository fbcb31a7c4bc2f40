"""The site map says what is so: every handler once, under the method and the addresses that it answers."""

import ast
import re

from tests.imports import paths
from volunteer_app.site_map import GROUPS, SITE_MAP

LINES = [line for group in GROUPS for line in group]


def plain(address: str) -> str:
    """`/team/{id:uuid}` → `/team/{id}`."""
    return re.sub(r"\{(\w+):\w+\}", r"{\1}", address)


def test_every_line_says_the_handlers_own_method_and_addresses():
    said = [({method}, set(addresses.split()), handler) for method, addresses, handler in LINES]
    wrong = [
        (sorted(methods), sorted(addresses), handler.fn.__name__)
        for methods, addresses, handler in said
        if methods != handler.http_methods - {"HEAD", "OPTIONS"}
        or addresses != {plain(path) for path in handler.paths}
    ]

    assert wrong == []


def test_nothing_stands_there_twice():
    asked = [(method, address) for method, addresses, _ in LINES for address in addresses.split()]

    assert len(asked) == len(set(asked))
    assert len({id(handler) for handler in SITE_MAP}) == len(SITE_MAP)


def test_every_handler_that_was_written_is_on_the_map():
    known = {handler.fn.__module__ + "." + handler.fn.__name__ for handler in SITE_MAP}
    written = {
        f"{module}.{node.name}"
        for module, path in paths().items()
        if module.startswith("volunteer_app.pages")
        for node in ast.walk(ast.parse(path.read_text("utf-8")))
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
        for mark in node.decorator_list
        if isinstance(mark, ast.Call)
        and getattr(mark.func, "id", "") in ("get", "post", "put", "patch", "delete")
    }

    assert written == known
