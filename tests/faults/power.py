"""Power cuts below the file system: what SQLite writes and syncs is written down, call by call, and a disk is made anew
from it that has kept only what was synced.

The hooks sit in SQLite's own table of file functions (its VFS), inside this process: the app's code, drivers and
pragmas stay as they are.
"""

import ctypes
import sqlite3  # the app's library, mended (`storage/database.py` puts it in place)
from collections import defaultdict
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from importlib import import_module
from pathlib import Path
from random import Random
from typing import Any

POINTER = ctypes.sizeof(ctypes.c_void_p)
OPEN = ctypes.CFUNCTYPE(
    ctypes.c_int, ctypes.c_void_p, ctypes.c_void_p, ctypes.c_void_p, ctypes.c_int, ctypes.c_void_p
)
"""Names are passed on as they came, by address: SQLite keeps looking at them."""

WRITE = ctypes.CFUNCTYPE(ctypes.c_int, ctypes.c_void_p, ctypes.c_void_p, ctypes.c_int, ctypes.c_int64)
TRUNCATE = ctypes.CFUNCTYPE(ctypes.c_int, ctypes.c_void_p, ctypes.c_int64)
SYNC = ctypes.CFUNCTYPE(ctypes.c_int, ctypes.c_void_p, ctypes.c_int)

# Where the functions stand in `sqlite3_io_methods` and `sqlite3_vfs` (sqlite.org/c3ref), in pointers.
X_WRITE, X_TRUNCATE, X_SYNC, METHODS = 3, 4, 5, 19
X_OPEN = 5  # after three ints (padded to two pointers), next, name and app data

_alive: list[Any] = []
"""Function tables that SQLite may still hold."""


@dataclass
class Disk:
    """Everything that happened to the files of one folder, in order; and what was told to the outside in between."""

    folder: Path
    before: dict[str, bytes] = field(default_factory=dict)
    log: list[tuple] = field(default_factory=list)

    def told(self, thing: Any) -> None:
        """Somebody outside has heard of this: from now on it may not be lost."""
        self.log.append(("told", thing))

    def cut_at(self, moment: int, folder: Path, chance: Random) -> set[Any]:
        """Make the files as the disk holds them when the power goes before event `moment`; what was told by then.

        What was written and not synced has reached the disk by chance, write by write, or not at all.
        """
        kept = {name: bytearray(content) for name, content in self.before.items()}
        unsynced: dict[str, list[tuple]] = defaultdict(list)
        told = set()
        for what, *rest in self.log[:moment]:
            if what == "told":
                told.add(rest[0])
            elif what == "sync":
                _apply(kept, rest[0], unsynced.pop(rest[0], []))
            else:
                unsynced[rest[0]].append((what, *rest[1:]))
        share = chance.choice([0, 0, 0.5])
        for name, changes in unsynced.items():
            _apply(kept, name, [change for change in changes if chance.random() < share])
        for name, content in kept.items():
            (folder / name).write_bytes(content)
        return told


def _apply(kept: dict[str, bytearray], name: str, changes: list[tuple]) -> None:
    content = kept.setdefault(name, bytearray())
    for what, *rest in changes:
        if what == "truncate":
            del content[rest[0] :]
            continue
        offset, body = rest
        content.extend(b"\0" * (offset - len(content)))
        content[offset : offset + len(body)] = body


@contextmanager
def recorded(folder: Path) -> Iterator[Disk]:
    """Write down what SQLite does to the files in this folder, of every connection opened from now on."""
    disk = Disk(folder, {path.name: path.read_bytes() for path in folder.iterdir() if path.is_file()})
    library = ctypes.CDLL(import_module(f"{sqlite3.connect.__module__.split('.')[0]}._sqlite3").__file__)
    library.sqlite3_vfs_find.restype = ctypes.c_void_p
    vfs = library.sqlite3_vfs_find(None)
    slot = ctypes.c_void_p.from_address(vfs + X_OPEN * POINTER)
    hooked: dict[int, Any] = {}

    def open_file(vfs: int, name: int | None, file: int, flags: int, out: int) -> int:
        code = open_really(vfs, name, file, flags, out)
        path = Path(ctypes.string_at(name).decode()) if name else None
        if code == 0 and path and path.parent == folder and not path.name.endswith("-shm"):
            names[file] = path.name
            methods = ctypes.c_void_p.from_address(file)
            if methods.value not in hooked:
                hooked[methods.value] = _hooked(methods.value, disk, names)
            methods.value = ctypes.addressof(hooked[methods.value])
        return code

    names: dict[int, str] = {}
    really = slot.value
    open_really, our_open = OPEN(really), OPEN(open_file)
    _alive.extend([open_really, our_open, hooked])
    slot.value = ctypes.cast(our_open, ctypes.c_void_p).value
    try:
        yield disk
    finally:
        slot.value = really


def _hooked(table: int, disk: Disk, names: dict[int, str]) -> Any:
    """A copy of a table of file functions, with ours before those that change a file."""
    methods = (ctypes.c_void_p * METHODS).from_buffer_copy(ctypes.string_at(table, METHODS * POINTER))

    def before(index: int, kind: Any, note: Any) -> None:
        really = kind(methods[index])

        def noted(file: int, *rest: int) -> int:
            code = really(file, *rest)
            if code == 0:
                disk.log.append(note(names[file], *rest))
            return code

        ours = kind(noted)
        _alive.extend([really, ours])
        methods[index] = ctypes.cast(ours, ctypes.c_void_p).value

    before(X_WRITE, WRITE, lambda name, at, size, offset: ("write", name, offset, ctypes.string_at(at, size)))
    before(X_TRUNCATE, TRUNCATE, lambda name, size: ("truncate", name, size))
    before(X_SYNC, SYNC, lambda name, _flags: ("sync", name))
    return methods
