"""What is added record by record equals what a recount says of the whole history, whatever came in whatever order."""

from collections import Counter
from datetime import UTC, datetime, timedelta
from typing import NamedTuple
from uuid import UUID

import msgspec
from hypothesis import event, example, given, settings
from hypothesis import strategies as st

from volunteer_app.domain.calendar import local_day
from volunteer_app.domain.figures.so_far import SoFar, add, out_of_order, so_far_of
from volunteer_app.domain.figures.tallies import History, Run, Visited, difference, tallied
from volunteer_app.domain.independence import Basis

CORE = ["a", "b"]
BEGUN = datetime(2026, 3, 20, 10, tzinfo=UTC)


class Seen(NamedTuple):
    id: UUID
    member_id: UUID
    person_id: UUID
    service: str
    level: int
    basis: Basis
    observed_at: datetime


IDS = st.integers(0, 10**9)
MEMBERS = st.integers(1, 2).map(lambda n: UUID(int=n))
PEOPLE = st.integers(11, 12).map(lambda n: UUID(int=n))
MOMENTS = st.one_of(
    st.integers(0, 12).map(lambda n: BEGUN + timedelta(days=9 * n)),  # often the same
    st.integers(0, 90 * 24).map(lambda n: BEGUN + timedelta(hours=n)),
)
SEEN = st.builds(
    Seen,
    st.none(),
    MEMBERS,
    PEOPLE,
    st.sampled_from("abc"),
    st.integers(-1, 4),
    st.sampled_from(Basis),
    MOMENTS,
)
RUN = st.builds(
    Run, st.none(), MEMBERS, st.sampled_from("abc"), MOMENTS, st.sampled_from([None, 1, 2, 3]),
    st.sampled_from([None, None, "no_signal", "sim_not_own"]),
)  # fmt: skip
VISIT = st.tuples(MOMENTS, st.booleans())
RECORDS = st.lists(st.one_of(SEEN, RUN, VISIT), max_size=12)


def alone(person: int, at: datetime) -> Seen:
    return Seen(UUID(int=0), UUID(int=1), UUID(int=person), "a", 3, Basis.OBSERVED, at)


MET, LATER = (BEGUN, True), BEGUN + timedelta(days=20)
SEEN_EARLIER_ON_THE_SAME_DAY = [
    [MET, alone(11, BEGUN), alone(12, LATER)],
    [alone(12, LATER - timedelta(hours=1))],
]
"""What was looked at again twice on one day, the first of it coming last: chance seldom finds it."""


def with_ids(records: list, first: int) -> list:
    """Each its own; a run that proved a level brings the observation of it."""
    found = []
    for number, record in enumerate(records, first):
        if not isinstance(record, Seen | Run):
            found.append(record)
            continue
        one = record._replace(id=UUID(int=(number * 7919) % 10007 + (number << 64)))
        if isinstance(one, Seen):
            found.append(one)
            continue
        run = one._replace(level=None) if one.blocker else one
        found.append(run)
        if run.level is not None:
            who = (run.member_id, UUID(int=11), run.service, run.level, Basis.OBSERVED, run.at)
            found.append(Seen(run.id, *who))
    return found


def history_of(records: list) -> History:
    days: dict = {}
    for one in records:
        if not isinstance(one, Seen | Run):
            day = local_day(one[0])
            _, turns, met = days.get(day, (day, 0, 0))
            days[day] = Visited(day, turns + 1, met + one[1])
    runs = [one for one in records if isinstance(one, Run)]
    return History(list(days.values()), runs, [one for one in records if isinstance(one, Seen)])


def added(history: History) -> Counter:
    """What a recount says, visits left out."""
    of_visits = tallied(History(history.days), CORE)
    return difference(of_visits, tallied(history, CORE))


@given(deliveries=st.lists(RECORDS, min_size=1, max_size=6), is_in_order=st.booleans())
@example(deliveries=SEEN_EARLIER_ON_THE_SAME_DAY, is_in_order=False)
@settings(max_examples=300, deadline=None)
def test_m1_records_that_are_added_come_to_what_a_recount_says(deliveries, is_in_order):
    if is_in_order:
        every = sorted((one for some in deliveries for one in some), key=moment)
        deliveries = [every[n : n + 3] for n in range(0, len(every), 3)]
    so_far, came, counts = SoFar(), [], Counter()
    for number, records in enumerate(deliveries):
        new = with_ids(records, number * 1000 + 1)
        came += new
        whole, of_new = history_of(came), history_of(new)
        skills = out_of_order(so_far, of_new.observations)
        all_seen = {skill: [one for one in whole.observations if one[1:4:2] == skill] for skill in skills}
        more = add(so_far, whole.first_met_on, of_new.runs, of_new.observations, CORE, all_seen)
        event("recounted" if more is None else "added")
        if more is None:
            so_far, counts = so_far_of(whole, CORE), added(whole)
        else:
            counts.update(more)
        so_far = msgspec.json.decode(msgspec.json.encode(so_far), type=SoFar)

        assert {cell: count for cell, count in counts.items() if count} == added(whole)
        assert so_far == so_far_of(whole, CORE)


def moment(record) -> datetime:
    if isinstance(record, Seen):
        return record.observed_at
    return record.at if isinstance(record, Run) else record[0]


def test_what_comes_in_order_never_needs_the_history():
    so_far = SoFar()
    for number in range(300):
        at = BEGUN + timedelta(hours=7 * number)
        run = Run(UUID(int=number), UUID(int=number % 3), "abc"[number % 3], at, 3)
        seen = Seen(run.id, run.member_id, UUID(int=11), run.service, 3, Basis.OBSERVED, at)

        assert add(so_far, local_day(BEGUN), [run], [seen], CORE) is not None

    assert len(msgspec.json.encode(so_far)) < 1000, "it does not grow with them"
