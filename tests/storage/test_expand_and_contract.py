"""A migration that says `older_programs_go_on` only adds: the program of before finds every table and column as it was, and
every row that it writes is taken. Each word is held against what the migration does, on both databases."""

import asyncio
import shutil
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from alembic import command
from alembic.config import Config
from alembic.script import ScriptDirectory

from tests.conftest import opened
from tests.watch.test_watch import empty_url  # noqa: F401
from volunteer_app.storage import migrations
from volunteer_app.storage.migrations import newest

FOLDER = Path(migrations.__file__).parent


def of_tables(connection: sa.Connection) -> dict[str, dict[str, Any]]:
    """What a program relies on, by table: columns with type and whether they may be left out; what refuses a row."""
    look, found = sa.inspect(connection), {}
    for table in look.get_table_names():
        columns = look.get_columns(table)
        refuses = {("unique", *index["column_names"]) for index in look.get_indexes(table) if index["unique"]}
        refuses |= {("unique", *one["column_names"]) for one in look.get_unique_constraints(table)}
        refuses |= {("check", one["sqltext"]) for one in look.get_check_constraints(table)}
        refuses |= {
            ("key", *one["constrained_columns"], one["referred_table"])
            for one in look.get_foreign_keys(table)
        }
        found[table] = {
            "columns": {c["name"]: (str(c["type"]), c["nullable"]) for c in columns},
            "wanted": {c["name"] for c in columns if not c["nullable"] and c["default"] is None},
            "refuses": refuses,
        }
    return found


def missed(before: dict[str, dict[str, Any]], after: dict[str, dict[str, Any]]) -> list[str]:
    """What a program of before would trip over."""
    found = [f"{table} is gone" for table in before.keys() - after.keys()]
    for table in sorted(before.keys() & after.keys()):
        was, is_ = before[table], after[table]
        for name, (type_, may_be_empty) in was["columns"].items():
            now = is_["columns"].get(name)
            if now is None:
                found.append(f"{table}.{name} is gone")
            elif now[0] != type_ or (may_be_empty and not now[1]):
                found.append(f"{table}.{name} was {type_}, is {now[0]}")
        found += [f"{table}.{name} must be given" for name in sorted(is_["wanted"] - was["wanted"])]
        found += [
            f"{table} refuses more: {' '.join(map(str, one))}" for one in is_["refuses"] - was["refuses"]
        ]
    return found


def trips(url: str, folder: Path, revision: str) -> list[str]:
    """What the program before this migration would trip over after it."""
    config = Config()
    config.set_main_option("script_location", str(folder))
    before = ScriptDirectory.from_config(config).get_revision(revision).down_revision

    def work(connection: sa.Connection) -> list[str]:
        config.attributes["connection"] = connection
        command.upgrade(config, str(before))
        was = of_tables(connection)
        command.upgrade(config, revision)
        return missed(was, of_tables(connection))

    async def run() -> list[str]:
        async with opened(url) as database, database.writer.begin() as connection:
            return await connection.run_sync(work)

    return asyncio.run(run())


def marked() -> list[str]:
    """The migrations that say so."""
    scripts = migrations._scripts().walk_revisions()
    return [one.revision for one in scripts if getattr(one.module, "older_programs_go_on", False)]


def test_x7_r3_a_migration_that_says_older_programs_go_on_only_adds(empty_url):  # noqa: F811
    """None says so yet? Then there is nothing to hold; the tests below hold the check itself."""
    for revision in marked():
        assert trips(empty_url, FOLDER, revision) == [], revision


ADDS = """
    op.create_table("new", sa.Column("id", sa.Integer, primary_key=True), sa.Column("said", sa.Text, nullable=False))
    op.add_column("visits", sa.Column("weather", sa.String(20), nullable=True))
    op.add_column("visits", sa.Column("road", sa.Integer, nullable=False, server_default="0"))
    op.create_index("ix_visits_weather", "visits", ["province_code", "weather"])
"""
TAKES = {
    "a table goes": 'op.drop_table("taken_back")',
    "a column goes": 'op.drop_column("devices", "lock")',
    "a column has another name": 'op.alter_column("devices", "lock", new_column_name="kept_by")',
    "a column must be given": """
    with op.batch_alter_table("devices") as batch:
        batch.add_column(sa.Column("weather", sa.String(20), nullable=False, server_default=""))
        batch.alter_column("weather", server_default=None)""",
    "a column may not be empty": """
    with op.batch_alter_table("changes") as batch:
        batch.alter_column("knew", existing_type=sa.JSON(), nullable=False)""",
    "a column is of another type": """
    with op.batch_alter_table("devices") as batch:
        batch.alter_column("lock", existing_type=sa.String(10), type_=sa.String(2))""",
    "one of a kind": 'op.create_index("ux_devices", "devices", ["province_code", "lock"], unique=True)',
    "what is named must be there": """
    with op.batch_alter_table("devices") as batch:
        batch.create_foreign_key("fk_devices_place", "provinces", ["province_code"], ["code"])""",
    "only some words": """
    with op.batch_alter_table("devices") as batch:
        batch.create_check_constraint("words", "lock <> 'none'")""",
}


@pytest.fixture
def folder(tmp_path) -> Path:
    """Our migrations in a folder of their own, to which one may be added."""
    there = tmp_path / "migrations"
    shutil.copytree(FOLDER, there, ignore=shutil.ignore_patterns("__pycache__"))
    return there


def a_next_one(folder: Path, does: str) -> None:
    head = f'"""x."""\nimport sqlalchemy as sa\nfrom alembic import op\nrevision, down_revision = "9001", "{newest()}"\n'
    (folder / "versions/9001_x.py").write_text(
        f"{head}branch_labels = depends_on = None\n\n\ndef upgrade() -> None:\n    {does.strip()}\n"
    )


def test_the_check_lets_pass_what_only_adds(empty_url, folder):  # noqa: F811
    a_next_one(folder, ADDS)

    assert trips(empty_url, folder, "9001") == []


@pytest.mark.parametrize("does", TAKES.values(), ids=list(TAKES))
def test_the_check_finds_what_an_older_program_would_trip_over(empty_url, folder, does):  # noqa: F811
    a_next_one(folder, does)

    assert len(trips(empty_url, folder, "9001")) >= 1
