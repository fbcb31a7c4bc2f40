"""Suggested plans: what is weighed, and that the solver is never worse than the plain plan or than trying everything."""

from itertools import product

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from volunteer_app import solver
from volunteer_app.domain.plans import (
    MOST_OVER,
    Hand,
    Need,
    Task,
    common,
    greedy,
    load_of,
    plan_from,
    spread_bases,
)

needs = st.lists(
    st.builds(
        Need,
        key=st.uuids().map(str),
        households=st.integers(20, 100),
        unmet=st.integers(0, 20),
        languages=st.sampled_from([("tyz",), ("hmn",), ()]),
        at=st.tuples(st.just(0.0), st.floats(0, 20)),
    ),
    min_size=1,
    max_size=5,
    unique_by=lambda need: need.key,
)
hands = st.lists(
    st.builds(
        Hand,
        key=st.uuids().map(str),
        capacity=st.integers(5, 60),
        languages=st.sampled_from([("tyz", "vi"), ("hmn",), ("vi",)]),
        base=st.tuples(st.just(0.0), st.floats(0, 20)),
    ),
    min_size=1,
    max_size=3,
    unique_by=lambda hand: hand.key,
)


def fits(task, plan):
    load = load_of(plan)
    return all(load.get(hand.key, 0) <= hand.capacity * (1 + MOST_OVER) + 1e-6 for hand in task.hands)


@settings(max_examples=25, deadline=None)
@given(needs, hands)
def test_the_solvers_plan_is_nearly_the_best_of_all(some_needs, some_hands):
    task = Task(tuple(some_needs), tuple(some_hands), 3.0)
    everything = [
        plan_from(task, {i: j for i, j in enumerate(choice) if j is not None})
        for choice in product([None, *range(len(some_hands))], repeat=len(some_needs))
    ]

    found = solver.solve(task)

    assert fits(task, found)
    best = min(plan.cost for plan in everything if fits(task, plan))
    assert found.cost <= best + max(0.01, 0.01 * abs(best))
    assert best <= found.cost + 1e-6


@settings(max_examples=25, deadline=None)
@given(needs, hands)
def test_nobody_is_given_much_more_than_they_can_do(some_needs, some_hands):
    task = Task(tuple(some_needs), tuple(some_hands), 3.0)

    assert fits(task, greedy(task))


def test_who_speaks_the_language_goes_and_the_plan_says_so():
    task = Task(
        (Need("mong", 20, 20, ("hmv",), (0, 1)), Need("tay", 20, 20, ("tyz",), (0, 1))),
        (Hand("a", 30, ("tyz",), (0, 1)), Hand("b", 30, ("hmn", "vi"), (0, 1))),
    )

    plan = solver.solve(task)

    assert {choice.need: choice.hand for choice in plan.choices} == {"mong": "b", "tay": "a"}
    assert "speaks:hmn" in plan.choices[0].reasons
    assert "nobody_met" in plan.choices[0].reasons


def test_a_short_way_decides_when_language_does_not():
    task = Task(
        (Need("up", 20, 20, ("tyz",), (0, 0)), Need("down", 20, 20, ("tyz",), (0, 9))),
        (Hand("a", 30, ("tyz",), (0, 9)), Hand("b", 30, ("tyz",), (0, 0))),
        3.0,
    )

    assert {c.need: c.hand for c in solver.solve(task).choices} == {"up": "b", "down": "a"}


def test_what_does_not_fit_is_said():
    task = Task((Need("large", 90, 90), Need("done", 40, 0)), (Hand("a", 40),))

    assert solver.solve(task).left_out == greedy(task).left_out == ["large"]


def test_those_without_a_place_are_spread_along_the_commune():
    places = [Need(str(n), 10, 10, (), (0.0, float(n))) for n in range(10)]

    spread = spread_bases([Hand("a", 9), Hand("b", 9), Hand("c", 9, base=(0.0, 5.0))], places)

    assert [hand.base for hand in spread] == [(0.0, 2.0), (0.0, 7.0), (0.0, 5.0)]


@pytest.mark.parametrize(
    ("one", "other", "shared"),
    [(["hmv"], ["mww"], {"hmn"}), (["tyz"], ["nut"], set()), ([], ["vi"], set()), (["vi"], ["vi"], {"vi"})],
)
def test_varieties_of_one_language_are_one(one, other, shared):
    assert common(one, other) == shared
