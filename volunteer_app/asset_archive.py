"""Files of earlier versions (kho tệp cũ): a phone that still runs one finds what it has not fetched yet.

Each start stores its files under the hash in their names; what no start has stored for 60 days goes.
"""

import os
from datetime import datetime, timedelta
from pathlib import Path

from volunteer_app.assets import Asset, Assets, media_type_of

KEPT_FOR = timedelta(days=60)


def store(assets: Assets, folder: Path, now: datetime) -> None:
    """Put every file of this version into the archive, and let go of what is too old."""
    folder.mkdir(parents=True, exist_ok=True)
    for asset in assets.all():
        path = folder / _name(asset.address)
        if not path.exists():
            draft = path.with_name(path.name + f".{os.getpid()}.new")
            draft.write_bytes(asset.body)
            draft.rename(path)  # never half a file under its name
        os.utime(path, (now.timestamp(), now.timestamp()))
    for path in folder.iterdir():
        if now.timestamp() - path.stat().st_mtime > KEPT_FOR.total_seconds():
            path.unlink(missing_ok=True)


def find(folder: Path, address: str) -> Asset | None:
    """A file of an earlier version by its address; None when it is too old or never was."""
    path = folder / _name(address)
    return Asset(address, path.read_bytes(), media_type_of(address)) if path.is_file() else None


def _name(address: str) -> str:
    """One flat name, so that no address can lead out of the folder."""
    return address.removeprefix("/assets/").replace("/", "~")
