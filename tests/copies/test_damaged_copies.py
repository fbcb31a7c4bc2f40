"""Fifty ways in which a copy is not what it should be: each is refused, and the living installation stays as it was."""

import json
import shutil
from collections.abc import Callable
from datetime import timedelta
from hashlib import sha256
from pathlib import Path
from random import Random

from tests.copies.conftest import NOW
from volunteer_app.copies import make, manifest, restore
from volunteer_app.copies.manifest import CopyError

LATER = NOW + timedelta(days=1)


def database_of(copy: Path) -> Path:
    return next(copy.glob("database.*"))


def key_of(copy: Path) -> Path:
    return next(copy.glob("keys/*.pem"))


def voice_of(copy: Path) -> Path:
    return next(copy.glob("media/voices/*/*.mp3"))


def cut(share: float, of: Callable[[Path], Path]) -> Callable[[Path], None]:
    def harm(copy: Path) -> None:
        path = of(copy)
        path.write_bytes(path.read_bytes()[: int(path.stat().st_size * share)])

    return harm


def flipped(seed: int, of: Callable[[Path], Path]) -> Callable[[Path], None]:
    def harm(copy: Path) -> None:
        body = bytearray(of(copy).read_bytes())
        body[Random(seed).randrange(len(body))] ^= 1 << Random(seed).randrange(8)
        of(copy).write_bytes(body)

    return harm


def without(of: Callable[[Path], Path]) -> Callable[[Path], None]:
    def harm(copy: Path) -> None:
        path = of(copy)
        shutil.rmtree(path) if path.is_dir() else path.unlink()

    return harm


def said_otherwise(change: Callable[[dict], object], seal: bool = True) -> Callable[[Path], None]:
    """A manifest that says something else, and, if asked, fits its own hash all the same."""

    def harm(copy: Path) -> None:
        sealed = json.loads((copy / manifest.FILE).read_text())
        change(sealed["copy"])
        if seal:
            as_it_reads = manifest.msgspec.convert(sealed["copy"], manifest.Manifest)
            said = manifest.msgspec.json.encode(as_it_reads, order="deterministic")
            sealed["seal"] = sha256(said).hexdigest()
        (copy / manifest.FILE).write_text(json.dumps(sealed))

    return harm


def emptied(copy: Path) -> None:
    for path in copy.iterdir():
        shutil.rmtree(path) if path.is_dir() else path.unlink()


def with_the_database_replaced(body: bytes) -> Callable[[Path], None]:
    """Another file under its name, for which the manifest has the right hash."""

    def harm(copy: Path) -> None:
        path = database_of(copy)
        path.write_bytes(body)
        part = {"sha256": sha256(body).hexdigest(), "size": len(body)}
        said_otherwise(lambda said: said["parts"].update({path.name: part}))(copy)

    return harm


def a_key_without_a_key(copy: Path) -> None:
    path, body = key_of(copy), b"-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n"
    path.write_bytes(body)
    part = {"sha256": sha256(body).hexdigest(), "size": len(body)}
    said_otherwise(lambda said: said["parts"].update({f"keys/{path.name}": part}))(copy)


def the_manifest(copy: Path) -> Path:
    return copy / manifest.FILE


HARM: dict[str, Callable[[Path], object]] = {
    **{f"database cut at {share}": cut(share, database_of) for share in (0, 0.1, 0.3, 0.6, 0.9, 0.999)},
    **{f"manifest cut at {share}": cut(share, the_manifest) for share in (0, 0.2, 0.5, 0.8, 0.99)},
    **{f"key cut at {share}": cut(share, key_of) for share in (0, 0.5)},
    **{f"voice cut at {share}": cut(share, voice_of) for share in (0, 0.5)},
    **{f"bit {seed} of the database": flipped(seed, database_of) for seed in range(10)},
    **{f"bit {seed} of a key": flipped(seed, key_of) for seed in range(4)},
    **{f"bit {seed} of a voice": flipped(seed, voice_of) for seed in range(2)},
    "a digit of the manifest": said_otherwise(lambda said: said.update(epoch=said["epoch"] + 1), seal=False),
    "no database": without(database_of),
    "no manifest": without(the_manifest),
    "no keys": without(lambda copy: copy / "keys"),
    "one key less": without(key_of),
    "no voice": without(voice_of),
    "nothing in it": emptied,
    "not there": shutil.rmtree,
    "of another installation": said_otherwise(lambda said: said.update(server_id="f" * 32)),
    "of a newer release": said_otherwise(lambda said: said.update(schema="9999")),
    "of no schema": said_otherwise(lambda said: said.update(schema="")),
    "of a newer format": said_otherwise(lambda said: said.update(format=2)),
    "of the other engine": said_otherwise(
        lambda said: said.update(engine={"sqlite": "postgresql"}.get(said["engine"], "sqlite"))
    ),
    "a row more than it says": said_otherwise(lambda said: said["counts"].update(visits=0)),
    "a row less than it says": said_otherwise(lambda said: said["counts"].update(visits=2)),
    "a table less than it says": said_otherwise(lambda said: said["counts"].update(more=0)),
    "a key that it never had": said_otherwise(lambda said: said["keys"].append("0" * 16)),
    "a key that is none": a_key_without_a_key,
    "a part outside of it": said_otherwise(lambda said: said["parts"].update({"../x": {"sha256": "", "size": 1}})),
    "the database not among its parts": said_otherwise(lambda said: said["parts"].pop(next(n for n in said["parts"] if n.startswith("database")))),
    "the keys not among its parts": said_otherwise(lambda said: [said["parts"].pop(n) for n in list(said["parts"]) if n.startswith("keys")]),
    "an empty database": with_the_database_replaced(b""),
    "no database at all": with_the_database_replaced(b"PGDMP\x01\x0e\x00" + b"\x00" * 5000),
}  # fmt: skip


def test_d11_fifty_damaged_copies_are_refused_and_the_living_rows_stay(installation, tmp_path):
    copy = make.make(installation.settings, tmp_path / "copies", NOW)
    installation.visit()
    before, keys = installation.everything(), sorted(installation.keys.iterdir())
    taken, reasons = [], []
    for name, harm in HARM.items():
        harmed = tmp_path / "harmed"
        shutil.copytree(copy, harmed)
        harm(harmed)
        try:
            restore.restore(installation.settings, harmed, LATER)
            taken.append(name)
        except CopyError as refused:
            reasons.append(str(refused))
        shutil.rmtree(harmed, ignore_errors=True)
        assert (installation.everything(), sorted(installation.keys.iterdir())) == (before, keys), name

    assert len(HARM) >= 50
    assert taken == []
    assert all(reasons), reasons
    assert restore.restore(installation.settings, copy, LATER).epoch > 1, "the copy itself is a good one"
