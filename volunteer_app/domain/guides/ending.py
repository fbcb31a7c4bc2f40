"""What of the guides ends soon: dated figures, acts, and guides that are to be read again."""

from collections.abc import Sequence
from datetime import date, timedelta
from typing import NamedTuple

from volunteer_app.domain.guides.figures import said
from volunteer_app.domain.guides.guide import Claim, Figure, Guide, Step, claims_of

ENDING_WITHIN = timedelta(days=60)
"""How long before it ends content is listed: time enough to ask and to write it again."""


class ContentEnd(NamedTuple):
    """Something of a guide that ends.

    last: its last good day. text: what it says; empty for the whole guide. assumed: nobody has read that day.
    """

    last: date
    guide: Guide
    text: str
    assumed: bool = False


def ending_soon(guides: Sequence[Guide], today: date) -> list[ContentEnd]:
    """What ends within 60 days, today included, the soonest first. A sentence that is marked already has to be written
    anew all the same.
    """
    ends = {(guide.review_by, guide.number, "", False) for guide in guides}
    for guide in guides:
        ends |= {
            (figure.valid_to, guide.number, said(figure), figure.end_assumed)
            for figure in guide.figures
            if figure.valid_to
        }
        ends |= {
            (claim.doubtful_from - timedelta(days=1), guide.number, _words_of(claim), claim.end_assumed)
            for claim in claims_of(guide)
            if claim.doubtful_from
        }
    by_number = {guide.number: guide for guide in guides}
    return [
        ContentEnd(last, by_number[number], text, assumed)
        for last, number, text, assumed in sorted(ends)
        if today <= last <= today + ENDING_WITHIN
    ]


def _words_of(claim: Claim) -> str:
    if isinstance(claim, Figure):
        return said(claim)
    return claim.action if isinstance(claim, Step) else getattr(claim, "text", "")
