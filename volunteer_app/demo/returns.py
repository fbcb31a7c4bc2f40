"""Whoever has a hamlet keeps most of the returns that follow by rule: the demo's volunteers come back in the window, a
few are late. Made from what their phones have recorded, as further entries of the same phones."""

from dataclasses import dataclass, field, replace
from datetime import date, datetime, time, timedelta
from random import Random
from typing import Any

from volunteer_app.demo.history import InventedPhone
from volunteer_app.domain.blockers import Blocker
from volunteer_app.domain.calendar import VIETNAM, local_day
from volunteer_app.domain.follow_ups import Return, after_visit, after_walk_through, is_closed_by
from volunteer_app.domain.operations.envelope import Operation
from volunteer_app.domain.public_services import PUBLIC_SERVICES
from volunteer_app.domain.visits import Outcome
from volunteer_app.domain.walk_throughs import level_of

LATE = 0.12
"""Share of the households to which nobody has come back in time."""

STILL_ALONE = 0.94
"""Share of the rechecks at which somebody still does it alone."""


@dataclass
class InventedReturn:
    """A return to make: what the rule proposed, when it was recorded, the guide's run if it came from one, and the day
    on which somebody goes."""

    proposed: Return
    created_at: datetime
    run: dict[str, Any] | None
    on: date


@dataclass
class _House:
    due: list[InventedReturn] = field(default_factory=list)
    is_late: bool = False


def keep_returns(phone: InventedPhone, seed: str, last_contact: datetime) -> None:
    """Add the visits at which returns were kept, up to the phone's last contact."""
    chance = Random(seed)  # noqa: S311 - invented, the same at every start
    houses: dict[str, _House] = {}
    for operation in list(phone.operations):
        _note(houses, operation, chance)
    for household, house in houses.items():
        house.is_late = chance.random() < LATE
        while not house.is_late:
            soon = [one for one in house.due if one.on < local_day(last_contact)]
            if not soon:
                break
            day = min(one.on for one in soon)
            at = datetime.combine(day, time(8 + chance.randrange(9), chance.randrange(60)), VIETNAM)
            _come_back(phone, houses, household, at, chance)


def _note(houses: dict[str, _House], operation: Operation, chance: Random) -> None:
    """What an entry leaves to do in its household, and what it settles."""
    body, at = operation.body, operation.recorded_at
    if operation.kind == "visit":
        house = houses.setdefault(body["household_id"], _House())
        if body["outcome"] == Outcome.MET:
            house.due = [
                one
                for one in house.due
                if not is_closed_by(one.proposed.reason, one.proposed.due_from, one.created_at, at)
            ]
        if proposed := after_visit(Outcome(body["outcome"]), at, None):
            house.due.append(InventedReturn(proposed, at, None, _day_in(proposed, chance)))
    elif operation.kind == "walk_through":
        blocker = body.get("blocker")
        proposed = after_walk_through(
            is_stuck=blocker is not None,
            level=level_of(body["marks"], body["teach_back"]),
            finished_at=at,
            return_on=None,
            blocker=Blocker(blocker) if blocker else None,
            is_core=PUBLIC_SERVICES[body["service"]].core,
        )
        if proposed:
            houses[body["household_id"]].due.append(
                InventedReturn(proposed, at, body, _day_in(proposed, chance))
            )


def _day_in(proposed: Return, chance: Random) -> date:
    """Most go in the first third of the window."""
    days = (proposed.due_to - proposed.due_from).days // 3
    return proposed.due_from + timedelta(days=chance.randrange(days + 1))


def _come_back(
    phone: InventedPhone, houses: dict[str, _House], household: str, at: datetime, chance: Random
) -> None:
    """One visit for everything that is due in this house that day."""
    due = [one for one in houses[household].due if one.proposed.due_from <= local_day(at)]
    maker = replace(phone, chance=chance)
    visit = maker.record(at, "visit", {"household_id": household, "outcome": "met", "note": ""})
    _note(houses, phone.operations[-1], chance)
    houses[household].due = [one for one in houses[household].due if one not in due]
    seen: set[tuple[str, str]] = set()
    for one in due:
        if one.run is None or (one.run["member_id"], one.run["service"]) in seen:
            continue
        seen.add((one.run["member_id"], one.run["service"]))
        at += timedelta(minutes=6 + chance.randrange(9))
        is_alone = chance.random() < STILL_ALONE
        keys = ("household_id", "member_id", "guide", "guide_version", "service")
        body = {key: one.run[key] for key in keys} | {"visit_id": visit}
        steps = [step for step, mark in one.run["marks"].items() if mark != "stuck"] or list(one.run["marks"])
        body |= {"marks": dict.fromkeys(steps, "alone" if is_alone else "help"), "minutes": 6}
        body |= {"teach_back": "alone" if is_alone else "help"}
        maker.record(at, "walk_through", body)
        _note(houses, phone.operations[-1], chance)
