"""The phone's rules and the server's agree: both must pass the examples in tests/golden/."""

import json

import pytest

from tests.conftest import ROOT
from volunteer_app.assets import Assets

GOLDEN = ROOT / "tests" / "golden"


def golden(name: str):
    return json.loads((GOLDEN / name).read_text("utf-8"))


@pytest.fixture(scope="module")
def module_page(chromium, server):
    page = chromium.new_page()
    page.goto(f"{server.origin}/vi/sign-in")
    yield page
    page.close()


def in_module(page, source: str, call: str, examples: list):
    """Answers of the module's own functions, for every example at once."""
    address = Assets().address(source)
    return page.evaluate(
        f"async (examples) => {{ const m = await import('{address}'); return examples.map((e) => {call}) }}",
        examples,
    )


def test_l8_names_are_folded_alike(module_page):
    examples = golden("folded.json")

    assert in_module(module_page, "js/names.js", "m.folded(e[0])", examples) == [e[1] for e in examples]


def test_searches_find_alike(module_page):
    examples = golden("matches.json")

    found = in_module(module_page, "js/names.js", "m.finder(e[0])(m.squeezed(e[1]))", examples)

    assert found == [e[2] for e in examples]


def test_p3_id_numbers_are_seen_alike(module_page):
    examples = golden("free_text.json")

    assert in_module(module_page, "js/free_text.js", "m.hasIdNumber(e[0])", examples) == [
        e[1] for e in examples
    ]


def test_levels_are_reached_alike(module_page):
    examples = golden("levels.json")["current_level"]
    for example in examples:
        for number, seen in enumerate(example["observations"]):
            seen["id"] = f"{number:08}"
            seen["observed_at"] = f"2026-{9 + seen['day'] // 30:02}-{1 + seen['day'] % 30:02}T00:00:00Z"

    found = in_module(module_page, "js/rules.js", "m.currentLevel(e.observations)", examples)

    assert found == [e["level"] for e in examples]


def test_runs_prove_alike(module_page):
    examples = golden("levels.json")["level_of"]

    found = in_module(module_page, "js/rules.js", "m.levelOf(e.marks, e.teach_back, e.is_needed)", examples)

    assert found == [e["level"] for e in examples]


def test_visits_leave_the_same_to_do(module_page):
    examples = golden("levels.json")["after_visit"]

    found = in_module(module_page, "js/rules.js", "m.afterVisit(e.outcome, e.at, e.return_on)", examples)

    assert [f and [f["reason"], f["due_from"], f["due_to"]] for f in found] == [e["return"] for e in examples]


def test_a5_guides_leave_the_same_to_do(module_page):
    examples = golden("levels.json")["after_walk_through"]
    call = (
        "m.afterWalkThrough({ isStuck: e.is_stuck, level: e.level, finishedAt: e.at, returnOn: e.return_on, "
        "blocker: e.blocker, isCore: e.is_core })"
    )

    found = in_module(module_page, "js/rules.js", call, examples)

    assert [f and [f["reason"], f["due_from"], f["due_to"]] for f in found] == [e["return"] for e in examples]


def test_a11_the_day_goes_by_overdue_then_due_then_unvisited_in_hamlet_order(module_page):
    """What is finished at signal, comes later or was refused is no door of today."""
    homes = [
        {"id": id_, "is_met": id_ in "bcde", "last_outcome": "refused" if id_ == "g" else None}
        for id_ in "abcdefgh"
    ]
    returns = [
        {"household_id": "b", "due_from": "2026-11-01", "due_to": "2026-11-25"},
        {"household_id": "d", "due_from": "2026-11-01", "due_to": "2026-11-10"},
        {"household_id": "e", "due_from": "2026-11-01", "due_to": "2026-11-09"},
        {"household_id": "c", "due_from": "2026-11-01", "due_to": "2026-11-09", "blocker": "no_signal"},
        {"household_id": "f", "due_from": "2026-12-01", "due_to": "2026-12-09"},
        {"household_id": "c", "due_from": "2026-11-01", "due_to": "2026-11-09", "settled_as": "done"},
    ]

    plan = "m.dayPlan(e[0], e[1], '2026-11-22').map((h) => h.id).join('')"

    assert in_module(module_page, "js/day_plan.js", plan, [[homes, returns]]) == ["edbah"]
