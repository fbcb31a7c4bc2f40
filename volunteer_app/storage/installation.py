"""What an installation knows about itself, made once at its first start."""

import secrets
from collections.abc import Collection, Mapping
from typing import NamedTuple
from uuid import uuid4

import sqlalchemy as sa
from sqlalchemy.exc import IntegrityError
from sqlmodel import Field, SQLModel, select
from sqlmodel.ext.asyncio.session import AsyncSession

KEEP_FACT = """INSERT INTO installation (key, value) VALUES (:key, :value)
    ON CONFLICT (key) DO UPDATE SET value = excluded.value"""
"""Write one fact down, where nobody has a session."""


class InstallationRow(SQLModel, table=True):
    """One fact about this installation."""

    __tablename__ = "installation"
    key: str = Field(primary_key=True, max_length=40)
    value: str = Field(sa_column=sa.Column(sa.Text, nullable=False))


class ServerFacts(NamedTuple):
    """Who this server is.

    server_id: tells it from every other (a captive portal's answer carries none).
    epoch: another, later one after every restore from a backup, so that phones send again; never the same twice.
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


class Known(NamedTuple):
    """The ids of the key pairs that phones have ever sealed to, and of those that are lost for good."""

    ids: frozenset[str]
    lost: frozenset[str]

    @property
    def wanted(self) -> frozenset[str]:
        """Those that must be there, to open what phones still hold."""
        return self.ids - self.lost

    @classmethod
    def of(cls, facts: Mapping[str, str]) -> "Known":
        """As the database knows them."""
        return cls(*(frozenset(facts.get(name, "").split()) for name in ("keys", "keys_lost")))


async def known_keys(db: AsyncSession) -> Known:
    """What the database knows of the folder of keys, which lies apart from it."""
    return Known.of({row.key: row.value for row in await db.exec(select(InstallationRow))})


async def note_keys(db: AsyncSession, here: Collection[str]) -> frozenset[str]:
    """Remember the ids of these key pairs; which ones should be here as well and are not."""
    known = await known_keys(db)
    if new := known.ids.union(here) - known.ids:
        await _keep(db, "keys", " ".join(sorted(known.ids | new)))
    return known.wanted - frozenset(here)


async def accept_loss(db: AsyncSession, here: Collection[str]) -> frozenset[str]:
    """Give up the key pairs that are not here any more: what is sealed to them stays unread for ever."""
    known = await known_keys(db)
    lost = known.wanted - frozenset(here)
    await _keep(db, "keys_lost", " ".join(sorted(known.lost | lost)))
    return lost


async def fact(db: AsyncSession, key: str) -> str | None:
    """What the installation has written down about itself under this name."""
    row = await db.get(InstallationRow, key)
    return row.value if row else None


async def keep_fact(db: AsyncSession, key: str, value: str) -> None:
    """Write it down."""
    await _keep(db, key, value)


async def _keep(db: AsyncSession, key: str, value: str) -> None:
    await db.merge(InstallationRow(key=key, value=value))
    await db.flush()


async def _kept(db: AsyncSession) -> ServerFacts | None:
    values = {row.key: row.value for row in await db.exec(select(InstallationRow))}
    if "server_id" not in values:
        return None
    return ServerFacts(values["server_id"], int(values["epoch"]), bytes.fromhex(values["secret"]))
