"""Killed at any moment, a restore leaves the old installation or the new one, and a backup leaves a copy or none."""

import os
import signal
import sys
from collections.abc import Callable
from datetime import timedelta

import pytest

from tests.copies.conftest import NOW
from volunteer_app.copies import make, manifest, restore
from volunteer_app.storage import standings  # noqa: F401 - loaded before, so that its loading is no moment

LATER = NOW + timedelta(days=1)
MOMENTS = 10
STEPS = ("open", "os.", "shutil.", "sqlite3.connect", "subprocess.Popen", "socket.connect", "pathlib.")


def in_child(work: Callable[[], object], kill_at: int = 0) -> int:
    """Run it in a process of its own, killed at that step (file, link, process, connection); else how many there were."""
    reading, writing = os.pipe()
    child = os.fork()
    if child == 0:
        steps = 0

        def count(event: str, _words: object) -> None:
            nonlocal steps
            if event.startswith(STEPS):
                steps += 1
                if steps == kill_at:
                    os.kill(os.getpid(), signal.SIGKILL)

        sys.addaudithook(count)
        try:
            work()
            os.write(writing, str(steps).encode())
        finally:
            os._exit(0)
    os.close(writing)
    said = os.read(reading, 20)
    os.close(reading)
    os.waitpid(child, 0)
    return int(said or 0)


@pytest.fixture
def copy(installation, tmp_path):
    """Made, not tried out: others do."""
    return make.make(installation.settings, tmp_path / "copies", NOW)


def test_d11_killed_at_ten_moments_a_restore_leaves_old_or_new(installation, copy):
    """Five moments over the whole of it, and the last five steps: there the places change."""
    older = installation.visits()
    steps = in_child(lambda: restore.restore(installation.settings, copy, LATER))
    moments = [1 + n * (steps - 6) // 4 for n in range(5)] + list(range(steps - 4, steps + 1))
    assert installation.visits() == older and len(set(moments)) == MOMENTS
    seen = []
    for at in moments:
        installation.visit()
        before = installation.everything()
        assert in_child(lambda: restore.restore(installation.settings, copy, LATER), kill_at=at) == 0
        there = installation.everything()
        is_new = there["visits"] == older and there["facts"] != before["facts"]
        assert is_new or there == before, f"a mixture, killed at step {at} of {steps}"
        seen.append(is_new)

    assert seen == sorted(seen), "the change of places is one step"
    restore.restore(installation.settings, copy, LATER + timedelta(days=2))
    assert installation.visits() == older


def test_d11_killed_at_ten_moments_a_backup_leaves_a_copy_or_none(installation, tmp_path):
    steps = in_child(lambda: make.make(installation.settings, tmp_path / "counted", NOW))
    for moment in range(MOMENTS):
        folder = tmp_path / f"copies {moment}"
        in_child(
            lambda f=folder: make.make(installation.settings, f, NOW), kill_at=1 + moment * (steps - 1) // 9
        )
        for copy in folder.glob("2*"):
            assert manifest.read(copy).counts["visits"] == 1
    assert manifest.read(make.make(installation.settings, tmp_path / "copies 3", LATER))
