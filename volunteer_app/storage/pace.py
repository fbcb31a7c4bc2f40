"""How much of a long job is done at a time, so that nobody who delivers meanwhile waits longer than a moment: whoever
does it says how long the last part kept others waiting, and the next one is made to fit the machine and its load."""

AIM_SECONDS = 0.25
"""How long one part should hold the writer; the promise is 2 s."""


class Pace:
    """most: what one part takes at most. size: what the next one takes."""

    def __init__(self, most: int) -> None:
        self.most = most
        self.size = min(most, max(5, most // 8))

    def took(self, seconds: float) -> None:
        """The last part held the writer for so long."""
        if seconds > AIM_SECONDS:
            self.size = max(1, int(self.size * AIM_SECONDS / seconds))
        elif seconds < AIM_SECONDS / 2:
            self.size = min(self.most, self.size * 2)
