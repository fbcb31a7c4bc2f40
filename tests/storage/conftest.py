"""What tests of storage share."""

import pytest


@pytest.fixture
def work(in_database):
    """Run something in one writing transaction."""

    def run(something):
        async def all_of_it(database):
            async with database.writing() as db:
                return await something(db)

        return in_database(all_of_it)

    return run
