"""What one person may have the server keep in a day. No honest phone meets it: after a month of hard work without a
network a phone delivers about 5,000 entries of a kilobyte. Over it an entry stays on its phone and comes again alone.

Counted is what is new, by who delivers it; what comes without a sign-in is counted by phone, apart: a stranger who
sends in a phone's name takes nothing from the person who holds it.
"""

from dataclasses import dataclass

from volunteer_app.domain.problems import N_, Problem

MOST_OPERATIONS_A_DAY = 20_000
MOST_ASIDE_A_DAY = 5_000
"""Of them, those that nobody could take: a leader has to read them."""

MOST_BYTES_A_DAY = 64 * 1024 * 1024
"""Of deliveries, with all that is sent again."""

MOST_UPLOADED_BYTES_A_DAY = 200 * 1024 * 1024
"""Announced bytes of recordings and photos. How much may wait unfinished: `recordings.MOST_WAITING_BYTES`."""

TOO_MUCH_TODAY = Problem(
    "budget.today",
    N_(
        "Very many entries have come from you today. This one stays on the phone and is sent again by itself tomorrow;"
        " nothing is lost."
    ),
)


@dataclass
class Room:
    """What one sender may still have kept today."""

    operations: int
    aside: int
    bytes: int

    def takes_another(self) -> bool:
        """Is there room for one more new operation? Counts it."""
        if self.operations <= 0 or self.bytes < 0:
            return False
        self.operations -= 1
        return True

    def sets_another_aside(self) -> bool:
        """Is there room for one more that a person has to look at? Counts it."""
        if self.aside <= 0:
            return False
        self.aside -= 1
        return True
