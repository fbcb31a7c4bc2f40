"""What an installation knows about itself, made once at its first start."""

import secrets
from typing import NamedTuple
from uuid import uuid4

import sqlalchemy as sa
from sqlalchemy.exc import IntegrityError
from sqlmodel import Field, SQLModel, select
from sqlmodel.ext.asyncio.session import AsyncSession


class InstallationRow(SQLModel, table=True):
    """One fact about this installation."""

    __tablename__ = "installation"
    key: str = Field(primary_key=True, max_length=40)
    value: str = Field(sa_column=sa.Column(sa.Text, nullable=False))


class ServerFacts(NamedTuple):
    """Who this server is.

    server_id: tells it from every other (a captive portal's answer carries none).
    epoch: grows by one after every restore from a backup, so that phones send again.
    secret: 32 bytes that never leave the server; from them come ids that nobody else can compute.
    """

    server_id: str
    epoch: int
    secret: bytes


async def server_facts(db: AsyncSession) -> ServerFacts:
    """The facts of this installation. The first call ever makes them and needs a writing transaction."""
    facts = await _kept(db)
    if facts is None:
        made = {"server_id": uuid4().hex, "epoch": "1", "secret": secrets.token_hex(32)}
        try:
            async with db.begin_nested():
                db.add_all(InstallationRow(key=key, value=value) for key, value in made.items())
        except IntegrityError:
            pass  # another process made them at the same moment: its facts count
        facts = await _kept(db)
    if facts is None:
        raise RuntimeError("The installation's facts could not be kept.")
    return facts


async def _kept(db: AsyncSession) -> ServerFacts | None:
    values = {row.key: row.value for row in await db.exec(select(InstallationRow))}
    if not values:
        return None
    return ServerFacts(values["server_id"], int(values["epoch"]), bytes.fromhex(values["secret"]))
