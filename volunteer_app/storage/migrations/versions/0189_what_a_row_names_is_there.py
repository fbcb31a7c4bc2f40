"""What a row names by an id is there, in the same province, and of the same household.

Nothing is copied and nothing is deleted. On SQLite only the tables' own sentences change, as its manual says for what
leaves the file as it is (https://www.sqlite.org/lang_altertable.html, section 8); on PostgreSQL rows that are there are
looked at once. Should older rows name what is not there, they stay, and only new ones are held to it.
"""

import sqlalchemy as sa
from alembic import op

revision = "0189"
down_revision = "0188"
branch_labels = None
depends_on = None

TIES = (
    ("households", "hamlets", "hamlet_id"),
    ("members", "households", "household_id"),
    ("dossiers", "members", "household_id, member_id"),
    ("dossier_results", "dossiers", "household_id, dossier_id"),
    ("outreach_sessions", "hamlets", "hamlet_id"),
    ("attendances", "outreach_sessions", "session_id"),
    ("attendances", "members", "household_id, member_id"),
    ("notes", "households", "household_id"),
    ("notes_done", "notes", "household_id, note_id"),
    ("ratings", "households", "household_id"),
    ("follow_ups", "households", "household_id"),
    ("settlements", "households", "household_id"),
    ("clashes", "households", "household_id"),
    ("clashes", "members", "household_id, member_id"),
    ("changes", "households", "household_id"),
    ("changes", "members", "household_id, member_id"),
    ("consents", "households", "household_id"),
    ("assignments", "hamlets", "hamlet_id"),
    ("assignments", "people", "person_id"),
    ("badges", "memberships", "membership_id"),
    ("visit_requests", "hamlets", "hamlet_id"),
    ("taken_back", "households", "household_id"),
    ("merger_arrivals", "mergers", "merger_id"),
    ("screen_photos", "screen_reports", "report_id"),
)


def upgrade() -> None:
    _one_index_for_household_and_id("members", "ix_members_household_id")
    _one_index_for_household_and_id("dossiers", "ix_dossiers_household")
    _one_index_for_household_and_id("notes", "ix_notes_household")
    tie = _tie_on_sqlite if op.get_bind().dialect.name == "sqlite" else _tie_on_postgresql
    for table, named, columns in TIES:
        own = ["province_code", *columns.split(", ")]
        theirs = ["province_code", *own[1:-1], "id"]
        tie(
            table,
            f"fk_{table}_{'_'.join(own)}",
            f"FOREIGN KEY ({', '.join(own)}) REFERENCES {named} ({', '.join(theirs)})"
            " DEFERRABLE INITIALLY IMMEDIATE",
            f"SELECT 1 FROM {table} t WHERE {' AND '.join(f't.{name} IS NOT NULL' for name in own)}"  # noqa: S608
            f" AND NOT EXISTS (SELECT 1 FROM {named} n WHERE "
            f"{' AND '.join(f'n.{one} = t.{other}' for one, other in zip(theirs, own, strict=True))}) LIMIT 1",
        )
    if op.get_bind().dialect.name == "sqlite":
        _read_the_sentences_anew()


def _one_index_for_household_and_id(table: str, before: str) -> None:
    """The one that is there already gets the id at its end: what another table names has to be unique."""
    op.drop_index(before, table_name=table)
    op.create_index(f"ix_{table}_household", table, ["province_code", "household_id", "id"], unique=True)


def _tie_on_sqlite(table: str, name: str, tie: str, _lost: str) -> None:
    connection = op.get_bind()
    connection.exec_driver_sql("PRAGMA writable_schema=ON")
    sentence = connection.execute(
        sa.text("SELECT sql FROM sqlite_master WHERE type = 'table' AND name = :table"), {"table": table}
    ).scalar_one()
    if f"CONSTRAINT {name} " not in sentence:
        inner, end, rest = sentence.rpartition(")")
        if not end or rest.strip():
            raise ValueError(f"a table that no migration of ours has made: {sentence}")
        connection.execute(
            sa.text("UPDATE sqlite_master SET sql = :sql WHERE type = 'table' AND name = :table"),
            {"sql": f"{inner.rstrip()}, \n\tCONSTRAINT {name} {tie}\n)", "table": table},
        )


def _read_the_sentences_anew() -> None:
    """Every connection, this one too, reads the tables' sentences again before its next statement."""
    connection = op.get_bind()
    version = connection.exec_driver_sql("PRAGMA schema_version").scalar_one()
    connection.exec_driver_sql(f"PRAGMA schema_version={version + 1}")
    connection.exec_driver_sql("PRAGMA writable_schema=RESET")


def _tie_on_postgresql(table: str, name: str, tie: str, lost: str) -> None:
    connection = op.get_bind()
    op.execute(f"ALTER TABLE {table} ADD CONSTRAINT {name} {tie} NOT VALID")
    if connection.exec_driver_sql(lost).first() is None:
        op.execute(f"ALTER TABLE {table} VALIDATE CONSTRAINT {name}")
