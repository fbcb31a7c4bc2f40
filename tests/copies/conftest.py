"""An installation of one's own: database on each engine, keys, a published voice, a team and its first deliveries."""

import asyncio
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from sqlmodel import select

from tests.conftest import opened
from tests.installations import an_installation
from tests.people import LAN, LANS_PHONE, PROVINCE, SCOPES, a_household, a_visit
from volunteer_app.copies.engines import engine_of
from volunteer_app.settings import Settings
from volunteer_app.storage.media import Media
from volunteer_app.storage.operations.senders import Sender
from volunteer_app.storage.operations.taking import take_all
from volunteer_app.storage.visits import VisitRow

NOW = datetime.now(UTC).replace(microsecond=0)
"""The trial's pull goes through a whole server, which has a clock of its own."""


@dataclass
class Installation:
    """One that tests copy, harm and bring back."""

    settings: Settings

    @property
    def keys(self) -> Path:
        """Its folder of private keys."""
        return Path(self.settings.keys_folder)

    @property
    def media(self) -> Path:
        """Its folder of sound."""
        return Path(self.settings.media_folder)

    def deliver(self, *operations: Any, of: Any = LAN, phone: Any = LANS_PHONE) -> list[str]:
        """As this person's phone; the outcomes."""

        async def work() -> list[str]:
            register = Path(self.settings.register_folder)
            async with opened(self.settings.database_url, register) as database, database.writing() as db:
                sender = Sender(SCOPES[of], phone, "test")
                return [str(answer.outcome) for answer in await take_all(db, sender, operations, NOW)]

        return asyncio.run(work())

    def visit(self) -> Any:
        """A household and a visit to it, delivered; the visit."""
        household = a_household()
        visit = a_visit(household.id)
        assert self.deliver(household, visit) == ["accepted"] * 2
        return visit

    def rows(self) -> dict[str, int]:
        """How many of each table."""
        return engine_of(self.settings.database_url).counts()

    def everything(self) -> dict[str, list[Any]]:
        """What people and phones have put there."""
        return {
            "visits": self.visits(),
            "facts": sorted(engine_of(self.settings.database_url).facts().items()),
        }

    def visits(self) -> list[Any]:
        """The ids of all visits."""

        async def work() -> list[Any]:
            async with opened(self.settings.database_url) as database, database.reading() as db:
                query = select(VisitRow.id).where(VisitRow.province_code == PROVINCE).order_by(VisitRow.id)
                return list(await db.exec(query))

        return asyncio.run(work())


@pytest.fixture
def installation(database_url, tmp_path) -> Installation:
    """With one visit."""
    made = Installation(an_installation(database_url, tmp_path / "home"))
    Media(made.media).keep_voice(b"a voice")
    made.visit()
    return made
