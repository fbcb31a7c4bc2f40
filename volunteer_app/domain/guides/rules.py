"""What makes a guide fit to be used: the rules behind `volunteer-app guides check`."""

import re
import unicodedata
from collections import Counter
from collections.abc import Iterator
from datetime import date

from volunteer_app.domain.blockers import Blocker
from volunteer_app.domain.guides.guide import (
    Answers,
    Confidence,
    Ending,
    Fee,
    Flag,
    Guide,
    Kind,
    Path,
    Remedy,
    Step,
    TimeLimit,
    paths,
)
from volunteer_app.domain.hotlines import HOTLINES
from volunteer_app.domain.problems import N_, Problem
from volunteer_app.domain.public_services import PUBLIC_SERVICES

ACTION_LETTERS = 80
"""A longer sentence is not one action, and does not fit a 320 px screen in large type."""

SECRET = re.compile(r"(nhập|đặt|gõ)[^.]*(mật khẩu|passcode|mã otp)", re.IGNORECASE)
FIGURE = re.compile(r"\d[\d.]*\s*(đồng|đ|ngày|tháng|giờ|năm)\b", re.IGNORECASE)


def problems_with(guide: Guide, today: date) -> list[Problem]:
    """Why the guide may not be used; empty when it may. Each problem's values hold the line in its file."""
    ways = list(paths(guide))
    return [
        *_meta_problems(guide, today),
        *_name_problems(guide),
        *_path_problems(guide, ways),
        *(problem for step in guide.steps for problem in _step_problems(guide, step)),
        *_figure_problems((*guide.fees, *guide.time_limits)),
        *_teach_back_problems(guide, ways),
        *_text_problems(guide),
    ]


def _meta_problems(guide: Guide, today: date) -> Iterator[Problem]:
    if guide.checked_on > today:
        yield Problem(
            "guide.checked_later", N_("The guide cannot have been checked after today"), {"line": guide.line}
        )
    service = PUBLIC_SERVICES.get(guide.service)
    if service is None:
        values = {"line": guide.line, "service": guide.service}
        yield Problem("guide.no_service", N_("There is no public service “%(service)s”"), values)
    elif service.level_needed != guide.level_needed:
        values = {"line": guide.line, "service": guide.service}
        yield Problem("guide.level", N_("The service “%(service)s” needs another VNeID level"), values)


def _name_problems(guide: Guide) -> Iterator[Problem]:
    """Keys are used once; conditions name questions asked before; figures and hotlines named exist."""
    figures = (*guide.fees, *guide.time_limits)
    for things in (
        guide.steps,
        guide.situations,
        guide.prepare,
        figures,
        *(s.options for s in guide.situations),
    ):
        counts = Counter(thing.key for thing in things)
        for thing in things:
            if counts[thing.key] > 1:
                values = {"line": thing.line, "key": thing.key}
                yield Problem("guide.key_twice", N_("“%(key)s” is used twice"), values)
    asked: dict[str, set[str]] = {}
    for situation in guide.situations:
        yield from _condition_problems(situation.only_if, asked, situation.line)
        asked[situation.key] = {option.key for option in situation.options}
    for thing in (*guide.prepare, *guide.steps):
        yield from _condition_problems(thing.only_if, asked, thing.line)
    known = {figure.key for figure in figures}
    for step in guide.steps:
        for key in sorted(set(step.shows) - known):
            yield Problem(
                "guide.no_figure",
                N_("There is no fee or time limit “%(key)s”"),
                {"line": step.line, "key": key},
            )
    for remedy in _remedies(guide):
        if remedy.hotline and remedy.hotline not in HOTLINES:
            values = {"line": remedy.line, "key": remedy.hotline}
            yield Problem("guide.no_hotline", N_("There is no hotline “%(key)s”"), values)


def _condition_problems(only_if: Answers, asked: dict[str, set[str]], line: int) -> Iterator[Problem]:
    for situation, options in only_if.items():
        for option in options or ("",):
            if option not in asked.get(situation, ()):
                values = {"line": line, "condition": f"{situation} = {option}"}
                yield Problem("guide.no_answer", N_("Nobody was asked “%(condition)s” before"), values)


def _path_problems(guide: Guide, ways: list[Path]) -> Iterator[Problem]:
    """No way through the guide breaks off, and no step is out of reach."""
    for way in ways:
        if way.ending is None:
            answers = ", ".join(f"{key} = {answer}" for key, answer in way.answers.items())
            line = way.steps[-1].line if way.steps else guide.line
            yield Problem(
                "guide.dead_end",
                N_("A way has no end here (%(answers)s)"),
                {"line": line, "answers": answers},
            )
    reached = {step.key for way in ways for step in way.steps}
    for step in guide.steps:
        if step.key not in reached:
            values = {"line": step.line, "key": step.key}
            yield Problem("guide.unreachable", N_("No way leads to the step “%(key)s”"), values)


def _step_problems(guide: Guide, step: Step) -> Iterator[Problem]:
    values = {"line": step.line, "key": step.key}
    if (Flag.SIGNAL in step.flags) == (Flag.OFFLINE_POSSIBLE in step.flags):
        yield Problem(
            "guide.flags", N_("The step “%(key)s” must be either signal or offline_possible"), values
        )
    helped = {remedy.blocker for remedy in (*step.remedies, *guide.remedies)}
    if not helped or (Flag.SIGNAL in step.flags and Blocker.NO_SIGNAL not in helped):
        yield Problem("guide.no_remedy", N_("The step “%(key)s” has no remedy for what it needs"), values)
    if (Flag.OTP in step.flags or SECRET.search(step.action)) and not step.private:
        yield Problem(
            "guide.not_private", N_("The step “%(key)s” handles a secret and must be private"), values
        )
    if len(step.action) > ACTION_LETTERS or re.search(r"[.!?…]\s", step.action):
        yield Problem("guide.long_action", N_("The step “%(key)s” is not one short sentence"), values)


def _figure_problems(figures: tuple[Fee | TimeLimit, ...]) -> Iterator[Problem]:
    for figure in figures:
        values = {"line": figure.line, "key": figure.key}
        if figure.valid_from and figure.valid_to and figure.valid_to < figure.valid_from:
            yield Problem("guide.never_valid", N_("“%(key)s” ends before it begins"), values)
        if figure.confidence == Confidence.LOW and not figure.check:
            yield Problem("guide.unchecked", N_("“%(key)s” is uncertain and needs check = true"), values)


def _teach_back_problems(guide: Guide, ways: list[Path]) -> Iterator[Problem]:
    """A guide that is walked ends with the citizen doing it again, on every way that is finished."""
    if guide.kind == Kind.ASK_OFFICER:
        return
    if guide.teach_back is None:
        yield Problem("guide.no_teach_back", N_("The guide has no teach-back"), {"line": guide.line})
        return
    again = set(guide.teach_back.steps)
    for key in sorted(again - {step.key for step in guide.steps}):
        values = {"line": guide.teach_back.line, "key": key}
        yield Problem("guide.no_step", N_("There is no step “%(key)s” to do again"), values)
    for way in ways:
        if way.ending == Ending.DONE and not again & {step.key for step in way.steps}:
            values = {"line": guide.teach_back.line, "answers": ", ".join(way.answers.values())}
            yield Problem(
                "guide.nothing_again", N_("A finished way has nothing to do again (%(answers)s)"), values
            )


def _text_problems(guide: Guide) -> Iterator[Problem]:
    """Texts are spoken: composed letters, and no fee or time limit in them (those are data)."""
    for line, text in spoken_texts(guide):
        if unicodedata.normalize("NFC", text) != text:
            yield Problem("guide.not_nfc", N_("The letters are not composed (NFC)"), {"line": line})
        if found := FIGURE.search(text):
            values = {"line": line, "figure": found[0]}
            yield Problem("guide.figure_in_text", N_("“%(figure)s” belongs into fees or time_limits"), values)


def spoken_texts(guide: Guide) -> Iterator[tuple[int, str]]:
    """Every text of the guide with the line of the thing it belongs to, in the order they are met."""
    yield from ((guide.line, text) for text in (guide.title, guide.summary))
    yield from ((figure.line, figure.label) for figure in (*guide.fees, *guide.time_limits))
    for situation in guide.situations:
        yield situation.line, situation.question
        yield from ((option.line, option.label) for option in situation.options)
    yield from ((item.line, item.text) for item in (*guide.prepare, *guide.warnings))
    for step in guide.steps:
        yield from ((step.line, text) for text in (step.action, step.explanation))
    yield from ((remedy.line, remedy.text) for remedy in _remedies(guide))
    if guide.teach_back:
        yield guide.teach_back.line, guide.teach_back.ask


def _remedies(guide: Guide) -> Iterator[Remedy]:
    yield from guide.remedies
    for step in guide.steps:
        yield from step.remedies
