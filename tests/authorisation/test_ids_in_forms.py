"""An id in a form is a claim: every form that a leader's pages show is sent with the ids of another commune, of another province
and of nobody in each of its fields, and nothing becomes of them. The forms are read off the pages, so a new one is asked too;
ids in addresses are asked by `test_matrix.py`."""

import asyncio
import re
import shutil
import sqlite3
from collections import Counter, deque
from dataclasses import dataclass
from datetime import UTC, datetime
from html.parser import HTMLParser
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import pytest

from tests.authorisation.test_matrix import is_answer
from tests.authorisation.test_twice import kept_in
from tests.conftest import opened
from tests.once import made_once
from tests.pages.conftest import FROM_US, ORIGIN, Visitor
from volunteer_app.app import create_app
from volunteer_app.demo import commune
from volunteer_app.settings import Settings
from volunteer_app.storage.database import Database
from volunteer_app.storage.migrations import bring_up_to_date

AN_ID = re.compile(r"\b[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}\b")
LEADER = "Minh"
MOST_PAGES = 200
"""Pages of each shape are alike: two of each are read, this many in all."""
OPEN_TO_ALL = {("/vi/sign-in/demo", "membership_id")}
"""The demo's own way in: one tap signs in as anybody who was invented."""


class Forms(HTMLParser):
    """Links and forms of one page: `links`, `forms` as (address, fields by name)."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.links: list[str] = []
        self.forms: list[tuple[str, dict[str, str]]] = []
        self._fields: dict[str, str] | None = None
        self._select = ""
        self.feed(html)

    def handle_starttag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
        """Keep what a browser would follow or send."""
        said = {name: value or "" for name, value in attributes}
        if tag == "a":
            self.links.append(said.get("href", ""))
        if tag == "form":
            self._fields = {}
            if said.get("method", "").lower() == "post":
                self.forms.append((said.get("action", ""), self._fields))
        if self._fields is None:
            return
        if tag == "select":
            self._select = said.get("name", "")
        if tag == "option" and self._select and said.get("value"):
            self._fields.setdefault(self._select, said["value"])
        if tag in ("input", "button", "textarea") and said.get("name"):
            self._fields.setdefault(said["name"], said.get("value", ""))

    def handle_endtag(self, tag: str) -> None:
        """A form's fields end with it."""
        if tag == "form":
            self._fields = None
        if tag == "select":
            self._select = ""


def shape(address: str) -> str:
    """An address without its ids, codes and question."""
    return AN_ID.sub("*", address.partition("?")[0])


@dataclass
class Leader:
    """Somebody who leads the demo's commune, what the forms of all pages are, and the database that they show."""

    visitor: Visitor
    database: Path
    forms: dict[tuple[str, frozenset[str]], tuple[str, dict[str, str]]]


def _demo(path: Path) -> None:
    async def make() -> None:
        async with opened(f"sqlite:///{path}") as database:
            await bring_up_to_date(database)
            await commune.ensure(database, datetime.now(UTC))

    asyncio.run(make())


@pytest.fixture(scope="module")
def leader(tmp_path_factory: pytest.TempPathFactory):
    """Reads every page that links lead to, from the first after signing in."""
    path = tmp_path_factory.mktemp("leader") / "demo.db"
    shutil.copy(made_once(tmp_path_factory, "demo.db", _demo), path)
    served = create_app(Settings(mode="demo", database_url=f"sqlite:///{path}", origin=ORIGIN))
    with Visitor(served, base_url=ORIGIN) as visitor:
        visitor.kept = served.app.state
        said = Forms(visitor.get("/vi/sign-in").text)
        visitor.post_from_us("/vi/sign-in/demo", data=_who_leads(said, path))
        yield Leader(visitor, path, forms_of(visitor, "/vi/desk"))


def _who_leads(said: Forms, path: Path) -> dict[str, str]:
    with sqlite3.connect(path) as db:
        leads = {row[0] for row in db.execute("SELECT id FROM memberships WHERE role = 'leader'")}
    return next(
        fields
        for _, fields in said.forms
        if AN_ID.fullmatch(fields.get("membership_id", "")) and UUID(fields["membership_id"]).bytes in leads
    )


def forms_of(visitor: Visitor, start: str) -> dict[tuple[str, frozenset[str]], tuple[str, dict[str, str]]]:
    """Each form once, by where it goes and what it asks."""
    waiting, seen, read = deque([start]), Counter[str](), set[str]()
    found = {}
    while waiting and len(read) < MOST_PAGES:
        address = waiting.popleft()
        if address in read or seen[shape(address)] >= 2:
            continue
        read.add(address)
        seen[shape(address)] += 1
        answer = visitor.get(address)
        if "text/html" not in answer.headers.get("content-type", ""):
            continue
        page = Forms(answer.text)
        here = address.partition("?")[0]
        for action, fields in page.forms:
            found.setdefault((shape(action or here), frozenset(map(shape, fields))), (action or here, fields))
        waiting.extend(to for to in page.links if to.startswith("/vi/"))
    return found


# ---- things of other places


def foreign(path: Path, known: UUID, place: tuple[str, str, bytes]) -> UUID:
    """The same kind of thing as this one, in another commune (province, commune, hamlet)."""
    province, commune_code, hamlet = place
    new = uuid4()
    with sqlite3.connect(path) as db:
        db.row_factory = sqlite3.Row
        for table in tables_with(db, "id"):
            for row in db.execute(f'SELECT * FROM "{table}" WHERE id = ?', [known.bytes]).fetchall():
                said = dict(row) | {"id": new.bytes}
                there = {"province_code": province, "commune_code": commune_code, "hamlet_id": hamlet}
                said |= {name: value for name, value in there.items() if said.get(name) is not None}
                if said.get("household_id"):
                    said["household_id"] = foreign(path, UUID(bytes=said["household_id"]), place).bytes
                if "code" in said:
                    said["code"] = f"XX-{uuid4().hex[:5]}"
                db.execute(
                    f'INSERT INTO "{table}" ({", ".join(said)}) VALUES ({", ".join("?" * len(said))})',
                    list(said.values()),
                )
                if table == "people":
                    works = db.execute(
                        "SELECT * FROM memberships WHERE person_id = ?", [known.bytes]
                    ).fetchone()
                    his = (
                        dict(works)
                        | {"id": uuid4().bytes, "person_id": new.bytes}
                        | {k: there[k] for k in ("province_code", "commune_code")}
                    )
                    db.execute(
                        f"INSERT INTO memberships ({', '.join(his)}) VALUES ({', '.join('?' * len(his))})",
                        list(his.values()),
                    )
    return new


def tables_with(db: sqlite3.Connection, column: str) -> list[str]:
    """Tables that have such a column."""
    names = [row[0] for row in db.execute("SELECT name FROM sqlite_master WHERE type = 'table'")]
    return [n for n in names if any(said[1] == column for said in db.execute(f'PRAGMA table_info("{n}")'))]


def another_commune(path: Path, province: str) -> tuple[str, str, bytes]:
    """A commune of this province with one hamlet, made here."""
    code, hamlet = "09999", uuid4().bytes
    with sqlite3.connect(path) as db:
        db.row_factory = sqlite3.Row
        for table, values in (
            ("provinces", {"code": province}),
            ("communes", {"code": code, "province_code": province}),
            ("hamlets", {"id": hamlet, "province_code": province, "commune_code": code}),
        ):
            row = dict(db.execute(f"SELECT * FROM {table} LIMIT 1").fetchone()) | values
            db.execute(
                f"INSERT OR IGNORE INTO {table} ({', '.join(row)}) VALUES ({', '.join('?' * len(row))})",
                list(row.values()),
            )
    return province, code, hamlet


def about(path: Path, other: UUID) -> set[Any]:
    """Rows that name this id, as bytes or in words; the thing's own row is one of them."""

    def names(value: Any) -> bool:
        return value == other.bytes or (isinstance(value, str) and str(other) in value)

    return {(table, row) for table, rows in kept_in(path).items() for row in rows if any(map(names, row))}


def copied(database: Path, path: Path) -> None:
    """All that is kept, also what still lies beside the file."""
    path.unlink(missing_ok=True)
    with sqlite3.connect(database) as source, sqlite3.connect(path) as target:
        source.backup(target)


def sent_with(leader: Leader, path: Path, action: str, fields: dict[str, str]) -> Any:
    """Send a form to the application on this database; its answer."""
    state = leader.visitor.kept
    state.database = Database(f"sqlite:///{path}")
    try:
        return leader.visitor.request("POST", action, data=fields, headers=FROM_US, follow_redirects=False)
    finally:
        leader.visitor.blocking_portal.call(state.database.close)


def test_no_form_of_a_leader_reaches_what_is_not_theirs(leader: Leader, tmp_path):
    answered: dict[str, Any] = {}
    asked, faults, path = set(), [], tmp_path / "world.db"
    provinces = {
        "nobody's": "",
        "another commune's": own_province(leader.database),
        "another province's": "99",
    }
    for (to, _), (action, fields) in sorted(leader.forms.items(), key=str):
        if any(AN_ID.search(f"{name}={said}") for name, said in fields.items()):
            copied(leader.database, path)
            answered[to] = sent_with(leader, path, action, fields)
        for name, known in [(n, known) for n in fields for known in AN_ID.findall(f"{n}={fields[n]}")]:
            for whose, province in provinces.items():
                if (to, name) in OPEN_TO_ALL:
                    continue
                copied(leader.database, path)
                other = foreign(path, UUID(known), another_commune(path, province)) if province else uuid4()
                before = about(path, other)
                claim = {name.replace(known, str(other)): fields[name].replace(known, str(other))}
                status = sent_with(
                    leader, path, action, {n: fields[n] for n in fields if n != name} | claim
                ).status_code
                asked.add((to, shape(name)))
                if status >= 500 or about(path, other) != before:
                    faults.append(f"{to} {name}: {whose}: {status}")

    assert faults == []
    assert all(is_answer(answer) for answer in answered.values()), "as they stand they are answered"
    assert len(asked) > 12, f"the walk found too little: {sorted(asked)}"


def own_province(path: Path) -> str:
    """Where the demo is."""
    with sqlite3.connect(path) as db:
        return db.execute("SELECT province_code FROM households LIMIT 1").fetchone()[0]
