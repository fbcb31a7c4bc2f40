"""The official lists and outlines as they are, into a real database."""

import re
import shutil
from itertools import pairwise
from math import gcd

from tests import places
from tests.importing.conftest import real_files


def test_x5_every_real_file_comes_in_whole(real):
    counts = {
        table: places.query(real, f"SELECT count(*) FROM {table}")[0][0]
        for table in ("provinces", "communes", "former_units", "hamlets")
    }
    outlines = dict(places.query(real, "SELECT level, count(*) FROM boundaries GROUP BY level"))
    pilots = dict(
        places.query(
            real,
            "SELECT province_code, count(*) FROM boundaries "
            "WHERE level = 'commune' AND province_code IN ('08', '20') GROUP BY province_code",
        )
    )

    assert counts == {"provinces": 34, "communes": 3321, "former_units": 531, "hamlets": 31}
    assert outlines == {"province": 34, "commune": 3321}
    assert pilots == {"08": 124, "20": 65}


def test_codes_keep_their_leading_zeros_and_names_their_marks(real):
    found = places.query(
        real, "SELECT code, name, kind, province_code FROM communes WHERE name LIKE 'Chiêm H%'"
    )

    assert found == [("02287", "Chiêm Hóa", "Xã", "08")]


def test_importing_twice_changes_nothing(real):
    lists = [path for path in real_files() if path.name != "vietnam-communes.geojson"]
    before, imports = places.dump(real), places.query(real, "SELECT count(*) FROM imports")

    reports = places.import_into(real, *lists)

    assert [report.counts.added + report.counts.changed + report.counts.removed for report in reports] == [
        0
    ] * 6
    assert places.dump(real) == before
    assert places.query(real, "SELECT count(*) FROM imports") == imports


def test_a_preview_says_what_would_change_and_changes_nothing(empty):
    before = places.dump(empty)

    (report,) = places.import_into(empty, places.shared(places.UNITS), preview=True)

    assert report.counts == (34 + 3321, 0, 0, 0)
    assert places.dump(empty) == before
    assert places.query(empty, "SELECT count(*) FROM imports") == [(0,)]


def test_undo_restores_exactly_what_was_there_step_by_step(empty):
    names = (places.UNITS, places.FORMER, "lang-son.geojson", places.HAMLETS, "provinces.geojson")
    before = []
    for name in names:
        before.append(places.dump(empty))
        places.import_into(empty, places.shared(name))

    for name, expected in zip(reversed(names), reversed(before), strict=True):
        assert places.undo_in(empty).file_name == name
        assert places.dump(empty) == expected
    assert places.undo_in(empty).code == "import.nothing_to_undo"


def test_undo_brings_replaced_outlines_back(real_once, tmp_path):
    path = shutil.copy(real_once, tmp_path / "test.db")
    fine = places.dump(path)
    (report,) = places.import_into(path, places.shared("vietnam-communes.geojson"))
    assert report.counts == (0, 189, 0, 3132)

    places.undo_in(path)

    assert places.dump(path) == fine


def test_outlines_are_drawn_on_one_grid_without_gaps(real):
    rows = places.query(
        real,
        "SELECT map_path, map_x, map_y, map_width, map_height, own_path, own_width, own_height "
        "FROM boundaries WHERE level = 'commune' AND province_code = '08'",
    )

    sides: dict[frozenset, int] = {}
    for map_path, x, y, width, height, own_path, own_width, own_height in rows:
        corners = [corner for ring in rings_of(map_path) for corner in ring]
        assert box(corners) == (x, y, x + width, y + height)
        own = [corner for ring in rings_of(own_path) for corner in ring]
        assert box(own) == (0, 0, own_width, own_height)
        for ring in rings_of(map_path):
            for a, b in pairwise([*ring, ring[0]]):
                for step in steps(a, b):
                    sides[step] = sides.get(step, 0) + 1
    border = [tuple(side) for side, count in sides.items() if count % 2]
    assert pieces_of(border) == 1  # the province's own border; a gap or overlap inside would be another piece


def test_a_provinces_map_is_light(real):
    paths = places.query(
        real, "SELECT map_path FROM boundaries WHERE level = 'commune' AND province_code = '08'"
    )

    assert sum(len(path) for (path,) in paths) < 20_000


def rings_of(path: str) -> list[list[tuple[int, int]]]:
    """The corners that an SVG path of ours walks along."""
    rings = []
    for ring in re.findall(r"M(\d+) (\d+)l([^z]*)z", path):
        x, y = int(ring[0]), int(ring[1])
        corners = [(x, y)]
        numbers = [int(number) for number in re.findall(r"-?\d+", ring[2])]
        for dx, dy in zip(numbers[::2], numbers[1::2], strict=True):
            x, y = x + dx, y + dy
            corners.append((x, y))
        rings.append(corners)
    return rings


def box(corners: list[tuple[int, int]]) -> tuple[int, int, int, int]:
    xs, ys = zip(*corners, strict=True)
    return min(xs), min(ys), max(xs), max(ys)


def pieces_of(sides: list[tuple]) -> int:
    """How many connected pieces the sides form."""
    neighbours: dict[tuple, set] = {}
    for a, b in sides:
        neighbours.setdefault(a, set()).add(b)
        neighbours.setdefault(b, set()).add(a)
    pieces = 0
    while neighbours:
        pieces += 1
        ahead = [next(iter(neighbours))]
        while ahead:
            ahead += neighbours.pop(ahead.pop(), set())
    return pieces


def steps(a: tuple[int, int], b: tuple[int, int]) -> list[frozenset]:
    """A side cut at every grid point on it, so that neighbours with other corners still share the pieces."""
    pieces = gcd(b[0] - a[0], b[1] - a[1]) or 1
    dx, dy = (b[0] - a[0]) // pieces, (b[1] - a[1]) // pieces
    points = [(a[0] + dx * i, a[1] + dy * i) for i in range(pieces + 1)]
    return [frozenset(pair) for pair in pairwise(points)]
