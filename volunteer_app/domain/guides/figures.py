"""Fees and times as whole sentences, and which of them are told on a day.

A figure's sentence has one hole, `{}`, for its amount; a translation keeps the hole. What is said, shown and printed
is the filled sentence, so that no half of a sentence can turn the other into its contrary.
"""

from collections.abc import Iterable, Iterator
from datetime import date, timedelta

from volunteer_app.domain.guides.guide import Figure, Guide, Unit, claims_of

HOLE = "{}"

UNITS: dict[str, dict[Unit, tuple[str, str]]] = {
    "vi": {
        Unit.DONG: ("{} đồng", "{} đồng"),
        Unit.CLOCK: ("{} giờ", "{} giờ"),
        Unit.HOUR: ("{} giờ", "{} giờ"),
        Unit.DAY: ("{} ngày", "{} ngày"),
        Unit.WORKING_DAY: ("{} ngày làm việc", "{} ngày làm việc"),
        Unit.MONTH: ("{} tháng", "{} tháng"),
    },
    "en": {
        Unit.DONG: ("{} đồng", "{} đồng"),
        Unit.CLOCK: ("{}:00", "{}:00"),
        Unit.HOUR: ("{} hour", "{} hours"),
        Unit.DAY: ("{} day", "{} days"),
        Unit.WORKING_DAY: ("{} working day", "{} working days"),
        Unit.MONTH: ("{} month", "{} months"),
    },
}
"""How an amount is said, one and many, in every language that guides are written in."""

THOUSANDS = {"vi": ".", "en": ","}


def amount_in(figure: Figure, language: str) -> str:
    """25.000 đồng; 3 working days; 23 giờ. Empty for a figure without an amount."""
    if figure.amount is None or figure.unit is None:
        return ""
    one, many = UNITS[language][figure.unit]
    number = f"{figure.amount:,}".replace(",", THOUSANDS[language])
    return (one if figure.amount == 1 else many).replace(HOLE, number)


def filled(figure: Figure, text: str, language: str) -> str:
    """A figure's sentence in a language with its amount in it."""
    return text.replace(HOLE, amount_in(figure, language))


def said(figure: Figure) -> str:
    """The Vietnamese sentence, as it is said aloud."""
    return filled(figure, figure.text, "vi")


def holds(figure: Figure, day: date) -> bool:
    """Whether it is known to hold on that day."""
    return (figure.valid_from or date.min) <= day <= (figure.valid_to or date.max)


def is_dated(figure: Figure) -> bool:
    """Whether it holds for a time only; another of its topic speaks before and after."""
    return figure.valid_from is not None or figure.valid_to is not None


def told_on(figures: Iterable[Figure], day: date) -> list[Figure]:
    """The one of each topic that is told on that day: the dated one that holds, else the one without days."""
    every = list(figures)
    dated = {figure.topic for figure in every if is_dated(figure) and holds(figure, day)}
    return [
        figure for figure in every if (holds(figure, day) if is_dated(figure) else figure.topic not in dated)
    ]


def turning_days(guides: Iterable[Guide]) -> Iterator[date]:
    """Each day on which another figure is told, or something becomes doubtful."""
    for guide in guides:
        for figure in guide.figures:
            if figure.valid_from:
                yield figure.valid_from
            if figure.valid_to:
                yield figure.valid_to + timedelta(days=1)
        yield from (claim.doubtful_from for claim in claims_of(guide) if claim.doubtful_from)
