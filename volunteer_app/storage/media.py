"""Sound on disk: what phones are still delivering, chunk by chunk, and the speech files that are served.

A delivery is named by its owner and the SHA-256 of the whole; how far it has come is how long its file is. A chunk is
on the disk before it is answered for. Nothing that a phone delivered is ever served: only what was made from it.
"""

import fcntl
import os
from collections.abc import Collection, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from hashlib import sha256
from pathlib import Path

from volunteer_app.domain.permissions import Scope
from volunteer_app.domain.recordings import (
    LARGEST_RECORDING,
    MOST_WAITING_BYTES,
    SHA256,
    UPLOAD_DAYS,
    VOICE_FILE,
)


class WrongOffset(Exception):
    """The chunk does not begin where the delivery stands. offset: where it stands."""

    def __init__(self, offset: int) -> None:
        super().__init__(f"the delivery stands at {offset}")
        self.offset = offset


class TooMuch(Exception):
    """The recording is larger than allowed, or its owner has too much under way."""


class WrongHash(Exception):
    """What arrived is not what was announced; it is let go and may be sent again from its beginning."""


@dataclass(frozen=True)
class Media:
    """The folder of an installation's sound."""

    folder: Path

    def offset(self, scope: Scope, name: str) -> int:
        """How many bytes of this delivery are here."""
        path = self._begun(scope, name)
        return path.stat().st_size if path else 0

    def append(self, scope: Scope, name: str, *, offset: int, length: int, chunk: bytes) -> int:
        """Take one chunk; the new offset. The same again changes nothing. Raises WrongOffset, TooMuch, WrongHash."""
        if not 0 < length <= LARGEST_RECORDING or offset + len(chunk) > length:
            raise TooMuch
        path = self._reserved(scope, name, length)
        with path.open("ab") as file:
            fcntl.flock(file, fcntl.LOCK_EX)
            here = file.seek(0, os.SEEK_END)
            if here != offset:
                if here >= offset + len(chunk):
                    return here
                raise WrongOffset(here)
            file.write(chunk)
            file.flush()
            os.fsync(file.fileno())
        if offset + len(chunk) == length and sha256(path.read_bytes()).hexdigest() != name:
            path.unlink()
            raise WrongHash
        return offset + len(chunk)

    def is_begun(self, scope: Scope, name: str) -> bool:
        """Has a first chunk of this delivery come?"""
        return self._begun(scope, name) is not None

    def delivered(self, scope: Scope, name: str) -> bytes | None:
        """A delivery that is here whole, else None."""
        path = self._begun(scope, name)
        if path is None:
            return None
        body = path.read_bytes()
        return body if sha256(body).hexdigest() == name else None

    def let_go(self, scope: Scope, name: str) -> None:
        """Forget a delivery: it was turned into a speech file, or refused."""
        if path := self._begun(scope, name):
            path.unlink(missing_ok=True)

    def keep_voice(self, body: bytes) -> str:
        """Keep a speech file, durably; its name is made from what it says."""
        name = f"{sha256(body).hexdigest()[:32]}.mp3"
        path = self._voice(name)
        path.parent.mkdir(parents=True, exist_ok=True)
        if not path.exists():
            unfinished = path.with_suffix(".new")
            with unfinished.open("wb") as file:
                file.write(body)
                file.flush()
                os.fsync(file.fileno())
            unfinished.rename(path)
        return name

    def voice(self, name: str) -> bytes | None:
        """A speech file by its name, else None."""
        if not VOICE_FILE.fullmatch(name):
            return None
        path = self._voice(name)
        return path.read_bytes() if path.exists() else None

    def has_voice(self, name: str) -> bool:
        """Is this speech file here?"""
        return self._voice(name).is_file()

    def let_go_old(self, now: datetime) -> int:
        """Forget deliveries that nobody has gone on with for 60 days; how many."""
        oldest = (now - timedelta(days=UPLOAD_DAYS)).timestamp()
        old = [path for path in self.folder.glob("uploads/*/*/*") if path.stat().st_mtime < oldest]
        for path in old:
            path.unlink(missing_ok=True)
        return len(old)

    def let_go_voices(self, *, wanted: Collection[str], now: datetime) -> int:
        """Delete speech files that nobody is to hear any more (sent back, taken down); how many. Today's stay: their
        recordings may be under way."""
        since = (now - timedelta(days=1)).timestamp()
        unwanted = [
            path
            for path in self.folder.glob("voices/*/*.mp3")
            if path.name not in wanted and path.stat().st_mtime < since
        ]
        for path in unwanted:
            path.unlink(missing_ok=True)
        return len(unwanted)

    def _begun(self, scope: Scope, name: str) -> Path | None:
        """The file of a delivery, named by its hash and the length that it announced."""
        if not SHA256.fullmatch(name):
            raise ValueError("not a SHA-256")
        return next(self._uploads(scope).glob(f"{name}.*"), None)

    def _reserved(self, scope: Scope, name: str, length: int) -> Path:
        """The same, with room for all of it. One length for one delivery. Raises TooMuch."""
        folder = self._uploads(scope)
        folder.mkdir(parents=True, exist_ok=True)
        with _locked(folder):
            if path := self._begun(scope, name):
                if _announced(path) != length:
                    raise TooMuch
                return path
            if sum(map(_announced, folder.iterdir())) + length > MOST_WAITING_BYTES:
                raise TooMuch
            path = folder / f"{name}.{length}"
            path.touch()
            return path

    def _uploads(self, scope: Scope) -> Path:
        return self.folder / "uploads" / scope.province_code / scope.person_id.hex

    def _voice(self, name: str) -> Path:
        return self.folder / "voices" / name[:2] / name


def _announced(path: Path) -> int:
    """How large a delivery will be; one from before lengths stood in the name counts as the largest."""
    said = path.suffix[1:]
    return int(said) if said.isdigit() else LARGEST_RECORDING


@contextmanager
def _locked(folder: Path) -> Iterator[None]:
    """Nobody else begins a delivery in this folder meanwhile, in any process."""
    opened = os.open(folder, os.O_RDONLY)
    try:
        fcntl.flock(opened, fcntl.LOCK_EX)
        yield
    finally:
        os.close(opened)
