"""What a report says, in the order in which the Front's levels pass it on: turns, persons and households apart, and
what was done for people apart from what they can do alone."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from enum import StrEnum

from volunteer_app.domain.blockers import Blocker
from volunteer_app.domain.figures.small_cells import is_small
from volunteer_app.domain.problems import N_
from volunteer_app.domain.public_services import PUBLIC_SERVICES


class ReportUnit(StrEnum):
    """What is counted: never added to another."""

    TURNS = "turns"
    PERSONS = "persons"
    HOUSEHOLDS = "households"


UNIT_NAMES = {
    ReportUnit.TURNS: N_("turns"),
    ReportUnit.PERSONS: N_("persons"),
    ReportUnit.HOUSEHOLDS: N_("households"),
}


@dataclass(frozen=True)
class Line:
    """One line of a report. key: name of its count; households: the count of households that it is about."""

    key: str
    unit: ReportUnit
    name: str
    households: str


LINES = (
    Line("turns", ReportUnit.TURNS, N_("Visits"), "attempted"),
    Line("attempted", ReportUnit.HOUSEHOLDS, N_("Households visited"), "attempted"),
    Line("met", ReportUnit.HOUSEHOLDS, N_("Households met"), "met"),
    Line("first_met", ReportUnit.HOUSEHOLDS, N_("of them met for the first time"), "first_met"),
    Line("runs", ReportUnit.TURNS, N_("Walk-throughs of a service"), "guided"),
    Line("persons", ReportUnit.PERSONS, N_("People guided"), "guided"),
    Line("guided", ReportUnit.HOUSEHOLDS, N_("Households guided"), "guided"),
    Line("alone_runs", ReportUnit.TURNS, N_("ended alone"), "guided"),
    Line("help_runs", ReportUnit.TURNS, N_("done with help"), "guided"),
    Line("done_runs", ReportUnit.TURNS, N_("done for them (does not count as alone)"), "guided"),
    Line("rechecks", ReportUnit.TURNS, N_("Rechecks of a skill after 14 days"), "rechecked"),
    Line("second_rechecks", ReportUnit.TURNS, N_("by a second person"), "rechecked"),
    Line("confirmed_rechecks", ReportUnit.TURNS, N_("still alone"), "rechecked"),
)
PARTS = ("first_met", "alone_runs", "help_runs", "done_runs", "second_rechecks", "confirmed_rechecks")
"""Lines that are part of the one above."""


@dataclass(frozen=True)
class Total:
    """A count whose records one may ask for: what was counted, and of which service or blocker, if of one."""

    of: str
    which: str = ""

    @property
    def is_of_visits(self) -> bool:
        """Was it counted from visits?"""
        return self.of in OF_VISITS

    @property
    def is_of_skills(self) -> bool:
        """Was it counted from all that is known of each household?"""
        return self.of in OF_SKILLS

    @property
    def unit(self) -> ReportUnit:
        """What is counted, so what each record stands for."""
        return (OF_VISITS | OF_RUNS | OF_SKILLS)[self.of]


OF_VISITS = {
    "turns": ReportUnit.TURNS,
    "attempted": ReportUnit.HOUSEHOLDS,
    "met": ReportUnit.HOUSEHOLDS,
    "first_met": ReportUnit.HOUSEHOLDS,
}
OF_RUNS = {
    "runs": ReportUnit.TURNS,
    "persons": ReportUnit.PERSONS,
    "guided": ReportUnit.HOUSEHOLDS,
    "alone_runs": ReportUnit.TURNS,
    "help_runs": ReportUnit.TURNS,
    "done_runs": ReportUnit.TURNS,
    "stuck": ReportUnit.TURNS,
    "stuck_households": ReportUnit.HOUSEHOLDS,
}
OF_SKILLS = {
    "rechecks": ReportUnit.TURNS,
    "second_rechecks": ReportUnit.TURNS,
    "confirmed_rechecks": ReportUnit.TURNS,
    "independent": ReportUnit.HOUSEHOLDS,
    "alone": ReportUnit.HOUSEHOLDS,
    "needing": ReportUnit.HOUSEHOLDS,
}
OF_ONE = ("alone", "needing")
"""Totals that are always of one service."""


def total_named(text: str) -> Total | None:
    """The total that an address names: "met", "runs/SERVICE", "stuck/BLOCKER"; None when there is no such total."""
    of, _, which = text.partition("/")
    if of not in OF_VISITS | OF_RUNS | OF_SKILLS or (of in OF_ONE and not which):
        return None
    known: Collection[str] = ()
    if of.startswith("stuck"):
        known = set(Blocker)
    elif of in OF_RUNS or of in OF_ONE:
        known = PUBLIC_SERVICES
    return Total(of, which) if not which or which in known else None


def hidden_lines(counts: Mapping[str, int]) -> frozenset[str]:
    """Which counts must not be shown outside the commune: small ones, and those of few households. What is shown is
    rounded there (`small_cells.py`), so that no difference gives one away."""
    hidden = {line.key for line in LINES if is_small(counts[line.key]) or is_small(counts[line.households])}
    return frozenset(hidden | {name for name in ("independent",) if is_small(counts[name])})
