"""The log: one line for each event, and never the values that something went wrong with."""

import logging
import sys
import traceback

import pytest
import sqlalchemy as sa
from sqlalchemy.exc import DBAPIError

from tests.people import COMMUNE, HAMLET, LAN, NOW, PROVINCE
from volunteer_app.log_lines import LogLine
from volunteer_app.storage.households import HouseholdRow

CANARY = "Nông Văn Chim Sâu"


def line_of(message: str, *args, exc_info=None) -> str:
    return LogLine().format(logging.LogRecord("x", logging.ERROR, __file__, 1, message, args, exc_info))


def test_e40_what_the_database_refuses_is_logged_without_the_values(in_database, database_url):
    """Mutation check inside: PostgreSQL repeats the whole row in its error; SQLAlchemy would add what it was given."""

    async def work(database):
        async with database.writing() as db:
            row = {"province_code": PROVINCE, "id": LAN, "commune_code": COMMUNE, "hamlet_id": HAMLET}
            times = {"recorded_at": NOW, "received_at": NOW}
            await db.exec(sa.insert(HouseholdRow).values(label=CANARY, people_count=3, **row, **times))

    with pytest.raises(DBAPIError) as refused:
        in_database(work)

    said = line_of("request.failed", exc_info=(type(refused.value), refused.value, refused.tb))
    assert CANARY not in said and "IntegrityError" in said and "test_log_lines.py" in said
    as_usual = "".join(traceback.format_exception(refused.value))
    assert (CANARY in as_usual) == database_url.startswith("postgresql"), "SQLAlchemy hides the parameters"


def test_an_error_says_where_it_happened_and_what_led_to_it():
    try:
        try:
            raise KeyError(CANARY)
        except KeyError as first:
            raise ValueError(CANARY) from first
    except ValueError:
        said = line_of("x", exc_info=sys.exc_info())

    assert CANARY not in said
    assert "builtins.ValueError" in said and "builtins.KeyError" in said and "test_log_lines.py" in said


def test_nobody_makes_up_a_second_event():
    said = line_of("import.read file=%s", "a.csv\n2026-01-01T00:00:00Z INFO session.ended\x1b[2J")

    assert "\n" not in said and "\x1b" not in said and "import.read file=a.csv\\n2026" in said
    assert said.split()[0].endswith("Z")
