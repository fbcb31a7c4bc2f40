"""Openings of posters are written down now and then, not one by one; and once more when the server stops."""

import asyncio
import logging
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager, suppress

from litestar import Litestar
from sqlalchemy.exc import SQLAlchemyError

from volunteer_app.storage.database import Database
from volunteer_app.storage.posters import OpenCounter

SECONDS_BETWEEN_WRITES = 30

log = logging.getLogger(__name__)


@asynccontextmanager
async def counting_opens(app: Litestar) -> AsyncGenerator[None, None]:
    """While the server runs: write what was counted every half minute."""
    counter: OpenCounter = app.state.open_counter
    database: Database = app.state.database
    writing = asyncio.create_task(_write_now_and_then(counter, database))
    yield
    writing.cancel()
    with suppress(asyncio.CancelledError):
        await writing
    await counter.write(database)


async def _write_now_and_then(counter: OpenCounter, database: Database) -> None:
    while True:
        await asyncio.sleep(SECONDS_BETWEEN_WRITES)
        try:
            await counter.write(database)
        except SQLAlchemyError:
            log.exception("opens.not_written")  # they stay counted, and are tried again
