"""One page shows every path: what rules its parts out says the same as the rules of the guide."""

from itertools import product

import pytest

from volunteer_app.domain.guides.guide import applies, paths
from volunteer_app.domain.guides.reading import implied_answers, is_ruled_out, ruled_out_by
from volunteer_app.pages.guides.packs import all_guides

GUIDES = pytest.mark.parametrize("guide", all_guides(), ids=lambda guide: guide.slug)


def every_choice(guide):
    """Every way to tick one option of every question, also of questions that are not asked."""
    for ticked in product(*([option.key for option in s.options] for s in guide.situations)):
        yield dict(zip((s.key for s in guide.situations), ticked, strict=True))


@GUIDES
def test_every_path_shows_exactly_its_steps(guide):
    out = {step.key: ruled_out_by(guide, step) for step in guide.steps}

    for chosen in every_choice(guide):
        path = next(p for p in paths(guide) if p.answers.items() <= chosen.items())
        shown = [step.key for step in guide.steps if not is_ruled_out(out[step.key], chosen)]
        assert shown == [step.key for step in path.steps], chosen


@GUIDES
def test_every_path_shows_exactly_its_questions_and_things_to_prepare(guide):
    parts = [part.only_if for part in (*guide.situations, *guide.prepare)]
    out = [ruled_out_by(guide, part) for part in parts]

    for path in paths(guide):
        for part, combinations in zip(parts, out, strict=True):
            assert is_ruled_out(combinations, path.answers) == (not applies(part, path.answers))


@GUIDES
def test_before_any_answer_everything_is_shown(guide):
    assert not any(is_ruled_out(ruled_out_by(guide, step), {}) for step in guide.steps)


@GUIDES
def test_the_answers_a_step_implies_show_it(guide):
    for step in guide.steps:
        assert not is_ruled_out(ruled_out_by(guide, step), implied_answers(guide, step))


def test_a_step_of_one_answer_implies_it():
    guide = next(guide for guide in all_guides() if guide.slug == "activate-level-2")
    step = next(step for step in guide.steps if step.key == "wait-for-message")

    assert implied_answers(guide, step) == {"message": "waiting"}
    assert ruled_out_by(guide, step) == [{"message": "received"}]
