"""What comes in the way of a copy or a restore on the command line: somebody else's restore, a disk that is full, another
key. Each time the living rows are as they were, or those of the copy, and nobody reads a traceback."""

import re
import resource
import subprocess
import sys
from pathlib import Path

import pytest
from sqlalchemy.engine import make_url

from tests.conftest import ROOT
from tests.copies.conftest import NOW, Installation
from volunteer_app.copies import make
from volunteer_app.copies.engines import engine_of


def command(installation: Installation, *words: str, most_bytes: int = 0) -> subprocess.Popen[str]:
    """most_bytes: no file may become larger, as if the disk were full."""
    settings = installation.settings
    environment = {
        "PATH": "/usr/bin:/bin", "HOME": str(ROOT), "DATABASE_URL": settings.database_url,
        "ORIGIN": settings.origin, "KEYS_FOLDER": settings.keys_folder, "MEDIA_FOLDER": settings.media_folder,
        "REGISTER_FOLDER": settings.register_folder, "ASSET_ARCHIVE": settings.asset_archive,
    }  # fmt: skip
    program = "import sys, resource; from volunteer_app import cli\n"
    if most_bytes:
        program += f"resource.setrlimit(resource.RLIMIT_FSIZE, ({most_bytes}, {resource.RLIM_INFINITY}))\n"
    return subprocess.Popen(
        [sys.executable, "-c", f"{program}cli.main()", *words],
        env=environment, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
    )  # fmt: skip


def ended(process: subprocess.Popen[str]) -> tuple[int, str]:
    said, _ = process.communicate(timeout=300)
    assert "Traceback" not in said, said
    return process.returncode, said


def left_over(installation: Installation) -> list[str]:
    """Half-made databases."""
    url = make_url(installation.settings.database_url)
    if url.get_backend_name() == "sqlite":
        return [path.name for path in Path(str(url.database)).parent.glob("*restoring*")]
    names = "SELECT datname FROM pg_database WHERE datname LIKE $1"
    found = engine_of(installation.settings.database_url)._run(  # type: ignore[attr-defined]
        lambda connection: connection.fetch(names, f"{url.database}%restoring%")
    )
    return [row["datname"] for row in found]


@pytest.fixture
def copy(installation, tmp_path) -> Path:
    """Of one visit; since then another came."""
    made = make.make(installation.settings, tmp_path / "copies", NOW)
    installation.visit()
    return made


def test_d11_two_restores_at_once_leave_the_copy_and_say_who_was_refused(installation, copy):
    both = [command(installation, "restore", str(copy)) for _ in range(2)]
    codes = [ended(one) for one in both]

    assert 0 in {code for code, _ in codes}, codes
    assert len(installation.visits()) == 1 and left_over(installation) == []
    for code, said in codes:
        assert code == 0 or re.search(r"in use|is being|already exists|does not exist", said), said


@pytest.mark.parametrize("words", ["restore", "backup"])
def test_d11_a_disk_that_is_full_in_the_middle_changes_nothing(installation, copy, tmp_path, words):
    before, keys = installation.everything(), sorted(installation.keys.iterdir())
    is_sqlite = engine_of(installation.settings.database_url).name == "sqlite"
    if words == "restore" and not is_sqlite:
        pytest.skip("what is restored there lies on PostgreSQL's disk")
    size = next(copy.glob("database.*")).stat().st_size
    target = copy if words == "restore" else tmp_path / "elsewhere"
    for most in (size // 50, size // 2):
        code, said = ended(command(installation, words, str(target), most_bytes=most))
        assert code == 1 and said.strip(), said
        assert (installation.everything(), sorted(installation.keys.iterdir())) == (before, keys)
        assert left_over(installation) == [] and list((tmp_path / "elsewhere").glob("*")) == []
    code, said = ended(command(installation, words, str(target)))
    assert code == 0, said


def test_d11_a_copy_with_the_keys_of_another_is_refused(installation, copy, tmp_path):
    """Both are whole: somebody has put the wrong folder beside the right database, and the manifest knows."""
    for path in (copy / "keys").iterdir():
        path.write_bytes(b"-----BEGIN PRIVATE KEY-----\n")
    code, said = ended(command(installation, "restore", str(copy)))

    assert code == 1 and "keys/" in said
    assert len(installation.visits()) == 2
