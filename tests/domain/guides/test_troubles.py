"""What no guide may forget: the code that stays away, the face, the commune's new name, and whoever has no level 2."""

from dataclasses import replace
from pathlib import Path

import pytest

from tests.domain.guides.test_files import DOT, FOLDER, GOOD, NAME, SOURCES, TODAY
from volunteer_app.domain.guides.files import check_all, load_guides
from volunteer_app.domain.guides.guide import Guide, Remedy, Trouble
from volunteer_app.domain.guides.rules import problems_with


@pytest.mark.parametrize("trouble", Trouble)
def test_no_guide_of_the_house_can_lose_a_remedy_that_it_needs(trouble: Trouble):
    """Taken out of all guides at once, it is missed in more than one; so it is in each (`guides check` is clean)."""
    today = max(guide.written_on for guide in load_guides(FOLDER))
    missed = [
        guide.slug
        for guide in load_guides(FOLDER)
        for problem in problems_with(without_remedy(guide, trouble), today)
        if problem.code == "guide.trouble_forgotten" and problem.values["trouble"] == trouble
    ]

    assert len(set(missed)) > 5


def without_remedy(guide: Guide, trouble: Trouble) -> Guide:
    def left(remedies: tuple[Remedy, ...]) -> tuple[Remedy, ...]:
        return tuple(remedy for remedy in remedies if remedy.against is not trouble)

    steps = tuple(replace(step, remedies=left(step.remedies)) for step in guide.steps)
    return replace(guide, steps=steps, remedies=left(guide.remedies))


def test_whoever_has_no_level_2_is_told_another_way_in_every_guide_that_needs_it(tmp_path: Path):
    """A question asked beside it changes nothing: on each of its answers somebody without level 2 is told a way."""
    (tmp_path / "pictures").mkdir()
    (tmp_path / "pictures/dot.svg").write_text(DOT, encoding="utf-8")
    (tmp_path / "sources.toml").write_text(SOURCES, encoding="utf-8")
    other = """
[[situations]]
key = "goal"
question = "Bác muốn gì?"

[[situations.options]]
key = "this"
label = "Việc này"
picture = "dot"

[[situations.options]]
key = "that"
label = "Việc kia"
picture = "dot"

[[situations]]
key = "device"
"""
    text = GOOD.replace('\n[[situations]]\nkey = "device"\n', other, 1)
    assert text != GOOD
    (tmp_path / NAME).write_text(text, encoding="utf-8")
    assert check_all(tmp_path, TODAY) == {}

    narrow = text.replace(
        'question = "Bác làm trên máy nào?"',
        'question = "Bác làm trên máy nào?"\nonly_if = { goal = ["this"] }',
    )
    assert narrow != text
    narrow = narrow.replace('only_if = { device = ["phone"] }\n', "", 1)
    (tmp_path / NAME).write_text(narrow, encoding="utf-8")
    codes = {problem.code for problem in check_all(tmp_path, TODAY)[NAME]}
    assert {"guide.level_2_only_here"} <= codes
