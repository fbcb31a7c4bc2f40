"""Where somebody may record: the commune first, then the hamlets that were ever theirs."""

from datetime import date

import pytest

from tests.people import COMMUNE, HAMLET, LAN, NEXT_HAMLET, OTHER_COMMUNE, PROVINCE
from volunteer_app.domain.operations.known import Known

LAST_DAY = date(2026, 11, 30)


@pytest.mark.parametrize(
    ("own", "assigned", "allowed"),
    [
        (COMMUNE, None, {(COMMUNE, HAMLET), (COMMUNE, NEXT_HAMLET)}),  # a leader: the commune, and no other
        (COMMUNE, {HAMLET: LAST_DAY}, {(COMMUNE, HAMLET)}),
        (COMMUNE, {}, set()),
        (OTHER_COMMUNE, {HAMLET: LAST_DAY}, {(OTHER_COMMUNE, HAMLET)}),  # a hamlet that was theirs elsewhere
    ],
)
def test_i9_one_records_in_ones_commune_and_a_volunteer_in_hamlets_that_were_theirs(own, assigned, allowed):
    known = Known(PROVINCE, LAN, own, assigned)
    places = [(commune, hamlet) for commune in (COMMUNE, OTHER_COMMUNE) for hamlet in (HAMLET, NEXT_HAMLET)]

    assert {place for place in places if known.may_record(*place)} == allowed
