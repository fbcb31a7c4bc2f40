"""The demo commune: whole, plausible, and recognisably invented."""

import asyncio
from datetime import timedelta
from uuid import UUID

import pytest
from sqlmodel import col, func, select

from tests.conftest import opened
from tests.people import COMMUNE, NOW, PROVINCE
from volunteer_app.demo.commune import ensure
from volunteer_app.demo.invented import GIVEN_NAMES, LISTED_TWICE, MIDDLE_NAMES
from volunteer_app.domain.calendar import local_day
from volunteer_app.domain.duplicates import pairs
from volunteer_app.domain.operations.envelope import OperationOutcome
from volunteer_app.domain.people import Role
from volunteer_app.domain.permissions import Scope
from volunteer_app.storage import dossiers, follow_ups, outreach, overview
from volunteer_app.storage.clashes import open_clashes
from volunteer_app.storage.devices import DeviceRow
from volunteer_app.storage.households import HouseholdRow
from volunteer_app.storage.late_work import LISTED_FOR, visits_after_lease
from volunteer_app.storage.migrations import bring_up_to_date
from volunteer_app.storage.people import MembershipRow, PersonRow
from volunteer_app.storage.places import HamletRow
from volunteer_app.storage.team import LITTLE_ROOM_MB
from volunteer_app.storage.visits import VisitRow


@pytest.fixture(scope="module")
def demo(tmp_path_factory):
    """What the demo's database holds."""

    async def make():
        async with opened(f"sqlite:///{tmp_path_factory.mktemp('demo')}/demo.db") as database:
            await bring_up_to_date(database)
            await ensure(database, NOW)
            async with database.reading() as db:
                volunteers = await db.exec(
                    select(func.count()).where(col(MembershipRow.role) == Role.VOLUNTEER)
                )
                span = await db.exec(select(func.min(VisitRow.recorded_at), func.max(VisitRow.recorded_at)))
                scope = Scope(UUID(int=0), Role.LEADER, PROVINCE, COMMUNE)
                _due, late = await follow_ups.counts_in(db, scope, local_day(NOW))
                aside = await overview.set_aside(db, scope)
                papers = await dossiers.dossiers_of(db, scope, list(await db.exec(select(HouseholdRow.id))))
                return {
                    "late": late,
                    "aside": {outcome: count for by in aside.values() for outcome, count in by.items()},
                    "clashes": len(await open_clashes(db, scope)),
                    "sessions": await outreach.sessions_in(db, scope, 10),
                    "papers": [one.result.result if one.result else None for one in papers],
                    "after_lease": len(await visits_after_lease(db, scope, NOW - LISTED_FOR)),
                    "little_room": len(
                        list(
                            await db.exec(select(DeviceRow.id).where(col(DeviceRow.free_mb) < LITTLE_ROOM_MB))
                        )
                    ),
                    "households": list(await db.exec(select(HouseholdRow))),
                    "hamlets": list(
                        await db.exec(select(HamletRow).where(col(HamletRow.valid_to).is_(None)))
                    ),
                    "people": list(await db.exec(select(PersonRow.name))),
                    "volunteers": volunteers.one(),
                    "visits": span.one(),
                }

    return asyncio.run(make())


def test_d6_the_demo_is_a_commune_with_two_months_of_work(demo):
    assert (len(demo["hamlets"]), len(demo["households"]), demo["volunteers"]) == (15, 900, 12)
    first, last = demo["visits"]
    assert timedelta(days=50) < last - first < timedelta(days=70)
    assert last <= NOW


def test_d6_everybody_in_the_demo_is_recognisably_invented(demo):
    labels = [household.label for household in demo["households"] if household.label]

    assert len(labels) > 500
    assert not [label for label in labels if not any(f" {middle} " in label for middle in MIDDLE_NAMES)]
    assert {label.rsplit(" ", 1)[1] for label in labels} <= set(GIVEN_NAMES)
    assert not [name for name in demo["people"] if not name.endswith("(mẫu)")]


def test_d6_few_households_are_listed_twice(demo):
    found = pairs(demo["households"])

    assert len(found) == len(LISTED_TWICE)
    assert all(one.label == other.label for one, other in found)


def test_d6_a_leader_finds_a_believable_evening(demo):
    assert 12 <= demo["late"] <= 60, "some returns are late, not most"
    assert set(demo["aside"]) == {OperationOutcome.PARKED, OperationOutcome.HELD}
    assert (demo["clashes"], demo["after_lease"]) == (1, 1)
    assert demo["little_room"] >= 1


def test_d6_sessions_and_papers_are_there_to_look_at(demo):
    assert len(demo["sessions"]) == 3
    assert all(0 < one.people < one.session.people_count for one in demo["sessions"])
    assert {None, "received", "more_needed"} == set(demo["papers"])
