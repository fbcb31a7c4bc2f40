"""Outlines of hamlets: told by name or by our own GeoJSON's ids, taken whole or refused with a plain sentence."""

from itertools import pairwise

import pytest

from tests import drawn, places
from tests.importing.conftest import HAMLETS, UNITS
from tests.importing.test_bad_files import outline
from tests.importing.test_real_files import box, pieces_of, rings_of, steps
from volunteer_app.domain.labels import LABEL_HEIGHT, LABEL_SIZES, LABEL_WIDTH

NAMES = ["Nà Lung", "Nà Làng", "Bản Ho 1"]
THREE = drawn.hamlets_of(3)
KEPT = """SELECT h.name, b.map_path, b.map_x, b.map_y, b.map_width, b.map_height, b.label_x, b.label_y, b.label_size
    FROM hamlet_boundaries b JOIN hamlets h ON h.province_code = b.province_code AND h.id = b.hamlet_id ORDER BY h.position"""


@pytest.fixture
def take(small, write):
    """Import outlines that must be fine; the report."""

    def take(text, **options):
        (report,) = places.import_into(small, write("hamlets.geojson", text), **options)
        places.assert_readable(report)
        assert report.problems == []
        return report

    return take


def ids(path) -> dict[str, str]:
    """Each hamlet's id as our GeoJSON writes it."""
    found = places.query(path, "SELECT name, lower(hex(id)) FROM hamlets")
    return {name: f"{i[:8]}-{i[8:12]}-{i[12:16]}-{i[16:20]}-{i[20:]}" for name, i in found}


def names(path) -> list[str]:
    return [row[0] for row in places.query(path, KEPT)]


def test_m2_hamlets_are_known_by_name_as_in_lists_made_by_hand(small, take):
    report = take(drawn.named("00919", ["NÀ  LUNG", "Thôn Nà Làng", "ban ho 1"], THREE))

    assert (report.kind, report.counts, report.remarks) == ("boundaries", (3, 0, 0, 0), [])
    assert names(small) == NAMES


def test_hamlets_are_known_by_the_id_of_our_own_geojson_and_may_wait_for_their_outline(small, take):
    known = ids(small)
    features = [
        drawn.feature(THREE[0], code=known["Nà Lung"], name="whatever"),
        drawn.feature(None, code=known["Nà Làng"]),
        drawn.feature(THREE[2]) | {"id": known["Bản Ho 1"]},
    ]

    report = take(drawn.collection(*features))

    assert names(small) == ["Nà Lung", "Bản Ho 1"]
    (remark,) = report.remarks
    assert (remark.code, remark.values["missing"], remark.values["all"]) == ("boundary.missing_hamlets", 1, 3)


def test_the_former_commune_tells_two_hamlets_of_one_name_apart(small, take, write):
    lines = "commune_code,hamlet_name,former_commune\n00919,Nà Đôi,Thuận Hòa\n00919,Nà Đôi,Tùng Bá\n"
    places.import_into(small, write("more.csv", lines))
    file = [
        drawn.feature(ring, commune_code="00919", hamlet_name="Nà Đôi", former_commune=former)
        for ring, former in zip(THREE, ["xã Tùng Bá", "Thuận Hoà"], strict=False)
    ]
    nameless = drawn.collection(drawn.feature(THREE[0], commune_code="00919", hamlet_name="Nà Đôi"))

    take(drawn.collection(*file))
    (refused,) = places.import_into(small, write("again.geojson", nameless))

    assert names(small) == ["Nà Đôi", "Nà Đôi"]
    assert places.codes(refused) == ["boundary.several"]


def test_a_commune_is_drawn_from_one_file_alone_and_every_step_can_be_taken_back(small, take):
    before = places.dump(small)
    take(drawn.named("00919", NAMES[:2], THREE[:2]), preview=True)
    assert places.dump(small) == before
    take(drawn.named("00919", NAMES[:2], THREE[:2]))
    first = places.dump(small)
    again = take(drawn.named("00919", NAMES[:2], THREE[:2]))
    assert (again.counts, places.dump(small)) == ((0, 0, 0, 2), first)

    other = take(drawn.named("00919", NAMES[1:], THREE[1:]))

    assert (other.counts, names(small)) == ((1, 1, 1, 0), NAMES[1:])
    places.undo_in(small)
    assert places.dump(small) == first
    places.undo_in(small)
    assert places.dump(small) == before


def test_units_hamlets_and_their_outlines_may_come_in_one_command(empty, write, capsys):
    from tests.importing.test_command import run

    files = [("a.geojson", drawn.named("00919", NAMES, THREE)), ("b.csv", HAMLETS), ("c.csv", UNITS)]

    assert run(empty, "places", *(write(*file) for file in files)) == 0

    assert "a.geojson: outlines for the map\n  Added 3" in capsys.readouterr().out


ID = "00000000-0000-7000-8000-000000000000"
REFUSED = {
    "unknown hamlet": (drawn.named("00919", ["Nà Xa"], THREE[:1]), "boundary.unknown_hamlet"),
    "other commune's hamlet": (drawn.named("02287", ["Nà Lung"], THREE[:1]), "boundary.unknown_hamlet"),
    "unknown commune": (drawn.named("99999", ["Nà Lung"], THREE[:1]), "boundary.unknown_unit"),
    "unknown id": (drawn.collection(drawn.feature(THREE[0], code=ID)), "boundary.unknown_hamlet"),
    "no commune": (drawn.collection(drawn.feature(THREE[0], hamlet_name="Nà Lung")), "boundary.no_code"),
    "a hamlet twice": (drawn.named("00919", ["Nà Lung", "thôn Nà Lung"], THREE[:2]), "boundary.twice"),
    "nothing drawn": (
        drawn.collection(drawn.feature(None, commune_code="00919", hamlet_name="Nà Lung")),
        "boundary.nothing_drawn",
    ),
    "open ring": (drawn.named("00919", ["Nà Lung"], [THREE[0][:-1]]), "boundary.broken_outline"),
    "hamlets among communes": (
        drawn.collection(outline(), drawn.feature(THREE[0], commune_code="00919", hamlet_name="Nà Lung")),
        "boundary.mixed",
    ),
}  # fmt: skip


@pytest.mark.parametrize(("text", "code"), REFUSED.values(), ids=REFUSED)
def test_what_cannot_be_an_outline_of_a_hamlet_is_refused_with_its_sentence(small, write, text, code):
    before = places.dump(small)

    (report,) = places.import_into(small, write("hamlets.geojson", text))

    assert places.codes(report) == [code]
    places.assert_readable(report)
    assert places.dump(small) == before


def test_an_outline_of_a_hamlet_that_has_ended_is_refused(small, write):
    header = "commune_code,hamlet_name,valid_from,predecessors\n"
    places.import_into(small, write("merger.csv", header + "00919,Đoàn Kết,01/07/2026,Nà Lung;Nà Làng\n"))

    (by_name,) = places.import_into(small, write("a.geojson", drawn.named("00919", NAMES[:1], THREE[:1])))
    by_id = drawn.collection(drawn.feature(THREE[0], code=ids(small)["Nà Lung"]))
    (by_its_id,) = places.import_into(small, write("b.geojson", by_id))

    assert places.codes(by_name) == places.codes(by_its_id) == ["boundary.unknown_hamlet"]
    assert by_name.problems[0].values["hamlet"] == "Nà Lung"


def test_an_outline_beside_its_commune_is_refused_where_the_communes_outline_is_known(small, write):
    far = [[(x + 1, y) for x, y in ring] for ring in THREE]
    commune = outline(
        coordinates=[[[104.9, 22.5], [105.2, 22.5], [105.2, 22.7], [104.9, 22.7], [104.9, 22.5]]]
    )
    places.import_into(small, write("communes.geojson", drawn.collection(commune)))
    (refused,) = places.import_into(small, write("far.geojson", drawn.named("00919", NAMES, far)))
    (taken,) = places.import_into(small, write("near.geojson", drawn.named("00919", NAMES, THREE)))

    assert places.codes(refused) == ["boundary.outside"] * 3
    assert (taken.problems, names(small)) == ([], NAMES)


def test_m2_hamlets_are_drawn_on_one_grid_without_gaps_and_their_numbers_stand_inside(small, take, write):
    thirty = [f"Nà Mẫu {number}" for number in range(30)]
    lines = "".join(f"02287,{name}\n" for name in thirty)
    places.import_into(small, write("thirty.csv", f"commune_code,hamlet_name\n{lines}"))

    take(drawn.named("02287", thirty, drawn.hamlets_of(6, 5)))

    sides: dict[frozenset, int] = {}
    rows = places.query(small, KEPT)
    for _, path, x, y, width, height, label_x, label_y, size in rows:
        rings = rings_of(path)
        assert box([corner for ring in rings for corner in ring]) == (x, y, x + width, y + height)
        scale = size / LABEL_SIZES[-1]
        half_width, half_height = int(LABEL_WIDTH * scale / 2), int(LABEL_HEIGHT * scale / 2) - 1
        assert size
        for beside in (-half_width, 0, half_width):
            for above in (-half_height, 0, half_height):
                assert is_inside(label_x + beside, label_y + above, rings)
        for ring in rings:
            for a, b in pairwise([*ring, ring[0]]):
                for step in steps(a, b):
                    sides[step] = sides.get(step, 0) + 1
    border = [tuple(side) for side, count in sides.items() if count % 2]
    assert len(rows) == 30
    assert pieces_of(border) == 1
    assert sum(len(row[1]) for row in rows) < 10_000


def is_inside(x: float, y: float, rings: list[list[tuple[int, int]]]) -> bool:
    """Does a line from here to the east cross the border an odd number of times?"""
    y += 0.25  # never through a corner
    crossed = [
        x1 + (y - y1) * (x2 - x1) / (y2 - y1) > x
        for ring in rings
        for (x1, y1), (x2, y2) in pairwise([*ring, ring[0]])
        if (y1 > y) != (y2 > y)
    ]
    return sum(crossed) % 2 == 1
