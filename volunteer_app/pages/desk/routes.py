"""The leader's overview: what needs a decision, how far every hamlet and volunteer is, whose phone is silent."""

from datetime import UTC, datetime

from litestar import Request, get
from litestar.response import Template

from volunteer_app.dependencies import CurrentPerson, CurrentScope, Db, require
from volunteer_app.domain.calendar import local_day
from volunteer_app.domain.duplicates import pairs
from volunteer_app.domain.operations.envelope import OperationOutcome
from volunteer_app.domain.permissions import may_lead
from volunteer_app.domain.plausibility import LOOK_BACK, PATTERN_SENTENCES, Prompt, prompts
from volunteer_app.domain.visit_requests import needs_somebody
from volunteer_app.i18n import format_day
from volunteer_app.i18n import gettext as _
from volunteer_app.pages.answers import desk_page
from volunteer_app.pages.team.standing import member_standing
from volunteer_app.storage import (
    clashes,
    follow_ups,
    hands,
    households,
    merging,
    overview,
    people,
    visit_requests,
)
from volunteer_app.storage.team import team_in


@get("/desk")
async def desk(request: Request, db: Db, me: CurrentPerson, my_scope: CurrentScope) -> Template:
    """One page in the evening: decide, look, thank."""
    require(may_lead(my_scope))
    now = datetime.now(UTC)
    today = local_day(now)
    work, hands_ = await hands.work_and_hands(db, my_scope, today)
    due, late = await follow_ups.counts_in(db, my_scope, today)
    alike = pairs(await households.households_in(db, my_scope), await merging.told_apart(db, my_scope))
    aside = await overview.set_aside(db, my_scope)
    counted = {
        outcome: sum(by.get(outcome, 0) for by in aside.values())
        for outcome in (OperationOutcome.PARKED, OperationOutcome.HELD)
    }
    since = now - LOOK_BACK
    found = prompts(
        await overview.families_met(db, my_scope, since), await overview.first_runs(db, my_scope, since)
    )
    asked_for = await visit_requests.waiting(db, my_scope)
    team = await hands.on_the_team(db, my_scope, today)
    members = [member_standing(member, now, today) for member in await team_in(db, my_scope, today)]
    return desk_page(
        request,
        me,
        "desk/overview.html",
        now=now,
        today=today,
        work=sorted(work, key=lambda one: (one.met / max(1, one.households), one.hamlet.position)),
        hands=hands_,
        due=due,
        late=late,
        duplicates=len(alike),
        requests=sum(needs_somebody(one.request, team, today) for one in asked_for),
        parked=counted[OperationOutcome.PARKED],
        clashes=len(await clashes.open_clashes(db, my_scope)),
        held=counted[OperationOutcome.HELD],
        prompts=[sentence_for(prompt) for prompt in found],
        prompted=await people.names_of(db, my_scope, {prompt.person_id for prompt in found}),
        asked=found,
        members=members,
        aside=aside,
    )


def sentence_for(prompt: Prompt) -> str:
    """A prompt in the reader's language."""
    values = prompt._asdict() | {"day": format_day(prompt.day) if prompt.day else ""}
    return _(PATTERN_SENTENCES[prompt.pattern]) % values
