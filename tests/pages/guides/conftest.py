"""Somebody who edits guides."""

import asyncio

import pytest
from sqlmodel import select

from tests.conftest import opened
from tests.people import MINH
from volunteer_app.domain.people import Role
from volunteer_app.storage.people import MembershipRow


@pytest.fixture
def editor(signed_in, database_url):
    """Somebody who edits guides."""

    async def make_editor():
        async with opened(database_url) as database, database.writing() as db:
            membership = (await db.exec(select(MembershipRow).where(MembershipRow.id == MINH))).one()
            membership.role = Role.EDITOR

    asyncio.run(make_editor())
    return signed_in(MINH)
