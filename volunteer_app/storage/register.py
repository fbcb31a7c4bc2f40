"""The register of what must not come back: erasures, a family's "no", whatever was taken from somebody's hands. And of
what must not be lost: whose signing key is whose.

A restore rolls a database back; this is a file beside it, which no restore does. A line is written before what it says
is committed, holds ids and moments only, and can be followed again at any time: what is done already stays done.
"""

import fcntl
import os
from collections.abc import Callable, Collection, Iterable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from uuid import UUID

import msgspec
import sqlalchemy as sa
from sqlalchemy import event
from sqlmodel.ext.asyncio.session import AsyncSession

REGISTER_FILE = "register.jsonl"
_KEY = "register"

ERASED = "household.erased"
SAID_NO = "consent.no"
OF_FAMILIES = (ERASED, SAID_NO)
"""What phones may bring back after a restore: they are followed every night. The rest is followed once."""

SESSION_ENDED = "session.ended"
KEY_FORGOTTEN = "key.forgotten"
PHONES_ENDED = "phones.ended"
SIGNING_KEY = "signing_key.made"
PROGRAM_STOPPED = "program.stopped"
VOICE_TAKEN_DOWN = "voice.taken_down"
LAST_DAY = "member.last_day"
ROLE = "member.role"


class RegisterEntry(msgspec.Struct, frozen=True, omit_defaults=True):
    """What happened to these, at that moment. noted: when that came here (an answer may have been given days before).
    value: the answer, day or role, one of our own words."""

    noted: datetime
    at: datetime
    what: str
    province: str
    ids: tuple[UUID, ...]
    value: str = ""


class Register:
    """The file in this folder."""

    def __init__(self, folder: Path) -> None:
        self.path = folder / REGISTER_FILE

    def add(self, entries: Iterable[RegisterEntry]) -> None:
        """Write lines, on the disk when this returns. Raises OSError."""
        said = b"".join(msgspec.json.encode(entry) + b"\n" for entry in entries)
        if not said:
            return
        self.path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        is_new = not self.path.exists()
        handle = os.open(self.path, os.O_RDWR | os.O_APPEND | os.O_CREAT, 0o600)
        with os.fdopen(handle, "r+b", buffering=0) as file:
            fcntl.flock(file, fcntl.LOCK_EX)
            size = os.fstat(handle).st_size
            torn = (
                size and os.pread(handle, 1, size - 1) != b"\n"
            )  # a line that a power cut left half written
            os.write(handle, b"\n" + said if torn else said)
            os.fsync(handle)
        if is_new:
            _to_disk(self.path.parent)

    def entries(self) -> list[RegisterEntry]:
        """Every line, in the order of writing. A torn one was never followed by its commit: it says nothing."""
        return entries_in(self.path)

    def merge(self, others: Iterable[RegisterEntry]) -> list[RegisterEntry]:
        """Take in what other registers of this installation say; all entries now, as they were noted."""
        mine = self.entries()
        self.add(set(others) - set(mine))
        return sorted(self.entries(), key=lambda entry: entry.noted)


def entries_in(path: Path) -> list[RegisterEntry]:
    """The lines of a register's file; none where there is no file."""
    found = []
    for line in path.read_bytes().splitlines() if path.is_file() else ():
        try:
            found.append(msgspec.json.decode(line, type=RegisterEntry))
        except (msgspec.DecodeError, UnicodeDecodeError):
            continue
    return found


def _to_disk(folder: Path) -> None:
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def keep_in(engine: sa.Engine, register: Register | None) -> None:
    """Let `note` find the register on each of this engine's connections."""

    @event.listens_for(engine, "connect")
    def _connected(_connection: Any, record: Any) -> None:
        record.info[_KEY] = register


def note(
    connection: sa.Connection,
    what: str,
    province_code: str,
    ids: Collection[UUID],
    at: datetime | None = None,
    value: str = "",
) -> None:
    """Write down what this transaction is about to do. Raises OSError: then it must not be done."""
    register: Register | None = connection.info.get(_KEY)
    if register is not None and ids:
        now = datetime.now(UTC)
        register.add([RegisterEntry(now, at or now, what, province_code, tuple(ids), value)])


async def note_in(
    db: AsyncSession, what: str, province_code: str, ids: Collection[UUID], *, value: str = ""
) -> None:
    """The same from a session."""
    note_on: Callable[..., None] = note
    await (await db.connection()).run_sync(note_on, what, province_code, ids, None, value)
