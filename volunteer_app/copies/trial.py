"""Is this installation one that phones can go on with? Asked of a throw-away one made from a copy, and of a restored
one before it takes its place: recount, audit, keys, and a pull as somebody who is signed in."""

import asyncio
from contextlib import suppress
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import msgspec
import sqlalchemy as sa
from sqlmodel import col, select

from volunteer_app.domain.calendar import local_day
from volunteer_app.domain.people import Role
from volunteer_app.sealing import Keys
from volunteer_app.settings import Settings
from volunteer_app.storage import audit, installation, recordings, sign_ins, standings
from volunteer_app.storage.assignments import AssignmentRow
from volunteer_app.storage.database import Database
from volunteer_app.storage.figures import tallies
from volunteer_app.storage.media import Media
from volunteer_app.storage.people import MembershipRow


def try_out(settings: Settings, now: datetime) -> list[str]:
    """What is wrong with the installation of these settings, in plain words; empty: phones can go on with it."""
    return asyncio.run(_problems(settings, now))


async def _problems(settings: Settings, now: datetime) -> list[str]:
    database = Database(settings.database_url)
    try:
        async with database.reading() as db:
            wrong = await standings.all_differences(db)
            wrong += await (await db.connection()).run_sync(tallies.all_differences)
            wrong = [f"recount: {len(wrong)} differences, such as {wrong[0]}"] if wrong else []
            broken = await audit.broken(db)
            wrong += [f"audit: {len(broken)} breaks, such as {broken[0]}"] if broken else []
            known = await installation.known_keys(db)
        here = {key.id for key in Keys(Path(settings.keys_folder)).all()}
        wrong += [f"the key {id_} is missing" for id_ in sorted(known.wanted - here)]
        if not wrong:
            wrong = await _pull(settings, database, now)
    finally:
        await database.close()
    return wrong


async def lacking_media(settings: Settings) -> list[str]:
    """The files that the database names and that are not in the folder."""
    database = Database(settings.database_url)
    try:
        async with database.reading() as db:
            wanted = await recordings.wanted_files(db)
    finally:
        await database.close()
    media = Media(Path(settings.media_folder))
    return sorted(name for name in wanted if not media.has_voice(name))


async def _pull(settings: Settings, database: Database, now: datetime) -> list[str]:
    """Fetch what a volunteer's phone would fetch, through the whole application; nobody there yet is no fault."""
    from volunteer_app.app import create_app  # half a second, which no other command has to wait for

    async with database.writing() as db:
        member = await _somebody_in_the_field(db, now)
        if member is None:
            return []
        token = await sign_ins.begin_sign_in(
            db,
            province_code=member.province_code,
            person_id=member.person_id,
            membership_id=member.id,
            method="trial",
            phone="",
            now=now,
        )
        facts = await installation.server_facts(db)
    with TemporaryDirectory() as assets:
        app = create_app(replace(settings, asset_archive=assets))
        async with app.app.lifespan():
            cookie = f"{app.app.state.cookie_name}={token}"
            status, body = await _get(app, "/api/v1/field-pack", cookie)
    async with database.writing() as db:
        await sign_ins.end_sign_in(db, token)
    said: Any = {}
    with suppress(msgspec.DecodeError):
        said = msgspec.json.decode(body)
    if status != 200 or said.get("server_id") != facts.server_id or said.get("epoch") != facts.epoch:
        return [f"a signed-in phone's pull was answered {status}"]
    return []


async def _somebody_in_the_field(db: Any, now: datetime) -> MembershipRow | None:
    """A volunteer with a hamlet today, else a leader."""
    day = local_day(now)
    has_hamlet = sa.exists().where(
        col(AssignmentRow.province_code) == MembershipRow.province_code,
        col(AssignmentRow.person_id) == MembershipRow.person_id,
        col(AssignmentRow.first_day) <= day,
        col(AssignmentRow.last_day) >= day,
    )
    query = (
        select(MembershipRow)
        .where(
            sa.or_(
                sa.and_(col(MembershipRow.role) == Role.VOLUNTEER, has_hamlet),
                col(MembershipRow.role) == Role.LEADER,
            ),
            col(MembershipRow.first_day) <= day,
            sa.or_(col(MembershipRow.last_day).is_(None), col(MembershipRow.last_day) >= day),
        )
        .order_by(col(MembershipRow.role).desc())  # volunteer before leader
    )
    return (await db.exec(query.limit(1))).first()


async def _get(app: Any, path: str, cookie: str) -> tuple[int, bytes]:
    """One request to the application, as a web server makes it."""
    scope = {
        "type": "http", "asgi": {"version": "3.0"}, "http_version": "1.1", "method": "GET", "scheme": "http",
        "path": path, "raw_path": path.encode(), "query_string": b"", "root_path": "",
        "headers": [(b"host", b"localhost"), (b"cookie", cookie.encode())],
        "client": ("127.0.0.1", 1), "server": ("127.0.0.1", 80), "state": {},
    }  # fmt: skip
    sent: list[dict[str, Any]] = []

    async def receive() -> dict[str, Any]:
        return {"type": "http.request", "body": b"", "more_body": False}

    async def send(message: dict[str, Any]) -> None:
        sent.append(message)

    await app(scope, receive, send)
    body = b"".join(message.get("body", b"") for message in sent)
    return next((message["status"] for message in sent if "status" in message), 500), body
