"""Databases for imports: an empty one, and one with the small commune that the examples are about."""

import shutil
from pathlib import Path

import pytest

from tests import places

UNITS = """\
level,code,name,type,full_name,parent_code,alt_names
1,08,Tuyên Quang,Tỉnh,Tỉnh Tuyên Quang,,
2,00919,Minh Tân,Xã,Xã Minh Tân,08,
2,02287,Chiêm Hóa,Xã,Xã Chiêm Hóa,08,Chiêm Hoá
"""
HAMLETS = """\
commune_code,hamlet_name,kind
00919,Nà Lung,thôn
00919,Nà Làng,thôn
00919,Bản Ho 1,thôn
"""


@pytest.fixture(scope="session")
def empty_once(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("places") / "empty.db"
    places.make_empty(path)
    return path


@pytest.fixture
def empty(empty_once: Path, tmp_path: Path) -> Path:
    """A database with every migration applied, nothing in it."""
    return shutil.copy(empty_once, tmp_path / "test.db")


@pytest.fixture(scope="session")
def small_once(empty_once: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("small")
    path = shutil.copy(empty_once, folder / "small.db")
    files = [folder / "units.csv", folder / "hamlets.csv"]
    for file, text in zip(files, (UNITS, HAMLETS), strict=True):
        file.write_text(text, encoding="utf-8")
    assert not [report.problems for report in places.import_into(path, *files) if report.problems]
    return path


@pytest.fixture
def small(small_once: Path, tmp_path: Path) -> Path:
    """Tuyên Quang with the communes Minh Tân (hamlets Nà Lung, Nà Làng, Bản Ho 1) and Chiêm Hóa."""
    return shutil.copy(small_once, tmp_path / "test.db")


@pytest.fixture(scope="session")
def real_once(empty_once: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = shutil.copy(empty_once, tmp_path_factory.mktemp("real") / "real.db")
    for report in places.import_into(path, *real_files()):
        assert report.problems == []
    return path


@pytest.fixture
def real(real_once: Path, tmp_path: Path) -> Path:
    """Every file of the shared real data, imported; the finer outlines last."""
    return shutil.copy(real_once, tmp_path / "test.db")


@pytest.fixture
def write(tmp_path: Path):
    """Write a file to import: `write("units.csv", text)` or bytes."""

    def write(name: str, content: str | bytes) -> Path:
        path = tmp_path / name
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
        return path

    return write


def real_files() -> list[Path]:
    names = (places.UNITS, places.FORMER, places.HAMLETS)
    outlines = ("provinces.geojson", "vietnam-communes.geojson", "tuyen-quang.geojson", "lang-son.geojson")
    return [places.shared(name) for name in names + outlines]
