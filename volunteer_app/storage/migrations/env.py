"""How alembic reaches our database and compares it with the tables of `storage/`."""

import asyncio
from typing import Any, Literal

import sqlalchemy as sa
from alembic import context
from sqlmodel import AutoString, UTCDateTime

from volunteer_app.settings import settings_from
from volunteer_app.storage.database import Database, Id
from volunteer_app.storage.schema import schema


def render_item(kind: str, item: Any, _context: Any) -> str | Literal[False]:
    """Write our column types in SQLAlchemy's own words: migrations import nothing of ours."""
    if kind == "type" and isinstance(item, Id):
        return 'sa.LargeBinary(16).with_variant(sa.Uuid(), "postgresql")'
    if kind == "type" and isinstance(item, UTCDateTime):
        return "sa.DateTime(timezone=True)"
    if kind == "type" and isinstance(item, AutoString):
        return f"sa.String({item.length or ''})"
    return False


def migrate(connection: sa.Connection) -> None:
    context.configure(
        connection=connection,
        target_metadata=schema(),
        render_as_batch=True,
        compare_type=True,
        render_item=render_item,
        transactional_ddl=True,
    )
    with context.begin_transaction():
        context.run_migrations()


async def migrate_from_the_command_line() -> None:
    """`alembic …` typed by a developer: the database of the settings."""
    database = Database(settings_from().database_url)
    async with database.writer.begin() as connection:
        await connection.run_sync(migrate)
    await database.close()


if (connection := context.config.attributes.get("connection")) is None:
    asyncio.run(migrate_from_the_command_line())
else:
    migrate(connection)
