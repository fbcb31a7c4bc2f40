"""What the last `nightly` did, how long it took and how it ended, as it is kept for whoever watches."""

from datetime import datetime

import msgspec

from volunteer_app.storage import installation
from volunteer_app.storage.database import Database

FACT = "nightly"


class Step(msgspec.Struct):
    """What one step came to. found: how many things are wrong; lines: the first of them; done: counts by name."""

    name: str
    seconds: float = 0
    found: int = 0
    lines: list[str] = msgspec.field(default_factory=list)
    done: dict[str, int] = msgspec.field(default_factory=dict)


class Night(msgspec.Struct):
    """A run. heard: when it last said something. now: the step it is at. at: where that stands."""

    began: datetime
    heard: datetime
    ended: datetime | None = None
    steps: list[Step] = msgspec.field(default_factory=list)
    now: Step | None = None
    at: str = ""

    @property
    def is_good(self) -> bool:
        """Has it come to its end, and found nothing wrong?"""
        return self.ended is not None and not any(step.found for step in self.steps)


async def last_night(database: Database) -> Night | None:
    """The last run, also one that is under way."""
    async with database.reading() as db:
        said = await installation.fact(db, FACT)
    return msgspec.json.decode(said, type=Night) if said else None


async def keep(database: Database, night: Night) -> None:
    """Write a run down."""
    async with database.writing() as db:
        await installation.keep_fact(db, FACT, msgspec.json.encode(night).decode())
