"""How a desk answers: a page in the frame that everybody signed in knows, or the way to another page."""

from collections.abc import Mapping
from typing import Any

from litestar import Request
from litestar.response import Redirect, Template

from volunteer_app.dependencies import Me
from volunteer_app.domain.problems import Problem
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


def go_to(address: str) -> Redirect:
    """After a form: to a page, in the reader's language."""
    return Redirect(prefixed(language_now.get(), address), status_code=303)


def sentences_of(problems: Mapping[str, Problem]) -> dict[str, str]:
    """What is wrong with each field, in the reader's language."""
    return {field: sentence_of(problem) for field, problem in problems.items()}
