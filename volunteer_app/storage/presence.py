"""Who has a SQLite database open: everybody who does holds a lock beside it, so that nobody puts another one in its
place meanwhile. (PostgreSQL knows its connections itself.)"""

import fcntl
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO


class BeingReplaced(Exception):
    """A restore puts another database in this one's place just now."""


def hold(path: Path) -> IO[bytes]:
    """Say that the database is in use until the answer is closed. Raises BeingReplaced."""
    file = _beside(path).open("ab")
    try:
        fcntl.flock(file, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except OSError as error:
        file.close()
        raise BeingReplaced(f"{path} is being restored; try again when that is done") from error
    return file


@contextmanager
def alone_with(path: Path) -> Iterator[bool]:
    """Is nobody else using it? If so, nobody can begin to until the end of the block."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with _beside(path).open("ab") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            yield False
        else:
            yield True


def _beside(path: Path) -> Path:
    return path.with_name(f"{path.name}.in-use")
