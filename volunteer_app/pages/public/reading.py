"""A guide as one readable page: what the template shows, in one language on one day."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import NamedTuple

from markupsafe import Markup, escape

from volunteer_app.domain.glossary import TERMS, Term, terms_in
from volunteer_app.domain.guides.figures import filled, is_dated, said, told_on
from volunteer_app.domain.guides.guide import (
    DOUBT,
    Answers,
    Claim,
    Figure,
    Guide,
    Key,
    Preparation,
    Situation,
    Step,
    is_doubtful,
    paths,
)
from volunteer_app.domain.guides.packs import pictures_of
from volunteer_app.domain.guides.reading import Chosen, is_ruled_out, ruled_out_by
from volunteer_app.domain.languages import LANGUAGES
from volunteer_app.pages.guides.packs import about, translated
from volunteer_app.pages.public.spoken import Spoken, Voice

LETTERS = "abcdefgh"
"""Names of a question's options, as `public.css` knows them: question 2, option 1 is `2a`."""


class When(NamedTuple):
    """A question and the answers for which a step is meant. question: its number on the page."""

    question: int
    asked: Markup
    answers: list[Markup]


class Told(NamedTuple):
    """A fee or time as a whole sentence. days: attribute that says when it is told (`public.js`); now: whether it is
    told today. about: what it rests on. voice: somebody says it."""

    figure: Figure
    words: Markup
    days: Markup
    now: bool
    check: bool
    out: Markup
    about: str
    voice: Voice | None


@dataclass(frozen=True)
class ReadStep:
    """A step as it is read. number: its place in the whole guide, also its anchor. words: of the word list,
    to be explained here. voice: somebody says it."""

    step: Step
    number: int
    out: Markup
    when: list[When]
    figures: list[Told]
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
    doubt: str = DOUBT

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
        voices, figures, words = self.spoken.voices_of(self.guide), self.figures, self.words
        return [
            ReadStep(
                step,
                number,
                self.out(step),
                self._when(step.only_if),
                [told for told in figures if told.figure.topic in step.shows],
                words[step.key],
                voices.get(step.key),
            )
            for number, step in enumerate(self.guide.steps, 1)
        ]

    @property
    def figures(self) -> list[Told]:
        """What is told today, and what will be told later, of each topic; a page is kept for months."""
        now = told_on(self.guide.figures, self.today)
        coming = [f for f in self.guide.figures if (f.valid_to or date.max) >= self.today]
        dated = {figure.topic for figure in coming if is_dated(figure)}
        return [
            self._told(figure, figure in now) for figure in coming if figure in now or figure.topic in dated
        ]

    def _told(self, figure: Figure, now: bool) -> Told:
        spoken = said(figure)
        return Told(
            figure,
            self._figure_words(figure, spoken),
            self._days(figure),
            now,
            self.is_doubtful(figure),
            self.out_if(figure.only_if),
            about(figure),
            self.voice_of(spoken),
        )

    def _days(self, figure: Figure) -> Markup:
        if is_dated(figure):
            return Markup(' data-holds="{}"').format(_from_to(figure))
        rivals = [_from_to(f) for f in self.guide.figures if f.topic == figure.topic and is_dated(f)]
        return Markup(' data-unless="{}"').format(" ".join(rivals)) if rivals else Markup()

    def _figure_words(self, figure: Figure, spoken: str) -> Markup:
        if words := self.spoken.words.get(spoken):
            return self._in_own_language(words)
        text = translated(self.language, figure.text)
        if text is None:
            return Markup('<span lang="vi" data-fallback>{}</span>').format(spoken)
        return escape(filled(figure, text, self.language))

    def is_doubtful(self, claim: Claim) -> bool:
        """Whether an officer has to be asked about it today."""
        return is_doubtful(claim, self.today)

    def doubt_of(self, claim: Claim) -> Markup | None:
        """The attributes of its "ask the officer": none of them today, its days when it comes later, None for never."""
        if self.is_doubtful(claim):
            return Markup()
        if claim.doubtful_from is None:
            return None
        return Markup(' data-holds="{}/" hidden').format(claim.doubtful_from)

    def about(self, claim: Claim) -> str:
        """What a claim rests on; empty when that stands with the whole guide."""
        return about(claim) if claim.source else ""

    @property
    def words(self) -> dict[Key, list[Term]]:
        """By step the words of the list that stand in it and that steps before it have not explained on every way."""
        ways = [{step.key for step in path.steps} for path in paths(self.guide)]
        explained: dict[Key, list[Key]] = {}
        found: dict[Key, list[Term]] = {}
        for step in self.guide.steps:
            here = [way for way in ways if step.key in way]
            found[step.key] = [
                term
                for term in terms_in(f"{step.action} {step.explanation}", TERMS)
                if not all(any(before in way for before in explained.get(term.key, [])) for way in here)
            ]
            for term in found[step.key]:
                explained.setdefault(term.key, []).append(step.key)
        return found

    @property
    def pictures(self) -> list[str]:
        """The names of the pictures shown."""
        return sorted(set(pictures_of(self.guide)))

    def out(self, part: Step | Situation | Preparation) -> Markup:
        """Attributes by which the style sheet hides a part: what rules it out, and whether that is chosen."""
        return self.out_if(part if isinstance(part, Step) else part.only_if)

    def out_if(self, part: Step | Answers) -> Markup:
        """The same for a step, or for what applies under these answers."""
        combinations = ruled_out_by(self.guide, part)
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


def _from_to(figure: Figure) -> str:
    return f"{figure.valid_from or ''}/{figure.valid_to or ''}"


def answers_in(guide: Guide, query: Mapping[str, str]) -> Chosen:
    """The answers that an address carries; anything that is no question or option of the guide is left out."""
    return {
        situation.key: query[situation.key]
        for situation in guide.situations
        if query.get(situation.key) in {option.key for option in situation.options}
    }
