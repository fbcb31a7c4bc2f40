"""No inner question of a statement lists a table that it should have taken from the outer one (operations F5)."""

import re

import pytest
import sqlalchemy as sa
from sqlalchemy import event

from tests.people import LAN, MINH

DESK = (
    "/desk", "/follow-ups", "/team", "/assignments", "/assignments/plan", "/households", "/review", "/duplicates",
    "/requests", "/coverage", "/left-behind", "/blockers", "/reports", "/voices", "/recoveries", "/audit",
)  # fmt: skip
UNTIED = re.compile(r"EXISTS \(SELECT [^()]*? FROM \w+(?: AS \w+)?, \w+", re.DOTALL)


@pytest.fixture
def statements():
    """Everything that is asked of the database meanwhile."""
    found: list[str] = []

    def look(_connection, _cursor, statement, *_more):
        found.append(" ".join(statement.split()))

    event.listen(sa.Engine, "before_cursor_execute", look)
    yield found
    event.remove(sa.Engine, "before_cursor_execute", look)


def test_every_inner_question_of_the_desk_is_tied_to_the_outer_one(signed_in, statements):
    minh = signed_in(MINH)
    for path in DESK:
        assert minh.get(f"/vi{path}").status_code == 200, path
    assert signed_in(LAN).get("/api/v1/field-pack").status_code == 200

    assert sum("EXISTS" in one for one in statements) >= 3, "there is nothing to look at any more"
    assert [one[:300] for one in statements if UNTIED.search(one)] == []


def test_one_that_is_not_tied_is_found():
    said = "SELECT a.id FROM a WHERE EXISTS (SELECT * FROM memberships, follow_ups WHERE memberships.x = follow_ups.x)"

    assert UNTIED.search(said) and not UNTIED.search(said.replace(", follow_ups", ""))
