"""What tests of storage share."""

import pytest

from tests.people import LAN, LANS_PHONE, MINH, NOW, SCOPES
from volunteer_app.storage.operations.senders import Sender
from volunteer_app.storage.operations.taking import take_all


@pytest.fixture
def work(in_database):
    """Run something in one writing transaction."""

    def run(something):
        async def all_of_it(database):
            async with database.writing() as db:
                return await something(db)

        return in_database(all_of_it)

    return run


@pytest.fixture
def send(in_database):
    """Deliver one after the other, as Lan or as somebody else: the outcomes."""

    def run(*operations, of=LAN):
        async def all_of_it(database):
            said = []
            for one in operations:
                async with database.writing() as db:
                    said += await take_all(db, Sender(SCOPES[of], LANS_PHONE, "test"), [one], NOW)
            return said

        return in_database(all_of_it)

    return run


@pytest.fixture
def read(in_database):
    """Call a query with Minh's scope: `read(notes.notes_of, [HOME.id])`."""

    def run(query, *args):
        async def all_of_it(database):
            async with database.reading() as db:
                return await query(db, SCOPES[MINH], *args)

        return in_database(all_of_it)

    return run
