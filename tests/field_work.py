"""Work as a team does it, in tests: two months of households, visits and walk-throughs, delivered like real phones'."""

from datetime import datetime, time, timedelta
from random import Random
from typing import Any
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
    an_operation,
)
from volunteer_app.domain.calendar import VIETNAM, local_day
from volunteer_app.domain.operations.envelope import Operation
from volunteer_app.domain.operations.kinds import SCHEMA
from volunteer_app.domain.public_services import core_slugs
from volunteer_app.storage.database import Database
from volunteer_app.storage.operations.senders import Sender
from volunteer_app.storage.operations.taking import take_all


def earlier_today(now: datetime, minutes: int) -> datetime:
    """Some minutes before, but on the same day in Vietnam: a month may have begun a moment ago."""
    return max(now - timedelta(minutes=minutes), datetime.combine(local_day(now), time(), VIETNAM))


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
    assert {answer.outcome for answer in answers} <= {"accepted"}, answers


def a_campaign(
    seed: int,
    now: datetime = NOW,
    households: int | None = None,
    hamlets: tuple[UUID, ...] = (HAMLET, NEXT_HAMLET),
) -> list[Operation]:
    """As `some_months`, and with everything that is counted: two members in a house, all core services, what got in the
    way and was overcome, skills that last and skills that are lost."""
    chance = Random(seed)
    operations = []
    for number in range(households or chance.randrange(4, 12)):
        begun = now - timedelta(days=chance.randrange(20, 75))
        hamlet_id = chance.choice(hamlets)
        home = a_household(hamlet_id=hamlet_id, code=f"CD-{number:03}", recorded_at=begun)
        members = [a_member(home.id, label=label, recorded_at=begun) for label in ("bà nội", "con trai cả")]
        operations += [home, *members]
        learns = chance.random()
        for _ in range(chance.randrange(5)):
            at = begun + (now - begun) * chance.random()
            outcome = chance.choice(["met", "met", "met", "nobody_home"])
            visit = a_visit(home.id, outcome=outcome, recorded_at=at)
            operations.append(visit)
            for service in core_slugs() if outcome == "met" and chance.random() < 0.8 else ():
                at += timedelta(minutes=10)
                run: dict[str, Any] = {"teach_back": chance.choice(["help", "skipped"])}
                if chance.random() < learns:
                    run = {"teach_back": "alone"}
                elif chance.random() < 0.5:
                    blocker = chance.choice(["no_signal", "sim_not_own", "level_2_not_issued"])
                    run = {"marks": {"open-app": "stuck"}, "stuck_step": "open-app", "blocker": blocker}
                member = chance.choice(members)
                walked = a_walk_through(
                    home.id, visit.id, member.id, guide=service, service=service, recorded_at=min(at, now), **run,
                )  # fmt: skip
                operations.append(walked)
                if chance.random() < 0.2:
                    body = {
                        "household_id": home.id,
                        "member_id": chance.choice(members).id,
                        "service": service,
                    }
                    body |= {
                        "level": chance.choice([-1, 2, 3]),
                        "basis": chance.choice(["observed", "self_said"]),
                    }
                    body |= {"reason": "Bà tự làm trước mặt tôi"}
                    operations.append(
                        an_operation("observation", body, schema=SCHEMA, recorded_at=min(at, now))
                    )
    return operations
