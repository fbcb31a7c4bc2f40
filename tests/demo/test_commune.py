"""The demo commune: whole, plausible, and recognisably invented."""

import asyncio
from datetime import timedelta

import pytest
from sqlmodel import col, func, select

from tests.conftest import opened
from tests.people import NOW
from volunteer_app.demo.commune import ensure
from volunteer_app.demo.invented import GIVEN_NAMES, LISTED_TWICE, MIDDLE_NAMES
from volunteer_app.domain.duplicates import pairs
from volunteer_app.domain.people import Role
from volunteer_app.storage.households import HouseholdRow
from volunteer_app.storage.migrations import bring_up_to_date
from volunteer_app.storage.people import MembershipRow, PersonRow
from volunteer_app.storage.places import HamletRow
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
                return {
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
