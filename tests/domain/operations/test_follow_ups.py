"""A return that is settled by word."""

from tests.people import a_visit, an_operation, id_of
from volunteer_app.domain.follow_ups import Settled
from volunteer_app.domain.operations.follow_ups import Settlement


def settled(home, return_id, **said):
    return an_operation(
        "follow_up_settled", {"household_id": home, "follow_up_id": return_id, "settled_as": "done"} | said
    )


def test_a_return_is_settled_by_its_id_once_it_is_known(take, family):
    left = a_visit(family.home, outcome="nobody_home")
    take(left)
    operation = settled(family.home, left.id, why=" Đã gọi điện ")

    assert take(operation) == [Settlement(operation.id, family.home, left.id, Settled.DONE, "Đã gọi điện")]
    assert take(settled(family.home, id_of("no return"))) == id_of("no return")


def test_nobody_cancels_a_return_without_a_reason(take, family):
    assert take(settled(family.home, family.visit, settled_as="cancelled")) == "follow_up.no_reason"
