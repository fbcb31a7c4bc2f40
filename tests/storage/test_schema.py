"""Whoever goes through all tables finds all, whatever else the program has imported."""

import re
import subprocess
import sys

from sqlmodel import SQLModel

import volunteer_app.app  # noqa: F401
from tests.conftest import ROOT
from volunteer_app.storage.schema import schema

NAMES = "from {} import {}; print(*sorted(table.name for table in {}()))"


def test_e40_a_command_that_imports_no_page_still_knows_every_table_that_names_a_household():
    said = [
        sys.executable,
        "-c",
        NAMES.format("volunteer_app.storage.privacy", *["tables_that_name_households"] * 2),
    ]
    found = subprocess.run(said, cwd=ROOT, capture_output=True, text=True, check=True).stdout.split()
    assert found == sorted(
        table.name for table in SQLModel.metadata.sorted_tables if "household_id" in table.c
    )
    assert {"attendances", "so_far", "visits"} <= set(found)


def test_nobody_reads_the_tables_without_seeing_to_it_that_all_are_there():
    own = schema.__module__.rpartition(".")[2] + ".py"
    readers = {
        path.name
        for path in (ROOT / "volunteer_app").rglob("*.py")
        if re.search(r"metadata\.(tables|sorted_tables)|= ?SQLModel\.metadata\b", path.read_text())
    }
    assert readers <= {own}
