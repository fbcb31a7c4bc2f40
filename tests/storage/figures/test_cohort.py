"""What the night keeps of what lasts is what a plain count of raw operations says, whatever was delivered."""

from collections import Counter
from datetime import UTC, datetime, timedelta

import pytest

from tests.field_work import a_campaign, deliver
from tests.people import COMMUNE, HAMLET, MINH, NEXT_HAMLET, PROVINCE, SCOPES
from volunteer_app.domain.calendar import local_day
from volunteer_app.storage.database import at_once
from volunteer_app.storage.figures import cohort

NOW = datetime.now(UTC)
TODAY = local_day(NOW) + timedelta(days=70)
"""Late enough that days are over for some and not for others."""


def counted_by_hand(operations) -> Counter:
    """Of raw operations, by the words of the page: first seen alone, and looked at again 14 to 44 days later."""
    looks: dict = {}
    for op in sorted(operations, key=lambda one: (one.recorded_at, one.id.bytes)):
        body = op.body
        if op.kind == "walk_through":
            level = {"alone": 3, "help": 2, "skipped": 2}[body["teach_back"]]  # with a step that was helped
            if "stuck" in body["marks"].values():
                continue
        elif op.kind == "observation" and body["basis"] != "self_said":
            level = body["level"]
        else:
            continue
        looks.setdefault((body["member_id"], body["service"]), []).append((local_day(op.recorded_at), level))
    total: Counter = Counter()
    for seen in looks.values():
        first = next((day for day, level in seen if level >= 3), None)
        if first is None:
            continue
        total["learned"] += 1
        if (TODAY - first).days <= 44:
            continue
        again = [level for day, level in seen if 14 <= (day - first).days <= 44]
        total["due_30"] += 1
        if again:  # one phone made all of this, so nobody else has seen it
            total["fell_30" if again[-1] in (0, 1, 2) else "unneeded_30" if again[-1] < 0 else "same_30"] += 1
    return total


@pytest.mark.parametrize("seed", [3, 4])
def test_s9_the_night_keeps_what_a_hand_counts_by_month_by_hamlet_and_for_the_commune(in_database, seed):
    operations = a_campaign(seed, NOW, households=12)

    async def work(database):
        await deliver(database, operations, now=NOW)
        for _ in range(2):  # a second night counts nothing twice
            async with database.reading() as db:
                rows = await at_once(db, cohort.count_commune, PROVINCE, COMMUNE, TODAY)
            await database.writing_at_once(
                lambda c, rows=rows: cohort.keep_commune(c, PROVINCE, COMMUNE, rows)
            )
        async with database.reading() as db:
            months = await cohort.by_month(db, SCOPES[MINH], TODAY)
            places = await cohort.by_place(db, SCOPES[MINH], TODAY)
            return months, places, await cohort.as_of(db, SCOPES[MINH])

    months, places, as_of = in_database(work)

    expected = counted_by_hand(operations)
    assert expected["learned"] > 5 and expected["due_30"] > 0
    assert as_of == TODAY
    assert places.keys() <= {HAMLET.hex, NEXT_HAMLET.hex}
    for found in (months, places):
        total = sum(found.values(), Counter())
        assert {name: total[name] for name in ("learned", "due_30", "same_30", "fell_30", "unneeded_30")} == {
            name: expected[name] for name in ("learned", "due_30", "same_30", "fell_30", "unneeded_30")
        }
