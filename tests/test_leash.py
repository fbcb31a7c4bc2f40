"""What a test has started ends with the run, also when the run is killed."""

import os
import signal
import subprocess
import sys
import time

from tests.conftest import ROOT

RUN = """
import time
from tests import leash
started = leash.start(["sh", "-c", "sleep 600 & echo $!; wait"])
print(started.pid, flush=True)
time.sleep(600)
"""


def lives(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    stat = subprocess.run(["ps", "-o", "stat=", "-p", str(pid)], capture_output=True, text=True).stdout
    return not stat.startswith("Z")


def test_a_server_and_what_it_started_end_with_a_run_that_is_killed():
    run = subprocess.Popen([sys.executable, "-c", RUN], cwd=ROOT, stdout=subprocess.PIPE, text=True)
    assert run.stdout
    pids = [int(run.stdout.readline()) for _ in range(2)]
    assert all(map(lives, pids))

    run.send_signal(signal.SIGKILL)
    run.wait()

    for _ in range(600):
        if not any(map(lives, pids)):
            break
        time.sleep(0.1)
    assert [pid for pid in pids if lives(pid)] == []
