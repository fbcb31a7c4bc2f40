"""SQLite keeps moments as whole microseconds since 1970 instead of texts. PostgreSQL has always had a type for them."""

import sqlalchemy as sa
from alembic import op

revision = "0171"
down_revision = "0170"
branch_labels = None
depends_on = None

NUMBER = (
    "CASE typeof({0}) WHEN 'text'"
    " THEN strftime('%s', substr({0}, 1, 19)) * 1000000 + CAST(substr({0} || '000000', 21, 6) AS INTEGER)"
    " ELSE {0} END"
)
PART = 50_000


def upgrade() -> None:
    connection = op.get_bind()
    if connection.dialect.name != "sqlite":
        return
    inspector = sa.inspect(connection)
    for table in inspector.get_table_names():
        names = [
            column["name"]
            for column in inspector.get_columns(table)
            if isinstance(column["type"], sa.DateTime)
        ]
        if names:
            _in_parts(connection, table, names)


def _in_parts(connection: sa.Connection, table: str, names: list[str]) -> None:
    """One statement for a million rows would hold hundreds of megabytes in memory until it ends."""
    numbers = ", ".join(f'"{name}" = {NUMBER.format(name)}' for name in names)
    change = f'UPDATE "{table}" SET {numbers} WHERE rowid BETWEEN ? AND ?'  # noqa: S608 - our own names
    last = connection.exec_driver_sql(f'SELECT max(rowid) FROM "{table}"').scalar() or 0  # noqa: S608
    for first in range(0, last + 1, PART):
        connection.exec_driver_sql(change, (first, first + PART - 1))
