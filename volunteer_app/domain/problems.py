"""Why something is refused, as a plain value that pages can put into the reader's language."""

from typing import Any, NamedTuple


def N_(message: str) -> str:  # noqa: N802 - gettext's own name
    """Mark an English sentence for translation; it is translated where it is shown."""
    return message


class Problem(NamedTuple):
    """One reason to refuse.

    code: stable name for machines ("visit.in_the_future").
    sentence: English source sentence, marked with `N_`, with %(name)s placeholders.
    values: what fills the placeholders; never personal data.
    field: the one field of what was said that it is about, where it is about one.
    """

    code: str
    sentence: str
    values: dict[str, Any] = {}  # noqa: RUF012 - never changed
    field: str | None = None


def first_of(problems: dict[str, Problem]) -> Problem | None:
    """The first of the problems that stand against fields, with its field; None when there are none."""
    return next((problem._replace(field=field) for field, problem in problems.items()), None)
