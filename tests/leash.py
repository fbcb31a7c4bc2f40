"""No process that a test starts outlives the run, however the run ends: also killed, also by a battery.

A small keeper waits at the end of a pipe that only this process holds. It is told of each process that is started and of
each that has ended; when the pipe breaks it ends those that are left, with all that they started themselves.
"""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from typing import Any

_keepers: list[subprocess.Popen] = []
"""The last one is at work."""


LAST_BOUND = 15 * 60
"""Seconds for a program that is alive to answer or to end: a busy machine may take minutes, and a dead one is seen at once."""


def _tell(word: str) -> None:
    if not _keepers or _keepers[-1].poll() is not None:
        command = [sys.executable, "-S", "-E", __file__]
        _keepers.append(subprocess.Popen(command, stdin=subprocess.PIPE, start_new_session=True))
    pipe = _keepers[-1].stdin
    assert pipe
    pipe.write(f"{word}\n".encode())
    pipe.flush()


def start(command: Sequence[str | os.PathLike], **how: Any) -> subprocess.Popen:
    """Start a process (and a group for all that it starts) that ends when this one does."""
    process = subprocess.Popen(command, start_new_session=True, **how)
    _tell(f"+{process.pid}")
    return process


def end(process: subprocess.Popen, how: int = signal.SIGTERM, patience: float = 20) -> None:
    """End it, and whatever of its group is left."""
    process.send_signal(how)
    try:
        process.wait(timeout=patience)
    finally:
        with suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        process.wait(timeout=patience)
        _tell(f"-{process.pid}")


def until_it_answers(
    process: subprocess.Popen, answers: Callable[[], bool], said: Callable[[], str] = str
) -> None:
    """Wait for as long as the process lives; said: its last words, for whom it dies."""
    until = time.monotonic() + LAST_BOUND
    while not answers():
        assert process.poll() is None, f"it has ended:\n{said()}"
        assert time.monotonic() < until, f"it does not answer:\n{said()}"
        time.sleep(0.05)


@contextmanager
def started(command: Sequence[str | os.PathLike], **how: Any) -> Iterator[subprocess.Popen]:
    """A process for as long as it is needed."""
    process = start(command, **how)
    try:
        yield process
    finally:
        end(process)


def _keep() -> None:
    groups: set[int] = set()
    for line in sys.stdin:
        (groups.add if line[0] == "+" else groups.discard)(int(line[1:]))
    for group in groups:
        with suppress(ProcessLookupError, PermissionError):
            os.killpg(group, signal.SIGKILL)


if __name__ == "__main__":
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl+C is for those it keeps
    _keep()
