"""Nobody else on this machine reads the database: what is made is closed (`cli.main` sets the mask), what lay there
before is closed at the start."""

from pathlib import Path

from sqlalchemy.engine import make_url

from volunteer_app.settings import Settings


def closed_to_others(settings: Settings) -> str:
    """Take from other accounts what they may do with the database's files, as earlier versions made them. Returns the
    file with which that is not possible, or nothing."""
    path = make_url(settings.database_url).database
    if not settings.database_url.startswith("sqlite") or not path:
        return ""
    for file in (Path(path), *(Path(f"{path}-{more}") for more in ("wal", "shm"))):
        try:
            mode = file.stat().st_mode
            if mode & 0o077:
                file.chmod(mode & 0o700)
        except FileNotFoundError:
            continue
        except OSError:
            return str(file)
    return ""
