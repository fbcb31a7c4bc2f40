"""Whole installations in tests: settings of their own, with the keys that the first start makes."""

import asyncio
from pathlib import Path

from tests.conftest import opened
from tests.people import NOW
from volunteer_app.keys_at_hand import ensure_keys
from volunteer_app.sealing import Keys
from volunteer_app.settings import Settings


def an_installation(database_url: str, home: Path) -> Settings:
    """The settings of an installation whose folders lie below `home`, started once."""
    settings = Settings(
        mode="production",
        origin="https://tungnha.example",
        database_url=database_url,
        keys_folder=str(home / "keys"),
        media_folder=str(home / "media"),
        register_folder=str(home / "register"),
        asset_archive=str(home / "assets"),
    )
    Path(settings.media_folder).mkdir(parents=True, exist_ok=True)

    async def first_start() -> None:
        async with opened(database_url) as database, database.writing() as db:
            await ensure_keys(db, Keys(Path(settings.keys_folder)), NOW)

    asyncio.run(first_start())
    return settings
