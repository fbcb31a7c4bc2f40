"""What guessing codes costs. Only short codes are guessed: 40 bits, read out, good for a quarter of an hour.

A right code always enters, whoever else guesses from the same address: it is looked up before anything is counted.
A wrong one is answered late, later each time, and in a flood of wrong ones new codes are longer. Nothing that cannot be
guessed (passkeys, QR secrets, programs' secrets, a phone's own) is counted at all; PINs are counted in the database, by
phone and person.

Counted in memory, per process: an address is slowed down, never shut out.
"""

from collections import deque
from dataclasses import dataclass, field
from ipaddress import IPv6Address, ip_address

WINDOW_SECONDS = 15 * 60
FREE_TRIES = 3
"""How many wrong codes of an address are answered at once: people mistype."""

LONGEST_DELAY = 30.0
BUDGET = 3_000
"""Wrong codes in a quarter of an hour, from everywhere, above which new codes are longer."""

MOST_HELD = 50
"""How many answers are held back at once; further guessers are sent away at once."""

MOST_ADDRESSES = 50_000

MOST_READINGS = 300
"""How often a program may read in a quarter of an hour."""


@dataclass
class WrongCodes:
    """Wrong codes lately: of each address, and in all."""

    held: int = 0
    _of_address: dict[str, tuple[int, float]] = field(default_factory=dict)
    _all: deque[float] = field(default_factory=lambda: deque(maxlen=BUDGET))

    def delay_after(self, address: str, at: float) -> float:
        """A code from this address was wrong. How many seconds its answer waits: 0, 0, 0, 1, 2, 4 … 30."""
        key = _network(address)
        count, last = self._of_address.pop(key, (0, 0.0))
        count = count + 1 if last > at - WINDOW_SECONDS else 1
        if len(self._of_address) >= MOST_ADDRESSES:  # the one that has been quiet longest
            self._of_address.pop(next(iter(self._of_address)))
        self._of_address[key] = (count, at)
        self._all.append(at)
        return 0.0 if count <= FREE_TRIES else min(LONGEST_DELAY, 2.0 ** min(count - FREE_TRIES - 1, 10))

    def is_flood(self, at: float) -> bool:
        """Have so many codes been wrong lately that new ones should be longer?"""
        return len(self._all) == BUDGET and self._all[0] > at - WINDOW_SECONDS


def _network(address: str) -> str:
    """Somebody who has one IPv6 address has 2⁶⁴."""
    try:
        parsed = ip_address(address)
    except ValueError:
        return address
    return str(int(parsed) >> 64) + "/64" if isinstance(parsed, IPv6Address) else address


@dataclass
class Readings:
    """How often each program has read lately."""

    _times: dict[str, deque[float]] = field(default_factory=dict)

    def may(self, program: str, at: float) -> bool:
        """May it read once more? Counts, when it may."""
        times = self._times.setdefault(program, deque(maxlen=MOST_READINGS))
        if len(times) == MOST_READINGS and times[0] > at - WINDOW_SECONDS:
            return False
        times.append(at)
        return True
