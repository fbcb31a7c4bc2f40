"""`volunteer-app import …` as a person types it."""

import argparse
import asyncio
from datetime import UTC, datetime

from tests import places
from tests.importing.conftest import HAMLETS, UNITS
from volunteer_app.i18n import language_now, sentence_of
from volunteer_app.importing import command
from volunteer_app.settings import Settings
from volunteer_app.storage.database import Database


def run(path, *words) -> int:
    """Type `volunteer-app import` with these words, in English; the exit code."""
    parser = argparse.ArgumentParser()
    command.add_arguments(parser)
    arguments = parser.parse_args([str(word) for word in words])

    async def work() -> int:
        database = Database(places.url_of(path))
        try:
            return await command.run(
                arguments, database, Settings(largest_import_mb=1), sentence_of, datetime.now(UTC)
            )
        finally:
            await database.close()

    token = language_now.set("en")
    try:
        return asyncio.run(work())
    finally:
        language_now.reset(token)


def test_files_come_in_whatever_their_order(empty, write, capsys):
    files = [write("b.csv", HAMLETS), write("a.csv", UNITS)]

    assert run(empty, "places", *files) == 0

    said = capsys.readouterr().out
    assert "a.csv: provinces and communes\n  Added 3, changed 0, removed 0, already right 0." in said
    assert said.index("a.csv") < said.index("b.csv")
    assert "Done." in said
    assert run(empty, "places", *files) == 0
    assert "Everything was there already" in capsys.readouterr().out


def test_a_preview_of_files_that_need_each_other_changes_nothing(empty, write, capsys):
    before = places.dump(empty)

    assert run(empty, "places", write("b.csv", HAMLETS), write("a.csv", UNITS), "--preview") == 0

    assert "This was a preview: nothing was changed." in capsys.readouterr().out
    assert places.dump(empty) == before


def test_one_bad_file_keeps_all_out(empty, write, capsys):
    before = places.dump(empty)
    bad = write("b.csv", HAMLETS + "99999,Nà Xa,thôn\n")

    assert run(empty, "places", bad, write("a.csv", UNITS)) == 1

    said = capsys.readouterr().out
    assert "– Line 5, column commune_code: no commune has this code." in said
    assert "Nothing was changed." in said
    assert places.dump(empty) == before


def test_a_bad_file_stops_the_ones_that_may_need_it(empty, write, capsys):
    bad = write("a.csv", UNITS + "2,1,B,Xã,Xã B,08,\n")

    assert run(empty, "places", write("b.csv", HAMLETS), bad) == 1

    said = capsys.readouterr().out
    assert "b.csv" not in said
    assert "Files not looked at: 1." in said


def test_the_last_files_are_taken_back_one_by_one(empty, write, capsys):
    before = places.dump(empty)
    run(empty, "places", write("b.csv", HAMLETS), write("a.csv", UNITS))
    capsys.readouterr()

    assert [run(empty, "undo") for _ in range(3)] == [0, 0, 1]

    said = capsys.readouterr().out
    assert [line.split()[2] for line in said.splitlines()[:2]] == ["b.csv.", "a.csv."]
    assert "There is no import to take back." in said
    assert places.dump(empty) == before


def test_a_household_list_needs_its_commune(small, write, capsys):
    file = write("list.csv", "Chủ hộ,Thôn\nA Văn Một,Nà Lung\nA Văn Một,Nà Lung\n")

    assert run(small, "places", file) == 1
    assert "--commune CODE" in capsys.readouterr().out
    assert run(small, "households", file, "--commune", "00919", "--preview") == 0
    said = capsys.readouterr().out
    assert "Please look at these first:" in said
    assert "Line 3 has the same name as line 2" in said
    assert "A Văn Một" not in said


def test_a_long_list_of_problems_is_cut(small, write, capsys):
    text = HAMLETS + "".join(f"9999{i % 10},Nà {i},thôn\n" for i in range(100))

    assert run(small, "places", write("b.csv", text)) == 1

    said = capsys.readouterr().out
    assert said.count("– Line") == command.MOST_LINES
    assert f"… and {100 - command.MOST_LINES} more." in said


def test_the_kind_may_be_said_where_the_file_does_not(small, write, capsys):
    text = "a,b\n1,2\n"

    assert run(small, "places", write("b.csv", text), "--kind", "hamlets") == 1

    assert "Columns are missing: commune_code, hamlet_name." in capsys.readouterr().out
