"""How much of a long job is done at a time, so that nobody who delivers meanwhile waits longer than a moment: whoever
does it says how long the last part kept others waiting, and the next one is made to fit the machine and its load.

Now and then it rests: whoever waits for SQLite in another process asks again every tenth of a second, and must find it
free.
"""

import asyncio

AIM_SECONDS = 0.25
"""How long one part should hold the writer; the promise is 2 s."""
BREATH_SECONDS = 0.12


class Pace:
    """most: what one part takes at most. size: what the next one takes."""

    def __init__(self, most: int) -> None:
        self.most = most
        self.size = min(most, max(5, most // 8))
        self._held = 0.0

    async def took(self, seconds: float) -> None:
        """The last part held the writer for so long."""
        if seconds > AIM_SECONDS:
            self.size = max(1, int(self.size * AIM_SECONDS / seconds))
        elif seconds < AIM_SECONDS / 2:
            self.size = min(self.most, self.size * 2)
        self._held += seconds
        if self._held >= AIM_SECONDS:
            self._held = 0.0
            await asyncio.sleep(BREATH_SECONDS)
