"""Short cards that a new volunteer reads or hears before the first house; each has a picture and a sentence."""

from volunteer_app.domain.problems import N_

SET = 1
"""Number of this set. A newer one is shown again to everybody; who saw which to its end is kept as this number."""

CARDS: tuple[tuple[str, str], ...] = (
    ("otp", N_("A code, a password, money, papers to take away: we ask nobody for them.")),
    (
        "own_phone",
        N_("The phone stays in their hand. Point, wait, and let them tap: only who does it learns it."),
    ),
    (
        "level-3",
        N_("The house shows what they can do: dashed is not yet, green is alone. Nobody is hurried."),
    ),
    (
        "signal_none",
        N_("All of it works without signal. What you do stays on this phone and is sent by itself."),
    ),
)
"""Picture and words of each, in the order in which they come."""
