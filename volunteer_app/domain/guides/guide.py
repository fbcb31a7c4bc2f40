"""Guides (hướng dẫn): the ordered steps that walk a citizen through one public service.

The structure of a guide exists once; its texts are Vietnamese and are translated by catalog, so languages
cannot drift apart. Numbers that change (fees, times) are data with validity, never part of another sentence:
a recorded voice stays true when a fee moves. How to write a guide: docs/guides.md.
"""

from collections.abc import Iterator
from dataclasses import field
from datetime import date
from enum import StrEnum
from typing import Annotated, NamedTuple

from pydantic import ConfigDict, Field, StringConstraints
from pydantic.dataclasses import dataclass

from volunteer_app.domain.blockers import Blocker
from volunteer_app.domain.facilities import FacilityKind
from volunteer_app.domain.problems import N_

LONGEST_UNREAD = 180
"""Days after which a guide has to be read again at the latest."""

Day = date

DOUBT = "Chỗ này xin hỏi lại cán bộ."
"""What is said after everything that is to be checked; one recording of it serves every guide."""

Key = Annotated[str, StringConstraints(pattern=r"^[a-z0-9]+(-[a-z0-9]+)*$")]
Text = Annotated[str, StringConstraints(pattern=r"^\S(.*\S)?$")]
Answers = dict[Key, tuple[Key, ...]]
"""For each situation the options under which something applies; all must hold."""

STRICT = ConfigDict(extra="forbid")


class Kind(StrEnum):
    """A guide one walks through, or a card that only says whom to ask because the way is not known safely."""

    WALK = "walk"
    ASK_OFFICER = "ask_officer"


class Channel(StrEnum):
    """Where the service is done."""

    VNEID = "vneid"
    PORTAL = "portal"
    COUNTER = "counter"
    PHONE = "phone"


class Flag(StrEnum):
    """What a step needs, so that nobody travels in vain."""

    SIGNAL = "signal"
    OTP = "otp"
    POLICE = "police"
    FEE = "fee"
    OFFLINE_POSSIBLE = "offline_possible"


class Risk(StrEnum):
    """What makes a guide worth abusing."""

    OTP = "touches_otp"
    MONEY = "touches_money"
    SCAM_TARGET = "scam_target"


class Confidence(StrEnum):
    """How well a fact is sourced: H two sources or one official text, M one source, L a lead only."""

    HIGH = "H"
    MEDIUM = "M"
    LOW = "L"


class Ending(StrEnum):
    """How a path ends: the service is done, it goes on another day, or the citizen does not need it."""

    DONE = "done"
    LATER = "later"
    NOT_NEEDED = "not_needed"


class Trouble(StrEnum):
    """What goes wrong wherever somebody signs in, gets a code or looks for a commune; no guide may forget it."""

    CODE = "code"
    FACE = "face"
    FORGOTTEN = "forgotten"
    PLACE = "place"


class Unit(StrEnum):
    """What a figure counts; CLOCK is an hour of the day (23 is 23:00)."""

    DONG = "dong"
    CLOCK = "clock"
    HOUR = "hour"
    DAY = "day"
    WORKING_DAY = "working_day"
    MONTH = "month"


CHANNEL_NAMES: dict[Channel, str] = {
    Channel.VNEID: N_("In the VNeID app"),
    Channel.PORTAL: N_("On the National Public Service Portal"),
    Channel.COUNTER: N_("At the counter"),
    Channel.PHONE: N_("By telephone"),
}
FLAG_NAMES: dict[Flag, str] = {
    Flag.SIGNAL: N_("Needs signal"),
    Flag.OTP: N_("Needs a one-time code (OTP)"),
    Flag.POLICE: N_("Needs the commune police"),
    Flag.FEE: N_("May cost a fee"),
    Flag.OFFLINE_POSSIBLE: N_("Works without signal"),
}


@dataclass(frozen=True, config=STRICT)
class GuideSource:
    """Where a fact was read. date: as published, as far as known. lead: nobody official stands behind it.

    read_on: the day on which we read it ourselves; None when that was not written down.
    """

    publisher: str
    date: str
    lead: bool = False
    read_on: Day | None = None


@dataclass(frozen=True, config=STRICT)
class Act:
    """A legal act: as long as it holds, what hangs on it holds. Days are inclusive; None is open.

    official: its own text was read, on `read_on`; else we know it through `source` only.
    end_assumed: nobody has read `valid_to`; it is the earliest day that is spoken of.
    """

    name: str
    valid_from: date | None = None
    valid_to: date | None = None
    official: bool = False
    end_assumed: bool = False
    read_on: date | None = None
    source: str | None = None


@dataclass(frozen=True, config=STRICT, kw_only=True)
class Claim:
    """Something a guide says, and what it rests on.

    source: key in `sources.toml`. acts: keys in `acts.toml`; article: where in them. confidence: how sure it is.
    check: to be checked with an officer; what is uncertain, or rests on a lead, always is (`files`).
    doubtful_from: the day after the last act it hangs on has ended; from then on it is to be checked.
    end_assumed: nobody has read on which day that act ends (`Act`).
    """

    source: str | None = None
    acts: tuple[Key, ...] = ()
    article: Text | None = None
    confidence: Confidence | None = None
    check: bool = False
    doubtful_from: date | None = None
    end_assumed: bool = False
    line: int = field(default=0, compare=False, repr=False)


@dataclass(frozen=True, config=STRICT, kw_only=True)
class Figure(Claim):
    """A fee or a time as a whole sentence: `{}` is where the amount goes.

    topic: figures of one topic are alternatives, of which one is told on a day (`figures.told_on`).
    Without an amount the sentence says all ("free of charge", "ask the officer"). Validity days are inclusive.
    """

    key: Key
    text: Text
    topic: Key
    amount: Annotated[int, Field(ge=1)] | None = None
    unit: Unit | None = None
    only_if: Answers = field(default_factory=dict)
    valid_from: date | None = None
    valid_to: date | None = None


@dataclass(frozen=True, config=STRICT, kw_only=True)
class Preparation(Claim):
    """One thing to have ready before starting."""

    key: Key
    text: Text
    picture: Key
    only_if: Answers = field(default_factory=dict)


@dataclass(frozen=True, config=STRICT, kw_only=True)
class Warning(Claim):
    """A danger, told before the start and always at hand."""

    text: Text


@dataclass(frozen=True, config=STRICT)
class Option:
    """One answer to a situation's question; the picture lets people answer without reading.

    without_level_2: the answer of whoever has no VNeID level 2, or no smartphone.
    """

    key: Key
    label: Text
    picture: Key
    without_level_2: bool = False
    line: int = field(default=0, compare=False, repr=False)


@dataclass(frozen=True, config=STRICT)
class Situation:
    """A question asked before the start; its answer decides which steps apply."""

    key: Key
    question: Text
    options: Annotated[tuple[Option, ...], Field(min_length=2)]
    only_if: Answers = field(default_factory=dict)
    line: int = field(default=0, compare=False, repr=False)


@dataclass(frozen=True, config=STRICT, kw_only=True)
class Remedy(Claim):
    """What helps against a blocker; perhaps a kind of place to go to or a hotline to call.

    against: the trouble that no guide may forget (`rules`), when it is one of those.
    """

    blocker: Blocker
    text: Text
    against: Trouble | None = None
    facility: FacilityKind | None = None
    hotline: Key | None = None


@dataclass(frozen=True, config=STRICT, kw_only=True)
class Step(Claim):
    """One action on one screen.

    action: one short spoken sentence. button: the words on the real button, Vietnamese in every language.
    private: the volunteer looks away (password, passcode, OTP).
    submits: the press without which nothing was sent or done. shows: topics of figures to tell here.
    ends: the path stops after this step.
    """

    key: Key
    action: Text
    explanation: Text
    picture: Key
    flags: frozenset[Flag]
    button: Text | None = None
    private: bool = False
    submits: bool = False
    only_if: Answers = field(default_factory=dict)
    remedies: tuple[Remedy, ...] = ()
    shows: tuple[Key, ...] = ()
    ends: Ending | None = None


@dataclass(frozen=True, config=STRICT)
class GuideTeachBack:
    """What the citizen does again alone, hands of the volunteer off, and which steps that covers."""

    ask: Text
    steps: Annotated[tuple[Key, ...], Field(min_length=1)]
    line: int = field(default=0, compare=False, repr=False)


@dataclass(frozen=True, config=STRICT)
class Guide:
    """How one public service is done, step by step.

    number: short code for posters and speech. service: slug in `public_services`.
    level_needed: VNeID level held before the start. minutes: usual length.
    remedies: help that fits every step.
    written_on: the day on which its texts were last written from the sources. review_by: the last day before it
    has to be read again. seen_on: app version on which somebody last saw these screens; None: nobody has.
    """

    slug: Key
    number: Annotated[int, Field(ge=1, le=99)]
    version: Annotated[int, Field(ge=1)]
    title: Text
    summary: Text
    service: Key
    channel: Channel
    level_needed: Annotated[int, Field(ge=0, le=2)]
    minutes: Annotated[int, Field(ge=1, le=240)]
    written_on: date
    review_by: date
    confidence: Confidence
    sources: Annotated[tuple[str, ...], Field(min_length=1)]
    picture: Key
    prepare: tuple[Preparation, ...]
    warnings: Annotated[tuple[Warning, ...], Field(min_length=1)]
    steps: Annotated[tuple[Step, ...], Field(min_length=1)]
    kind: Kind = Kind.WALK
    risks: frozenset[Risk] = frozenset()
    seen_on: str | None = None
    figures: tuple[Figure, ...] = ()
    situations: tuple[Situation, ...] = ()
    remedies: tuple[Remedy, ...] = ()
    teach_back: GuideTeachBack | None = None
    line: int = field(default=0, compare=False, repr=False)


class Path(NamedTuple):
    """One way through a guide: the answers given, and the steps that then apply."""

    answers: dict[str, str]
    steps: tuple[Step, ...]

    @property
    def ending(self) -> Ending | None:
        """How it ends; None is a dead end."""
        return self.steps[-1].ends if self.steps else None


def applies(only_if: Answers, answers: dict[str, str]) -> bool:
    """Whether something holds under the answers given; a question not asked holds nothing."""
    return all(answers.get(situation) in options for situation, options in only_if.items())


def paths(guide: Guide) -> Iterator[Path]:
    """Every way through the guide, one for each combination of answers that can be given."""
    ways: list[dict[str, str]] = [{}]
    for situation in guide.situations:
        ways = [
            way
            for answers in ways
            for way in (
                [{**answers, situation.key: option.key} for option in situation.options]
                if applies(situation.only_if, answers)
                else [answers]
            )
        ]
    for answers in ways:
        yield Path(answers, _steps_under(guide, answers))


def _steps_under(guide: Guide, answers: dict[str, str]) -> tuple[Step, ...]:
    steps: list[Step] = []
    for step in guide.steps:
        if applies(step.only_if, answers):
            steps.append(step)
            if step.ends:
                break
    return tuple(steps)


def is_amber(guide: Guide, today: date) -> bool:
    """Whether the guide should have been read again by now."""
    return today > guide.review_by


def is_doubtful(claim: Claim, today: date) -> bool:
    """Whether an officer has to be asked about it on that day."""
    return claim.check or (claim.doubtful_from is not None and today >= claim.doubtful_from)


def claims_of(guide: Guide) -> Iterator[Claim]:
    """All that a guide claims, in the order in which it is met."""
    yield from (*guide.figures, *guide.warnings, *guide.prepare, *guide.remedies)
    for step in guide.steps:
        yield step
        yield from step.remedies
