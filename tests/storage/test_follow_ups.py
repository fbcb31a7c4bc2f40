"""Returns, as kept: what is open in the database is what the rule of the domain leaves open."""

from datetime import UTC, datetime, timedelta
from random import Random
from types import SimpleNamespace
from uuid import UUID

import sqlalchemy as sa

from tests.people import COMMUNE, HAMLET, LAN, MINH, PROVINCE, SCOPES
from volunteer_app.domain.calendar import local_day
from volunteer_app.domain.follow_ups import Reason, Settled, is_closed_by
from volunteer_app.domain.independence import Basis, IndependenceLevel, current_level
from volunteer_app.domain.visits import Outcome
from volunteer_app.storage import follow_ups
from volunteer_app.storage.follow_ups import FollowUpRow, SettlementRow
from volunteer_app.storage.households import HouseholdRow
from volunteer_app.storage.visits import ObservationRow, VisitRow, WalkThroughRow

BEGIN = datetime(2026, 11, 22, 16, 59, 59, tzinfo=UTC)
HOUSEHOLDS = 150


def a_moment(chance: Random) -> datetime:
    """Near one another and near midnight in Vietnam."""
    days = timedelta(days=chance.choice([0, 0, 1, 7, 13, 14, 15]))
    return BEGIN + days + timedelta(milliseconds=chance.choice([-1, 0, 1, 1000, 60_000]))


def a_house(chance: Random) -> SimpleNamespace:
    """Visits, rechecks and settlements of one household, with every return that somebody may still have to make."""
    household_id = UUID(int=chance.getrandbits(128))
    where = {
        "province_code": PROVINCE,
        "commune_code": COMMUNE,
        "hamlet_id": HAMLET,
        "household_id": household_id,
    }
    new_id = lambda: UUID(int=chance.getrandbits(128))  # noqa: E731
    visits = [
        VisitRow(
            **where,
            id=new_id(),
            person_id=LAN,
            outcome=chance.choice([Outcome.MET, Outcome.MET, Outcome.LATER]),
            recorded_at=at,
            visited_on=local_day(at),
            received_at=at,
        )
        for at in (a_moment(chance) for _ in range(chance.randint(0, 3)))
    ]
    skill = {"member_id": MINH, "service": "vneid", "person_id": LAN}
    observations = [
        ObservationRow(
            **where,
            **skill,
            id=new_id(),
            level=chance.choice(list(IndependenceLevel)),
            basis=chance.choice([Basis.OBSERVED, Basis.OBSERVED, Basis.SELF_SAID]),
            observed_at=a_moment(chance),
            received_at=BEGIN,
        )
        for _ in range(chance.randint(0, 3))
    ]
    returns, runs, settled = [], [], []
    for _ in range(chance.randint(1, 3)):
        created_at = a_moment(chance)
        due_from = local_day(a_moment(chance))
        reason = chance.choice(list(Reason))
        row = FollowUpRow(
            **where, id=new_id(), reason=reason, due_from=due_from, due_to=due_from, created_at=created_at
        )
        returns.append(row)
        if reason is Reason.RECHECK:
            visits.append(
                VisitRow(
                    **where,
                    id=new_id(),
                    person_id=LAN,
                    outcome=Outcome.LATER,  # which settles nothing
                    recorded_at=created_at,
                    visited_on=local_day(created_at),
                    received_at=created_at,
                )
            )
            run = {
                "visit_id": visits[-1].id,
                "guide": "g",
                "guide_version": 1,
                "marks": {"a": "alone"},
                "teach_back": "alone",
            }
            runs.append(
                WalkThroughRow(
                    **where, **skill, **run, id=row.id, recorded_at=created_at, received_at=created_at
                )
            )
            alone = {"level": IndependenceLevel.ALONE_WATCHED, "basis": Basis.OBSERVED}
            observations.append(
                ObservationRow(
                    **where, **skill, **alone, id=row.id, observed_at=created_at, received_at=created_at
                )
            )
        if chance.random() < 0.15:
            settled.append(
                SettlementRow(
                    province_code=PROVINCE,
                    id=new_id(),
                    household_id=household_id,
                    follow_up_id=row.id,
                    settled_as=chance.choice(list(Settled)),
                    person_id=LAN,
                    recorded_at=created_at,
                )
            )
    home = HouseholdRow(
        **{name: value for name, value in where.items() if name != "household_id"},
        id=household_id,
        code="NT-001",
        recorded_at=BEGIN,
        received_at=BEGIN,
    )
    return SimpleNamespace(
        home=home,
        visits=visits,
        observations=observations,
        returns=returns,
        runs=runs,
        settled=settled,
    )


def still_open(house: SimpleNamespace, row: FollowUpRow) -> bool:
    """As the domain says it: not settled by word, by a meeting, or by the very run that proposed it."""
    if any(one.follow_up_id == row.id for one in house.settled):
        return False
    met = [visit.recorded_at for visit in house.visits if visit.outcome is Outcome.MET]
    if any(is_closed_by(row.reason, row.due_from, row.created_at, at) for at in met):
        return False
    if row.reason is not Reason.RECHECK:
        return True
    until = [one for one in house.observations if one.observed_at < row.created_at or one.id == row.id]
    return current_level(until) is not IndependenceLevel.CONFIRMED_ALONE


def test_what_a_meeting_settles_is_one_rule_in_sql_and_in_the_domain(in_database):
    chance = Random(13)
    houses = [a_house(chance) for _ in range(HOUSEHOLDS)]

    async def open_ones(database):
        async with database.writing() as db:
            for house in houses:
                db.add_all(
                    [
                        house.home,
                        *house.visits,
                        *house.observations,
                        *house.runs,
                        *house.returns,
                        *house.settled,
                    ]
                )
            await db.flush()
            ids = [house.returns[0].household_id for house in houses]
            found = {row.id for row in await follow_ups.open_of(db, SCOPES[MINH], ids)}
            counted = (await db.exec(sa.select(sa.func.count()).select_from(FollowUpRow))).scalar_one()
            return found, counted

    expected = {
        row.id: (row.reason, house) for house in houses for row in house.returns if still_open(house, row)
    }
    found, counted = in_database(open_ones)

    assert found == set(expected)
    assert 0.2 < len(found) / counted < 0.8
