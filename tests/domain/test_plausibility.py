"""Patterns to look at (S7): found when they stand out, silent on an ordinary day."""

from datetime import timedelta
from uuid import UUID

import pytest

from tests.people import LAN, NOW
from volunteer_app.domain.plausibility import FirstRun, Met, Pattern, prompts


def met(minutes: list[int], homes: int | None = None) -> list[Met]:
    return [
        Met(LAN, UUID(int=n % (homes or len(minutes))), NOW + timedelta(minutes=m))
        for n, m in enumerate(minutes)
    ]


def test_s7_many_families_in_minutes_are_asked_about():
    [prompt] = prompts(met([0, 2, 4, 6, 8, 10, 200]), [])

    assert (prompt.pattern, prompt.homes, prompt.minutes) == (Pattern.MANY_IN_MINUTES, 6, 10)


@pytest.mark.parametrize(
    "visits", [met([0, 30, 60, 95, 120, 150, 190]), met([0, 2, 4, 6, 8, 10], homes=2), []]
)
def test_s7_an_ordinary_day_is_not(visits):
    assert prompts(visits, []) == []


def test_s7_everybody_alone_at_the_first_visit_is_asked_about():
    [prompt] = prompts([], [FirstRun(LAN, UUID(int=n), 3) for n in range(6)])

    assert (prompt.pattern, prompt.homes, prompt.of) == (Pattern.ALL_ALONE_AT_FIRST, 6, 6)


@pytest.mark.parametrize("levels", [[3] * 5, [3] * 5 + [2] * 3])
def test_s7_few_or_mixed_first_visits_are_not(levels):
    assert prompts([], [FirstRun(LAN, UUID(int=n), level) for n, level in enumerate(levels)]) == []


def test_s7_a_household_counts_as_alone_only_if_every_guide_of_the_day_ended_so():
    runs = [FirstRun(LAN, UUID(int=n), 3) for n in range(6)] + [
        FirstRun(LAN, UUID(int=n), 2) for n in range(3)
    ]

    assert prompts([], runs) == []
