"""Gauges in Prometheus' text, on an address of their own (`METRICS`): for the one who watches, never for the world.

Written by hand: a dozen lines of text, and no package that every phone's server would carry for them.
"""

import asyncio
import logging
import shutil
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from litestar import Litestar
from litestar.datastructures import State
from sqlmodel import col

from volunteer_app.domain.operations.envelope import OperationOutcome
from volunteer_app.storage import installation, nights
from volunteer_app.storage.database import Database
from volunteer_app.storage.devices import DeviceRow
from volunteer_app.storage.migrations import newest
from volunteer_app.storage.operations.log import ASIDE, OperationRow, unread_count
from volunteer_app.watch import health

log = logging.getLogger(__name__)

SILENT_AFTER = timedelta(days=3)
GONE_AFTER = timedelta(days=60)
"""A phone that nobody has heard from for so long is not waited for any more."""
COUNTED_EVERY_SECONDS = 15.0
"""How long figures from the database are good for: whoever asks often costs it nothing."""

Gauge = tuple[str, str, str, dict[str, float]]
"""Name, kind, what it is, and its values by labels."""


def one(value: float) -> dict[str, float]:
    """A figure without labels."""
    return {"": value}


class Gauges:
    """What a process says of itself and of the installation."""

    def __init__(self, state: State, answers: dict[str, int]) -> None:
        self._state, self._answers = state, answers
        self._asked_at, self._known = float("-inf"), list[Gauge]()

    async def text(self) -> str:
        """All of them."""
        lines = []
        for name, kind, said, values in [*self._of_process(), *await self._of_installation()]:
            lines += [f"# HELP {name} {said}", f"# TYPE {name} {kind}"]
            lines += [f"{name}{labels} {value:g}" for labels, value in values.items()]
        return "\n".join(lines) + "\n"

    def _of_process(self) -> list[Gauge]:
        state, database = self._state, self._state.database
        deliveries = state.deliveries
        figures: list[Gauge] = [
            (
                "tungnha_answers_total",
                "counter",
                "Answers by class of status, of this process.",
                {f'{{status="{name}"}}': count for name, count in self._answers.items()},
            ),
            (
                "tungnha_operations_total",
                "counter",
                "Delivered operations by outcome, of this process.",
                {f'{{outcome="{name}"}}': deliveries.outcomes[name] for name in OperationOutcome},
            ),
            (
                "tungnha_deliveries_refused_total",
                "counter",
                "Deliveries asked to come back (503).",
                one(deliveries.refused),
            ),
            (
                "tungnha_deliveries_waiting",
                "gauge",
                "Deliveries that wait to be written.",
                one(deliveries.waiting),
            ),
            (
                "tungnha_writer_held_too_long_total",
                "counter",
                "Writers of over a second.",
                one(database.held.too_long),
            ),
            (
                "tungnha_writer_held_longest_seconds",
                "gauge",
                "The longest writing transaction.",
                one(database.held.longest),
            ),
            (
                "tungnha_pool_in_use",
                "gauge",
                "Connections to the database that somebody holds.",
                database.in_use(),
            ),
        ]
        disk = shutil.disk_usage(_there(Path(state.settings.media_folder)))
        figures.append(
            (
                "tungnha_disk_free_ratio",
                "gauge",
                "Free part of the disk of MEDIA_FOLDER.",
                one(disk.free / disk.total),
            )
        )
        return figures

    async def _of_installation(self) -> list[Gauge]:
        if time.monotonic() - self._asked_at < COUNTED_EVERY_SECONDS:
            return self._known
        wrong = await health.what_is_wrong(self._state)
        figures: list[Gauge] = [
            ("tungnha_ready", "gauge", "Can deliveries be taken now?", one(float(not wrong)))
        ]
        if "database" not in wrong:
            with suppress(asyncio.TimeoutError, Exception):
                figures += await asyncio.wait_for(
                    _counted(self._state.database), health.LONGEST_WAIT_SECONDS * 2
                )
        self._known, self._asked_at = figures, time.monotonic()
        return figures


async def _counted(database: Database) -> list[Gauge]:
    now = datetime.now(UTC)
    contact = col(DeviceRow.last_contact_at)
    is_silent = sa.and_(contact < now - SILENT_AFTER, contact >= now - GONE_AFTER)
    async with database.reading() as db:
        connection = await db.connection()
        silent, phones = (
            await connection.execute(
                sa.select(sa.func.count(sa.case((is_silent, 1))), sa.func.count(contact))
            )
        ).one()
        by_outcome = sa.select(col(OperationRow.outcome), sa.func.count()).where(sa.text(ASIDE))
        rows = await connection.execute(by_outcome.group_by(col(OperationRow.outcome)))
        aside = {row[0]: row[1] for row in rows}
        unread = await unread_count(db)
        schema = (await connection.execute(sa.text("SELECT version_num FROM alembic_version"))).scalar()
        durable = await installation.fact(db, "durable_through")
        known = await installation.known_keys(db)
    night = await nights.last_night(database)
    return [
        ("tungnha_phones", "gauge", "Phones that have ever delivered.", one(phones)),
        ("tungnha_phones_silent", "gauge", "Phones heard from within 60 days, but not for 3.", one(silent)),
        (
            "tungnha_operations_aside",
            "gauge",
            "Operations that are not taken yet, by outcome.",
            {f'{{outcome="{name}"}}': count for name, count in aside.items()},
        ),
        (
            "tungnha_operations_unreadable",
            "gauge",
            "Boxes that wait for a key, or cannot be read.",
            one(unread),
        ),
        (
            "tungnha_backup_age_seconds",
            "gauge",
            "Since the moment through which all is in a tried copy; -1: never.",
            one(_age(durable and datetime.fromisoformat(durable), now)),
        ),
        (
            "tungnha_nightly_age_seconds",
            "gauge",
            "Since the last nightly ended; -1: never.",
            one(_age(night and night.ended, now)),
        ),
        (
            "tungnha_nightly_good",
            "gauge",
            "Did the last nightly find all well?",
            one(float(bool(night and night.is_good))),
        ),
        (
            "tungnha_nightly_wrong",
            "gauge",
            "What it found wrong, by step.",
            {f'{{step="{step.name}"}}': step.found for step in night.steps} if night else {},
        ),
        (
            "tungnha_schema_is_ours",
            "gauge",
            "Is the schema this release's own?",
            one(float(schema == newest())),
        ),
        ("tungnha_keys", "gauge", "Key pairs that phones have sealed to.", one(len(known.wanted))),
    ]


def _age(moment: Any, now: datetime) -> float:
    return round((now - moment).total_seconds()) if moment else -1


def _there(folder: Path) -> Path:
    return next(place for place in (folder, *folder.absolute().parents) if place.exists())


def told_at(address: str, answers: dict[str, int]) -> Callable[[Litestar], Any]:
    """For the application's lifespan: `GET /metrics` at this address as long as it lives."""

    @asynccontextmanager
    async def lifespan(app: Litestar) -> AsyncIterator[None]:
        if not address:
            yield
            return
        figures = Gauges(app.state, answers)

        async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            with suppress(Exception):
                head = await asyncio.wait_for(reader.readuntil(b"\r\n\r\n"), 10)
                is_ours = head.startswith(b"GET /metrics ")
                body = (await figures.text()).encode() if is_ours else b"GET /metrics\n"
                status = b"200 OK" if is_ours else b"404 Not Found"
                kind = b"content-type: text/plain; version=0.0.4; charset=utf-8\r\n"
                writer.write(
                    b"HTTP/1.1 %b\r\n%bcontent-length: %d\r\nconnection: close\r\n\r\n"
                    % (status, kind, len(body))
                )
                writer.write(body)
                await writer.drain()
            writer.close()

        host, _, port = address.rpartition(":")
        server = await _first_free(answer, host.strip("[]"), int(port))
        try:
            yield
        finally:
            server.close()

    return lifespan


async def _first_free(answer: Any, host: str, port: int) -> asyncio.Server:
    """With several workers each has the next port: 9100, 9101 …"""
    for number in range(port, port + 64):
        with suppress(OSError):
            server = await asyncio.start_server(answer, host, number)
            log.info("metrics.served port=%s", number)
            return server
    raise OSError(f"nothing is free at {host}:{port} and the 63 ports after it")
