"""Every form of the desk sent twice, as a second click or a page that is loaded again does: it is done once, and the second
answer is a calm one. Forms: `rows.py`."""

import re
import shutil
import sqlite3
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from tests.authorisation.rows import PHONES, PUBLIC, ROWS, SEAT, Row
from tests.authorisation.test_matrix import ask, is_answer, values_of, world
from tests.conftest import ROOT
from volunteer_app.domain.ids import new_id, new_seed

__all__ = ["world"]

A_NEW_SESSION = "POST /account/membership"
"""Its answer is another session: the browser asks with that one afterwards."""

FORMS = [
    key
    for key, row in ROWS.items()
    if key != A_NEW_SESSION
    and key.startswith("POST /")
    and "/api/" not in key
    and row not in (PUBLIC, SEAT, PHONES)
]
MADE_BY_SECRET = {
    "POST /account/phones",
    "POST /team/invites",
    "POST /team/members/{membership_id}/recovery",
    "POST /badges",
    "POST /posters",
    "POST /figures-api/programs",
}
"""Forms that bring a seed; the others that make something bring its id."""

MADE_BY_ID = {
    "POST /households/{household_id}/notes": {"text": "Gõ cửa to"},
    "POST /households/{household_id}/levels": {},
    "POST /privacy-requests": {},
    "POST /breaches": {},
    "POST /facilities": {"id": "", "xa": "00919", "name": "Nhà A"},
}

GONE_AFTERWARDS = {
    "POST /facilities/{facility_id}/removal",
    "POST /account/keys/{key_id}/removal",
    "POST /account/sessions/{session_id}/end",
    "POST /team/members/{membership_id}/sessions/{session_id}/end",
    "POST /privacy-requests/{request_id}/erasure",
}
"""What is named is erased by the first: the second is told so, calmly (`test_what_is_gone_is_said_calmly`)."""

NOT_ABOUT_IT = ("audit", "audit_heads", "sqlite_sequence")
"""Who did what may say it twice."""


def kept_in(path: Path) -> dict[str, set[tuple[Any, ...]]]:
    """Everything that a database holds, but for the log of who did what."""
    with sqlite3.connect(path) as db:
        names = [row[0] for row in db.execute("SELECT name FROM sqlite_master WHERE type = 'table'")]
        return {n: set(db.execute(f'SELECT * FROM "{n}"')) for n in names if n not in NOT_ABOUT_IT}


def with_its_mark(key: str, row: Row) -> Row:
    """The row, with what the page's form brings for what it makes."""
    if key in MADE_BY_SECRET:
        return replace(row, form=(row.form or {}) | {"fresh": new_seed()})
    if key in MADE_BY_ID:
        return replace(
            row, form=(row.form or {}) | MADE_BY_ID[key] | {"fresh": str(new_id(datetime.now(UTC)))}
        )
    return row


@pytest.mark.parametrize("key", FORMS)
def test_d13_a_form_sent_twice_is_done_once(world, tmp_path, key):
    visitor, original = world
    row = with_its_mark(key, ROWS[key])
    role = next(one for one in ("leader", "admin", "editor", "volunteer") if one in row.roles.split())
    path = tmp_path / "own.db"
    shutil.copy(original, path)
    values = values_of(path, row, role, "own") if row.thing else {}

    first = ask(visitor, path, key, row, role, values)
    assert is_answer(first), first.text
    after_one = kept_in(path)
    second = ask(visitor, path, key, row, role, values)
    after_two = kept_in(path)

    if key in GONE_AFTERWARDS:
        assert second.status_code == 404
    else:
        assert is_answer(second), second.text
    if key != A_NEW_SESSION:
        assert {
            name: after_two[name] - rows for name, rows in after_one.items() if after_two[name] - rows
        } == {}
    assert {n: len(rows) for n, rows in after_one.items()} == {n: len(rows) for n, rows in after_two.items()}


@pytest.mark.parametrize("key", sorted(MADE_BY_SECRET - {"POST /posters", "POST /badges"}))
def test_d13_what_is_shown_once_is_the_same_when_the_page_is_loaded_again(world, tmp_path, key):
    visitor, original = world
    row = with_its_mark(key, ROWS[key])
    path = tmp_path / "own.db"
    shutil.copy(original, path)
    values = values_of(path, row, "leader", "own") if row.thing else {}

    first, second = (ask(visitor, path, key, row, "leader", values).text for _ in range(2))

    code = re.compile(r'class="code">[^<]+<|<code[^>]*>[^<]{20,}<')
    assert code.findall(first)[:1] and code.findall(first)[:1] == code.findall(second)[:1]


def test_d13_every_form_that_makes_something_brings_its_mark():
    """A form without one makes two at a second click."""
    found = {}
    for path in (ROOT / "volunteer_app" / "pages").rglob("*.html"):
        for form in re.findall(r"<form\b.*?</form>", path.read_text("utf-8"), re.DOTALL):
            if (address := re.search(r'action="{{ url\(([^)]*)', form)) and 'method="post"' in form:
                words = re.sub(r'%s|" ~ .*? ~ "', "{}", address[1]).strip('"').partition('"')[0]
                found.setdefault("POST " + words, []).append("once(" in form)

    for key in {*MADE_BY_SECRET, *MADE_BY_ID}:
        assert all(found[re.sub(r"{\w+}", "{}", key)]), key


def test_what_is_gone_is_said_calmly(world, tmp_path):
    visitor, original = world
    path = tmp_path / "own.db"
    shutil.copy(original, path)
    key = "POST /facilities/{facility_id}/removal"
    values = values_of(path, ROWS[key], "leader", "own")
    visitor.headers["referer"] = "http://localhost/vi/facilities?xa=00919"
    try:
        second = [ask(visitor, path, key, ROWS[key], "leader", values) for _ in range(2)][1]
    finally:
        del visitor.headers["referer"]

    assert second.status_code == 404
    assert "không còn ở đó" in second.text and 'href="/vi/facilities?xa=00919"' in second.text
