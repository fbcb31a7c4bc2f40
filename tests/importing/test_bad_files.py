"""Files that cannot be taken: each gets a plain sentence, and nothing is changed."""

import io
import json
import os
import struct
import zipfile

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from openpyxl import Workbook

from tests import places
from tests.importing.conftest import HAMLETS, UNITS

SQUARE = [[105.0, 22.0], [105.1, 22.0], [105.1, 22.1], [105.0, 22.1], [105.0, 22.0]]
FORMER = "former_code,former_name,former_district,former_province,part,code\n"


def outlines(*features: dict) -> str:
    return json.dumps({"type": "FeatureCollection", "features": list(features)})


def outline(code: object = "00919", kind: str = "Polygon", coordinates: object = None) -> dict:
    coordinates = [SQUARE] if coordinates is None else coordinates
    return {
        "type": "Feature",
        "id": code,
        "properties": {},
        "geometry": {"type": kind, "coordinates": coordinates},
    }


def moved(lon: float, lat: float) -> list:
    return [[[x + lon, y + lat] for x, y in SQUARE]]


BAD_TEXTS = {
    "empty": ("", "file.empty"),
    "only spaces": ("  \n\n ", "file.empty"),
    "a poem": ("Trăm năm trong cõi người ta\n", "file.not_recognised"),
    "header only of something else": ("a,b,c\n1,2,3\n", "file.not_recognised"),
    "a page": ("<!doctype html><title>Sign in</title>", "file.not_recognised"),
    "unknown province": (UNITS + "2,00001,A,Xã,Xã A,99,\n", "unit.unknown_province"),
    "code twice": (UNITS + "2,00919,B,Xã,Xã B,08,\n", "unit.twice"),
    "lost zeros": (UNITS + "2,919,B,Xã,Xã B,08,\n", "field.code"),
    "no name": (UNITS + "2,00001,,Xã,Xã B,08,\n", "field.missing"),
    "level 3": (UNITS + "3,00001,B,Xã,Xã B,08,\n", "unit.level"),
    "endless name": (UNITS + f"2,00001,{'B' * 81},Xã,Xã B,08,\n", "field.too_long"),
    "too few cells": (UNITS + "2,00001,B\n", "file.other_width"),
    "missing column": ("level,code,name,type,full_name\n1,08,A,Tỉnh,Tỉnh A\n", "file.missing_columns"),
    "open quotation mark": (UNITS + '2,00001,"B,Xã,Xã B,08,\n', "file.broken_csv"),
    "unknown commune": (HAMLETS + "99999,Nà Lung,thôn\n", "unit.unknown"),
    "formula": (HAMLETS + "00919,=1+1,thôn\n", "field.formula"),
    "formula by plus": (HAMLETS + "00919,+cmd|'/c calc'!A1,thôn\n", "field.formula"),
    "formula by minus": (HAMLETS + "00919,-2+A1,thôn\n", "field.formula"),
    "formula by at": (HAMLETS + "00919,@SUM(A1),thôn\n", "field.formula"),
    "ID number": (HAMLETS + "00919,Nà Mới 008123456789,thôn\n", "field.id_number"),
    "ID number in pieces": (HAMLETS + "00919,Nà Mới 008 123 456 789,thôn\n", "field.id_number"),
    "hamlet twice": (HAMLETS + "00919,NÀ  LUNG,thôn\n", "hamlet.twice"),
    "former unit unknown": (FORMER + "00001,Xã A,Huyện B,Tỉnh C,whole,99999\n", "unit.unknown"),
    "neither whole nor part": (FORMER + "00001,Xã A,Huyện B,Tỉnh C,half,00919\n", "former_unit.part"),
    "broken off": (outlines(outline())[:-20], "boundary.broken"),
    "nested without end": ("[" * 100_000, "boundary.broken"),
    "endless number": ('{"type": "FeatureCollection", "features": [' + "9" * 5000 + "]}", "boundary.broken"),
    "huge number": (outlines(outline(coordinates=[[[10**400, 22.0]] * 4])), "boundary.broken_outline"),
    "not a collection": ('{"type": "Feature"}', "boundary.not_geojson"),
    "no outlines": (outlines(), "boundary.not_geojson"),
    "a list": ("[1, 2]", "boundary.not_geojson"),
    "points": (outlines(outline(kind="Point", coordinates=[105, 22])), "boundary.wrong_shape"),
    "no geometry": (outlines({"type": "Feature", "id": "00919", "geometry": None}), "boundary.nothing_drawn"),
    "open ring": (outlines(outline(coordinates=[SQUARE[:-1]])), "boundary.broken_outline"),
    "ring of words": (outlines(outline(coordinates=[[["a", "b"]] * 4])), "boundary.broken_outline"),
    "not a number": (outlines(outline(coordinates=[[[float("nan"), 22.0]] * 4])), "boundary.broken_outline"),
    "no area": (outlines(outline(coordinates=[[[105.0, 22.0]] * 4])), "boundary.broken_outline"),
    "latitude first": (outlines(outline(coordinates=[[p[::-1] for p in SQUARE]])), "boundary.elsewhere"),
    "elsewhere": (outlines(outline(coordinates=moved(-60, 20))), "boundary.elsewhere"),
    "metres": (outlines(outline(coordinates=moved(500_000, 2_400_000))), "boundary.elsewhere"),
    "unknown unit": (outlines(outline("99999")), "boundary.unknown_unit"),
    "no code": (outlines(outline(None)), "boundary.no_code"),
    "numeric code": (outlines(outline(919)), "boundary.no_code"),
    "outline twice": (outlines(outline(), outline()), "boundary.twice"),
    "provinces among communes": (outlines(outline(), outline("08")), "boundary.mixed"),
}


def assert_refused(path, file, code, **options):
    before = places.dump(path)

    (report,) = places.import_into(path, file, **options)

    assert code in places.codes(report)
    places.assert_readable(report)
    assert places.dump(path) == before
    assert places.query(path, "SELECT count(*) FROM imports") == [(2,)]


@pytest.mark.parametrize(("text", "code"), BAD_TEXTS.values(), ids=BAD_TEXTS)
def test_a_bad_file_gets_its_sentence_and_changes_nothing(small, write, text, code):
    assert_refused(small, write("file", text), code)


@pytest.mark.parametrize(
    ("content", "code"),
    [
        (HAMLETS.encode("utf-16"), "file.utf_16"),
        (HAMLETS.encode("utf-16-be"), "file.not_text"),
        (b"commune_code,hamlet_name,kind\n00919,N\xe0 Lung,th\xf4n\n", "file.not_utf_8"),
        (b"\x89PNG\r\n\x1a\n\x00\x00", "file.not_text"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\x00" * 100, "sheet.old_format"),
        (b"PK\x03\x04" + b"nothing", "sheet.broken"),
    ],
    ids=["UTF-16", "UTF-16 without mark", "Windows-1258", "picture", "old Excel", "broken XLSX"],
)
def test_a_wrong_encoding_or_format_gets_its_sentence(small, write, content, code):
    assert_refused(small, write("file", content), code, commune_code="00919")


def test_a_byte_order_mark_and_semicolons_are_fine(empty, write):
    text = UNITS.replace(",", ";")

    (report,) = places.import_into(empty, write("units.csv", b"\xef\xbb\xbf" + text.encode()))

    assert (report.problems, report.counts.added) == ([], 3)


def test_problems_name_every_bad_line(small, write):
    text = HAMLETS + "99999,Nà Mới,thôn\n00919,=1,thôn\n00919,Nà Thấp,thôn\n919,Nà Cao,thôn\n"

    (report,) = places.import_into(small, write("hamlets.csv", text))

    assert sorted((p.values["line"], p.code) for p in report.problems) == [
        (5, "unit.unknown"),
        (6, "field.formula"),
        (8, "field.code"),
    ]


def test_a_file_of_300_mb_is_refused_before_it_is_read(small, tmp_path):
    file = tmp_path / "large.csv"
    file.touch()
    os.truncate(file, 300 * 1024 * 1024)

    assert_refused(small, file, "file.too_large")


def test_a_missing_file_or_a_folder_is_refused(small, tmp_path):
    assert_refused(small, tmp_path / "nowhere.csv", "file.unreadable")
    assert_refused(small, tmp_path, "file.unreadable")


def test_a_workbook_that_unpacks_to_gigabytes_is_refused_unopened(small, write):
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("xl/worksheets/sheet1.xml", b"0" * (50 * 1024 * 1024))

    assert_refused(small, write("bomb.xlsx", packed.getvalue()), "sheet.too_large", commune_code="00919")


def test_a_workbook_that_lies_about_its_size_is_refused(small, write):
    workbook = io.BytesIO()
    Workbook().save(workbook)
    with zipfile.ZipFile(workbook) as archive:
        sizes = {entry.file_size for entry in archive.infolist() if "sheet1" in entry.filename}
    lying = workbook.getvalue().replace(struct.pack("<L", sizes.pop()), struct.pack("<L", 1))

    assert_refused(small, write("lying.xlsx", lying), "sheet.broken", commune_code="00919")


def test_a_workbook_with_entities_is_refused(small, write):
    """The "billion laughs": entities that grow when the XML is read."""
    workbook = io.BytesIO()
    Workbook().save(workbook)
    evil = io.BytesIO()
    with zipfile.ZipFile(workbook) as source, zipfile.ZipFile(evil, "w") as target:
        for name in source.namelist():
            content = source.read(name)
            if name == "xl/worksheets/sheet1.xml":
                content = b'<!DOCTYPE x [<!ENTITY a "ha"><!ENTITY b "&a;&a;">]>' + content
            target.writestr(name, content)

    assert_refused(small, write("evil.xlsx", evil.getvalue()), "sheet.broken", commune_code="00919")


LINES = st.lists(
    st.sampled_from(
        [
            "00919,Nà Mới,thôn",
            "00919,Nà Thấp,bản",
            "02287,Nà Lung,xóm",
            "00919,Nà Lung,bản",
            "99999,Nà Xa,thôn",
            "00919,=1,thôn",
            "00919,008123456789,thôn",
            "00919,Nà Mới",
            "",
        ]
    ),
    max_size=6,
)


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(lines=LINES)
def test_any_list_comes_in_whole_or_not_at_all_and_can_be_undone(small_once, tmp_path, lines):
    path = tmp_path / "any.db"
    path.write_bytes(small_once.read_bytes())
    file = tmp_path / "hamlets.csv"
    file.write_text("commune_code,hamlet_name,kind\n" + "\n".join(lines), encoding="utf-8")
    before = places.dump(path)

    (report,) = places.import_into(path, file)
    after = places.dump(path)
    (again,) = places.import_into(path, file)

    assert places.dump(path) == after
    if report.problems:
        assert after == before
    else:
        assert report.counts.added + report.counts.changed + report.counts.unchanged == len(
            [x for x in lines if x]
        )
        assert again.counts.added == again.counts.changed == 0
        if after != before:
            places.undo_in(path)
        assert places.dump(path) == before
