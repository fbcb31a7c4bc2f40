"""`volunteer-app export` writes a place's figures into a folder: all forms, no names, small numbers left out."""

import asyncio
import csv
import json
from datetime import UTC, datetime, timedelta

import pytest
from openpyxl import load_workbook

from tests.conftest import opened
from tests.field_work import deliver
from tests.pages.coverage.test_routes import met_households
from tests.people import COMMUNE, HAMLET, NEXT_HAMLET, PROVINCE, a_household, a_visit
from tests.storage.figures.test_tallies import typed

NOW = datetime.now(UTC)


@pytest.fixture
def visited(database_url):
    """Ten households met in one hamlet, six in the next; one of the ten long ago."""
    homes = [*met_households(9)]
    for number, (hamlet_id, ago) in enumerate([(HAMLET, 40), *([(NEXT_HAMLET, 0)] * 6)]):
        at = NOW - timedelta(days=ago, minutes=30)
        home = a_household(hamlet_id=hamlet_id, code=f"KM-{number:03}", recorded_at=at)
        homes += [home, a_visit(home.id, recorded_at=at)]

    async def work():
        async with opened(database_url) as database:
            await deliver(database, homes, now=NOW)

    asyncio.run(work())
    return database_url


def test_x3_every_file_is_there_whole_with_the_same_figures(visited, tmp_path, monkeypatch, capsys):
    folder = tmp_path / "số liệu"

    code = typed(monkeypatch, visited, "export", str(folder), "--province", PROVINCE, "--commune", COMMUNE)

    rows = json.loads((folder / f"figures-{COMMUNE}.json").read_bytes())
    table = list(csv.DictReader((folder / f"figures-{COMMUNE}.csv").open(encoding="utf-8-sig")))
    places = json.loads((folder / f"figures-{COMMUNE}.geojson").read_bytes())["features"]
    names = sorted(path.name for path in folder.iterdir())
    assert (code, sorted(capsys.readouterr().out.split("\n"))[1:]) == (
        0,
        [str(folder / name) for name in names],
    )
    assert names == sorted(
        [*(f"figures-{COMMUNE}.{kind}" for kind in ("csv", "geojson", "json", "xlsx")), f"report-week-{COMMUNE}.csv", f"report-week-{COMMUNE}.xlsx"]
    )  # fmt: skip
    assert [(row["name"], row["households_met"]) for row in rows] == [("Nà Thử", 10), ("Khuổi Mẫu", 5)]
    assert [row["households_met"] for row in table] == ["10", "5"]
    assert [place["properties"] for place in places] == rows
    assert load_workbook(folder / f"report-week-{COMMUNE}.xlsx").sheetnames[0] == "Thông tin chung"
    assert not [path for path in folder.iterdir() if b"N\xc3\xb4ng V\xc4\x83n" in path.read_bytes()]


def test_a_place_that_does_not_exist_is_said_and_nothing_is_written(
    sqlite_url, tmp_path, monkeypatch, capsys
):
    code = typed(monkeypatch, sqlite_url, "export", str(tmp_path / "x"), "--commune", "99999")

    assert code == 1
    assert "99999" in capsys.readouterr().err
    assert not (tmp_path / "x").exists()
