"""The guide as a phone keeps it: one guide in one citizen language, ready to show without a network."""

from collections.abc import Callable, Iterable
from datetime import timedelta
from typing import Any

from volunteer_app.domain.glossary import TERMS, terms_in
from volunteer_app.domain.guides.figures import filled, is_dated, said
from volunteer_app.domain.guides.guide import (
    DOUBT,
    Answers,
    Claim,
    Figure,
    Guide,
    Option,
    Preparation,
    Remedy,
    Situation,
    Step,
    Warning,
)

TranslateText = Callable[[str], str | None]
"""A Vietnamese text to the citizen's language; None when there is no translation."""


About = Callable[[Claim], str]
"""What a claim rests on, in the citizen's language; empty when nothing is known about that."""


def guide_pack(
    guide: Guide,
    translate: TranslateText,
    language: str = "vi",
    about: About = lambda _claim: "",
    made_from: str = "",
) -> dict[str, Any]:
    """What the player needs, as JSON-able values; keys that would be empty or false are left out.

    A text is `{"text": …}`; one without translation is the Vietnamese with `"fallback": true`. Buttons stay
    Vietnamese. Figures are told whole, with their amounts. made_from: of when what it was written from is.
    Pictures are named; a phone keeps all of them in one file, once for every guide and language.
    """
    pack = _Pack(translate, language, about)
    return _without_empty(
        {
            "slug": guide.slug,
            "number": guide.number,
            "version": guide.version,
            "kind": guide.kind.value,
            "service": guide.service,
            "channel": guide.channel.value,
            "level_needed": guide.level_needed,
            "minutes": guide.minutes,
            "written_on": guide.written_on.isoformat(),
            "amber_from": (guide.review_by + timedelta(days=1)).isoformat(),
            "made_from": made_from,
            "doubt": pack.text(DOUBT),
            "seen_on": guide.seen_on,
            "confidence": guide.confidence.value,
            "risks": sorted(guide.risks),
            "title": pack.text(guide.title),
            "summary": pack.text(guide.summary),
            "picture": guide.picture,
            "figures": [pack.figure(figure) for figure in guide.figures],
            "situations": [pack.situation(situation) for situation in guide.situations],
            "prepare": [pack.preparation(item) for item in guide.prepare],
            "warnings": [pack.warning(warning) for warning in guide.warnings],
            "steps": [pack.step(step) for step in guide.steps],
            "remedies": [pack.remedy(remedy) for remedy in guide.remedies],
            "teach_back": guide.teach_back
            and {"ask": pack.text(guide.teach_back.ask), "steps": list(guide.teach_back.steps)},
        }
    )


def pictures_of(guide: Guide) -> Iterable[str]:
    """The names of every picture the guide shows; repeats included."""
    yield guide.picture
    yield from (item.picture for item in guide.prepare)
    yield from (option.picture for situation in guide.situations for option in situation.options)
    yield from (step.picture for step in guide.steps)


class _Pack:
    """Turns each part of a guide into plain values in one language."""

    def __init__(self, translate: TranslateText, language: str, about: About) -> None:
        self.translate, self.language, self.about = translate, language, about

    def text(self, vietnamese: str) -> dict[str, Any]:
        translated = self.translate(vietnamese)
        return {"text": vietnamese, "fallback": True} if translated is None else {"text": translated}

    def claim(self, claim: Claim) -> dict[str, Any]:
        """The doubt about it, and what it rests on."""
        return {
            "check": claim.check,
            "doubtful_from": claim.doubtful_from and claim.doubtful_from.isoformat(),
            "about": self.about(claim) if claim.source else "",
        }

    def figure(self, figure: Figure) -> dict[str, Any]:
        translated = self.translate(figure.text)
        if translated is None:
            text = {"text": said(figure), "fallback": True}
        else:
            text = {"text": filled(figure, translated, self.language)}
        return _without_empty(
            {
                "key": figure.key,
                "topic": figure.topic,
                "text": text,
                "only_if": _plain(figure.only_if),
                "dated": is_dated(figure),
                "valid_from": figure.valid_from and figure.valid_from.isoformat(),
                "valid_to": figure.valid_to and figure.valid_to.isoformat(),
                **self.claim(figure),
            }
        )

    def situation(self, situation: Situation) -> dict[str, Any]:
        return _without_empty(
            {
                "key": situation.key,
                "question": self.text(situation.question),
                "options": [self.option(option) for option in situation.options],
                "only_if": _plain(situation.only_if),
            }
        )

    def option(self, option: Option) -> dict[str, Any]:
        return {"key": option.key, "label": self.text(option.label), "picture": option.picture}

    def preparation(self, item: Preparation) -> dict[str, Any]:
        return _without_empty(
            {
                "key": item.key,
                "text": self.text(item.text),
                "picture": item.picture,
                "only_if": _plain(item.only_if),
                **self.claim(item),
            }
        )

    def warning(self, warning: Warning) -> dict[str, Any]:
        return _without_empty({"text": self.text(warning.text), **self.claim(warning)})

    def remedy(self, remedy: Remedy) -> dict[str, Any]:
        return _without_empty(
            {
                "blocker": remedy.blocker.value,
                "text": self.text(remedy.text),
                "facility": remedy.facility and remedy.facility.value,
                "hotline": remedy.hotline,
                **self.claim(remedy),
            }
        )

    def step(self, step: Step) -> dict[str, Any]:
        return _without_empty(
            {
                "key": step.key,
                "action": self.text(step.action),
                "explanation": self.text(step.explanation),
                "button": step.button,
                "picture": step.picture,
                "flags": sorted(step.flags),
                "private": step.private,
                "only_if": _plain(step.only_if),
                "remedies": [self.remedy(remedy) for remedy in step.remedies],
                "shows": list(step.shows),
                "ends": step.ends and step.ends.value,
                **self.claim(step),
                "words": [term.key for term in terms_in(f"{step.action} {step.explanation}", TERMS)],
            }
        )


def _plain(only_if: Answers) -> dict[str, list[str]]:
    return {situation: list(options) for situation, options in only_if.items()}


def _without_empty(values: dict[str, Any]) -> dict[str, Any]:
    """Leave out what is None, False or empty; a number 0 stays."""
    return {key: value for key, value in values.items() if value or (value == 0 and value is not False)}
