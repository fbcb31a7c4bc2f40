"""The ladder: what observations add up to, in any order; and the examples that phones must agree with."""

import json
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from volunteer_app.domain.calendar import VIETNAM, local_day
from volunteer_app.domain.follow_ups import Reason, window
from volunteer_app.domain.independence import (
    Basis,
    IndependenceLevel,
    current_level,
    household_level,
    is_independent,
)

GOLDEN = json.loads((Path(__file__).parents[1] / "golden" / "levels.json").read_text("utf-8"))
START = datetime(2026, 9, 1, tzinfo=UTC)


@dataclass(frozen=True)
class Seen:
    id: UUID
    level: int
    basis: Basis
    observed_at: datetime


observations = st.lists(
    st.builds(
        Seen,
        id=st.uuids(version=4),
        level=st.integers(-1, 4),
        basis=st.sampled_from(Basis),
        observed_at=st.integers(0, 60 * 24).map(lambda hours: START + timedelta(hours=hours)),
    ),
    max_size=12,
    unique_by=lambda o: o.id,
)


@given(st.data())
def test_any_order_of_observations_gives_the_same_level(data):
    seen = data.draw(observations)
    shuffled = data.draw(st.permutations(seen))

    assert current_level(shuffled) == current_level(seen)


@given(observations)
def test_what_somebody_says_of_themselves_never_counts(seen):
    counted = [o for o in seen if o.basis is not Basis.SELF_SAID]

    assert current_level(seen) == current_level(counted)


@given(observations)
def test_delivering_observations_twice_changes_nothing(seen):
    assert current_level([*seen, *seen]) == current_level(seen)


@given(observations)
def test_nobody_is_confirmed_alone_without_having_been_alone_14_days_before(seen):
    if current_level(seen) is not IndependenceLevel.CONFIRMED_ALONE:
        return
    alone = sorted(o.observed_at for o in seen if o.level >= 3 and o.basis is not Basis.SELF_SAID)

    assert alone[-1].astimezone(VIETNAM).date() - alone[0].astimezone(VIETNAM).date() >= timedelta(days=14)


@pytest.mark.parametrize(
    ("taught", "again", "level"),
    [
        (
            "2026-11-16T15:00+07:00",
            "2026-11-30T07:00+07:00",
            4,
        ),  # the first day that was proposed, some hours earlier
        ("2026-11-16T23:59+07:00", "2026-11-30T00:00+07:00", 4),  # days are Vietnam's
        ("2026-11-16T00:00+07:00", "2026-11-29T23:59+07:00", 3),
        ("2026-11-16T01:00+07:00", "2026-11-29T18:00+00:00", 4),  # 01:00 of the 30th
        ("2026-11-15T18:00+00:00", "2026-11-29T16:59+00:00", 3),
    ],
)
def test_s3_a_recheck_on_the_first_proposed_day_confirms_at_any_hour(taught, again, level):
    seen = [
        Seen(UUID(int=i), 3, Basis.OBSERVED, datetime.fromisoformat(at))
        for i, at in enumerate((taught, again))
    ]

    first_day = window(Reason.RECHECK, local_day(seen[0].observed_at)).due_from

    assert current_level(seen) == level
    assert (level == 4) == (local_day(seen[1].observed_at) >= first_day), "told and kept by one rule"


@pytest.mark.parametrize("example", GOLDEN["current_level"], ids=lambda e: e["why"])
def test_the_examples_that_phones_share(example):
    seen = [
        Seen(UUID(int=i), o["level"], Basis(o["basis"]), START + timedelta(days=o["day"]))
        for i, o in enumerate(example["observations"])
    ]

    assert current_level(seen) == example["level"]


def test_a_household_stands_where_its_best_member_stands():
    assert household_level([IndependenceLevel.DONE_FOR, IndependenceLevel.ALONE_WATCHED]) == 3
    assert household_level([IndependenceLevel.NOT_NEEDED, IndependenceLevel.NOT_STARTED]) == 0
    assert household_level([IndependenceLevel.NOT_NEEDED]) == IndependenceLevel.NOT_NEEDED
    assert household_level([]) == IndependenceLevel.NOT_STARTED


def test_a_household_is_independent_when_it_is_alone_in_every_needed_core_service():
    alone, helped, not_needed = (
        IndependenceLevel.ALONE_WATCHED,
        IndependenceLevel.WITH_HELP,
        IndependenceLevel.NOT_NEEDED,
    )

    assert is_independent({"a": alone, "b": alone}, ["a", "b"])
    assert is_independent({"a": alone, "b": not_needed}, ["a", "b"])
    assert not is_independent({"a": alone, "b": helped}, ["a", "b"])
    assert not is_independent({"a": alone}, ["a", "b"])
    assert not is_independent({"a": not_needed, "b": not_needed}, ["a", "b"])


@given(st.dictionaries(st.sampled_from("abc"), st.sampled_from(IndependenceLevel)))
def test_done_for_them_never_makes_a_household_independent(levels):
    done_for = {service: min(level, IndependenceLevel.DONE_FOR) for service, level in levels.items()}

    assert not is_independent(done_for, "abc")
