"""The log: one line for each event, and never the values that something went wrong with."""

import asyncio
import json
import logging
import re
import sys
import traceback

import pytest
import sqlalchemy as sa
from sqlalchemy.exc import DBAPIError

from tests.conftest import opened
from tests.people import COMMUNE, HAMLET, LAN, NOW, PROVINCE
from tests.served import serving
from volunteer_app import log_lines
from volunteer_app.log_lines import JsonLine, LogLine
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


LINE = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z (?:INFO|WARNING|ERROR) \S.*|  \S.*")


@pytest.mark.parametrize("log_format", ["lines", "json"])
def test_security_s8_the_log_of_a_running_server_holds_no_name(database_url, tmp_path, log_format):
    """The attack: the database refuses a row and repeats it, and a handler stumbles over what a row holds. What the
    process writes to its standard error is read, not what a formatter would."""

    async def set_traps():
        is_sqlite = database_url.startswith("sqlite")
        refusal = (
            "CREATE TRIGGER trap BEFORE INSERT ON visit_requests BEGIN SELECT RAISE(ABORT, 'row CHIM'); END"
            if is_sqlite
            else "ALTER TABLE visit_requests ADD CONSTRAINT trap CHECK (name <> 'CHIM')"
        )
        async with opened(database_url) as database, database.writing() as db:
            connection = await db.connection()
            await connection.exec_driver_sql(refusal.replace("CHIM", CANARY))
            value = json.dumps(CANARY)
            await connection.exec_driver_sql(f"UPDATE people SET languages = '{value}'")

    asyncio.run(set_traps())
    form = {"name": CANARY, "phone": "0912345678", "xa": COMMUNE, "hamlet": str(HAMLET)}
    with serving(database_url, tmp_path, LOG_FORMAT=log_format) as served:
        refused = served.post("/vi/yeu-cau-tham", data=form)
        logged = served.log.read_text()

    assert refused.status_code == 500
    assert "Chim" not in logged and "visit_requests" not in logged and "INSERT" not in logged
    lines = logged.splitlines()
    assert lines and all(json.loads(line) if log_format == "json" else LINE.fullmatch(line) for line in lines)
    number = re.search(r"\b[0-9a-f]{8}\b", refused.text)
    assert number and number[0] in logged, "the page's number is the line's"


def test_security_s8_a_json_line_says_the_same():
    token = log_lines.request_now.set("0123abcd")
    try:
        raise KeyError(CANARY)
    except KeyError:
        record = logging.LogRecord("x", logging.ERROR, __file__, 1, "a.b x=%s", ("1\n2",), sys.exc_info())
        said = JsonLine().format(record)
    finally:
        log_lines.request_now.reset(token)

    assert CANARY not in said and "\n" not in said
    read = json.loads(said)
    assert (read["event"], read["request"], read["level"]) == ("a.b x=1\n2", "0123abcd", "ERROR")
    assert read["error"][0] == "builtins.KeyError"
