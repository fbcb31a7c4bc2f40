"""What lasts: hand-counted stories, parts that add up whatever happened, and an interval that holds the truth."""

from collections import Counter
from datetime import UTC, date, datetime, timedelta
from random import Random
from typing import NamedTuple
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from volunteer_app.domain.figures.cohort import (
    ASKED_AFTER,
    COHORT_COUNTS,
    FoundAgain,
    cohort_of,
    counted,
    is_due,
    learned,
    wilson,
)
from volunteer_app.domain.independence import RECHECK_AFTER, Basis

BEGUN = datetime(2026, 3, 10, 3, tzinfo=UTC)
LAN, HOA = UUID(int=101), UUID(int=102)
LATER = date(2027, 6, 1)
"""A day on which everything of the stories is over."""


class Seen(NamedTuple):
    id: UUID
    member_id: UUID
    person_id: UUID
    service: str
    level: int
    basis: Basis
    observed_at: datetime


def seen(day: int, level: int, by: UUID = LAN, basis: Basis = Basis.OBSERVED, member: int = 1) -> Seen:
    return Seen(
        UUID(int=day * 10 + level + 1), UUID(int=member), by, "a", level, basis, BEGUN + timedelta(days=day)
    )


TWELVE = {
    "never alone": ([seen(0, 2), seen(20, 2)], None),
    "only said so": ([seen(0, 3, basis=Basis.SELF_SAID)], None),
    "never seen again": ([seen(0, 3)], [None, None, None]),
    "by a second person each time": (
        [seen(0, 3), seen(20, 3, HOA), seen(100, 3, HOA), seen(180, 3, HOA)],
        [FoundAgain.STILL_ALONE] * 3,
    ),
    "only by who taught it": ([seen(0, 3), seen(20, 4)], [FoundAgain.SAME_HELPER, None, None]),
    "seen too early": ([seen(0, 3), seen(13, 3, HOA)], [None, None, None]),
    "on the first day of looking": ([seen(0, 3), seen(14, 3, HOA)], [FoundAgain.STILL_ALONE, None, None]),
    "fell back and learned again": (
        [seen(0, 3), seen(20, 2, HOA), seen(40, 3, HOA), seen(70, 3)],
        [FoundAgain.STILL_ALONE, FoundAgain.SAME_HELPER, None],
    ),
    "still there, then lost within the same days": (
        [seen(0, 3), seen(20, 3, HOA), seen(30, 1, LAN)],
        [FoundAgain.FELL_BACK, None, None],
    ),
    "no longer needed": ([seen(0, 3), seen(150, -1, HOA)], [None, None, FoundAgain.NOT_NEEDED]),
    "after all days": ([seen(0, 3), seen(211, 3, HOA)], [None, None, None]),
    "helped, then alone": ([seen(0, 2), seen(30, 3), seen(60, 3, HOA)], [FoundAgain.STILL_ALONE, None, None]),
}


@pytest.mark.parametrize("story", TWELVE)
def test_s9_what_became_of_a_skill_is_what_a_hand_counts(story):
    looks, expected = TWELVE[story]

    skills = learned(looks[::-1])

    assert [[skill.found.get(days) for days in ASKED_AFTER] for skill in skills] == (
        [expected] if expected else []
    )


def test_s9_a_skill_belongs_to_the_month_in_which_it_was_learned():
    looks = [seen(0, 2), seen(30, 3), seen(60, 1), seen(100, 3)]

    (skill,) = learned(looks)

    assert (skill.on, skill.month) == (date(2026, 4, 9), date(2026, 4, 1))


def test_nothing_is_counted_before_its_days_are_over():
    """Who is found early would count, who is never found would not."""
    (skill,) = learned([seen(0, 3), seen(20, 3, HOA)])
    last = skill.on + timedelta(days=44)

    assert (is_due(skill, 30, last), is_due(skill, 30, last + timedelta(days=1))) == (False, True)
    assert counted([skill], last)["a", date(2026, 3, 1)] == {"learned": 1}
    assert counted([skill], last + timedelta(days=1))["a", date(2026, 3, 1)] == {
        "learned": 1, "due_30": 1, "still_30": 1,
    }  # fmt: skip


def test_a_recheck_by_the_rule_is_never_too_early_to_count():
    (skill,) = learned([seen(0, 3), seen(RECHECK_AFTER.days, 3, HOA)])

    assert skill.found[30] is FoundAgain.STILL_ALONE


LOOKS = st.lists(
    st.builds(
        seen,
        st.integers(0, 260),
        st.sampled_from([-1, 0, 1, 2, 3, 4]),
        st.sampled_from([LAN, HOA]),
        st.sampled_from(list(Basis)),
        st.integers(1, 4),
    ),
    max_size=40,
)


@given(LOOKS, st.integers(0, 500))
def test_s9_the_parts_add_up_to_all_that_was_learned_on_every_day(looks, age):
    today = BEGUN.date() + timedelta(days=age)

    total = sum(counted(learned(looks), today).values(), Counter(dict.fromkeys(COHORT_COUNTS, 0)))

    for days in ASKED_AFTER:
        of = cohort_of(total, days)
        parts = (of.still, of.same, of.fell, of.unneeded, of.not_found, of.waiting)
        assert sum(parts) == of.learned and min(parts) >= 0
        if of.interval and of.percent is not None:
            low, high = of.interval
            assert 0 <= low <= of.percent <= high <= 100


def test_s9_the_interval_holds_the_truth_in_95_of_100_runs_also_when_those_who_forgot_hide():
    """Half of those who can still do it are found, and only a fifth of those who cannot."""
    chance, held, runs = Random(9), 0, 400
    for _ in range(runs):
        skills = [chance.random() < 0.6 for _ in range(60)]
        truth = sum(skills) / len(skills)
        found = [can for can in skills if chance.random() < (0.5 if can else 0.2)]
        counts = Counter(learned=60, due_90=60, still_90=sum(found), fell_90=len(found) - sum(found))
        low, high = cohort_of(counts, 90).interval or (0, 0)
        held += low <= 100 * truth <= high

    assert held / runs >= 0.95


@pytest.mark.parametrize(
    ("part", "whole", "low", "high"), [(0, 10, 0, 0.2775), (8, 10, 0.4902, 0.9433), (50, 100, 0.4038, 0.5962)]
)
def test_the_interval_is_wilsons(part, whole, low, high):
    """Compared with tables of the interval."""
    assert wilson(part, whole) == pytest.approx((low, high), abs=5e-4)
