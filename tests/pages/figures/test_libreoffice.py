"""An independent reader of what we export: LibreOffice. Vietnamese intact, numbers numbers, days days, no formula run."""

import subprocess
from datetime import UTC, datetime, timedelta
from io import BytesIO
from pathlib import Path
from typing import NamedTuple
from xml.etree import ElementTree as ET
from zipfile import ZipFile

import pytest

from tests.field_work import a_campaign, deliver
from tests.people import COMMUNE, MINH, PROVINCE, a_household, a_visit
from volunteer_app.domain.calendar import local_day

NOW = datetime.now(UTC)
TODAY = local_day(NOW)
PLACE = {"province": PROVINCE, "commune": COMMUNE, "language": "vi"}
OFFICE = "urn:oasis:names:tc:opendocument:xmlns:office:1.0"
TABLE = "urn:oasis:names:tc:opendocument:xmlns:table:1.0"
TRICKS = ("=1+1", "+84 gọi lại", "-2+3", "@SUM(A1)", "=HYPERLINK(1)", "  =1+1", "|cmd")


class Cell(NamedTuple):
    """A cell as LibreOffice understood it. kind: float, date, string; "" when empty."""

    kind: str
    text: str
    formula: str | None


@pytest.fixture
def office(tmp_path):
    """Open a file in LibreOffice; every sheet's rows: `office("a.csv", b"…")`."""

    def read(name: str, body: bytes) -> dict[str, list[list[Cell]]]:
        return sheets_of(converted(tmp_path, name, body, "fods"))

    return read


def converted(folder: Path, name: str, body: bytes, kind: str) -> Path:
    """The file as LibreOffice writes it again."""
    (folder / name).write_bytes(body)
    # What the window proposes for a CSV that begins with our mark; without a window LibreOffice does not look for it.
    filters = (
        ["--infilter=Text - txt - csv (StarCalc):44,34,76,1,,0,false,true"] if name.endswith(".csv") else []
    )
    profile = f"-env:UserInstallation=file://{folder}/profile"
    command = [
        "soffice",
        profile,
        "--headless",
        *filters,
        *filters,
        "--convert-to",
        kind,
        "--outdir",
        str(folder),
        str(folder / name),
    ]
    subprocess.run(command, check=True, capture_output=True, timeout=180)
    return (folder / name).with_suffix(f".{kind}")


def sheets_of(file: Path) -> dict[str, list[list[Cell]]]:
    """Rows of the sheets of a flat OpenDocument; what a cell repeats is left out."""
    root = ET.parse(file).getroot()
    found = {}
    for table in root.iter(f"{{{TABLE}}}table"):
        rows = []
        for row in table.iter(f"{{{TABLE}}}table-row"):
            cells = [
                Cell(
                    cell.get(f"{{{OFFICE}}}value-type", ""),
                    cell.get(f"{{{OFFICE}}}date-value") or cell.get(f"{{{OFFICE}}}value") or "".join(cell.itertext()).strip(),
                    cell.get(f"{{{TABLE}}}formula"),
                )
                for cell in row.iter(f"{{{TABLE}}}table-cell")
                for _ in range(min(40, int(cell.get(f"{{{TABLE}}}number-columns-repeated", "1"))))
            ]  # fmt: skip
            rows.append(cells)
        found[table.get(f"{{{TABLE}}}name", "")] = rows
    return found


@pytest.fixture
def work(in_database):
    """Deliver operations to the test's database."""
    return lambda operations: in_database(lambda database: deliver(database, operations, now=NOW))


@pytest.fixture
def database_url(sqlite_url):
    """What a file says does not hang on the engine (`test_recount.py` asks both)."""
    return sqlite_url


def by_name(rows: list[list[Cell]]) -> dict[str, list[Cell]]:
    """Rows by what stands in front."""
    return {row[0].text: row[1:] for row in rows if row}


def sheets_in(workbook: bytes) -> int:
    """How many sheets the file itself says it has."""
    with ZipFile(BytesIO(workbook)) as packed:
        return sum(name.startswith("xl/worksheets/sheet") for name in packed.namelist())


@pytest.mark.parametrize("kind", ["xlsx", "csv"])
def test_x1_libreoffice_reads_a_report(signed_in, work, office, kind):
    work(a_campaign(5, now=NOW, households=12))

    body = signed_in(MINH).get(f"/api/v1/figures/report/{kind}", params=PLACE | {"span": "month"}).content
    sheets = office(f"báo cáo.{kind}", body)

    rows = by_name([row for sheet in sheets.values() for row in sheet])
    assert len(sheets) == (sheets_in(body) if kind == "xlsx" else 1)
    assert {one.kind for one in rows["Lượt thăm hộ"][1:4]} == {"float"}
    assert (rows["Đến ngày"][0].kind, rows["Đến ngày"][0].text) == ("date", TODAY.isoformat())
    assert rows["Số liệu tính đến"][0].kind == "date"
    assert [one.kind for one in rows["Nà Thử"][:7]] == ["float"] * 7
    assert rows["Nà Thử"][7].kind == "date"
    assert not [cell for row in rows.values() for cell in row if cell.formula]


@pytest.mark.parametrize("kind", ["xlsx", "csv"])
def test_x1_libreoffice_reads_the_figures_by_place(signed_in, work, office, kind):
    work(a_campaign(5, now=NOW, households=12))

    body = signed_in(MINH).get(f"/api/v1/figures/places/{kind}", params=PLACE).content
    ((heads, *rows),) = office(f"figures.{kind}", body).values()

    names = [cell.text for cell in heads]
    place = next(
        dict(zip(names, row, strict=False)) for row in rows if row and "Nà Thử" in [c.text for c in row]
    )
    assert place["official_source"].text == "danh sách thử"
    assert (place["households_met"].kind, place["official_households"].text) == ("float", "40")
    assert (place["last_visit"].kind, place["last_day"].text) == ("date", TODAY.isoformat())
    assert place["as_of"].kind == "date"


def test_x1_no_word_of_a_family_becomes_a_formula_in_libreoffice(signed_in, work, office):
    """The list of visits holds free text; the same text without our apostrophe is a formula to LibreOffice."""
    at = NOW - timedelta(hours=1)
    homes = [a_household(label=words, code=f"NT-{n:03}", recorded_at=at) for n, words in enumerate(TRICKS)]
    work(
        [
            *homes,
            *(
                a_visit(home.id, recorded_at=at, note=words)
                for home, words in zip(homes, TRICKS, strict=True)
            ),
        ]
    )

    body = signed_in(MINH).get("/api/v1/figures/visits.csv", params=PLACE).content
    ((_heads, *rows),) = office("visits.csv", body).values()
    ((_, *unguarded),) = office("unguarded.csv", body.replace(b"'", b"")).values()

    cells = [cell for row in rows for cell in row if cell.kind]
    assert not [cell for cell in cells if cell.formula]
    assert {words.strip() for words in TRICKS} <= {cell.text.removeprefix("'").strip() for cell in cells}
    assert {row[0].kind for row in rows if row} == {"date"}
    assert [cell for row in unguarded for cell in row if cell.formula], "this reader would have noticed"


def test_x1_a_spreadsheet_prints_in_vietnamese(signed_in, work, tmp_path):
    work(a_campaign(5, now=NOW, households=12))
    body = signed_in(MINH).get("/api/v1/figures/report/xlsx", params=PLACE | {"span": "month"}).content

    paper = converted(tmp_path, "report.xlsx", body, "pdf")
    said = subprocess.run(
        ["pdftotext", "-layout", paper, "-"], check=True, capture_output=True, text=True
    ).stdout

    assert "Xã Minh Tân" in said
    assert "Lượt thăm" in said
    assert "Nà Thử" in said
