"""A guide as one readable page: what the template shows, in one language on one day."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import NamedTuple

from markupsafe import Markup, escape

from volunteer_app.domain.glossary import TERMS, Term, terms_in
from volunteer_app.domain.guides.guide import (
    Answers,
    Fee,
    Guide,
    Limit,
    Preparation,
    Situation,
    Step,
    TimeLimit,
    Unit,
    is_valid,
)
from volunteer_app.domain.guides.packs import pictures_of
from volunteer_app.domain.guides.reading import Chosen, is_ruled_out, ruled_out_by
from volunteer_app.domain.languages import LANGUAGES
from volunteer_app.i18n import format_number, ngettext
from volunteer_app.i18n import gettext as _
from volunteer_app.pages.guides.packs import translated
from volunteer_app.pages.public.spoken import Spoken, Voice

LETTERS = "abcdefgh"
"""Names of a question's options, as `public.css` knows them: question 2, option 1 is `2a`."""


class When(NamedTuple):
    """A question and the answers for which a step is meant. question: its number on the page."""

    question: int
    asked: Markup
    answers: list[Markup]


class Figure(NamedTuple):
    """A fee or time limit as a sentence. words: None when nothing is known to hold today: ask the officer."""

    label: Markup
    words: str | None
    check: bool
    valid_to: date | None


@dataclass(frozen=True)
class ReadStep:
    """A step as it is read. number: its place in the whole guide, also its anchor. words: of the word list, that stand
    in it. voice: somebody says it."""

    step: Step
    number: int
    out: Markup
    when: list[When]
    figures: list[Figure]
    words: list[Term]
    voice: Voice | None


@dataclass(frozen=True)
class GuideReading:
    """A guide in one language on one day, for a reader who has chosen this much.

    spoken: what people have recorded and translated; of the page's own language, or of one that has no pages.
    """

    guide: Guide
    language: str
    today: date
    chosen: Chosen
    spoken: Spoken = field(default=Spoken(LANGUAGES["vi"]))

    @property
    def is_abroad(self) -> bool:
        """Whether it is told in a language in which these pages are not written."""
        return self.spoken.language.tag != self.language

    def say(self, vietnamese: str) -> Markup:
        """A guide's text in the reader's language; one nobody has translated stays Vietnamese and says so."""
        if words := self.spoken.words.get(vietnamese):
            return self._in_own_language(words)
        text = translated(self.language, vietnamese)
        if text is not None:
            return escape(text)
        return Markup('<span lang="vi" data-fallback>{}</span>').format(vietnamese)

    def meaning_of(self, term: Term) -> Markup:
        """What a word of the list means, in the reader's language."""
        own = self.spoken.words.get(term.spoken)
        return self._in_own_language(own) if own else self.say(term.text)

    def voice_of(self, vietnamese: str) -> Voice | None:
        """Somebody who says this text of the guide."""
        return self.spoken.voices.get(vietnamese)

    def _in_own_language(self, words: str) -> Markup:
        if not self.is_abroad:
            return escape(words)
        return Markup('<span lang="{}">{}</span>').format(self.spoken.language.tag, words)

    @property
    def steps(self) -> list[ReadStep]:
        """Every step of every path, in order."""
        voices = self.spoken.voices_of(self.guide)
        return [
            ReadStep(
                step,
                number,
                self.out(step),
                self._when(step.only_if),
                self._figures_at(step),
                terms_in(f"{step.action} {step.explanation}", TERMS),
                voices.get(step.key),
            )
            for number, step in enumerate(self.guide.steps, 1)
        ]

    @property
    def figures(self) -> list[Figure]:
        """Fees first, then time limits."""
        return [self._figure(figure) for figure in (*self.guide.fees, *self.guide.time_limits)]

    @property
    def pictures(self) -> list[str]:
        """The names of the pictures shown."""
        return sorted(set(pictures_of(self.guide)))

    def out(self, part: Step | Situation | Preparation) -> Markup:
        """Attributes by which the style sheet hides a part: what rules it out, and whether that is chosen."""
        combinations = ruled_out_by(self.guide, part if isinstance(part, Step) else part.only_if)
        if not combinations:
            return Markup()
        names = " ".join("".join(self.option(*pair) for pair in chosen.items()) for chosen in combinations)
        now = Markup(" data-out") if is_ruled_out(combinations, self.chosen) else Markup()
        return Markup(' data-not="{}"{}').format(names, now)

    def option(self, situation: str, option: str) -> str:
        """The name of an option on the page: `2a`."""
        number, asked = next((n, s) for n, s in enumerate(self.guide.situations, 1) if s.key == situation)
        return f"{number}{LETTERS[[o.key for o in asked.options].index(option)]}"

    def _when(self, only_if: Answers) -> list[When]:
        return [
            When(
                number,
                self.say(situation.question),
                [self.say(option.label) for option in situation.options if option.key in wanted],
            )
            for number, situation in enumerate(self.guide.situations, 1)
            if (wanted := only_if.get(situation.key))
        ]

    def _figures_at(self, step: Step) -> list[Figure]:
        known = {figure.key: figure for figure in (*self.guide.fees, *self.guide.time_limits)}
        return [self._figure(known[key]) for key in step.shows]

    def _figure(self, figure: Fee | TimeLimit) -> Figure:
        words = None
        if is_valid(figure, self.today):
            words = money_of(figure) if isinstance(figure, Fee) else time_of(figure)
        return Figure(self.say(figure.label), words, figure.check, figure.valid_to)


def answers_in(guide: Guide, query: Mapping[str, str]) -> Chosen:
    """The answers that an address carries; anything that is no question or option of the guide is left out."""
    return {
        situation.key: query[situation.key]
        for situation in guide.situations
        if query.get(situation.key) in {option.key for option in situation.options}
    }


def money_of(fee: Fee) -> str:
    """free of charge; 105.300 đồng; you receive 500.000 đồng."""
    if not fee.amount:
        return _("free of charge")
    amount = _("%(amount)s đồng") % {"amount": format_number(fee.amount)}
    return _("you receive %(amount)s") % {"amount": amount} if fee.received else amount


def time_of(limit: TimeLimit) -> str:
    """within 3 working days; the same day; before 23:00; valid for 6 months."""
    if limit.unit is Unit.CLOCK:
        return _("before %(hour)s:00") % {"hour": limit.amount}
    if not limit.amount:
        return _("the same day")
    time = {
        Unit.HOUR: ngettext("%(num)s hour", "%(num)s hours", limit.amount),
        Unit.DAY: ngettext("%(num)s day", "%(num)s days", limit.amount),
        Unit.WORKING_DAY: ngettext("%(num)s working day", "%(num)s working days", limit.amount),
        Unit.MONTH: ngettext("%(num)s month", "%(num)s months", limit.amount),
    }[limit.unit] % {"num": format_number(limit.amount)}
    sentence = _("valid for %(time)s") if limit.binds is Limit.EXPIRE else _("within %(time)s")
    return sentence % {"time": time}
