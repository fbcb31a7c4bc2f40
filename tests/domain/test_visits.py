"""Visits, walk-throughs and the returns that follow from them."""

import json
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from volunteer_app.domain import follow_ups, visits, walk_throughs
from volunteer_app.domain.blockers import Blocker
from volunteer_app.domain.follow_ups import Reason
from volunteer_app.domain.independence import IndependenceLevel
from volunteer_app.domain.visits import CLOCK_DRIFT, Outcome, Visit
from volunteer_app.domain.walk_throughs import Mark, TeachBack

GOLDEN = json.loads((Path(__file__).parents[1] / "golden" / "levels.json").read_text("utf-8"))
NOW = datetime(2026, 11, 22, 8, tzinfo=UTC)


def a_visit(**changes) -> Visit:
    ids = dict.fromkeys(("id", "hamlet_id", "household_id", "person_id"), UUID(int=1))
    said = {"province_code": "08", "commune_code": "00919", "outcome": Outcome.MET, "recorded_at": NOW}
    return Visit(**ids | said | changes)


def test_a_usual_visit_may_be_kept():
    assert visits.problems_with(a_visit(note="Gọi 0912 345 678 trước khi đến."), now=NOW) == {}


def test_a_visit_from_the_future_is_refused_but_not_for_a_clock_a_little_fast():
    assert visits.problems_with(a_visit(recorded_at=NOW + CLOCK_DRIFT), now=NOW) == {}
    late = a_visit(recorded_at=NOW + CLOCK_DRIFT + timedelta(seconds=1))
    assert visits.problems_with(late, now=NOW)["recorded_at"].code == "visit.in_the_future"


def test_a_note_with_an_id_number_is_refused():
    found = visits.problems_with(a_visit(note="CCCD 008 199 012 345"), now=NOW)

    assert found["note"].code == "text.id_number"


def test_nobody_returns_before_the_visit():
    found = follow_ups.problems_with_day(date(2026, 11, 21), NOW)

    assert found["return_on"].code == "visit.return_before_visit"


@pytest.mark.parametrize("example", GOLDEN["level_of"], ids=lambda e: e["why"])
def test_what_a_run_proves(example):
    teach_back, is_needed = TeachBack(example["teach_back"]), example.get("is_needed", True)

    assert walk_throughs.level_of(example["marks"], teach_back, is_needed=is_needed) == example["level"]


@given(st.dictionaries(st.text(min_size=1), st.sampled_from(Mark)), st.sampled_from(TeachBack))
def test_a_run_with_a_step_done_for_them_never_counts_as_alone(marks, teach_back):
    level = walk_throughs.level_of(marks | {"x": Mark.DID}, teach_back)

    assert level is None or level <= IndependenceLevel.DONE_FOR


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
