"""A province has more households than a statement takes parameters: lists are cut in parts."""

from datetime import timedelta

from tests.field_work import deliver, some_months
from tests.people import NOW, PROVINCE
from volunteer_app.storage import retention, standings

MOST = 7
"""Stands for the 32,767 of PostgreSQL: of lists in one statement none may be longer than the part."""


def test_recount_and_retention_name_no_more_households_at_once_than_a_part(in_database, monkeypatch):
    monkeypatch.setattr(standings, "PART", MOST)
    monkeypatch.setattr(retention, "PART", MOST)
    monkeypatch.setattr(retention, "ERASED_TOGETHER", MOST)
    named: list[int] = []
    levels_of = standings.levels_of

    def counted(connection, province_code, ids):
        named.append(len(ids))
        return levels_of(connection, province_code, ids)

    async def work(database):
        await deliver(database, some_months(3, households=40))
        monkeypatch.setattr(standings, "levels_of", counted)
        async with database.reading() as db:
            differences = await standings.differences(db, PROVINCE)
        moments = dict.fromkeys(
            ("notes", "visits", "bodies", "requests", "sessions"), NOW + timedelta(days=9)
        )
        return differences, await retention.forget_old(database, before=moments)

    differences, done = in_database(work)

    assert differences == []
    assert done["households"] > MOST
    assert len(named) > 3 and max(named) <= MOST
