"""What a run of a guide proves, and which may be kept."""

import json
from datetime import UTC, datetime
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.conftest import ROOT
from volunteer_app.domain import walk_throughs
from volunteer_app.domain.independence import IndependenceLevel
from volunteer_app.domain.walk_throughs import Mark, TeachBack, WalkThrough

GOLDEN = json.loads((ROOT / "tests/golden/levels.json").read_text("utf-8"))


def a_run(**changes) -> WalkThrough:
    ids = dict.fromkeys(
        ("id", "hamlet_id", "household_id", "visit_id", "member_id", "person_id"), UUID(int=1)
    )
    said = {
        "province_code": "08",
        "commune_code": "00919",
        "guide": "vneid",
        "guide_version": 1,
        "service": "vneid",
    }
    when = datetime(2026, 11, 22, 8, tzinfo=UTC)
    return WalkThrough(**ids | said | {"marks": {"open": Mark.ALONE}, "recorded_at": when} | changes)


@pytest.mark.parametrize("example", GOLDEN["level_of"], ids=lambda e: e["why"])
def test_what_a_run_proves(example):
    teach_back, is_needed = TeachBack(example["teach_back"]), example.get("is_needed", True)

    assert walk_throughs.level_of(example["marks"], teach_back, is_needed=is_needed) == example["level"]


@given(st.dictionaries(st.text(min_size=1), st.sampled_from(Mark)), st.sampled_from(TeachBack))
def test_a_run_with_a_step_done_for_them_never_counts_as_alone(marks, teach_back):
    level = walk_throughs.level_of(marks | {"x": Mark.DID}, teach_back)

    assert level is None or level <= IndependenceLevel.DONE_FOR


@pytest.mark.parametrize(
    ("changes", "codes"),
    [
        ({}, {}),
        ({"marks": {}}, {"marks": "walk_through.empty"}),
        ({"marks": {"open": Mark.STUCK}}, {"blocker": "walk_through.no_blocker"}),
        ({"marks": {"open": Mark.STUCK}, "blocker": "no_signal"}, {}),
        ({"note": "CCCD 008 199 012 345"}, {"note": "text.id_number"}),
    ],
)
def test_a_run_that_says_nothing_or_hides_why_it_got_stuck_is_refused(changes, codes):
    assert {field: one.code for field, one in walk_throughs.problems_with(a_run(**changes)).items()} == codes
