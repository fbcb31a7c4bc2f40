"""A server that knows Lan's hamlet with one household in it, its grandmother and one visit; without a database."""

from collections.abc import Callable
from typing import Any, NamedTuple

import pytest

from tests.people import COMMUNE, HAMLET, LAN, NOW, PROVINCE, a_household, a_member, a_visit
from volunteer_app.domain.operations import kinds
from volunteer_app.domain.operations.envelope import Operation
from volunteer_app.domain.operations.known import Held, Known
from volunteer_app.domain.problems import Problem

Take = Callable[[Operation], Any]


class Family(NamedTuple):
    """Ids of what is there."""

    home: Any
    member: Any
    visit: Any


@pytest.fixture
def known() -> Known:
    return Known(PROVINCE, LAN, COMMUNE, {HAMLET: NOW.date()}, hamlets={HAMLET: COMMUNE})


@pytest.fixture
def take(known) -> Take:
    """The records that follow from an operation; of a problem its code; of one that waits what it waits for."""

    def taken(operation: Operation) -> Any:
        body = kinds.read_body(operation)
        found = body if isinstance(body, Problem) else kinds.take(operation, body, known, NOW)
        if isinstance(found, Problem):
            return found.code
        return found.waits_for if isinstance(found, Held) else found

    return taken


@pytest.fixture
def family(take) -> Family:
    home = a_household()
    member, visit = a_member(home.id), a_visit(home.id)
    for operation in (home, member, visit):
        assert isinstance(take(operation), list)
    return Family(home.id, member.id, visit.id)
