"""Figures for other programs: the same as the pages show, scoped, formula-safe, described."""

import csv
import io
import json
from datetime import UTC, datetime, timedelta

import pytest

from tests import drawn
from tests.field_work import deliver
from tests.pages.coverage.test_routes import met_households
from tests.people import COMMUNE, HOA, LAN, MINH, PROVINCE, THE_FRONT, a_household, a_visit
from volunteer_app.importing.run import run_import
from volunteer_app.pages.figures.geojson import geometry_of
from volunteer_app.pages.reports.files import csv_of, xlsx_of
from volunteer_app.storage.places import BoundaryRow

API = "/api/v1/figures"
PLACE = {"province": PROVINCE, "commune": COMMUNE}
NOW = datetime.now(UTC)


@pytest.fixture
def work(in_database):
    """Deliver operations to the test's database."""
    return lambda operations, **who: in_database(
        lambda database: deliver(database, operations, now=NOW, **who)
    )


def test_x2_hamlets_come_as_geojson_with_the_figures_of_the_map(signed_in, work):
    work(met_households(10))

    answer = signed_in(MINH).get(f"{API}/places/geojson", params=PLACE)

    found = {one["properties"]["name"]: one for one in answer.json()["features"]}
    assert answer.headers["content-type"].startswith("application/geo+json")
    assert found["Nà Thử"]["properties"]["households_met"] == 10
    assert found["Nà Thử"]["geometry"] is None


def test_csv_and_json_say_the_same(signed_in, work):
    work(met_households(10))
    leader = signed_in(MINH)

    rows = leader.get(f"{API}/places/json", params=PLACE).json()
    lines = csv.DictReader(
        io.StringIO(leader.get(f"{API}/places/csv", params=PLACE).content.decode("utf-8-sig"))
    )

    assert (
        [line["households_met"] for line in lines]
        == [str(row["households_met"]) for row in rows]
        == ["10", "0"]
    )


def test_small_numbers_are_left_out_for_the_province(signed_in, work):
    work(met_households(3))

    row = signed_in(THE_FRONT).get(f"{API}/places/json", params=PLACE).json()[0]

    assert (row["households_met"], row["turns"], row["households_visited"]) == (None, None, None)


def test_visits_come_row_by_row_with_names_for_the_leader_of_the_commune(signed_in, work):
    household = a_household(label="=1+1", recorded_at=NOW - timedelta(hours=1))
    work([household, a_visit(household.id, recorded_at=NOW - timedelta(hours=1), note="+84 gọi lại")])

    text = signed_in(MINH).get(f"{API}/visits.csv", params=PLACE).content.decode("utf-8-sig")

    (line,) = csv.DictReader(io.StringIO(text))
    assert (line["hamlet"], line["household_label"], line["note"]) == ("Nà Thử", "'=1+1", "'+84 gọi lại")


@pytest.mark.parametrize("person", [LAN, HOA, THE_FRONT])
def test_nobody_else_gets_the_list_of_visits(signed_in, person):
    assert signed_in(person).get(f"{API}/visits.csv", params=PLACE).status_code == 404


@pytest.mark.parametrize(
    ("person", "path", "query"),
    [
        (LAN, "places/json", PLACE),
        (HOA, "places/json", PLACE),
        (MINH, "places/json", {"province": PROVINCE}),
        (MINH, "places/exe", PLACE),
        (MINH, "report/geojson", PLACE),
        (MINH, "places/json", PLACE | {"language": "xx"}),
        (THE_FRONT, "places/json", {"province": "20"}),
    ],
)
def test_what_is_out_of_scope_or_unknown_is_not_found(signed_in, person, path, query):
    assert signed_in(person).get(f"{API}/{path}", params=query).status_code == 404


def test_who_is_signed_out_gets_nothing(visitor):
    assert visitor.get(f"{API}/places/json", params=PLACE).status_code == 401


def test_x3_openapi_describes_the_figures_and_nothing_else(signed_in):
    schema = json.loads(signed_in(MINH).get(f"{API}/openapi.json").text)

    assert schema["paths"]
    assert all(path.startswith(API) for path in schema["paths"])
    page = signed_in(MINH).get("/vi/figures-api")
    assert all(path in page.text for path in schema["paths"])


@pytest.mark.parametrize(
    "words",
    ["=1+1", "+1-2", "-x", "@sum", "\t=1", " =1", "|cmd", "＝1+1", "\u200b=1", "\ufeff＠x", "\u2060 ＋1"],
)
def test_no_cell_becomes_a_formula_also_in_full_width_or_behind_an_unseen_letter(words):
    from openpyxl import load_workbook

    assert csv_of([("", [[words]])]).decode("utf-8-sig").strip('"\r\n').startswith("'")
    cell = load_workbook(io.BytesIO(xlsx_of([("a", [["x"], [words]])])))["a"]["A2"]
    assert (cell.data_type, cell.value) == ("s", words)


def test_an_outline_goes_back_to_the_degrees_it_came_from():
    row = BoundaryRow.model_construct(
        own_path="M0 0l10 0 0 10-10 0zM2 2l2 0 0 2-2 0z", own_width=10, own_height=10,
        west=105.0, east=106.0, south=22.0, north=23.0,
    )  # fmt: skip

    geometry = geometry_of(row)

    ((outer, hole),) = geometry["coordinates"]
    assert {lon for lon, _ in outer} == {105.0, 106.0}
    assert {lat for _, lat in outer} == {22.0, 23.0}
    assert outer[0] == outer[-1]
    assert hole[0] in [(105.2, 22.8), (105.4, 22.8), (105.4, 22.6), (105.2, 22.6)]


def test_x2_gdal_reads_the_geojson_with_outlines_and_vietnamese_names(signed_in, work, in_database, tmp_path):
    """An independent reader: GDAL/OGR."""
    import pyogrio

    async def outline(database):
        async with database.writing() as db:
            db.add(
                BoundaryRow(
                    level="commune", code=COMMUNE, province_code=PROVINCE, own_path="M0 0l10 0 0 10-10 0zM2 2l2 0 0 2-2 0z",
                    own_width=10, own_height=10, map_path="M0 0h9v9z", map_x=0, map_y=0, map_width=9, map_height=9,
                    west=105.0, east=106.0, south=22.0, north=23.0,
                )
            )  # fmt: skip

    in_database(outline)
    work(met_households(10))
    file = tmp_path / "xã.geojson"
    file.write_bytes(signed_in(THE_FRONT).get(f"{API}/places/geojson", params={"province": PROVINCE}).content)

    known = pyogrio.read_info(file)
    _meta, _ids, shapes, columns = pyogrio.raw.read(file)
    rows = dict(zip(_meta["fields"], columns, strict=True))
    place = list(rows["name"]).index("Minh Tân")

    assert (known["driver"], known["crs"], known["features"]) == ("GeoJSON", "EPSG:4326", 2)
    assert known["total_bounds"] == (105.0, 22.0, 106.0, 23.0)
    assert rows["households_met"][place] == 10
    assert shapes[place] is not None


def test_x2_hamlets_that_were_drawn_come_with_their_outlines_which_fit_and_can_be_imported_again(
    signed_in, in_database, tmp_path
):
    """Drawn and imported, exported and read by GDAL, imported as it was exported."""
    import pyogrio

    first, second = drawn.hamlets_of(2)
    rings = [first, second[::-1]]  # clockwise, as some programs write it
    files = [
        drawn.named(COMMUNE, ["Nà Thử", "Khuổi Mẫu"], rings),
        drawn.named(COMMUNE, ["Nà Thử"], rings[:1]),
    ]

    def take(text):
        path = tmp_path / "hamlets.geojson"
        path.write_text(text, encoding="utf-8")

        async def work(database):
            async with database.writing() as db:
                return await run_import(db, None, path, preview=False, now=NOW, by=None, largest_mb=50)

        report = in_database(work)
        assert report.problems == []
        return report

    def exported():
        return signed_in(MINH).get(f"{API}/places/geojson", params=PLACE)

    take(files[0])
    both = exported()
    again = take(both.text)
    file = tmp_path / "thôn.geojson"
    file.write_bytes(both.content)
    info = pyogrio.read_info(file)
    take(files[1])
    one = {feature["properties"]["name"]: feature["geometry"] for feature in exported().json()["features"]}

    corners = [
        {
            tuple(corner)
            for polygon in feature["geometry"]["coordinates"]
            for ring in polygon
            for corner in ring
        }
        for feature in both.json()["features"]
    ]
    assert len(corners[0] & corners[1]) >= 8, "the border between them has the same corners on both sides"
    assert info["geometry_type"] == "MultiPolygon"
    lons, lats = zip(*(corner for ring in rings for corner in ring), strict=True)
    assert info["total_bounds"] == pytest.approx((min(lons), min(lats), max(lons), max(lats)), abs=1e-5)
    assert again.counts == (0, 0, 0, 2)
    assert (one["Nà Thử"] is None, one["Khuổi Mẫu"]) == (False, None)
