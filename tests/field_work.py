"""Work as a team does it, in tests: two months of households, visits and walk-throughs, delivered like real phones'."""

from datetime import datetime, timedelta
from random import Random
from uuid import UUID

from tests.people import (
    HAMLET,
    LANS_PHONE,
    MINH,
    NEXT_HAMLET,
    NOW,
    SCOPES,
    a_household,
    a_member,
    a_visit,
    a_walk_through,
)
from volunteer_app.domain.operations import Operation
from volunteer_app.storage.database import Database
from volunteer_app.storage.operations import take_all
from volunteer_app.storage.senders import Sender


def some_months(
    seed: int,
    hamlets: tuple[UUID, ...] = (HAMLET, NEXT_HAMLET),
    now: datetime = NOW,
    households: int | None = None,
) -> list[Operation]:
    """Some households, visited often or never, met or not, walked through with and without success."""
    chance = Random(seed)
    operations = []
    for number in range(households or chance.randrange(4, 14)):
        begun = now - timedelta(days=chance.randrange(1, 60))
        household = a_household(hamlet_id=chance.choice(hamlets), code=f"NT-{number:03}", recorded_at=begun)
        member = a_member(household.id, recorded_at=begun)
        operations += [household, member]
        for _ in range(chance.randrange(4)):
            at = begun + (now - begun) * chance.random()
            visit = a_visit(
                household.id, outcome=chance.choice(["met", "met", "nobody_home"]), recorded_at=at
            )
            operations.append(visit)
            if visit.body["outcome"] == "met" and chance.random() < 0.7:
                end = chance.choice(["alone", "help", "skipped"])
                operations.append(
                    a_walk_through(household.id, visit.id, member.id, teach_back=end, recorded_at=at)
                )
    return operations


async def deliver(
    database: Database, operations: list[Operation], of: UUID = MINH, now: datetime = NOW
) -> None:
    """Deliver to the server as this person's phone; every operation must be taken."""
    async with database.writing() as db:
        answers = await take_all(db, Sender(SCOPES[of], LANS_PHONE, "test"), operations, now)
    assert {answer.outcome for answer in answers} <= {"accepted"}
