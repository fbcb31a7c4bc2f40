"""Assignments: hamlets given to volunteers for some days, ahead, from the list or the map; and a suggested plan."""

from collections.abc import Mapping
from datetime import UTC, date, datetime, timedelta
from typing import Any, NamedTuple
from uuid import UUID

from litestar import Request, get, post
from litestar.datastructures import FormMultiDict
from litestar.params import FromPath, FromQuery
from litestar.response import Redirect, Template

from volunteer_app import solver
from volunteer_app.dependencies import CurrentPerson, CurrentScope, Db, Me, require
from volunteer_app.domain.assignments import LEASE_STATE_NAMES, Assignment, problems_with, state_of
from volunteer_app.domain.calendar import local_day
from volunteer_app.domain.ids import new_id
from volunteer_app.domain.languages import LANGUAGES
from volunteer_app.domain.permissions import Scope, may_lead
from volunteer_app.domain.plans import Hand, Need, Plan, Task, load_of, spread_bases
from volunteer_app.i18n import gettext as _
from volunteer_app.i18n import spoken_name
from volunteer_app.pages.answers import go_to, sentences_of
from volunteer_app.storage import assignments, hands
from volunteer_app.storage import people as names
from volunteer_app.storage.hands import Volunteer, Work

USUAL_DAYS = 30
USUAL_PER_DAY = 4
STEPS_A_DAY = 3.0
"""How many hamlets further in the commune's order count as one day's way."""


SPOKEN = [tag for tag in LANGUAGES if tag != "en"]
"""Languages that a volunteer may offer to guide in."""


class Days(NamedTuple):
    """The days that a new lease is for; `next` are the days usually wanted."""

    first_day: date
    last_day: date
    per_day: int = USUAL_PER_DAY


@get("/assignments")
async def assignments_desk(
    request: Request, db: Db, me: CurrentPerson, my_scope: CurrentScope, hamlet: FromQuery[UUID | None] = None
) -> Template:
    """Every hamlet with who has it until when; and a form to give one. hamlet: chosen on the list or the map."""
    require(may_lead(my_scope))
    return await _page(request, db, me, my_scope, {"hamlet": str(hamlet or "")}, {})


@post("/assignments", status_code=303)
async def give_hamlet(
    request: Request, db: Db, me: CurrentPerson, my_scope: CurrentScope
) -> Template | Redirect:
    """Give one hamlet to one or several volunteers, for some days."""
    require(may_lead(my_scope))
    form = await request.form()
    today = local_day(datetime.now(UTC))
    work, people = await hands.work_and_hands(db, my_scope, today)
    problems: dict[str, str] = {}
    hamlet = next((one.hamlet for one in work if str(one.hamlet.id) == form.get("hamlet")), None)
    chosen = [one for one in people if str(one.id) in form.getall("person", [])]
    if hamlet is None:
        problems["hamlet"] = _("Please choose a hamlet.")
    if not chosen:
        problems["person"] = _("Please choose at least one volunteer.")
    days = _days_of(form, today, problems)
    target = _number(form.get("target"), "target", problems)
    problems |= sentences_of(problems_with(days.first_day, days.last_day, target, today=today))
    if problems or hamlet is None:
        return await _page(request, db, me, my_scope, _values(form), problems, status_code=422)
    new = [_lease(my_scope, hamlet.id, one.id, days, target) for one in chosen]
    await assignments.give(db, my_scope, new)
    return _back(f"#hamlet-{hamlet.id}", "given")


@post("/assignments/{assignment_id:uuid}/end", status_code=303)
async def end_lease(
    request: Request, db: Db, my_scope: CurrentScope, assignment_id: FromPath[UUID]
) -> Redirect:
    """Take a hamlet back, or hand it to somebody else: both phones are told at their next contact."""
    require(may_lead(my_scope))
    lease = await assignments.of_id(db, my_scope, assignment_id)
    require(lease is not None)
    today = local_day(datetime.now(UTC))
    if lease is not None and lease.last_day < today:
        return _back(f"#hamlet-{lease.hamlet_id}", "already")
    if lease is not None:
        form = await request.form()
        work, heirs = await hands.work_and_hands(db, my_scope, today)
        # A part of a united hamlet is handed on as the hamlet that stands today.
        place = next((one.hamlet.id for one in work if lease in one.leases + one.left), lease.hamlet_id)
        heir = next((one for one in heirs if str(one.id) == form.get("person")), None)
        require(heir is not None or not form.get("person"))
        first_day, last_day = max(today, lease.first_day), lease.last_day
        await assignments.end(db, lease, today)
        if heir is not None and last_day >= today:
            days = Days(first_day, last_day)
            await assignments.give(db, my_scope, [_lease(my_scope, place, heir.id, days, lease.target)])
        return _back(f"#hamlet-{place}", "handed_over" if heir else "taken_back")
    return _back()


@post("/assignments/languages", status_code=303)
async def keep_languages(request: Request, db: Db, my_scope: CurrentScope) -> Redirect:
    """Keep which languages a volunteer offers to guide in."""
    require(may_lead(my_scope))
    form = await request.form()
    today = local_day(datetime.now(UTC))
    people = await hands.volunteers_in(db, my_scope, today)
    person = next((one for one in people if str(one.id) == form.get("person")), None)
    require(person is not None)
    if person is not None:
        spoken = [tag for tag in SPOKEN if tag in form.getall("language", [])]
        await hands.set_languages(db, my_scope, person.id, spoken)
    return _back("#people", "saved")


@get("/assignments/plan")
async def suggested_plan(
    request: Request,
    db: Db,
    me: CurrentPerson,
    my_scope: CurrentScope,
    first_day: FromQuery[str] = "",
    last_day: FromQuery[str] = "",
    per_day: FromQuery[str] = "",
) -> Template:
    """A plan for the hamlets in which somebody is still to be met, with its reasons; changed and accepted below."""
    require(may_lead(my_scope))
    today = local_day(datetime.now(UTC))
    problems: dict[str, str] = {}
    asked = {"first_day": first_day, "last_day": last_day, "per_day": per_day}
    days = _days_of(asked, today, problems)
    problems |= sentences_of(problems_with(days.first_day, days.last_day, None, today=today))
    if problems:
        values = {f"plan_{name}": value for name, value in asked.items()}
        said = {f"plan_{name}": sentence for name, sentence in problems.items()}
        return await _page(request, db, me, my_scope, values, said, status_code=422)
    work, people = await hands.work_and_hands(db, my_scope, today)
    plan = await solver.suggest(task_of(work, people, days))
    context = _context(request, me, today, work, people)
    context |= {"days": days, "rows": rows_of(plan, work), "loads": loads_of(plan, people, days)}
    return Template("assignments/plan.html", context=context)


@post("/assignments/plan", status_code=303)
async def accept_plan(
    request: Request, db: Db, me: CurrentPerson, my_scope: CurrentScope
) -> Template | Redirect:
    """Give every hamlet of the plan as the leader left it."""
    require(may_lead(my_scope))
    form = await request.form()
    today = local_day(datetime.now(UTC))
    work, people = await hands.work_and_hands(db, my_scope, today)
    problems: dict[str, str] = {}
    days = _days_of(form, today, problems)
    problems |= sentences_of(problems_with(days.first_day, days.last_day, None, today=today))
    known = {str(one.id): one.id for one in people}
    new = []
    for one in work:
        people_there, targets = (form.getall(f"{name}-{one.hamlet.id}", []) for name in ("person", "target"))
        for person, target in zip(people_there, targets, strict=False):
            if person in known:
                number = _number(target, "target", problems)
                new.append(_lease(my_scope, one.hamlet.id, known[person], days, number))
    if problems:
        said = {f"plan_{name}": sentence for name, sentence in problems.items()}
        return await _page(request, db, me, my_scope, {}, said, status_code=422)
    await assignments.give(db, my_scope, new, keeps_targets=True)
    return _back(done="plan")


def task_of(work: list[Work], people: list[Volunteer], days: Days) -> Task:
    """The question for the solver. A hamlet with more than one person can meet is a need of several parts. Who holds
    a lease on a hamlet that was united with others works already in the one that it became."""
    capacity = max(1, ((days.last_day - days.first_day).days + 1) * days.per_day)
    needs = []
    held: dict[UUID, dict[str, float]] = {}
    for step, one in enumerate(work):
        parts = max(1, -(-one.unmet // capacity))
        for part in range(parts):
            unmet = one.unmet // parts + (part < one.unmet % parts)
            at = (0.0, float(step))
            languages = tuple(one.hamlet.languages)
            needs.append(Need(f"{one.hamlet.id}/{part}", one.households // parts, unmet, languages, at))
            for lease in one.leases:
                held.setdefault(lease.person_id, {})[needs[-1].key] = float(step)
    found = []
    for person in people:
        parts_held = held.get(person.id, {})
        base = (0.0, sum(parts_held.values()) / len(parts_held)) if parts_held else None
        found.append(Hand(str(person.id), capacity, tuple(person.languages), base, frozenset(parts_held)))
    return Task(tuple(needs), spread_bases(found, needs), STEPS_A_DAY)


class PlanRow(NamedTuple):
    """A line of the plan: a hamlet (or a part of a large one), who would go, why."""

    work: Work
    person_id: str
    households: int
    reasons: list[str]


def rows_of(plan: Plan, work: list[Work]) -> list[PlanRow]:
    """The plan hamlet by hamlet in the commune's order; first what is suggested, then what is left out."""
    by_id = {str(one.hamlet.id): one for one in work}
    rows = [
        PlanRow(
            by_id[choice.need.split("/")[0]], choice.hand, choice.households, words_of_reasons(choice.reasons)
        )
        for choice in plan.choices
    ]
    left_out = [by_id[key.split("/")[0]] for key in plan.left_out]
    rows += [PlanRow(one, "", one.unmet, [_("Nobody has room for it in these days")]) for one in left_out]
    return sorted(rows, key=lambda row: (row.work.hamlet.position, row.person_id))


class Load(NamedTuple):
    """What somebody would carry, of what they can."""

    name: str
    households: int
    capacity: int


def loads_of(plan: Plan, people: list[Volunteer], days: Days) -> list[Load]:
    """Households for each volunteer, those with the most first."""
    capacity = ((days.last_day - days.first_day).days + 1) * days.per_day
    given = load_of(plan)
    loads = [Load(one.name, given.get(str(one.id), 0), capacity) for one in people]
    return sorted(loads, key=lambda load: -load.households)


def words_of_reasons(reasons: tuple[str, ...]) -> list[str]:
    """What speaks for a choice, in words."""
    said = {
        "no_language": _("Nobody nearer speaks the hamlet's language"),
        "held": _("Already works there"),
        "near": _("Near their other hamlets"),
        "nobody_met": _("No household met yet"),
    }
    found = []
    for reason in reasons:
        word, __, language = reason.partition(":")
        speaks = _("Speaks %(language)s") % {"language": spoken_name(language)} if word == "speaks" else ""
        found.append(speaks or said[word])
    return found


def _lease(scope: Scope, hamlet_id: UUID, person_id: UUID, days: Days, target: int | None) -> Assignment:
    return Assignment(
        province_code=scope.province_code,
        id=new_id(datetime.now(UTC)),
        commune_code=scope.commune_code or "",
        hamlet_id=hamlet_id,
        person_id=person_id,
        first_day=days.first_day,
        last_day=days.last_day,
        target=target,
    )


def _days_of(form: Mapping[str, Any], today: date, problems: dict[str, str]) -> Days:
    usual = Days(today, today + timedelta(days=USUAL_DAYS))
    found = {}
    for name in ("first_day", "last_day"):
        try:
            found[name] = date.fromisoformat(form.get(name) or getattr(usual, name).isoformat())
        except ValueError:
            problems[name] = _("Please write the day as day/month/year.")
            found[name] = getattr(usual, name)
    per_day = _number(form.get("per_day"), "per_day", problems) or USUAL_PER_DAY
    return Days(**found, per_day=min(per_day, 40))


def _number(text: Any, name: str, problems: dict[str, str]) -> int | None:
    """A whole number of the form; None when it is empty."""
    if not text:
        return None
    if not str(text).isdecimal() or not 0 < int(str(text)[:6]) <= 5000:
        problems[name] = _("Please write a whole number from 1 to 5,000, or leave it empty.")
        return None
    return int(text)


def _values(form: FormMultiDict) -> dict[str, Any]:
    return {name: form.get(name, "") for name in ("hamlet", "first_day", "last_day", "target")} | {
        "people": form.getall("person", [])
    }


async def _page(
    request: Request,
    db: Db,
    me: Me | None,
    scope: Scope,
    values: dict[str, Any],
    problems: dict[str, str],
    *,
    status_code: int = 200,
) -> Template:
    today = local_day(datetime.now(UTC))
    work, people = await hands.work_and_hands(db, scope, today)
    context = _context(request, me, today, work, people)
    gone = {lease.person_id for one in work for lease in one.left}
    context |= {
        "left_names": await names.names_of(db, scope, gone),
        "values": values,
        "problems": problems,
        "next": Days(today, today + timedelta(days=USUAL_DAYS)),
    }
    return Template("assignments/list.html", context=context, status_code=status_code)


def _context(
    request: Request, me: Me | None, today: date, work: list[Work], people: list[Volunteer]
) -> dict[str, Any]:
    return {
        "me": me,
        "path": request.scope["path"],
        "today": today,
        "work": work,
        "people": people,
        "names": {one.id: one.name for one in people},
        "hamlet_names": {one.hamlet.id: one.hamlet.name for one in work},
        "state_of": state_of,
        "state_names": LEASE_STATE_NAMES,
        "spoken": {tag: spoken_name(tag) for tag in SPOKEN},
    }


def _back(anchor: str = "", done: str = "") -> Redirect:
    return go_to("/assignments" + anchor, done)
