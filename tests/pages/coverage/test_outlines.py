"""A commune that has drawn its hamlets: the map of outlines, for everything that the mosaic was for."""

import re
from datetime import UTC, date, datetime
from html import unescape

import brotli
import pytest

from tests import drawn
from tests.field_work import deliver
from tests.pages.coverage.test_beside import panels_of
from tests.pages.coverage.test_routes import HTMX, OF_COMMUNE, met_households, table_of, tiles_of
from tests.people import COMMUNE, HAMLET, MINH, NEXT_HAMLET, PROVINCE, THE_FRONT, id_of
from volunteer_app.domain.places import Signal
from volunteer_app.importing.run import run_import
from volunteer_app.storage.places import HamletRow

NOW = datetime.now(UTC)
NAMES = ["Nà Thử", "Khuổi Mẫu"]


@pytest.fixture
def work(in_database):
    """Deliver operations to the test's database."""
    return lambda operations: in_database(lambda database: deliver(database, operations, now=NOW))


@pytest.fixture
def draw(in_database, tmp_path):
    """Import the outlines of these hamlets of the commune; the first columns × rows of invented land."""

    def draw(names, rings=None):
        path = tmp_path / "hamlets.geojson"
        path.write_text(drawn.named(COMMUNE, names, rings or drawn.hamlets_of(len(names))), encoding="utf-8")

        async def work(database):
            async with database.writing() as db:
                options = {"preview": False, "now": NOW, "by": None, "largest_mb": 50}
                report = await run_import(db, None, path, **options)
                assert report.problems == []

        in_database(work)

    return draw


@pytest.fixture
def change(in_database):
    """Change a hamlet: `change(HAMLET, valid_to=…)`."""

    def change(hamlet_id, **values):
        async def work(database):
            async with database.writing() as db:
                hamlet = await db.get(HamletRow, (PROVINCE, hamlet_id))
                assert hamlet is not None
                for name, value in values.items():
                    setattr(hamlet, name, value)

        in_database(work)

    return change


def map_of(text: str) -> dict[str, tuple[str, str]]:
    """The map: where a hamlet's shape leads → its name and number, and how it is woven."""
    shapes = r'<a href="([^"]+)" tabindex="-1"><title>([^<]+)</title><path d="M[^"]+"\s*(?:fill="url\(#([^)]+)\)|class="(\w+))'
    return {href: (unescape(title), weave or state) for href, title, weave, state in re.findall(shapes, text)}


def test_m2_a_commune_that_has_drawn_its_hamlets_gets_the_map_and_the_table_says_the_same(
    signed_in, work, draw
):
    work(met_households(10) + met_households(24, NEXT_HAMLET))
    draw(NAMES)

    page = signed_in(MINH).get(OF_COMMUNE).text

    assert map_of(page) == {
        f"#place-{HAMLET}": ("Nà Thử: 25 %", "weave-2"),
        f"#place-{NEXT_HAMLET}": ("Khuổi Mẫu: 80 %", "weave-5"),
    }
    assert tiles_of(page) == {}
    assert f'<tr id="place-{HAMLET}"' in page and f'<tr id="place-{NEXT_HAMLET}"' in page
    assert table_of(page)["Nà Thử"][:2] == ["25 %", "10/40 households"]
    assert sorted(re.findall(r"<text [^>]+>([^<]+)</text>", page)) == ["25", "80"]
    assert "Choose a hamlet on the map to find it in the table." in page
    assert ">Hamlet</a></th>" in page


def test_m2_a_partly_drawn_commune_stays_a_mosaic_and_says_why(signed_in, draw):
    leader = signed_in(MINH)
    nobody_has_begun = leader.get(OF_COMMUNE).text
    draw(NAMES[:1])

    page = leader.get(OF_COMMUNE).text

    assert map_of(page) == {} and set(tiles_of(page)) == set(NAMES)
    assert (
        "No outline was imported of: Khuổi Mẫu. The map is drawn once every hamlet has its outline." in page
    )
    assert "outline" not in nobody_has_begun


def test_m2_an_ended_hamlets_outline_is_not_shown_and_its_figures_stay_in_the_table(
    signed_in, work, draw, change
):
    work(met_households(10) + met_households(6, NEXT_HAMLET))
    draw(NAMES)
    change(NEXT_HAMLET, valid_to=date(2026, 1, 31))
    leader = signed_in(MINH)

    page = leader.get(OF_COMMUNE).text
    beside = leader.get(f"{OF_COMMUNE}?beside=measures").text

    assert list(map_of(page)) == [f"#place-{HAMLET}"]
    assert "Only in the table, as they do not stand today: Khuổi Mẫu." in page
    assert table_of(page)["Khuổi Mẫu"][1] == "6 households; official number not known"
    assert beside.count('<use href="#s0"') == len(panels_of(beside)) and "#s1" not in beside
    assert "Khuổi Mẫu" in table_of(beside)


def test_a_new_hamlet_without_an_outline_brings_the_mosaic_back(signed_in, draw, in_database):
    draw(NAMES)

    async def add(database):
        async with database.writing() as db:
            values = {
                "id": id_of("new"),
                "province_code": PROVINCE,
                "commune_code": COMMUNE,
                "name": "Nà Mới",
            }
            db.add(HamletRow(**values))

    in_database(add)

    page = signed_in(MINH).get(OF_COMMUNE).text

    assert map_of(page) == {} and len(tiles_of(page)) == 3
    assert "No outline was imported of: Nà Mới." in page


def test_a_narrowed_map_draws_the_other_hamlets_empty_and_hides_small_cells(signed_in, work, draw, change):
    work(met_households(3) + met_households(20, NEXT_HAMLET))
    draw(NAMES)
    change(NEXT_HAMLET, signal=Signal.NONE)

    narrowed = signed_in(MINH).get(f"{OF_COMMUNE}?signal=none", headers=HTMX).text
    of_the_front = signed_in(THE_FRONT).get(OF_COMMUNE).text

    assert map_of(narrowed) == {f"#place-{NEXT_HAMLET}": ("Khuổi Mẫu: 67 %", "weave-4")}
    assert narrowed.count('class="left_out"') == 1
    assert set(map_of(of_the_front).values()) == {
        ("Nà Thử: •", "weave-hidden"),
        ("Khuổi Mẫu: 67 %", "weave-4"),
    }


def test_m2_the_map_of_thirty_hamlets_is_light(signed_in, in_database, work, draw):
    thirty = [f"Nà Mẫu {number}" for number in range(28)]

    async def add(database):
        async with database.writing() as db:
            for position, name in enumerate(thirty, start=5):
                values = {"id": id_of(name), "province_code": PROVINCE, "commune_code": COMMUNE}
                counted = {"household_count": 40, "household_count_source": "danh sách thử"}
                db.add(HamletRow(name=name, position=position, **values, **counted))

    in_database(add)
    work([one for name in thirty for one in met_households(len(name), id_of(name))])
    leader = signed_in(MINH)
    mosaic = leader.get(OF_COMMUNE).text
    draw([*NAMES, *thirty], drawn.hamlets_of(6, 5))

    pages = {query: leader.get(OF_COMMUNE + query).text for query in ("", "?beside=time", "?beside=measures")}

    sizes = {query: len(brotli.compress(page.encode(), quality=4)) for query, page in pages.items()}
    print(f"{sizes}; as a mosaic {len(brotli.compress(mosaic.encode(), quality=4)):,} B")
    assert len(map_of(pages[""])) == 30
    assert max(sizes.values()) < 15_000
