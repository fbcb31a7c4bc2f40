"""Choosing one's commune on a public page: typed as people call it, then picked from links; no script needed."""

from dataclasses import dataclass
from datetime import UTC, datetime

from sqlmodel.ext.asyncio.session import AsyncSession

from volunteer_app.domain.calendar import local_day
from volunteer_app.storage.place_search import PlaceFound, find_places
from volunteer_app.storage.places import CommuneRow, commune

LONGEST_PLACE_NAME = 60


@dataclass(frozen=True)
class PlaceChoice:
    """What was typed and found so far. commune: the one chosen, or None."""

    commune: CommuneRow | None
    typed: str
    found: list[PlaceFound]


async def place_choice(db: AsyncSession, code: str, typed: str) -> PlaceChoice:
    """The commune of that code; without one, the communes and hamlets that the typed words may mean."""
    typed = typed.strip()[:LONGEST_PLACE_NAME]
    chosen = await commune(db, code) if code else None
    found = []
    if chosen is None and typed:
        day = local_day(datetime.now(UTC))
        found = [place for place in await find_places(db, typed, day=day) if place.commune_code]
    return PlaceChoice(chosen, typed, found)
