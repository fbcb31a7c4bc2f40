"""Guides (hướng dẫn): the ordered steps that walk a citizen through one public service.

The structure of a guide exists once; its texts are Vietnamese and are translated by catalog, so languages
cannot drift apart. Numbers that change (fees, time limits) are data with validity, never part of a spoken
text: a recorded voice stays true when a fee moves. How to write a guide: docs/guides.md.
"""

from collections.abc import Iterator
from dataclasses import field
from datetime import date, timedelta
from enum import StrEnum
from typing import Annotated, NamedTuple

from pydantic import ConfigDict, Field, StringConstraints
from pydantic.dataclasses import dataclass

from volunteer_app.domain.blockers import Blocker
from volunteer_app.domain.facilities import FacilityKind
from volunteer_app.domain.problems import N_

DAYS_UNTIL_AMBER = 180

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


class Unit(StrEnum):
    """Unit of a time limit; CLOCK is an hour of the day (23 is before 23:00)."""

    CLOCK = "clock"
    HOUR = "hour"
    DAY = "day"
    WORKING_DAY = "working_day"
    MONTH = "month"


class Limit(StrEnum):
    """What a time limits: the citizen who applies, the office that answers, or the result that expires."""

    APPLY = "apply"
    ANSWER = "answer"
    EXPIRE = "expire"


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
class Fee:
    """An amount in đồng; 0 is free. Validity days are inclusive; None is open.

    received: the citizen is paid the amount instead of paying it.
    """

    key: Key
    label: Text
    amount: Annotated[int, Field(ge=0)]
    source: str
    confidence: Confidence
    valid_from: date | None = None
    valid_to: date | None = None
    received: bool = False
    check: bool = False
    line: int = field(default=0, compare=False, repr=False)


@dataclass(frozen=True, config=STRICT)
class TimeLimit:
    """A legal or usual time: within `amount` units. Validity as in `Fee`."""

    key: Key
    label: Text
    binds: Limit
    amount: Annotated[int, Field(ge=0)]
    unit: Unit
    source: str
    confidence: Confidence
    valid_from: date | None = None
    valid_to: date | None = None
    check: bool = False
    line: int = field(default=0, compare=False, repr=False)


@dataclass(frozen=True, config=STRICT)
class GuideSource:
    """Where a fact comes from. date: as published, as far as known. lead: nobody official stands behind it."""

    publisher: str
    date: str
    lead: bool = False


@dataclass(frozen=True, config=STRICT)
class Preparation:
    """One thing to have ready before starting."""

    key: Key
    text: Text
    picture: Key
    only_if: Answers = field(default_factory=dict)
    check: bool = False
    line: int = field(default=0, compare=False, repr=False)


@dataclass(frozen=True, config=STRICT)
class Warning:
    """A danger, told before the start and always at hand."""

    text: Text
    check: bool = False
    line: int = field(default=0, compare=False, repr=False)


@dataclass(frozen=True, config=STRICT)
class Option:
    """One answer to a situation's question; the picture lets people answer without reading."""

    key: Key
    label: Text
    picture: Key
    line: int = field(default=0, compare=False, repr=False)


@dataclass(frozen=True, config=STRICT)
class Situation:
    """A question asked before the start; its answer decides which steps apply."""

    key: Key
    question: Text
    options: Annotated[tuple[Option, ...], Field(min_length=2)]
    only_if: Answers = field(default_factory=dict)
    line: int = field(default=0, compare=False, repr=False)


@dataclass(frozen=True, config=STRICT)
class Remedy:
    """What helps against a blocker; perhaps a kind of place to go to or a hotline to call."""

    blocker: Blocker
    text: Text
    facility: FacilityKind | None = None
    hotline: Key | None = None
    check: bool = False
    line: int = field(default=0, compare=False, repr=False)


@dataclass(frozen=True, config=STRICT)
class Step:
    """One action on one screen.

    action: one short spoken sentence. button: the words on the real button, Vietnamese in every language.
    private: the volunteer looks away (password, passcode, OTP).
    shows: keys of fees and time limits to show here. ends: the path stops after this step.
    check: the step holds a fact to be checked with an officer.
    """

    key: Key
    action: Text
    explanation: Text
    picture: Key
    flags: frozenset[Flag]
    button: Text | None = None
    private: bool = False
    only_if: Answers = field(default_factory=dict)
    remedies: tuple[Remedy, ...] = ()
    shows: tuple[Key, ...] = ()
    ends: Ending | None = None
    check: bool = False
    line: int = field(default=0, compare=False, repr=False)


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
    checked_on: last comparison with the sources.
    seen_on: app version on which somebody last saw these screens; None: built from published sources only.
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
    checked_on: date
    confidence: Confidence
    sources: Annotated[tuple[str, ...], Field(min_length=1)]
    picture: Key
    prepare: tuple[Preparation, ...]
    warnings: Annotated[tuple[Warning, ...], Field(min_length=1)]
    steps: Annotated[tuple[Step, ...], Field(min_length=1)]
    kind: Kind = Kind.WALK
    risks: frozenset[Risk] = frozenset()
    seen_on: str | None = None
    fees: tuple[Fee, ...] = ()
    time_limits: tuple[TimeLimit, ...] = ()
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


def amber_from(guide: Guide) -> date:
    """The first day on which the guide counts as not checked for too long."""
    return guide.checked_on + timedelta(days=DAYS_UNTIL_AMBER + 1)


def is_amber(guide: Guide, today: date) -> bool:
    """Whether the guide was last checked more than 180 days ago."""
    return today >= amber_from(guide)


def is_valid(figure: Fee | TimeLimit, today: date) -> bool:
    """Whether a fee or time limit holds on that day."""
    return (figure.valid_from or date.min) <= today <= (figure.valid_to or date.max)
