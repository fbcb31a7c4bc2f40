"""What an installation knows about itself."""

from tests import places
from volunteer_app.storage.installation import server_facts


def test_the_first_start_makes_facts_that_stay(in_database):
    async def twice(database):
        async with database.writing() as db:
            first = await server_facts(db)
        async with database.reading() as db:
            return first, await server_facts(db)

    first, second = in_database(twice)

    assert first == second
    assert (len(first.server_id), first.epoch, len(first.secret)) == (32, 1, 32)


def test_two_installations_differ(tmp_path):
    facts = []
    for name in ("one.db", "two.db"):
        places.make_empty(tmp_path / name)
        facts.append(
            places.query(
                tmp_path / name,
                "SELECT value FROM installation WHERE key NOT IN ('epoch', 'oldest_program') ORDER BY key",
            )
        )

    assert not set(facts[0]) & set(facts[1])
