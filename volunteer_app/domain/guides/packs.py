"""The guide as a phone keeps it: one guide in one citizen language, ready to show without a network."""

from collections.abc import Callable, Iterable
from typing import Any

from volunteer_app.domain.glossary import TERMS, terms_in
from volunteer_app.domain.guides.guide import (
    Answers,
    Fee,
    Guide,
    Option,
    Preparation,
    Remedy,
    Situation,
    Step,
    TimeLimit,
    Warning,
    amber_from,
)

TranslateText = Callable[[str], str | None]
"""A Vietnamese text to the citizen's language; None when there is no translation."""


def guide_pack(guide: Guide, translate: TranslateText) -> dict[str, Any]:
    """What the player needs, as JSON-able values; keys that would be empty or false are left out.

    A text is `{"text": …}`; one without translation is the Vietnamese with `"fallback": true`. Buttons stay
    Vietnamese. Pictures are named; a phone keeps all of them in one file, once for every guide and language.
    """
    pack = _Pack(translate)
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
            "checked_on": guide.checked_on.isoformat(),
            "amber_from": amber_from(guide).isoformat(),
            "seen_on": guide.seen_on,
            "confidence": guide.confidence.value,
            "risks": sorted(guide.risks),
            "title": pack.text(guide.title),
            "summary": pack.text(guide.summary),
            "picture": guide.picture,
            "fees": [pack.fee(fee) for fee in guide.fees],
            "time_limits": [pack.time_limit(limit) for limit in guide.time_limits],
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

    def __init__(self, translate: TranslateText):
        self.translate = translate

    def text(self, vietnamese: str) -> dict[str, Any]:
        translated = self.translate(vietnamese)
        return {"text": vietnamese, "fallback": True} if translated is None else {"text": translated}

    def fee(self, fee: Fee) -> dict[str, Any]:
        return _without_empty(
            {
                "key": fee.key,
                "label": self.text(fee.label),
                "amount": fee.amount,
                "received": fee.received,
                "valid_from": fee.valid_from and fee.valid_from.isoformat(),
                "valid_to": fee.valid_to and fee.valid_to.isoformat(),
                "check": fee.check,
            }
        )

    def time_limit(self, limit: TimeLimit) -> dict[str, Any]:
        return _without_empty(
            {
                "key": limit.key,
                "label": self.text(limit.label),
                "binds": limit.binds.value,
                "amount": limit.amount,
                "unit": limit.unit.value,
                "valid_from": limit.valid_from and limit.valid_from.isoformat(),
                "valid_to": limit.valid_to and limit.valid_to.isoformat(),
                "check": limit.check,
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
                "check": item.check,
            }
        )

    def warning(self, warning: Warning) -> dict[str, Any]:
        return _without_empty({"text": self.text(warning.text), "check": warning.check})

    def remedy(self, remedy: Remedy) -> dict[str, Any]:
        return _without_empty(
            {
                "blocker": remedy.blocker.value,
                "text": self.text(remedy.text),
                "facility": remedy.facility and remedy.facility.value,
                "hotline": remedy.hotline,
                "check": remedy.check,
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
                "check": step.check,
                "words": [term.key for term in terms_in(f"{step.action} {step.explanation}", TERMS)],
            }
        )


def _plain(only_if: Answers) -> dict[str, list[str]]:
    return {situation: list(options) for situation, options in only_if.items()}


def _without_empty(values: dict[str, Any]) -> dict[str, Any]:
    """Leave out what is None, False or empty; a number 0 stays."""
    return {key: value for key, value in values.items() if value or (value == 0 and value is not False)}
