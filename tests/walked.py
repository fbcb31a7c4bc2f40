"""Every way of every guide, as a citizen reads and hears it: `python -m tests.walked [number …]`."""

import sys
from collections.abc import Iterator
from datetime import UTC, date, datetime

from volunteer_app.domain.calendar import local_day
from volunteer_app.domain.guides.figures import said, told_on
from volunteer_app.domain.guides.guide import DOUBT, Claim, Guide, Path, applies, is_doubtful, paths
from volunteer_app.pages.guides.packs import all_guides


def walked(guide: Guide, today: date) -> Iterator[str]:
    """Each way with its questions, what to have ready, each step, what is told there, and how it ends."""
    labels = {(s.key, o.key): o.label for s in guide.situations for o in s.options}
    for number, way in enumerate(paths(guide), 1):
        yield f"\n{guide.number}. {guide.title} ({number})"
        yield from (f"  ? {labels[answer]}" for answer in way.answers.items())
        for claim in (*guide.warnings, *guide.prepare):
            if applies(getattr(claim, "only_if", {}), way.answers):
                yield f"  ! {claim.text}{_doubt(claim, today)}"
        yield from _steps(guide, way, today)


def _steps(guide: Guide, way: Path, today: date) -> Iterator[str]:
    for number, step in enumerate(way.steps, 1):
        sends = " [GỬI]" if step.submits else ""
        yield f"  {number}. {step.action} {step.explanation}{_doubt(step, today)}{sends}"
        for figure in told_on(guide.figures, today):
            if figure.topic in step.shows and applies(figure.only_if, way.answers):
                yield f"     = {said(figure)}{_doubt(figure, today)}"
        yield from (f"     - {remedy.text}{_doubt(remedy, today)}" for remedy in step.remedies)
    yield f"  => {way.ending.value if way.ending else '?'}"


def _doubt(claim: Claim, today: date) -> str:
    return f" {DOUBT}" if is_doubtful(claim, today) else ""


if __name__ == "__main__":
    wanted = {int(number) for number in sys.argv[1:]}
    for one in all_guides():
        if not wanted or one.number in wanted:
            print("\n".join(walked(one, local_day(datetime.now(UTC)))))
