"""What a copy says about itself. It is written last: a folder without it, or unlike it, is no copy."""

import os
from dataclasses import dataclass
from datetime import datetime
from hashlib import file_digest, sha256
from pathlib import Path, PurePosixPath

import msgspec

FILE = "manifest.json"
FORMAT = 1


class CopyError(Exception):
    """The copy cannot be relied on, or there is none; the message says why, in plain words."""


@dataclass(frozen=True)
class Part:
    """One file of a copy."""

    sha256: str
    size: int


@dataclass(frozen=True)
class Manifest:
    """A copy in figures.

    through: everything received until then is in it. schema: the last migration. counts: rows by table. keys: the key
    pairs that phones have ever sealed to. lacking: files that the database names and that were not there to be copied.
    """

    made_at: datetime
    through: datetime
    engine: str
    server_id: str
    epoch: int
    schema: str
    counts: dict[str, int]
    keys: list[str]
    parts: dict[str, Part]
    lacking: list[str]
    format: int = FORMAT


def parts_in(folder: Path) -> dict[str, Part]:
    """Every file below a folder, with its hash; all of it is on the disk afterwards."""
    found = {}
    for path in sorted(folder.rglob("*")):
        if path.is_file():
            with path.open("rb") as file:
                os.fsync(file.fileno())
                found[path.relative_to(folder).as_posix()] = Part(
                    file_digest(file, "sha256").hexdigest(), path.stat().st_size
                )
    for path in (folder, *folder.rglob("*/")):
        to_disk(path)
    return found


def write(folder: Path, manifest: Manifest) -> None:
    """Say that the copy is whole."""
    said = msgspec.json.encode(manifest, order="deterministic")
    sealed = msgspec.json.encode({"seal": sha256(said).hexdigest(), "copy": msgspec.Raw(said)})
    write_durably(folder / FILE, msgspec.json.format(sealed))


class _Sealed(msgspec.Struct):
    seal: str
    copy: Manifest


def read(folder: Path) -> Manifest:
    """The manifest, and every part checked against it. Raises CopyError."""
    if not (folder / FILE).is_file():
        raise CopyError(f"{folder} is no copy: it has no {FILE}, which is written last")
    try:
        sealed = msgspec.json.decode((folder / FILE).read_bytes(), type=_Sealed)
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise CopyError(f"{folder / FILE} is damaged") from error
    said = msgspec.json.encode(sealed.copy, order="deterministic")
    if sha256(said).hexdigest() != sealed.seal:
        raise CopyError(f"{folder / FILE} is damaged")
    if sealed.copy.format != FORMAT:
        raise CopyError(f"{folder} was made by a newer release: restore it with that one")
    for name, part in sealed.copy.parts.items():
        _check_part(folder, name, part)
    return sealed.copy


def _check_part(folder: Path, name: str, part: Part) -> None:
    path = folder / name
    if PurePosixPath(name).is_absolute() or ".." in PurePosixPath(name).parts or path.is_symlink():
        raise CopyError(f"{name} does not lie in {folder}")
    if not path.is_file():
        raise CopyError(f"{folder} is not whole: {name} is missing")
    if path.stat().st_size != part.size:
        raise CopyError(f"{name} is damaged: {path.stat().st_size} bytes instead of {part.size}")
    with path.open("rb") as file:
        if file_digest(file, "sha256").hexdigest() != part.sha256:
            raise CopyError(f"{name} is damaged: its hash is another one")


def write_durably(path: Path, body: bytes) -> None:
    """A small file that stands there whole or not at all, also after a power cut."""
    unfinished = path.with_name(f".{path.name}.new")
    with unfinished.open("wb") as file:
        file.write(body)
        file.flush()
        os.fsync(file.fileno())
    unfinished.replace(path)
    to_disk(path.parent)


def to_disk(folder: Path) -> None:
    """The names in a folder are on the disk."""
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
