"""Limits on wrong tries. Only failures count: a whole ceremony may sign in from one address behind its carrier.

Counted in memory, per process: a limit slows guessing down, the length of the codes makes it hopeless. Keys go from
the narrow to the wide, the address last and generously.
"""

from collections import defaultdict, deque
from dataclasses import dataclass, field

WINDOW_SECONDS = 15 * 60

MOST = {"code": 5, "phone": 20, "account": 10, "campaign": 40, "address": 150, "program": 300}
"""Wrong tries in a quarter of an hour: for one code, phone, account, team, address; of a program every reading counts,
right or wrong."""

MOST_KEYS = 50_000


@dataclass
class Limits:
    """Wrong tries lately, by kind and key."""

    _failures: dict[tuple[str, str], deque[float]] = field(default_factory=lambda: defaultdict(deque))

    def allow(self, at: float, **keys: str) -> bool:
        """May another try be made? keys: kind of `MOST` → whose; empty ones do not count."""
        return all(self._count((kind, key), at) < MOST[kind] for kind, key in keys.items() if key)

    def note_failure(self, at: float, **keys: str) -> None:
        """A try was wrong."""
        if len(self._failures) > MOST_KEYS:
            self._failures = defaultdict(
                deque, {k: v for k, v in self._failures.items() if v and v[-1] > at - WINDOW_SECONDS}
            )
        for kind, key in keys.items():
            if key:
                self._failures[kind, key].append(at)

    def _count(self, key: tuple[str, str], at: float) -> int:
        if key not in self._failures:
            return 0
        times = self._failures[key]
        while times and times[0] <= at - WINDOW_SECONDS:
            times.popleft()
        if not times:
            del self._failures[key]
        return len(times)
