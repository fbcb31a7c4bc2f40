"""How a desk answers: a page in the frame that everybody signed in knows, or the way to another page."""

from collections.abc import Mapping
from typing import Any

from litestar import Request
from litestar.datastructures import Cookie
from litestar.response import Redirect, Template

from volunteer_app.dependencies import Me
from volunteer_app.domain.problems import N_, Problem
from volunteer_app.i18n import gettext as _
from volunteer_app.i18n import language_now, sentence_of
from volunteer_app.shell import prefixed


def desk_page(
    request: Request[Any, Any, Any],
    me: Me | None,
    template: str,
    /,
    *,
    at: str = "",
    status_code: int | None = None,
    **context: Any,
) -> Template:
    """A page of the desk. at: its address without its language, where it is not the one asked for (after a form).

    Without a status_code, 422 tells that the page shows `problems` or a `problem`.
    """
    has_problem = bool(context.get("problems") or context.get("problem"))
    return Template(
        template,
        context={"me": me, "path": at or request.scope["path"], **context},
        status_code=status_code or (422 if has_problem else 200),
    )


DONE = "done"
"""The cookie that carries what was done to the next page, for some seconds; the page takes it away."""

DONE_SECONDS = 20

WORDS_OF_DONE: dict[str, str] = {
    "already": N_("This had been done already. Nothing was changed."),
    "gone": N_("It is not there any more: perhaps a colleague was faster. Nothing was changed."),
    "saved": N_("Saved."),
    "removed": N_("Removed."),
    "note": N_("The note is left for whoever goes there next."),
    "level": N_("The new level stands."),
    "given": N_("The hamlet is given. The phones are told at their next contact."),
    "taken_back": N_("The hamlet is taken back. The phone is told at its next contact."),
    "handed_over": N_("The hamlet is handed over. Both phones are told at their next contact."),
    "plan": N_("The plan is accepted. The phones are told at their next contact."),
    "return": N_("The return is settled."),
    "asked": N_("They are asked to go; it stands on their phone at its next contact."),
    "merged": N_("The two are one household now. It can be taken back below."),
    "apart": N_("Noted as two households. They are not asked about again."),
    "undone": N_("Taken back. Everything is where it was."),
    "clash": N_("The value stands. The phones are told at their next contact."),
    "taken": N_("The entry is taken."),
    "still_waits": N_("It was tried again and is still refused, for the reason below."),
    "discarded": N_("The entry is left out for good."),
    "let_in": N_("Confirmed."),
    "refused": N_("Refused. Nobody was let in."),
    "member": N_("The change stands from the next request on."),
    "member_left": N_("The account is closed. Their hamlets ask for somebody now: please see Assignments."),
    "ended": N_("Ended. It opens nothing any more."),
    "badge": N_("The new badge is ready to be printed; an older one is no good any more."),
    "revoked": N_("The badge is no good any more."),
    "visit_given": N_(
        "They are sent: it stands on their phone at its next contact. Please tell the family the day."
    ),
    "visit_closed": N_("Settled. Name and telephone are erased."),
    "erased": N_("The household is erased."),
    "handled": N_("Marked as handled."),
    "reported": N_("Noted as reported."),
}
"""What a calm line says after a form, by key: nothing of anybody stands in the cookie."""


def go_to(address: str, done: str = "") -> Redirect:
    """After a form: to a page, in the reader's language. done: what the page says (a key of `WORDS_OF_DONE`)."""
    said = Cookie(DONE, path="/", value=done, max_age=DONE_SECONDS, samesite="lax") if done else None
    return Redirect(prefixed(language_now.get(), address), status_code=303, cookies=[said] if said else None)


def done_in(request: Any) -> str:
    """What was just done, in the reader's language; an empty text when nothing was."""
    key = request.cookies.get(DONE, "") if isinstance(request, Request) else ""
    return _(WORDS_OF_DONE[key]) if key in WORDS_OF_DONE else ""


def sentences_of(problems: Mapping[str, Problem]) -> dict[str, str]:
    """What is wrong with each field, in the reader's language."""
    return {field: sentence_of(problem) for field, problem in problems.items()}
