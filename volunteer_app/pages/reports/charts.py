"""What the charts of a report draw."""

from typing import Any

from volunteer_app.domain.figures.small_cells import is_small, rounded, told_outside
from volunteer_app.domain.independence import LEVEL_NAMES, IndependenceLevel
from volunteer_app.i18n import gettext as _
from volunteer_app.pages.reports.made import Report

FROM_THE_TOP = (
    IndependenceLevel.CONFIRMED_ALONE,
    IndependenceLevel.ALONE_WATCHED,
    IndependenceLevel.WITH_HELP,
    IndependenceLevel.DONE_FOR,
    IndependenceLevel.NOT_STARTED,
)
"""The best level stands on the ground, so that the eye compares heights of "alone"."""


def charts_of(report: Report) -> dict[str, Any]:
    """Bars by week, and the ladder by month (shares of all levels reached in the core services)."""

    def bars(name: str, households: str) -> list[tuple[str, int | None]]:
        return [
            (
                start.strftime("%d/%m"),
                told_outside(counts[name], counts[households]) if report.hides else counts[name],
            )
            for start, counts in report.course
        ]

    return {
        "weeks": {"met": bars("met", "met"), "runs": bars("runs", "guided")},
        "steps": _steps(report),
        "step_names": [_(LEVEL_NAMES[level]) for level in FROM_THE_TOP],
    }


def _steps(report: Report) -> list[tuple[str, list[float]]]:
    steps = []
    for day, levels in report.ladder:
        counts = [sum(count for (_, at), count in levels.items() if at == level) for level in FROM_THE_TOP]
        is_hidden = report.hides and any(map(is_small, counts))
        if report.hides:
            counts = [rounded(count) for count in counts]
        if (whole := sum(counts)) and not is_hidden:
            steps.append((day.strftime("%d/%m"), [100 * count / whole for count in counts]))
    return steps
