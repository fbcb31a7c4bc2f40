"""What brings somebody back to a household, until when, and what settles it."""

import json
from datetime import UTC, date, datetime, timedelta

import pytest

from tests.conftest import ROOT
from volunteer_app.domain import follow_ups
from volunteer_app.domain.blockers import Blocker
from volunteer_app.domain.follow_ups import LONGEST_RETURN, Reason, Settled
from volunteer_app.domain.independence import IndependenceLevel
from volunteer_app.domain.visits import Outcome

GOLDEN = json.loads((ROOT / "tests/golden/levels.json").read_text("utf-8"))
NOW = datetime(2026, 11, 22, 8, tzinfo=UTC)


def test_nobody_returns_before_the_visit():
    found = follow_ups.problems_with_day(date(2026, 11, 21), NOW)

    assert found["return_on"].code == "visit.return_before_visit"


def test_a_familys_own_day_has_two_bounds():
    last = date(2026, 11, 22) + LONGEST_RETURN

    assert follow_ups.problems_with_day(None, NOW) == {}
    assert follow_ups.problems_with_day(date(2026, 11, 22), NOW) == {}
    assert follow_ups.problems_with_day(last, NOW) == {}
    late = follow_ups.problems_with_day(last + timedelta(days=1), NOW)
    assert late["return_on"].code == "visit.return_too_late"


@pytest.mark.parametrize("example", GOLDEN["after_visit"], ids=lambda e: f"{e['outcome']} {e['return_on']}")
def test_what_a_visit_leaves_to_do(example):
    return_on = date.fromisoformat(example["return_on"]) if example["return_on"] else None

    found = follow_ups.after_visit(
        Outcome(example["outcome"]), datetime.fromisoformat(example["at"]), return_on
    )

    expected = example["return"]
    assert found == (expected and (Reason(expected[0]), *map(date.fromisoformat, expected[1:])))


@pytest.mark.parametrize(
    "example", GOLDEN["after_walk_through"], ids=lambda e: f"{e['blocker']} {e['level']} {e['is_core']}"
)
def test_a5_what_a_guide_leaves_to_do_by_blocker_and_level(example):
    found = follow_ups.after_walk_through(
        is_stuck=example["is_stuck"],
        level=None if example["level"] is None else IndependenceLevel(example["level"]),
        finished_at=datetime.fromisoformat(example["at"]),
        return_on=date.fromisoformat(example["return_on"]) if example["return_on"] else None,
        blocker=Blocker(example["blocker"]) if example["blocker"] else None,
        is_core=example["is_core"],
    )

    expected = example["return"]
    assert found == (expected and (Reason(expected[0]), *map(date.fromisoformat, expected[1:])))


def test_alone_while_watched_is_looked_at_again_after_14_days():
    found = follow_ups.after_walk_through(
        is_stuck=False, level=IndependenceLevel.ALONE_WATCHED, finished_at=NOW, return_on=None
    )

    assert found == (Reason.RECHECK, date(2026, 12, 6), date(2026, 12, 20))


def test_a_stuck_step_brings_somebody_back():
    found = follow_ups.after_walk_through(is_stuck=True, level=None, finished_at=NOW, return_on=None)

    assert found == (Reason.STUCK, date(2026, 11, 25), date(2026, 12, 2))


def test_a_recheck_is_not_settled_by_a_visit_before_its_time():
    due = date(2026, 12, 6)

    assert not follow_ups.is_closed_by(Reason.RECHECK, due, NOW, NOW + timedelta(days=3))
    assert follow_ups.is_closed_by(Reason.RECHECK, due, NOW, NOW + timedelta(days=15))
    assert follow_ups.is_closed_by(Reason.NOBODY_HOME, due, NOW, NOW + timedelta(days=1))
    assert not follow_ups.is_closed_by(Reason.NOBODY_HOME, due, NOW, NOW)


@pytest.mark.parametrize(
    ("settled_as", "why", "codes"),
    [
        (Settled.DONE, "", []),
        (Settled.CANCELLED, "Gia đình đã chuyển đi", []),
        (Settled.CANCELLED, " ", ["follow_up.no_reason"]),
        (Settled.DONE, "CCCD 008 199 012 345", ["text.id_number"]),
    ],
)
def test_nobody_is_left_alone_without_a_reason(settled_as, why, codes):
    assert [one.code for one in follow_ups.problems_with_settling(settled_as, why).values()] == codes
