"""Every route × every role × own, sibling's, other commune's, other province's, deleted, random. Rows: `rows.py`.

A route without a row fails. A guard that is taken out fails too: `test_the_matrix_notices_a_guard_that_is_off`.
"""

import asyncio
import shutil
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import pytest

from tests.authorisation.rows import PHONES, PUBLIC, ROWS, SEAT, Row
from tests.authorisation.things import SAME_FOR_SIBLINGS, THINGS
from tests.authorisation.where import FAR_COMMUNE, FAR_PROVINCE, distances
from tests.conftest import opened
from tests.pages.conftest import FROM_US, ORIGIN, Visitor
from tests.people import COMMUNE, LAN, MINH, PROVINCE, THE_FRONT, id_of
from volunteer_app.app import create_app
from volunteer_app.dependencies import require
from volunteer_app.domain.people import Role
from volunteer_app.settings import Settings
from volunteer_app.storage.database import Database
from volunteer_app.storage.people import MembershipRow, PersonRow
from volunteer_app.storage.places import CommuneRow, HamletRow, ProvinceRow
from volunteer_app.storage.sign_ins import SignInRow, hash_of

ROLES: dict[str, UUID] = {
    "volunteer": LAN,
    "leader": MINH,
    "reviewer": id_of("the Front's officer of the commune"),
    "officer": THE_FRONT,
    "editor": id_of("Biên"),
    "admin": id_of("an administrator"),
}
PROVINCE_WIDE = ("officer", "admin", "editor")
DISTANCES = ("own", "sibling", "other commune", "other province", "deleted", "random")


def routes() -> list[str]:
    """Every method and path that the application answers."""
    app = create_app(Settings(mode="demo", database_url="sqlite:////nowhere/x.db", origin=ORIGIN)).app
    return [
        f"{method} {route.path_format}"
        for route in app.routes
        for method in sorted(route.methods - {"HEAD", "OPTIONS"})  # type: ignore[union-attr]
    ]


@pytest.fixture(scope="module")
def world(migrated: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Visitor, Path]]:
    """A server, and the database that every request begins with: one person of each role, signed in."""
    path = tmp_path_factory.mktemp("matrix") / "world.db"
    shutil.copy(migrated, path)
    asyncio.run(_people(f"sqlite:///{path}"))
    shell = create_app(Settings(mode="demo", database_url=f"sqlite:///{path}", origin=ORIGIN))
    with Visitor(shell, base_url=ORIGIN) as visitor:
        visitor.kept = shell.app.state
        yield visitor, path


async def _people(url: str) -> None:
    now = datetime.now(UTC)
    async with opened(url) as database, database.writing() as db:
        db.add(ProvinceRow(code=FAR_PROVINCE, name="Hà Nội", kind="Thành phố", full_name="Thành phố Hà Nội"))
        await db.flush()
        db.add(
            CommuneRow(code=FAR_COMMUNE, name="Xa", kind="Xã", full_name="Xã Xa", province_code=FAR_PROVINCE)
        )
        await db.flush()
        db.add(
            HamletRow(
                province_code=FAR_PROVINCE,
                id=id_of("farther hamlet"),
                commune_code=FAR_COMMUNE,
                name="Thôn Xa",
                kind="thôn",
                position=1,
            )
        )
        for role, person_id in ROLES.items():
            if person_id not in (LAN, MINH, THE_FRONT):
                db.add(PersonRow(province_code=PROVINCE, id=person_id, name="Người mẫu"))
                db.add(
                    MembershipRow(
                        province_code=PROVINCE,
                        id=person_id,
                        person_id=person_id,
                        role=Role("reviewer" if role == "officer" else role),
                        commune_code=None if role in PROVINCE_WIDE else COMMUNE,
                        first_day=(now - timedelta(days=9)).date(),
                    )
                )
            db.add(
                SignInRow(
                    token_hash=hash_of(f"token of {role}"),
                    province_code=PROVINCE,
                    person_id=person_id,
                    membership_id=person_id,
                    created_at=now,
                    expires_at=now + timedelta(days=1),
                )
            )


def expected(row: Row, role: str, distance: str) -> bool:
    """Is there an answer for this role, about a thing at this distance?"""
    if role not in row.roles.split():
        return False
    if not row.thing or distance == "own":
        return True
    if row.reaches == "own":
        return row.thing in SAME_FOR_SIBLINGS and distance in ("sibling", "other commune")
    if row.reaches == "province":
        return distance in ("sibling", "other commune")
    if distance == "sibling":
        return role in row.sibling.split()
    return distance == "other commune" and role in PROVINCE_WIDE


def values_of(path: Path, row: Row, role: str, distance: str) -> dict[str, Any]:
    """Make the thing at this distance in the database, and say its values."""
    asker = ROLES.get(role, uuid4())
    where = distances(asker)[distance if distance in distances(asker) else "own"]

    async def make() -> dict[str, Any]:
        async with opened(f"sqlite:///{path}") as database, database.writing() as db:
            made = await THINGS[row.thing](db, where)
            if distance in ("deleted", "random"):
                await db.rollback()  # it was there and is gone
            return made

    made = asyncio.run(make())
    if distance != "random" and not (distance == "deleted" and row.thing in SAME_FOR_SIBLINGS):
        return made
    return {name: uuid4() if isinstance(value, UUID) else value[::-1] for name, value in made.items()}


def ask(visitor: Visitor, path: Path, key: str, row: Row, role: str, values: dict[str, Any]) -> Any:
    """One request as this role, against this database."""
    method, address = key.split(" ", 1)
    visitor.kept.database = Database(f"sqlite:///{path}")
    visitor.cookies.clear()
    if role:
        visitor.cookies.set("session", f"token of {role}")
    known = {"screen": "today", "name": "x", "slug": "x", "number": "1", "step": "1", "language": "vi"}
    known |= {"kind": "json"}
    known |= {"tag": "tyz", "key": "term.otp", "part": "text"}
    known |= {"path": "x.json", "sha256": "x", "code": "x"} | {k: str(v) for k, v in values.items()}
    for name, value in known.items():
        address = address.replace(f"{{{name}}}", value)
    if row.query:
        address += "?" + row.query.format(**known)
    if not address.startswith("/api/"):
        address = "/vi" + address
    if row.form is not None:
        filled = {name: text.format(**known) for name, text in row.form.items()}
        return visitor.request(method, address, data=filled, headers=FROM_US, follow_redirects=False)
    body = (
        row.json if row.json is not None else {} if method != "GET" and address.startswith("/api/") else None
    )
    return visitor.request(method, address, json=body, headers=FROM_US, follow_redirects=False)


def is_answer(said: Any) -> bool:
    """Was something done or shown? Being sent to the sign-in page is not."""
    to_sign_in = said.status_code == 303 and said.headers["location"].partition("?")[0].endswith("/sign-in")
    return (said.status_code < 400 and not to_sign_in) or said.status_code == 422


def differences(world: tuple[Visitor, Path], folder: Path, key: str, row: Row) -> list[str]:
    """Where the route does something else than its row says."""
    visitor, original = world
    found = []
    for role in ("", *ROLES):
        for distance in DISTANCES if row.thing else ("own",):
            path = folder / f"{uuid4()}.db"
            shutil.copy(original, path)
            values = values_of(path, row, role, distance) if row.thing else {}
            said = ask(visitor, path, key, row, role, values)
            wanted = expected(row, role, distance)
            refused = (404,) if role else (303, 401)
            right = is_answer(said) if wanted else said.status_code in refused and not is_answer(said)
            if not right:
                found.append(
                    f"{key} as {role or 'nobody'}, {distance}: {said.status_code}, wanted {'an answer' if wanted else refused}"
                )
    return found


def test_every_route_has_a_row():
    missing = [key for key in routes() if key not in ROWS]

    assert not missing, (
        "\nAdd to tests/authorisation/rows.py who may use these routes, for example\n"
        + "\n".join(f'    "{key}": may("leader admin"),' for key in missing)
        + '\nand thing="…" (things.py) where the address or form names something kept.'
    )


def test_every_row_has_its_route():
    assert not set(ROWS) - set(routes())


@pytest.mark.parametrize("key", [key for key, row in ROWS.items() if row not in (PUBLIC, SEAT, PHONES)])
def test_i6_e32_only_who_may_gets_an_answer(world, tmp_path, key):
    assert differences(world, tmp_path, key, ROWS[key]) == []


@pytest.mark.parametrize("key", [key for key, row in ROWS.items() if row == SEAT])
def test_a_waiting_seats_pages_open_for_nobody_else(world, tmp_path, key):
    for role in ("", *ROLES):
        said = ask(world[0], world[1], key, ROWS[key], role, {})
        assert said.status_code in (303, 401, 404) and not is_answer(said), role


@pytest.mark.parametrize("key", [key for key, row in ROWS.items() if row in (PUBLIC, PHONES)])
def test_what_is_open_to_everybody_never_breaks_and_knows_nobody(world, key):
    for role in ("", "admin"):
        said = ask(world[0], world[1], key, ROWS[key], role, {})
        assert said.status_code < 500
        assert ROWS[key] != PUBLIC or "Nông Văn Mẫu" not in said.text


def test_the_matrix_notices_a_guard_that_is_off(world, tmp_path, monkeypatch):
    """Mutation check: without `require` in the pages, rows must fail."""
    from volunteer_app.pages.badges import routes as badges

    key = "GET /badges"
    assert differences(world, tmp_path, key, ROWS[key]) == []
    monkeypatch.setattr(badges, "require", lambda allowed: None)
    assert differences(world, tmp_path, key, ROWS[key])
    assert badges.require is not require
